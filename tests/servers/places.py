#!/usr/bin/python3
"""The same conversations captured in other places and other ways.

All captures are of one run: at both ends (judged as any other), at the client's end cut at 96 bytes, with microseconds,
by dumpcap, of one direction only, begun in the middle; between the ends on all interfaces, and at a mirror port with
VLAN tags; both ends merged; with a clock that was set back.
"""
import struct
import subprocess
import sys
import threading
import time

import lab as labs
import judge
import notes
import cases

PORT, HALVING = 7001, 7002
STEADY, ASKING, TOLD, IPV6 = 47000, 47001, 47002, 47003  # client ports
PORTS = (STEADY, ASKING, TOLD, IPV6)
SNAPLEN, VLAN = 96, 5
LONG, HALF, SMALL = 7240, 3000, 120
BACK = 1.5  # s that the clock goes back
RESTING = 3  # conversations that stand still while captures begin


class Rest:
    """Holds all who arrive until `go`."""

    def __init__(self, count):
        self.count, self.all, self.on, self.lock = count, threading.Event(), threading.Event(), threading.Lock()

    def arrive(self):
        with self.lock:
            self.count -= 1
            if self.count == 0:
                self.all.set()
        if not self.on.wait(labs.PATIENCE):
            raise TimeoutError("nobody went on")


rest = Rest(RESTING)


def halving(end):
    """Answers in two parts, the second when it is told to."""
    while True:
        end.until(b"\n")
        end.say(b"1" * HALF)
        end.drain()
        rest.arrive()
        end.say(b"2" * HALF)


# ---- conversations

def steady(lab, port, ipv6=False):
    client = notes.Client(lab, port, PORT, ipv6=ipv6)
    for i in range(3):
        notes.ask_measured(client, SMALL + i * 2000, 30, SMALL + i * 3000)
    if not ipv6:
        rest.arrive()
    for i in range(3):
        notes.ask_measured(client, SMALL + i * 2000, 30, SMALL + i * 3000)
    return client


def asking(lab, port):
    """The captures begin between the halves of its second request."""
    client = notes.Client(lab, port, PORT)
    notes.ask_measured(client, SMALL, 10, SMALL)
    text = notes.request(2 * HALF, 30, LONG)
    said = [client.say(text[:HALF])]
    client.drain()
    rest.arrive()
    said.append(client.say(text[HALF:]))
    client.take(LONG)
    client.note(said, client.flush(), 0.03)
    for _ in range(2):
        notes.ask_measured(client, SMALL, 10, SMALL)
    return client


def told(lab, port):
    """The captures begin between the halves of its first answer."""
    client = notes.Client(lab, port, HALVING)
    for _ in range(3):
        client.ask(b"tell me\n", lambda: client.take(2 * HALF))
    return client


def converse(lab, server):
    clients = {}

    def hold(port, function, **more):
        clients[port] = function(lab, port, **more)
        clients[port].close()
    talk = threading.Thread(target=notes.at_once, args=([
        lambda: hold(STEADY, steady), lambda: hold(ASKING, asking), lambda: hold(TOLD, told),
        lambda: hold(IPV6, steady, ipv6=True)],), daemon=True)
    talk.start()
    if not rest.all.wait(labs.PATIENCE):
        raise TimeoutError("not all came to rest")
    server.ends[STEADY].drain()
    time.sleep(0.1)  # a last ACK may still be under way
    for end in judge.ENDS:
        lab.capture(end, "late_" + end)
    rest.on.set()
    talk.join(2 * labs.PATIENCE)
    cases.check(set(PORTS), set(clients), "conversations held")
    return clients


# ---- comparing views

PLACE = ("exchange", "stream", "request_frame", "response_frame")  # numbers of a capture, not of what it shows
MOMENTS = ("request_start", "request_end", "response_start", "response_end")
WAITS = ("handshake", "rtt", "server_time", "request_lost", "latency_lost", "response_lost")  # what a latency is made of
OF_THE_PLACE = (*MOMENTS, *WAITS, "latency", "duration", "request_spread", "response_spread", "think", "repeats",
                "ended_by", "part", "evidence")


def alike(row, *but):
    return {name: value for name, value in row.items() if name not in PLACE + but}


def timed(row, moment):
    """The row with other moments: moment(name, time) gives each; what follows from them follows."""
    row = dict(row)
    for name in MOMENTS:
        row[name] = moment(name, row[name])
    row["latency"] = row["response_start"] - row["request_end"]
    row["duration"] = row["response_end"] - row["request_start"]
    for name in ("request", "response"):
        row[name + "_spread"] = row[name + "_end"] - row[name + "_start"]
    return row


