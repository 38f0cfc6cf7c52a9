#!/usr/bin/python3
"""The pages on databases, run as they stand, and the rows of captures in a real PostgreSQL and MariaDB.

Both servers belong to the test, have no rights, and listen at a socket in its folder only.
"""
import contextlib
import csv
import datetime
import io
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / name) for name in ("lib", "servers")] + [str(HERE.parents[2] / "captures")]
import cases  # noqa: E402
import columns  # noqa: E402
import daemons  # noqa: E402
import host  # noqa: E402
import lab as labs  # noqa: E402
import make  # noqa: E402
import pages  # noqa: E402
import software  # noqa: E402

PAGES = ("doc/export.md", "doc/databases.md", "doc/network-or-server.md")
PROGRAMS = ("setpriv", "initdb", "postgres", "psql", "mariadbd", "mariadb", "sqlite3")
# Several parts, pushes, one side only, IPv6, nanoseconds, text that is hard to write.
CAPTURES = ["redis_nano", "redis_pubsub", "ipv6", "oneway_c2s", "crafted/late_answer", "crafted/late_both", "crafted/summaries",
            "words"]
OURS = "capture IN (%s)" % ", ".join("'%s'" % name for name in CAPTURES)
WORDS = ["NULL", "null", "\\N", "'", "'quoted'", "true", "a\\tb\\\\n", "\t=1", '"', '""', "\\", "{}", "é€", "-1", ","]
TALK = "\n".join(["conn 192.0.2.1:40000>198.51.100.7:7001", "+0 c S", "+1ms s SA", "+1us c A"] + [
    '+1ms c PA "%s\\n"\n+1ms s PA "NULL\\n"' % "".join("\\x%02x" % byte for byte in word.encode()) for word in WORDS])


class Servers(daemons.Daemons):
    """Both databases, and a shell in which a reader of the pages would type."""
    server = contextlib.nullcontext()

    def __init__(self):
        super().__init__("databases-")
        self.home = self.make_folder("home")
        software.start_postgres(self, "-c", "listen_addresses=", "-c", "unix_socket_directories=%s" % self.home)
        software.start_mariadb(self, "--skip-networking", "--socket=%s/mariadb" % self.home)
        (self.home / ".my.cnf").write_text("[client]\nuser = root\nsocket = %s/mariadb\n" % self.home)
        (self.home / "captures").symlink_to(host.SCRATCH / "pages")
        shutil.copytree(host.ROOT / "doc", self.home / "doc")

    def shell(self, command):
        argv, environment = host.command(["bash", "-o", "pipefail", "-c", command])
        environment |= {"PGHOST": str(self.home), "PGUSER": "postgres", "PGTZ": "UTC",
                        "HOME": str(self.home)}
        return subprocess.run(argv, env=environment, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=host.SECONDS, check=False)

    def says(self, command):
        done = self.shell(command)
        cases.check((0, ""), (done.returncode, done.stderr.decode()), command)
        return done.stdout.decode()

    def wait(self):
        for ask in ("psql postgres -c 'SELECT 1'", "mariadb -e 'SELECT 1'"):
            deadline = time.monotonic() + labs.PATIENCE
            while self.shell(ask).returncode:
                if time.monotonic() > deadline:
                    raise RuntimeError("no answer to %s: %s" % (ask, self.logs()[-2000:]))
                time.sleep(0.2)


def captures():
    """Where the host's user can read them, by the names that the pages use."""
    folder = host.SCRATCH / "pages"
    folder.mkdir()
    for path in host.captures().values():
        link = folder / path.relative_to(host.CAPTURES)
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(host.readable(path))
    (folder / "words.pcap").write_bytes(make.Capture(TALK).pcap())


# ---- pages

def page(servers, name):
    """Commands of a page one after the other: each may need what those before it did."""
    shown, others = list(pages.shown(name)), []
    for command, output in shown:
        said = "\n".join(line.rstrip() for line in servers.says(command).splitlines())
        if said.strip("\n") != "\n".join(output).strip("\n"):
            others.append("$ %s\n%s" % (command, said))
    cases.check(True, len(shown) > 3, "commands")
    if others:
        raise AssertionError("said otherwise:\n" + "\n".join(others))
    return "%d commands" % len(shown)


