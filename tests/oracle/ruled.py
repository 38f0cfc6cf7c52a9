#!/usr/bin/python3
"""Pairs and latencies that rules tell, held to who knows them otherwise.

links   Wireshark's dissectors tie an answer to its request by themselves, and measure the time between: on each frame that
        they say so of, there is an exchange of ours with that request, whose answer's last frame, or one of its first ones
        (a fragment, an interim answer), this is; and of each of ours they say so.
keys    The same for dissectors that make no such links: the requests and answers that bear the same number.
notes   What the client noted at its socket (NAME.truth.csv): each exchange lies within the time from when it sent to when it had
        the answer, begins at most SLACK after it sent, and ends at most SLACK before it was done.
"""
import csv
import datetime
import decimal
import gzip
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import facts  # noqa: E402
import host  # noqa: E402

ON = ("-o", "reqresp.rules:TRUE")
SLACK = 0.008    # seconds that a client's own library may take to send, or to hand on what it got; a round trip takes 0.010
READING = 0.003  # and a client of our own to send and to be woken
CLOCK = 0.00005  # and that the capture's clock may be off

ENHANCED_PACKET = 6  # a block of a pcapng

# Capture -> (Wireshark's link from an answer to its request, its time, the begin of the summaries that it has both of).
LINKS = {"smb2": ("smb2.response_to", "smb2.time", ""), "nfs": ("rpc.repframe", "rpc.time", ""),
         "dcerpc": ("dcerpc.request_in", "dcerpc.time", "Request ")}
# One request after the other; and many at a time, where each note is one exchange, in the order in which they were sent.
NOTED = ("dcerpc", "memcached_binary", "amqp", "mysql_rows", "mysql_tls", "postgres_passwords")
NOTED_APART = ("nfs", "grpc", "redis_staggered", "http_staggered")
NOT_ASKED = ("connect", "publish")  # of AMQP: what is neither asked nor answered
GAVE_UP = {("grpc", "4")}           # the client's own deadline came before the answer


def theirs(name, link, time):
    """(request's frame, answer's frame, time): once for each answer that the frame has, and for each version of Wireshark."""
    lines = host.tshark(host.captures()[name], "-Y", link, "-T", "fields", "-e", "frame.number", "-e", link, "-e", time,
                        plugin=False).splitlines()
    return {(asked, frame, seconds) for frame, askeds, times in (line.split("\t") for line in lines)
            for asked in askeds.split(",") for seconds in times.split(",")}


def whole(row):
    """An answered exchange of ours in the same form."""
    return row["request_last"], row["response_last"], str(decimal.Decimal(row["latency"]) + decimal.Decimal(row["response_spread"]))


def is_part(link, row):
    """The frame of the link has a first part of the answer, or an interim one."""
    asked, frame, time = link
    if asked != row["request_last"] or time == row["interim"]:
        return asked == row["request_last"]
    first, last = decimal.Decimal(row["latency"] or 0), decimal.Decimal(row["response_spread"] or 0)
    return bool(row["response_first"]) and int(row["response_first"]) <= int(frame) <= int(row["response_last"]) and \
        first <= decimal.Decimal(time) <= first + last


def linked(exchanges, wanted):
    got = {whole(row) for row in exchanges if row["status"] == "answered"}
    cases.check(set(), got - wanted, "pairs that Wireshark has not")
    others = {link for link in wanted - got if not any(is_part(link, row) for row in exchanges)}
    cases.check(set(), others, "pairs that only Wireshark has")
    return "%d, and %d parts of one" % (len(got), len(wanted - got))


def links(name):
    *fields, begin = LINKS[name]
    rows = facts.exchanges(host.captures()[name], *ON)
    return linked([row for row in rows if row["summary"].startswith(begin)], theirs(name, *fields))


