#!/usr/bin/python3
"""Sequence numbers, retransmissions, keep-alives and handshakes against what Wireshark's own TCP analysis
says of every frame.

labels     tcp.analysis.retransmission, .fast_retransmission, .spurious_retransmission, .out_of_order,
           .keep_alive and .zero_window_probe are our repeats, late segments and SYN retries, frame by frame
referee    and what neither can deny: which bytes a segment brought that no frame before it had
gaps       tcp.analysis.lost_segment and .ack_lost_segment: a side that lacks bytes, or lacked them for a while
pairs      `exact` where, and only where, the host's numbers of the two frames are equal
acks       where the response is what acknowledges the request, .ack_rtt is the latency and .acks_frame its frame
handshake  .initial_rtt is the time to connect
ends       tcp.completeness: data, handshake, FIN and RST are those of the connection's row

Where they disagree, doc/oracles.md says who is right; nothing else may differ, and what is listed must.
"""
import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402
import listed  # noqa: E402

AGAIN = ("retransmission", "fast_retransmission", "spurious_retransmission")
LABELS = {"out_of_order": "out of order", "keep_alive": "keep-alive", "zero_window_probe": "probe"}
GAPS = ("lost_segment", "ack_lost_segment")
VALUES = ("acks_frame", "ack_rtt", "initial_rtt")
NUMBERS = ("frame.number", "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.len",
           "tcp.flags", "tcp.completeness")
MARKS = ("repeat", "expert.late", "expert.syn_retry", "request", "response", "push")
FIELDS = (*NUMBERS, *("tcp.analysis." + name for name in (*AGAIN, *LABELS, *GAPS, *VALUES)),
          *("reqresp." + name for name in MARKS))
SAME = {("", ""), ("retransmission", "repeat"), ("retransmission", "late"), ("retransmission", "repeat, late"),
        ("retransmission", "SYN again"), ("out of order", "late"), ("keep-alive", "repeat"), ("probe", "repeat")}
FIN, SYN, RST, ACK = 1, 2, 4, 16
# Bits of tcp.completeness.
HAS_A_SYN, HAS_HANDSHAKE, HAS_DATA, HAS_FIN, HAS_RST = 1 | 2, 1 | 2 | 4, 8, 16, 32
# Where the referee and we differ, and must.
NO_REFEREE = {"crafted/another_life": "payload of the connection before counts for none of this one",
              "crafted/reuse_unseen": "numbers behind those of the connection before are taken for repeats"}


class Frame:
    """What the host and what the plugin say of a frame with one TCP segment."""

    def __init__(self, line):
        said = dict(zip(FIELDS, line))
        self.number, self.stream, self.port, self.peer, self.seq, self.ack, self.length, self.flags, \
            self.completeness = (int(said[name], 0) for name in NUMBERS)
        self.analysis = {name[13:]: value for name, value in said.items()
                         if name.startswith("tcp.analysis.") and value}
        self.marks = {name for name in MARKS if said["reqresp." + name]}
        self.end = (self.seq + self.length) % 2**32

    def theirs(self):
        if any(name in self.analysis for name in AGAIN):
            return "retransmission"
        return next((label for name, label in LABELS.items() if name in self.analysis), "")

    def ours(self):
        names = {"repeat": "repeat", "expert.late": "late", "expert.syn_retry": "SYN again"}
        return ", ".join(label for mark, label in names.items() if mark in self.marks)

    def brings_new(self):
        return bool(self.marks & {"request", "response", "push"})


def frames(path):
    """Of every frame with one TCP segment that is not a quote within an ICMP error."""
    words = [word for field in FIELDS for word in ("-e", field)]
    lines = [line.split("\t") for line in host.tshark(path, "-2", "-T", "fields", *words).splitlines()]
    return [Frame(line) for line in lines if line[4] and "," not in line[1] and "," not in line[6]]


def unflagged(found):
    """Streams whose frames the host all takes for what they are by themselves: nothing lost, nothing twice."""
    flagged = {frame.stream for frame in found
               if frame.theirs() or any(name in frame.analysis for name in GAPS)}
    return {frame.stream for frame in found} - flagged


def listed_here(heading, name):
    return [row for row in listed.table(heading) if row["capture"] == name]


