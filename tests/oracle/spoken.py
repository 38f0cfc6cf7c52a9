#!/usr/bin/python3
"""The captures that captures/spoken/talk.py wrote: with rules each message is what it was written as, to the byte and the
frame, and the pairs are those that were meant; by a rule, or by turns where no rule is for it, or not yet."""
import csv
import importlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[2] / "captures/spoken")]
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402
import talk  # noqa: E402

ON = ("-o", "reqresp.rules:TRUE")
BY_TURN = {"encrypted": 55, "tds": 1, "tunnels": 2}


def meant(name):
    with open(host.CAPTURES / "spoken" / (name + ".truth.csv"), encoding="ascii", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


def capture(name):
    """Its path, and what tshark has to be told."""
    return (host.captures()["spoken/" + name], *ON, *getattr(importlib.import_module(name), "WORDS", ()))


def told(path, *words):
    """The rows as those of the truth."""
    asked = [(row["stream"], "oneway" if row["status"] == "oneway" else "exchange", *(row[name] for name in facts.FRAMES),
              row["request_bytes"], row["response_bytes"], row["latency"], row["interim"])
             for row in facts.exchanges(path, *words)]
    return asked + [(row["stream"], "push", "", "", row["first_frame"], row["last_frame"], "", row["bytes"], "", "")
                    for row in facts.pushes(path, *words)]


def as_meant(wanted, got):
    cases.check(sorted(wanted), sorted(got))
    return "%d" % len(got)


def of(name):
    return as_meant(meant(name), told(*capture(name)))


def paired_by(name):
    """As many as have to be were told apart by turns."""
    path, *words = capture(name)
    ways = [row["pairing"] for row in host.rows(path, "exchanges", *words)]
    cases.check(BY_TURN.get(name, 0), ways.count("turn"))


def as_made(name):
    folder = host.CAPTURES / "spoken"
    kept = tuple((folder / (name + suffix)).read_bytes() for suffix in (".pcap", ".truth.csv"))
    cases.check(True, talk.spoken(name) == kept, "talk.py writes the same")


def can_fail():
    wanted = meant(talk.names()[0])
    for place in range(len(talk.COLUMNS)):
        wrong = [tuple("x" if i == place else cell for i, cell in enumerate(row)) for row in wanted[:1]]
        cases.refuses(as_meant, wanted, wrong + wanted[1:])


def main(words):
    todo = [(name + how, run, name) for name in talk.names()
            for how, run in (("", of), (" by rule", paired_by), (" as made", as_made))]
    cases.run(cases.chosen(todo + [("can fail", can_fail)], words))


if __name__ == "__main__":
    main(sys.argv[1:])
