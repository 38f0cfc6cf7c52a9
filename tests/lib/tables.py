"""What the statistics print, read back; and what they must come to, from the export's rows."""
import json
import math
import re

BUCKETS = [100e-6, 200e-6, 500e-6, 1e-3, 5e-3, 10e-3, 20e-3, 50e-3, .1, .2, .5, 1, 2, 3, 5, 10, 20, math.inf]
SIZES = [10, 20, 50, 100, 200, 500, 1000, 10000, 100000, 1000000, 10000000, math.inf]
PERCENTILES = {"p50": 500, "p90": 900, "p95": 950, "p99": 990, "p99.9": 999}


def sheet(text, title):
    """(subtitle, rows as dictionaries) of a table of columns that tshark printed; an unknown cell is not there."""
    lines = iter(text.splitlines())
    if title + ":" not in lines:
        raise AssertionError("no table %r in %r" % (title, text))
    next(lines)
    names = [name.strip() for name in next(lines).split("|")[:-1]]
    subtitle, rows = next(lines), []
    for line in lines:
        if line.startswith("===="):
            return subtitle, rows
        rows.append(dict(zip(names, (cell.strip() for cell in line.split("|")[:-1]))))
    raise AssertionError("the table does not end")


def stat(text):
    return sheet(text, "ReqResp Statistics")


def slowest(text):
    return sheet(text, "ReqResp Slowest Exchanges")[1]


def load(text):
    """(interval in seconds, rows)"""
    subtitle, rows = sheet(text, "ReqResp Load")
    return float(re.fullmatch("Slices of (.*) s", subtitle)[1]), rows


def srt(text):
    """Verb -> calls, min, max, average, sum."""
    _, _, lines = text.partition("ReqResp SRT Statistics:")
    found = {}
    for line in lines.partition("\n====")[0].splitlines():
        row = re.match(r" *\d+  (.*?) +(\d+) +(\S+) +(\S+) +(\S+) +(\S+)$", line)
        if row:
            found[row[1]] = (int(row[2]), *row.groups()[2:])
    return found


def tree(text):
    """Path of names -> count."""
    lines = text.partition("ReqResp Latencies and Sizes:")[2].splitlines()
    at = next(line for line in lines if line.startswith("Topic")).index("Count")
    path, found = [], {}
    for line in lines[3:]:
        if not line.strip():
            break
        if line.startswith("---"):
            continue
        depth = len(line) - len(line.lstrip())
        path[depth:] = [line[:at].strip()]
        found[tuple(path)] = int(line[at:].split()[0])
    return found


def snapshot(text):
    """(server, port) -> tcpkit's object."""
    line = next(line for line in text.splitlines() if line.startswith("[") and line.endswith("]"))
    found = {}
    for server in json.loads(line):
        (port, facts), = server.items()
        found[facts["server"], int(port)] = facts
    return found


def number(cell):
    return int(cell or 0)


def nanoseconds(cell):
    """Of a duration in seconds with nine decimals."""
    return int(cell.replace(".", ""))


def latencies(rows):
    return sorted(nanoseconds(row["latency"]) for row in rows if row["latency"])


def percentiles(sorted_values):
    """Those that so many samples tell."""
    count = len(sorted_values)
    return {name: sorted_values[-(-count * permille // 1000) - 1] for name, permille in PERCENTILES.items()
            if count * (1000 - permille) >= 1000}


def classes(values, bounds):
    found = [0] * len(bounds)
    for value in values:
        found[next(at for at, bound in enumerate(bounds) if value <= bound)] += 1
    return found


def verb(row):
    if not row["request_start"]:
        return "(no request)"
    word = re.match(r"([A-Za-z][A-Za-z0-9_.-]{0,22})(?![A-Za-z0-9_.-])(?=$|[ \t;:(/?,<])", row["summary"])
    return word[1].upper() if word else "(no word)"


def endpoint(host, port):
    return ("[%s]:%s" if ":" in host else "%s:%s") % (host, port)


def group_of(row, by):
    """Of an exchange's or connection's row; None where that has none."""
    if by == "server":
        return endpoint(row["server"], row["server_port"])
    if by == "client":
        return row["client"]
    if by == "port":
        return row["server_port"]
    if by == "connection":
        return "%s%s: %s > %s" % ("udp " if row["transport"] == "udp" else "", row["stream"], endpoint(row["client"], row["client_port"]),
                                endpoint(row["server"], row["server_port"]))
    return verb(row) if "exchange" in row else None


def totals(exchanges, connections, slow=1000000000):
    """What a row of `reqresp,stat` must hold of these rows, as it prints them; pushes are the connections' own."""
    spans = latencies(exchanges)
    told = {
        "Connections": str(len(connections)),
        "Exchanges": str(len(exchanges)),
        "Pushes": str(sum(number(row["pushes"]) for row in connections)),
        "Request bytes": str(sum(number(row["request_bytes"]) for row in exchanges)),
        "Response bytes": str(sum(number(row["response_bytes"]) for row in exchanges)),
        "Push bytes": str(sum(number(row["push_bytes"]) for row in connections)),
        "Slow": str(sum(span > slow for span in spans)),
    }
    for status, column in (("answered", "Answered"), ("unanswered", "Unanswered"), ("unasked", "Unasked"), ("open", "Open"),
                           ("oneway", "One-way")):
        told[column] = str(sum(row["status"] == status for row in exchanges))
    if spans:
        told |= {"Min ms": milliseconds(spans[0]), "Mean ms": milliseconds(sum(spans) / len(spans)),
                 "Max ms": milliseconds(spans[-1])}
    return told | {name + " ms": milliseconds(span) for name, span in percentiles(spans).items()}


def milliseconds(ns):
    return "%.3f" % (ns / 1e6)