def labels_agree(found, rows):
    wanted = {(int(number), row["Wireshark"].removeprefix("-"), row["reqresp"].removeprefix("-"))
              for row in rows for number in row["frames"].split()}
    differ = {(frame.number, frame.theirs(), frame.ours()) for frame in found
              if (frame.theirs(), frame.ours()) not in SAME}
    cases.check(sorted(wanted), sorted(differ), "labels")
    return collections.Counter(frame.theirs() for frame in found if frame.theirs())


class Seen:
    """The bytes of one sender that were captured so far: ranges of offsets, apart from each other."""

    def __init__(self, origin):
        self.origin, self.ranges = origin, []

    def add(self, seq, length):
        """How many of the bytes are new."""
        begin = (seq - self.origin + 2**31) % 2**32 - 2**31
        end, old = begin + length, 0
        apart, joined = [], [begin, end]
        for low, high in self.ranges:
            old += max(0, min(high, end) - max(low, begin))
            if high < begin or low > end:
                apart.append((low, high))
            else:
                joined = [min(low, joined[0]), max(high, joined[1])]
        self.ranges = apart + [tuple(joined)]
        return length - old


def referee_agrees(found):
    """Leaves out keep-alives, and streams with window probes: their byte is new once it is acknowledged or sent
    again."""
    probed = {frame.stream for frame in found if frame.theirs() == "probe"}
    sides, count = {}, 0
    for frame in found:
        if not frame.length or frame.flags & RST or frame.stream in probed or frame.theirs() == "keep-alive":
            continue
        seq = frame.seq + bool(frame.flags & SYN)
        new = sides.setdefault((frame.stream, frame.port), Seen(seq)).add(seq, frame.length)
        cases.check((new > 0, new < frame.length), (frame.brings_new(), "repeat" in frame.marks),
                    "frame %d (new, repeat)" % frame.number)
        count += 1
    return count


def lacking(found, connections, sides):
    """Sides that lack bytes or lacked them for a while: as the host says, and as we do."""
    theirs, ours = set(), set()
    for frame in found:
        if "lost_segment" in frame.analysis:
            theirs.add((frame.stream, sides[frame.stream, frame.port]))
        if "ack_lost_segment" in frame.analysis:
            theirs.add((frame.stream, sides[frame.stream, frame.peer]))
        if "expert.late" in frame.marks:
            ours.add((frame.stream, sides[frame.stream, frame.port]))
    for stream, row in connections.items():
        ours |= {(stream, side) for side in ("client", "server") if row[side + "_missing"] != "0"}
    return theirs, ours


def gaps_agree(found, connections, rows):
    sides = {(stream, int(row[side + "_port"])): side
             for stream, row in connections.items() for side in ("client", "server")}
    theirs, ours = lacking(found, connections, sides)
    wanted = {(int(row["stream"]), row["side"], row["Wireshark"], row["reqresp"]) for row in rows}
    says = {True: "lacks", False: "whole"}
    differ = {(*place, says[place in theirs], says[place in ours]) for place in theirs ^ ours}
    cases.check(sorted(wanted), sorted(differ), "gaps")
    return len(theirs & ours)


def sent_until(found):
    """For each frame, what the peer had sent before it: the numbers after its last byte, and after its FIN."""
    highest, until = {}, {}
    for frame in found:
        until[frame.number] = highest.get((frame.stream, frame.peer))
        if frame.length or frame.flags & FIN:
            highest[frame.stream, frame.port] = frame.end, frame.end + bool(frame.flags & FIN)
    return until


def pairs_agree(found, exchanges):
    """On streams where nothing was lost or came twice, so that the last frame captured is the last byte sent."""
    by_number = {frame.number: frame for frame in found}
    clean, until, count = unflagged(found), sent_until(found), 0
    for row in exchanges:
        asked, told = (by_number.get(int(row[key] or 0)) for key in ("request_last", "response_first"))
        if not asked or not told or asked.stream not in clean:
            continue
        equal = told.seq == asked.ack and until[told.number] == (asked.end, told.ack)
        cases.check(equal, row["evidence"] == "exact", "exchange %s is exact" % row["exchange"])
        count += equal
    return count


def acks_agree(found, exchanges):
    by_number = {frame.number: frame for frame in found}
    clean, count = unflagged(found), 0
    for row in exchanges:
        frame = by_number.get(int(row["response_first"] or 0))
        if not frame or frame.stream not in clean or row["evidence"] != "exact" or "acks_frame" not in frame.analysis:
            continue
        cases.check((frame.analysis["acks_frame"], frame.analysis["ack_rtt"]),
                    (row["request_last"], row["latency"]), "exchange " + row["exchange"])
        count += 1
    return count