def by_key(name, key, kind, answers, condition, pick):
    """(frame of the request, of the answer) of each number, as Wireshark shows it, by the number; None where there is none.  Of
    several frames the one that `pick` chooses."""
    lines = host.tshark(host.captures()[name], "-Y", condition, "-T", "fields", "-e", "frame.number", "-e", "tcp.stream", "-e",
                        "tcp.dstport", "-e", key, "-e", kind, plugin=False).splitlines()
    found = {}
    for frame, stream, port, *lists in (line.split("\t") for line in lines):
        for number, what in zip(*(cells.split(",") for cells in lists), strict=True):
            side = answers(what, port)
            if side is not None:
                found.setdefault((stream, number), [None, None])
                pair = found[stream, number]
                pair[side] = pick(pair[side] or frame, frame, key=int)
    return found


def keyed(pairs, exchanges, which):
    ours = [(row["request_" + which], row["response_" + which] or None) for row in exchanges]
    cases.check(sorted(map(tuple, pairs), key=str), sorted(ours, key=str))
    return "%d" % len(ours)


def memcached_keys():
    """The opaque of the binary protocol; what is asked quietly may have no answer, and is one-way then."""
    found = by_key("memcached_binary", "memcache.opaque", "memcache.magic", lambda magic, _: int(magic) & 1, "memcache", max)
    rows = facts.exchanges(host.captures()["memcached_binary"], *ON)
    silent = [row["summary"] for row in rows if row["status"] == "oneway"]
    cases.check(["Get Key Quietly none", "Get Key Quietly nothing", "Set Quietly q1", "Set Quietly q2", "Get Key Quietly q3"],
                silent, "one-way")
    cases.check(len(rows) - len(silent), sum(row["status"] == "answered" for row in rows), "answered")
    return keyed(found.values(), rows, "last")


def grpc_keys():
    """HTTP/2's streams: their first HEADERS each way."""
    found = by_key("grpc", "http2.streamid", "http2.type",
                   lambda kind, port: {("1", "8080"): 0}.get((kind, port), 1 if kind == "1" else None), "http2.streamid", min)
    rows = [row for row in facts.exchanges(host.captures()["grpc"], *ON) if row["status"] == "answered"]
    return keyed(found.values(), rows, "first")


def grpc_says():
    """What was called, and the status that the call came to."""
    path = host.captures()["grpc"]
    said = {row["exchange"]: row["summary"] for row in host.rows(path, "messages", *ON) if row["message"] == "response"}
    got = [(row["summary"], said[row["exchange"]]) for row in facts.exchanges(path, *ON) if row["status"] == "answered"]
    with open(host.CAPTURES / "grpc.truth.csv", encoding="ascii", newline="") as file:
        wanted = [("POST " + row["asked"], "200 " + row["said"]) for row in
                  sorted(csv.DictReader(file), key=lambda row: float(row["sent"]))]
    cases.check(wanted, got)


def amqp_says():
    """What was asked and answered; what was published, acknowledged and delivered."""
    path = host.captures()["amqp"]
    rows, pushes = facts.exchanges(path, *ON), facts.pushes(path, *ON)
    with open(host.CAPTURES / "amqp.truth.csv", encoding="ascii", newline="") as file:
        asked = [row["asked"] for row in csv.DictReader(file) if row["asked"] not in ("connect", "publish")]
    got = [".".join(row["summary"].lower().split()[:2]) for row in rows if row["status"] == "answered"]
    cases.check(["amqp\\x00\\x00\\x09\\x01", "connection.start-ok", "connection.open", *asked[:-1], "channel.close", "connection.close"], got)
    alone = [row["summary"] for row in rows if row["status"] == "oneway" and row["summary"].startswith("Basic ")]
    cases.check(3 * ["Basic Publish fruit pear.ripe"] + ["Basic Publish figs"] + 3 * ["Basic Ack"] +
                ["Basic Publish figs", "Basic Publish nowhere"], alone)
    cases.check(2 * ["Basic Deliver fruit pear.ripe"] + ["Basic Ack", "Basic Return nowhere NO_ROUTE", "Basic Ack"],
                [row["summary"] for row in pushes])
    published = [row["request_bytes"] for row in rows if row["summary"].startswith("Basic Publish")]
    cases.check(["67", "67", "67", "3051", "55", "58"], published, "bytes, with the content")


