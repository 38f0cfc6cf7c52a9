#!/usr/bin/python3
"""Messages in datagrams of UDP, in everything that knows exchanges.

off        without rules no frame of UDP has anything of this plugin
fields     filters and fields, in one pass and in two; what only TCP has is not there
links      request and response name each other, and a copy is marked
both       streams of TCP and UDP of one number are two, in rows, in the database, in the statistics
bytes      the payload of rows, Export Objects, sharkd's as well, and GoReplay
tunnels    what carries a message is the innermost UDP; what an error quotes counts nothing; fragments are put together
groups     what goes to many is one-way, its answers are of their own
turns      a rule without a key: one out, one back, by the port or by who sends first
ends       the ids are the same where one end lacks a copy
cut        of packets that were cut the key is enough
documented what doc/rules.md shows of them is what is printed
"""
import pathlib
import re
import sqlite3
import struct
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "sharkd"))
import cases  # noqa: E402
import host  # noqa: E402
import objects  # noqa: E402
import pcaps  # noqa: E402
import run as sharkd  # noqa: E402
import tables  # noqa: E402

ON = ("-o", "reqresp.rules:TRUE")
OF_TCP = ("reqresp.phase", "reqresp.client.state", "reqresp.rtt", "reqresp.server_time", "reqresp.latency.lost",
          "reqresp.handshake", "reqresp.connect_time", "reqresp.syn_retries")
OF_UDP = ("dns_udp", "snmp", "radius", "coap", "sip_udp", "ntp", "syslog")
A, B, C = (b"\xc0\0\2\1", b"\xc6\x33\x64\7", b"\xe0\0\0\xfb")


def ip(src, dst, payload, protocol=17, ident=1, fragment=0):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, fragment, 64, protocol, 0, src, dst) + payload


def udp(src_port, dst_port, payload):
    return struct.pack("!4H", src_port, dst_port, 8 + len(payload), 0) + payload


def ethernet(packet):
    return b"\2\0\x5e\0\0\2\2\0\x5e\0\0\1\x08\0" + packet


def dns(number, name=b"a", answer=False):
    return struct.pack("!6H", number, 0x8180 if answer else 0x100, 1, 0, 0, 0) + bytes([len(name)]) + name + b"\0\0\1\0\1"


def ask(number, port=40000, name=b"a"):
    return ip(A, B, udp(port, 53, dns(number, name)))


def answer(number, port=40000, name=b"a"):
    return ip(B, A, udp(53, port, dns(number, name, True)))


def capture(name, *frames, snaplen=65535):
    """A millisecond lies between two frames."""
    path = host.SCRATCH / "captures" / (name + ".pcap")
    data = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, snaplen, 1)
    for at, frame in enumerate(map(ethernet, frames)):
        data += struct.pack("<IIII", 1700000000, 1000 * at, min(len(frame), snaplen), len(frame)) + frame[:snaplen]
    path.write_bytes(data)
    path.chmod(0o644)
    return path


def told(path, *words, of=("status", "evidence", "request_frame", "response_frame")):
    return [tuple(row[name] for name in of) for row in host.rows(path, "exchanges", *ON, *words)]


def off(captures):
    for name in OF_UDP:
        cases.check("", host.tshark(captures[name], "-Y", "reqresp"), name)
        for rows in host.exports(captures[name], host.KINDS).values():
            cases.check(1, rows.count("\r\n"), name)


def printed(path, display, *names, words=()):
    asked = [word for name in names for word in ("-e", name)]
    return [line.split("\t") for line in host.tshark(path, *ON, *words, "-Y", display, "-T", "fields", *asked).splitlines()]


def fields(captures):
    path = captures["dns_udp"]
    wanted = {row["request_frame"]: row for row in host.rows(path, "exchanges", *ON)}
    shown = printed(path, "reqresp.request", "frame.number", "reqresp.id", "reqresp.latency", "reqresp.transport",
                    "reqresp.stream", "reqresp.pairing", words=["-2"])
    got = {number: rest for number, *rest in shown if number in wanted}
    cases.check({number: [row["id"], row["latency"], "udp", row["stream"], "key"] for number, row in wanted.items()}, got)
    one = printed(path, "reqresp.response", "frame.number", "reqresp.latency")
    cases.check(sorted([row["response_frame"], row["latency"]] for row in wanted.values()), sorted(one))
    for name in OF_UDP:
        cases.check([], printed(captures[name], " or ".join(OF_TCP), "frame.number", *OF_TCP, words=["-2"]), name)
    for row in host.rows(path, "connections", *ON):
        cases.check({""}, {row[name] for name in ("connect_time", "syn_retries", "synack_retries", "client_missing",
                                                  "server_missing", "close", "closed_by", "client_state", "server_state",
                                                  "client_rtt", "server_rtt")})


