#!/usr/bin/python3
"""Rows come out while the capture goes on.

pipe   frames written one by one to `tshark -r -`: a row is out within 0.1 s of the frame that makes it due
lo     `tshark -i lo` beside a small server: within a second; Ctrl-C prints what is open
"""
import pathlib
import select
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[2] / "captures")]
import cases  # noqa: E402
import host  # noqa: E402
import make  # noqa: E402

TURNS = 9
TALK = "\n".join(["conn 192.0.2.1:40000>198.51.100.7:7001", "+0 c S", "+1ms s SA", "+1us c A"] +
                 ['+1ms c PA "GET %d\\n"\n+1ms s PA "value\\n"' % turn for turn in range(TURNS + 1)])
PATIENCE = 20


class Export:
    """A running tshark whose rows are read as they come."""

    def __init__(self, words, may_capture=False, **more):
        argv, environment = host.command(["tshark", *words, "-q", "-z", "reqresp,export,rows=exchanges"],
                                         may_capture=may_capture)
        self.process = subprocess.Popen(argv, env=environment, cwd=host.SCRATCH, bufsize=0,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def line(self, seconds=PATIENCE):
        """The next line, or None where it does not come in time; rows are short: one read, one or more."""
        text = b""
        while not text.endswith(b"\n"):
            if not select.select([self.process.stdout], [], [], seconds)[0]:
                return None
            more = self.process.stdout.read(1)
            if not more:
                return None
            text += more
        return text.decode().rstrip("\r\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def pipe():
    """The client's next request makes the row of the exchange before it due."""
    host.assert_loaded()
    capture = make.Capture(TALK)
    with Export(["-r", "-"], stdin=subprocess.PIPE) as export:
        data = capture.pcap()
        export.process.stdin.write(data[:24])
        at, waits = 24, []
        for number in range(1, len(capture.frames) + 1):
            size = 16 + struct.unpack_from("<I", data, at + 8)[0]
            export.process.stdin.write(data[at:at + size])
            at += size
            written = time.monotonic()
            if number == 6:
                export.line()  # the head
            if number >= 6 and number % 2 == 0:
                row = export.line()
                if row is None:
                    raise AssertionError("no row after frame %d" % number)
                waits.append(time.monotonic() - written)
        rest, errors = export.process.communicate(timeout=PATIENCE)
    cases.check((0, b"", 1), (export.process.returncode, errors, len(rest.splitlines())), "the end")
    cases.check(TURNS, len(waits), "rows")
    # One row may wait for a busy machine, not most of them.
    cases.check(True, statistics.median(waits) < 0.1, "seconds %s" % waits)
    return "median %.1f ms" % (1000 * statistics.median(waits))


def serve(listener):
    peer = listener.accept()[0]
    with peer:
        while line := peer.recv(100):
            if line != b"silence\n":
                peer.sendall(b"value\n")


def may_capture():
    """Whether a capture of half a second on lo works: dumpcap names devices that it may not open."""
    words = ["dumpcap", "-q", "-i", "lo", "-a", "duration:0.5", "-w", "/dev/null"]
    argv, environment = host.command(words, may_capture=True)
    return subprocess.run(argv, env=environment, capture_output=True, check=False).returncode == 0


def lo():
    host.assert_loaded()
    if not may_capture():
        if host.IS_ROOT:
            raise AssertionError("root must be able to capture")
        return "SKIP no privilege to capture on this machine"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = threading.Thread(target=serve, args=(listener,), daemon=True)
        server.start()
        words = ["-i", "lo", "-f", "tcp port %d" % port, "-d", "tcp.port==%d,data" % port]
        with Export(words, may_capture=True, stdin=subprocess.DEVNULL) as export:
            while b"Capturing on" not in export.process.stderr.readline():
                cases.check(None, export.process.poll(), "tshark ended")
            time.sleep(1)  # dumpcap says so a little before it listens
            wait = talk(export, port)
            export.process.send_signal(signal.SIGINT)
            rest, _ = export.process.communicate(timeout=PATIENCE)
    rows = [line.split(",") for line in rest.decode().splitlines()]
    cases.check(0, export.process.returncode, "exit status")
    cases.check([["3", "open"]], [[row[0], row[9]] for row in rows], "after Ctrl-C")
    cases.check(True, wait < 1, "%.2f seconds" % wait)
    return "%.0f ms" % (1000 * wait)


def talk(export, port):
    """Seconds from the second request, which makes the first exchange's row due, to that row."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"one\n")
        client.recv(100)
        client.sendall(b"two\n")
        asked = time.monotonic()
        client.recv(100)
        head, row = export.line(), export.line()
        wait = time.monotonic() - asked
        cases.check(("exchange,part", "1,"), (head[:13], (row or "")[:2]), "head and row")
        client.sendall(b"silence\n")
        cases.check("2,", (export.line() or "")[:2], "the second row")
        return wait


if __name__ == "__main__":
    cases.run([(name, case) for name, case in (("pipe", pipe), ("lo", lo))
               if name in sys.argv[1:] or len(sys.argv) == 1])
