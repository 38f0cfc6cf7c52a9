#!/usr/bin/python3
"""The plugin's statistics and Export Objects in Wireshark's own windows: what they show is what tshark prints.

They are filtered, drawn again, opened beside each other, with another capture, and while packets come in; each leaves a
picture in RR_PICTURES.  Without the programs it needs (see desktop.py) this exits 77, which the build takes for "skipped".
"""
import contextlib
import os
import pathlib
import re
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "lib")]
import cases  # noqa: E402
import desktop  # noqa: E402
import host  # noqa: E402
import tables as told  # noqa: E402

REDIS = host.CAPTURES / "redis_sync_c.pcap"
LOSS = host.CAPTURES / "redis_loss_c.pcap.gz"
ECHO = host.CAPTURES / "seed_echo.pcap"
PICTURES = pathlib.Path(os.environ.get("RR_PICTURES", host.SCRATCH))
FILTERS = ("frame.number < 12", "reqresp.latency > 0.0104", "")

BESIDE = (1200, 300)  # in the list of packets, not covered by a window
# In a window of that size.
DIALOG = (900, 700)
FILTER, APPLY, COPY, SAVE_ALL = (433, 685), (858, 685), (674, 716), (600, 716)

# Places in the menus, counted from their first entries.
SERVICE_RESPONSE_TIME = ["Down"] * 7 + ["Right"]
EXPORT_OBJECTS = ["Up"] * 3 + ["Right"] + ["Down"] * 4


def cells(line):
    return re.split(r"\s{2,}", line.strip())


def sheet(text):
    """Rows of a table of columns, without its last one, which can hold any text."""
    found, head = [], None
    for line in text.splitlines():
        if head and line.startswith("---") and found:
            break
        if head and not line.startswith("---"):
            found.append(dict(zip(head, cells(line))))
        elif not head and len(cells(line)) > 4:
            head = cells(line)
    for row in found:
        row.pop("Summary", None)
    return found


def srt(text):
    """Verb -> calls, min, max, average, sum."""
    rows = [cells(line) for line in text.splitlines()]
    return {row[0]: (int(row[2]), *row[3:]) for row in rows if len(row) == 7 and row[1].isdigit()}


def tree(text):
    """Sorted names and counts, as the window can put them in another order."""
    head, *lines = text[text.index("Topic"):].splitlines()
    at = head.index("Count")
    rows = [(line[:at], line[at:].split()) for line in lines if not line.startswith("---")]
    return sorted((" ".join(name.split()), counts[0]) for name, counts in rows if counts and counts[0].isdigit())


def printed_sheet(read):
    """The same of what tshark printed."""
    return lambda text: [{name: cell for name, cell in row.items() if cell and name != "Summary"} for row in read(text)]


# name -> (option, keys in the menu, title, how to read the window, how to read what tshark printed)
WINDOWS = {
    "stat": ("stat", ["Down"] * 13, "ReqResp Statistics", sheet, printed_sheet(lambda text: told.stat(text)[1])),
    "slowest": ("slowest", ["Down"] * 12, "ReqResp Slowest Exchanges", sheet, printed_sheet(told.slowest)),
    "load": ("load", ["Down"] * 11, "ReqResp Load", sheet, printed_sheet(lambda text: told.load(text)[1])),
    "srt": ("srt", SERVICE_RESPONSE_TIME + ["Down"] * 13, "ReqResp Service Response Time", srt, told.srt),
    "tree": ("tree", ["Up"], "ReqResp Latencies and Sizes", tree, tree),
}


def alike(one, other):
    """Numbers are, to what tshark prints of them; and rows in any order, as a window sorts them."""
    if isinstance(one, list) and one and isinstance(one[0], dict):
        return len(one) == len(other) and all(any(alike(a, b) for b in other) for a in one)
    if isinstance(one, dict):
        one, other = sorted(one.items()), sorted(other.items())
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    try:
        return abs(float(one) - float(other)) < 0.0011
    except (TypeError, ValueError):
        return one == other


