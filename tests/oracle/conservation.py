#!/usr/bin/python3
"""Nothing is lost: the bytes of all messages are those of the stream.

For each capture:
follow   the host's own reassembly (`-z follow,tcp,raw,N`) says how many bytes each side sent and how many of
         them the capture lacks; the sums of the message rows say the same
numbers  bytes and missing bytes together are what the sequence numbers span: from the first byte a side sent
         to the last one captured or acknowledged
totals   the connection's row is the sum of its messages
streams  every stream of the host has a connection's row and was followed, and no more
ids      no two exchanges or pushes have the same
first    a message's summary is how the host's bytes go on where the messages before it end

Captures with loss are made of those here: of each, a copy that lacks every fifth of the segments with data.
"""
import collections
import functools
import pathlib
import re
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402
import pcaps  # noqa: E402

BLOCK = re.compile(r"Filter: tcp\.stream eq (\d+)\nNode 0: (\S*)\nNode 1: (\S*)\n(.*?)={5,}", re.S)
HOLE = re.compile(rb"\[(\d+) bytes missing in capture file\]\0*")
CUT = "the snap length cut payloads: the host's reassembly has only the bytes that are there"
OPEN_HOLE = "the host's reassembly tells of missing bytes only once it gave up waiting for them"
# Where the host's reassembly is no judge, and why; `numbers` judges these too.
NO_JUDGE = {
    "client_rst": CUT, "zero_window": CUT, "crafted/cut": CUT,
    "oneway_c2s": OPEN_HOLE, "crafted/client_only": OPEN_HOLE, "crafted/server_only": OPEN_HOLE,
    "crafted/hole_answer": OPEN_HOLE,
    "crafted/another_life": "the host takes in what was of the connection before",
    "crafted/gap_of_gigabytes": "the host takes what lies 2.5 GB ahead for what was said before",
    "crafted/amsdu": "for each segment of a frame the host names the ports of the last",
    "crafted/keepalive_first": "the host takes the number of a keep-alive at the very start for that of a byte",
    "crafted/openflow": "for each segment of a frame the host names the ports of the last",
    "crafted/reset_payload": "the host counts the text in a RST as bytes of the stream",
}
# The numbers of a segment, read with no help from the plugin.
FIELDS = ("frame.number", "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.flags")
TOTALS = ("request_bytes", "response_bytes", "push_bytes", "client_missing", "server_missing", "exchanges",
          "unanswered", "pushes")
FIN, SYN, RST, ACK = 1, 2, 4, 16
# (capture, stream, port): a FIN that was not captured took the last number acknowledged.
UNSEEN_FIN = {("oneway_c2s", 0, 7001)}
# (capture, stream, port) -> so many bytes are of the connection before.
FOREIGN = {("crafted/another_life", 0, 7001): 4}


@functools.cache
def by_host(path, *streams):
    """What the host prints with no help from the plugin: lines of FIELDS, then each stream's bytes."""
    words = [word for field in FIELDS for word in ("-e", field)]
    words += [word for stream in streams for word in ("-z", "follow,tcp,raw,%d" % stream)]
    lines, mark, blocks = host.tshark(path, "-T", "fields", *words, plugin=False).partition("\n====")
    return lines, mark + blocks


def followed(blocks):
    """(stream, "address:port") -> what it sent, as the host puts it together."""
    return {(int(stream), node): bytes.fromhex("".join(line.strip() for line in body.splitlines()
                                                       if line.startswith("\t") == bool(mark)))
            for stream, *nodes, body in BLOCK.findall(blocks) for node, mark in zip(nodes, ("", "\t"))}


def sender(row):
    address = "[%s]" % row["src"] if ":" in row["src"] else row["src"]
    return int(row["stream"]), "%s:%s" % (address, row["src_port"])


def told(messages):
    """(stream, "address:port") -> (bytes captured, bytes missing)."""
    sums = {}
    for row in messages:
        captured, missing = sums.get(sender(row), (0, 0))
        sums[sender(row)] = captured + int(row["bytes"]), missing + int(row["missing"])
    return sums


