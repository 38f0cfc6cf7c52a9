#!/usr/bin/python3
"""The lists of columns in doc/sql are those of doc/columns.md, which are those of plugin/exchange/columns_*.c.

    schema.py [--update]    --update writes the lists anew

A list begins with the line `-- columns of NOUN` and ends with the column `capture`.
"""
import difflib
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import columns  # noqa: E402
import host  # noqa: E402

SQL = host.ROOT / "doc/sql"
LIST = re.compile(r"(    -- columns of (\w+)\n)(.*?)(?=    capture )", re.DOTALL)
ADDRESSES = ("src", "dst", "client", "server")
# Kind of a column -> type; what is there by name goes before.
POSTGRESQL = {"count": "bigint", "id": "character(16)", "port": "integer", "frame": "bigint", "time": "timestamptz",
              "span": "numeric(19,9)", "flag": "boolean", "text": "text", "bytes": "text"}
MARIADB = {"count": "BIGINT", "id": "CHAR(16)", "port": "INT", "frame": "BIGINT", "time": "DATETIME(6)",
           "span": "DECIMAL(19,9)", "flag": "BOOLEAN", "text": "TEXT", "bytes": "LONGTEXT"}
POSTGRESQL_NAMED = dict.fromkeys(ADDRESSES, "inet")
MARIADB_NAMED = dict.fromkeys(ADDRESSES, "VARCHAR(45)") | {"message": "VARCHAR(8)", "transport": "VARCHAR(8)"}


def postgresql(column):
    """Words of SQL have to be quoted; the column that must be asked for is a comment."""
    name = '"end"' if column.name == "end" else column.name
    kind = POSTGRESQL_NAMED.get(column.name, POSTGRESQL[column.kind])
    return "    %s%s %s,\n" % ("-- " if column.asked else "", name, kind)


def mariadb_type(column):
    return MARIADB_NAMED.get(column.name, MARIADB[column.kind])


def mariadb(column):
    return "    `%s` %s,\n" % (column.name, mariadb_type(column))


def mariadb_loads(column):
    """A text in between is in the server's usual character set unless it is told."""
    told = " CHARACTER SET utf8mb4" if column.kind in ("text", "bytes") else ""
    return "    `%s` %s%s PATH '$.%s' ERROR ON ERROR,\n" % (column.name, mariadb_type(column), told, column.name)


FILES = {"postgresql.sql": (postgresql, host.KINDS), "mariadb.sql": (mariadb, host.KINDS)} | {
    "mariadb-%s.sql" % noun: (mariadb_loads, (noun,)) for noun in host.KINDS}
WITHOUT_LIST = ("both-ends.sql",)


def as_it_should(name, line, nouns):
    path = SQL / name
    text = path.read_text()
    cases.check(list(nouns), [found[2] for found in LIST.finditer(text)], "lists")
    wanted = LIST.sub(lambda found: found[1] + "".join(map(line, columns.table(found[2]))), text)
    if "--update" in sys.argv:
        path.write_text(wanted)
    else:
        changes = difflib.unified_diff(text.splitlines(), wanted.splitlines(), lineterm="")
        cases.check("", "\n".join(changes), "as wanted")


def main():
    cases.check(sorted([*FILES, *WITHOUT_LIST]), sorted(path.name for path in SQL.glob("*.sql")))
    cases.run([(name, as_it_should, name, *how) for name, how in FILES.items()])


if __name__ == "__main__":
    main()
