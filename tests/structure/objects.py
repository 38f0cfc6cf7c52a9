#!/usr/bin/python3
"""Export Objects: a file for each row of a message that has captured bytes, with just those bytes.

tshark writes the files; the windows of Wireshark collect them when all has been read, and so does sharkd.

rows      files, names and content are those of the rows, in one pass and in two
served    the same from sharkd, asked twice, of a capture, of another and of the first again
rejected  frames that a read filter keeps out are what the rows lack, too
limit     what goes beyond the memory allowed is left out, and told
export    beside an export, which ends the capture for itself
unasked   a packet that is looked at keeps nothing back for the next who asks
many      100,000 messages: nearly all of the time goes to Wireshark's own list, and to the files
"""
import base64
import csv
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / folder)
                for folder in ("tests/lib", "tests/sharkd", "captures")]
import cases  # noqa: E402
import host  # noqa: E402
import make  # noqa: E402
import run as sharkd  # noqa: E402

NAME = re.compile(r"exchange-(\d{6,})-(request|response|push)(?:-([0-9a-f]{16}))?-part-(\d+)(-incomplete)?\.bin")
LEFT_OUT = "left-out.txt"
MANY = 100000
CPU_SECONDS = 90
MEMORY = pathlib.Path("/dev/shm")  # where it is there, the disk's time is not measured

CAPTURES = ("redis_sync_c", "redis_loss_c", "redis_reorder_s", "redis_pubsub", "midstream", "no_end", "ipv6",
            "seed_echo", "http_chunked", "client_rst", "crafted/quiet_push", "crafted/hole", "crafted/late_answer",
            "crafted/midstream_client", "crafted/reset_payload", "crafted/cut")
# With no more than 1 MB.
LIMITED = """
conn a 192.0.2.1:40001>198.51.100.7:80
conn b 192.0.2.1:40002>198.51.100.7:80
conn c 192.0.2.1:40003>198.51.100.7:80
+0 a.c PA "one"
""" + 4 * """+1ms a.s PA "r"*50000
""" + """+1ms a.c PA "two"
""" + 20 * """+1ms a.s PA "s"*60000
""" + """+1ms a.c PA "three"
+4s a.c A
""" + 10 * """+1ms b.c PA "b"*60000
+1ms c.c PA "c"*60000
"""
SERVED = ("redis_loss_c", "midstream", "crafted/quiet_push", "crafted/hole", "no_end")


def key_of(name):
    """(exchange, message, id of a push, part, incomplete), or the name where it is not one of ours."""
    match = NAME.fullmatch(name)
    return (int(match[1]), match[2], match[3] or "", int(match[4]), bool(match[5])) if match else name


def wanted(capture, *words):
    """Key -> bytes, from the rows of messages that show any."""
    found = {}
    for row in host.parse(host.export(capture, "messages", *words, options=",payload=hex,payload-max=1G")):
        if row["payload"]:
            push = row["id"] if row["message"] == "push" else ""
            key = (int(row["exchange"] or 0), row["message"], push, int(row["part"]), row["payload_cut"] == "true")
            cases.check(False, key in found, "two rows would be one file: %s" % (key,))
            found[key] = bytes.fromhex(row["payload"])
    return found


def written(capture, *words):
    """Key -> bytes, from the files."""
    with tempfile.TemporaryDirectory(dir=host.SCRATCH) as folder:
        os.chmod(folder, 0o777)
        host.tshark(capture, "-q", "--export-objects", "reqresp," + folder, *words)
        return {key_of(path.name): path.read_bytes() for path in pathlib.Path(folder).iterdir()}


def same(rows, files):
    cases.check([], sorted(map(str, rows.keys() ^ files.keys())), "files, rows")
    cases.check([], [key for key, content in rows.items() if files[key] != content], "content")
    return "%d files" % len(files)


