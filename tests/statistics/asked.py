#!/usr/bin/python3
"""What can be asked of the statistics: options, filters, preferences, again and of another capture, while it goes on."""
import pathlib
import struct
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[1] / "sharkd"), str(HERE.parents[2] / "captures")]
import cases  # noqa: E402
import host  # noqa: E402
import make  # noqa: E402
import tables as told  # noqa: E402
from run import Sharkd  # noqa: E402

REDIS = host.CAPTURES / "redis_sync_c.pcap"
LOSS = host.CAPTURES / "redis_loss_c.pcap.gz"
SPREADS = host.CAPTURES / "http_keepalive.pcap.gz"
PUSHES = host.CAPTURES / "redis_pubsub.pcap"
WAITS = host.CAPTURES / "never_answers.pcap"
HOME = host.SCRATCH / "home"
PATIENCE = 20

# What is asked, and what the one line that refuses it must name.
REFUSED = [
    ("stat,by=nothing", '"by=nothing"'), ("stat,nothing=1", '"nothing=1"'), ("statx", '"x"'), ("stat,", '","'),
    ("stat,by=verb,", '","'), ("stat,by=verb,by=port", '"by=port"'), ("slowest,3,4", '"4"'), ("stat,no.such.field == 1", "no.such.field"), ("slowest,0", '"0"'),
    ("slowest,-3", '"-3"'), ("load,1ns", '"1ns"'), ("slowest,10001", '"10001"'), ("slowest,n=5", '"n=5"'), ("slowest,by=size", '"by=size"'), ("load,0", '"0"'), ("load,every=1", '"every=1"'),
    ("load,by=server", '"by=server"'), ("json,every=0", '"every=0"'), ("json,every=1y", '"every=1y"'), ("json,to=", '"to="'),
    ("json,to=/no/such/folder/x", "/no/such/folder/x"), ("json,to=/dev/null", "/dev/null"), ("jsonx", '"x"'),
    ("json,no.such.field", "no.such.field"), ("metrics", "to=FILE"), ("metrics,nothing=1", '"nothing=1"'),
    ("srt,no.such.field == 1", "no.such.field"), ("stat,by=a\nb", r'"by=a\nb"'),
]

FILTERS = ("reqresp.latency > 0.01", "reqresp.request", "reqresp.push", "tcp.srcport == 6379", "frame.number > 20",
           'reqresp.status == "unanswered"', "tcp.len == 0", "tcp.stream == 1", "frame.number == 0")


def refused(asked, named):
    done = host.run(["tshark", "-r", host.readable(REDIS), "-q", "-z", "reqresp," + asked])
    line = done.stderr.decode()
    cases.check((1, b"", 1), (done.returncode, done.stdout, line.count("\n")), line)
    cases.check(True, line.startswith("tshark: ") and named in line, line)


def refused_twice():
    done = host.run(["tshark", "-r", host.readable(REDIS), "-q", "-z", "reqresp,stat", "-z", "reqresp,stat,by=verb"])
    cases.check((1, b""), (done.returncode, done.stdout))
    cases.check("tshark: -z reqresp,stat: is asked for twice: one run gives it once\n", done.stderr.decode())


def asks(*statistics):
    return [word for statistic in statistics for word in ("-z", "reqresp," + statistic)]


