"""Captures read and written frame by frame, to make one capture of another."""
import gzip
import pathlib
import struct

HEAD, RECORD = 24, 16
NG = b"\n\r\r\n"


def of_pcapng(data):
    """As a pcap with nanoseconds, without what it says of packets and without the keys it holds, which no program here that writes
    captures can leave out.  All its interfaces are alike."""
    frames, at, link, unit = [], 0, None, 1000
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        body = data[at + 8:at + length - 4]
        if kind == 1:  # an interface
            link, snaplen = struct.unpack_from("<HxxI", body)
            unit = 1 if b"\x09\x00\x01\x00\x09" in body else 1000
        elif kind == 6:  # a packet
            high, low, captured, size = struct.unpack_from("<4xIIII", body)
            seconds, rest = divmod((high << 32 | low) * unit, 10**9)
            frames.append((struct.pack("<IIII", seconds, rest, captured, size), body[20:20 + captured]))
        at += length
    return struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, snaplen, link), frames


def byte_order(head):
    return "<" if head[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"


def read(path):
    """(file header, [(record header, captured bytes)...]) of a pcap or pcapng, gzipped or not."""
    data = pathlib.Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:4] == NG:
        return of_pcapng(data)
    frames, at = [], HEAD
    while at < len(data):
        record = data[at:at + RECORD]
        end = at + RECORD + struct.unpack(byte_order(data) + "IIII", record)[2]
        frames.append((record, data[at + RECORD:end]))
        at = end
    return data[:HEAD], frames


def lacks_bytes(path):
    """A packet was longer than what was captured of it."""
    head, frames = read(path)
    return any(captured < size for *_, captured, size in (struct.unpack(byte_order(head) + "IIII", record) for record, _ in frames))


def write(path, head, frames):
    pathlib.Path(path).write_bytes(head + b"".join(record + data for record, data in frames))


def without(path, target, dropped):
    """Writes the capture to `target`, but not the frames whose numbers, from 1, are in `dropped`."""
    head, frames = read(path)
    write(target, head, [frame for number, frame in enumerate(frames, 1) if number not in dropped])