def streams_of(name="https"):
    """Stream -> its exchanges by rule, in order."""
    streams = {}
    said = {row["exchange"]: row["summary"] for row in host.rows(host.captures()[name], "messages", *ON)
            if row["message"] == "response"}
    for row in facts.exchanges(host.captures()[name], *ON):
        if row["pairing"] != "turn":
            streams.setdefault(int(row["stream"]), []).append({**row, "answer": said[row["exchange"]]})
    return streams


def same(streams, pairs, columns):
    for decrypted, clear in pairs:
        cases.check(*([[row[column] for column in columns] for row in streams[stream]] for stream in (clear, decrypted)),
                    "stream %d, decrypted" % decrypted)


ALIKE = ("summary", "answer", "status", "pairing", "protocol", "response_bytes", "ended_by")
TLS13, TLS12, CLEAR, TLS_STREAMS, CLEAR_STREAMS = 0, 1, 2, 4, 5


def decrypted():
    """With its keys what came by TLS pairs as what came in clear, and has the same bytes, which are those that were dissected."""
    streams = streams_of()
    same(streams, [(TLS13, CLEAR), (TLS12, CLEAR)], (*ALIKE, "request_bytes", "depth"))
    same(streams, [(TLS_STREAMS, CLEAR_STREAMS)], ALIKE)  # who the server is is said otherwise
    cases.refuses(same, streams, [(TLS_STREAMS, CLEAR)], ALIKE)
    cases.check([4, 4, 4, 4, 6, 6], [len(rows) for _, rows in sorted(streams.items())], "exchanges")


def curl_notes(name, schemes):
    """From when curl was about to ask to when it had the first byte."""
    with open(host.CAPTURES / (name + ".truth.csv"), encoding="ascii", newline="") as file:
        notes = [(row["local_port"], row["http_code"], float(row["time_starttransfer"]) - float(row["time_pretransfer"]))
                 for row in csv.DictReader(file) if row["scheme"] in schemes]
    ports = {note[0] for note in notes}
    rows = [row for _, found in sorted(streams_of(name).items()) for row in found
            if row["client_port"] in ports and not row["summary"].startswith("CONNECT")]
    cases.check(len(notes), len(rows), "exchanges")
    for (port, code, took), row in zip(notes, rows):
        cases.check((port, True), (row["client_port"], code in row["answer"]), row["id"])
        more = took - float(row["latency"])
        cases.check(True, -CLOCK <= more < SLACK, "%s: %f more" % (row["id"], more))
    return "%d notes" % len(notes)


def pipeline_of(name):
    """(notes, exchanges, the summary of each answer)"""
    said = {row["exchange"]: row["summary"] for row in host.rows(host.captures()[name], "messages", *ON)
            if row["message"] == "response"}
    with open(host.CAPTURES / (name + ".truth.csv"), encoding="ascii", newline="") as file:
        rows = [row for row in facts.exchanges(host.captures()[name], *ON) if row["pairing"] != "turn"]
        return list(csv.DictReader(file)), rows, said


def pipelined(notes, rows, said):
    """Each of the client's pipelined requests has its own answer, and the latency that the client noted but for READING."""
    cases.check(len(notes), len(rows), "exchanges")
    most = 0
    for note, row in zip(notes, rows):
        what = "%s: " % note["asked"]
        cases.check((True, "order", "answered"),
                    (row["summary"].startswith(note["asked"]), row["pairing"], row["status"]), what + row["summary"])
        answer = said[row["exchange"]]
        value = "$" + str(len(answer)) if note["said"].startswith("$") and note["said"] != "$-1" else answer
        cases.check(note["said"].replace("$-1", "(nil)"), value[:len(note["said"])] if note["said"] != "$-1" else answer, what)
        more = float(note["done"]) - float(note["sent"]) - float(row["latency"]) - float(row["response_spread"])
        cases.check(True, -CLOCK <= more < READING, what + "%f more" % more)
        most = max(more, most)
    return "%d requests, at most %.6f more" % (len(notes), most)


