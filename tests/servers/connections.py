#!/usr/bin/python3
"""What befalls connections: how they open, stand still and end, and talk that takes no turns.

Each conversation is a function that holds it; `wanted` names the facts of its connection's row and of its last
exchange's.  All are judged as any other (judge.py), unless a reset cut off what a program can know.
"""
import contextlib
import socket
import sys
import threading
import time

import lab as labs
import judge
import notes
import packets
import cases
import host

MEASURED, SILENT, RESETTING, HALF, SLOW, DUPLEX, PUSHING, CLOSED = range(7001, 7009)
SERVER_PORTS = set(range(7001, 7009))
QUIET, PATIENCE = 1, 1  # s, preferences
STALL = 1.6             # longer than both
SYN_COPY = 200_000_000  # ns: SYNs closer than this are taken for copies of one
SMALL_BUFFER = (socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
KEEPALIVE = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1),
             (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)]
HALF_ANSWER, LONG = 5000, 300_000
FIRST_CLIENT = 46000


heard = threading.Semaphore(0)  # the client of `pushing` has the message before


# ---- servers

def silent(end):
    while end.more():
        end.rest = b""


def resetting(end):
    """Answers half of what it might, and resets once that has come through."""
    end.until(b"\n")
    end.say(b"h" * HALF_ANSWER)
    time.sleep(0.1)
    end.abort()


def half(end):
    """Answers when the client has said all."""
    heard = end.to_the_end()
    time.sleep(0.05)
    end.say(b"got %d bytes\n" % len(heard))


def slow(end):
    """Begins to read, and then does not for a while."""
    end.more()
    time.sleep(STALL)
    end.take(LONG)
    end.say(b"thanks\n")


def duplex(end):
    """Talks for itself while it listens."""
    def listen():
        with contextlib.suppress(OSError):
            while end.more():
                end.rest = b""
    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    for i in range(40):
        end.say(b"server %d\n" % i)
        time.sleep(0.011)
    listener.join()


def pushing(end):
    """Greets, answers, and tells more after long silence."""
    end.say(b"hello\n")
    end.until(b"\n")
    end.say(b"yes\n")
    for i in range(3):
        heard.acquire(timeout=labs.PATIENCE)  # so that each silence is as long at both ends
        time.sleep(QUIET + 0.4)
        end.say(b"news %d\n" % i * 400)
    end.until(b"\n")
    end.say(b"bye\n")


# ---- conversations: each gets the lab and its port, and returns its clients

def line(client):
    return client.until(b"\n")


def plain(lab, port, **options):
    client = notes.Client(lab, port, MEASURED, **options)
    for i in range(3):
        notes.ask_measured(client, 100 + i, 10, 200 + i)
    client.close()
    return [client]


def refused(lab, port):
    client = notes.Client(lab, port, CLOSED, connect=False)
    try:
        client.sock.connect(client.there)
    except ConnectionRefusedError:
        client.close()
        return [client]
    raise AssertionError("not refused")


def reset_by_server(lab, port):
    client = notes.Client(lab, port, RESETTING)

    def read():
        client.take(HALF_ANSWER)
        try:
            client.more()
        except ConnectionResetError:
            return
        raise AssertionError("not reset")
    client.ask(b"GET half\n", read)
    client.close()
    return [client]


def reset_by_client(lab, port):
    """The client knows only what it read: the rest of the answer is under way."""
    client = notes.Client(lab, port, MEASURED)
    said = client.say(notes.request(100, 10, LONG))
    client.take(20_000)
    client.abort()
    client.note([said], client.heard)
    return [client]


def never_answered(lab, port):
    client = notes.Client(lab, port, SILENT)
    client.last_word(b"is anybody there?\n")
    time.sleep(0.3)
    client.close()
    return [client]


def answered_late(lab, port):
    client = notes.Client(lab, port, MEASURED)
    notes.ask_measured(client, 100, STALL * 1000, 100)
    client.close()
    return [client]


def half_closed(lab, port):
    client = notes.Client(lab, port, HALF)
    said = client.say(b"all I have to say\n")
    client.sock.shutdown(socket.SHUT_WR)
    client.to_the_end()
    client.note([said], client.flush())
    client.close()
    return [client]


