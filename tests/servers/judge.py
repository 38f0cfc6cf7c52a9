"""Holds rows to what the programs noted and to what the wire logged.

Boundaries (how many messages, in which order, of how many bytes) come from the notes.  Times come from both:

- The wire's log is a third record of each packet.  A packet that left an end was captured there before it reached the
  wire, inside the same system call: SEND_SLACK before the wire's stamp at most.  One that came to an end was
  captured there between the two times that the wire took around its own call.  So each time in a row has an interval
  in which it must lie, as wide as the machine was slow at that moment, with nothing guessed.
- A program cannot have heard before the capture did, and nothing it said was captured before it said it.

SEND_SLACK is between two functions of the kernel, some microseconds with interrupts of a virtual machine added.
"""
import bisect

import notes  # noqa: F401  (first: it puts tests/lib on the path)
import cases
import host

SEND_SLACK = 2_000_000  # ns
SYN, FIN, RST = 2, 1, 4


# ---- the wire's log

class Packet:
    def __init__(self, line):
        side, port, seq, ack, flags, payload, self.fate, into, before, after = line.split()
        self.side = "ab".index(side)
        self.port, self.seq, self.ack, self.flags, self.payload = map(int, (port, seq, ack, flags, payload))
        self.into, self.before, self.after = int(into), int(before), int(after)

    def window(self, end):
        """When it was captured at an end (0 the client's): from, to; None where it was not."""
        if self.side == end:
            return None if self.fate == "copy" else (self.into - SEND_SLACK, self.into)
        return None if self.fate == "drop" else (self.before, self.after)


class Connection:
    """The packets of a connection; `seen` tells what an end captured of a direction, in order."""

    def __init__(self, syn):
        self.syn, self.packets, self.origin = syn, [], {0: (syn.seq + 1) & 0xFFFFFFFF}

    def add(self, packet):
        if packet.flags & SYN:
            self.origin[packet.side] = (packet.seq + 1) & 0xFFFFFFFF
        self.packets.append(packet)

    def offset(self, packet):
        begin = packet.seq + bool(packet.flags & SYN)
        return (begin - self.origin[packet.side] + 2**31) % 2**32 - 2**31

    def seen(self, side, end):
        """(window, packet) of each that an end captured from a side, in its order of capture."""
        found = [(packet.window(end), packet) for packet in self.packets if packet.side == side]
        return sorted((pair for pair in found if pair[0]), key=lambda pair: pair[0][1])

    def count(self, side, end, wanted):
        return sum(1 for _, packet in self.seen(side, end) if wanted(packet))


def read_log(path):
    """Client port -> its connections, in order."""
    packets = sorted((Packet(line) for line in path.read_text().splitlines()), key=lambda packet: packet.into)
    found = {}
    for packet in packets:
        mine = found.setdefault(packet.port, [])
        first = packet.side == 0 and packet.flags & SYN
        if first and (not mine or mine[-1].syn.seq != packet.seq):
            mine.append(Connection(packet))
        if mine:
            mine[-1].add(packet)
    return found


class Covered:
    """Ranges of bytes seen so far."""

    def __init__(self):
        self.ends = []  # begin, end, begin, end ... in order

    def add(self, begin, end):
        """The parts of it that are new."""
        new, at = [], begin
        left = bisect.bisect_left(self.ends, begin)
        left -= left % 2
        right = left
        while right < len(self.ends) and self.ends[right] <= end:
            low, high = self.ends[right], self.ends[right + 1]
            if at < low:
                new.append((at, low))
            at = max(at, high)
            right += 2
        if at < end:
            new.append((at, end))
        merged = self.ends[left:right]
        self.ends[left:right] = [min([begin] + merged[:1]), max([end] + merged[-1:])]
        return new


class Seen:
    """What an end captured of a message: windows of its first and last packet with new bytes, and counts."""

    def __init__(self):
        self.first = self.last = None
        self.segments = self.bytes = 0
        self.repeats = []  # their windows


def messages_seen(connection, side, end, sizes):
    """A Seen for each of the messages, of these sizes one after the other, that this side sent."""
    ends, total = [], 0
    for size in sizes:
        total += size
        ends.append(total)
    found, covered = [Seen() for _ in sizes], Covered()
    for window, packet in connection.seen(side, end):
        begin = connection.offset(packet)
        if not packet.payload:
            continue
        new = covered.add(begin, begin + packet.payload)
        touched = set()
        for low, high in new:
            for i in range(bisect.bisect_right(ends, low), len(ends)):
                start = ends[i - 1] if i else 0
                if start >= high:
                    break
                found[i].bytes += min(high, ends[i]) - max(low, start)
                touched.add(i)
        for i in touched:
            found[i].first = found[i].first or window
            found[i].last = window
            found[i].segments += 1
        if not new:
            i = bisect.bisect_right(ends, begin)
            if i < len(found):
                found[i].repeats.append(window)
    return found


