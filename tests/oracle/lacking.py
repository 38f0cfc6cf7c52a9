#!/usr/bin/python3
"""Messages told by rules, of captures that lack something: no pair is told with proof that is another in the whole capture.

    lacking.py [--more] [NAME...]

Each capture that golden/ruled.txt lists is cut at a snap length, or robbed of every n-th packet or of its first ones; --more does so
in many more ways.  What is told then with evidence `exact` or `acked` must be so in the whole capture, too: it has that request, whose
answer begins where it begins here, and no byte but its own is in either.
"""
import collections
import functools
import pathlib
import struct
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402
import pcaps  # noqa: E402

RULED = pathlib.Path(__file__).resolve().parents[1] / "golden/ruled.txt"
PROVEN = ("exact", "acked")
COLUMNS = ("exchange", "part", "stream", "id", "status", "evidence", "ended_by", "pairing", "request_frame", "response_frame",
           "response_last_frame", "transport", "request_payload", "response_payload", "summary")


@functools.cache
def told(capture, *words):
    """Wireshark's dissectors may complain of what they get here."""
    host.assert_loaded()
    done = host.run(["tshark", "-r", host.readable(capture), *words, "-o", "reqresp.rules:TRUE", "-q", "-z",
                     "reqresp,export,rows=exchanges,payload=hex,columns=" + ":".join(COLUMNS)])
    cases.check(0, done.returncode)
    return host.truth(host.parse(done.stdout.decode()))


@functools.cache
def places(capture):
    """Frame -> (begin, end) of its payload in its direction."""
    lines = host.tshark(capture, "-T", "fields", "-e", "frame.number", "-e", "tcp.seq", "-e", "tcp.len", plugin=False).splitlines()
    numbers = [list(map(int, line.split("\t"))) for line in lines if line.split("\t")[2].isdigit()]
    return {frame: (begin, begin + length) for frame, begin, length in numbers}


def cut_at(length):
    def cut(frames):
        return [(number, (record[:8] + struct.pack("<I", min(len(data), length)) + record[12:],
                          data[:length])) for number, (record, data) in frames]
    return cut


def without(rest, step):
    return lambda frames: [(number, frame) for number, frame in frames if number % step != rest]


def after(count):
    return lambda frames: frames[count:]


def lacks(lengths, steps, counts):
    return {"cut at %d" % length: cut_at(length) for length in lengths} | {
        "without %d of every %d" % (rest or step, step): without(rest, step) for rest, step in steps} | {
        "without the first %d" % count: after(count) for count in counts}


FEW = lacks((60, 96, 128), ((2, 3), (2, 5), (3, 7), (6, 11)), (3, 5, 8, 12))
MANY = lacks((54, 66, 74, 80, 160, 200, 400), [(rest, step) for step in (2, 3, 4, 5, 7, 13, 29) for rest in range(0, step, 1 + step // 5)],
             (4, 6, 7, *range(9, 120, 4)))


def subsequence(part, whole):
    at = iter(bytes.fromhex(whole))
    return all(byte in at for byte in bytes.fromhex(part))


def same_answer(row, whole, numbers, place):
    if not whole["response_frame"]:
        return False
    begin, end = place[int(whole["response_frame"])][0], place[int(whole["response_last_frame"])][1]
    return begin <= place[numbers[int(row["response_frame"]) - 1]][0] < end


def problem(row, wholes, numbers, place):
    """What is wrong with a pair, or None.  What else has a request's key may have come after its end in the whole capture."""
    if not wholes:
        return "no such request"
    if not any(same_answer(row, whole, numbers, place) for whole in wholes):
        return "another answer"
    for side in ("request_payload", "response_payload")[:2 if row["pairing"] == "order" else 1]:
        if not any(subsequence(row[side], whole[side]) for whole in wholes):
            return side + " of others"
    return None


def is_judged(row):
    """A pair by rule, of TCP: what is missing of datagrams is in none of them."""
    return row["pairing"] != "turn" and row["transport"] == "tcp" and row["request_frame"] and row["response_frame"]


def compare(capture, lack, *words):
    wholes = collections.defaultdict(list)
    for row in told(capture, *words):
        wholes[row["id"]].append(row)
    if not any(row["transport"] == "tcp" for rows in wholes.values() for row in rows):
        return "datagrams"
    head, frames = pcaps.read(capture)
    kept = lack(list(enumerate(frames, 1)))
    numbers = [number for number, _ in kept]
    with tempfile.TemporaryDirectory(dir=host.SCRATCH) as folder:
        path = pathlib.Path(folder) / "capture.pcap"
        path.parent.chmod(0o755)
        pcaps.write(path, head, [frame for _, frame in kept])
        path.chmod(0o644)
        rows = [row for row in told(path, *words) if is_judged(row)]
    proven = [row for row in rows if row["evidence"] in PROVEN]
    wrong = [(row["evidence"], row["request_frame"], row["response_frame"], row["summary"], found) for row in proven
             if (found := problem(row, wholes.get(row["id"]), numbers, places(capture)))]
    cases.check([], wrong)
    return "%d proven, %d not" % (len(proven), len(rows) - len(proven))


def a_wrong_pair_is_found(capture):
    """Answers that changed places do not pass."""
    rows = [row for row in told(capture) if row["response_frame"]]
    place, numbers = places(capture), range(1, 1 << 20)
    for row, other in zip(rows, rows[1:]):
        wrong = row | {name: other[name] for name in ("response_frame", "response_payload")}
        cases.check(None, problem(row, [row], numbers, place))
        cases.check(True, problem(wrong, [row], numbers, place) is not None)


def main(words):
    captures = host.captures()
    lines = [line.split() for line in RULED.read_text().splitlines() if line and line[0] != "#"]
    lines = [line for line in lines if line[0] not in host.BRITTLE]
    ways = MANY if "--more" in words else FEW
    todo = [("a wrong pair is found", a_wrong_pair_is_found, captures["http_keepalive"])]
    todo += [("%s, %s" % (name, way), compare, captures[name], ways[way], *(part for word in kinds if "=" in word for part in ("-d", word)))
             for way in ways for name, *kinds in lines]
    cases.run(cases.chosen(todo, [word for word in words if not word.startswith("--")]))


if __name__ == "__main__":
    main(sys.argv[1:])
