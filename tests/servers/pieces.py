#!/usr/bin/python3
"""Real redis, whose commands and answers are cut wherever segments of any length cut them, also within arrays in arrays: each
exchange by rule has the bytes that the client sent and got, and a proof.

    pieces.py [SEED...]
"""
import random
import sys

import lab as labs
import cases
import host
import software
import speak

ON = ("-o", "reqresp.rules:TRUE")
PORT, SEEDS, ROUNDS = 6379, range(1, 13), 30
SEGMENTS = (100, 420)
LENGTHS = (0, 1, 5, 30, 39, 40, 41, 90, 180, 188, 300)
PROVEN = ("exact", "acked")


class Kept:
    """The notes of a pipeline: (name, bytes asked, bytes answered)."""

    def __init__(self):
        self.all = []

    def note(self, asked, _sent, _said, _done, sizes):
        self.all.append((asked, *map(str, sizes)))


def some(chance):
    """A few commands, chosen by chance."""
    def value():
        return "".join(chance.choice("abc") for _ in range(chance.choice(LENGTHS)))

    def values(most):
        return [value() for _ in range(chance.randint(1, most))]
    key, few = str(chance.randint(0, 4)), str(chance.choice((1, 3, 10, 30)))
    return [speak.command(*words) for words in chance.choice([
        [("SET", "s" + key, value())], [("GET", "s" + key)], [("RPUSH", "l" + key, *values(12))], [("PING",), ("ECHO", value())],
        [("LRANGE", "l" + key, "0", few)], [("MGET", *["s%d" % chance.randint(0, 8) for _ in range(int(few))])],
        [("XADD", "x" + key, "*", *[word for one in values(4) for word in ("f", one)])],
        [("XRANGE", "x" + key, "-", "+", "COUNT", few)],
        [("MULTI",), ("LRANGE", "none", "0", "-1"), ("LRANGE", "l" + key, "0", "5"), ("GET", "none"), ("INCR", "n"), ("EXEC",)],
        [("EVAL", "return {1,{},{{},{'a','%s'}},'%s'}" % (value(), value()), "0")],
        [("EVAL", "return {{},{}}", "0"), ("NONSENSE",)],
        [("XREAD", "STREAMS", "none", "0"), ("CONFIG", "GET", "*max*")]])]


def in_parts(line, chance, request):
    if chance.random() < 0.3:
        line.ask_in_parts(request, *sorted(chance.sample(range(1, len(request[1])), 2)))
    else:
        line.ask(request)


def talk(lab, seed):
    """(client's port, its notes)"""
    chance = random.Random(seed)
    with lab.client:
        line = speak.Pipeline(labs.SERVER[0], PORT, speak.resp_size, True, chance.randint(*SEGMENTS), Kept())
    way = ("one by one", "in one piece", "apart")[seed % 3]
    for _ in range(ROUNDS):
        asked = [request for _ in range(chance.randint(1, 4)) for request in some(chance)]
        if way == "apart":
            line.ask(*asked, apart=0.001)
        elif way == "in one piece":
            line.ask(*asked)
        else:
            for request in asked:
                in_parts(line, chance, request)
                line.hear(None)
        if chance.random() < 0.4:
            line.hear(None)
    line.hear(None)
    port = line.sock.getsockname()[1]
    line.sock.close()
    return str(port), line.notes.all


def whole(rows, notes):
    wanted = [(asked, answered) for _, asked, answered in notes]
    cases.check(wanted, [(row["request_bytes"], row["response_bytes"]) for row in rows])
    cases.check(set(), {row["evidence"] for row in rows} - set(PROVEN), "evidence")
    segments = sum(int(row["request_segments"]) + int(row["response_segments"]) for row in rows)
    return "%d exchanges, %d segments" % (len(rows), segments)


def can_fail(rows, notes):
    cases.refuses(whole, rows[:-1], notes)
    cases.refuses(whole, [{**rows[0], "response_bytes": "1"}, *rows[1:]], notes)
    cases.refuses(whole, [{**row, "evidence": "lost"} for row in rows], notes)


def main(words):
    labs.require("redis-server")
    with labs.Lab(delay=1, ends=("client",)) as lab:
        software.start_redis(lab)
        software.wait_for(lab, PORT)
        talks = {seed: talk(lab, seed) for seed in map(int, words or SEEDS)}
    found = {}
    for row in sorted(host.rows(lab.path("client"), "exchanges", *ON), key=lambda row: int(row["exchange"])):
        found.setdefault(row["client_port"], []).append(row)
    todo = [("seed %d" % seed, whole, found[port], notes) for seed, (port, notes) in talks.items()]
    cases.run([*todo, ("can fail", can_fail, *todo[0][2:])])


if __name__ == "__main__":
    main(sys.argv[1:])