def kept_alive(lab, port):
    client = notes.Client(lab, port, MEASURED, options=KEEPALIVE)
    notes.ask_measured(client, 100, 10, 100)
    time.sleep(2.5)
    notes.ask_measured(client, 100, 10, 100)
    client.close()
    return [client]


def stalled_response(lab, port):
    client = notes.Client(lab, port, MEASURED, options=[SMALL_BUFFER])

    def read():
        time.sleep(STALL)
        client.take(LONG)
    client.ask(notes.request(100, 10, LONG), read)
    notes.ask_measured(client, 100, 10, 100)
    client.close()
    return [client]


def stalled_request(lab, port):
    client = notes.Client(lab, port, SLOW)
    client.ask(b"r" * LONG, lambda: line(client))
    client.close()
    return [client]


def fast_open(lab, port):
    """The first connection gets the cookie with which the second asks in its SYN."""
    clients = [notes.Client(lab, port + i, MEASURED, connect=False) for i in range(2)]
    for client in clients:
        said = client.open_with(notes.request(100, 10, 100))
        client.take(100)
        client.note([said], client.flush())
        notes.ask_measured(client, 100, 10, 100)
        client.close()
    return clients


def port_reused(lab, port):
    """Two connections between the same ports; a reset leaves the port free at once."""
    clients = [notes.Client(lab, port, MEASURED)]
    notes.ask_measured(clients[0], 100, 10, 100)
    clients[0].abort()
    time.sleep(0.1)
    clients.append(notes.Client(lab, port, MEASURED))
    for _ in range(2):
        notes.ask_measured(clients[1], 120, 10, 150)
    clients[1].close()
    return clients


def without_turns(lab, port):
    client = notes.Client(lab, port, DUPLEX)

    def talk():
        for i in range(40):
            client.say(b"client %d\n" % i)
            time.sleep(0.013)
        client.sock.shutdown(socket.SHUT_WR)
    talker = threading.Thread(target=talk, daemon=True)
    talker.start()
    client.to_the_end()
    talker.join()
    client.close()
    return [client]


def pushed(lab, port):
    client = notes.Client(lab, port, PUSHING)
    client.greeting(lambda: line(client))
    client.ask(b"anything new?\n", lambda: line(client))
    for i in range(3):
        heard.release()
        client.greeting(lambda i=i: client.take(len(b"news %d\n" % i * 400)))
    client.ask(b"enough\n", lambda: line(client))
    client.close()
    return [client]


# ---- what must be in rows beyond what notes and packets tell

def sent_again(connection, side):
    """How often a SYN was sent again, told from the packets."""
    times = [packet.time for packet in connection.of(side) if packet.flags & packets.SYN]
    count, last = 0, times[0] if times else 0
    for time_ in times:
        if time_ - last >= SYN_COPY:
            count, last = count + 1, time_
    return count


def handshake(row, connection):
    """A connection's row tells its handshake as the packets do."""
    opened = [packet.time for packet in connection.of(0)
              if packet.flags & packets.ACK and not packet.flags & (packets.SYN | packets.RST)]
    cases.check((str(sent_again(connection, 0)), str(sent_again(connection, 1))),
                (row["syn_retries"], row["synack_retries"]), "SYN, SYN/ACK sent again")
    cases.check(opened[0] - connection.syn.time if opened else "", row["connect_time"], "connect_time")


class Trial:
    """A conversation, its rules, and what must be so."""

    def __init__(self, name, hold, plan="", check=None, judged=True, quiet=0, **wanted):
        self.name, self.hold, self.plan, self.check, self.judged = name, hold, plan, check, judged
        self.quiet, self.wanted = quiet, wanted

    def run(self, lab, port):
        self.port = port
        self.clients = self.hold(lab, port)

    def holds(self, evidence, turns):
        said = []
        for nth, client in enumerate(self.clients):
            nth = nth if client.port == self.clients[0].port else 0
            for end, view in enumerate(evidence.views(self.quiet)):
                stream = view.streams(client.port)[nth]
                handshake(stream, evidence.seen[end][client.port][nth])
            if self.judged:
                # Of connections that share a port, the server's notes follow each other.
                mine = turns.get(client.port, [])[sum(len(one.notes) for one in self.clients[:nth]):]
                said.append(evidence.judge(client, mine, nth, self.quiet))
        for view in evidence.views(self.quiet):
            stream = view.streams(self.clients[-1].port)[-1]
            row = (view.of(stream) or [{}])[-1]
            got = {name: row.get(name) if name in ("ended_by", "status", "evidence") else stream[name]
                   for name in self.wanted}
            cases.check(self.wanted, got)
        if self.check:
            said.append(self.check(self, evidence) or "")
        return "; ".join(said)


