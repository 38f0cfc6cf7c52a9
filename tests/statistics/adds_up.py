#!/usr/bin/python3
"""Every statistic of every capture, against sums over the export's rows; in one pass and in two they are the same."""
import collections
import datetime
import itertools
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402
import tables as told  # noqa: E402

ROWS = host.ROOT / "tests/golden/rows"
GROUPINGS = ("server", "client", "connection", "verb", "port")
MOST = 10000


def golden(name, kind):
    return ROWS / ("%s.%s.csv" % (name.replace("/", "_"), kind))


def rows(name, kind):
    """The export's, as the golden test holds it to."""
    text = golden(name, kind).read_bytes().decode()
    return host.truth(host.parse(text))


def printed(capture, by, *words):
    statistics = ("stat,by=" + by, "slowest,%d" % MOST, "load", "srt", "tree", "json")
    asked = (word for statistic in statistics for word in ("-z", "reqresp," + statistic))
    return host.tshark(capture, "-q", *asked, *words)


def close(wanted, got, off, what):
    if abs(wanted - got) > off:
        raise AssertionError("%s: wanted %r, got %r" % (what, wanted, got))


def grouped(rows, by):
    found = collections.defaultdict(list)
    for row in rows:
        found[told.group_of(row, by)].append(row)
    return found


def check_stat(text, by, exchanges, connections):
    subtitle, got = told.stat(text)
    cases.check("By " + by, subtitle)
    got = {row["Group"]: row for row in got}
    asked, opened = grouped(exchanges, by), grouped(connections, by)
    wanted = {name: told.totals(asked[name], opened[name]) for name in asked.keys() | opened.keys() - {None}}
    if by == "verb":
        for name, total in wanted.items():
            total["Connections"] = str(len({row["stream"] for row in asked[name]}))
        got.pop("(push)", None)
    wanted["total"] = told.totals(exchanges, connections)
    cases.check(sorted(wanted), sorted(got), "groups")
    for name, total in wanted.items():
        del got[name]["Group"], got[name]["Repeats %"]
        if "Mean ms" in total:  # which can lie in the middle between two that are printed
            close(float(total.pop("Mean ms")), float(got[name].pop("Mean ms")), 0.0011, name + " mean")
        cases.check(total, got[name], name)


def check_snapshot(text, exchanges, connections):
    snapshot = told.snapshot(text)
    wanted = grouped(exchanges, "server")
    cases.check(sorted(grouped(connections, "server")), sorted(told.endpoint(*key) for key in snapshot), "servers")
    for key, facts in snapshot.items():
        name = told.endpoint(*key)
        spans = told.latencies(wanted[name])
        total = told.totals(wanted[name], grouped(connections, "server")[name])
        requests = [row for row in wanted[name] if row["request_start"]]
        responses = [row for row in wanted[name] if row["response_start"]]
        cases.check(len(requests), facts["total_reqs"], name)
        cases.check(len(responses), facts["total_resps"], name)
        cases.check(told.classes([span / 1e9 for span in spans], told.BUCKETS), facts["latencies"], name)
        close(sum(spans) / 1e3, facts["total_costs"], 0.51, name)
        for fact, column in (("total_req_bytes", "Request bytes"), ("total_resp_bytes", "Response bytes"),
                             ("slow_reqs", "Slow"), ("connections", "Connections"), ("exchanges", "Exchanges"),
                             ("answered", "Answered"), ("unanswered", "Unanswered"), ("unasked", "Unasked"),
                             ("open", "Open"), ("oneway", "One-way"), ("pushes", "Pushes"), ("push_bytes", "Push bytes")):
            cases.check(total[column], str(facts[fact]), name + " " + fact)
        expected = told.percentiles(spans)
        if spans:
            expected |= {"min": spans[0], "max": spans[-1], "mean": sum(spans) / len(spans)}
        cases.check(sorted(expected), sorted(facts["latency"]), name)
        for what, span in expected.items():
            close(span / 1e9, facts["latency"][what], 1e-9, name + " " + what)


def check_segments(name, text, exchanges, connections):
    """Repeats that came after a row was printed are in no row of an exchange, and those of no message only in the
    connection's."""
    snapshot = told.snapshot(text).values()
    segments, repeats = (sum(facts[fact] for facts in snapshot) for fact in ("segments", "repeats"))
    told_before = sum(told.number(row["repeats"]) for row in exchanges)
    told_after = sum(int(row["client_repeats"]) + int(row["server_repeats"]) for row in connections)
    cases.check(True, told_before <= repeats <= told_after,
                "repeats: %d <= %d <= %d" % (told_before, repeats, told_after))
    total = next(row for row in told.stat(text)[1] if row["Group"] == "total")
    close(100 * repeats / (segments + repeats or 1), float(total["Repeats %"]), 0.0006, "share of repeats")
    if (ROWS / ("%s.messages.csv" % name.replace("/", "_"))).exists():
        cases.check(sum(told.number(row["segments"]) for row in rows(name, "messages")), segments, "segments")


def check_srt(text, exchanges):
    wanted = {name: told.latencies(group) for name, group in grouped(exchanges, "verb").items()}
    wanted = {name: spans for name, spans in wanted.items() if spans}
    got = told.srt(text)
    cases.check(sorted(wanted), sorted(got), "verbs")
    for name, spans in wanted.items():
        cases.check(len(spans), got[name][0], name)
        if spans[0] < 0:  # tshark has no way to print these
            continue
        for span, cell in zip((spans[0], spans[-1], sum(spans) / len(spans), sum(spans)), got[name][1:]):
            close(span / 1e9, float(cell), 1.001e-6, name)


