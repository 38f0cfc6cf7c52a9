#!/usr/bin/python3
"""Spoilt captures through the host: nothing crashes or leaks, and rows stay what rows are.

    mutated.py [--first N] [--batches N] [--files N] [--alone N]

A batch is some files, each spoilt as its seed says (mutations.py).  Every N-th goes alone through sharkd, which loads
it and shows its frames; a truncated one through `tshark`; then all of them in one capture through the export, by turns and by rules:
rows are well-formed CSV, those of two passes are those of one, and messages of turns add up to their connection's row.

In a build with sanitizers (preset sanitize) the plugin is watched byte by byte.
"""
import argparse
import csv
import difflib
import io
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("lib", "sharkd", "oracle", "abuse")]
import cases  # noqa: E402
import conservation  # noqa: E402
import host  # noqa: E402
import mutations  # noqa: E402
import run as sharkd  # noqa: E402

FOLDER = host.SCRATCH / "mutated"
# Handshakes that make TLS of Wireshark 4.0 fail an assertion of its own in a second pass, with or without a plugin, once spoilt.
BRITTLE = host.BRITTLE | {"https", "https_pieces", "https_tls13"}
# A leak or a wrong access ends with this status; the host's own is 1 or 2.
STRICT = {"ASAN_OPTIONS": "detect_leaks=1:exitcode=99"}
RULES = ("-o", "reqresp.rules:TRUE")
CUT_SHORT = "appears to have been cut short"
WATCHED = ("frame.number", "reqresp.summary", "reqresp.phase", "reqresp.status", "reqresp.latency", "_ws.expert.message")


def sources():
    """Every capture here that has a TCP stream, plain."""
    found = []
    for name, path in host.captures().items():
        if name in BRITTLE:
            continue
        target = FOLDER / (name.replace("/", "_") + ".plain")
        mutations.plain(path, target)
        found.append(target)
    return found


def rows(capture, kind, *words, may_be_cut=False):
    """Well-formed rows, each with as many cells as the head."""
    payload = ",payload=base64" if kind == "messages" else ""
    done = host.run(["tshark", "-r", capture, "-q", "-z", "reqresp,export,rows=" + kind + payload, *words], env=STRICT)
    errors = done.stderr.decode(errors="replace")
    if may_be_cut and done.returncode == 2 and CUT_SHORT in errors and "Sanitizer" not in errors:
        errors, done.returncode = "", 0
    cases.check((0, ""), (done.returncode, errors[-3000:]), "%s of %s" % (kind, capture))
    text = done.stdout.decode()
    table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    for row in table:
        cases.check(len(table[0]), len(row), "cells in %r" % row)
    for character in text:
        cases.check(True, character in "\r\n" or character >= " ", "%r in %s" % (character, capture))
    return text


def same_in_two_passes(capture, kind, *words):
    """But for the bytes of a message by rule that is stated anew: those of two passes are those it has in the end."""
    one, two = (rows(capture, kind, *words, *passes).splitlines() for passes in ((), ("-2",)))
    if words and kind == "messages":
        one, two = ([line.rsplit(",", 2)[0] for line in lines] for lines in (one, two))
    changed = [line for line in difflib.unified_diff(one, two, lineterm="", n=0) if not line.startswith(("---", "+++", "@@"))]
    cases.check([], [line[:300] for line in changed[:6]], " ".join((kind, *words)))


def shown(server, capture):
    """sharkd answers, whatever is in the file."""
    server.load(capture)
    columns = {"column%d" % at: name + ":0" for at, name in enumerate(WATCHED)}
    frames = server.ask("frames", **columns)
    for frame in frames[::15]:
        server.ask("frame", frame=frame["num"], proto=True)


def batch(number, files, alone, plain):
    folder = FOLDER / str(number)
    folder.mkdir()
    spoilt = []
    for at in range(files):
        seed = number * 10000 + at
        spoilt.append(folder / ("%d.pcap" % seed))
        mutations.mutate(plain[seed * 7919 % len(plain)], spoilt[-1], seed)
    with sharkd.Sharkd(spoilt[0]) as server:
        for capture in spoilt[::alone]:
            shown(server, str(capture))
    cut = folder / "cut.pcap"
    mutations.truncate(plain[number % len(plain)], cut, number)
    rows(cut, "messages", may_be_cut=True)
    rows(cut, "messages", *RULES, may_be_cut=True)

    together = folder / "together.pcapng"
    mutations.tool("mergecap", "-a", "-w", together, *spoilt)
    together.chmod(0o644)
    for kind in host.KINDS:
        for words in ((), RULES):
            same_in_two_passes(together, kind, *words)
    conservation.totals_agree(host.rows(together, "messages"), host.rows(together, "exchanges"),
                              {int(row["stream"]): row for row in host.rows(together, "connections")})
    for capture in spoilt:
        capture.unlink()
    together.unlink()
    return "%d files" % (files + 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--batches", type=int, default=2)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--alone", type=int, default=5)
    asked = parser.parse_args()
    host.assert_loaded()
    FOLDER.mkdir()
    FOLDER.chmod(0o755)
    plain = sources()
    cases.run([("batch %d" % number, batch, number, asked.files, asked.alone, plain)
               for number in range(asked.first, asked.first + asked.batches)])


if __name__ == "__main__":
    main()
