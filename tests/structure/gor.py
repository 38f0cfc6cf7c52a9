#!/usr/bin/python3
"""format=gor: a reader of GoReplay's format finds every message that was captured whole, once.

The format, as its project describes it: a line "TYPE ID START DURATION" (type 1: request, 2: response; times in
nanoseconds), the message's bytes, and "\\n🐵🙈🙉\\n" behind each.
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[2] / "captures")]
import cases  # noqa: E402
import host  # noqa: E402
import make  # noqa: E402

PARTED = "\n🐵🙈🙉\n".encode()
KINDS = {"1": "request", "2": "response"}


def messages(data):
    """(kind, id, start, duration, bytes) of each message in a file of GoReplay's."""
    found = []
    while data:
        record, parted, data = data.partition(PARTED)
        cases.check(PARTED, parted, "the line that parts")
        head, _, body = record.partition(b"\n")
        kind, ident, start, duration = head.decode().split(" ")
        found.append((KINDS[kind], ident, int(start), int(duration), body))
    return found


def export(capture, *words, options=""):
    host.assert_loaded()
    done = host.run(["tshark", "-r", host.readable(capture), "-q", *words, "-z", "reqresp,export,format=gor" + options])
    cases.check(0, done.returncode, done.stderr)
    return messages(done.stdout), done.stderr.decode()


def nanoseconds(seconds):
    whole, _, part = seconds.partition(".")
    return int(whole) * 10 ** 9 + int(part)


def every_whole_message(capture, words, most):
    text = host.export(capture, "messages", *words, options=",payload=hex,time=epoch,payload-max=%d" % most)
    rows = host.truth(host.parse(text))
    asked = {row["exchange"] for row in rows if row["message"] == "request" and row["start"]}
    rows = [row for row in rows if row["message"] != "push" and row["exchange"] in asked]
    wanted = sorted((row["message"], row["id"], nanoseconds(row["start"]),
                     nanoseconds(row["end"]) - nanoseconds(row["start"]), bytes.fromhex(row["payload"]))
                    for row in rows if row["payload_cut"] == "false")
    got, remark = export(capture, *words, options=",payload-max=%d" % most)
    cases.check(wanted, sorted(got))
    left_out = len(rows) - len(wanted)
    line = "tshark: -z reqresp,export: standard output: %d messages left out: " % left_out
    cases.check([line] if left_out else [], [said[:len(line)] for said in remark.splitlines()])
    return "%d messages" % len(got)


def talk(*lines):
    text = "\n".join(["conn 192.0.2.1:40000>198.51.100.7:7001", "+0 c S", "+1ms s SA", "+1us c A", *lines])
    path = host.SCRATCH / "captures" / ("gor%d.pcap" % abs(hash(text)))
    path.write_bytes(make.Capture(text).pcap())
    path.chmod(0o644)
    return path


def quoted(data):
    return '"%s"' % "".join("\\x%02x" % byte for byte in data)


def forged():
    """A message that holds the line that parts messages is left out, wherever it lies: nobody can slip in another."""
    forged = PARTED + b"1 0123456789abcdef 1 1\nGET /forged HTTP/1.1\r\n\r\n"
    for body in (b"a" + forged, forged[1:], b"a" + PARTED[:-1], b"b" + PARTED):
        got, remark = export(talk('+1ms c PA ' + quoted(body), '+1ms s PA "fine"', '+1ms c PA "next"', '+1ms s PA "fine"'))
        cases.check([b"fine", b"next", b"fine"], [message[4] for message in got], body)
        cases.check(True, " 1 messages left out" in remark, remark)
    got, remark = export(talk('+1ms c PA ' + quoted(PARTED[:-2] + b"x"), '+1ms s PA ' + quoted(PARTED[2:])))
    cases.check(([PARTED[:-2] + b"x", PARTED[2:]], ""), ([message[4] for message in got], remark))


def once():
    """A message that is restated is written once: when all of it is there."""
    capture = talk('+1ms c PA "question"', '+1ms s A', '+70s c A', '+1ms s PA "late answer"', '+1ms c A')
    got, remark = export(capture)
    cases.check([("request", b"question"), ("response", b"late answer")], [(message[0], message[4]) for message in got])
    cases.check("", remark)


def refused(option, word):
    done = host.run(["tshark", "-r", host.readable(host.CAPTURES / "redis_sync_c.pcap"), "-q",
                     "-z", "reqresp,export,format=gor" + option])
    cases.check((1, b"", 1), (done.returncode, done.stdout, len(done.stderr.splitlines())))
    cases.check(True, word in done.stderr.decode(), done.stderr)


def main(words):
    captures = host.captures()
    todo = [("every whole message of %s %s" % (name, " ".join(flags)), every_whole_message, captures[name], flags, 1 << 20)
            for name in ("redis_sync_c", "http_keepalive", "http_chunked", "redis_loss_c", "crafted/hole", "crafted/cut",
                         "crafted/late_other", "oneway_c2s", "midstream", "smtp", "mqtt") for flags in ([], ["-2"])]
    todo += [("cut " + name, every_whole_message, captures[name], [], 30) for name in ("redis_sync_c", "http_keepalive")]
    todo += [("forged", forged), ("once", once)]
    todo += [("refused: " + option, refused, option, "does not go with") for option in
             (",rows=exchanges", ",payload=hex", ",columns=id", ",tag.a=b", ",header=no", ",time=iso")]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
