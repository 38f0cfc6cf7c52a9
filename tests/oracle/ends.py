#!/usr/bin/python3
"""The same traffic captured at the client and at the server gives the same exchange ids in the same order."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402


def ids(path):
    """Stream -> ids: exchanges of different connections may begin in another order at the other end."""
    streams = {}
    for row in facts.exchanges(path):
        streams.setdefault(row["stream"], []).append(row["id"])
    return streams


def same(client_end, server_end):
    here, there = ids(client_end), ids(server_end)
    for stream in sorted(here.keys() | there.keys()):
        cases.check(here.get(stream), there.get(stream), "stream " + stream)
    return "%d ids" % sum(map(len, here.values()))


def main(words):
    captures = host.captures()
    todo = [(name[:-2], same, path, captures[name[:-2] + "_s"])
            for name, path in captures.items() if name.endswith("_c") and name[:-2] + "_s" in captures]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