def follow_agrees(blocks, streams, by_rows):
    sent = followed(blocks)
    cases.check(set(streams), {stream for stream, _ in sent}, "followed")
    wanted = {key: (len(HOLE.sub(b"", data)), sum(map(int, HOLE.findall(data)))) for key, data in sent.items()}
    for key, sums in sorted(wanted.items()):
        cases.check(sums, by_rows.get(key, (0, 0)), "follow: stream %d, %s (bytes, missing)" % key)
    cases.check([], sorted(set(by_rows) - set(wanted)), "follow: senders unknown to the host")


class Side:
    """What sequence numbers say of one sender: offsets count from its first byte."""

    def __init__(self):
        self.origin, self.end, self.bare, self.spoke = None, 0, False, False

    def offset(self, number):
        """Nothing is sent again that lies more than a window of 1 GB behind."""
        return (number - self.origin - self.end + 2**30) % 2**32 - 2**30 + self.end

    def sent(self, seq, length, flags):
        first = (seq + bool(flags & SYN)) % 2**32
        if self.origin is None or (flags & SYN and not self.spoke):
            self.origin, self.bare = first, not length and not flags & SYN
        if length and not self.spoke and self.bare and self.offset(first) == 1:
            self.origin, self.end = first, 0  # the number before was that of a keep-alive
        self.spoke |= length > 0
        if (length or flags & FIN) and not flags & RST:
            self.end = max(self.end, self.offset(first) + length)

    def acknowledged(self, ack, fin):
        """`fin`: its number may be the last one acknowledged, and it is no byte."""
        if self.origin is None:
            self.origin = ack
        self.end = max(self.end, self.offset(ack) - fin)


def segments(lines):
    for line in lines.splitlines():
        columns = [column.split(",") for column in line.split("\t")[1:]]
        if all(map(all, columns)):  # not a TCP header quoted by an ICMP error
            yield from ([int(value, 0) for value in values] for values in zip(*columns))


def spans(lines):
    """(stream, port) -> bytes that the sequence numbers span."""
    sides, fins = {}, set()
    for stream, port, peer, seq, ack, length, flags in segments(lines):
        me, other = (stream, port), (stream, peer)
        sides.setdefault(me, Side()).sent(seq, length, flags)
        if flags & FIN:
            fins.add((me, (seq + length + 1) % 2**32))
        if flags & ACK and not flags & RST:  # whose numbers need not be those of who it claims to be from
            sides.setdefault(other, Side()).acknowledged(ack, (other, ack) in fins)
    return {key: side.end for key, side in sides.items()}


def numbers_agree(name, lines, by_rows):
    sums = {(stream, int(sender.rpartition(":")[2])): sum(both) for (stream, sender), both in by_rows.items()}
    for key, span in sorted(spans(lines).items()):
        cases.check(span - ((name, *key) in UNSEEN_FIN) - FOREIGN.get((name, *key), 0), sums.get(key, 0), "numbers: stream %d, port %d" % key)


def by_sender(messages):
    """Each sender's messages in the order of their bytes: where the order of frames and that of numbers agree."""
    found = collections.defaultdict(list)
    for row in sorted(messages, key=lambda row: int(row["first_frame"] or 0)):
        found[sender(row)].append(row)
    return {key: rows for key, rows in found.items()
            if rows == sorted(rows, key=lambda row: int(row["exchange"] or 0))}


def first_agree(blocks, messages):
    """Of streams with nothing missing, and of first lines that are told as they are: no escape, and not RESP, which
    is told in words."""
    sent, count = followed(blocks), 0
    lacking = {row["stream"] for row in messages if row["missing"] != "0"}
    for key, rows in by_sender(row for row in messages if row["stream"] not in lacking).items():
        at = 0
        for row in rows:
            said, summary = sent[key][at:at + int(row["bytes"])].lstrip(b"\r\n"), row["summary"].encode()
            at += int(row["bytes"])
            if summary and b"\\" not in summary and said[:1] not in (b"*", b"$", b"_", b"%", b"~"):
                cases.check(summary, said[:len(summary)], "bytes of frame " + row["first_frame"])
                count += 1
    return count


