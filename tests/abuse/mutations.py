"""Captures spoilt in ways that a seed tells: bits flipped, packets cut, lost, doubled, out of order, merged."""
import pathlib
import random
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import pcaps  # noqa: E402

HEADER, RECORD = 24, 16
PACKETS = 60


def tool(*words):
    done = subprocess.run(list(map(str, words)), capture_output=True, check=False)
    if done.returncode:
        raise AssertionError("%s: %s" % (words[0], done.stderr.decode(errors="replace")))


def plain(source, target):
    """The first packets of any capture, as pcap with nanoseconds."""
    if ".pcapng" in source.name:
        pcaps.write(target, *pcaps.read(source))
        source, target = target, target.with_suffix(".first")
    tool("editcap", "-F", "nsecpcap", "-r", source, target, "1-%d" % PACKETS)
    if target.suffix == ".first":
        target.rename(source)


def records(path):
    data = path.read_bytes()
    at, found = HEADER, []
    while at + RECORD <= len(data):
        size = RECORD + struct.unpack_from("<I", data, at + 8)[0]
        found.append(data[at:at + size])
        at += size
    return data[:HEADER], found


def write(path, head, packets):
    path.write_bytes(head + b"".join(packets))


def noise(path, dice):
    """-o leaves the first bytes of each packet alone: noise in TCP's header and payload, or anywhere."""
    spoilt = path.with_suffix(".noise")
    tool("editcap", "-F", "nsecpcap", "-E", dice.choice((0.001, 0.005, 0.02, 0.1)), "-o", dice.choice((0, 14, 34, 54)),
         "--seed", dice.randrange(1, 2**31), path, spoilt)
    spoilt.replace(path)


def snap(path, dice):
    cut = path.with_suffix(".snap")
    tool("editcap", "-F", "nsecpcap", "-s", dice.choice((20, 40, 54, 60, 70, 96, 200)), path, cut)
    cut.replace(path)


def shuffle(path, dice):
    head, packets = records(path)
    for _ in range(dice.randrange(1, 10)):
        here = dice.randrange(len(packets))
        packets.insert(min(here + dice.randrange(1, 8), len(packets) - 1), packets.pop(here))
    write(path, head, packets)


def reorder(path, dice):
    shuffle(path, dice)
    ordered = path.with_suffix(".ordered")
    tool("reordercap", path, ordered)
    ordered.replace(path)


def double(path, dice):
    head, packets = records(path)
    for _ in range(dice.randrange(1, 20)):
        here = dice.randrange(len(packets))
        packets.insert(min(here + dice.randrange(1, 8), len(packets)), packets[here])
    write(path, head, packets)


def lose(path, dice):
    head, packets = records(path)
    odds = dice.choice((0.05, 0.3))
    kept = [packet for packet in packets if dice.random() > odds]
    write(path, head, kept or packets[:1])


def merge_shifted(path, dice):
    """The same packets once more, somewhat later or earlier."""
    shifted, both = path.with_suffix(".shifted"), path.with_suffix(".both")
    tool("editcap", "-F", "nsecpcap", "-t", dice.choice(("0.000001", "0.0003", "-0.002", "0.1", "3.5")), path, shifted)
    tool("mergecap", "-F", "nsecpcap", "-w", both, path, shifted)
    shifted.unlink()
    both.replace(path)


KINDS = (noise, noise, noise, snap, shuffle, reorder, double, lose, merge_shifted)


def mutate(source, target, seed):
    """Spoils a plain capture in one to three ways; what they were."""
    dice = random.Random(seed)
    target = pathlib.Path(target)
    target.write_bytes(pathlib.Path(source).read_bytes())
    kinds = [dice.choice(KINDS) for _ in range(dice.choice((1, 1, 2, 3)))]
    for kind in kinds:
        kind(target, dice)
    target.chmod(0o644)
    return "+".join(kind.__name__ for kind in kinds)


def truncate(source, target, seed):
    """The file ends within a packet."""
    data = pathlib.Path(source).read_bytes()
    target.write_bytes(data[:random.Random(seed).randrange(HEADER, len(data))])
    target.chmod(0o644)
