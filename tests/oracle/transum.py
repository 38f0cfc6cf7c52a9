#!/usr/bin/python3
"""Exchanges against TRANSUM, the response time plugin that comes with Wireshark.

A pair of TRANSUM's is four frames (first and last segment of the request, first and last of the response) and
four times: art (our duration), st (our latency), and the spreads of both.  All eight are equal, to the nanosecond,
for all its pairs and all our exchanges of all captures, but for
- pairs whose first or last segments Wireshark itself calls a retransmission or a keep-alive: TRANSUM takes those for
  messages; doc/oracles.md says how many there are in each capture;
- those that doc/oracles.md lists one by one, with who is right and why.

wrongs     what TRANSUM is known to get wrong, seen, and that ours does not
"""
import collections
import functools
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402
import listed  # noqa: E402

FIELDS = ("calculation", "firstreq", "lastreq", "firstrsp", "lastrsp", "art", "st", "reqspread", "rspspread")
OURS = (*facts.FRAMES, "duration", "latency", "request_spread", "response_spread")
REPEATS = ("tcp.analysis.retransmission", "tcp.analysis.keep_alive")
GTCP, SYN = "Generic TCP", "SYN and SYN/ACK"
TRANSUM = host.shipped("transum")


@functools.cache
def told(path, ports):
    """(pairs of each calculation, frames that Wireshark takes for repeats); only a second pass has the pairs."""
    words = [word for field in ("frame.number", *REPEATS, *("transum." + name for name in FIELDS))
             for word in ("-e", field)]
    text = host.tshark(path, "-2", "--enable-protocol", "transum", "-o", "transum.tcp_port_ranges:" + ports,
                       "-T", "fields", *words, plugin=TRANSUM)
    pairs, repeated = collections.defaultdict(set), set()
    for number, again, alive, calculation, *pair in (line.split("\t") for line in text.splitlines()):
        if calculation:
            pairs[calculation].add(tuple(pair))
        if again or alive:
            repeated.add(number)
    return pairs, repeated


def theirs(path):
    """(what TRANSUM takes for exchanges, each as the eight values that OURS names; repeats)"""
    pairs, repeated = told(path, ports(path))
    return pairs[GTCP], repeated


def ports(path):
    return ",".join(sorted({row["server_port"] for row in facts.connections(path).values()}))


def ours(exchanges):
    return {tuple(row[column] for column in OURS) for row in exchanges}


def named(pair):
    """`4>6-8`: the request's first and last frame > the response's."""
    asked, told = pair[:2], pair[2:4]
    return ">".join("-".join(sorted(set(filter(None, frames)), key=int)) or "none" for frames in (asked, told))


def overlap(*pairs):
    (low, high), (begin, end) = ([pick(int(frame) for frame in pair[:4] if frame) for pick in (min, max)]
                                 for pair in pairs)
    return low <= end and begin <= high


def by_capture(heading):
    return {row["capture"]: row for row in listed.table(heading)}


def pairs_agree(pairs, exchanges, repeated, misled, excused):
    """`misled`: how many pairs begin or end with a repeat; `excused`: what is listed."""
    wrong = {pair for pair in pairs - exchanges if repeated & set(pair[:4])}
    within = {exchange for exchange in exchanges - pairs if any(map(functools.partial(overlap, exchange), wrong))}
    cases.check((int(misled.get("pairs", 0)), int(misled.get("exchanges", 0))), (len(wrong), len(within)),
                "pairs with a repeat, exchanges they take the place of")
    wanted = {side: excused.get(side, "").replace("nothing", "").split() for side in ("TRANSUM", "reqresp")}
    if wanted["reqresp"] == ["all"]:
        wanted["reqresp"] = list(map(named, exchanges))
    for side, differ in (("TRANSUM", pairs - exchanges - wrong), ("reqresp", exchanges - pairs - within)):
        cases.check(sorted(wanted[side]), sorted(map(named, differ)), side)
    return len(pairs & exchanges)


def compared(name, path):
    (pairs, repeated), exchanges = theirs(path), ours(facts.exchanges(path))
    same = pairs_agree(pairs, exchanges, repeated, by_capture("Misled by repeats").get(name, {}),
                       by_capture("Pairs").get(name, {}))
    return "%d of %d exchanges" % (same, len(exchanges))


def wrongs(captures, name, pair, calculation, exchanges):
    """TRANSUM has this pair; ours are these, and none of them begins with what was sent again."""
    path = captures[name]
    pairs, repeated = told(path, ports(path))
    cases.check(True, pair in map(named, pairs[calculation]), "TRANSUM's " + pair)
    rows = facts.exchanges(path)
    cases.check(exchanges, [named([row[key] for key in facts.FRAMES]) for row in rows], "exchanges")
    starts = {row["request_first"] for row in rows} | {row["first_frame"] for row in facts.pushes(path)}
    cases.check(set(), starts & repeated, "messages that begin with a repeat")


WRONGS = [
    ("a keep-alive starts a request", "crafted/keepalive_1", "7>9", GTCP, ["4>5", "11>12"]),
    ("a request sent again after its answer starts one", "crafted/repeat_after", "6>8", GTCP, ["4>5", "10>11"]),
    ("the same, by real software", "rt_req_lost_c", "13>14", GTCP, ["4>6", "8>9", "10>14", "16>17", "18>19"]),
    ("a greeting is the end of the SYN pair", "crafted/greeting", "1>2-4", SYN, ["5>6"]),
    ("the same, by real software", "smtp", "1>2-4", SYN, ["6>8-10", "12>13", "14>15", "16>17", "18>19", "20>21"]),
    ("an answer sent again is the next one's", "rt_resp_dup_c", "12>13-15", GTCP,
     ["4>6", "8>9", "10>11", "12>15", "17>18"]),
    ("a copy of the packet ends the request", "crafted/mirror", "5-6>7-8", GTCP, ["5>7"]),
    ("requests under way are one", "crafted/staggered", "4-8>9-13", GTCP, ["4>9", "5>10", "6>11", "7>12", "8>13"]),
]


def can_fail(captures):
    path = captures["redis_sync_c"]
    (pairs, _), exchanges = theirs(path), facts.exchanges(path)
    cases.check(len(exchanges), pairs_agree(pairs, ours(exchanges), set(), {}, {}), "untouched")
    for column in OURS:
        wrong = [{**exchanges[0], column: "7"}] + exchanges[1:]
        cases.refuses(pairs_agree, pairs, ours(wrong), set(), {}, {})
    cases.refuses(pairs_agree, pairs, ours(exchanges[1:]), set(), {}, {})
    cases.refuses(pairs_agree, pairs, ours(exchanges), set(), {}, {"TRANSUM": "4>6", "reqresp": "nothing"})
    cases.refuses(pairs_agree, pairs, ours(exchanges), set(), {"pairs": "1", "exchanges": "0"}, {})


def used(captures):
    for heading in ("Misled by repeats", "Pairs"):
        cases.check([], sorted(set(by_capture(heading)) - set(captures)), heading)


def todo():
    captures = host.captures()
    if TRANSUM is None:
        return [("all", lambda: "SKIP this Wireshark comes without TRANSUM")]
    found = [(name, compared, name, path) for name, path in captures.items()]
    found += [("%s: %s" % (what, name), wrongs, captures, name, *rest) for what, name, *rest in WRONGS]
    found += [("can fail", can_fail, captures), ("the list is used", used, captures)]
    return found


if __name__ == "__main__":
    cases.run(cases.chosen(todo(), sys.argv[1:]))
