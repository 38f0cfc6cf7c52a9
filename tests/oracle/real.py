#!/usr/bin/python3
"""Captures of real software against what is known of them from outside.

frames     first and last frame of each request and response are those of CAPTURE.oracle.csv
latency    agrees with what the client program measured (NAME.truth.csv)

Lines that cannot agree are named one by one, with the reason, in exceptions.txt.
"""
import collections
import csv
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "lib"))
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402

ORACLE = ("req_first", "req_last", "rsp_first", "rsp_last")
# The client's clock starts before its send() and stops after its recv(), the capture's at the wire: between
# them lie two system calls, the loopback of a veth pair and waking the process.  In these captures that took
# 29 to 192 microseconds; where the machine was busy the process was woken up to 3.8 ms late, which no packet
# shows: at most on one line in twenty.
SOCKET_MS = 0.25
LATE_MS, LATE_LINES = 4.0, 1 / 20
# At the server's end the wire's two delays of 5 ms each are not part of the latency either.
WIRE_MS = 10.0


def table(path):
    with open(path, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def exceptions(test, capture):
    """(client port, connection, index) -> reason."""
    found = {}
    for line in (HERE.parent / "exceptions.txt").read_text().splitlines():
        words = line.partition("#")[0].split(None, 5)
        if words[:2] == [test, capture]:
            found[tuple(words[2:5])] = words[5]
    return found


def place(line):
    return line["client_port"], line["conn"], line["idx"]


def by_place(found, streams):
    """(client port, connection) -> its exchanges; connections of a port count from 0."""
    seen, grouped = collections.Counter(), {}
    for stream in sorted(streams):
        port = streams[stream]["client_port"]
        grouped[port, str(seen[port])] = [row for row in found if int(row["stream"]) == stream]
        seen[port] += 1
    return grouped


def frames_agree(name, path):
    """Every line of the oracle is an exchange with just its frames, and no exchange of its connections is left over."""
    excused = exceptions("frames", name)
    left = by_place(facts.exchanges(path), facts.connections(path))
    lines = table(host.CAPTURES / (name + ".oracle.csv"))
    count, wrong = 0, []
    for line in lines:
        wanted = [line[key] for key in ORACLE]
        mine = left.get(place(line)[:2], [])
        match = next((row for row in mine if [row[key] for key in facts.FRAMES] == wanted), None)
        count += any(wanted)
        if match:
            mine.remove(match)
        if any(wanted) and bool(match) == (place(line) in excused):
            wrong.append("%s: %s" % (" ".join(place(line)),
                                     "excused, but right" if match else "no exchange " + "-".join(wanted)))
    ports = {line["client_port"] for line in lines}
    excused_connections = {key[:2] for key in excused}
    for key, rows in left.items():
        for row in rows if key[0] in ports and key not in excused_connections else []:
            wrong.append("%s: exchange %s is in no line: %s" % (
                " ".join(key), row["exchange"], "-".join(row[column] for column in facts.FRAMES)))
    if wrong:
        raise AssertionError("\n".join(wrong))
    return "%d lines, %d excused" % (count, len(excused))


def latency_agrees(name, path):
    """first_ms runs from the first byte sent to the first byte read: spread of the request, then latency."""
    excused = exceptions("latency", name) | exceptions("frames", name)
    truth = collections.defaultdict(list)
    for line in table(host.CAPTURES / (base(name) + ".truth.csv")):
        if line["kind"] == "req":
            truth[line["client_port"], line["idx"]].append(float(line["first_ms"]))
    found = {tuple(row[key] for key in facts.FRAMES): row for row in facts.exchanges(path)}
    wrong, count, late = [], 0, 0
    for line in table(host.CAPTURES / (name + ".oracle.csv")):
        row = found.get(tuple(line[key] for key in ORACLE))
        heard = truth[line["client_port"], line["idx"]]
        if not row or not row["latency"] or place(line) in excused:
            continue
        wire = 1000 * (float(row["latency"]) + float(row["request_spread"]))
        over = heard[int(line["conn"]) if len(heard) > 1 else 0] - wire
        count += 1
        late += over > SOCKET_MS
        if over < WIRE_MS if name.endswith("_s") else not 0 <= over <= LATE_MS:
            wrong.append("%s: the client measured %.3f ms more" % (" ".join(place(line)), over))
    if wrong:
        raise AssertionError("\n".join(wrong))
    if not name.endswith("_s"):
        cases.check(True, late <= count * LATE_LINES, "%d of %d late" % (late, count))
    return "%d latencies" % count


def base(name):
    exists = (host.CAPTURES / (name + ".truth.csv")).exists()
    return name if exists else re.sub("_[cs]$", "", name)


def main(words):
    names = sorted(path.name.removesuffix(".oracle.csv") for path in host.CAPTURES.glob("*.oracle.csv"))
    captures = host.captures()
    todo = [(test + " " + name, run, name, captures[name])
            for test, run in (("frames", frames_agree), ("latency", latency_agrees)) for name in names]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
