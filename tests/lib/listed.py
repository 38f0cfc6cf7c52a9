"""The disagreements that doc/oracles.md lists: the page is what the tests hold, so that it cannot go stale."""
import re

import host

PAGE = host.ROOT / "doc" / "oracles.md"


def cells(line):
    return [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]


def table(heading, first="capture"):
    """The rows, as dicts, of the table below the heading whose first column is called `first`."""
    text = PAGE.read_text(encoding="utf-8")
    section = re.search(r"^#+ %s\n(.*?)(?=^#|\Z)" % re.escape(heading), text, re.S | re.M)
    if not section:
        raise AssertionError("%s has no heading %r" % (PAGE.name, heading))
    blocks = [block.strip().splitlines() for block in section[1].split("\n\n")]
    head, rows = next(((cells(lines[0]), lines[2:]) for lines in blocks if lines and cells(lines[0])[0] == first),
                      (None, ()))
    if not rows:
        raise AssertionError("no table of %s below %r" % (first, heading))
    found = [dict(zip(head, cells(line), strict=True)) for line in rows if line]
    for row in found:
        if not all(row.values()):
            raise AssertionError("%r: %s" % (heading, " | ".join(row.values())))
    return found
