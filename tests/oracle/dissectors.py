#!/usr/bin/python3
"""Latency is what a protocol's own dissector measures, where that measures the same: one request in one
segment, its answer in one segment.  Other answers it times to the segment that completes them."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402

TIMES = [("http_keepalive", "http.time"), ("http_short", "http.time"), ("http_slow", "http.time"),
         ("http_chunked", "http.time"), ("ipv6", "http.time"), ("dns_tcp", "dns.time")]


def agrees(path, field):
    text = host.tshark(path, "-Y", field, "-T", "fields", "-e", "frame.number", "-e", field, plugin=False)
    by_frame = dict(line.split("\t") for line in text.splitlines())
    count = 0
    for row in facts.exchanges(path):
        alone = (row["request_segments"], row["response_segments"]) == ("1", "1")
        time = by_frame.get(row["response_frame"], "")
        if alone and time and "," not in time:
            cases.check(time, row["latency"], "frame " + row["response_frame"])
            count += 1
    cases.check(True, count > 0, "any to compare")
    return "%d of %d" % (count, len(by_frame))


if __name__ == "__main__":
    captures = host.captures()
    cases.run(cases.chosen([("%s %s" % (name, field), agrees, captures[name], field) for name, field in TIMES],
                           sys.argv[1:]))
