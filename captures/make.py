#!/usr/bin/python3
"""Captures written by hand: a text of segments -> a pcap.

    make.py [--check | --list] TEXT...        each NAME.txt becomes NAME.pcap beside it

A line is a segment, in the order of the capture:

    [TAG:] TIME SIDE FLAGS ["payload"[*N]]... [WORD]...

TIME   `+2ms` after the line before it (s, ms, us, ns; `-` goes back), `@3.5` seconds after the start.
SIDE   `c` or `s`; `b.c` of the connection named b.
FLAGS  letters of S F R P A U, or `-` for none.
SEQ and ACK are by default those of a flawless connection: the sender's next byte, and all that the other
side has sent.  Words change that and more:
    seq=P ack=P   a place: a number (0 is the first byte after the SYN), a TAG (`seq`: its first byte, `ack`:
                  the byte after it), both with +N or -N behind
    again=TAG     the same payload at the same place, acknowledging what is acknowledged now
    lost          sent, but not captured       copy      the frame before it once more
    win=N urg=N opt=LIST sum=N ttl=N           header fields; opt: mss:N,ws:N,ts:V/E,sackok,nop,eol
    vlan=N         within a VLAN tag outside of those of `wrap`
    cut=N         N bytes of payload captured  frag=N    IP fragments of N bytes
    quote         not the segment but an ICMP error that quotes it
    joined        in the same frame as the line before it (link wifi: an A-MSDU)
Lines before the first segment say `link ethernet|null|sll|raw|wifi`, `start 2024-01-01T00:00:00Z`,
`wrap VLAN:5 MPLS:16 IPIP GRE` (layers below IP, outermost first) and, for each connection,
`conn [NAME] CLIENT>SERVER [isn=C/S] [flow=C/S] [key=value]...`, where keys are words for its segments.
`#` comments.  `expect` lines are the truth of the capture and read by the tests.
"""
import ast
import datetime
import ipaddress
import re
import struct
import sys

FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32}
LINKS = {"null": 0, "ethernet": 1, "raw": 101, "wifi": 105, "sll": 113}
UNITS = {"ns": 1, "us": 1000, "ms": 1000000, "s": 1000000000}
MACS = (bytes.fromhex("02005e000001"), bytes.fromhex("02005e000002"))
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(?:\*\d+)?|\S+')
SEGMENT = re.compile(r"\s*(?:(\w+):\s+)?([-+@])([\d.]+)(ns|us|ms|s)?\s+(?:(\w+)\.)?([cs])\s+([A-Z]+|-)(?=\s|$)(.*)$")
START = "2024-01-01T00:00:00Z"


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def literal(token):
    text, _, times = token.rpartition("*") if not token.endswith('"') else (token, "", "1")
    return ast.literal_eval("b" + text) * int(times)


def tcp_options(text):
    out = b""
    for item in filter(None, text.split(",")):
        name, _, value = item.partition(":")
        if name == "mss":
            out += struct.pack("!BBH", 2, 4, int(value))
        elif name == "ws":
            out += struct.pack("!BBB", 3, 3, int(value))
        elif name == "ts":
            out += struct.pack("!BBII", 8, 10, *map(int, value.split("/")))
        else:
            out += {"nop": b"\1", "sackok": b"\4\2", "eol": b"\0"}[name]
    return out + b"\0" * (-len(out) % 4)


class Connection:
    def __init__(self, ends, words):
        hosts, self.ports = zip(*(end.rsplit(":", 1) for end in ends.split(">")))
        self.hosts = [ipaddress.ip_address(host.strip("[]")) for host in hosts]
        self.ports = [int(port) for port in self.ports]
        self.isn = [int(n) for n in words.pop("isn", "1000/5000").split("/")]
        self.flow = [int(n, 0) for n in words.pop("flow", "0/0").split("/")]
        self.words = words
        self.next = [-1, -1]  # the sender's next place; -1 is the SYN's


