#!/usr/bin/python3
"""Latency against the response times that Wireshark's own dissectors measure, wherever they measure one.

A dissector measures from the request's last segment to the one that completes the answer, as it reassembles it,
or to its first where the answer stands on its own.  So its time, told on a frame, is our latency where that is the
response's first frame, and latency + response_spread where it is the last.  That must hold for every time in every
capture, but for those that doc/oracles.md lists, where each field's domain is told as well.

by rule    where rules tell the messages apart, each answer's request and time are those of the dissector, for every answer
datagram   the same over UDP, for every answer that is not a copy of one; sip_times: that of SIP
pipelined  the dissector of HTTP pairs a pipelined answer with the newest request, seen
"""
import collections
import decimal
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402
import listed  # noqa: E402

TIMES = ("http.time", "dns.time", "imap.time", "ldap.time", "rpc.time", "nbd.time", "modbus.response_time", "smb2.time", "dcerpc.time",
         "whois.response_time", "finger.response_time")

RULES = ("-o", "reqresp.rules:TRUE")
# A capture, the dissector's number of the request's frame, and its time; None where it has none.  In the second connection of
# diameter both sides use the same ids, and Wireshark does not look who asked.  Of what a Modbus device refuses (frame 7, asked in
# 5) it tells neither.
BY_RULE = (("spoken/cql", "cql.response_to", "cql.response_time"), ("spoken/kafka", "kafka.request_frame", None),
           ("kafka", "kafka.request_frame", None),
           ("spoken/diameter", "diameter.answer_to", "diameter.resp_time", "tcp.stream == 0"),
           ("spoken/modbus", "modbus.request_frame", "modbus.response_time", "frame", ("7", "5", "0.003000000")))

# The same over UDP, and what Wireshark says otherwise: it knows no request of a report or of what is encrypted, of a status, of an
# answer that comes separately, and counts from the last copy of a request where we do from the first.
BY_DATAGRAM = (("dns_udp", "dns.response_to", "dns.time", {}),
               ("snmp", "snmp.response_to", "snmp.time", {"30": None, "34": None, "36": None, "39": "38"}),
               ("radius", "radius.reqframe", "radius.time", {"6": None}),
               ("coap", "coap.response_to", "coap.response_time", {"11": None}))


def told(path):
    """(field, frame) -> what the dissector says over TCP: one time, or several between commas."""
    return {(field, number): value for field, number, value in fields(path, *TIMES, where="tcp")}


def fields(path, *names, where="frame"):
    """(field, frame, value) of every frame that has one."""
    words = [word for field in ("frame.number", *names) for word in ("-e", field)]
    some = "(%s) and (%s)" % (where, " or ".join(names))
    lines = host.tshark(path, "-Y", some, "-T", "fields", *words, plugin=False).splitlines()
    return [(field, number, value) for number, *values in (line.split("\t") for line in lines)
            for field, value in zip(names, values) if value]


def measured(exchanges):
    """Frame -> the time from the request's last segment to it."""
    spans = {}
    for row in exchanges:
        if row["latency"]:
            latency, spread = decimal.Decimal(row["latency"]), decimal.Decimal(row["response_spread"])
            spans[row["response_last"]] = str(latency + spread)
            spans[row["response_first"]] = row["latency"]
    return spans


def alone(path, times, exchanges):
    """The times that are not of answers to pipelined HTTP requests: those are one turn."""
    asked = [int(number) for _, number, value in fields(path, "http.request") for _ in value.split(",")]
    crowded = [row for row in exchanges if row["request_last"] and sum(
        int(row["request_first"]) <= number <= int(row["request_last"]) for number in asked) > 1]
    frames = {row[key] for row in crowded for key in ("response_first", "response_last")}
    return {place: value for place, value in times.items() if place[1] not in frames}


def times_agree(times, spans, rows):
    differ = {place for place, value in times.items() if spans.get(place[1]) != value}
    wanted = {(row["field"], number) for row in rows for number in row["frames"].split()}
    cases.check(sorted(wanted), sorted(differ), "times that differ")
    return collections.Counter(field for field, number in times.keys() - differ)


def known(name):
    """What is listed of a capture; `FIELD from VERSION` is of that version and later ones."""
    for row in listed.table("Times"):
        field, _, since = row["field"].partition(" from ")
        if row["capture"] == name and (not since or host.version() >= tuple(map(int, since.split(".")))):
            yield {**row, "field": field}


def agrees(name, path):
    rows = list(known(name))
    times = told(path)
    exchanges = facts.exchanges(path) if times else []
    if "http.time" in (field for field, _ in times):
        times = alone(path, times, exchanges)
    count = times_agree(times, measured(exchanges), rows)
    return ", ".join("%d %s" % (many, field) for field, many in sorted(count.items()))