def in_pieces(notes, rows, said):
    """Each message is all of it, in however many pieces it was shown: its bytes, its begin and its end are the client's."""
    cases.check(len(notes), len(rows), "exchanges")
    for note, row in zip(notes, rows):
        what = "%s: " % note["asked"]
        cases.check((note["request_bytes"], note["response_bytes"]), (row["request_bytes"], row["response_bytes"]), what + "bytes")
        named, proven = note["asked"].startswith(row["summary"][:20].strip()), row["evidence"] in ("exact", "acked")
        cases.check((True, "order", "answered", True), (named, row["pairing"], row["status"], proven), what + row["summary"])
        if note["said"][0] in "+:H":
            cases.check(note["said"], said[row["exchange"]], what)
        within((float(note["sent"]), float(note["done"])), [(seconds(row["request_start"]), seconds(row["response_end"]))])
    return "%d requests" % len(notes)


def swapped(data, firsts):
    """A pcapng where each of these frames came after the next, at that one's time."""
    blocks, at = [], 0
    while at < len(data):
        blocks.append(data[at:at + struct.unpack_from("<I", data, at + 4)[0]])
        at += len(blocks[-1])
    frames = [i for i, block in enumerate(blocks) if block[0] == ENHANCED_PACKET]
    for i, k in ((frames[n - 1], frames[n]) for n in firsts):
        blocks[i], blocks[k] = (one[:12] + other[12:20] + one[20:] for one, other in ((blocks[k], blocks[i]), (blocks[i], blocks[k])))
    return b"".join(blocks)


def together(path):
    """Frames with bytes, of no handshake, that the next follows within what the clock may be off, from the same side."""
    fields = ("frame.number", "tcp.srcport", "tcp.len", "frame.time_epoch", "tls.handshake.type")
    lines = host.tshark(path, "-T", "fields", *(word for field in fields for word in ("-e", field)), plugin=False).splitlines()
    frames = [(int(n), port, int(size) if not shaking else 0, float(time))
              for n, port, size, time, shaking in (line.split("\t") for line in lines)]
    found = []
    for one, other in zip(frames, frames[1:]):
        if one[1] == other[1] and one[2] and other[2] and other[3] - one[3] < CLOCK and one[0] - 1 not in found:
            found.append(one[0])
    return found


def out_of_order(notes):
    """Wireshark puts segments in order, where it is told to: what was decrypted of them has its own time and bytes."""
    path = host.captures()["https_pieces"]
    frames, other = together(path), host.SCRATCH / "swapped.pcapng"
    other.write_bytes(swapped(gzip.decompress(path.read_bytes()), frames))
    in_order = ("-o", "tcp.reassemble_out_of_order:TRUE")
    said = {row["exchange"]: row["summary"] for row in host.rows(other, "messages", *ON, *in_order) if row["message"] == "response"}
    rows = [row for row in facts.exchanges(other, *ON, *in_order) if row["pairing"] != "turn"]
    return "%s, %d swapped" % (in_pieces(notes, rows, said), len(frames))


def hole_filled():
    """So they are of a segment that fills a hole, with all of one message and the begin of another."""
    rows = host.rows(host.captures()["crafted/dns_hole_filled"], "messages", *ON, "-o", "tcp.reassemble_out_of_order:TRUE")
    told = {(row["message"], row["summary"], row["part"], row["first_frame"], row["last_frame"], row["bytes"]) for row in rows}
    cases.check({("request", "A a.test", "1", "4", "4", "26"), ("request", "A b.test", "1", "5", "5", "26"),
                 ("response", "A a.test", "1", "7", "7", "42"), ("response", "A b.test", "1", "6", "8", "42")}, told)