def links(captures):
    path = captures["dns_udp"]
    cases.check([["9", "11"], ["10", "11"]],
                printed(path, "frame.number in {9, 10}", "frame.number", "reqresp.response_in", words=["-2"]))
    cases.check([["11", "9"], ["12", "9"]],
                printed(path, "frame.number in {11, 12}", "frame.number", "reqresp.request_in", words=["-2"]))
    cases.check([["10", "1.001101000"], ["12", ""]][:1],
                printed(path, "reqresp.repeat", "frame.number", "reqresp.cost")[:1])
    cases.check([["10"], ["12"]], printed(path, "reqresp.expert.repeat", "frame.number"))
    tree = host.tshark(path, *ON, "-2", "-Y", "frame.number == 12", "-O", "reqresp")
    for line in ("Response to frame 9 (A a.test) after 1.17751 s, exact; these bytes were captured before",
                 "Response, 40 bytes in 1 datagram", "Datagrams of client 127.0.0.1:49169 to server 127.0.0.1:53",
                 "Retransmission, 26 µs after the first copy"):
        cases.check(True, line in tree, line)


def mixed(captures):
    """The frames of a capture of TCP and of one of UDP, one after the other."""
    path = host.SCRATCH / "captures" / "mixed.pcap"
    head, tcp = pcaps.read(captures["dns_tcp"])
    _, datagrams = pcaps.read(captures["dns_udp"])
    cases.check(head[20:], pcaps.read(captures["dns_udp"])[0][20:], "link")
    path.write_bytes(head + b"".join(record + frame for record, frame in tcp + datagrams))
    path.chmod(0o644)
    return path


def both(captures):
    path = mixed(captures)
    connections = host.rows(path, "connections", *ON)
    exchanges = host.rows(path, "exchanges", *ON)
    numbers = [{row["stream"] for row in connections if row["transport"] == transport} for transport in ("tcp", "udp")]
    cases.check(True, bool(numbers[0] & numbers[1]), "numbers in common")
    for kind in host.KINDS:
        apart = [row for name in ("dns_tcp", "dns_udp") for row in host.rows(captures[name], kind, *ON)]
        cases.check(sorted(row["id"] for row in apart), sorted(row["id"] for row in host.rows(path, kind, *ON)), kind)
        with tempfile.TemporaryDirectory(dir=host.SCRATCH) as folder:
            pathlib.Path(folder).chmod(0o777)
            host.tshark(path, *ON, "-q", "-z", "reqresp,export,rows=%s,format=sqlite,to=%s/rows.db" % (kind, folder))
            with sqlite3.connect(folder + "/rows.db") as database:
                found = database.execute("SELECT count(*), sum(transport = 'udp') FROM " + kind).fetchone()
            of_udp = sum(row["transport"] == "udp" for row in host.rows(path, kind, *ON))
            cases.check((len(apart), of_udp), found, kind + " in the database")
    for stream in ("0", "1"):
        chosen = host.parse(host.tshark(path, *ON, "-q", "-z", "reqresp,export,rows=connections,udp.stream == " + stream))
        cases.check([("udp", stream)], [(row["transport"], row["stream"]) for row in chosen])
    rows = tables.stat(host.tshark(path, *ON, "-q", "-z", "reqresp,stat,by=connection"))[1]
    cases.check(sorted(tables.group_of(row, "connection") for row in connections),
                sorted(row["Group"] for row in rows[:-1]))
    cases.check(str(len(exchanges)), rows[-1]["Exchanges"])


def payload_of(captures):
    for name in OF_UDP:
        path = captures[name]
        rows = objects.wanted(path, *ON)
        cases.check(True, bool(rows), name)
        objects.same(rows, objects.written(path, *ON))
        objects.same(rows, objects.written(path, *ON, "-2"))
    row = host.parse(host.export(captures["syslog"], "messages", *ON, options=",payload=text"))[1]
    cases.check(True, row["payload"].endswith("disk full"), row["payload"])
    with sharkd.Sharkd(captures["snmp"]) as session:
        session.ask("setconf", name="reqresp.rules", value="TRUE")
        for name in ("radius", "snmp"):
            session.load(captures[name])
            objects.same(objects.wanted(captures[name], *ON), objects.asked(session))


