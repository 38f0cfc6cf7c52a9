"""Modbus/TCP (MODBUS Messaging on TCP/IP Implementation Guide V1.0b): an answer has the transaction id of its request.

Many clients leave it at 0 and ask one thing at a time; one that got no answer asks again, or goes on.
"""
import struct

PORT = 502
READ, WRITE, WRITE_MANY = 3, 6, 16
ILLEGAL_ADDRESS = 2


def unit(number, function, data):
    return struct.pack(">HHHBB", number, 0, 2 + len(data), 1, function) + data


def read(number, address, count):
    return unit(number, READ, struct.pack(">HH", address, count))


def values(number, *numbers):
    return unit(number, READ, struct.pack(">B%dH" % len(numbers), 2 * len(numbers), *numbers))


def write(number, address, value):
    """The answer is the same."""
    return unit(number, WRITE, struct.pack(">HH", address, value))


def write_many(number, address, *numbers):
    head = struct.pack(">HHB", address, len(numbers), 2 * len(numbers))
    return unit(number, WRITE_MANY, head + struct.pack(">%dH" % len(numbers), *numbers))


def refused(number, function):
    return unit(number, function | 0x80, bytes([ILLEGAL_ADDRESS]))


def several_at_once(talk):
    slow, quick = talk.request(read(1, 0, 60)), talk.request(write(2, 7, 100))
    wrong, many = talk.request(read(3, 9999, 1)), talk.request(write_many(4, 16, *range(40)))
    talk.send(1, slow, quick)
    talk.send(1, wrong, many[:20])
    talk.send(1, many[20:])
    talk.send(2, talk.response(quick, write(2, 7, 100)), talk.response(wrong, refused(3, READ)))
    talk.send(1, talk.response(many, unit(4, WRITE_MANY, struct.pack(">HH", 16, 40))))
    answer = talk.response(slow, values(1, *range(60)))
    talk.send(9, answer[:50])
    talk.send(1, answer[50:])
    talk.send(1, talk.request(read(5, 0, 1)))


def always_zero(talk):
    for address in range(2):
        ask = talk.request(read(0, address, 1))
        talk.send(100, ask)
        talk.send(3, talk.response(ask, values(0, address)))
    talk.send(100, talk.request(read(0, 2, 1)))
    for address in range(2, 4):
        ask = talk.request(read(0, address, 1))
        talk.send(1000, ask)
        talk.send(4, talk.response(ask, values(0, address)))


TALKS = (several_at_once, always_zero)
