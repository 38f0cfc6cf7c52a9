#!/usr/bin/python3
"""The rows of every capture, byte by byte: in one pass and in two they are those of rows/NAME.ROWS.csv.

    run.py [--one | --two | --update] [NAME...]

--update shows how the rows differ from the files and then writes them.
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
PASSES = {"--one": [], "--two": ["-2"]}


def table():
    """(capture, kind of rows, golden file) for each word of cases.txt."""
    for line in (HERE / "cases.txt").read_text().splitlines():
        name, *kinds = line.partition("#")[0].split() or [None]
        for kind in kinds:
            yield name, kind, ROWS / ("%s.%s.csv" % (name.replace("/", "_"), kind))


def difference(golden, got):
    old = golden.read_bytes().decode() if golden.exists() else ""
    lines = list(difflib.unified_diff(old.splitlines(), got.splitlines(), golden.name, "got", lineterm="", n=1))
    if len(lines) > SHOWN:
        lines[SHOWN:] = ["... and %d lines more" % (len(lines) - SHOWN)]
    return "" if old == got else "\n".join(lines) or "other line ends"


def compare(capture, kind, golden, words):
    changed = difference(golden, host.export(capture, kind, *words))
    if changed:
        raise AssertionError(changed)


def update(capture, kind, golden):
    got = host.export(capture, kind)
    changed = difference(golden, got)
    if not changed:
        return ""
    golden.write_bytes(got.encode())
    return "written\n" + changed


def every_capture_is_in_the_table(captures, listed):
    cases.check(sorted(captures), sorted(listed))


def main(words):
    modes = [word for word in words if word.startswith("--")]
    names = [word for word in words if not word.startswith("--")]
    captures = host.captures()
    lines = list(table())
    todo = [("table", every_capture_is_in_the_table, captures, {name for name, _, _ in lines})]
    for name, kind, golden in lines:
        title = "%s %s" % (name, kind)
        if "--update" in modes:
            todo.append((title, update, captures[name], kind, golden))
            continue
        for mode, flags in PASSES.items():
            if mode in modes or not modes:
                todo.append((title + " " + mode[2:], compare, captures[name], kind, golden, flags))
    cases.run(cases.chosen(todo, names))


if __name__ == "__main__":
    main(sys.argv[1:])
