#!/usr/bin/python3
"""Hours of live capture, in short: what tshark keeps grows with the exchanges, as its own memory does, and not with the rows.

    soak.py [--exchanges N]      30,000, or for the figures of doc/reliability.md a million

Five tsharks capture what clients say to one redis: without the plugin, with an export whose rows all go to /dev/null, and
with one that selects none; without the plugin and with it where sessions end every so many frames (-M).  Every so many
exchanges a large one is a mark: each tshark prints it when it has come to it, and its memory is noted.  At the end the
connections' rows of each export must tell every exchange, answered and whole.
"""
import argparse
import contextlib
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[1] / "structure")]
import cases  # noqa: E402
import daemons  # noqa: E402
import host  # noqa: E402
import live  # noqa: E402

PATIENCE = 600
CLIENTS, STEPS = 8, 10
MARK = 6000
SKIPPED = 77
# Bytes an exchange with its two segments may take beside Wireshark's own, and a row; memory is noted in pages, and what
# comes and goes between two notes is a few hundred of them.
EXCHANGE_MAX, ROW_MAX, NOISE = 640, 2, 2 << 20


class Tshark:
    """A live capture that prints the marks it comes to."""

    def __init__(self, port, folder, words, plugin):
        argv, environment = host.command(["tshark", "-i", "lo", "-B", "64", "-f", "tcp port %d" % port, *words],
                                         plugin=plugin, may_capture=True)
        self.lines, self.errors = 0, folder / ("%d.stderr" % id(self))
        self.process = subprocess.Popen(argv, env=environment, cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=open(self.errors, "wb"))  # noqa: SIM115

    def has_begun(self):
        return b"Capturing on" in self.errors.read_bytes()

    def reach(self, mark):
        """Memory in bytes when the mark was reached, which is two lines: its request and its response."""
        deadline = time.monotonic() + PATIENCE
        while self.lines < 2 * mark:
            if not select.select([self.process.stdout], [], [], deadline - time.monotonic())[0]:
                raise AssertionError("mark %d was not reached" % mark)
            text = os.read(self.process.stdout.fileno(), 65536)
            cases.check(True, text != b"", "tshark ended: " + self.errors.read_text())
            self.lines += text.count(b"\n")
        status = pathlib.Path("/proc/%d/status" % self.process.pid).read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=PATIENCE)
        said = self.errors.read_text()
        cases.check(0, self.process.returncode, said)
        cases.check(False, "dropped" in said, said)


