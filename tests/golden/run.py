#!/usr/bin/python3
"""The rows of every capture, byte by byte: in one pass and in two they are those of rows/NAME.ROWS.csv.

    run.py [--ruled] [--one | --two | --deinterlaced | --update] [NAME...]

--update shows how the rows differ from the files and then writes them.  With --deinterlaced Wireshark, which can do so from 4.6 on,
keeps conversations apart by VLAN, Ethernet addresses and interface.  On every version of Wireshark the rows are the same, but for
what differs.txt tells; where it tells of other rows altogether, those are in rows/NAME.ROWS.VERSION.csv.
"""
import difflib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROWS = HERE / "rows"
# With the rules of protocols: the captures in ruled.txt, and rows of their own.
RULED = "--ruled" in sys.argv
RULES = ["-o", "reqresp.rules:TRUE"] if RULED else []
SHOWN = 40
DEINTERLACED = "--deinterlaced"
MODES = {"--one": [], "--two": ["-2"], DEINTERLACED: ["-o", "protocols.conversation_deinterlacing_key:VMI"]}
# Whose streams have other numbers then: a copy of each segment has a stream of its own (structure/deinterlaced.py); the dissector of
# HTTP/2 uses up a number.
OTHER_STREAMS = {"crafted/mirror_vlans", "http2", "https"}


def lines_of(name):
    return filter(None, (line.partition("#")[0].split() for line in (HERE / name).read_text().splitlines()))


def told(kind):
    """As files and differs.txt name rows of this kind."""
    return kind + ".ruled" if RULED else kind


def differences(name, kind):
    """What differs.txt tells of these rows and this version of Wireshark: (since which version, its further words)."""
    return [(since, words) for since, *what, words in ((*line[:3], line[3:]) for line in lines_of("differs.txt"))
            if what == [name, told(kind)] and host.version() >= tuple(map(int, since.split(".")))]


def golden(name, kind):
    others = ["." + since for since, words in differences(name, kind) if not words]
    return ROWS / ("%s.%s%s.csv" % (name.replace("/", "_"), told(kind), others[-1] if others else ""))


def changes(name, kind):
    """(begin of a row in the golden file, begin of that row on this version of Wireshark)."""
    return [words for _, words in differences(name, kind) if words]


def wanted(name, kind):
    text = golden(name, kind).read_bytes().decode() if golden(name, kind).exists() else ""
    for here, there in changes(name, kind):
        cases.check(1, text.count("\n" + here + ","), "rows that begin with " + here)
        text = text.replace("\n" + here + ",", "\n" + there + ",")
    return text


def difference(file, old, got):
    lines = list(difflib.unified_diff(old.splitlines(), got.splitlines(), file.name, "got", lineterm="", n=1))
    if len(lines) > SHOWN:
        lines[SHOWN:] = ["... and %d lines more" % (len(lines) - SHOWN)]
    return "" if old == got else "\n".join(lines) or "other line ends"


def compare(name, capture, kinds, *words):
    problems = [difference(golden(name, kind), wanted(name, kind), got)
                for kind, got in host.exports(capture, tuple(kinds), *RULES, *words).items()]
    if any(problems):
        raise AssertionError("\n".join(filter(None, problems)))


def update(name, capture, kinds, *words):
    written = []
    for kind, got in host.exports(capture, tuple(kinds), *RULES, *words).items():
        if changes(name, kind):
            raise AssertionError("these rows are others on this version of Wireshark: update them on an earlier one")
        problem = difference(golden(name, kind), wanted(name, kind), got)
        if problem:
            golden(name, kind).write_bytes(got.encode())
            written.append("written\n" + problem)
    return "\n".join(written)


def every_capture_is_in_a_table(captures, listed):
    cases.check(sorted(captures), sorted(listed))


def main(arguments):
    names = [word for word in arguments if not word.startswith("--")]
    modes = [mode for mode in MODES if mode in arguments] or ["--one", "--two"]
    captures = host.captures()
    lines = list(lines_of("ruled.txt" if RULED else "cases.txt"))
    listed = {name for table in ("cases.txt", "ruled.txt") for name, *_ in lines_of(table)}
    todo = [] if RULED else [("table", every_capture_is_in_a_table, captures, listed)]
    for name, *words in lines:
        kinds = [word for word in words if "=" not in word]
        known = [part for word in words if "=" in word for part in ("-d", word)]
        if "--update" in arguments:
            todo.append((name, update, name, captures[name], kinds, *known))
            continue
        for mode in modes:
            if mode != DEINTERLACED or name not in OTHER_STREAMS:
                todo.append(("%s %s" % (name, mode[2:]), compare, name, captures[name], kinds, *MODES[mode], *known))
    cases.run(cases.chosen(todo, names))


if __name__ == "__main__":
    main(sys.argv[1:])