# ---- rows

def exported(folder):
    """The rows of CAPTURES as both databases take them: NOUN.N.csv of each, NOUN.ndjson of all."""
    for number, name in enumerate(CAPTURES):
        words = []
        for noun in host.KINDS:
            for ending in ("csv", "ndjson"):
                words += ["-z", "reqresp,export,rows=%s,format=%s,to=%s/%s.%d.%s,tag.capture=%s"
                          % (noun, ending, folder, noun, number, ending, name)]
        done = host.run(["tshark", "-r", str(host.SCRATCH / "pages" / name) + ".pcap", "-q", *words])
        cases.check((0, b""), (done.returncode, done.stderr), name)
    for noun in host.KINDS:
        (folder / (noun + ".ndjson")).write_bytes(
            b"".join((folder / ("%s.%d.ndjson" % (noun, n))).read_bytes() for n in range(len(CAPTURES))))


def load_postgresql(servers, noun):
    copies = [r"""-c "\copy reqresp.%s FROM '%s' (FORMAT csv, HEADER MATCH)" """ % (noun, path)
              for path in sorted(servers.home.glob(noun + ".*.csv"))]
    servers.says("psql -q kept " + "".join(copies))


def load_mariadb(servers, noun):
    servers.says('mariadb --local-infile kept -e "$(cat doc/sql/mariadb-%s.sql)" <%s/%s.ndjson' % (noun, servers.home, noun))


def postgresql_rows(servers, noun, condition="true"):
    text = servers.says(r"""psql kept -c "\copy (SELECT * FROM reqresp.%s WHERE %s) TO STDOUT CSV HEADER" """
                        % (noun, condition))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def mariadb_rows(servers, noun, condition="true"):
    names = [column.name for column in columns.table(noun) if not column.asked] + ["capture"]
    text = servers.says("mariadb --batch --raw -N --default-character-set=utf8mb4 kept -e %s" % shlex.quote(
        "SELECT JSON_ARRAY(%s) FROM %s WHERE %s" % (",".join("`%s`" % name for name in names), noun, condition)))
    return [dict(zip(names, ["" if cell is None else cell for cell in json.loads(line, parse_float=str, parse_int=str)]))
            for line in text.splitlines()]


def rounded(text):
    """PostgreSQL rounds times to microseconds, by way of a float, and prints them in its own way."""
    seconds, fraction = text.removesuffix("Z").split(".")
    at = datetime.datetime.fromisoformat(seconds) + datetime.timedelta(microseconds=round(float("0." + fraction) * 1e6))
    return at.isoformat(" ", "microseconds").rstrip("0").rstrip(".") + "+00"


def cut(text):
    """MariaDB cuts times off at microseconds."""
    return text.replace("T", " ")[:26]


DATABASES = {
    "PostgreSQL": (load_postgresql, postgresql_rows, {"time": rounded, "flag": lambda text: text[0]}),
    "MariaDB": (load_mariadb, mariadb_rows, {"time": cut, "flag": lambda text: "1" if text == "true" else "0"}),
}


def wanted(database, noun, rows):
    """The rows of an export as the database is to have them."""
    as_there = DATABASES[database][2]
    kinds = {column.name: column.kind for column in columns.table(noun)} | {"capture": "text"}
    return [{name: as_there.get(kinds[name], str)(cell) if cell else "" for name, cell in row.items()} for row in rows]


def in_order(rows):
    return sorted(rows, key=lambda row: [row[name] for name in sorted(row)])


def holds(servers, database, noun):
    """After one load, and after another of the same captures, the table has the truth of their rows."""
    load, rows_of, _ = DATABASES[database]
    printed = [host.parse(path.read_text()) for path in sorted(servers.home.glob(noun + ".*.csv"))]
    there = in_order(wanted(database, noun, [row for rows in printed for row in host.truth(rows)]))
    for _ in range(2):
        load(servers, noun)
        for row, got in zip(there, in_order(rows_of(servers, noun, OURS)), strict=True):
            cases.check(row, got)
    return "%d rows of %d" % (len(there), sum(map(len, printed)))