def syns(side, there_least):
    def check(trial, evidence):
        """The first was lost: one end knows of it."""
        counts = [seen[trial.port][0].count(side, packets.SYN, packets.SYN) for seen in evidence.seen]
        times = [view.streams(trial.port)[0]["connect_time"] / 1e9 for view in evidence.views(trial.quiet)]
        sender, other = (0, 1) if side == 0 else (1, 0)
        cases.check(True, counts[sender] > counts[other] >= 1, "SYNs at both ends %r" % counts)
        cases.check(True, times[0] >= 1 and (times[1] >= 1) == there_least, "connect_time %r" % times)
        return "connect_time %.3f and %.3f s" % tuple(times)
    return check


def nothing_said(trial, evidence):
    for view in evidence.views(trial.quiet):
        stream = view.streams(trial.port)[0]
        cases.check(([], "0"), (view.of(stream), stream["exchanges"]), "exchanges")


def cut_off(trial, evidence):
    """Each end tells what it captured of the answer, and that the client broke it off."""
    ids, sizes = [], []
    for end, view in enumerate(evidence.views(trial.quiet)):
        (row,) = view.of(view.streams(trial.port)[0])
        captured = packets.messages_seen(evidence.seen[end][trial.port][0], 1, [LONG])[0]
        judge.judge_message(row, "response", captured, captured.bytes, "the answer at the %s" % judge.ENDS[end])
        cases.check("answered", row["status"])
        cases.check(captured.first - row["request_end"], row["latency"], "latency")
        ids.append(row["id"])
        sizes.append(captured.bytes)
    cases.check(ids[0], ids[1], "ids")
    cases.check(True, 20_000 <= sizes[0] <= sizes[1] < LONG, "bytes %r" % sizes)
    return "%d and %d bytes of %d" % (*sizes, LONG)


def probes(side):
    def check(trial, evidence):
        """Probes there were, at both ends."""
        for end, seen in enumerate(evidence.seen):
            connection, top, found = seen[trial.port][0], 0, 0
            for packet in connection.of(side):
                offset = connection.offset(packet)
                found += not packet.payload and offset == top - 1 and not packet.flags & 7
                top = max(top, offset + packet.payload) if packet.payload else top
            cases.check(True, found > 0, "no probe at the %s" % judge.ENDS[end])
        return "%d probes" % found
    return check


def stalled(trial, evidence):
    """The last byte could not go before the server read on."""
    for view in evidence.views(trial.quiet):
        (row,) = view.of(view.streams(trial.port)[0])
        cases.check(True, row["request_spread"] >= STALL * 10**9, "request_spread")
    return probes(0)(trial, evidence)


def in_syn(trial, evidence):
    """The second connection asked in its SYN."""
    for end, seen in enumerate(evidence.seen):
        payloads = [seen[client.port][0].syn.payload for client in trial.clients]
        cases.check([0, 100], payloads, "payload of the SYNs at the %s" % judge.ENDS[end])
    view = evidence.views(trial.quiet)[0]
    row = view.of(view.streams(trial.clients[1].port)[0])[0]
    syn = evidence.seen[0][trial.clients[1].port][0].syn
    cases.check(syn.time, row["request_start"], "the request starts with the SYN")


