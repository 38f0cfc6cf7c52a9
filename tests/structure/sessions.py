#!/usr/bin/python3
"""Sessions of a live capture: `tshark -i lo -M N` begins anew every N frames, `-b` with every file.

What is open at a boundary is reported with ended_by=session, numbers restart, and what crosses it is two rows.  So the rows
of all sessions must be those that each session's frames give when they are read by themselves, and the payload in them
what both sides said, byte for byte, whatever the format, the place and the signal that ends the capture.
"""
import contextlib
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parent)]
import cases  # noqa: E402
import host  # noqa: E402
import live  # noqa: E402

HAS_SQLITE = os.environ.get("RR_SQLITE", "TRUE").upper() in ("TRUE", "1", "ON", "YES")
PATIENCE = 60
TURNS, SLOW, FRAMES, TRIES = 60, b"slow", 25, 5
PAYLOADS = (",payload=hex", ",payload=hex", "")
# What begins a session, and where the packets go.
WAYS = {
    "reset": ["-M", str(FRAMES), "-w", "all.pcapng"],
    "packets": ["-b", "packets:%d" % FRAMES, "-w", "ring.pcapng"],
    "filesize": ["-b", "filesize:4", "-w", "ring.pcapng"],
    "one": ["-w", "all.pcapng"],
}
SIGNALS = [("reset", "SIGINT"), ("reset", "SIGTERM"), ("packets", "SIGTERM"), ("filesize", "SIGINT"), ("one", "SIGINT"),
           ("one", "SIGTERM")]


