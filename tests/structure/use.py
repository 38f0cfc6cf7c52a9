#!/usr/bin/python3
"""What a user may do with the export: options, filters, passes, switching it off."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

REDIS = host.CAPTURES / "redis_sync_c.pcap"
SILENT = host.CAPTURES / "never_answers.pcap"
CAPTURES = [REDIS, SILENT, host.CAPTURES / "http_pipelined.pcap", host.CAPTURES / "crafted/amsdu.pcap",
            host.CAPTURES / "crafted/icmp_quote.pcap", host.CAPTURES / "crafted/cut.pcap"]

# What follows `reqresp,export`, and a word that the line on stderr must have.
REFUSED = [
    ("x", '"x"'),
    (":rows=messages", ":rows"),
    (",rows=mesages", "mesages"),
    (",rows=", "rows"),
    (",time=utc", "utc"),
    (",color=red", "color"),
    (",rows=messages,", ","),
    (",rows=messages,time=epoch,format=xml", "format"),
    (",ip.addr ==", "ip.addr"),
    (",no.such.field == 1", "no.such.field"),
    (",filter=(", "("),
]

# capture, kind of rows, filter, exchanges selected in one pass, in two (None: all)
SELECTED = [
    # A frame of the exchange that is dissected before the row is printed shows it: the same in both.
    (REDIS, "exchanges", "reqresp.latency > 0.1", [21], [21]),
    (REDIS, "messages", "reqresp.latency > 0.1", [21], [21]),
    (REDIS, "exchanges", "reqresp.request && frame.number == 4", [1], [1]),
    (REDIS, "exchanges", 'resp contains "key2"', [3, 4], [3, 4]),
    (REDIS, "exchanges", "tcp.port in {6379,80}", None, None),
    (REDIS, "exchanges", "filter=reqresp.exchange == 2", [2], [2]),
    (REDIS, "exchanges", "frame.number > 100000", [], []),
    # Known only after the frame that would show it: in one pass nothing, in two all of them.
    (REDIS, "exchanges", "reqresp.request && reqresp.response_in", [], None),
    (REDIS, "exchanges", "reqresp.request && reqresp.latency > 0.1", [], [21]),
    (SILENT, "exchanges", 'reqresp.status == "unanswered"', [], None),
]


def refuse(option, word):
    done = host.run(["tshark", "-r", host.readable(REDIS), "-q", "-z", "reqresp,export" + option])
    lines = done.stderr.decode().splitlines()
    cases.check(1, done.returncode, "exit status")
    cases.check(b"", done.stdout, "stdout")
    cases.check(1, len(lines), "lines on stderr: %r" % lines)
    cases.check(True, word in lines[0], "%r names %r" % (lines[0], word))


def refuse_two():
    """Two exports would mix their rows on one standard output."""
    done = host.run(["tshark", "-r", host.readable(REDIS), "-q", "-z", "reqresp,export",
                     "-z", "reqresp,export,rows=exchanges"])
    cases.check((1, b"", 1), (done.returncode, done.stdout, len(done.stderr.splitlines())))


def select(capture, kind, wanted_filter, wanted, words):
    every = host.rows(capture, kind)
    got = host.parse(host.export(capture, kind, *words, options="," + wanted_filter))
    wanted = [row for row in every if wanted is None or int(row["exchange"]) in wanted]
    cases.check([row["id"] for row in wanted], [row["id"] for row in got])


def display_filter_does_not_select():
    cases.check(host.export(REDIS, "exchanges"), host.export(REDIS, "exchanges", "-Y", "frame.number == 4"))


def read_filter_keeps_the_truth():
    """In the first pass -R hides no frame from the plugin: exchanges are whole, only frames count otherwise.  A line says so."""
    facts = ("id", "status", "evidence", "latency", "request_bytes", "response_bytes")
    done = host.run(["tshark", "-r", host.readable(REDIS), "-q", "-z", "reqresp,export,rows=exchanges",
                     "-2", "-R", "tcp.dstport == 6379"])
    wanted, got = ([[row[fact] for fact in facts] for row in host.truth(rows)]
                   for rows in (host.rows(REDIS, "exchanges"), host.parse(done.stdout.decode())))
    cases.check(wanted, got)
    lines = done.stderr.decode().splitlines()
    cases.check((1, True), (len(lines), "-R" in lines[0]))


def read_filter_of_everything():
    cases.check(host.exports(REDIS, host.KINDS), host.exports(REDIS, host.KINDS, "-2", "-R", "tcp"))


def elsewhere():
    """Time zone, name resolution and what is printed beside rows do not matter."""
    wanted = host.export(REDIS, "messages")
    there = host.tshark(REDIS, "-q", "-z", "reqresp,export", env={"TZ": "Asia/Shanghai"})
    cases.check(wanted, there, "time zone")
    cases.check(wanted, host.export(REDIS, "messages", "-N", "dmnt"), "name resolution")
    cases.check(wanted, host.export(REDIS, "messages", "-t", "ad", "-u", "hms"), "time format")


def epoch():
    row = host.parse(host.export(REDIS, "messages", options=",time=epoch"))[0]
    iso = host.parse(host.export(REDIS, "messages"))[0]
    cases.check(("1795248391.622358000", "2026-11-21T08:06:31.622358000Z"), (row["start"], iso["start"]))


def printed_beside():
    """Rows go out between the packets' own lines, whole."""
    text = host.tshark(REDIS, "-z", "reqresp,export,rows=exchanges")
    rows = [line for line in text.splitlines() if line.count(",") > 20]
    cases.check(host.export(REDIS, "exchanges").splitlines(), rows)


