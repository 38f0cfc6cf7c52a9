#!/usr/bin/python3
"""The rows of every capture, byte by byte: in one pass and in two they are those of rows/NAME.ROWS.csv.

    run.py [--one | --two | --deinterlaced | --update] [NAME...]

--update shows how the rows differ from the files and then writes them.  With --deinterlaced Wireshark, which can do so from 4.6 on,
keeps conversations apart by VLAN, Ethernet addresses and interface.  On every version of Wireshark the rows are the same, but for
what differs.txt tells.
"""
import difflib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROWS = HERE / "rows"
SHOWN = 40
DEINTERLACED = "--deinterlaced"
MODES = {"--one": [], "--two": ["-2"], DEINTERLACED: ["-o", "protocols.conversation_deinterlacing_key:VMI"]}
# What is one stream otherwise, with a copy of each segment: structure/deinterlaced.py tells what it is then.
SEVERAL_STREAMS = {"crafted/mirror_vlans"}


def lines_of(name):
    return filter(None, (line.partition("#")[0].split() for line in (HERE / name).read_text().splitlines()))


def table():
    """(capture, kind of rows, golden file) for each word of cases.txt."""
    for name, *kinds in lines_of("cases.txt"):
        for kind in kinds:
            yield name, kind, ROWS / ("%s.%s.csv" % (name.replace("/", "_"), kind))


def changes(name, kind):
    """(begin of a row in the golden file, begin of that row on this version of Wireshark)."""
    return [(here, there) for since, *what, here, there in lines_of("differs.txt")
            if what == [name, kind] and host.version() >= tuple(map(int, since.split(".")))]


def wanted(golden, changed):
    text = golden.read_bytes().decode() if golden.exists() else ""
    for here, there in changed:
        cases.check(1, text.count("\n" + here + ","), "rows that begin with " + here)
        text = text.replace("\n" + here + ",", "\n" + there + ",")
    return text


def difference(golden, old, got):
    lines = list(difflib.unified_diff(old.splitlines(), got.splitlines(), golden.name, "got", lineterm="", n=1))
    if len(lines) > SHOWN:
        lines[SHOWN:] = ["... and %d lines more" % (len(lines) - SHOWN)]
    return "" if old == got else "\n".join(lines) or "other line ends"


def compare(capture, golden, changed, kind, *words):
    problem = difference(golden, wanted(golden, changed), host.export(capture, kind, *words))
    if problem:
        raise AssertionError(problem)


def update(capture, golden, changed, kind):
    if changed:
        raise AssertionError("these rows are others on this version of Wireshark: update them on an earlier one")
    got = host.export(capture, kind)
    problem = difference(golden, wanted(golden, []), got)
    if not problem:
        return ""
    golden.write_bytes(got.encode())
    return "written\n" + problem


def every_capture_is_in_the_table(captures, listed):
    cases.check(sorted(captures), sorted(listed))


def main(words):
    names = [word for word in words if not word.startswith("--")]
    modes = [mode for mode in MODES if mode in words] or ["--one", "--two"]
    captures = host.captures()
    lines = list(table())
    todo = [("table", every_capture_is_in_the_table, captures, {name for name, _, _ in lines})]
    for name, kind, golden in lines:
        what = captures[name], golden, changes(name, kind), kind
        if "--update" in words:
            todo.append(("%s %s" % (name, kind), update, *what))
            continue
        for mode in modes:
            if mode != DEINTERLACED or name not in SEVERAL_STREAMS:
                todo.append(("%s %s %s" % (name, kind, mode[2:]), compare, *what, *MODES[mode]))
    cases.run(cases.chosen(todo, names))


if __name__ == "__main__":
    main(sys.argv[1:])