def never_shifted(notes, rows):
    """What a dissector does not know makes pairs `lost`, and none with a proof is another than the client's."""
    columns = ("request_bytes", "response_bytes")
    wanted = {(note["asked"], *(note[column] for column in columns)) for note in notes}
    proven = [(row["summary"], *(row[column] for column in columns)) for row in rows if row["evidence"] in ("exact", "acked")]
    cases.check(set(), set(proven) - wanted, "pairs with a proof")
    cases.check(True, len(proven) >= 15, "%d of them" % len(proven))
    cases.check({"exact", "acked", "lost"}, {row["evidence"] for row in rows}, "evidence")
    return "%d of %d with a proof" % (len(proven), len(notes))


EARLY = {"yes": "exact", "late": "order", "no": "lost"}


def early(notes, rows, said):
    """An answer that came before its request was whole is that request's; where the rest never came, the bytes are those that the
    server had."""
    cases.check(len(notes), len(rows), "exchanges")
    for note, row in zip(notes, rows):
        what = "%s at %s: " % (note["asked"], note["sent"])
        cases.check((note["said"], EARLY[note["whole"]], "answered"), (said[row["exchange"]], row["evidence"], row["status"]), what)
        cases.check((note["asked"] + " HTTP/1.1", note["response_bytes"]), (row["summary"], row["response_bytes"]), what)
        less = int(note["request_bytes"]) - int(row["request_bytes"])
        cases.check(True, less == 0 or (note["whole"] == "no" and less > 0), what + "%d bytes less" % less)
        cases.check(note["asked"].startswith("PUT /put"), row["interim"] != "", what + "interim")
        within((float(note["sent"]), float(note["done"])), [(seconds(row["request_start"]), seconds(row["response_end"]))])
    return "%d requests" % len(notes)


def as_turns(rows, turns):
    """Where one request waits at a time, each exchange by rule is the turn: its frames and times, too."""
    by_id, alike = {row["id"]: row for row in turns}, 0
    for row in rows:
        turn = by_id.get(row["id"], row)
        if turn is row or any(turn[side + "_bytes"] != row[side + "_bytes"] for side in ("request", "response")):
            continue
        alike += 1
        for column in ALIKE_TURNS:
            cases.check(turn[column], row[column], "%s of %s" % (column, row["summary"]))
    cases.check(True, alike >= 12, "%d turns" % alike)
    return "%d turns" % alike


ALIKE_TURNS = (*facts.FRAMES, "request_start", "request_end", "response_start", "response_end", "latency", "duration",
               "request_segments", "response_segments", "missing")


def notes_of(name):
    with open(host.CAPTURES / (name + ".truth.csv"), encoding="ascii", newline="") as file:
        return [(float(row["sent"]), None if (name, row["said"]) in GAVE_UP else float(row["done"]))
                for row in csv.DictReader(file) if row["asked"] not in NOT_ASKED]


def seconds(text):
    """Of a row's time, as the client's clock tells it."""
    return datetime.datetime.fromisoformat(text[:26] + "+00:00").timestamp()


def spans(name, compare):
    """(when the request began, when the answer ended) of every answered exchange that a rule told.  Who asks one by one connects
    for the first."""
    rows = [row for row in host.rows(host.captures()[name], "exchanges", *ON)
            if row["status"] == "answered" and row["pairing"] != "turn"]
    return sorted((seconds(row["request_start"]) - (float(row["handshake"] or 0) if compare is one_by_one else 0),
                   seconds(row["response_end"])) for row in rows)


def within(note, found):
    """The exchanges `found` are what took the client from `note[0]` to `note[1]`."""
    begin, end = min(span[0] for span in found), max(span[1] for span in found)
    cases.check(True, -CLOCK <= begin - note[0] < SLACK, "sent %f before its first frame" % (begin - note[0]))
    if note[1] is not None:
        cases.check(True, -CLOCK <= note[1] - end < SLACK, "done %f after its last frame" % (note[1] - end))


def one_by_one(notes, found):
    for note in notes:
        mine = [span for span in found if note[0] - CLOCK <= span[0] <= note[1]]
        cases.check(True, bool(mine), "exchanges of the note at %f" % note[0])
        within(note, mine)
    return "%d notes" % len(notes)