def handshakes_agree(found, connections, rows):
    theirs = {frame.stream: frame.analysis["initial_rtt"] for frame in reversed(found)
              if "initial_rtt" in frame.analysis}
    ours = {stream: row["connect_time"] for stream, row in connections.items() if row["connect_time"]}
    differ = {(stream, theirs.get(stream, "-"), ours.get(stream, "-")) for stream in theirs.keys() | ours.keys()
              if theirs.get(stream) != ours.get(stream)}
    wanted = {(int(row["stream"]), row["Wireshark"], row["reqresp"]) for row in rows}
    cases.check(sorted(wanted), sorted(differ), "handshakes")
    return len(theirs.keys() & ours.keys()) - len(differ)


def ends_agree(found, connections, rows):
    """`rows`: streams that a RST left open."""
    last = {frame.stream: frame.completeness for frame in found}
    for stream in sorted(last.keys() & connections.keys()):
        row, bits, what = connections[stream], last[stream], "stream %d: " % stream
        data = any(row[kind + "_bytes"] != "0" for kind in ("request", "response", "push"))
        cases.check(bool(bits & HAS_DATA), data, what + "data")
        if bits & HAS_HANDSHAKE == HAS_HANDSHAKE or not bits & HAS_A_SYN:
            cases.check(bool(bits & HAS_A_SYN), row["connect_time"] != "", what + "handshake")
        reset = row["close"] in ("rst", "refused")
        cases.check(True, bool(bits & HAS_RST) or not reset, what + "RST")
        cases.check(True, bool(bits & HAS_FIN) or row["close"] != "fin", what + "FIN")
        left_open = str(stream) in (row["stream"] for row in rows)
        cases.check(left_open, row["close"] == "open" and bool(bits & HAS_RST), what + "RST, but open")


def analysed(name, path):
    found, connections, exchanges = frames(path), facts.connections(path), facts.exchanges(path)
    count = labels_agree(found, listed_here("Frames", name))
    seen = cases.refuses(referee_agrees, found) or 0 if name in NO_REFEREE else referee_agrees(found)
    gaps = gaps_agree(found, connections, listed_here("Gaps", name))
    pairs, acks = pairs_agree(found, exchanges), acks_agree(found, exchanges)
    opened = handshakes_agree(found, connections, listed_here("Handshakes", name))
    ends_agree(found, connections, listed_here("Resets", name))
    told = ", ".join("%d %s" % (many, label) for label, many in sorted(count.items()))
    return "%s%d segments, %d gaps, %d exact, %d by ack_rtt, %d handshakes" % (
        told and told + "; ", seen, gaps, pairs, acks, opened)


def tampered(rows, **changes):
    return [{**row, **changes} for row in rows]


def can_fail(captures):
    """Each check refuses the facts of a capture once one of them is changed."""
    path = captures["rt_req_lost_c"]
    found, connections = frames(path), facts.connections(path)
    repeated = next(frame for frame in found if "repeat" in frame.marks)
    repeated.marks = {"response"}
    cases.refuses(labels_agree, found, [])
    cases.refuses(referee_agrees, found)
    cases.refuses(gaps_agree, found, {0: {**connections[0], "client_missing": "1"}}, [])
    cases.refuses(handshakes_agree, found, {0: {**connections[0], "connect_time": "0.010319000"}}, [])
    cases.refuses(ends_agree, found, {0: {**connections[0], "connect_time": ""}}, [])
    cases.refuses(ends_agree, found, connections, [{"stream": "0"}])
    path = captures["redis_sync_s"]
    found, exchanges = frames(path), facts.exchanges(path)
    cases.refuses(pairs_agree, found, tampered(exchanges, evidence="acked"))
    cases.refuses(acks_agree, found, tampered(exchanges, latency="0.000000001"))
    cases.refuses(handshakes_agree, found, facts.connections(path), [{"stream": "0", "Wireshark": "-", "reqresp": "1"}])


def used(captures):
    """Every capture that the page names is there."""
    for heading in ("Frames", "Gaps", "Handshakes", "Resets"):
        cases.check([], [row["capture"] for row in listed.table(heading) if row["capture"] not in captures], heading)


def todo():
    captures = host.captures()
    found = [(name, analysed, name, path) for name, path in captures.items()]
    found += [("can fail", can_fail, captures), ("the list is used", used, captures)]
    return found


if __name__ == "__main__":
    cases.run(cases.chosen(todo(), sys.argv[1:]))
