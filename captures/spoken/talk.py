#!/usr/bin/python3
"""Captures of protocols whose servers are not at hand, written from their specifications.

    talk.py [--check] [NAME...]       each NAME.py becomes NAME.pcap and NAME.truth.csv beside it

A NAME.py says at its top what is told in it, and has PORT, WORDS that tshark needs to know the protocol (if any), and TALKS:
functions that each are given a connection of their own, a Talk (to a `port` of its own, where the function has one).  They
make messages, and put them, or slices of them, into segments:

    ask = talk.request(b"...")
    talk.send(2, ask[:10])                          2 ms after the segment before it
    talk.send(1, ask[10:], talk.oneway(b"..."))     the rest of it, and another message, in one segment
    talk.send(7, talk.response(ask, b"..."))

The truth has a row for each message that is not the answer of one, in the order in which they begin: kind (exchange, oneway,
push), the frames and bytes of what was asked and answered, the latency, the time to the first interim answer. A push has its
frames and bytes as an answer's.
"""
import csv
import decimal
import importlib
import io
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import make  # noqa: E402

CLIENT, SERVER = "cs"
COLUMNS = ("stream", "kind", "request_first", "request_last", "response_first", "response_last", "request_bytes",
           "response_bytes", "latency", "interim")


class Message:
    def __init__(self, side, kind, data, answers=None):
        self.side, self.kind, self.data, self.answers = side, kind, data, answers
        self.places = []  # (frame, time in microseconds, bytes) of each segment with a part of it
        self.told = []    # messages that answer it

    def __getitem__(self, where):
        return Part(self, self.data[where])


class Part:
    def __init__(self, message, data):
        self.message, self.data = message, data


class Talk:
    """A connection: lines of captures/make.py, and what they hold."""

    def __init__(self, number, port):
        self.name, self.ends = "t%d" % number, "192.0.2.1:%d>198.51.100.7:%d" % (40000 + number, port)
        self.lines, self.messages = [], []
        self.number = number

    def message(self, *what):
        found = Message(*what)
        self.messages.append(found)
        return found

    def request(self, data):
        return self.message(CLIENT, "exchange", data)

    def oneway(self, data):
        return self.message(CLIENT, "oneway", data)

    def push(self, data):
        return self.message(SERVER, "push", data)

    def response(self, request, data):
        """The answer to a request; a second one is its next part."""
        found = self.message(SERVER, "response", data, request)
        request.told.append(found)
        return found

    def interim(self, request, data):
        found = self.message(SERVER, "interim", data, request)
        request.told.append(found)
        return found

    def send(self, milliseconds, *what, flags="PA"):
        parts = [part if isinstance(part, Part) else part[:] for part in what]
        self.lines.append((milliseconds, parts[0].message.side, flags, parts))

    def bare(self, milliseconds, side, flags):
        self.lines.append((milliseconds, side, flags, []))


def literal(data):
    return '"%s"' % "".join("\\x%02x" % byte for byte in data) if data else ""


def text_of(talks):
    """The talks, one after the other, for captures/make.py; notes where each message lies."""
    lines, frame, now = ["conn %s %s" % (talk.name, talk.ends) for talk in talks], 0, 0
    for talk in talks:
        for wait, side, flags, parts in talk.lines:
            frame, now = frame + 1, now + round(wait * 1000)
            lines.append("+%dus %s.%s %s %s" % (round(wait * 1000), talk.name, side, flags,
                                                literal(b"".join(part.data for part in parts))))
            for part in parts:
                part.message.places.append((frame, now, len(part.data)))
    return "\n".join(lines)


def span(messages):
    """(first frame, last frame, bytes)"""
    places = [place for message in messages for place in message.places]
    return (min(p[0] for p in places), max(p[0] for p in places), sum(p[2] for p in places)) if places else ("", "", "")


def between(one, other):
    return "%.9f" % (decimal.Decimal(other[1] - one[1]) / 1000000)


def row_of(talk, message):
    proper = [told for told in message.told if told.kind == "response"]
    interim = [told for told in message.told if told.kind == "interim"]
    asked = span([message]) if message.kind != "push" else ("", "", "")
    told = span(message.told if proper else [] if message.kind != "push" else [message])
    latency = between(message.places[-1], proper[0].places[0]) if proper else ""
    first = between(message.places[0], interim[0].places[0]) if interim else ""
    begins = proper[0].places[0][0] if proper else told[0]
    return dict(zip(COLUMNS, (talk.number, message.kind, *asked[:2], begins, told[1], asked[2], told[2], latency, first)))


def truth_of(talks):
    rows = [(message.places[0][0], row_of(talk, message)) for talk in talks for message in talk.messages
            if not message.answers and message.places]
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row for _, row in sorted(rows, key=lambda one: one[0]))
    return out.getvalue()


def spoken(name):
    """(pcap, truth) of NAME.py"""
    module = importlib.import_module(name)
    talks = []
    for number, tell in enumerate(module.TALKS):
        talk = Talk(number, getattr(tell, "port", module.PORT))
        talks.append(talk)
        talk.bare(1, CLIENT, "S")
        talk.bare(10, SERVER, "SA")
        talk.bare(0.02, CLIENT, "A")
        tell(talk)
        talk.bare(5, CLIENT, "FA")
        talk.bare(10, SERVER, "FA")
        talk.bare(0.02, CLIENT, "A")
    return make.Capture(text_of(talks)).pcap(), truth_of(talks).encode()


def names():
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem != "talk")


def main(words):
    stale = []
    for name in [word for word in words if word != "--check"] or names():
        for suffix, data in zip((".pcap", ".truth.csv"), spoken(name)):
            path = HERE / (name + suffix)
            if "--check" not in words:
                path.write_bytes(data)
            elif not path.exists() or path.read_bytes() != data:
                stale.append(path.name)
    if stale:
        raise SystemExit("not as talk.py writes it: " + " ".join(stale))


if __name__ == "__main__":
    main(sys.argv[1:])
