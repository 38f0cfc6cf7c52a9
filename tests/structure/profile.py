#!/usr/bin/python3
"""The configuration profile: what it names is there, its filters compile and find something, tshark takes it.

What its files hold must be understood by every version that is supported: where their own lists of words differ,
those in GRAPH_STYLES and GRAPH_UNITS are what all of them know.
"""
import csv
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

GRAPH_STYLES = {"Line", "Impulse", "Bar", "Stacked Bar", "Dot", "Square", "Diamond"}
GRAPH_UNITS = {"Packets", "Bytes", "Bits", "SUM(Y Field)", "COUNT FRAMES(Y Field)", "COUNT FIELDS(Y Field)",
               "MAX(Y Field)", "MIN(Y Field)", "AVG(Y Field)", "LOAD(Y Field)"}
# Between them they hold a packet for every rule and button.
CAPTURES = [host.CAPTURES / name for name in (
    "redis_loss_c.pcap.gz", "crafted/quiet_push.pcap", "never_answers.pcap", "refused.pcap", "client_rst.pcap.gz",
    "crafted/hole.pcap", "crafted/late_answer.pcap", "crafted/icmp_quote.pcap")]
PIPELINED = host.CAPTURES / "redis_pipe.pcap.gz"
ELSEWHERE = {"UDP", "ARP"}  # rules for what no capture here has


def text(name):
    """A file of the profile without its comments."""
    lines = (host.PROFILE / name).read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def table(name):
    """Wireshark's own kind of CSV: a character can be written as \\xNN."""
    return [[re.sub(r"\\x([0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)), cell) for cell in row]
            for row in csv.reader(text(name).splitlines())]


def columns():
    """(title, format)"""
    cells = re.findall(r'"(.*?)"', text("preferences"))
    return list(zip(cells[::2], cells[1::2]))


def colours():
    """(name, filter)"""
    return re.findall(r"^@(.*?)@(.*)@\[\d+,\d+,\d+\]\[\d+,\d+,\d+\]$", text("colorfilters"), re.M)


def filters():
    """(where from, filter) of all there are."""
    for name, wanted in colours():
        yield "colour " + name, wanted
    for _, label, wanted, _ in table("dfilter_buttons"):
        yield "button " + label, wanted
    for row in table("io_graphs"):
        yield "graph " + row[1], row[2]


def profiled(capture, *words):
    return host.tshark(capture, "-C", host.PROFILE_NAME, *words,
                       env={"WIRESHARK_DATA_DIR": str(host.data_with_profile())})


def well_formed():
    cases.check(len(text("colorfilters").splitlines()), len(colours()), "colour rules understood")
    cases.check({4}, {len(row) for row in table("dfilter_buttons")}, "cells of a button")
    cases.check({9}, {len(row) for row in table("io_graphs")}, "cells of a graph")
    for enabled, name, _, colour, style, unit, *_ in table("io_graphs"):
        cases.check(True, enabled in ("Enabled", "Disabled") and bool(re.fullmatch("#[0-9A-F]{6}", colour)), name)
        cases.check(True, style in GRAPH_STYLES and unit in GRAPH_UNITS, name)


def fields():
    listed = host.run(["tshark", "-G", "fields"]).stdout.decode(errors="replace").splitlines()
    known = {line.split("\t")[2] for line in listed if line.startswith("F")}
    named = {match[1] for _, form in columns() if (match := re.match(r"%Cus:(.*?):", form))}
    named |= {row[6] for row in table("io_graphs") if row[6]}
    named |= {word for _, wanted in filters() for word in re.findall(r"reqresp\.[a-z_.]+", wanted)}
    cases.check((True, []), (len(named) > 10, sorted(named - known)))
    return "%d fields" % len(named)


def widths():
    """Each column has one, under the name that its own format has."""
    wanted = [re.sub(r"(%Cus:.*?):.*", r"\1", form) for _, form in columns()]
    cells = [cell.strip().strip('"') for cell in text("recent").split(":", 1)[1].split(",")]
    cases.check(wanted, cells[::2])


def finds(where, wanted):
    """Two passes, as in the window."""
    if where.removeprefix("colour ") in ELSEWHERE:
        found = host.tshark(CAPTURES[0], "-2", "-Y", wanted)
        cases.check("", found)
        return "compiles"
    found = 0
    for capture in CAPTURES:
        found += host.tshark(capture, "-2", "-Y", wanted, "-o", "reqresp.slow:100").count("\n")
        if found:
            return
    raise AssertionError("no packet passes " + wanted)


def prints_columns():
    """The titles in their order, and under them what the fields are."""
    capture = CAPTURES[0]
    names = ["frame.number", "reqresp.phase", "reqresp.exchange", "reqresp.latency", "reqresp.duration",
             "reqresp.summary"]
    facts = host.tshark(capture, "-2", "-T", "fields", *(word for name in names for word in ("-e", name)))
    cases.check(["No.", "Time", "Source", "Destination", "Kind", "Exchange", "Latency", "Duration", "Summary"],
                [title for title, _ in columns()][:9])
    got = []
    for line in profiled(capture, "-2", "-T", "tabs").splitlines():
        number, _time, _source, _arrow, _destination, *own = (cell.strip() for cell in line.split("\t"))
        got.append([number, *own[:len(names) - 1]])
    cases.check([line.split("\t") for line in facts.splitlines()], got)
    return "%d packets" % len(got)


def rules():
    """They are on, and make a difference."""
    export = ("-q", "-z", "reqresp,export,rows=exchanges")
    ruled = host.tshark(PIPELINED, "-o", "reqresp.rules:TRUE", *export)
    cases.check(True, ruled.count("\n") > 10 * host.tshark(PIPELINED, *export).count("\n"))
    cases.check(ruled, profiled(PIPELINED, *export))


def installed():
    """The folder is the one where this machine's Wireshark looks for profiles."""
    folders = host.run(["tshark", "-G", "folders"]).stdout.decode()
    system = re.search(r"^Global configuration:\s+(.+)$", folders, re.M)[1]
    stage = host.SCRATCH / "stage"
    build = pathlib.Path(os.environ.get("RR_BUILD", host.ROOT / "build"))
    manifest = build / "install_manifest.txt"  # tells `./reqresp uninstall` what to remove
    before = manifest.read_text() if manifest.exists() else None
    subprocess.run(["cmake", "--install", build], env=os.environ | {"DESTDIR": str(stage)}, check=True,
                   stdout=subprocess.DEVNULL)
    if before is None:
        manifest.unlink()
    else:
        manifest.write_text(before)
    there = stage / system.lstrip("/") / "profiles" / host.PROFILE_NAME
    cases.check(sorted(path.name for path in host.PROFILE.iterdir()), sorted(path.name for path in there.iterdir()))


def main(words):
    todo = [("well formed", well_formed), ("fields", fields), ("widths", widths), ("columns", prints_columns),
            ("rules", rules), ("installed", installed)]
    todo += [(where, finds, where, wanted) for where, wanted in filters()]
    host.data_with_profile()
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
