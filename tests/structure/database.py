#!/usr/bin/python3
"""format=sqlite: rows in a database are those of the other formats, once each, whatever is exported again."""
import os
import pathlib
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

BUILT_IN = os.environ.get("RR_SQLITE", "TRUE").upper() in ("TRUE", "1", "ON", "YES")
REDIS = host.CAPTURES / "redis_sync_c.pcap"
SERVER_END = host.CAPTURES / "redis_sync_s.pcap"
LATE = host.CAPTURES / "crafted/late_answer.pcap"
SUMMARIES = host.CAPTURES / "crafted/summaries.pcap"


def place():
    """A path for a new database, in a folder where the host's user may write."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=host.SCRATCH))
    folder.chmod(0o777)
    return folder / "rows.db"


def run(capture, database, *options, words=(), **more):
    host.assert_loaded()
    exports = [word for option in options
               for word in ("-z", "reqresp,export,format=sqlite,to=%s%s" % (database, option))]
    return host.run(["tshark", "-r", host.readable(capture), "-q", *exports, *words], **more)


def export(capture, database, *options, **more):
    done = run(capture, database, *options, **more)
    cases.check((0, b"", b""), (done.returncode, done.stdout, done.stderr))


def ask(database, sql, *values):
    with sqlite3.connect("file:%s?mode=ro" % database, uri=True) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql, values)]


def same(row, stored):
    """What CSV and database say of a row, as the same types."""
    for name, cell in row.items():
        value = stored[name]
        if cell == "":
            cases.check(None, value, name)
        elif isinstance(value, float):
            cases.check(float(cell), value, name)
        elif cell in ("true", "false"):
            cases.check(int(cell == "true"), value, name)
        else:
            cases.check((type(value)(cell), value), (value, type(value)(cell)), name)


def rows_are_those_of_csv(capture, kind, words):
    database = place()
    export(capture, database, ",rows=" + kind, words=words)
    wanted = host.rows(capture, kind)
    keys = {"messages": ("stream", "message", "id"), "exchanges": ("exchange",), "connections": ("transport", "stream", "start")}[kind]
    stored = {tuple(str(row[key]) for key in keys): row for row in ask(database, "SELECT * FROM " + kind)}
    cases.check(len(wanted), len(stored))
    for row in wanted:
        same(row, stored[tuple(row[key] for key in keys)])
    cases.check([{"complete": 1, "file": host.readable(capture)}], ask(database, "SELECT complete, file FROM captures"))


def bytes_are_safe():
    """Quotes, NULs and SQL in payload and summary are what they were."""
    database = place()
    export(SUMMARIES, database, ",payload-max=1M,columns=+payload")
    wanted = host.parse(host.export(SUMMARIES, "messages", options=",payload=hex"))
    stored = ask(database, "SELECT * FROM messages ORDER BY first_frame")
    cases.check(sorted(bytes.fromhex(row["payload"]) for row in wanted), sorted(row["payload"] for row in stored))
    for style in ("hex", "base64", "text"):
        export(SUMMARIES, database, ",payload=" + style)
        wanted = host.parse(host.export(SUMMARIES, "messages", options=",payload=" + style))
        cases.check(sorted(row["payload"] for row in wanted),
                    sorted(row["payload"] for row in ask(database, "SELECT payload FROM messages")), style)
    hostile = host.SCRATCH / "captures" / "x'); DROP TABLE messages; --\".pcap"
    shutil.copyfile(host.readable(REDIS), hostile)
    hostile.chmod(0o644)
    done = host.run(["tshark", "-r", str(hostile), "-q", "-z",
                     "reqresp,export,format=sqlite,to=%s,tag.t='); DROP TABLE messages; --" % database])
    cases.check((0, b""), (done.returncode, done.stderr))
    cases.check([{"file": str(hostile), "t": "'); DROP TABLE messages; --"}],
                ask(database, "SELECT DISTINCT file, t FROM messages JOIN captures USING(capture) WHERE t NOTNULL"))


def twice(words, *options):
    """The same capture again, also by another name, with other options and next to others, doubles nothing."""
    database, copy = place(), host.SCRATCH / "captures/copy.pcap"
    shutil.copyfile(host.readable(REDIS), copy)
    copy.chmod(0o644)
    wanted = {kind: len(host.rows(REDIS, kind)) for kind in host.KINDS}
    for capture in (REDIS, SERVER_END, copy, REDIS):
        export(capture, database, *options, words=words)
    cases.check(2, len(ask(database, "SELECT * FROM captures")))
    cases.check([1, 1], [row["complete"] for row in ask(database, "SELECT complete FROM captures")])
    for option in options:
        kind = option.removeprefix(",rows=")
        for capture in (REDIS, SERVER_END):
            found = ask(database, "SELECT count(*) AS n FROM %s JOIN captures USING(capture) WHERE file = ?" % kind,
                        host.readable(capture))
            cases.check(wanted[kind], found[0]["n"], "%s of %s" % (kind, capture))


def a_part_of_it():
    """What is left out by a filter stays as it was; what is not replaces."""
    database = place()
    export(REDIS, database, ",rows=exchanges,tag.t=old")
    export(REDIS, database, ",rows=exchanges,tag.t=new,reqresp.exchange == 3")
    rows = ask(database, "SELECT exchange, t FROM exchanges ORDER BY exchange")
    cases.check([(row["exchange"], "new" if row["exchange"] == 3 else "old") for row in rows],
                [(row["exchange"], row["t"]) for row in rows])
    cases.check(len(host.rows(REDIS, "exchanges")), len(rows))
    export(REDIS, database, ",rows=exchanges")
    cases.check([{"t": None}], ask(database, "SELECT DISTINCT t FROM exchanges"))


def one_after_the_other():
    """Kinds of rows that are exported in separate runs belong to one capture."""
    database = place()
    for kind in host.KINDS:
        export(REDIS, database, ",rows=" + kind)
    export(REDIS, database, *(",rows=" + kind for kind in host.KINDS))
    cases.check(1, len(ask(database, "SELECT * FROM captures")))
    cases.check([{"n": 2 * len(host.rows(REDIS, "exchanges"))}],
                ask(database, "SELECT count(*) AS n FROM exchanges JOIN messages USING(capture, exchange)"))
    options = ask(database, "SELECT options FROM captures")[0]["options"].splitlines()
    cases.check(3, len(options), "%r" % options)


def higher_part_replaces():
    database = place()
    export(LATE, database, ",rows=exchanges")
    parts = host.parse(host.export(LATE, "exchanges"))
    cases.check([("1", "unanswered"), ("2", "answered")], [(row["part"], row["status"]) for row in parts][:2])
    cases.check([{"part": 2, "status": "answered"}], ask(database, "SELECT part, status FROM exchanges"))


def questions():
    database = place()
    for capture in (REDIS, host.CAPTURES / "never_answers.pcap"):
        export(capture, database, ",rows=exchanges")
    slowest = ask(database, "SELECT * FROM slowest LIMIT 1")[0]
    cases.check((21, host.readable(REDIS)), (slowest["exchange"], slowest["file"]))
    cases.check({"unanswered"}, {row["status"] for row in ask(database, "SELECT * FROM unanswered")})
    rows = host.rows(REDIS, "exchanges")
    times = sorted(float(row["latency"]) for row in rows if row["latency"])
    server = ask(database, "SELECT * FROM servers WHERE server_port = 6379")[0]
    cases.check((len(rows), len(times), times[0], times[-1]),
                (server["exchanges"], server["answered"], server["min_latency"], server["max_latency"]))
    cases.check((times[-(-len(times) // 2) - 1], times[-(-len(times) * 95 // 100) - 1]),
                (server["median_latency"], server["p95_latency"]))
    plan = ask(database, "EXPLAIN QUERY PLAN SELECT * FROM exchanges WHERE latency > 0.1")
    cases.check(True, "exchanges_by_latency" in plan[0]["detail"], plan)


def sessions():
    """Numbers restart: each session is a capture of its own."""
    database = place()
    cases.check(0, run(REDIS, database, ",rows=exchanges", words=["-M", "20"]).returncode)
    captures = ask(database, "SELECT capture, frames, complete FROM captures")
    cases.check(True, len(captures) > 1 and all(row["complete"] for row in captures), captures)
    printed = host.run(["tshark", "-r", host.readable(REDIS), "-q", "-M", "20", "-z", "reqresp,export,rows=exchanges"])
    printed = host.parse(printed.stdout.decode())
    cases.check(sorted((row["id"], row["ended_by"]) for row in host_truth(printed)),
                sorted((row["id"], row["ended_by"]) for row in ask(database, "SELECT * FROM exchanges")))


def host_truth(rows):
    """Of each session the highest parts: `exchange` restarts, so rows are told apart by their order."""
    kept, seen = [], {}
    for row in rows:
        key = (row["exchange"], row["id"])
        if key in seen and int(row["part"]) > 1:
            kept[seen[key]] = row
        else:
            seen[key] = len(kept)
            kept.append(row)
    return kept


def refused(done, word):
    lines = done.stderr.decode().splitlines()
    cases.check((1, b"", 1), (done.returncode, done.stdout, len(lines)), "exit status, output, lines: %r" % lines)
    cases.check(True, word in lines[0], "%r names %r" % (lines[0], word))


def refuse_without_file():
    refused(host.run(["tshark", "-r", host.readable(REDIS), "-q", "-z", "reqresp,export,format=sqlite"]), "to=FILE")


def refuse_what_is_another():
    database = place()
    database.write_text("This is no database, but it is longer than a hundred bytes, as a header has to be. " * 9)
    database.chmod(0o666)
    refused(run(REDIS, database, ""), "file is not a database")
    for table in ("messages", "captures"):
        database = place()
        with sqlite3.connect(database) as connection:
            connection.execute("CREATE TABLE %s(a)" % table)
        database.chmod(0o666)
        refused(run(REDIS, database, ""), '"%s" that is not of this plugin' % table)
        cases.check([{"name": table}], ask(database, "SELECT name FROM sqlite_master"))


def refuse_where_nothing_can_be_written():
    refused(run(REDIS, "/nonexistent/rows.db", ""), "/nonexistent/rows.db: unable to open")
    database = place()
    export(REDIS, database, "")
    if host.IS_ROOT:
        os.chown(database, 0, 0)
        database.chmod(0o444)
        refused(run(REDIS, database, ""), "read-only")


def refuse_and_leave_nothing():
    database = place()
    for option in (",header=no", ",time=epoch", ",tag.capture=1", ",columns=x", ",tcp.port =="):
        refused(run(REDIS, database, option), option.split("=")[0][1:].removeprefix("tag."))
    refused(run(REDIS, database, "", ",rows=x"), "rows=x")
    refused(host.run(["tshark", "-r", host.readable(REDIS), "-q", "-z", "reqresp,export,format=sqlite,to=%s" % database,
                      "-z", "reqresp,export,to=%s" % database]), "another export")
    cases.check([], os.listdir(database.parent))


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))


def full_disk():
    """What was committed before is there, what was not is told, and the capture does not look whole."""
    database = place()
    export(REDIS, database, ",rows=exchanges")
    done = run(host.CAPTURES / "redis_loss_c.pcap.gz", database, ",payload=hex,payload-max=1M", preexec_fn=small_files)
    lines = done.stderr.decode().splitlines()
    cases.check((2, 1), (done.returncode, len(lines)), "%r" % lines)
    cases.check(True, "rows lost" in lines[0], lines[0])
    cases.check([1], [row["complete"] for row in ask(database, "SELECT complete FROM captures WHERE complete")])
    cases.check(len(host.rows(REDIS, "exchanges")), len(ask(database, "SELECT 1 FROM exchanges")))


def interrupted():
    database = place()
    argv, environment = host.command(["tshark", "-r", "-", "-q", "-z", "reqresp,export,format=sqlite,to=%s" % database])
    data = REDIS.read_bytes()
    with subprocess.Popen(argv, env=environment, cwd=host.SCRATCH, stdin=subprocess.PIPE) as process:
        process.stdin.write(data[:1000])
        process.stdin.flush()
        for at in range(1000, len(data), 100):
            process.stdin.write(data[at:at + 100])
            process.stdin.flush()
            time.sleep(0.01)
        for _ in range(200):
            if database.exists() and ask(database, "SELECT 1 FROM sqlite_master WHERE name = 'messages'"):
                break
            time.sleep(0.1)
        process.kill()
    cases.check([], [row for row in ask(database, "SELECT * FROM captures WHERE complete")])
    export(REDIS, database, "")
    cases.check(1, len(ask(database, "SELECT * FROM captures WHERE complete")))


def nothing_captured():
    """A capture without a frame is one that was exported."""
    database, capture = place(), host.SCRATCH / "captures/nothing.pcap"
    capture.write_bytes(REDIS.read_bytes()[:24])
    export(capture, database, ",rows=exchanges", ",rows=messages")
    cases.check([(1, 0, None)], [(row["complete"], row["frames"], row["started"])
                                 for row in ask(database, "SELECT * FROM captures")])


def tags_and_columns():
    database = place()
    export(REDIS, database, ",rows=exchanges,columns=latency,tag.order=a\\,b")
    export(SERVER_END, database, ",rows=exchanges,columns=+direction_from,tag.system=KAP")
    rows = ask(database, "SELECT * FROM exchanges ORDER BY capture, exchange")
    cases.check(("a,b", None, None, None, 1), tuple(rows[0][name] for name in ("order", "system", "direction_from", "status", "part")))
    cases.check((None, "KAP", "syn"), tuple(rows[-1][name] for name in ("order", "system", "direction_from")))


def not_built_in():
    refused(run(REDIS, place(), ""), "not built in")


def main(words):
    todo = [("bytes are safe", bytes_are_safe), ("twice", twice, [], ",rows=exchanges"),
            ("twice, all kinds", twice, [], *(",rows=" + kind for kind in host.KINDS)),
            ("twice, in two passes", twice, ["-2"], ",rows=messages"), ("a part of it", a_part_of_it),
            ("one after the other", one_after_the_other), ("higher part replaces", higher_part_replaces),
            ("questions", questions), ("sessions", sessions), ("refused: no file", refuse_without_file),
            ("refused: another's", refuse_what_is_another), ("refused: not writable", refuse_where_nothing_can_be_written),
            ("refused: nothing left", refuse_and_leave_nothing), ("full disk", full_disk), ("interrupted", interrupted),
            ("nothing captured", nothing_captured), ("tags and columns", tags_and_columns)]
    for capture in (REDIS, LATE, SUMMARIES, host.CAPTURES / "redis_pubsub.pcap", host.CAPTURES / "crafted/hole.pcap"):
        todo += [("%s of %s" % (kind, capture.stem), rows_are_those_of_csv, capture, kind, []) for kind in host.KINDS]
    todo += [("%s in two passes" % kind, rows_are_those_of_csv, REDIS, kind, ["-2"]) for kind in host.KINDS]
    cases.run(cases.chosen(todo if BUILT_IN else [("not built in", not_built_in)], words))


if __name__ == "__main__":
    main(sys.argv[1:])
