#!/usr/bin/python3
"""Nothing is lost: the bytes of all messages are those of the stream.

For each capture:
follow   the host's own reassembly (`-z follow,tcp,raw,N`) says how many bytes each side sent and how many of
         them the capture lacks; the sums of the message rows say the same
numbers  bytes and missing bytes together are what the sequence numbers span: from the first byte a side sent
         to the last one captured or acknowledged
totals   the connection's row is the sum of its messages
streams  every stream of the host has a connection's row, and no more
ids      no two exchanges or pushes have the same
"""
import collections
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402

BLOCK = re.compile(r"Filter: tcp\.stream eq (\d+)\nNode 0: (\S*)\nNode 1: (\S*)\n(.*?)={5,}", re.S)
HOLE = re.compile(rb"\[(\d+) bytes missing in capture file\]\0*")
CUT = "the snap length cut payloads: the host's reassembly has only the bytes that are there"
OPEN_HOLE = "the host's reassembly tells of missing bytes only once it gave up waiting for them"
# Where the host's reassembly is no judge, and why; `numbers` judges these too.
NO_JUDGE = {
    "client_rst": CUT, "zero_window": CUT, "crafted/cut": CUT,
    "oneway_c2s": OPEN_HOLE, "crafted/client_only": OPEN_HOLE, "crafted/server_only": OPEN_HOLE,
    "crafted/hole_answer": OPEN_HOLE,
    "crafted/amsdu": "for each segment of a frame the host names the ports of the last",
    "crafted/reset_payload": "the host counts the text in a RST as bytes of the stream",
}
# The numbers of a segment, read with no help from the plugin.
FIELDS = ("tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.flags")
TOTALS = ("request_bytes", "response_bytes", "push_bytes", "client_missing", "server_missing", "exchanges",
          "unanswered", "pushes")
FIN, SYN, RST, ACK = 1, 2, 4, 16
# (capture, stream, port): a FIN that was not captured took the last number acknowledged.
UNSEEN_FIN = {("oneway_c2s", 0, 7001)}


def by_host(path, streams):
    """What the host prints with no help from the plugin: lines of FIELDS, then each stream's bytes."""
    words = [word for field in FIELDS for word in ("-e", field)]
    words += [word for stream in streams for word in ("-z", "follow,tcp,raw,%d" % stream)]
    lines, mark, blocks = host.tshark(path, "-T", "fields", *words, plugin=False).partition("\n====")
    return lines, mark + blocks


def followed(blocks):
    """(stream, "address:port") -> (bytes captured, bytes missing)."""
    sums = {}
    for stream, node0, node1, body in BLOCK.findall(blocks):
        for node, mark in ((node0, ""), (node1, "\t")):
            data = bytes.fromhex("".join(line.strip() for line in body.splitlines()
                                         if line.startswith("\t") == bool(mark)))
            missing = sum(int(hole) for hole in HOLE.findall(data))
            sums[int(stream), node] = (len(HOLE.sub(b"", data)), missing)
    return sums


def told(path):
    """The same, by the message rows."""
    sums = {}
    for row in host.rows(path, "messages"):
        address = "[%s]" % row["src"] if ":" in row["src"] else row["src"]
        key = int(row["stream"]), "%s:%s" % (address, row["src_port"])
        captured, missing = sums.get(key, (0, 0))
        sums[key] = captured + int(row["bytes"]), missing + int(row["missing"])
    return sums


def follow_agrees(blocks, by_rows):
    wanted = followed(blocks)
    for key, sums in sorted(wanted.items()):
        cases.check(sums, by_rows.get(key, (0, 0)), "follow: stream %d, %s (bytes, missing)" % key)
    cases.check([], sorted(set(by_rows) - set(wanted)), "follow: senders unknown to the host")


class Side:
    """What sequence numbers say of one sender: offsets count from its first byte."""

    def __init__(self):
        self.origin, self.end = None, 0

    def offset(self, number, at_origin):
        if self.origin is None:
            self.origin = at_origin
        return (number - self.origin + 2**31) % 2**32 - 2**31

    def sent(self, seq, length, flags):
        begin = self.offset((seq + bool(flags & SYN)) % 2**32, (seq + bool(flags & SYN)) % 2**32)
        if length and not flags & RST:
            self.end = max(self.end, begin + length)

    def acknowledged(self, ack, fin):
        """`fin`: its number may be the last one acknowledged, and it is no byte."""
        self.end = max(self.end, self.offset(ack, ack) - fin)


def segments(lines):
    for line in lines.splitlines():
        columns = [column.split(",") for column in line.split("\t")]
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
        if flags & ACK:
            sides.setdefault(other, Side()).acknowledged(ack, (other, ack) in fins)
    return {key: side.end for key, side in sides.items()}


def numbers_agree(name, lines, by_rows):
    sums = {(stream, int(sender.rpartition(":")[2])): sum(both) for (stream, sender), both in by_rows.items()}
    for key, span in sorted(spans(lines).items()):
        cases.check(span - ((name, *key) in UNSEEN_FIN), sums.get(key, 0), "numbers: stream %d, port %d" % key)


def totals_agree(path, connections):
    sums = collections.Counter()
    for row in host.rows(path, "messages"):
        stream = int(row["stream"])
        side = "server" if row["message"] != "request" else "client"
        sums[stream, row["message"] + "_bytes"] += int(row["bytes"])
        sums[stream, side + "_missing"] += int(row["missing"])
        sums[stream, "pushes"] += row["message"] == "push"
    for row in host.rows(path, "exchanges"):
        sums[int(row["stream"]), "exchanges"] += 1
        sums[int(row["stream"]), "unanswered"] += row["status"] == "unanswered"
    for stream, row in connections.items():
        for column in TOTALS:
            cases.check(str(sums[stream, column]), row[column], "totals: stream %d, %s" % (stream, column))


def ids_differ(path):
    ids = [row["id"] for row in facts.exchanges(path) + facts.pushes(path)]
    cases.check(len(ids), len(set(ids)), "different ids")


def conserved(name, path):
    connections, by_rows = facts.connections(path), told(path)
    lines, blocks = by_host(path, connections)
    cases.check({segment[0] for segment in segments(lines)}, set(connections), "streams")
    numbers_agree(name, lines, by_rows)
    if name not in NO_JUDGE:
        follow_agrees(blocks, by_rows)
    totals_agree(path, connections)
    ids_differ(path)
    return "%d bytes, %d missing" % tuple(map(sum, zip((0, 0), *by_rows.values())))


def main(words):
    cases.run(cases.chosen([(name, conserved, name, path) for name, path in host.captures().items()], words))


if __name__ == "__main__":
    main(sys.argv[1:])