class Table:
    """A window of one of the statistics."""

    def __init__(self, wireshark, name, picture=None):
        self.main, self.screen = wireshark, wireshark.screen
        self.option, keys, self.title, self.read, self.read_printed = WINDOWS[name]
        before = set(self.screen.windows(self.title))
        self.screen.click(BESIDE)
        wireshark.menu("s", *keys, "Return")
        new = desktop.eventually(lambda: set(self.screen.windows(self.title)) - before, "window " + self.title)
        self.window = new.pop()
        self.front()
        if picture:
            time.sleep(1)
            self.screen.picture(PICTURES / picture)

    def front(self):
        self.screen.run("xdotool", "windowactivate", "--sync", self.window)
        self.screen.place(self.window, *DIALOG)

    def text(self):
        self.screen.put(desktop.STALE)
        self.screen.click(COPY)
        time.sleep(0.5)
        return self.screen.clipboard()

    def shows(self, capture, text="", what=""):
        option = "reqresp,%s%s" % (self.option, "," + text if text else "")
        wanted = self.read_printed(host.tshark(capture, "-q", "-z", option))
        cases.check(True, bool(wanted), "tshark prints something")
        desktop.eventually(lambda: self.read(self.text()), "%s %s, of %s" % (self.option, what or text, wanted),
                           lambda got: alike(wanted, got))
        return wanted

    def filter(self, text):
        self.main.write(text, lambda: self.screen.click(FILTER))
        self.screen.click(APPLY)

    def close(self):
        self.front()
        self.screen.keys("Escape")
        desktop.eventually(lambda: self.window not in self.screen.windows(self.title), "window closed")


def wireshark(name, capture, *words, **more):
    return desktop.Wireshark(capture, *words, artefact=PICTURES / (name + ".png"), **more)


def table(name, kind):
    """As opened, under one filter, another and none."""
    with wireshark(name, REDIS) as window:
        shown = Table(window, kind, name + "_window.png")
        rows = shown.shows(REDIS)
        for text in FILTERS:
            shown.filter(text)
            shown.shows(REDIS, text)
        shown.close()
    return "%d rows" % len(rows)


def beside(name):
    """Another table's window, a display filter and packets that are looked at: each has the host draw again."""
    with wireshark(name, LOSS) as window:
        first = Table(window, "stat")
        first.shows(LOSS)
        first.filter("frame.number < 300")
        first.shows(LOSS, "frame.number < 300")
        second = Table(window, "load")
        second.shows(LOSS)
        first.front()
        first.shows(LOSS, "frame.number < 300", "beside another")
        first.close()
        second.front()
        second.shows(LOSS, "", "alone")
        second.close()
        window.apply("reqresp.response")
        window.select(20)
        third = Table(window, "stat")
        third.shows(LOSS)
        third.close()


def another_capture(name):
    """A window that stays open keeps what it showed; a new one shows the new capture."""
    with wireshark(name, REDIS) as window:
        Table(window, "stat").shows(REDIS)
        window.screen.click(BESIDE)
        window.open(ECHO)
        shown = Table(window, "stat", name + "_window.png")
        shown.shows(ECHO)
        shown.filter("frame.number == 5")
        shown.shows(ECHO, "frame.number == 5")
        shown.close()
        window.screen.keys("ctrl+r")
        time.sleep(1)
        shown = Table(window, "stat")
        shown.shows(ECHO, "", "read again")
        shown.close()


def packets(capture):
    """The head of a pcap, and its packets."""
    data = capture.read_bytes()
    found, at = [], 24
    while at < len(data):
        length = 16 + int.from_bytes(data[at + 8:at + 12], "little")
        found.append(data[at:at + length])
        at += length
    return data[:24], found


@contextlib.contextmanager
def pipe():
    folder = pathlib.Path(tempfile.mkdtemp(dir=host.SCRATCH))
    folder.chmod(0o755)
    path = folder / "pipe"
    os.mkfifo(path)
    path.chmod(0o666)
    end = os.open(path, os.O_RDWR)  # so that neither end waits for the other
    try:
        yield path, lambda data: os.write(end, data)
    finally:
        os.close(end)