def apart(notes, found):
    last = [span for span in found if span[0] >= min(notes)[0] - CLOCK]
    cases.check(len(notes), len(last), "exchanges")
    for note, span in zip(sorted(notes), last):
        within(note, [span])
    return "%d notes" % len(notes)


def noted(name, compare):
    return compare(notes_of(name), spans(name, compare))


def can_fail():
    exchanges, wanted = facts.exchanges(host.captures()["smb2"], *ON), theirs("smb2", *LINKS["smb2"][:2])
    for column in ("latency", "request_last", "response_last"):
        cases.refuses(linked, [{**row, column: "1"} for row in exchanges], wanted)
    cases.refuses(linked, exchanges[1:], wanted)
    cases.refuses(keyed, [("1", "2"), ("3", None)], [{"request_last": "1", "response_last": "2"}] * 2, "last")
    notes, rows, said = pipeline_of("redis_staggered")
    for wrong in (rows[1:], [rows[0], rows[2], rows[1], *rows[3:]], [{**row, "latency": "0.004"} for row in rows]):
        cases.refuses(pipelined, notes, wrong, said)
    cases.refuses(pipelined, notes, rows, {**said, rows[20]["exchange"]: "vv"})
    notes, rows, said = pipeline_of("redis_pieces")
    for changed in ({"response_bytes": "188"}, {"request_start": rows[1]["request_start"]}, {"evidence": "lost"}):
        cases.refuses(in_pieces, notes, [{**row, **changed} for row in rows], said)
    notes, rows, said = pipeline_of("http_early")
    for changed in ({"response_bytes": "308"}, {"request_bytes": "56"}, {"evidence": "acked"}, {"interim": ""}):
        cases.refuses(early, notes, [{**row, **changed} for row in rows], said)
    cases.refuses(early, notes, [rows[0], rows[2], rows[1], *rows[3:]], said)
    cases.refuses(as_turns, [{**row, "request_first": "7"} for row in rows], facts.exchanges(host.captures()["redis_pieces"]))
    notes, rows, _ = pipeline_of("redis_resp3")
    cases.refuses(never_shifted, notes, [{**row, "evidence": row["evidence"].replace("lost", "acked")} for row in rows])
    for name, compare in (("dcerpc", one_by_one), ("nfs", apart)):
        notes, found = notes_of(name), spans(name, compare)
        cases.refuses(compare, notes, [(begin, end + SLACK) for begin, end in found])
        cases.refuses(compare, notes, found[:-1])
        cases.refuses(compare, [(begin - SLACK, end) for begin, end in notes], found)


def main(words):
    todo = [(name + " links", links, name) for name in LINKS]
    todo.append(("http_early", early, *pipeline_of("http_early")))
    path = host.captures()["redis_pieces"]
    todo += [(name + " whole", in_pieces, *pipeline_of(name)) for name in ("redis_pieces", "https_pieces")]
    todo += [("https_pieces out of order", out_of_order, pipeline_of("https_pieces")[0]),
             ("dns_hole_filled out of order", hole_filled),
             ("redis_resp3 never shifted", never_shifted, *pipeline_of("redis_resp3")[:2]),
             ("redis_pieces turns", as_turns, facts.exchanges(path, *ON), facts.exchanges(path))]
    todo += [(name + " pipelined", pipelined, *pipeline_of(name)) for name in ("redis_staggered", "http_staggered")]
    todo += [("memcached_binary keys", memcached_keys), ("grpc keys", grpc_keys), ("grpc says", grpc_says),
             ("curl's notes by a tunnel", curl_notes, "http_tunnel", ("HTTPS",)),  # what is in clear turns tell, before 4.6
             ("https decrypted", decrypted), ("curl's notes", curl_notes, "https", ("HTTPS", "HTTP")), ("amqp says", amqp_says)]
    todo += [(name + " notes", noted, name, one_by_one) for name in NOTED]
    todo += [(name + " notes", noted, name, apart) for name in NOTED_APART]
    cases.run(cases.chosen(todo + [("can fail", can_fail)], words))


if __name__ == "__main__":
    main(sys.argv[1:])