class Talk:
    """Conversations over lo, and all that was said in them: {client's port: [client's bytes, server's bytes]}."""

    def __init__(self, port_of):
        self.said, self.go, self.port = {}, threading.Event(), port_of

    def serve(self, peer, port):
        with peer, peer.makefile("rb") as lines:
            for line in lines:
                if line.startswith(SLOW):
                    self.go.wait(PATIENCE)
                if not line.startswith(b"silence"):
                    answer = b"+" + line * 3
                    peer.sendall(answer)
                    self.said[port][1] += answer

    def connect(self, stack):
        client = stack.enter_context(socket.create_connection(("127.0.0.1", self.port)))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.said[client.getsockname()[1]] = [b"", b""]
        return client

    def say(self, client, text):
        client.sendall(text)
        self.said[client.getsockname()[1]][0] += text

    def ask(self, client, text):
        """In two segments."""
        self.say(client, text[:5])
        self.say(client, text[5:])
        self.hear(client, text)

    @staticmethod
    def hear(client, text):
        left = 1 + 3 * len(text)
        while left:
            left -= len(client.recv(left))

    def hold(self, stack, listener):
        """One request waits for its answer while others are asked, so that it crosses boundaries; one has none."""
        def accept():
            with contextlib.suppress(OSError):
                while True:
                    peer, (_, port) = listener.accept()
                    threading.Thread(target=self.serve, args=(peer, port), daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()
        waiting, *busy = [self.connect(stack) for _ in range(4)]
        self.say(waiting, SLOW + b" one\n")
        for turn in range(TURNS):
            self.ask(busy[turn % len(busy)], b"=ask %d\n" % turn)
        self.go.set()
        self.hear(waiting, SLOW + b" one\n")
        self.say(busy[0], b"silence\n")


def wait_for(condition, what, process):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        cases.check(None, process.poll(), "tshark ended")
        if time.monotonic() > deadline:
            raise AssertionError("there was no " + what)
        time.sleep(0.05)


class Run:
    """A live capture in a folder of its own: what it wrote, how it ended."""

    def __init__(self, way, ended_by):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=host.SCRATCH, prefix="sessions-"))
        self.folder.chmod(0o777)
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            self.port = listener.getsockname()[1]
            self.talk = Talk(self.port)
            self.capture(way, ended_by, lambda: self.talk.hold(stack, listener))
        self.files = sorted(path.name for path in self.folder.iterdir() if path.suffix != ".pcapng")
        self.sessions = self.split(way)
        self.frames = self.counted(self.sessions)
        self.alone = list(map(self.read, self.sessions))

    def options(self):
        return ["-o", "reqresp.server_ports:%d" % self.port, "-d", "tcp.port==%d,data" % self.port]

    def capture(self, way, ended_by, hold):
        exports = ["-z", "reqresp,export,rows=exchanges"]
        for kind in host.KINDS if HAS_SQLITE else ():
            exports += ["-z", "reqresp,export,format=sqlite,to=rows.db,rows=" + kind]
        for kind, payload in zip(host.KINDS, PAYLOADS):
            exports += ["-z", "reqresp,export,to=%s.csv,rows=%s%s" % (kind, kind, payload)]
        argv, environment = host.command(["tshark", "-i", "lo", "-f", "port %d" % self.port, *WAYS[way], "-q",
                                          *self.options(), *exports], may_capture=True)
        self.process = subprocess.Popen(argv, env=environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=open(self.folder / "stdout", "wb"),  # noqa: SIM115
                                        stderr=open(self.folder / "stderr", "wb"))  # noqa: SIM115
        try:
            self.probe(b"the capture has begun")
            hold()
            self.probe(b"all was said")
            if way == "packets":
                self.fill()
            self.process.send_signal(ended_by)
            self.status = self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    def send(self, text):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, contextlib.suppress(ConnectionRefusedError):
            s.sendto(text, ("127.0.0.1", self.port))

    def probe(self, text):
        """A datagram that is sent until it is in the capture, and with it all that was sent before."""
        def captured():
            self.send(text)
            return any(text in path.read_bytes() for path in self.folder.glob("*.pcapng"))
        wait_for(captured, "packet in the capture", self.process)

    def fill(self):
        """Datagrams until the newest file is one that nothing came to yet: a session without frames."""
        def begun():
            if 0 in self.counted(self.folder.glob("*.pcapng")):
                return True
            self.send(b"one more")
            time.sleep(0.2)
            return False
        wait_for(begun, "new file", self.process)

    def split(self, way):
        """The frames of each session, as a file."""
        if way == "reset":
            subprocess.run(["editcap", "-c", str(FRAMES), "all.pcapng", "part.pcapng"], cwd=self.folder, check=True)
            return sorted(self.folder.glob("part_*.pcapng"))
        return sorted(self.folder.glob("*.pcapng"))

    @staticmethod
    def counted(paths):
        """How many frames each file has."""
        lines = subprocess.run(["capinfos", "-c", "-M", "-T", "-r", *paths], capture_output=True, text=True, check=True).stdout
        return [int(line.split("\t")[1]) for line in lines.splitlines()]

    def was_said_again(self):
        """TCP sent a segment twice, as it does on a busy machine: in another session its bytes are rightly new."""
        whole = self.folder / "whole.pcap"
        subprocess.run(["mergecap", "-F", "pcap", "-w", whole, *self.sessions], check=True)
        return host.tshark(whole, "-Y", "tcp.analysis.retransmission", plugin=False) != ""

    def rows(self, kind):
        return host.parse((self.folder / (kind + ".csv")).read_text())

    def read(self, path):
        """{kind: rows} of a session's frames, read by themselves: its end is theirs, but for its name."""
        places = {kind: self.folder / ("%s.%s" % (path.stem, kind)) for kind in host.KINDS}
        exports = [["-z", "reqresp,export,rows=%s,to=%s%s" % (kind, places[kind], payload)]
                   for kind, payload in zip(host.KINDS, PAYLOADS)]
        host.tshark(path, "-q", *self.options(), *sum(exports, []))
        by_kind = {kind: host.parse(place.read_text()) for kind, place in places.items()}
        for row in by_kind["messages"] + by_kind["exchanges"]:
            if path != self.sessions[-1] and row["ended_by"] == "end":
                row["ended_by"] = "session"
        return by_kind

    def whole(self, kind):
        """The rows of each session as they must be."""
        return [session[kind] for session in self.alone]


