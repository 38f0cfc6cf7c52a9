#!/usr/bin/python3
"""Packets lost, late, doubled and sent again by plan: the first, a middle and the last of a request and of a response.

Each conversation has three exchanges; the plan meets the second, whose request and response are five segments each.
Others meet with chance: reordering, copies, and all at once.
"""
import sys
import time

import lab as labs
import judge
import notes
import cases

PORT, FIRST_CLIENT, CHANCE_CLIENT = 7001, 45000, 45100
SEGMENT, SMALL = 1448, 100
LONG = 5 * SEGMENT
PLACES = {"first": 0, "middle": 2, "last": 4}
FATES = {"lost": "drop", "late": "late 30", "overtaken": "late 3", "doubled": "copy 1"}
AGAIN_MS = 700  # a sender that hears no ACK sends again well before
CHANCES = {
    "reordered": "{0} a any 10% late 8\n{0} b any 10% late 8\n",
    "copied": "{0} a any 10% copy 2\n{0} b any 10% copy 2\n",
    "all at once": "{0} a any 2% drop\n{0} b any 2% drop\n{0} a any 5% late 8\n{0} b any 5% late 8\n"
                   "{0} a any 5% copy 3\n{0} b any 5% copy 3\n",
}


class Case:
    """A conversation: its rule, and how long server and client wait in the second exchange."""

    def __init__(self, port, side, place, fate):
        self.port, self.side, self.place, self.fate = port, side, PLACES[place], fate
        self.name = "%s segment of a %s %s" % (place, ("request", "response")[side], fate)
        self.begin = SMALL + self.place * SEGMENT  # of that segment, in its direction
        if fate == "sent again":
            # All ACKs from the other side on that acknowledge it are lost: it arrived, and is sent again.
            self.rule = "%d %s ack >%d drop\n" % (port, "ba"[side], self.begin)
        else:
            self.rule = "%d %s data %d %s\n" % (port, "ab"[side], 2 + self.place, FATES[fate])
        self.server_ms, self.client_ms = [(AGAIN_MS, 0), (20, AGAIN_MS)][side] if fate == "sent again" else (20, 0)

    def talk(self, client):
        notes.ask_measured(client, SMALL, 10, SMALL)
        notes.ask_measured(client, LONG, self.server_ms, LONG)
        time.sleep(self.client_ms / 1000)
        notes.ask_measured(client, SMALL, 10, SMALL)

    def happened(self, connection):
        """The plan met what it was meant for."""
        copies = [packet.fate for packet in connection.packets
                  if packet.side == self.side and packet.payload and connection.offset(packet) == self.begin]
        if self.fate == "sent again":
            cases.check(True, sum(fate != "drop" for fate in copies) > 1, "copies delivered %r" % copies)
        else:
            cases.check(True, FATES[self.fate].split()[0] in copies, "fates %r" % copies)


class Chance:
    def __init__(self, port, name):
        self.port, self.name, self.rule = port, name, CHANCES[name].format(port)
        self.fates = {rule.split()[4] for rule in self.rule.splitlines()}

    def talk(self, client):
        for i in range(12):
            notes.ask_measured(client, SMALL + 700 * i, 5, SMALL + 2000 * i)

    def happened(self, connection):
        met = {packet.fate for packet in connection.packets}
        cases.check(set(), self.fates - met, "never met")


def all_cases():
    kinds = [(side, place, fate) for side in (0, 1) for place in PLACES for fate in [*FATES, "sent again"]]
    return [Case(FIRST_CLIENT + i, *kind) for i, kind in enumerate(kinds)] + \
        [Chance(CHANCE_CLIENT + i, name) for i, name in enumerate(CHANCES)]


def main(words):
    labs.require()
    todo, clients = all_cases(), {}

    def hold(case):
        client = clients[case.port] = notes.Client(lab, case.port, PORT)
        case.talk(client)
        client.close()
    with labs.Lab(delay=5, plan="seed 3\n" + "".join(case.rule for case in todo)) as lab, \
            notes.Server(lab, PORT, notes.measured) as server:
        notes.at_once([lambda case=case: hold(case) for case in todo])
    evidence = judge.Evidence(lab, {PORT})

    def holds(case):
        case.happened(evidence.carried[case.port][0])
        return evidence.judge(clients[case.port], server.turns[case.port])
    todo = [(case.name, holds, case) for case in todo]
    todo += [("two passes", evidence.two_passes), ("captures", evidence.faithful)]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
