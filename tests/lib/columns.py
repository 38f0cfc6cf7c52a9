"""The columns that rows have, as doc/columns.md lists them; a test holds that page to the plugin."""
import collections
import re

import host

Column = collections.namedtuple("Column", "name kind asked")  # asked: only in rows that ask for it
LINE = re.compile(r"\| `(\w+)` \|[^|]*\| (\w+) \| (.*) \|$", re.MULTILINE)


def table(noun):
    """In the order of the rows: what is always there, then what is asked for."""
    page = (host.ROOT / "doc/columns.md").read_text()
    section = page.split("\n## rows=%s\n" % noun)[1].split("\n## ")[0]
    found = [Column(name, kind, "`columns=` asks for it." in help) for name, kind, help in LINE.findall(section)]
    assert found, "no columns of %s" % noun
    return sorted(found, key=lambda column: column.asked)
