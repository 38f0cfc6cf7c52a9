#!/usr/bin/python3
"""What the text of a crafted capture says about itself, in its `expect` lines, is what the rows say.

    expect STATUS EVIDENCE REQUEST > RESPONSE [COLUMN=VALUE]...   an exchange; lines in order of the first frames
    expect push FRAMES [follows=NUMBER]                           a push; lines in order
    expect connection STREAM [COLUMN=VALUE]...

REQUEST, RESPONSE and FRAMES name a tagged segment, `FIRST-LAST`, or `-` for none captured; EVIDENCE `?` is not
told.  A text that has any exchange or push must have them all.
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[2] / "captures")]
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402
import make  # noqa: E402


def frames(source, words):
    """`q1-q2` -> ["4", "5"]."""
    if words == "-":
        return ["", ""]
    first, _, last = words.partition("-")
    return [str(source.tags[tag].frame) for tag in (first, last or first)]


def by_frame(row):
    return int(row["request_first"] or row["response_first"]), int(row["exchange"])


def hold(row, settings, what):
    for setting in settings:
        column, _, value = setting.partition("=")
        cases.check(value, row[column], "%s: %s" % (what, column))


def hold_exchange(source, row, line):
    status, evidence, request, _, response, *settings = line
    what = "exchange %s" % row["exchange"]
    wanted = frames(source, request) + frames(source, response)
    cases.check(dict(zip(facts.FRAMES, wanted)), {name: row[name] for name in facts.FRAMES}, what)
    cases.check(status, row["status"], what)
    if evidence != "?":
        cases.check(evidence, row["evidence"], what)
    hold(row, settings, what)


def hold_push(source, row, line):
    cases.check(frames(source, line[0]), [row["first_frame"], row["last_frame"]], "push")
    hold({"follows": row["exchange"]}, line[1:], "push of frame " + row["first_frame"])


def hold_capture(path):
    source = make.read(path)
    pcap = path.with_suffix(".pcap")
    told = {kind: [line[1:] for line in source.expect if line[0] == kind] for kind in ("push", "connection")}
    told["exchange"] = [line for line in source.expect if line[0] not in told]
    if not any(told.values()):
        raise AssertionError("says nothing of itself")
    found, pushed = sorted(facts.exchanges(pcap), key=by_frame), facts.pushes(pcap)
    cases.check(len(told["exchange"]), len(found), "exchanges")
    cases.check(len(told["push"]), len(pushed), "pushes")
    for row, line in zip(found, told["exchange"]):
        hold_exchange(source, row, line)
    for row, line in zip(pushed, told["push"]):
        hold_push(source, row, line)
    connections = facts.connections(pcap)
    for stream, *settings in told["connection"]:
        hold(connections[int(stream)], settings, "connection " + stream)


def reproduced(path):
    """The capture in the repository is the one its text makes."""
    cases.check(True, make.read(path).pcap() == path.with_suffix(".pcap").read_bytes(), "make.py writes the same")


def main(words):
    texts = sorted(host.CAPTURES.glob("**/*.txt"))
    todo = [(path.stem, hold_capture, path) for path in texts]
    todo += [(path.stem + " as made", reproduced, path) for path in texts]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
