"""MongoDB's wire protocol (https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/): an answer names the id of
what it answers in responseTo.

moreToCome in a request says that no answer is wanted; in an answer, that more will come unasked: each further one names the id of
the answer before it.

Wireshark 4.0 takes what is on the usual port, 27017, for TLS; on that of a shard it has to be told in every version.
"""
import struct

PORT = 27018
WORDS = ("-d", "tcp.port==27018,mongo")
OP_REPLY, OP_INSERT, OP_QUERY, OP_MSG = 1, 2002, 2004, 2013
MORE_TO_COME, EXHAUST_ALLOWED = 1 << 1, 1 << 16


def bson(**elements):
    out = b""
    for name, value in elements.items():
        name = name.encode() + b"\0"
        if isinstance(value, str):
            out += b"\x02" + name + struct.pack("<i", len(value) + 1) + value.encode() + b"\0"
        elif isinstance(value, dict):
            out += b"\x03" + name + bson(**value)
        elif isinstance(value, float):
            out += b"\x01" + name + struct.pack("<d", value)
        else:
            out += b"\x10" + name + struct.pack("<i", value)
    return struct.pack("<i", len(out) + 5) + out + b"\0"


def message(number, answers, code, body):
    return struct.pack("<iiii", 16 + len(body), number, answers, code) + body


def asked(number, flags=0, **command):
    return message(number, 0, OP_MSG, struct.pack("<IB", flags, 0) + bson(**command, **{"$db": "shop"}))


def told(number, answers, flags=0, **reply):
    return message(number, answers, OP_MSG, struct.pack("<IB", flags, 0) + bson(**reply))


def driver(talk):
    query = struct.pack("<i", 0) + b"admin.$cmd\0" + struct.pack("<ii", 0, -1) + bson(isMaster=1)
    first = talk.request(message(1, 0, OP_QUERY, query))
    talk.send(1, first)
    talk.send(3, talk.response(first, message(70, 1, OP_REPLY, struct.pack("<iqii", 8, 0, 0, 1) + bson(ismaster=1, ok=1.0))))
    find, count, drop = (talk.request(asked(2, find="pears")), talk.request(asked(3, count="apples")),
                         talk.request(asked(4, drop="nosuch")))
    talk.send(1, find, count)
    talk.send(1, drop)
    talk.send(5, talk.response(drop, told(71, 4, ok=0.0, errmsg="ns not found", code=26)),
              talk.response(count, told(72, 3, n=5, ok=1.0)))
    batch = talk.response(find, told(73, 2, cursor={"id": 0, "ns": "shop.pears", "padding": "x" * 700}, ok=1.0))
    talk.send(4, batch[:500], flags="A")
    talk.send(1, batch[500:])
    big = talk.request(asked(5, insert="pears", documents={"0": {"padding": "y" * 600}}))
    talk.send(2, big[:300], flags="A")
    talk.send(1, big[300:], talk.oneway(asked(6, MORE_TO_COME, insert="pears", writeConcern={"w": 0})))
    talk.send(3, talk.response(big, told(74, 5, n=1, ok=1.0)))
    talk.send(1, talk.oneway(message(7, 0, OP_INSERT, struct.pack("<i", 0) + b"shop.pears\0" + bson(kind="conference"))))
    last = talk.request(asked(8, ping=1))
    talk.send(1, last)
    talk.send(2, talk.response(last, told(75, 8, ok=1.0)))
    talk.send(1, talk.request(asked(9, sleep=1)))


def monitor(talk):
    """What the driver asks once, and is told of whenever it changes."""
    hello = talk.request(asked(20, EXHAUST_ALLOWED, hello=1, maxAwaitTimeMS=10000))
    talk.send(1, hello)
    talk.send(2, talk.response(hello, told(80, 20, MORE_TO_COME, isWritablePrimary=1, ok=1.0)))
    talk.send(900, talk.push(told(81, 80, MORE_TO_COME, isWritablePrimary=0, ok=1.0)))
    talk.send(400, talk.push(told(82, 81, MORE_TO_COME, isWritablePrimary=1, ok=1.0)))


TALKS = (driver, monitor)