class Segment:
    """One line: what was sent, and how it was captured."""

    def __init__(self, conn, side, time, flags, payload, words):
        self.conn, self.side, self.time, self.flags = conn, side, time, flags
        self.payload, self.words = payload, words
        self.begin = self.ack = 0

    def end(self):
        return self.begin + len(self.payload) + sum(flag in self.flags for flag in "SF")

    def tcp(self):
        conn, words = self.conn, self.words
        options = tcp_options(words.get("opt", ""))
        bits = sum(FLAGS[flag] for flag in self.flags)
        seq = (conn.isn[self.side] + 1 + self.begin) % 2**32
        ack = (conn.isn[not self.side] + 1 + self.ack) % 2**32 if "A" in self.flags else 0
        ports = (conn.ports[self.side], conn.ports[not self.side])
        head = struct.pack("!HHIIBBHHH", *ports, seq, ack, (20 + len(options)) * 4, bits,
                           int(words.get("win", 65535)), 0, int(words.get("urg", 0))) + options
        whole = head + self.payload
        source, target = conn.hosts[self.side].packed, conn.hosts[not self.side].packed
        summed = checksum(source + target + struct.pack("!II", len(whole), 6) + whole)
        summed = int(words["sum"], 0) if "sum" in words else summed
        return whole[:16] + struct.pack("!H", summed) + whole[18:]

    def ip(self, ident, body, protocol=6, fragment=0, hosts=None):
        side, words = self.side, self.words
        source, target = hosts or (self.conn.hosts[side], self.conn.hosts[not side])
        ttl = int(words.get("ttl", 64))
        if source.version == 6:
            return struct.pack("!IHBB", 6 << 28 | self.conn.flow[side], len(body), protocol, ttl) \
                + source.packed + target.packed + body
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), ident & 0xFFFF,
                           fragment or 0x4000, ttl, protocol, 0) + source.packed + target.packed
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body

    def packets(self, ident):
        """The IP packets that carry it, each with how many of its bytes were captured."""
        body = self.tcp()
        if "quote" in self.words:
            quoted = self.ip(ident, body)[:28]
            icmp = struct.pack("!BBHI", 3, 4, 0, 1400) + quoted
            icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
            router = ipaddress.ip_address("203.0.113.1")
            return [self.ip(ident, icmp, 1, hosts=(router, self.conn.hosts[self.side]))]
        if "frag" not in self.words:
            return [self.ip(ident, body)]
        size = int(self.words["frag"])
        more = [0x2000 if at + size < len(body) else 0 for at in range(0, len(body), size)]
        return [self.ip(ident, body[n * size:(n + 1) * size], fragment=flag | n * size // 8)
                for n, flag in enumerate(more)]


class Capture:
    def __init__(self, text):
        self.link, self.start, self.wrap = "ethernet", START, []
        self.conns, self.segments, self.tags, self.expect = {}, [], {}, []
        self.last = 0
        for number, line in enumerate(text.splitlines(), 1):
            try:
                self.read(strip_comment(line))
            except (KeyError, ValueError, IndexError, SyntaxError) as error:
                raise SystemExit("line %d: %s: %r" % (number, line.strip(), error)) from error
        self.frames = self.build()

    def read(self, line):
        words = line.split()
        if not words:
            return
        if words[0] == "link":
            self.link = words[1]
        elif words[0] == "start":
            self.start = words[1]
        elif words[0] == "wrap":
            self.wrap = words[1:]
        elif words[0] == "expect":
            self.expect.append(words[1:])
        elif words[0] == "conn":
            at = next(i for i, word in enumerate(words) if ">" in word)
            settings = dict(word.split("=", 1) for word in words[at + 1:])
            self.conns[words[1] if at == 2 else None] = Connection(words[at], settings)
        else:
            self.read_segment(line)

    def read_segment(self, line):
        match = SEGMENT.match(line)
        if not match:
            raise ValueError("not a segment")
        tag, sign, amount, unit, name, side, flags, rest = match.groups()
        step = round(float(amount) * UNITS[unit or "s"])
        self.last = {"+": self.last + step, "-": self.last - step, "@": step}[sign]
        conn, side = self.conns[name], int(side == "s")
        words, payload = dict(conn.words), b""
        for token in TOKEN.findall(rest):
            if token.startswith('"'):
                payload += literal(token)
            else:
                key, _, value = token.partition("=")
                words[key] = value
        if "again" in words:
            payload = self.tags[words["again"]].payload
            words["seq"] = words["again"]
        segment = Segment(conn, side, self.last, flags.replace("-", ""), payload, words)
        segment.begin = self.place(words["seq"], False) if "seq" in words else \
            -1 if "S" in flags else max(conn.next[side], 0 if "R" not in flags else -1)
        segment.ack = self.place(words["ack"], True) if "ack" in words else max(conn.next[not side], 0)
        if "quote" not in words:
            conn.next[side] = max(conn.next[side], segment.end())
        self.segments.append(segment)
        if tag:
            self.tags[tag] = segment

    def place(self, text, after):
        base, sign, step = re.match(r"(-?\w+)(?:([-+])(\d+))?$", text).groups()
        if base in self.tags:
            value = self.tags[base].end() if after else self.tags[base].begin
        else:
            value = int(base)
        return value + (int(sign + step) if sign else 0)

    def build(self):
        """(time, captured bytes, full length) of each frame; segments learn the number of theirs."""
        start = datetime.datetime.fromisoformat(self.start.replace("Z", "+00:00"))
        base = int(start.timestamp()) * UNITS["s"]
        frames, ident = [], 0
        for segment in self.segments:
            ident += 1
            segment.frame = len(frames) + 1
            if "lost" in segment.words:
                segment.frame = None
            elif "copy" in segment.words:
                frames.append((base + segment.time,) + frames[-1][1:])
            elif "joined" in segment.words:
                segment.frame = len(frames)
                time, _, _, parts = frames[-1]
                parts = parts + [(segment.side, segment.packets(ident)[0])]
                frames[-1] = self.frame(time, parts)
            else:
                for packet in segment.packets(ident):
                    frames.append(self.frame(base + segment.time, [(segment.side, packet)],
                                             self.missing(segment), segment.words.get("vlan")))
                segment.frame = len(frames)
        return [frame[:3] for frame in frames]

    @staticmethod
    def missing(segment):
        return len(segment.payload) - int(segment.words.get("cut", len(segment.payload)))

    def frame(self, time, parts, missing=0, vlan=None):
        data = self.wifi(parts) if self.link == "wifi" else self.wired(*parts[0], vlan)
        return time, data[:len(data) - missing], len(data), parts

    def wired(self, side, packet, vlan=None):
        kind, labels = 0x86DD if packet[0] >> 4 == 6 else 0x0800, b""
        tag = ["VLAN:" + vlan] if vlan else []
        for layer in reversed(tag + self.wrap):
            name, _, value = layer.partition(":")
            if name in ("IPIP", "GRE"):
                packet, kind = tunnel(name, side, packet, kind), 0x0800
            elif name == "MPLS":
                labels, kind = struct.pack("!I", int(value) << 12 | (not labels) << 8 | 64) + labels, 0x8847
            elif name == "VLAN":
                labels, kind = struct.pack("!HH", int(value), kind) + labels, 0x8100
        if self.link == "null":
            return struct.pack("<I", 30 if kind == 0x86DD else 2) + packet
        if self.link == "raw":
            return packet
        if self.link == "sll":
            return struct.pack("!HHH8sH", 4 * (side == 0), 1, 6, MACS[side] + b"\0\0", kind) + labels + packet
        return MACS[not side] + MACS[side] + struct.pack("!H", kind) + labels + packet

    @staticmethod
    def wifi(parts):
        """A QoS data frame whose body is an A-MSDU of all the parts."""
        head = struct.pack("<HH", 0x0188, 0) + MACS[1] + MACS[0] + MACS[1] + struct.pack("<HH", 0, 0x0080)
        body = b""
        for side, packet in parts:
            body += b"\0" * (-len(body) % 4)
            kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
            inner = b"\xaa\xaa\x03\0\0\0" + struct.pack("!H", kind) + packet
            body += MACS[not side] + MACS[side] + struct.pack("!H", len(inner)) + inner
        return head + body

    def pcap(self):
        out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, LINKS[self.link])]
        for time, data, length in self.frames:
            out.append(struct.pack("<IIII", time // UNITS["s"], time % UNITS["s"], len(data), length) + data)
        return b"".join(out)


def tunnel(name, side, packet, kind):
    ends = [ipaddress.ip_address("203.0.113.%d" % (10 + n)).packed for n in (side, not side)]
    body = packet if name == "IPIP" else struct.pack("!HH", 0, kind) + packet
    protocol = {("IPIP", 0x0800): 4, ("IPIP", 0x86DD): 41}.get((name, kind), 47)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, 64, protocol, 0) + ends[0] + ends[1]
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def strip_comment(line):
    return re.sub(r'("(?:[^"\\]|\\.)*")|#.*', lambda match: match.group(1) or "", line)


def read(path):
    with open(path, encoding="utf-8") as text:
        return Capture(text.read())


def main(words):
    mode = words.pop(0) if words and words[0].startswith("--") else ""
    if not words or mode not in ("", "--check", "--list"):
        raise SystemExit(__doc__)
    stale = []
    for path in words:
        capture, target = read(path), re.sub(r"\.txt$", ".pcap", path)
        if mode == "--list":
            for s in capture.segments:
                print(s.frame, "cs"[s.side], s.flags, s.begin, s.ack, len(s.payload), s.words)
        elif mode == "--check":
            with open(target, "rb") as old:
                stale += [target] if old.read() != capture.pcap() else []
        else:
            with open(target, "wb") as new:
                new.write(capture.pcap())
    if stale:
        raise SystemExit("not as make.py writes it: " + " ".join(stale))


if __name__ == "__main__":
    main(sys.argv[1:])