PIPES = {
    "PostgreSQL": "tshark -r captures/%s.pcap -q -z reqresp,export,rows=exchanges,tag.capture=%s |"
                  r" psql -q kept -c '\copy reqresp.exchanges FROM STDIN (FORMAT csv, HEADER MATCH)'",
    "MariaDB": "tshark -r captures/%s.pcap -q -z reqresp,export,rows=exchanges,format=ndjson,tag.capture=%s |"
               ' mariadb --local-infile kept -e "$(cat doc/sql/mariadb-exchanges.sql)"',
}


def keeps_higher_part(servers, database):
    """The first part of a row, loaded after the second one, changes nothing."""
    name, first = "crafted/late_answer", {"PostgreSQL": "| sed -n 1,2p |", "MariaDB": "| sed -n 1p |"}[database]
    whole, once = PIPES[database] % (name, "whole"), PIPES[database] % (name, "once")
    servers.says("; ".join((whole, whole.replace("|", first), once.replace("|", first))))
    rows = DATABASES[database][1](servers, "exchanges", "capture IN ('whole', 'once')")
    cases.check({"whole": ("2", "answered"), "once": ("1", "unanswered")},
                {row["capture"]: (row["part"], row["status"]) for row in rows})


REFUSED = [
    ("no capture named", "tag.capture=refused", "tag.other=x"),
    ("times since 1970", "tag.", "time=epoch,tag."),
    ("rows of another kind", "rows=exchanges", "rows=connections"),
    ("a spoilt row", " |", " | sed '5s/answered/answered,\"/' |"),
    ("no rows at all", "tshark", "tshark --nonsense 2>/dev/null"),
]


def refuses(servers, database, old, new):
    """What is not as it should be is not taken, nor is anything beside it."""
    done = servers.shell((PIPES[database] % ("redis_nano", "refused")).replace(old, new, 1))
    cases.check((True, True), (done.returncode != 0, bool(done.stderr) or "nonsense" in new), "refused: %r" % done.stderr)
    cases.check([], DATABASES[database][1](servers, "exchanges", "capture = 'refused'"))


def columns_asked_for(servers):
    """MariaDB's tables have them all, and rows name theirs."""
    servers.says((PIPES["MariaDB"] % ("redis_nano", "some")).replace(
        "tag.", "columns=stream:id:part:status:request_complete:latency,tag."))
    said = servers.says("mariadb --batch -N kept -e \"SELECT DISTINCT request_complete, request_start FROM exchanges "
                        "WHERE capture = 'some'\"")
    cases.check("1\tNULL\n", said)


PAYLOADS = {
    "PostgreSQL": ("createdb texts && sed 's/-- \\(.*payload\\)/\\1/' doc/sql/postgresql.sql | psql -q texts",
                   r"psql -q texts -c '\copy reqresp.%s FROM STDIN (FORMAT csv, HEADER MATCH)'", "csv",
                   "psql -At texts -c \"SELECT jsonb_build_array(%s) FROM reqresp.%s\""),
    "MariaDB": ("mariadb -e 'CREATE DATABASE texts' && mariadb texts <doc/sql/mariadb.sql",
                'mariadb --local-infile texts -e "$(cat doc/sql/mariadb-%s.sql)"', "ndjson",
                "mariadb -N --raw --default-character-set=utf8mb4 texts -e \"SELECT JSON_ARRAY(%s) FROM %s\""),
}
HARD_TO_WRITE = [("messages", "id:message:part:payload"), ("exchanges", "id:part:status:request_payload:response_payload")]


def takes_payload(servers, database):
    """Every character of every payload as text, whatever the format did to it on the way."""
    tables, load, form, ask = PAYLOADS[database]
    servers.says(tables)
    for noun, names in HARD_TO_WRITE:
        export = "tshark -r captures/words.pcap -q -z reqresp,export,rows=%s,payload=text,format=%s,tag.capture=words"
        servers.says(export % (noun, form) + " | " + load % noun)
        lines = servers.says(export % (noun, "ndjson,columns=" + names)).splitlines()
        got = servers.says(ask % (names.replace(":", ","), noun)).splitlines()
        cases.check(sorted([json.loads(line)[name] for name in names.split(":")] for line in lines),
                    sorted(map(json.loads, got)), noun)
    return "%d words" % len(WORDS)


