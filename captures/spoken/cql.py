"""Cassandra's native protocol, version 4 (its native_protocol_v4.spec): requests and responses of one connection share a stream
id, which the client uses again once it has the answer.  Events, which a client registers for, come on stream -1.
"""
import struct

PORT = 9042
ERROR, STARTUP, READY, OPTIONS, SUPPORTED, QUERY, RESULT, REGISTER, EVENT = 0, 1, 2, 5, 6, 7, 8, 11, 12
ONE = 1


def string(text):
    return struct.pack(">H", len(text)) + text.encode()


def frame(version, stream, opcode, body):
    return struct.pack(">BBhBi", version, 0, stream, opcode, len(body)) + body


def ask(stream, opcode, body=b""):
    return frame(0x04, stream, opcode, body)


def tell(stream, opcode, body=b""):
    return frame(0x84, stream, opcode, body)


def query(stream, text):
    return ask(stream, QUERY, struct.pack(">i", len(text)) + text.encode() + struct.pack(">HB", ONE, 0))


def void(stream):
    return tell(stream, RESULT, struct.pack(">i", 1))


def rows(stream, *values):
    """One column, `v`, of texts."""
    head = struct.pack(">iii", 2, 1, 1) + string("shop") + string("pears") + string("v") + struct.pack(">H", 13)
    cells = b"".join(struct.pack(">i", len(value)) + value.encode() for value in values)
    return tell(stream, RESULT, head + struct.pack(">i", len(values)) + cells)


def driver(talk):
    options = talk.request(ask(0, OPTIONS))
    talk.send(1, options)
    talk.send(2, talk.response(options, tell(0, SUPPORTED, struct.pack(">H", 1) + string("CQL_VERSION") + struct.pack(">H", 1)
                                             + string("3.4.4"))))
    startup = talk.request(ask(1, STARTUP, struct.pack(">H", 1) + string("CQL_VERSION") + string("3.4.4")))
    talk.send(1, startup)
    talk.send(2, talk.response(startup, tell(1, READY)))
    register = talk.request(ask(0, REGISTER, struct.pack(">H", 1) + string("STATUS_CHANGE")))
    talk.send(1, register)
    talk.send(2, talk.response(register, tell(0, READY)))
    slow, quick = talk.request(query(0, "SELECT v FROM pears")), talk.request(query(1, "UPDATE pears SET v = 'x'"))
    wrong = talk.request(query(2, "SELECT v FROM nosuch"))
    talk.send(1, slow, quick)
    talk.send(1, wrong)
    talk.send(3, talk.response(wrong, tell(2, ERROR, struct.pack(">i", 0x2200) + string("unconfigured table nosuch"))),
              talk.response(quick, void(1)))
    long = talk.request(query(1, "INSERT INTO pears (v) VALUES ('%s')" % ("y" * 700)))
    talk.send(1, long[:300], flags="A")
    address = struct.pack(">BBBBBi", 4, 192, 0, 2, 9, PORT)
    talk.send(1, talk.push(tell(-1, EVENT, string("STATUS_CHANGE") + string("DOWN") + address)))
    talk.send(1, long[300:], talk.request(query(3, "SELECT v FROM apples")))
    many = talk.response(slow, rows(0, *["conference"] * 60))
    talk.send(8, many[:600], flags="A")
    talk.send(1, many[600:], talk.response(long, void(1)))
    talk.send(20, talk.push(tell(-1, EVENT, string("STATUS_CHANGE") + string("UP") + address)))


TALKS = (driver,)
