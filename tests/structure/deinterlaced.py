#!/usr/bin/python3
"""Wireshark told to keep conversations apart by VLAN, Ethernet addresses and interface: the same addresses and ports are then
several streams, and each segment is counted to its own.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

KEY = ["-o", "protocols.conversation_deinterlacing_key:VMI"]
COLUMNS = "stream status evidence request_frame response_frame request_bytes response_bytes missing repeats"

# Capture, and what its exchanges say without and with deinterlacing.
SAID = [
    ("crafted/mirror_vlans", ["0 answered exact 7 9 6 6 0 2"],
     ["0 answered exact 7 10 6 6 0 0", "1 answered exact 8 9 6 6 0 0"]),
    # The segment within the segment has Ethernet addresses of its own.
    ("crafted/openflow", ["0 open  4  372  0 0", "1 answered exact 10 12 6 6 0 0"],
     ["0 open  4  372  0 0", "1 answered exact 10 12 6 6 0 0"]),
]


def say(capture, wanted, *words):
    rows = host.parse(host.export(host.captures()[capture], "exchanges", *words))
    cases.check(wanted, [" ".join(row[name] for name in COLUMNS.split()) for row in rows])


cases.run([("%s, %s" % (capture, what), say, capture, wanted, *words, *passes)
           for capture, together, apart in SAID
           for what, wanted, words in (("together", together, []), ("apart", apart, KEY))
           for passes in ([], ["-2"])])
