"""Holds rows to what the programs noted, to what the wire logged, and to the bare packets of the capture.

Boundaries (how many messages, in which order, of how many bytes) come from the notes of the programs.  Knowing them,
packets.py finds the first and last packet with new bytes of each message in the capture: every time and count in a
row must be exactly theirs.  And no capture is believed alone:

- It must hold what the wire logged, packet for packet.  The wire notes the time around its call that sends a packet on,
  and within that the kernel stamps it: so the far end captured it between the two.  The near end captured it before the
  wire had read it.
- Nothing that a program said was captured before it called the system to send; the first packet of what it said, not
  after it was back from that call (there was room to send).  It had heard nothing before that was captured; where
  one packet brought an answer, the kernel gave the program the very stamp that the capture has.  So the latency lies
  between the stamp less the end of the call and the stamp less its begin: as wide as the machine was slow at that
  moment, with nothing guessed.
"""
import concurrent.futures
import threading

import notes  # noqa: F401  (first: it puts tests/lib on the path)
import packets
import cases
import host
from packets import ENDS

TIMES = ("request_start", "request_end", "response_start", "response_end", "latency", "duration", "request_spread",
         "response_spread", "think", "start", "end", "connect_time")


def nanoseconds(text):
    whole, _, part = text.partition(".")
    return int(whole.lstrip("-") + part.ljust(9, "0")) * (-1 if text.startswith("-") else 1)


def rows(capture, kind, *words):
    """Rows with times in nanoseconds since the epoch and durations in nanoseconds."""
    found = host.truth(host.parse(host.exports(capture, host.KINDS, *words, options=",time=epoch")[kind]))
    for row in found:
        for name in TIMES:
            if row.get(name):
                row[name] = nanoseconds(row[name])
    return found


class View:
    """The rows of one capture.  `quiet` is the preference: seconds after which a response is over, 0 for never."""

    def __init__(self, capture, quiet):
        self.capture = capture
        with concurrent.futures.ThreadPoolExecutor() as pool:
            kinds = ("exchanges", "messages", "connections")
            found = pool.map(lambda kind: rows(capture, kind, "-o", "reqresp.quiet:%d" % quiet), kinds)
        exchanges, messages, self.connections = found
        self.exchanges = sorted(exchanges, key=lambda row: int(row["exchange"]))
        self.pushes = [row for row in messages if row["message"] == "push"]

    def streams(self, port):
        """The streams of a client port, in order."""
        return sorted((row for row in self.connections if row["client_port"] == str(port)),
                      key=lambda row: int(row["stream"]))

    def of(self, stream):
        return [row for row in self.exchanges if row["stream"] == stream["stream"]]

    def pushes_of(self, stream):
        return [row for row in self.pushes if row["stream"] == stream["stream"]]


def within(time, window, what):
    if not window[0] <= time <= window[1]:
        raise AssertionError("%s: %d is not within %d and %d (%+d, %+d)" % (
            what, time, *window, time - window[0], time - window[1]))


# ---- a row

def judge_message(row, name, seen, size, where):
    """A message's columns in its exchange's row."""
    where = "%s of %s" % (name, where)
    cases.check((str(size), size), (row[name + "_bytes"], seen.bytes), where + ", bytes in row and capture")
    cases.check(str(seen.segments), row[name + "_segments"], where + ", segments")
    cases.check((seen.first, seen.last), (row[name + "_start"], row[name + "_end"]), where + ", first and last segment")
    cases.check(seen.last - seen.first, row[name + "_spread"], where + ", spread")


def judge_repeats(row, repeats, reported, where):
    """A repeat brings nothing that would restate a row: of those after it may have been reported, it need not tell."""
    within(int(row["repeats"]), (sum(time < reported for time in repeats), len(repeats)), where + ", repeats")


