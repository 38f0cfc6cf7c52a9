#!/usr/bin/python3
"""Payload: what rows show of a message's bytes is what was captured of them, in every pass.

passes    rows with payload are the same in one pass and in two
others    the other columns are as without payload
counts    a payload has as many bytes as its row says; what it lacks is told
limits    payload-max cuts and tells so
pairs     an exchange's payloads are those of its messages
follow    all payloads of a connection are what the host's own `-z follow,tcp` shows
"""
import base64
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402
import pcaps  # noqa: E402

# Captures in which no segment is cut off.
FOLLOWED = ["redis_sync_c", "http_chunked", "postgres", "mysql", "memcached", "redis_reorder_s", "redis_dup_c", "smtp",
            "crafted/overlap", "crafted/segment_of_two", "crafted/two_at_once", "crafted/wrap", "crafted/mirror"]


def export(capture, kind, *words, options=""):
    kinds = ("messages", "exchanges") if "-2" in words else ("messages",)
    return host.exports(capture, kinds, *words, options=",payload=hex" + options)[kind]


def passes(capture):
    cases.check(export(capture, "messages"), export(capture, "messages", "-2"))


def others(capture):
    """The other columns are what they are without payload."""
    bare = [line.rsplit(",", 2)[0] for line in export(capture, "messages").splitlines()]
    cases.check(host.export(capture, "messages").splitlines(), bare)


# (capture, exchange, message) -> so many bytes lie before a hole longer than what is kept.
BEFORE_A_HOLE = {("gap_of_gigabytes.pcap", "1", "response"): 6}


def counts(capture):
    cut_off = pcaps.lacks_bytes(capture)
    for row in host.parse(export(capture, "messages")):
        size, whole = len(row["payload"]) // 2, int(row["bytes"]) + int(row["missing"])
        most = BEFORE_A_HOLE.get((capture.name, row["exchange"], row["message"]), 65536)
        if not cut_off:
            cases.check(min(int(row["bytes"]), most), size, "bytes of %s" % row["id"])
        cases.check(size != whole, row["payload_cut"] == "true", "cut of %s" % row["id"])


def limits(capture):
    for whole, cut in zip(host.parse(export(capture, "messages")),
                          host.parse(export(capture, "messages", options=",payload-max=5"))):
        cases.check(whole["payload"][:10], cut["payload"], whole["id"])
        cases.check(int(whole["bytes"]) > 5, cut["payload_cut"] == "true", whole["id"])


def pairs(capture):
    messages = {(row["exchange"], row["message"]): row for row in host.truth(host.parse(export(capture, "messages")))}
    for row in host.truth(host.parse(export(capture, "exchanges", "-2"))):
        for side in ("request", "response"):
            message = messages.get((row["exchange"], side), {"payload": "", "payload_cut": ""})
            cases.check((message["payload"], message["payload_cut"]),
                        (row[side + "_payload"], row[side + "_payload_cut"]), "%s of %s" % (side, row["exchange"]))


def writings(capture):
    """The same bytes as hexadecimal, base64 and text."""
    plain = {name: host.parse(host.export(capture, "messages", options=",payload=" + name)) for name in ("hex", "base64", "text")}
    for hexed, based, text in zip(*plain.values()):
        data = bytes.fromhex(hexed["payload"])
        cases.check(data, base64.b64decode(based["payload"], validate=True))
        escaped = re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(0xdc00 + int(match[1], 16)), text["payload"])
        back = b"".join(bytes([ord(c) - 0xdc00]) if 0xdc00 <= ord(c) < 0xdd00 else c.encode() for c in escaped)
        if b"\\x" not in data:
            cases.check(data, back)


def follow(capture):
    rows = host.truth(host.parse(export(capture, "messages", options=",payload-max=1G")))
    for stream, first in {row["stream"]: row for row in rows if row["message"] == "request"}.items():
        client = (first["src"], first["src_port"])
        wanted = {True: b"", False: b""}
        text = host.tshark(capture, "-q", "-z", "follow,tcp,raw," + stream)
        node = re.search(r"Node 0: \[?(\S+?)\]?:(\d+)\n", text)
        for line in text.splitlines():
            if re.fullmatch(r"\t?[0-9a-f]+", line):
                by_client = line.startswith("\t") != (node.groups() == client)
                wanted[by_client] += bytes.fromhex(line.strip())
        got = {True: b"", False: b""}
        for row in sorted((row for row in rows if row["stream"] == stream), key=lambda row: int(row["first_frame"] or 0)):
            got[row["message"] == "request"] += bytes.fromhex(row["payload"])
        cases.check(wanted, got, "stream " + stream)


def main(words):
    captures = host.captures()
    # One after the other: each is about the same rows, which are read once then.
    todo = [("%s %s" % (run.__name__, name), run, path) for run in (passes, counts, pairs) for name, path in captures.items()]
    for name in ("redis_sync_c", "mysql", "crafted/summaries"):
        todo += [("writings " + name, writings, captures[name]), ("limits " + name, limits, captures[name]),
                 ("others " + name, others, captures[name])]
    todo += [("follow " + name, follow, captures[name]) for name in FOLLOWED]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