# ---- rows

def nanoseconds(text):
    whole, _, part = text.partition(".")
    return int(whole.lstrip("-") + part.ljust(9, "0")) * (-1 if text.startswith("-") else 1)


def rows(capture, kind, *words):
    """Rows with times in nanoseconds since the epoch and durations in nanoseconds."""
    found = host.truth(host.parse(host.export(capture, kind, *words, options=",time=epoch")))
    for row in found:
        for name in ("request_start", "request_end", "response_start", "response_end", "latency", "duration",
                     "request_spread", "response_spread", "think", "start", "end", "connect_time"):
            if row.get(name):
                row[name] = nanoseconds(row[name])
    return found


class View:
    """The rows of one capture."""

    def __init__(self, capture, *words):
        self.capture = capture
        self.exchanges = sorted(rows(capture, "exchanges", *words), key=lambda row: int(row["exchange"]))
        self.pushes = [row for row in rows(capture, "messages", *words) if row["message"] == "push"]
        self.connections = rows(capture, "connections", *words)

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


def judge_message(row, name, seen, size, where):
    """A message's columns in its exchange's row."""
    where = "%s of %s" % (name, where)
    cases.check(str(size), row[name + "_bytes"], where + ", bytes")
    cases.check(size, seen.bytes, where + ", bytes in the wire's log")
    cases.check(str(seen.segments), row[name + "_segments"], where + ", segments")
    within(row[name + "_start"], seen.first, where + ", first segment")
    within(row[name + "_end"], seen.last, where + ", last segment")
    cases.check(row[name + "_end"] - row[name + "_start"], row[name + "_spread"], where + ", spread")


def judge_repeats(row, repeats, later, where):
    """A repeat brings nothing that would restate a row: of those after the next request began, the row may not tell."""
    reported = later[0][0].first[0] if later else float("inf")
    within(int(row["repeats"]), (sum(window[1] < reported for window in repeats), len(repeats)), where + ", repeats")


def judge_connection(stream, seen, client):
    """The connection's row tells of all repeats, and adds up."""
    asked, answered = zip(*seen)
    for name, messages in (("client_repeats", asked), ("server_repeats", answered)):
        cases.check(sum(len(message.repeats) for message in messages), int(stream[name]), name)
    pushed = sum(note.answered_bytes for note in client.notes if not note.asked)
    total = {"request_bytes": sum(note.asked_bytes for note in client.notes), "push_bytes": pushed,
             "response_bytes": sum(note.answered_bytes for note in client.notes) - pushed}
    cases.check({name: str(size) for name, size in total.items()}, {name: stream[name] for name in total}, "sums")
    cases.check(("0", "0"), (stream["client_missing"], stream["server_missing"]), "missing")


def judge_push(row, seen, size, where):
    cases.check(str(size), row["bytes"], where + ", bytes")
    within(row["start"], seen.first, where + ", first segment")
    within(row["end"], seen.last, where + ", last segment")


def judge_program(row, note, where):
    """At the client's end: nothing left before it was said, nothing was heard before it came."""
    if note.asked:
        within(row["request_start"], (note.asked[0].before, note.asked[-1].after), where + ", said")
    if note.answered:
        cases.check(True, row["response_start"] <= note.answered[0].returned, where + ", first heard after captured")
        cases.check(True, row["response_end"] <= note.answered[-1].returned, where + ", last heard after captured")
        cases.check(True, row["request_start"] < row["response_end"], where + ", order")
        if (row["request_segments"], row["response_segments"], row["repeats"]) == ("1", "1", "0"):
            # The kernel gave the program the very stamp that the capture has; or that of a FIN it put with it.
            stamp = note.answered[0].stamp
            within(row["response_start"], (0 if row["ended_by"] == "server-fin" else stamp, stamp), where + ", stamp")
            within(row["latency"], (row["response_start"] - note.asked[0].after,
                                    row["response_start"] - note.asked[0].before), where + ", latency")