def judge_program(row, note, where):
    """At the client's end."""
    within(row["request_start"], (note.asked[0].before, note.asked[0].after), where + ", said")
    cases.check(True, row["response_start"] <= note.answered[0].returned, where + ", first heard after captured")
    cases.check(True, row["response_end"] <= note.answered[-1].returned, where + ", last heard after captured")
    if (row["request_segments"], row["response_segments"], row["repeats"]) == ("1", "1", "0"):
        stamp = note.answered[0].stamp
        # A FIN that came before the program read leaves its own stamp.
        within(row["response_start"], (0 if row["ended_by"] == "server-fin" else stamp, stamp), where + ", stamp")
        within(row["latency"], (row["response_start"] - note.asked[0].after,
                                row["response_start"] - note.asked[0].before), where + ", latency")


def judge_turn(row, turn, where):
    """At the server's end: what a server of ours noted."""
    cases.check(True, row["request_end"] <= turn.heard.returned, where + ", heard after captured")
    within(row["response_start"], (turn.said.before, turn.said.after), where + ", answer said")
    cases.check(True, row["latency"] >= turn.said.before - turn.heard.returned, where + ", latency covers the work")


def judge_answered(row, note, request, response, where):
    judge_message(row, "response", response, note.answered_bytes, where)
    cases.check(("answered", "0"), (row["status"], row["missing"]), where)
    cases.check(response.first - request.last, row["latency"], where + ", latency")
    cases.check(response.last - request.first, row["duration"], where + ", duration")
    cases.check(True, row["latency"] >= note.at_least * 10**9, where + ", latency is what was ordered at least")


# ---- a connection

def may_be_reported(pair, later, quiet):
    """When an exchange's row may have been due: the client asked again, or it was quiet for so many seconds."""
    over = max(seen.last for seen in pair if seen.last) + (quiet or 10**6) * 10**9
    return min([over] + [request.first for request, _ in later[:1]])


def judge_exchanges(found, notes_of_client, seen, end, quiet, turns=()):
    """All exchanges of a connection at an end (0 the client's, 1 the server's)."""
    wanted = [(note, pair) for note, pair in zip(notes_of_client, seen) if note.asked]
    cases.check([note.asked_bytes for note, _ in wanted], [int(row["request_bytes"] or 0) for row in found], "requests")
    for i, (row, (note, (request, response))) in enumerate(zip(found, wanted)):
        where = "exchange %d at the %s" % (i + 1, ENDS[end])
        judge_message(row, "request", request, note.asked_bytes, where)
        reported = may_be_reported((request, response), [pair for _, pair in wanted[i + 1:]], quiet)
        judge_repeats(row, request.repeats + response.repeats, reported, where)
        if not note.answered:
            cases.check(("unanswered", "", ""), (row["status"], row["latency"], row["response_bytes"]), where)
            continue
        judge_answered(row, note, request, response, where)
        if end == 0:
            judge_program(row, note, where)
    if end == 1:
        for i, (row, turn) in enumerate(zip(found, turns)):
            judge_turn(row, turn, "exchange %d at the server" % (i + 1))
    return [(row, pair) for row, (_, pair) in zip(found, wanted)]


def judge_pushes(found, notes_of_client, seen, end):
    wanted = [(note.answered_bytes, pair[1]) for note, pair in zip(notes_of_client, seen) if not note.asked]
    cases.check([str(size) for size, _ in wanted], [row["bytes"] for row in found], "pushes")
    for row, (size, one) in zip(found, wanted):
        cases.check((size, one.first, one.last, str(one.segments)),
                    (one.bytes, row["start"], row["end"], row["segments"]), "push at the %s" % ENDS[end])


def judge_connection(stream, seen, notes_of_client):
    """The connection's row tells of all repeats, and adds up."""
    for name, messages in zip(("client_repeats", "server_repeats"), zip(*seen)):
        cases.check(sum(len(message.repeats) for message in messages), int(stream[name]), name)
    pushed = sum(note.answered_bytes for note in notes_of_client if not note.asked)
    total = {"request_bytes": sum(note.asked_bytes for note in notes_of_client), "push_bytes": pushed,
             "response_bytes": sum(note.answered_bytes for note in notes_of_client) - pushed}
    cases.check({name: str(size) for name, size in total.items()}, {name: stream[name] for name in total}, "sums")
    cases.check(("0", "0"), (stream["client_missing"], stream["server_missing"]), "missing")