def live(name):
    """The host tells its windows of the packets there are; of those that came since at a click on Apply."""
    head, found = packets(REDIS)
    part = host.SCRATCH / "captures" / "first_packets.pcap"
    part.write_bytes(head + b"".join(found[:20]))
    part.chmod(0o644)
    with pipe() as (path, write):
        write(part.read_bytes())
        with wireshark(name, path, live=True) as window:
            desktop.eventually(window.rows, "packets", lambda rows: len(rows) == 20)
            tree_shown = Table(window, "tree")
            tree_shown.shows(part, "", "after 20 packets")
            shown = Table(window, "stat")
            shown.shows(part, "", "after 20 packets")
            write(b"".join(found[20:]))
            tree_shown.front()
            tree_shown.screen.click(APPLY)
            tree_shown.shows(REDIS, "", "after all packets")
            tree_shown.close()
            shown.front()
            shown.screen.click(APPLY)
            shown.shows(REDIS, "", "after all packets")
            shown.screen.picture(PICTURES / (name + "_window.png"))
            shown.filter("frame.number < 12")
            shown.shows(REDIS, "frame.number < 12")
            shown.close()
            window.screen.keys("ctrl+e")  # stops
            time.sleep(2)
            shown = Table(window, "stat")
            shown.shows(REDIS, "", "stopped")
            shown.close()
            window.screen.keys("ctrl+q")
            desktop.eventually(lambda: window.screen.windows("Unsaved packets"), "the question whether to save")
            window.screen.keys("alt+w")  # quit without saving
            time.sleep(2)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def saved(window, picture=None):
    """Name -> bytes, as `Save All` writes them."""
    window.menu("f", *EXPORT_OBJECTS, "Return")
    [dialog] = desktop.eventually(lambda: window.screen.windows("ReqResp object list"), "window")
    window.screen.place(dialog, *DIALOG)
    time.sleep(1)
    if picture:
        window.screen.picture(PICTURES / picture)
    folder = pathlib.Path(tempfile.mkdtemp(dir=window.home))
    folder.chmod(0o777)
    window.screen.click(SAVE_ALL)
    desktop.eventually(lambda: window.screen.windows("Save All Objects"), "where to save")
    window.enter(str(folder), lambda: time.sleep(0.5))
    desktop.eventually(lambda: not window.screen.windows("Save All Objects"), "saved")
    time.sleep(1)
    return files(folder)


def closed(window):
    return not window.screen.windows("ReqResp object list")


def export_objects(name):
    """The files are tshark's: of a capture, looked at in between, read again, and of another.  The window is modal."""
    def wanted(capture):
        folder = pathlib.Path(tempfile.mkdtemp(dir=host.SCRATCH))
        folder.chmod(0o777)
        host.tshark(capture, "-q", "--export-objects", "reqresp,%s" % folder)
        return files(folder)

    with wireshark(name, LOSS) as window:
        of_loss, of_echo = wanted(LOSS), wanted(ECHO)
        cases.check(True, len(of_loss) > 500, "tshark writes something")
        cases.check(of_loss, saved(window, name + "_window.png"))
        window.screen.keys("Escape")
        desktop.eventually(lambda: closed(window), "window closed")
        window.select(20)
        cases.check(of_loss, saved(window), "again")
        window.screen.keys("Escape")
        desktop.eventually(lambda: closed(window), "window closed")
        window.screen.keys("ctrl+r")
        window.see(window.title)
        cases.check(of_loss, saved(window), "read again")
        window.screen.keys("Escape")
        desktop.eventually(lambda: closed(window), "window closed")
        window.open(ECHO)
        cases.check(of_echo, saved(window), "another capture")
        window.screen.keys("Escape")
        desktop.eventually(lambda: closed(window), "window closed")
    return "%d files" % len(of_loss)


def main(words):
    if absent := desktop.missing():
        print("1..0 # SKIP not installed: " + " ".join(absent))
        sys.exit(77)
    PICTURES.mkdir(parents=True, exist_ok=True)
    todo = [(kind, table, "statistics_" + kind, kind) for kind in WINDOWS]
    todo += [(name, function, "statistics_" + name.replace(" ", "_")) for name, function in (
        ("beside", beside), ("another capture", another_capture), ("live", live), ("export objects", export_objects))]
    cases.run(cases.chosen(todo, words), second_try=True, at_once=desktop.SCREENS)


if __name__ == "__main__":
    main(sys.argv[1:])