def filtered(capture, text, *words):
    """The same exchanges as the export's, in every statistic."""
    messages, exchanges, connections = (
        host.truth(host.parse(rows)) for rows in host.exports(capture, host.KINDS, *words, options="," + text).values())
    wanted = told.totals(exchanges, connections)
    pushes = [row for row in messages if row["message"] == "push"]
    wanted |= {"Pushes": str(len(pushes)), "Push bytes": str(sum(int(row["bytes"]) for row in pushes))}
    printed = host.tshark(capture, "-q", *words,
                          *asks(*(name + "," + text for name in ("stat", "slowest,10000", "load", "srt", "tree", "json"))))
    got = next((row for row in told.stat(printed)[1] if row["Group"] == "total"), None)
    if got is None:  # no frame passed: nothing was counted
        cases.check(0, len(connections), "connections")
        return "nothing"
    del got["Group"], got["Repeats %"]
    for row in (wanted, got):
        row["Mean ms"] = "%.2f" % float(row.get("Mean ms", 0))
    cases.check(wanted, got, text)
    count = len(exchanges)
    answered = sum(row["latency"] != "" for row in exchanges)
    cases.check(answered, len(told.slowest(printed)), "slowest")
    cases.check(answered, sum(row[0] for row in told.srt(printed).values()), "srt")
    cases.check(count, told.tree(printed)["Exchanges",], "tree")
    cases.check(count, sum(facts["exchanges"] for facts in told.snapshot(printed).values()), "json")
    cases.check(sum(row["request_start"] != "" for row in exchanges),
                sum(int(row["Arrivals"]) for row in told.load(printed)[1]), "load")
    return "%d exchanges" % count


def preferences():
    for preference, option in (("stat_by:verb", "stat,by=verb"), ("stat_by:connection", "stat,by=connection"),
                               ("slowest:3", "slowest,3"), ("load_interval:100", "load,100ms")):
        bare = option.split(",")[0]
        wanted = host.tshark(REDIS, "-q", *asks(option))
        cases.check(wanted, host.tshark(REDIS, "-q", "-o", "reqresp." + preference, *asks(bare)), preference)
        cases.check(False, wanted == host.tshark(REDIS, "-q", *asks(bare)), preference + " changes something")
        # What the command line asks for wins.
        other = "stat_by:client" if bare == "stat" else preference.split(":")[0] + ":7"
        cases.check(wanted, host.tshark(REDIS, "-q", "-o", "reqresp." + other, *asks(option)), option)
    longest, slowest = (host.tshark(SPREADS, "-q", *asks("slowest,by=" + by)) for by in ("duration", "latency"))
    cases.check(longest, host.tshark(SPREADS, "-q", "-o", "reqresp.slowest_by:duration", *asks("slowest")), "slowest_by")
    cases.check(slowest, host.tshark(SPREADS, "-q", "-o", "reqresp.slowest_by:duration", *asks("slowest,by=latency")), "by=")
    cases.check(False, slowest == longest, "slowest_by changes something")
    for column, text in (("Duration ms", longest), ("Latency ms", slowest)):
        spans = [float(row[column]) for row in told.slowest(text)]
        cases.check(sorted(spans, reverse=True), spans, column)
    for threshold, slow in (("0", "0"), ("10", "22"), ("200", "1"), ("1000", "0")):
        printed = host.tshark(REDIS, "-q", "-o", "reqresp.slow:" + threshold, *asks("stat"))
        cases.check(slow, told.stat(printed)[1][-1]["Slow"], "slow:" + threshold)


def intervals():
    for text, seconds in (("1s", 1), ("2", 2), ("0.5", 0.5), ("250ms", 0.25), ("500us", 0.0005), ("1us", 0.0001)):
        interval, slices = told.load(host.tshark(REDIS, "-q", *asks("load," + text)))
        cases.check(seconds, interval, text)  # 1 us would make more slices than there may be
        cases.check(True, len(slices) <= 10000, text)
        cases.check(22, sum(int(row["Arrivals"]) for row in slices), text)


TABLES = {"stat": "nstat:reqresp,stat", "slowest": "nstat:reqresp,slowest", "load": "nstat:reqresp,load", "srt": "srt:reqresp"}


def served(sharkd):
    """Name of a statistic -> what sharkd serves of it."""
    taps = sharkd.ask("tap", **{"tap%d" % at: name for at, name in enumerate(TABLES.values())})["taps"]
    return {name: next(tap for tap in taps if tap["tap"] == TABLES[name]) for name in TABLES}