def word(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


SET, OK = word(b"SET", b"key", b"value"), b"+OK\r\n"
ECHO, ECHOED = word(b"ECHO", b"m" * MARK), b"$%d\r\n%s\r\n" % (MARK, b"m" * MARK)
PING, PONG = word(b"PING"), b"+PONG\r\n"


def ask(client, request, answer):
    client.sendall(request)
    left = len(answer)
    while left:
        left -= len(client.recv(left))


def talk(port, count):
    """As many exchanges, on some connections one after the other."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(CLIENTS)]
        for i in range(count):
            ask(clients[i % CLIENTS], SET, OK)


def frames_of_session(exchanges):
    """Wireshark itself loses 11 MB with each session: not too many."""
    return max(5000, exchanges // 50)


def soak(server, exchanges):
    """[(exchanges so far, memory of each tshark)]"""
    port = server.port
    export = "reqresp,export,rows=exchanges,to=/dev/null"
    told = ["-q", "-o", "reqresp.server_ports:%d" % port,
            "-z", "reqresp,export,rows=messages,min=%d,header=no,columns=exchange:message" % (MARK - 100)]
    ends = ["-z", "reqresp,export,rows=connections,to=%s.csv"]
    with contextlib.ExitStack() as stack:
        sessions = ["-M", str(frames_of_session(exchanges))]
        sharks = {name: Tshark(port, server.work, ["-l", "-Y", "tcp.len > %d" % (MARK - 100), *more], plugin=False)
                  for name, more in (("bare", []), ("bare sessions", sessions))}
        for name, more in (("printing", [export]), ("silent", [export + ",slower=3600s"]),
                           ("sessions", [export, *sessions])):
            sharks[name] = Tshark(port, server.work, [*told, ends[0], ends[1] % name, "-z", *more], plugin=True)
        for shark in sharks.values():
            stack.callback(shark.process.communicate)
            stack.callback(shark.process.kill)
        deadline = time.monotonic() + PATIENCE
        while not all(shark.has_begun() for shark in sharks.values()):
            cases.check(True, time.monotonic() < deadline, "no capture")
            time.sleep(0.1)
        time.sleep(2)  # dumpcap says so a little before it listens
        notes, mark = [], stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        for step in range(1, STEPS + 1):
            talk(port, exchanges // STEPS)
            # The next request on its connection makes the response's row due.
            ask(mark, ECHO, ECHOED)
            ask(mark, PING, PONG)
            notes.append((step * (exchanges // STEPS), {name: shark.reach(step) for name, shark in sharks.items()}))
            print("# %9d exchanges, MB: %s" % (notes[-1][0], ", ".join(
                "%s %.1f" % (name, rss / 1e6) for name, rss in notes[-1][1].items())), flush=True)
        for shark in sharks.values():
            shark.end()
    return notes


class Redis(daemons.Daemons):
    def __init__(self):
        super().__init__("soak-")
        self.work = self.make_folder("work")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.daemon(contextlib.nullcontext(), daemons.find("redis-server"), "--port", self.port, "--bind", "127.0.0.1",
                    "--save", "", "--dir", self.work)
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            cases.check(True, time.monotonic() < deadline, "no redis: " + self.logs())
            time.sleep(0.1)


def growth(notes, name):
    """Bytes for each exchange between two notes."""
    return (notes[-1][1][name] - notes[0][1][name]) / (notes[-1][0] - notes[0][0])


def each_exchange(notes):
    """Grows with the exchanges, by a bounded number of bytes for each."""
    count, more = notes[-1][0] - notes[0][0], growth(notes, "silent") - growth(notes, "bare")
    cases.check(True, more < EXCHANGE_MAX + NOISE / count, "%.0f bytes an exchange" % more)
    return "%.0f bytes an exchange, %.0f without the plugin" % (growth(notes, "silent"), growth(notes, "bare"))


def no_faster(notes):
    """The later exchanges cost what the earlier did."""
    half = len(notes) // 2
    first, second = growth(notes[:half + 1], "silent"), growth(notes[half:], "silent")
    count = notes[-1][0] - notes[half][0]
    cases.check(True, second < first * 1.25 + NOISE / count, "%.0f bytes, then %.0f" % (first, second))
    return "%.0f bytes an exchange in the first half, %.0f in the second" % (first, second)


def no_row(notes):
    count, more = notes[-1][0] - notes[0][0], growth(notes, "printing") - growth(notes, "silent")
    cases.check(True, more < ROW_MAX + NOISE / count, "%.1f bytes a row" % more)
    return "%.1f bytes a row" % more


def not_with_sessions(notes, frames):
    """What a session kept is gone with it; notes are taken anywhere in one."""
    count, more = notes[-1][0] - notes[0][0], growth(notes, "sessions") - growth(notes, "bare sessions")
    cases.check(True, more < ROW_MAX + (NOISE + frames / 2 * EXCHANGE_MAX) / count, "%.1f bytes an exchange" % more)
    return "%.1f bytes an exchange, %.0f without the plugin" % (more, growth(notes, "bare sessions"))


def all_told(work, name, sums):
    """Of all connections."""
    rows = host.parse((work / (name + ".csv")).read_text())
    cases.check(sums, {column: sum(int(row[column] or 0) for row in rows) for column in sums})
    return "%s, %d connections" % (", ".join("%s %d" % told for told in sums.items()), len(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=30000)
    exchanges = parser.parse_args().exchanges // STEPS * STEPS
    if os.environ.get("RR_PRELOAD"):
        print("1..0 # SKIP with a sanitizer memory is another's")
        sys.exit(SKIPPED)
    host.assert_loaded()
    problem = None if daemons.find("redis-server") else "there is no redis-server"
    if not problem and not live.may_capture():
        problem = "no privilege to capture on this machine"
    if problem:
        print("1..0 # SKIP " + problem)
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    server = Redis()
    try:
        notes = soak(server, exchanges)
    finally:
        server.end_daemons()
    sums = {"request_bytes": exchanges * len(SET) + STEPS * len(ECHO + PING), "client_missing": 0,
            "response_bytes": exchanges * len(OK) + STEPS * len(ECHOED + PONG), "server_missing": 0}
    whole = sums | {"exchanges": exchanges + 2 * STEPS, "unanswered": 0}
    cases.run([("memory grows with exchanges", each_exchange, notes), ("and no faster", no_faster, notes),
               ("not with rows", no_row, notes), ("not with sessions", not_with_sessions, notes, frames_of_session(exchanges))] +
              [("%s: none is lost" % name, all_told, server.work, name, whole) for name in ("printing", "silent")] +
              [("sessions: no byte is lost", all_told, server.work, "sessions", sums)])


if __name__ == "__main__":
    main()