def judge_network(here, there, delay):
    """The client's latency less the server's is what the wire took: there and back, and never less than it does."""
    for number, ((row, seen), (far_row, far_seen)) in enumerate(zip(here, there), 1):
        if not row["latency"]:
            continue
        network, where = row["latency"] - far_row["latency"], "exchange %d, network time" % number
        cases.check((far_seen[0].last - seen[0].last) + (seen[1].first - far_seen[1].first), network, where)
        cases.check(True, network >= 2 * delay * 10**6, "%s: %d ns is faster than the wire" % (where, network))


# ---- all

def faithful(log, captures, settled):
    """Both captures hold what the wire carried until all was said: nothing less, nothing else, each when it passed."""
    for end, capture in enumerate(captures):
        logged, seen = {}, {}
        for packet in log:
            if packet.side == end and packet.fate != "copy":
                logged.setdefault(packet.key(), []).append((0, packet.into))
            if packet.side != end and packet.fate != "drop":
                logged.setdefault(packet.key(), []).append((packet.before, packet.after))
        for packet in capture:
            seen.setdefault(packet.key(), []).append(packet.time)
        for key in logged.keys() | seen.keys():
            what = "packet %r at the %s" % (key, ENDS[end])
            windows, times = sorted(logged.get(key, [])), sorted(seen.get(key, []))
            within(len(times), (sum(window[1] < settled for window in windows), len(windows)), what)
            for time, window in zip(times, windows):
                within(time, window, what)
    return "%d packets" % len(log)


class Evidence:
    """All there is to know after a lab has ended."""

    def __init__(self, lab, server_ports):
        self.lab, self.lock, self.found = lab, threading.Lock(), {}
        self.log = packets.read_log(lab.log_path)
        self.captured = [packets.read_capture(lab.path(end), server_ports) for end in ENDS]
        self.carried = packets.connections(self.log)
        self.seen = [packets.connections(captured) for captured in self.captured]

    def views(self, quiet):
        """The rows of both ends.  Only talk of which each silence is known is safe where silence decides."""
        with self.lock:
            if quiet not in self.found:
                self.found[quiet] = [View(self.lab.path(end), quiet) for end in ENDS]
            return self.found[quiet]

    def faithful(self):
        return faithful(self.log, self.captured, self.lab.settled)

    def two_passes(self):
        """tshark -2 prints the same rows."""
        for end in ENDS:
            one, two = (host.exports(self.lab.path(end), host.KINDS, *words) for words in ((), ("-2",)))
            for kind in host.KINDS:
                cases.check(one[kind], two[kind], kind)

    def judge(self, client, turns=(), nth=0, quiet=0):
        """A connection of a client at both ends; how many exchanges."""
        pairs, pushes = [], []
        for end, view in enumerate(self.views(quiet)):
            streams = view.streams(client.port)
            cases.check(len(self.seen[end][client.port]), len(streams), "connections of port %d" % client.port)
            cases.check(("syn", client.host), (streams[nth]["direction_from"], streams[nth]["client"]), "sides")
            seen = packets.seen_of_notes(self.seen[end][client.port][nth], client.notes)
            pairs.append(judge_exchanges(view.of(streams[nth]), client.notes, seen, end, quiet, turns))
            pushes.append(view.pushes_of(streams[nth]))
            judge_pushes(pushes[end], client.notes, seen, end)
            judge_connection(streams[nth], seen, client.notes)
        ids = [[row["id"] for row, _ in pair] for pair in pairs]
        cases.check(ids[0], ids[1], "ids at both ends")
        cases.check(len(ids[0]), len(set(ids[0])), "different ids")
        cases.check(*[[row["id"] for row in mine] for mine in pushes], "ids of pushes at both ends")
        judge_network(*pairs, self.lab.delay_ms)
        return "%d exchanges, %d pushes" % (len(ids[0]), len(pushes[0]))