def check_tree(text, exchanges, connections):
    got = told.tree(text)
    cases.check(len(exchanges), got["Exchanges",], "exchanges")
    asked = grouped(exchanges, "port")
    ports = grouped(connections, "port").keys()
    cases.check(sorted("Port %5s" % port for port in ports), sorted(path[1] for path in got if len(path) == 2), "ports")
    for port in ports:
        top = ("Exchanges", "Port %5s" % port)
        spans = [span / 1e9 for span in told.latencies(asked[port])]
        sizes = {side: [int(row[side + "_bytes"]) for row in asked[port] if row[side + "_start"]]
                 for side in ("request", "response")}
        cases.check(len(asked[port]), got[top], port)
        for name, wanted in (("Latency", told.classes(spans, told.BUCKETS)),
                             ("Request bytes", told.classes(sizes["request"], told.SIZES)),
                             ("Response bytes", told.classes(sizes["response"], told.SIZES))):
            below = [count for path, count in got.items() if path[:-1] == top + (name,)]
            cases.check(wanted, below, "%s %s" % (port, name))
            cases.check(sum(wanted), got[top + (name,)], "%s %s" % (port, name))


def instant(cell):
    """Nanoseconds since 1970."""
    second, _, fraction = cell.rstrip("Z").partition(".")
    whole = datetime.datetime.fromisoformat(second + "+00:00") - datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
    return (whole.days * 86400 + whole.seconds) * 10**9 + int(fraction.ljust(9, "0"))


def check_load(text, exchanges):
    interval, slices = told.load(text)
    starts = {instant(row["Start"]): row for row in slices}
    cases.check(len(slices), len(starts), "slices")
    wanted = {start: collections.Counter() for start in starts}
    busy = []
    for row in exchanges:
        times = [row["request_start"] and instant(row["request_start"]),
                 row["response_end"] and instant(row["response_end"])]
        at = [time and time - time % int(interval * 1e9) for time in times]
        if at[0]:
            wanted[at[0]] += {"Arrivals": 1, "Request bytes": int(row["request_bytes"]),
                              "Unanswered": int(row["status"] in ("unanswered", "open"))}
        if at[1]:
            wanted[at[1]] += {"Completions": 1, "Response bytes": int(row["response_bytes"])}
        if all(times) and times[1] > times[0]:
            busy.append(times)
    for start, counts in wanted.items():
        got = {name: int(starts[start][name]) for name in
               ("Arrivals", "Completions", "Unanswered", "Request bytes", "Response bytes")}
        cases.check({name: counts[name] for name in got}, got, starts[start]["Start"])
    check_concurrency(interval, starts, busy)


def check_concurrency(interval, starts, busy):
    """Each slice by itself, from scratch."""
    for start, row in starts.items():
        end = start + int(interval * 1e9)
        inside = [(max(begin, start), min(stop, end)) for begin, stop in busy if begin < end and stop > start]
        steps = sorted([(begin, 1) for begin, _ in inside] + [(stop, -1) for _, stop in inside])
        now, level, area, some, peak = start, 0, 0, 0, 0
        for time, group in itertools.groupby(steps, lambda step: step[0]):
            area += level * (time - now)
            some += (time - now) * (level > 0)
            now = time
            level += sum(change for _, change in group)
            peak = max(peak, level)
        cases.check(peak, int(row["Peak"]), "peak at " + row["Start"])
        close(area / interval / 1e9, float(row["Mean concurrency"]), 0.0006, "concurrency at " + row["Start"])
        close(100 * some / interval / 1e9, float(row["Busy %"]), 0.0006, "busy at " + row["Start"])


def check_slowest(text, exchanges):
    got = told.slowest(text)
    wanted = sorted((row for row in exchanges if row["latency"]),
                    key=lambda row: (-told.nanoseconds(row["latency"]), int(row["exchange"])))
    cases.check(['reqresp.id == "%s"' % row["id"] for row in wanted], [row["Filter"] for row in got], "order")
    for row, slow in zip(wanted, got):
        for column, name in (("latency", "Latency ms"), ("duration", "Duration ms"),
                             ("request_spread", "Request spread ms"), ("response_spread", "Response spread ms")):
            cases.check(told.milliseconds(told.nanoseconds(row[column])), slow[name], row["id"] + " " + name)
        cases.check(row["request_frame"], slow["Request frame"], row["id"])
        cases.check(row["response_frame"], slow["Response frame"], row["id"])
        cases.check(told.endpoint(row["server"], row["server_port"]), slow["Server"], row["id"])


def adds_up(name, capture, by):
    exchanges, connections = rows(name, "exchanges"), rows(name, "connections")
    text = printed(capture, by)
    cases.check(text, printed(capture, by, "-2"), "two passes")
    check_stat(text, by, exchanges, connections)
    check_snapshot(text, exchanges, connections)
    check_segments(name, text, exchanges, connections)
    check_srt(text, exchanges)
    check_tree(text, exchanges, connections)
    check_load(text, exchanges)
    check_slowest(text, exchanges)
    return "by %s, %d exchanges" % (by, len(exchanges))


def main(words):
    captures = ((name, capture) for name, capture in sorted(host.captures().items()) if golden(name, "exchanges").exists())
    todo = [(name, adds_up, name, capture, by) for (name, capture), by in zip(captures, itertools.cycle(GROUPINGS))]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
