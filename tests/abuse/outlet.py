#!/usr/bin/python3
"""Where rows cannot be written: one line on stderr says how many are missing, and the exit status tells.

A regular file learns of it at the end; else the program stops at once, and what would have come is missing as well.
"""
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

REDIS = host.CAPTURES / "redis_loss_c.pcap.gz"
LOST = re.compile(r"tshark: -z reqresp,export: standard output: (.*); "
                  r"(?:up to (\d+) of (\d+) rows lost, and all after them|no row is written)\n")


def export(output, **more):
    argv, environment = host.command(["tshark", "-r", host.readable(REDIS), "-q", "-z", "reqresp,export"])
    return subprocess.run(argv, env=environment, cwd=host.SCRATCH, stdin=subprocess.DEVNULL, stdout=output,
                          stderr=subprocess.PIPE, timeout=host.SECONDS, check=False, **more)


def lost(done, reason):
    """(rows lost, rows in all) as said."""
    errors = done.stderr.decode()
    said = LOST.fullmatch(errors)
    cases.check(True, said is not None, "stderr: %r" % errors)
    cases.check((2, reason), (done.returncode, said[1]))
    return int(said[2] or 0), int(said[3] or 0)


def rows_in_all():
    return len(host.export(REDIS, "messages").splitlines()) - 1


def full_disk():
    """The head is refused: no row was ever written."""
    with open("/dev/full", "wb") as full:
        missing, rows = lost(export(full), "No space left on device")
    cases.check(rows, missing)


def disk_fills_up():
    """What was written before is whole but for its last row, and what is said to be lost is what lacks."""
    path, size = host.SCRATCH / "limited.csv", 100000

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    with path.open("wb") as out:
        missing, rows = lost(export(out, preexec_fn=limit), "File too large")
    whole = path.read_bytes().count(b"\r\n") - 1
    cases.check(rows_in_all(), rows, "rows")
    cases.check(True, 0 < rows - missing <= whole < rows, "%d of %d lost, %d written" % (missing, rows, whole))


def closed_pipe():
    """Nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        missing, rows = lost(export(writer), "Broken pipe")
    finally:
        os.close(writer)
    cases.check(rows, missing)


def pipe_closes():
    """Who reads goes away after the first lines, as `head` does."""
    argv, environment = host.command(["tshark", "-r", host.readable(REDIS), "-q", "-z", "reqresp,export"])
    with subprocess.Popen(argv, env=environment, cwd=host.SCRATCH, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, bufsize=0) as process:
        cases.check(True, process.stdout.read(1000) != b"", "the first lines")
        process.stdout.close()
        errors = process.stderr.read()
        process.wait()
    missing, rows = lost(subprocess.CompletedProcess(argv, process.returncode, b"", errors), "Broken pipe")
    cases.check(True, 0 < missing <= rows <= rows_in_all(), "%d of %d" % (missing, rows))


def closed_output():
    """`>&-`"""
    done = export(None, preexec_fn=lambda: os.close(1))
    lost(done, "Bad file descriptor")


def main(words):
    host.assert_loaded()
    cases.run(cases.chosen([("full disk", full_disk), ("disk fills up", disk_fills_up),
                            ("closed pipe", closed_pipe), ("pipe closes", pipe_closes),
                            ("no output at all", closed_output)], words))


if __name__ == "__main__":
    main(sys.argv[1:])
