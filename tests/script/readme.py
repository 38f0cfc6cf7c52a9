#!/usr/bin/python3
"""What README.md and pages of doc/ show is what their commands print."""
import pathlib
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402
import pages  # noqa: E402

PAGES = ("README.md", "doc/statistics.md", "doc/lua.md")


def readable(word):
    """A file of the project, by a name that whoever tshark runs as can read."""
    before, colon, name = word.rpartition("lua_script:")
    ours = name.startswith("captures/") or (colon and name.startswith("doc/"))
    return before + colon + str(host.readable(host.ROOT / name)) if ours else word


def prints(command, output):
    host.assert_loaded()
    words = [readable(word) for word in shlex.split(command)]
    done = host.run(words)
    lines = [line.rstrip() for line in done.stdout.decode().splitlines()]
    cases.check("\n".join(lines).strip("\n"), "\n".join(output).strip("\n"))


cases.run([(command, prints, command, output) for page in PAGES for command, output in pages.shown(page)])