def agree(sharkd, capture, *words):
    """What is served is what is printed."""
    printed, got = host.tshark(capture, "-q", *asks("stat", "slowest", "load", "srt"), *words), served(sharkd)
    for name, rows in (("stat", told.stat(printed)[1]), ("slowest", told.slowest(printed)), ("load", told.load(printed)[1])):
        columns = [field["c"] for field in got[name]["fields"]]
        table, = got[name]["tables"]
        cases.check(len(rows), len(table["i"]), name)
        for wanted, row in zip(rows, table["i"]):
            cells = {column: cell for column, cell in zip(columns, row) if cell is not None}
            cases.check(list(wanted), list(cells), name)
            for column, cell in cells.items():
                same = cell == wanted[column] if isinstance(cell, str) else abs(cell - float(wanted[column])) < 0.00051
                cases.check(True, same, "%s %s: %r, %r" % (name, column, wanted[column], cell))
    wanted = {name: row[0] for name, row in told.srt(printed).items()}
    cases.check(wanted, {row["n"]: row["num"] for row in got["srt"]["tables"][0]["r"]}, "srt")
    return got


def again(capture):
    with Sharkd(capture) as sharkd:
        first = agree(sharkd, capture)
        cases.check(first, agree(sharkd, capture), "once more")


def another_capture():
    with Sharkd(LOSS) as sharkd:
        for capture in (LOSS, REDIS, PUSHES, REDIS, WAITS):
            sharkd.load(capture)
            agree(sharkd, capture)


def preferences_served():
    with Sharkd(REDIS) as sharkd:
        agree(sharkd, REDIS)
        for name, value in (("stat_by", "verb"), ("slowest", "5"), ("load_interval", "100"), ("slow", "100"),
                            ("stat_by", "server"), ("slowest", "20")):
            sharkd.ask("setconf", name="reqresp." + name, value=value)
            if name == "slow":
                break
        words = ("-o", "reqresp.stat_by:verb", "-o", "reqresp.slowest:5", "-o", "reqresp.load_interval:100", "-o",
                 "reqresp.slow:100")
        agree(sharkd, REDIS, *words)


def sessions():
    """tshark's sessions begin anew in the middle; what they counted is not lost."""
    def run(*words):
        done = host.run(["tshark", "-M", "10", "-r", host.readable(REDIS), "-q", *words])
        cases.check(0, done.returncode)
        return done.stdout.decode()
    exchanges = host.parse(run(*asks("export,rows=exchanges")))
    connections = host.parse(run(*asks("export,rows=connections")))
    cases.check(True, len(connections) > 1, "sessions")
    printed = run(*asks("stat", "slowest,100", "load", "srt", "tree", "json"))
    got = told.stat(printed)[1][-1]
    wanted = told.totals(exchanges, connections)
    for column in ("Connections", "Exchanges", "Answered", "Unasked", "Open", "Request bytes", "Response bytes", "Max ms",
                   "p50 ms"):
        cases.check(wanted[column], got[column], column)
    latencies = [told.milliseconds(span) for span in reversed(told.latencies(exchanges))]
    cases.check(latencies, [row["Latency ms"] for row in told.slowest(printed)], "slowest")
    cases.check(len(latencies), sum(row[0] for row in told.srt(printed).values()), "srt")
    cases.check(len(exchanges), told.tree(printed)["Exchanges",], "tree")
    cases.check(len(exchanges), sum(facts["exchanges"] for facts in told.snapshot(printed).values()), "json")
    cases.check(22, sum(int(row["Arrivals"]) for row in told.load(printed)[1]), "load")


def second_pass_rejects():
    """`-2 -R`: the first pass saw frames that the second does not tap."""
    words = ("-2", "-R", "frame.number <= 30")
    exchanges = host.truth(host.parse(host.export(REDIS, "exchanges", *words)))
    printed = host.tshark(REDIS, "-q", *words, *asks("stat", "slowest,100"))
    cases.check(str(len(exchanges)), told.stat(printed)[1][-1]["Exchanges"], "exchanges")


