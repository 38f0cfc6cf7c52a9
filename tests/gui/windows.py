#!/usr/bin/python3
"""The plugin's profile, links, remarks and graphs, seen in Wireshark's own windows, which leave pictures in RR_PICTURES.

Without the programs it needs (see desktop.py) this exits 77, which the build takes for "skipped".
"""
import csv
import os
import pathlib
import re
import sys
import time

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "lib"), str(HERE.parents[1] / "structure")]
import cases  # noqa: E402
import desktop  # noqa: E402
import host  # noqa: E402
import profile  # noqa: E402

LOSS = host.CAPTURES / "redis_loss_c.pcap.gz"
PICTURES = pathlib.Path(os.environ.get("RR_PICTURES", host.SCRATCH))
RULES = ("-o", "reqresp.rules:TRUE")  # as the profile has them

FILTER_BUTTONS = 116  # their height on the screen
DETAILS = range(560, 940, 12)  # heights in the pane of details
COPY_LINE = "ctrl+alt+shift+d"
DIALOG = (900, 700)
EXPERT_SEARCH, EXPERT_FIRST = (600, 685), (120, 81)  # in a window of that size
GRAPHS_COPY = (574, 716)


def wireshark(name, capture, *words):
    return desktop.Wireshark(capture, *words, artefact=PICTURES / (name + ".png"), profile=True)


def printed(capture, *names):
    text = host.tshark(capture, "-2", *RULES, "-T", "fields", *(word for name in names for word in ("-e", name)))
    return [line.split("\t") for line in text.splitlines()]


def frames(capture, wanted):
    text = host.tshark(capture, "-2", *RULES, "-Y", wanted, "-T", "fields", "-e", "frame.number")
    return set(text.split())


def columns(name):
    """Those of the profile, with what the second pass of tshark says."""
    titles = [title for title, _ in profile.columns()]
    wanted = printed(LOSS, "frame.number", "reqresp.phase", "reqresp.exchange", "reqresp.latency", "reqresp.duration",
                     "reqresp.summary")
    own = [titles.index(title) for title in ("No.", "Kind", "Exchange", "Latency", "Duration", "Summary")]
    with wireshark(name, LOSS) as window:
        window.select(20)
        got = desktop.eventually(window.rows, "packets", lambda rows: len(rows) == len(wanted))
        cases.check(wanted, [[row[column] for column in own] for row in got])
        window.select(20)
        time.sleep(1)
    return "%d packets" % len(got)


def colours(name):
    """Each packet has the colours of the first rule that holds for it."""
    rules = [(rule, frames(LOSS, wanted)) for rule, wanted in profile.colours()]
    wanted = [[number, next((rule for rule, passed in rules if number in passed), "")]
              for [number] in printed(LOSS, "frame.number")]
    cases.check(True, len({rule for _, rule in wanted}) > 3, "rules at work")
    form = 'gui.column.format:"No.","%m","Rule","%Cus:frame.coloring_rule.name:0:U"'
    with wireshark(name, LOSS, "-o", form) as window:
        got = desktop.eventually(window.rows, "packets", lambda rows: len(rows) == len(wanted))
        cases.check(wanted, got)


def buttons(name):
    """Whatever can be clicked on to the right of the filter is the profile's, and all of it is there."""
    wanted = {row[2] for row in profile.table("dfilter_buttons")}
    found = set()
    with wireshark(name, LOSS) as window:
        for x in range(680, 1390, 24):
            window.screen.keys("ctrl+slash", "ctrl+a", "BackSpace", "Return")
            window.screen.click((x, FILTER_BUTTONS))
            found.add(window.filter())
    cases.check(wanted, found - {""})


def detail(window, text):
    """Clicks on the line that begins so, among those in sight."""
    for y in DETAILS:
        window.screen.click((150, y))
        time.sleep(0.5)  # or two clicks are a double click
        if window.copied(COPY_LINE).strip("[]").startswith(text):
            return
    raise AssertionError("no line begins with " + text)


