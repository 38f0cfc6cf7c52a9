"""Captures read and written frame by frame, to make one capture of another."""
import gzip
import pathlib
import struct

HEAD, RECORD = 24, 16


def read(path):
    """(file header, [(record header, captured bytes)...]) of a pcap, gzipped or not."""
    data = pathlib.Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    frames, at = [], HEAD
    while at < len(data):
        record = data[at:at + RECORD]
        end = at + RECORD + struct.unpack(order + "IIII", record)[2]
        frames.append((record, data[at + RECORD:end]))
        at = end
    return data[:HEAD], frames


def write(path, head, frames):
    pathlib.Path(path).write_bytes(head + b"".join(record + data for record, data in frames))


def without(path, target, dropped):
    """Writes the capture to `target`, but not the frames whose numbers, from 1, are in `dropped`."""
    head, frames = read(path)
    write(target, head, [frame for number, frame in enumerate(frames, 1) if number not in dropped])