# ---- both ends

# A connection for each verdict: what both captures have of it, then how the client's and the server's go on.
HANDSHAKE = "+0 {0}.c S\n+1ms {0}.s SA\n+1us {0}.c A\n"
ASKED, SAID = '+1ms {0}.c PA "ask\\n"\n', '+%s {0}.s PA "answer\\n"\n'
VERDICTS = {
    "not seen at the server": (ASKED, ""),
    "answer not seen at the client": (ASKED, ASKED + SAID % "1ms"),
    "unanswered": (ASKED + "+1ms {0}.s R\n", ASKED + "+1ms {0}.s R\n"),
    "open": (ASKED, ASKED),
    "not known": (ASKED + SAID % "9ms", ASKED),
    "network": (ASKED + SAID % "9ms", ASKED + SAID % "4ms"),
    "server": (ASKED + SAID % "9ms", ASKED + SAID % "5ms"),
}
JOINS = {
    "PostgreSQL": ("createdb ends && psql -q ends -f doc/sql/postgresql.sql -c 'ALTER TABLE reqresp.exchanges ADD place text'",
                   ",tag.capture={0},tag.place={0} | psql -q ends -c '\\copy reqresp.exchanges FROM STDIN (FORMAT csv, HEADER MATCH)'",
                   "PGOPTIONS='-c client_min_messages=error -c search_path=reqresp' psql -q ends -f doc/sql/both-ends.sql",
                   "psql -At ends -c 'SELECT client_port, verdict FROM reqresp.both_ends ORDER BY 1'"),
    "SQLite": ("true", ",format=sqlite,to=ends.db,tag.place={0}", "sqlite3 ends.db <doc/sql/both-ends.sql",
               "sqlite3 ends.db 'SELECT client_port, verdict FROM both_ends ORDER BY 1'"),
}


def verdicts(servers, database):
    tables, load, join, ask = JOINS[database]
    servers.says(tables)
    for end, name in enumerate(("client", "server")):
        talk = ["conn v%d 192.0.2.1:%d>198.51.100.7:7001" % (i, 40000 + i) for i in range(len(VERDICTS))]
        talk += [(HANDSHAKE + ends[end]).format("v%d" % i) for i, ends in enumerate(VERDICTS.values())]
        (host.SCRATCH / "pages" / (name + "_end.pcap")).write_bytes(make.Capture("\n".join(talk)).pcap())
        servers.says("tshark -r captures/%s_end.pcap -q -z reqresp,export,rows=exchanges" % name + load.format(name))
    servers.says(join)
    cases.check(["%d|%s" % (40000 + i, verdict) for i, verdict in enumerate(VERDICTS)], servers.says(ask).splitlines())


def main(words):
    missing = [program for program in PROGRAMS if not daemons.find(program)]
    if missing:
        print("1..0 # SKIP there is no " + " and no ".join(missing))
        sys.exit(1 if os.environ.get("CI") == "true" else labs.SKIPPED)
    host.assert_loaded()
    captures()
    servers = Servers()
    try:
        exported(servers.home)
        servers.wait()
        servers.says("createdb kept && psql -q kept -f doc/sql/postgresql.sql")
        servers.says('mariadb -e "CREATE DATABASE kept" && mariadb kept <doc/sql/mariadb.sql')
        todo = [("%s, %s" % (database, noun), holds, servers, database, noun)
                for noun in host.KINDS for database in DATABASES]
        todo += [("%s keeps a higher part" % database, keeps_higher_part, servers, database) for database in DATABASES]
        todo += [("%s refuses %s" % (database, what), refuses, servers, database, old, new)
                 for database in DATABASES for what, old, new in REFUSED]
        todo += [("%s takes payload" % database, takes_payload, servers, database) for database in DATABASES]
        todo += [("%s, verdicts on both ends" % database, verdicts, servers, database) for database in JOINS]
        todo += [("MariaDB, columns asked for", columns_asked_for, servers)]
        todo += [(name, page, servers, name) for name in PAGES]
        cases.run(cases.chosen(todo, words))
    finally:
        servers.end_daemons()


if __name__ == "__main__":
    main(sys.argv[1:])
