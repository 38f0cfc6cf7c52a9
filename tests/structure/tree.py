#!/usr/bin/python3
"""What the packet's details say: each fact under its subject, each time in a unit that suits it and to the nanosecond."""
import decimal
import functools
import pathlib
import sys
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402
import pcaps  # noqa: E402

CAPTURES = [host.CAPTURES / name for name in (
    "redis_loss_c.pcap.gz", "redis_pubsub.pcap", "ipv6.pcap", "never_answers.pcap", "crafted/time_back.pcap",
    "crafted/hole.pcap", "crafted/syn_retry.pcap", "crafted/server_only.pcap")]
UNITS = {"s": 1, "ms": 1000, "µs": 1000000, "ns": 1000000000}
TITLES = {"request": "Request, ", "response": "Response, ", "push": "Push, ", "connection": "Connection of client "}


def subject(name):
    """The subtree that a field belongs into; None for right under the first line."""
    head, _, rest = name.partition(".")
    if name in ("stream", "transport", "direction_from") or head in ("client", "server") and rest != "state":
        return "connection"
    return head if rest and head in TITLES else None


def trees(capture):
    """The plugin's trees, as PDML tells them: what is shown and the value of each field."""
    text = host.tshark(capture, "-2", "-T", "pdml", "-J", "reqresp")
    for packet in xml.etree.ElementTree.fromstring(text).iter("packet"):
        yield from (part for part in packet.iter("proto") if part.get("name") == "reqresp")


def facts(capture):
    """(subject, name, text, value) of all fields."""
    for tree in trees(capture):
        for field in tree.findall("field"):
            name = field.get("name").removeprefix("reqresp.")
            if name.startswith("about."):
                about = name.removeprefix("about.")
                cases.check(TITLES[about], field.get("showname")[:len(TITLES[about])])
                yield from ((about, part.get("name").removeprefix("reqresp."), part.get("showname"), part.get("show"))
                            for part in field.findall("field"))
            elif name:
                yield None, name, field.get("showname"), field.get("show")


def places(capture):
    found = {(name, about) for about, name, _, _ in facts(capture) if not name.startswith("expert") and name != "_ws.expert"}
    wrong = sorted((name, about) for name, about in found if subject(name) != about)
    cases.check([], wrong, "field, where it stands")
    cases.check(True, len(found) > 8, "fields: %s" % found)
    return "%d fields" % len(found)


@functools.cache
def times():
    """The fields that hold a span of time."""
    listed = host.run(["tshark", "-G", "fields"]).stdout.decode(errors="replace").splitlines()
    rows = [line.split("\t") for line in listed if "\treqresp." in line]
    return {row[2].removeprefix("reqresp.") for row in rows if row[3] == "FT_RELATIVE_TIME"}


def spans(capture):
    count = 0
    for _, name, text, value in facts(capture):
        if name in times():
            number, unit = text.split(": ")[1].split()
            shown = decimal.Decimal(number)
            cases.check(decimal.Decimal(value), shown / UNITS[unit], name)
            cases.check(True, unit == "s" or abs(shown) < 1000, text)
            cases.check(True, unit == "ns" or abs(shown) >= 1, text)
            count += 1
    cases.check(True, count > 0, "spans")
    return "%d spans" % count


def subtree_counts():
    """The line above the facts says the same as they do."""
    capture = CAPTURES[0]
    seen = set()
    for tree in trees(capture):
        for field in tree.findall("field"):
            about = field.get("name").removeprefix("reqresp.about.")
            if about not in ("request", "response"):
                continue
            value = {part.get("name").removeprefix("reqresp.%s." % about): part.get("show") for part in field}
            first, last = value["first_frame"], value["last_frame"]
            wanted = "%s, %s byte%s in %s segment%s, " % (
                about.capitalize(), value["bytes"], "s" * (value["bytes"] != "1"), value["segments"],
                "s" * (value["segments"] != "1")) + \
                ("frame " + first if first == last else "frames %s to %s" % (first, last))
            cases.check(wanted, field.get("showname"))
            seen.add(about)
    cases.check({"request", "response"}, seen)


def copies():
    """Of a retransmission it is said how long after the first copy it came, as long as that is known."""
    head, frames = pcaps.read(host.CAPTURES / "ipv6.pcap")
    (_, asked), (last, _) = frames[3], frames[-1]
    path = host.SCRATCH / "captures" / "copies.pcap"
    pcaps.write(path, head, [*frames[:4], (frames[4][0][:8] + frames[3][0][8:], asked), *frames[4:], (last[:8] + frames[3][0][8:], asked)])
    path.chmod(0o644)
    told = host.tshark(path, "-Y", "reqresp.expert.repeat", "-T", "fields", "-E", "aggregator=|", "-e", "_ws.expert.message").splitlines()
    cases.check(["Retransmission, 10.265 ms after the first copy", "Retransmission"], [line.split("|")[-1] for line in told])


def main(words):
    todo = [("places, " + capture.name, places, capture) for capture in CAPTURES]
    todo += [("spans, " + capture.name, spans, capture) for capture in CAPTURES if "server_only" not in capture.name]
    todo += [("subtrees", subtree_counts), ("copies", copies)]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
