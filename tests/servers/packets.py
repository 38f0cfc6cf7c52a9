"""Packets as the wire logged them and as captures hold them, read without Wireshark."""
import bisect
import struct

SYN, FIN, RST, ACK = 2, 1, 4, 16
ENDS = ("client", "server")


class Packet:
    """What the wire's log and a capture tell alike; `time` is the capture's."""

    def __init__(self, side, port, seq, ack, flags, payload, time=None):
        self.side, self.port, self.seq, self.ack = side, port, seq, ack
        self.flags, self.payload, self.time = flags, payload, time

    def key(self):
        return self.port, self.side, self.seq, self.ack, self.flags, self.payload


def read_log(path):
    """All that the wire carried, in the order in which it came; `before` and `after` are 0 where it was dropped."""
    packets = []
    for line in path.read_text().splitlines():
        side, port, seq, ack, flags, payload, fate, into, before, after = line.split()
        packets.append(Packet("ab".index(side), *map(int, (port, seq, ack, flags, payload))))
        packets[-1].fate, packets[-1].into = fate, int(into)
        packets[-1].before, packets[-1].after = int(before), int(after)
    return sorted(packets, key=lambda packet: packet.into)


def tcp_of(frame):
    """The TCP segment in an Ethernet frame and its length, or None."""
    kind, ip = frame[12:14], frame[14:]
    if kind == b"\x08\0" and ip[9] == 6:
        head = (ip[0] & 15) * 4
        return ip[head:], struct.unpack_from("!H", ip, 2)[0] - head
    if kind == b"\x86\xdd" and ip[6] == 6:
        return ip[40:], struct.unpack_from("!H", ip, 4)[0]
    return None


def read_capture(path, server_ports):
    """The TCP packets of a pcap with times in nanoseconds."""
    data, packets, at = path.read_bytes(), [], 24
    if struct.unpack_from("<I", data)[0] != 0xA1B23C4D:
        raise ValueError("%s is not a pcap with nanoseconds" % path)
    while at < len(data):
        seconds, nano, size, _ = struct.unpack_from("<4I", data, at)
        found = tcp_of(data[at + 16:at + 16 + size])
        at += 16 + size
        if found:
            tcp, length = found
            source, target, seq, ack, head, flags = struct.unpack_from("!HHIIBB", tcp)
            side = 1 if source in server_ports else 0
            packets.append(Packet(side, (source, target)[side], seq, ack, flags, length - (head >> 4) * 4,
                                  seconds * 10**9 + nano))
    return packets


class Connection:
    """The packets of a connection."""

    def __init__(self, syn):
        self.syn, self.packets, self.origin = syn, [], {}

    def add(self, packet):
        if packet.flags & SYN:
            self.origin[packet.side] = (packet.seq + 1) & 0xFFFFFFFF
        self.packets.append(packet)

    def offset(self, packet):
        begin = packet.seq + bool(packet.flags & SYN)
        return (begin - self.origin[packet.side] + 2**31) % 2**32 - 2**31

    def of(self, side):
        return [packet for packet in self.packets if packet.side == side]

    def count(self, side, flags, mask=SYN | FIN | RST):
        """How many packets of that side have these of the flags in the mask."""
        return sum(packet.flags & mask == flags for packet in self.of(side))


def connections(packets):
    """Client port -> its connections, in order."""
    found = {}
    for packet in packets:
        mine = found.setdefault(packet.port, [])
        opens = packet.side == 0 and packet.flags & SYN
        if opens and (not mine or mine[-1].syn.seq != packet.seq):
            mine.append(Connection(packet))
        if mine:
            mine[-1].add(packet)
    return found


class Covered:
    """Ranges of bytes seen so far."""

    def __init__(self):
        self.ends = []  # begin, end, begin, end ... in order

    def add(self, begin, end):
        """The parts of it that are new."""
        new, at = [], begin
        left = bisect.bisect_left(self.ends, begin)
        left -= left % 2
        right = left
        while right < len(self.ends) and self.ends[right] <= end:
            low, high = self.ends[right], self.ends[right + 1]
            if at < low:
                new.append((at, low))
            at = max(at, high)
            right += 2
        if at < end:
            new.append((at, end))
        merged = self.ends[left:right]
        self.ends[left:right] = [min([begin] + merged[:1]), max([end] + merged[-1:])]
        return new


class Seen:
    """What an end captured of a message: times of its first and last packet with new bytes, and counts."""

    def __init__(self):
        self.first = self.last = None
        self.segments = self.bytes = 0
        self.repeats = []  # their times

    def add(self, time, size):
        self.first = self.first or time
        self.last = time
        self.segments += 1
        self.bytes += size


def messages_seen(connection, side, sizes):
    """A Seen for each of the messages, of these sizes one after the other, that this side sent."""
    ends, total = [], 0
    for size in sizes:
        total += size
        ends.append(total)
    found, covered, top = [Seen() for _ in sizes], Covered(), 0
    for packet in connection.of(side):
        begin, brought = connection.offset(packet), {}
        if not packet.payload:
            if begin == top - 1 and not packet.flags & (SYN | FIN | RST):  # a probe of the other side
                found[bisect.bisect_right(ends, begin)].repeats.append(packet.time)
            continue
        top = max(top, begin + packet.payload)
        new = covered.add(begin, begin + packet.payload)
        if not new:
            found[bisect.bisect_right(ends, begin)].repeats.append(packet.time)
        for low, high in new:
            while low < high:
                i = bisect.bisect_right(ends, low)
                part = min(high, ends[i]) - low
                brought[i] = brought.get(i, 0) + part
                low += part
        for i, size in brought.items():
            found[i].add(packet.time, size)
    return found


def seen_of_notes(connection, notes):
    """Of each note what was captured: request, answer."""
    return list(zip(messages_seen(connection, 0, [note.asked_bytes for note in notes]),
                    messages_seen(connection, 1, [note.answered_bytes for note in notes])))