def ended_well(run):
    said = (run.folder / "stderr").read_text()
    cases.check(0, run.status, said)
    cases.check([], [line for line in said.splitlines() if "reqresp" in line], "said")
    files = [*(kind + ".csv" for kind in host.KINDS), *(["rows.db"] if HAS_SQLITE else []), "stderr", "stdout"]
    cases.check(sorted(files), run.files, "files")
    return "%d sessions" % len(run.sessions)


def rows_of_each(run, kind):
    wanted = [row for rows in run.whole(kind) for row in rows]
    got = run.rows(kind)
    for row, one in zip(wanted, got, strict=True):
        cases.check(row, one)
    if kind == "exchanges":
        cases.check([{name: cell for name, cell in row.items() if "payload" not in name} for row in got],
                    host.parse((run.folder / "stdout").read_text()), "standard output")
    return "%d rows" % len(got)


def nothing_lost(run):
    """The payload of all messages is what was said."""
    got = {port: [b"", b""] for port in run.talk.said}
    for rows in run.whole("messages"):
        for row in sorted(host.truth(rows), key=lambda row: row["start"]):
            from_server = int(row["src_port"]) == run.port
            cases.check("false", row["payload_cut"], "cut")
            got[int(row["dst_port"] if from_server else row["src_port"])][from_server] += bytes.fromhex(row["payload"])
    cases.check(run.talk.said, got)
    return "%d bytes" % sum(len(said) for both in got.values() for said in both)


def crossing(run):
    """The slow exchange is two rows, and the numbers of each session begin with 1."""
    sessions = run.whole("exchanges")
    first, second = ([row for row in run.rows("exchanges") if row["summary"] == summary]
                     for summary in ("slow one", "+slow one"))
    cases.check([("open", "session", "")], [(row["status"], row["ended_by"], row["response_bytes"]) for row in first])
    cases.check([("unasked", "")], [(row["status"], row["request_frame"]) for row in second])
    for rows in sessions:
        numbers = sorted({int(row["exchange"]) for row in rows})
        cases.check(list(range(1, len(numbers) + 1)), numbers, "numbers")
    cases.check(True, len(sessions) > 3, "sessions")


def database(run, kind):
    """A session that has a frame is a capture, complete, and has the rows of its frames."""
    sessions = [(frames, rows) for frames, rows in zip(run.frames, run.whole(kind)) if frames]
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (run.folder / "rows.db"), uri=True)) as db:
        captures = db.execute("SELECT capture, complete, frames, file FROM captures ORDER BY capture").fetchall()
        cases.check([(1, "lo")] * len(sessions), [(complete, file) for _, complete, _, file in captures], "captures")
        cases.check([frames for frames, _ in sessions], [frames for _, _, frames, _ in captures], "frames")
        for (capture, *_), (_, rows) in zip(captures, sessions):
            names = [name for name in ("exchange", "message", "id", "part", "ended_by", "close", "summary")
                     if not rows or name in rows[0]]
            got = db.execute("SELECT %s FROM %s WHERE capture = ?" % (",".join(names), kind), (capture,)) if rows else []
            wanted = [tuple(row[name] for name in names) for row in host.truth(rows)]
            cases.check(sorted(wanted), sorted(tuple("" if cell is None else str(cell) for cell in row) for row in got))
    return "%d captures" % len(captures)


def main(words):
    host.assert_loaded()
    if not live.may_capture():
        if host.IS_ROOT:
            raise AssertionError("root must be able to capture")
        print("1..0 # SKIP no privilege to capture on this machine")
        return
    todo = []
    for way, name in SIGNALS:
        if words and way not in words:
            continue
        run = Run(way, getattr(signal, name))
        for _ in range(TRIES):
            run = run if not run.was_said_again() else Run(way, getattr(signal, name))
        about = "%s, %s: " % (way, name)
        todo += [(about + "ends well", ended_well, run), (about + "nothing lost", nothing_lost, run)]
        todo += [(about + kind, rows_of_each, run, kind) for kind in host.KINDS]
        todo += [(about + "database, " + kind, database, run, kind) for kind in host.KINDS if HAS_SQLITE]
        todo += [(about + "crossing", crossing, run)] if way != "one" else []
    cases.run(todo)


if __name__ == "__main__":
    main(sys.argv[1:])