def rows(capture):
    of_rows = wanted(capture)
    cases.check(True, bool(of_rows), "something to write")
    same(of_rows, written(capture))
    return same(of_rows, written(capture, "-2"))


def asked(session):
    """Key -> bytes, of the objects that sharkd lists."""
    found = {}
    tap, = session.ask("tap", tap0="eo:reqresp")["taps"]
    for entry in tap.get("objects", []):
        found[key_of(entry["filename"])] = base64.b64decode(session.ask("download", token=entry["_download"])["data"])
    return found


def served(path, other):
    with sharkd.Sharkd(path) as session:
        for capture in (path, path, other, path):
            if capture != path or session.asked > 3:
                session.load(capture)
            for _ in range(2):
                remark = same(wanted(capture), asked(session))
    return remark


def rejected(capture):
    words = ("-2", "-R", "tcp.seq < 1500 && tcp.len != 5")
    return same(wanted(capture, *words), written(capture, *words))


def limit():
    """A message is there whole or not at all, and how many are not is told."""
    capture = host.SCRATCH / "captures" / "limit.pcap"
    capture.write_bytes(make.Capture(LIMITED).pcap())
    capture.chmod(0o644)
    of_rows = wanted(capture)
    cases.check([3, 3, 5, 200000, 600000, 600000, 1200000], sorted(map(len, of_rows.values())), "captured")
    for words in ((), ("-2",)):
        files = written(capture, "-o", "reqresp.objects_max:1", *words)
        told = files.pop(LEFT_OUT).decode()
        cases.check({}, {key: len(content) for key, content in files.items() if content != of_rows[key]}, "content")
        cases.check("%d messages are not among" % (len(of_rows) - len(files)), told[:len("2 messages are not among")])
        sizes = sorted(map(len, files.values()))
        cases.check([3, 3, 5, 200000], sizes[:4], "those for which there is room")
        cases.check(True, sum(sizes) <= 1 << 20, "all of them: %s" % sizes)
    return same(of_rows, written(capture, "-o", "reqresp.objects_max:0"))


def export(capture):
    return same(wanted(capture), written(capture, "-z", "reqresp,export,payload=hex,payload-max=4"))


def unasked(capture):
    with sharkd.Sharkd(capture) as session:
        of_rows = wanted(capture)
        for frames in ((5, 1, 3), (1, 2, 3), (20, 19, 21)):
            for frame in frames:
                session.tree(frame)
            remark = same(of_rows, asked(session))
    return remark


def many():
    build = pathlib.Path(os.environ.get("RR_BUILD", host.ROOT / "build"))
    capture = host.SCRATCH / "captures" / "many.pcap"
    subprocess.run([build / "tests/bench/generate", "streams-1000", str(MANY), capture], check=True,
                   stdout=subprocess.DEVNULL)
    capture.chmod(0o644)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="reqresp-test-", dir=MEMORY if MEMORY.is_dir() else host.SCRATCH))
    try:
        folder.chmod(0o777)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        host.tshark(capture, "-q", "--export-objects", "reqresp,%s" % folder, timeout=600)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        names = os.listdir(folder)
    finally:
        shutil.rmtree(folder)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cases.check([], [name for name in names if not NAME.fullmatch(name)][:3], "names")
    cases.check(MANY, len(set(map(key_of, names))), "files")
    cases.check(True, seconds < CPU_SECONDS, "%d files in %.0f s of CPU" % (MANY, seconds))
    return "%d files in %.0f s of CPU" % (MANY, seconds)


def main(words):
    csv.field_size_limit(1 << 30)
    if words == ["many"]:
        cases.run([("many", many)])
    found = host.captures()
    todo = [("rows " + name, rows, found[name]) for name in CAPTURES]
    todo += [("served " + name, served, found[name], found["seed_echo"]) for name in SERVED]
    todo += [("rejected", rejected, found["redis_sync_c"]), ("limit", limit),
             ("export", export, found["redis_sync_c"]), ("unasked", unasked, found["redis_loss_c"])]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