TURNS = 300
TALK = "\n".join(["conn 192.0.2.1:40000>198.51.100.7:7001", "+0 c S", "+1ms s SA", "+1us c A"] +
                 ['+1ms c PA "GET %d\\n"\n+1ms s PA "value\\n"' % turn for turn in range(TURNS)])


def frames(capture):
    data = capture.pcap()
    yield data[:24]
    at = 24
    while at < len(data):
        size = 16 + struct.unpack_from("<I", data, at + 8)[0]
        yield data[at:at + size]
        at += size


def while_it_goes_on():
    """FILE is replaced while frames come: whoever reads it finds a whole one, and more in it each time."""
    host.assert_loaded()
    file = HOME / "live.json"
    argv, environment = host.command(["tshark", "-r", "-", "-q", *asks("json,every=20ms,to=%s" % file)])
    process = subprocess.Popen(argv, env=environment, cwd=host.SCRATCH, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    first, *more = frames(make.Capture(TALK))
    process.stdin.write(first)
    process.stdin.flush()
    deadline = time.monotonic() + PATIENCE
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    seen = []
    for frame in more:
        process.stdin.write(frame)
        process.stdin.flush()
        if len(set(seen)) < 5:
            time.sleep(0.01)
            seen.append(sum(facts["total_reqs"] for facts in told.snapshot(file.read_text()).values()))
    output, errors = process.communicate(timeout=PATIENCE)
    cases.check((0, b"", b""), (process.returncode, output, errors))
    cases.check(seen, sorted(seen), "requests only grow")
    cases.check(True, len(set(seen)) > 3, "written while frames came: %s" % seen)
    cases.check(TURNS, sum(facts["total_reqs"] for facts in told.snapshot(file.read_text()).values()), "at the end")
    cases.check(["live.json"], [path.name for path in HOME.glob("live.json*")], "nothing else is left")
    return "%d states seen" % len(set(seen))


def lines_without_a_file():
    """On standard output each snapshot is a line of its own."""
    host.assert_loaded()
    argv, environment = host.command(["tshark", "-r", "-", "-q", *asks("json,every=1us")])
    done = subprocess.run(argv, env=environment, cwd=host.SCRATCH, input=make.Capture(TALK).pcap(), capture_output=True,
                          timeout=PATIENCE, check=True)
    lines = done.stdout.decode().splitlines()
    counts = [sum(facts["total_reqs"] for facts in told.snapshot(line).values()) for line in lines]
    cases.check(True, len(lines) > 1, "lines")
    cases.check(sorted(counts), counts, "only grow")
    cases.check(TURNS, counts[-1], "the last")


def keeps_the_mode():
    """A file that is there is replaced, whatever it held."""
    file = HOME / "old.json"
    file.write_text("old")
    cases.check("", host.tshark(REDIS, "-q", *asks("json,to=%s" % file)))
    cases.check(host.tshark(REDIS, "-q", *asks("json")), file.read_text())
    cases.check(0o644, file.stat().st_mode & 0o777)


def main(words):
    todo = [("refuses " + asked.replace("\n", " "), refused, asked, named) for asked, named in REFUSED]
    todo += [("refuses twice", refused_twice), ("preferences", preferences), ("intervals", intervals)]
    for capture in (REDIS, PUSHES, WAITS):
        name = capture.name.partition(".")[0]
        todo += [("filter %s: %s" % (name, text), filtered, capture, text) for text in FILTERS]
        todo += [("filter %s twice: %s" % (name, text), filtered, capture, text, "-2") for text in FILTERS]
    todo += [("again " + capture.name.partition(".")[0], again, capture) for capture in (REDIS, LOSS, PUSHES)]
    todo += [("another capture", another_capture), ("preferences in sharkd", preferences_served), ("sessions", sessions),
             ("second pass rejects", second_pass_rejects), ("while it goes on", while_it_goes_on),
             ("lines without a file", lines_without_a_file), ("replaces a file", keeps_the_mode)]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