def same_parts(trial, evidence):
    """Where nobody takes turns both ends cut the talk at the same bytes, and lose none of it."""
    told = []
    for end, view in enumerate(evidence.views(trial.quiet)):
        stream = view.streams(trial.port)[0]
        exchanges, pushes = view.of(stream), view.pushes_of(stream)
        told.append([(row["id"], row["request_bytes"], row["response_bytes"]) for row in exchanges] +
                    [(row["id"], row["bytes"]) for row in pushes])
        connection = evidence.seen[end][trial.port][0]
        for side, names in ((0, ["request_bytes"]), (1, ["response_bytes", "push_bytes"])):
            sent = max(connection.offset(packet) + packet.payload for packet in connection.of(side) if packet.payload)
            cases.check(sent, sum(int(stream[name]) for name in names), "bytes of the %s" % judge.ENDS[side])
            rows = sum(int(row[names[0]] or 0) for row in exchanges)
            rows += sum(int(row["bytes"]) for row in pushes) if side else 0
            cases.check(sent, rows, "bytes in rows of the %s" % judge.ENDS[side])
    cases.check(told[0], told[1], "parts at both ends")
    return "%d messages" % len(told[0])


def restated(trial, evidence):
    """First told as unanswered, when the longest wait was over; then, with its latency, as answered."""
    for view in evidence.views(trial.quiet):
        rows = host.parse(host.export(view.capture, "exchanges", "-o", "reqresp.patience:%d" % PATIENCE))
        mine = [row for row in rows if row["client_port"] == str(trial.port)]
        cases.check([("1", "unanswered", ""), ("2", "answered", mine[-1]["latency"])],
                    [(row["part"], row["status"], row["latency"]) for row in mine])
        cases.check(True, float(mine[-1]["latency"]) >= STALL, "latency")


TRIALS = [
    Trial("plain", plain, close="fin", closed_by="client", status="answered", evidence="exact", syn_retries="0"),
    Trial("SYN lost", plain, "a syn 1 drop", syns(0, False), status="answered"),
    Trial("SYN/ACK lost", plain, "b syn 1 drop", syns(1, True), status="answered"),
    Trial("refused", refused, check=nothing_said, judged=False, close="refused", closed_by="server",
          direction_from="syn"),
    Trial("reset by the server mid-response", reset_by_server, close="rst", closed_by="server", ended_by="server-rst",
          status="answered"),
    Trial("reset by the client mid-response", reset_by_client, check=cut_off, judged=False, close="rst",
          closed_by="client", ended_by="client-rst"),
    Trial("never answered", never_answered, status="unanswered", ended_by="client-fin", unanswered="1"),
    Trial("answered after the longest wait", answered_late, check=restated, status="answered", unanswered="0"),
    Trial("half-close", half_closed, status="answered", closed_by="client", close="fin", ended_by="server-fin"),
    Trial("keep-alive probes", kept_alive, check=probes(0), exchanges="2"),
    Trial("zero window in a response", stalled_response, check=probes(1), quiet=QUIET, exchanges="2", pushes="0"),
    Trial("zero window in a request", stalled_request, check=stalled, quiet=QUIET, exchanges="1"),
    Trial("request in the SYN", fast_open, check=in_syn, exchanges="2"),
    Trial("port reused", port_reused, exchanges="2", close="fin"),
    Trial("full duplex", without_turns, check=same_parts, judged=False, client_missing="0", server_missing="0"),
    Trial("server pushes", pushed, quiet=QUIET, pushes="4", exchanges="2"),
]


def main(words):
    labs.require()
    plan = "".join("%d %s\n" % (FIRST_CLIENT + 10 * i, trial.plan) for i, trial in enumerate(TRIALS) if trial.plan)
    fast = (socket.IPPROTO_TCP, notes.TCP_FASTOPEN, 16)
    with labs.Lab(delay=5, plan=plan) as lab, contextlib.ExitStack() as servers:
        measured = servers.enter_context(notes.Server(lab, MEASURED, notes.measured, [fast]))
        for port, behave, options in ((SILENT, silent, []), (RESETTING, resetting, []), (HALF, half, []),
                                      (SLOW, slow, [SMALL_BUFFER]), (DUPLEX, duplex, []), (PUSHING, pushing, [])):
            servers.enter_context(notes.Server(lab, port, behave, options))
        notes.at_once([lambda port=FIRST_CLIENT + 10 * i, trial=trial: trial.run(lab, port)
                       for i, trial in enumerate(TRIALS)])
    evidence = judge.Evidence(lab, SERVER_PORTS)
    todo = [(trial.name, trial.holds, evidence, measured.turns) for trial in TRIALS]
    todo += [("two passes", evidence.two_passes), ("captures", evidence.faithful)]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