def every_field(captures):
    """Of each field there is a time, else its domain is a mere word."""
    names = ["http_keepalive", "dns_tcp", "crafted/own_times", "smb2", "dcerpc"]
    seen = {field for name in names for field, _ in told(captures[name])}
    cases.check(sorted(TIMES), sorted(seen), "fields")


def pipelined(captures):
    """Frame 18 answers the request of frame 14: the server is asked in order and HTTP answers in order.  The one
    that answers frame 15, 20, has no time at all, and neither have the second to fifth answers to frame 4."""
    if host.version() != (4, 0):
        return "SKIP this is what 4.0 does"
    path = captures["http_pipelined"]
    text = host.tshark(path, "-Y", "http.response", "-T", "fields", "-e", "frame.number", "-e", "http.request_in",
                       plugin=False)
    cases.check([["6", "4"], ["8", ""], ["10", ""], ["12", ""], ["18", "15"], ["20", ""]],
                [line.split("\t") for line in text.splitlines()], "http.request_in")
    return ""


def answers(exchanges):
    """(frame that completes an answer, frame that completed its request, time between) of each that the server gave."""
    return sorted((row["response_last"], row["request_last"],
                   str(decimal.Decimal(row["latency"]) + decimal.Decimal(row["response_spread"])))
                  for row in exchanges if row["latency"])


def by_rule(captures, name, link, time, where="frame", untold=None):
    """Several answers of a frame have their values in one order.  What the server asked is a push, its answer one-way; and to
    what is owed no answer there is none, whoever gives one."""
    rows = facts.exchanges(captures[name], *RULES)
    streams = set(host.tshark(captures[name], "-Y", where, "-T", "fields", "-e", "tcp.stream", plugin=False).split())
    alone = {row["request_last"] for row in rows if row["status"] == "oneway"}
    found = {field: sorted((frame, one) for told, frame, values in fields(captures[name], link, time or link, where=where)
                           if told == field and frame not in alone for one in values.split(",") if one not in alone)
             for field in (link, time) if field}
    got = answers(row for row in rows if row["stream"] in streams)
    if untold:
        got.remove(untold)
    cases.check(found[link], [(frame, request) for frame, request, _ in got], link)
    if time:
        cases.check(found[time], sorted((frame, span) for frame, _, span in got), time)
    return "%d %s" % (len(got), link)


def by_datagram(captures, name, link, time, otherwise):
    rows = [row for row in facts.exchanges(captures[name], *RULES) if row["latency"]]
    again = set(host.tshark(captures[name], *RULES, "-Y", "reqresp.repeat", "-T", "fields", "-e", "frame.number").split())
    found = collections.defaultdict(dict)
    for field, number, value in fields(captures[name], link, time, where="udp and not icmp"):
        if number not in again:
            found[field][number] = value
    wanted = {row["response_first"]: row["request_first"] for row in rows} | otherwise
    cases.check({number: request for number, request in wanted.items() if request}, found[link], link)
    cases.check({row["response_first"]: row["latency"] for row in rows if row["response_first"] not in otherwise},
                {number: span for number, span in found[time].items() if number not in otherwise}, time)
    return "%d %s" % (len(found[time]), time)


def sip_times(captures):
    """In whole milliseconds, of interim answers and ACKs as well: of the answers proper they are ours."""
    rows = {row["response_first"]: row["latency"] for row in facts.exchanges(captures["sip_udp"], *RULES) if row["latency"]}
    found = {number: value for _, number, value in fields(captures["sip_udp"], "sip.response-time") if number in rows}
    cases.check({number: str(int(decimal.Decimal(span) * 1000)) for number, span in rows.items()}, found)


def can_fail(captures):
    path = captures["http_keepalive"]
    times, exchanges = told(path), facts.exchanges(path)
    cases.refuses(times_agree, times, {}, [])
    for column in ("latency", "response_spread"):
        wrong = [{**row, column: "0.000000001"} for row in exchanges]
        cases.refuses(times_agree, times, measured(wrong), [])
    cases.refuses(times_agree, times, measured(exchanges), [{"field": "http.time", "frames": "6"}])


def used(captures):
    cases.check([], [row["capture"] for row in listed.table("Times") if row["capture"] not in captures], "captures")


def todo():
    captures = host.captures()
    found = [(name, agrees, name, path) for name, path in captures.items()]
    found += [("by rule " + row[0], by_rule, captures, *row) for row in BY_RULE]
    found += [("datagram " + row[0], by_datagram, captures, *row) for row in BY_DATAGRAM]
    found += [(run.__name__, run, captures) for run in (every_field, pipelined, sip_times, can_fail, used)]
    return found


if __name__ == "__main__":
    cases.run(cases.chosen(todo(), sys.argv[1:]))