def tunnels(_):
    inner, back = ethernet(ask(7)), ethernet(answer(7))
    vxlan = [ip(C, A, udp(5000, 4789, struct.pack("!II", 0x08000000, 256) + packet)) for packet in (inner, back)]
    rows = host.rows(capture("vxlan", *vxlan), "exchanges", *ON)
    cases.check([("192.0.2.1", "40000", "198.51.100.7", "53", "answered", "0.001000000")],
                [tuple(row[name] for name in ("client", "client_port", "server", "server_port", "status", "latency")) for row in rows])
    quote = ip(B, A, b"\3\3\0\0\0\0\0\0" + ask(8), protocol=1)
    cases.check([("open", "", "1", "")], told(capture("quote", ask(8), quote)))
    big = dns(9, b"b" * 60, True)
    datagram = udp(53, 40000, big)
    pieces = [ip(B, A, datagram[:48], ident=5, fragment=0x2000), ip(B, A, datagram[48:], ident=5, fragment=6)]
    path = capture("fragments", ask(9, name=b"b" * 60), *pieces)
    cases.check([("answered", "exact", "1", "3")], told(path))
    cases.check([str(len(big))], [row["response_bytes"] for row in host.rows(path, "exchanges", *ON)])


def groups(_):
    query, reply = udp(40000, 53, dns(0)), udp(53, 40000, dns(0, answer=True))
    path = capture("group", ip(A, C, query), ip(B, A, reply), ip(A, b"\xff" * 4, query), ip(B, C, reply))
    rows = host.rows(path, "exchanges", *ON)
    cases.check({("oneway", "1", ""), ("unasked", "", "2"), ("oneway", "3", "")},
                {(row["status"], row["request_frame"], row["response_frame"]) for row in rows})
    pushes = [row for row in host.rows(path, "messages", *ON) if row["message"] == "push"]
    cases.check(["4"], [row["first_frame"] for row in pushes])


def turns(_):
    rules = host.SCRATCH / "data.rules"
    rules.write_text("rule data\n")
    rules.chmod(0o644)
    words = ("-o", "reqresp.rules_file:%s" % rules)
    there, back = (lambda text: ip(A, B, udp(50001, 50002, text))), (lambda text: ip(B, A, udp(50002, 50001, text)))
    path = capture("turns", there(b"one"), back(b"1"), there(b"two"), there(b"two"), back(b"2"), there(b"three"))
    cases.check([("answered", "order", "1", "2"), ("answered", "order", "3", "5"), ("open", "", "6", "")], told(path, *words))
    rows = host.rows(path, "exchanges", *ON, *words, "-o", "reqresp.server_ports:50001")
    cases.check({("50002", "turn")}, {(row["client_port"], row["pairing"]) for row in rows})
    cases.check({("preference",)}, {(row["direction_from"],) for row in host.rows(path, "connections", *ON, *words, "-o",
                                                                                "reqresp.server_ports:50001")})


def ends(_):
    client = capture("client", ask(1), ask(1), answer(1), ask(2, name=b"b"), answer(2, name=b"b"), ask(2, name=b"c"))
    server = capture("server", ask(1), answer(1), ask(2, name=b"b"), answer(2, name=b"b"), ask(2, name=b"c"))
    cases.check(told(client, of=("id",)), told(server, of=("id",)))
    cases.check(3, len(set(told(client, of=("id",)))))


def cut(_):
    path = capture("cut", ask(3), ask(4), answer(4), answer(3), snaplen=14 + 28 + 6)
    cases.check([("answered", "exact", "1", "4"), ("answered", "exact", "2", "3")], sorted(told(path)))
    cases.check({"19"}, {row["request_bytes"] for row in host.rows(path, "exchanges", *ON)})
    cases.check([], told(capture("cut_more", ask(3), answer(3), snaplen=14 + 28 + 1)))


def documented(captures):
    shown = re.search(r"^ +\$ tshark -r captures/(dns_udp)\.pcap (.*)\n((?: +\S.*\n)+)", (host.ROOT / "doc/rules.md").read_text(), re.M)
    name, command, wanted = shown.groups()
    cases.check(re.sub(r"(?m)^ +", "", wanted), host.tshark(captures[name], *command.split()).replace("\r", ""))


def main(words):
    captures = host.captures()
    cases.run(cases.chosen([(run.__name__, run, captures) for run in (
        off, fields, links, both, payload_of, tunnels, groups, turns, ends, cut, documented)], words))


if __name__ == "__main__":
    main(sys.argv[1:])
