#!/usr/bin/python3
"""The worst that one can think of, through the host: time grows with the packets and no faster, memory stays bounded.

    worst.py [--packets N] [--options OPTION,...] [SHAPE...]

Each shape is exported with N packets and with twice as many.  What the plugin adds to the host's own time and memory
(the same run with the plugin switched off) may double, not quadruple.
"""
import argparse
import os
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

CLIENT, SERVER = b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"
ACK, SYN = 0x10, 0x02
# Twice the packets take twice the time; what is quadratic takes four times.  Start-up and noise have a second.
TIMES, SECONDS, TRIES = 3, 1, 3
# What may be kept for each packet besides this.
BYTES = 24 << 20


def packet(time, from_server, seq, ack, payload=b"x", flags=ACK, port=40000, client=CLIENT):
    """A raw IPv4 packet in a record; `time` in microseconds."""
    ends = ((client, port), (SERVER, 7001))
    (source, sport), (target, dport) = ends[::-1] if from_server else ends
    size = 40 + len(payload)
    return struct.pack("<IIIIBBHHHBBH4s4sHHIIBBHHH", time // 1000000, time % 1000000, size, size,
                       0x45, 0, *swapped(size), 0, 0, 64, 6, 0, source, target,
                       *swapped(sport, dport), *swapped(seq % 2**32, ack % 2**32, letter="I"), 0x50, flags,
                       *swapped(1000, 0, 0)) + payload


def swapped(*numbers, letter="H"):
    return struct.unpack("<%d%s" % (len(numbers), letter), struct.pack(">%d%s" % (len(numbers), letter), *numbers))


def asked():
    yield packet(0, False, 0, 0, b"0123456789")


def holes(count):
    yield from asked()
    for at in range(count):
        yield packet(at, True, 2 * at + 1, 10)


def reverse(count):
    yield from asked()
    for at in range(count):
        yield packet(at, True, count - at, 10)


def pushes(count):
    yield from asked()
    for at in range(count // 2):
        yield packet(4000000 * (at + 1), True, at, 10)
        yield packet(4000000 * (at + 1) + 1000, False, 10, at + 1, b"")


def never_close(count):
    for at in range(count):
        client = struct.pack(">I", 0x0A000000 + at // 2 // 20000)
        port = 10000 + at // 2 % 20000
        yield packet(at, at % 2 == 1, 0, at % 2 * 10, b"0123456789", port=port, client=client)


def duplicated(count):
    for at in range(count // 4):
        for _ in range(2):
            yield packet(at, False, at, at)
        for _ in range(2):
            yield packet(at, True, at, at + 1)


def never_ends(count):
    """Of 60,000 bytes a packet, of which the capture has none: several times around the sequence numbers."""
    yield from asked()
    for at in range(count):
        record = packet(at, True, at * 60000, 10, b"")
        yield record[:12] + struct.pack("<I", 60040) + record[16:18] + struct.pack(">H", 60040) + record[20:]


# And what may be kept for a packet of each: a place, at most; an exchange for two or four; half of a connection.
SHAPES = {"holes": (holes, 100), "reverse": (reverse, 100), "pushes": (pushes, 250), "never_close": (never_close, 1500),
          "duplicated": (duplicated, 250), "never_ends": (never_ends, 100)}


def write(shape, count):
    path = host.SCRATCH / ("%s-%d.pcap" % (shape.__name__, count))
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        out.writelines(shape(count))
    path.chmod(0o644)
    return path


def cost(path, options):
    """(seconds of processor, bytes of memory at most) of an export, or (no options) of bare dissection."""
    words = ["-z", "reqresp,export," + options] if options else ["-z", "expert", "--disable-protocol", "reqresp"]
    # The host's own analysis of sequence numbers walks lists that these shapes make long.
    argv, environment = host.command(["tshark", "-r", path, "-q", "-o", "tcp.analyze_sequence_numbers:FALSE", *words])
    process = subprocess.Popen(argv, env=environment, cwd=host.SCRATCH, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    cases.check((0, b""), (process.returncode, errors), path.name)
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def added(path, options):
    with_plugin, without = cost(path, options), cost(path, None)
    return max(with_plugin[0] - without[0], 0), max(with_plugin[1] - without[1], 0)


def grows(shape, bytes_a_packet, packets, options):
    captures = [write(shape, packets), write(shape, 2 * packets)]
    for _ in range(TRIES):
        (once, _), (twice, kept) = (added(capture, options) for capture in captures)
        if twice < TIMES * once + SECONDS:
            break
    cases.check(True, twice < TIMES * once + SECONDS, "%.2f s, twice as many %.2f s" % (once, twice))
    cases.check(True, kept < BYTES + bytes_a_packet * 2 * packets, "%d bytes kept of %d packets" % (kept, 2 * packets))
    for capture in captures:
        capture.unlink()
    return "%d packets add %.2f s, twice as many %.2f s and %d MB" % (packets, once, twice, kept >> 20)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--packets", type=int, default=100000)
    parser.add_argument("--options", default="rows=exchanges")
    parser.add_argument("shapes", nargs="*", default=list(SHAPES))
    wanted = parser.parse_args()
    host.assert_loaded()
    cases.run([(name, grows, *SHAPES[name], wanted.packets, wanted.options) for name in wanted.shapes])


if __name__ == "__main__":
    main()
