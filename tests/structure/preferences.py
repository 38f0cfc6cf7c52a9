#!/usr/bin/python3
"""What each preference changes, on conversations made for it."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "lib"), str(HERE.parents[2] / "captures")]
import cases  # noqa: E402
import host  # noqa: E402
import make  # noqa: E402

# Neither port is a known service's, and no handshake tells who asks.
NO_HANDSHAKE = """
conn 192.0.2.1:40001>198.51.100.7:41000
+0 c PA "one"
+1ms s PA "two"
+1ms c PA "three"
+1ms s PA "four"
"""
HANDSHAKE = """
conn 192.0.2.1:40000>198.51.100.7:7001
+0 c S
+1ms s SA
+1us c A
"""
QUIET = HANDSHAKE + """
+1ms c PA "watch"
+1ms s PA "ok"
+1ms c A
+5s s PA "changed"
+1ms c A
"""
LATE = HANDSHAKE + """
+1ms c PA "work"
+1ms s A
+20s c A
+20s s PA "done"
+1ms c A
"""

# conversation, kind of rows, preference (none: as it comes), columns, what they say in each row as printed.
SAID = [
    (NO_HANDSHAKE, "connections", "", "client_port direction_from", ["40001 first"]),
    (NO_HANDSHAKE, "connections", "server_ports:40001", "client_port direction_from", ["41000 preference"]),
    (NO_HANDSHAKE, "connections", "server_ports:1-9,40000-40010", "client_port direction_from", ["41000 preference"]),
    (NO_HANDSHAKE, "connections", "server_ports:41000", "client_port direction_from", ["40001 preference"]),
    (HANDSHAKE, "connections", "server_ports:40000", "client_port direction_from", ["40000 syn"]),
    (QUIET, "messages", "", "message bytes", ["request 5", "response 2", "push 7"]),
    (QUIET, "messages", "quiet:5", "message bytes", ["request 5", "response 2", "push 7"]),
    (QUIET, "messages", "quiet:6", "message bytes", ["request 5", "response 9"]),
    (QUIET, "messages", "quiet:0", "message bytes", ["request 5", "response 9"]),
    (LATE, "exchanges", "", "part status latency", ["1 answered 40.001000000"]),
    (LATE, "exchanges", "patience:10", "part status latency", ["1 unanswered ", "2 answered 40.001000000"]),
    (LATE, "exchanges", "patience:0", "part status latency", ["1 answered 40.001000000"]),
]

# conversation, preference, frames with the note.
SLOW = [(LATE, "", ["7"]), (LATE, "slow:40000", ["7"]), (LATE, "slow:40001", []), (LATE, "slow:0", []), (QUIET, "", []),
        (QUIET, "slow:1", [])]


# preference, what stands beside the latency of 40.001 s.
POSITION = [("", ""), ("position:unknown", ""), ("position:client", " (the server, and the way there and back)"),
            ("position:between", " (the server, and the way there and back from the capture)"),
            ("position:server", " (the server alone)")]

CAPTURES = {}


def make_captures():
    for name, text in (("no handshake", NO_HANDSHAKE), ("handshake", HANDSHAKE), ("quiet", QUIET), ("late", LATE)):
        CAPTURES[text] = host.SCRATCH / "captures" / (name + ".pcap")
        CAPTURES[text].write_bytes(make.Capture(text.strip()).pcap())
        CAPTURES[text].chmod(0o644)


def setting(preference):
    return ["-o", "reqresp." + preference] if preference else []


def say(text, kind, preference, columns, wanted):
    for passes in ([], ["-2"]):
        rows = host.parse(host.export(CAPTURES[text], kind, *passes, *setting(preference)))
        cases.check(wanted, [" ".join(row[name] for name in columns.split()) for row in rows], " ".join(passes))


def note(text, preference, wanted):
    frames = host.tshark(CAPTURES[text], *setting(preference), "-Y", "reqresp.expert.slow", "-T", "fields",
                         "-e", "frame.number")
    cases.check(wanted, frames.split())


def explain(preference, wanted):
    details = host.tshark(CAPTURES[LATE], *setting(preference), "-Y", "frame.number == 7", "-O", "reqresp")
    cases.check(["[Latency: 40.001 s%s]" % wanted],
                [line.strip() for line in details.splitlines() if line.strip().startswith("[Latency:")])
    seconds = host.tshark(CAPTURES[LATE], *setting(preference), "-Y", "frame.number == 7", "-T", "fields",
                          "-e", "reqresp.latency")
    cases.check(["40.001000000"], seconds.split())


def main(words):
    make_captures()
    todo = [("%s, %s of %s" % (preference or "as it comes", kind, CAPTURES[text].stem), say, text, kind, preference, *more)
            for text, kind, preference, *more in SAID]
    todo += [("%s, slow notes of %s" % (preference or "as it comes", CAPTURES[text].stem), note, text, preference, wanted)
             for text, preference, wanted in SLOW]
    todo += [(preference or "no position", explain, preference, wanted) for preference, wanted in POSITION]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