def of_port(view, port):
    (stream,) = view.streams(port)
    return view.of(stream)


def same(wanted, got, *but):
    """Rows with the same columns, but for some."""
    for row, one in zip(wanted, got, strict=True):
        left, right = alike(row, *but), alike(one, *but)
        different = [name for name in left if left[name] != right[name]]
        cases.check({name: left[name] for name in different}, {name: right[name] for name in different}, row["id"])


class Checks:
    """What each capture must show, told from the views of both ends."""

    def __init__(self, lab, evidence):
        self.lab, self.ends, self.seen = lab, evidence.views(0), evidence.seen

    def view(self, name):
        return judge.View(self.lab.path(name), 0)

    def each(self, view):
        """(rows at the client, rows at the server, rows of the view), by port."""
        for port in PORTS:
            yield of_port(self.ends[0], port), of_port(self.ends[1], port), of_port(view, port)

    def cut(self):
        data = self.lab.path("cut").read_bytes()
        cases.check(True, len(data) < self.lab.path("client").stat().st_size / 2, "nothing was cut")
        for here, _, got in self.each(self.view("cut")):
            same(here, got, "summary")
            for row, one in zip(here, got):
                cases.check(True, row["summary"].startswith(one["summary"]) and one["summary"] != "", "summary")

    def dumpcap(self):
        for here, _, got in self.each(self.view("dumpcap")):
            same(here, got)

    def nanoseconds(self):
        """The other captures here have them, this one has what is left of the same stamps."""
        times = [row[name] for port in PORTS for row in of_port(self.ends[0], port) for name in MOMENTS]
        cases.check(True, sum(time_ % 1000 != 0 for time_ in times) > len(times) / 2, "no nanoseconds")
        for here, _, got in self.each(self.view("micro")):
            floor = [timed(row, lambda _, time_: time_ // 1000 * 1000) for row in here]
            same(floor, got, "think", *WAITS)

    def from_client(self):
        """The client's ACKs tell that it was answered, and how much."""
        view = self.view("from_client")
        for here, _, got in self.each(view):
            for row, one in zip(here, got, strict=True):
                cases.check(("answered", "", "", "0", row["response_bytes"]), tuple(one[name] for name in (
                    "status", "latency", "response_start", "response_bytes", "missing")))
                for name in ("id", "request_start", "request_end", "request_bytes", "request_segments"):
                    cases.check(row[name], one[name], name)

    def from_server(self):
        """The server's ACKs tell what was asked."""
        for here, _, got in self.each(self.view("from_server")):
            for row, one in zip(here, got, strict=True):
                cases.check(("unasked", "", "", "0", row["request_bytes"]), tuple(one[name] for name in (
                    "status", "latency", "request_start", "request_bytes", "missing")))
                for name in ("id", "response_start", "response_end", "response_bytes", "response_segments"):
                    cases.check(row[name], one[name], name)

    def merged(self):
        """Each packet twice: a request's time is the client's, a response's the server's; all else comes again."""
        path = self.lab.folder / "merged.pcap"
        subprocess.run(["mergecap", "-w", path, *[self.lab.path(end) for end in judge.ENDS]], check=True)
        view = judge.View(path, 0)
        for here, there, got in self.each(view):
            wanted = [timed(row, lambda name, time_, far=far: time_ if name.startswith("request") else far[name])
                      for row, far in zip(here, there, strict=True)]
            same(wanted, got, "repeats", "think", "ended_by", "part", "evidence", *WAITS)
        self.all_twice(view)

    def between(self):
        """All interfaces of the machine in between: each packet twice, the first time when it comes."""
        view = self.view("any")
        for here, there, got in self.each(view):
            same(here, got, *OF_THE_PLACE)
            self.in_between(here, there, got)
        self.all_twice(view)

    def mirror(self):
        """A mirror port of the machine in between, tagged."""
        data, at, tags = self.lab.path("mirror").read_bytes(), 24, set()
        while at < len(data):
            tags.add(struct.unpack_from("!HH", data, at + 16 + 12))
            at += 16 + struct.unpack_from("<I", data, at + 8)[0]
        cases.check({(0x8100, VLAN)}, tags, "tags")
        for here, there, got in self.each(self.view("mirror")):
            same(here, got, *OF_THE_PLACE)
            self.in_between(here, there, got)

    @staticmethod
    def in_between(here, there, got):
        for row, far, one in zip(here, there, got, strict=True):
            for name in MOMENTS:
                ends = sorted((row[name], far[name]))
                judge.within(one[name], ends, name)
            judge.within(one["latency"], (far["latency"], row["latency"]), "latency")

    def all_twice(self, view):
        """What both ends captured, less what was new, came again."""
        for port in PORTS:
            (stream,) = view.streams(port)
            rows = view.of(stream)
            for side, (end, name) in enumerate((("client", "request"), ("server", "response"))):
                packets = sum(packet.payload > 0 for seen in self.seen for packet in seen[port][0].of(side))
                segments = sum(int(row[name + "_segments"]) for row in rows)
                cases.check(str(packets - segments), stream[end + "_repeats"], "repeats of the %s" % end)

    def late(self):
        """Begun while one client was asking, another was being told, and a third had been answered."""
        views = [self.view("late_" + end) for end in judge.ENDS]
        for end, view in enumerate(views):
            whole, got = of_port(self.ends[end], STEADY)[3:], of_port(view, STEADY)
            same(whole, got, "think", *WAITS)
            self.late_request(of_port(self.ends[end], ASKING)[1:], of_port(view, ASKING))
            self.late_response(of_port(self.ends[end], TOLD), of_port(view, TOLD))
            for port in (STEADY, ASKING, TOLD):
                (stream,) = view.streams(port)
                cases.check((labs.CLIENT[0], "port"), (stream["client"], stream["direction_from"]), "sides")
        for port in (STEADY, ASKING, TOLD):
            cases.check(*[[row["id"] for row in of_port(view, port)] for view in views], "ids at both ends")

    @staticmethod
    def late_request(whole, got):
        """Of the request only the second half; the answer is the whole one's, and as late."""
        first, wanted = got[0], whole[0]
        cases.check(("answered", str(HALF)), (first["status"], first["request_bytes"]))
        for name in ("request_end", "response_start", "response_end", "response_bytes", "latency"):
            cases.check(wanted[name], first[name], name)
        same(whole[1:], got[1:], *WAITS)

    @staticmethod
    def late_response(whole, got):
        first, wanted = got[0], whole[0]
        cases.check(("unasked", str(HALF), ""), (first["status"], first["response_bytes"], first["latency"]))
        cases.check(wanted["response_end"], first["response_end"])
        same(whole[1:], got[1:], *WAITS)

    def clock_back(self):
        """The clock goes back between a request and its response: the latency is printed as such."""
        third = of_port(self.ends[0], STEADY)[2]
        step = third["response_start"]
        frames = "1-%d" % (int(third["response_frame"]) - 1)
        before, after, moved, path = (self.lab.folder / name for name in ("before", "after", "moved", "back.pcap"))
        for words in (["editcap", "-F", "nsecpcap", "-r", self.lab.path("client"), before, frames],
                      ["editcap", "-F", "nsecpcap", self.lab.path("client"), after, frames],
                      ["editcap", "-F", "nsecpcap", "-t", str(-BACK), after, moved],
                      ["mergecap", "-F", "nsecpcap", "-a", "-w", path, before, moved]):
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        jump = int(BACK * 10**9)
        view = judge.View(path, 0)
        for here, _, got in self.each(view):
            wanted = [timed(row, lambda _, time_: time_ - jump if time_ >= step else time_) for row in here]
            same(wanted, got, "think", "server_time")
        mine = of_port(view, STEADY)[2]
        cases.check((True, third["latency"] - jump), (mine["latency"] < 0, mine["latency"]), "latency")


def main(words):
    labs.require("mergecap", "editcap")
    with labs.Lab(delay=5, mirror=VLAN) as lab, notes.Server(lab, PORT, notes.measured) as server, \
            notes.Server(lab, HALVING, halving):
        lab.capture("client", "micro", nanoseconds=False)
        lab.capture("client", "cut", snaplen=SNAPLEN)
        lab.capture("client", "from_client", "tcp and dst portrange %d-%d" % (PORT, HALVING))
        lab.capture("client", "from_server", "tcp and src portrange %d-%d" % (PORT, HALVING))
        lab.capture("any")
        lab.capture("mirror")
        lab.dumpcap("client", "dumpcap")
        clients = converse(lab, server)
    evidence = judge.Evidence(lab, {PORT, HALVING})
    checks = Checks(lab, evidence)
    todo = [("both ends, port %d" % port, evidence.judge, clients[port], server.turns.get(port, ())) for port in PORTS]
    todo += [("two passes", evidence.two_passes), ("captures", evidence.faithful),
             ("cut at %d bytes" % SNAPLEN, checks.cut), ("nanoseconds", checks.nanoseconds),
             ("dumpcap", checks.dumpcap), ("client's packets only", checks.from_client),
             ("server's packets only", checks.from_server), ("both ends merged", checks.merged),
             ("all interfaces in between", checks.between), ("mirror port, VLAN", checks.mirror),
             ("begun mid-stream", checks.late), ("clock set back", checks.clock_back)]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