def link(name):
    """A double click on the request's frame, in the response's details, goes there."""
    [exchange] = [row for row in host.rows(LOSS, "exchanges", *RULES) if row["exchange"] == "6"]
    with wireshark(name, LOSS) as window:
        window.select(exchange["response_frame"])
        window.screen.click((300, DETAILS[0]))
        window.screen.keys("ctrl+Left")  # all closed
        detail(window, "Response to frame " + exchange["request_frame"])
        window.screen.keys("Right")
        detail(window, "Request in: " + exchange["request_frame"])
        window.screen.picture(PICTURES / (name + "_details.png"))
        window.screen.run("xdotool", "click", "--repeat", "2", "--delay", "60", "1")
        desktop.eventually(lambda: "\n".join(window.details()), "packet",
                           lambda text: text.startswith("Frame %s:" % exchange["request_frame"]))


def expert_information(name):
    """The window lists what deserves a look; what is chosen there is what the filter then says."""
    with wireshark(name, LOSS) as window:
        window.menu("a", "Up", "Return")
        [expert] = desktop.eventually(lambda: window.screen.windows("Expert Information"), "window")
        time.sleep(2)
        window.screen.place(expert, *DIALOG)
        window.screen.picture(PICTURES / (name + "_window.png"))
        window.write("after the first copy", lambda: window.screen.click(EXPERT_SEARCH))
        time.sleep(2)
        window.screen.click(EXPERT_FIRST)
        window.screen.keys("Menu", "Down", "Right", "Return")
        time.sleep(1)
        window.screen.picture(PICTURES / (name + "_menu.png"))
        window.screen.keys("Escape")
        desktop.eventually(lambda: not window.screen.windows("Expert Information"), "window closed")
        desktop.eventually(window.filter, "filter", lambda text: "reqresp.expert.repeat" in text)


def slices(rows, when, value):
    """Slice of a second from the capture's first frame -> the values in it."""
    [first] = printed(LOSS, "frame.time_epoch")[0]
    found = {}
    for row in rows:
        if row[value]:
            found.setdefault(int(float(row[when]) - float(first)), []).append(float(row[value]))
    return found


def graphs(name):
    """Latency by the second is that of the rows."""
    rows = host.parse(host.export(LOSS, "exchanges", *RULES, options=",time=epoch"))
    wanted = slices(rows, "response_start", "latency")
    with wireshark(name, LOSS) as window:
        window.menu("s", "i")
        [graph] = desktop.eventually(lambda: window.screen.windows("I/O Graphs"), "window")
        window.screen.place(graph, *DIALOG)

        def copied():
            window.screen.put(desktop.STALE)
            window.screen.click(GRAPHS_COPY)
            time.sleep(0.5)
            return list(csv.reader(window.screen.clipboard().splitlines()))

        head, *got = desktop.eventually(copied, "graphs", lambda table: len(table) > len(wanted))
        window.screen.picture(PICTURES / (name + "_window.png"))
        window.screen.keys("Escape")
        cases.check(["Interval start", *(row[1] for row in profile.table("io_graphs") if row[0] == "Enabled")], head)
        for start, largest, average in got:
            values = wanted.get(int(start), [0])
            near = [abs(float(shown) - true) < 2e-6 for shown, true in
                    ((largest, max(values)), (average, sum(values) / len(values)))]
            cases.check([True, True], near, "second %s: %s %s, %s" % (start, largest, average, values))
    return "%d seconds" % len(got)


def main(words):
    if absent := desktop.missing():
        print("1..0 # SKIP not installed: " + " ".join(absent))
        sys.exit(77)
    PICTURES.mkdir(parents=True, exist_ok=True)
    host.data_with_profile()
    todo = [(name, function, "profile_" + re.sub(r"\W", "_", name)) for name, function in (
        ("columns", columns), ("colours", colours), ("buttons", buttons), ("link", link),
        ("expert information", expert_information), ("graphs", graphs))]
    cases.run(cases.chosen(todo, words), second_try=True, at_once=desktop.SCREENS)


if __name__ == "__main__":
    main(sys.argv[1:])