def judge_turn(row, turn, where):
    """At the server's end: what a server of ours noted."""
    cases.check(True, row["request_end"] <= turn.heard.returned, where + ", heard after captured")
    within(row["response_start"], (turn.said.before, turn.said.after), where + ", answer said")
    cases.check(True, row["latency"] >= turn.said.before - turn.heard.returned, where + ", latency covers the work")


def all_seen(connection, client, end):
    """Of each note what an end saw: request, answer."""
    asked = messages_seen(connection, 0, end, [note.asked_bytes for note in client.notes])
    answered = messages_seen(connection, 1, end, [note.answered_bytes for note in client.notes])
    return list(zip(asked, answered))


def judge_exchanges(found, client, seen, end, turns=()):
    """All exchanges of a connection at an end (0 the client's, 1 the server's)."""
    exchanges = [note for note in client.notes if note.asked]
    cases.check([note.asked_bytes for note in exchanges], [int(row["request_bytes"] or 0) for row in found], "requests")
    seen = [pair for note, pair in zip(client.notes, seen) if note.asked]
    for number, (row, note, (request, response)) in enumerate(zip(found, exchanges, seen), 1):
        where = "exchange %d at the %s" % (number, ("client", "server")[end])
        judge_message(row, "request", request, note.asked_bytes, where)
        if not note.answered:
            cases.check(("unanswered", "", ""), (row["status"], row["latency"], row["response_bytes"]), where)
            continue
        judge_message(row, "response", response, note.answered_bytes, where)
        cases.check(("answered", "0"), (row["status"], row["missing"]), where)
        cases.check(row["response_start"] - row["request_end"], row["latency"], where + ", latency")
        cases.check(row["response_end"] - row["request_start"], row["duration"], where + ", duration")
        cases.check(True, row["latency"] >= note.at_least * 10**9, where + ", latency below what was ordered")
        judge_repeats(row, request.repeats + response.repeats, seen[number:], where)
        if end == 0:
            judge_program(row, note, where)
    if end == 1:
        for number, (row, turn) in enumerate(zip(found, turns), 1):
            judge_turn(row, turn, "exchange %d at the server" % number)
    return list(zip(found, seen))


def judge_pushes(found, client, seen, end):
    wanted = [(note.answered_bytes, pair[1]) for note, pair in zip(client.notes, seen) if not note.asked]
    cases.check([str(size) for size, _ in wanted], [row["bytes"] for row in found], "pushes")
    for row, (size, one) in zip(found, wanted):
        judge_push(row, one, size, "push at the %s" % ("client", "server")[end])


def judge_network(here, there, delay):
    """The client's latency less the server's is what the wire took."""
    for number, ((row, seen), (far_row, far_seen)) in enumerate(zip(here, there), 1):
        if not row["latency"]:
            continue
        network = row["latency"] - far_row["latency"]
        where = "exchange %d, network time" % number
        # Out, and back: each from the first copy of the byte that left to the first that came.
        (out, back), (far_out, far_back) = seen, far_seen
        low = (far_out.last[0] - out.last[1]) + (back.first[0] - far_back.first[1])
        high = (far_out.last[1] - out.last[0]) + (back.first[1] - far_back.first[0])
        within(network, (low, high), where)
        cases.check(True, network >= 2 * delay * 10**6, "%s: %d ns is faster than the wire" % (where, network))


def judge(views, log, client, delay, turns=(), nth=0):
    """A connection of a client at both ends; how many exchanges."""
    connection, pairs, streams = log[client.port][nth], [], []
    for end, view in enumerate(views):
        of_port = view.streams(client.port)
        cases.check(len(log[client.port]), len(of_port), "connections of port %d" % client.port)
        stream = of_port[nth]
        found = view.of(stream)
        cases.check(("syn", client.host), (stream["direction_from"], stream["client"]), "sides")
        seen = all_seen(connection, client, end)
        pairs.append(judge_exchanges(found, client, seen, end, turns))
        judge_pushes(view.pushes_of(stream), client, seen, end)
        judge_connection(stream, seen, client)
        streams.append(stream)
    ids = [[row["id"] for row, _ in pair] for pair in pairs]
    cases.check(ids[0], ids[1], "ids at both ends")
    cases.check(len(ids[0]), len(set(ids[0])), "different ids")
    pushes = [[row["id"] for row in view.pushes_of(stream)] for view, stream in zip(views, streams)]
    cases.check(pushes[0], pushes[1], "ids of pushes at both ends")
    judge_network(*pairs, delay)
    return "%d exchanges, %d pushes" % (len(ids[0]), len(pushes[0]))