def switched_off(capture, fields):
    """TCP is what it is without the plugin."""
    wanted = host.tshark(capture, *fields, plugin=False)
    cases.check(wanted, host.tshark(capture, *fields, "--disable-protocol", "reqresp"), "disabled")


def switched_on(capture, *fields):
    cases.check(host.tshark(capture, *fields, plugin=False), host.tshark(capture, *fields))


def tree(capture, *words):
    """Fields shown with the frames are those of the rows."""
    fields = ("frame.number", "reqresp.exchange", "reqresp.id", "reqresp.latency", "reqresp.request_in")
    text = host.tshark(capture, *words, "-Y", "reqresp.response", "-T", "fields",
                       *(word for field in fields for word in ("-e", field)))
    rows = {row["exchange"]: row for row in host.rows(capture, "exchanges")}
    shown = [line.split("\t") for line in text.splitlines()]
    for frame, exchange, ident, latency, request in shown:
        row = rows[exchange]
        cases.check((row["id"], row["latency"], row["request_frame"]), (ident, latency, request), "frame " + frame)
    cases.check(len(rows), len({line[1] for line in shown}), "exchanges shown")


def main(words):
    todo = [("refused: " + option, refuse, option, word) for option, word in REFUSED]
    todo += [("refused: two exports", refuse_two), ("-Y", display_filter_does_not_select),
             ("-2 -R", read_filter_keeps_the_truth), ("-2 -R tcp", read_filter_of_everything),
             ("elsewhere", elsewhere), ("time=epoch", epoch), ("printed beside", printed_beside),
             ("tree", tree, REDIS), ("tree -2", tree, REDIS, "-2")]
    for capture, kind, text, one, two in SELECTED:
        title = "%s of %s where %s" % (kind, capture.stem, text)
        todo += [(title + ", one pass", select, capture, kind, text, one, []),
                 (title + ", two passes", select, capture, kind, text, two, ["-2"])]
    for capture in CAPTURES:
        todo += [("switched off, -V " + capture.stem, switched_off, capture, ["-V"]),
                 ("switched off, JSON of " + capture.stem, switched_off, capture, ["-2", "-T", "json"]),
                 ("switched off, -2 " + capture.stem, switched_off, capture, ["-2"]),
                 ("switched on, lines of " + capture.stem, switched_on, capture),
                 ("switched on, protocols of " + capture.stem, switched_on, capture,
                  "-T", "fields", "-e", "frame.protocols")]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