def totals_agree(messages, exchanges, connections):
    sums = collections.Counter()
    for row in messages:
        stream = int(row["stream"])
        side = "server" if row["message"] != "request" else "client"
        sums[stream, row["message"] + "_bytes"] += int(row["bytes"])
        sums[stream, side + "_missing"] += int(row["missing"])
        sums[stream, "pushes"] += row["message"] == "push"
    for row in exchanges:
        sums[int(row["stream"]), "exchanges"] += 1
        sums[int(row["stream"]), "unanswered"] += row["status"] == "unanswered"
    for stream, row in connections.items():
        for column in TOTALS:
            cases.check(str(sums[stream, column]), row[column], "totals: stream %d, %s" % (stream, column))


def ids_differ(path):
    ids = [row["id"] for row in facts.exchanges(path) + facts.pushes(path)]
    cases.check(len(ids), len(set(ids)), "different ids")


def conserved(name, path):
    connections, messages = facts.connections(path), host.rows(path, "messages")
    by_rows = told(messages)
    lines, blocks = by_host(path, *connections)
    cases.check({segment[0] for segment in segments(lines)}, set(connections), "streams")
    numbers_agree(name, lines, by_rows)
    remark = "%d bytes, %d missing" % tuple(map(sum, zip((0, 0), *by_rows.values())))
    if name in NO_JUDGE:
        cases.refuses(follow_agrees, blocks, connections, by_rows)
    else:
        follow_agrees(blocks, connections, by_rows)
        remark += ", %d first lines" % first_agree(blocks, messages)
    totals_agree(messages, host.rows(path, "exchanges"), connections)
    ids_differ(path)
    return remark


def with_data(lines):
    """Frames that carry payload and neither open, end nor reset a connection."""
    return [int(line.partition("\t")[0]) for line in lines.splitlines()
            if any(length and not flags & (FIN | SYN | RST) for *_, length, flags in segments(line))]


def conserved_with_loss(name, path):
    """By the numbers alone: the host tells of a hole only once it gave up waiting for it."""
    lines, _ = by_host(path, *facts.connections(path))
    dropped = {number for number in with_data(lines) if zlib.crc32(b"%s %d" % (name.encode(), number)) % 5 == 0}
    copy = host.SCRATCH / "captures" / (name.replace("/", "_") + ".lossy.pcap")
    pcaps.without(path, copy, dropped)
    connections, messages = facts.connections(copy), host.rows(copy, "messages")
    by_rows = told(messages)
    numbers_agree(name, by_host(copy)[0], by_rows)
    totals_agree(messages, host.rows(copy, "exchanges"), connections)
    ids_differ(copy)
    return "%d frames dropped, %d bytes missing" % (len(dropped), sum(missing for _, missing in by_rows.values()))


def can_fail(captures):
    """Each check refuses rows of which one is lost, doubled or a byte longer, and a stream that was not followed."""
    path = captures["crafted/two_at_once"]
    connections, messages, exchanges = facts.connections(path), host.rows(path, "messages"), facts.exchanges(path)
    lines, blocks = by_host(path, *connections)
    longer = [{**messages[0], "bytes": str(int(messages[0]["bytes"]) + 1)}] + messages[1:]
    for wrong in (messages[1:], messages + messages[:1], longer):
        cases.refuses(follow_agrees, blocks, connections, told(wrong))
        cases.refuses(numbers_agree, "", lines, told(wrong))
        cases.refuses(totals_agree, wrong, exchanges, connections)
    cases.refuses(follow_agrees, blocks, {**connections, 2: {}}, told(messages))
    cases.refuses(first_agree, blocks, [{**row, "summary": "GET z"} for row in messages])


def todo():
    captures = host.captures()
    found = [(name, conserved, name, path) for name, path in captures.items()]
    found += [("loss " + name, conserved_with_loss, name, path) for name, path in captures.items()
              if not name.startswith("crafted/") and name not in host.BRITTLE]
    found += [("can fail", can_fail, captures)]
    return found


if __name__ == "__main__":
    cases.run(cases.chosen(todo(), sys.argv[1:]))
