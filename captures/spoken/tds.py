"""Microsoft's TDS (MS-TDS): one request after the other, each answered by one message, which takes as many packets as it needs.

An attention interrupts what is being answered.  The server says that it heard it with a bit in its last word: at the end of the
answer that it breaks off, or in a message of its own, where that was under way already.  So no answer is owed to the attention.
"""
import struct

PORT = 1433
BATCH, RPC, ANSWER, ATTENTION, LOGIN, PRELOGIN = 1, 3, 4, 6, 16, 18
LAST = 1
FINAL, MORE, IN_ERROR, COUNT, HEARD = 0, 1, 2, 0x10, 0x20
SELECT = 0xC1


def packet(kind, status, number, data):
    return struct.pack(">BBHHBB", kind, status, 8 + len(data), 0, number, 0) + data


def message(kind, data, size=4096):
    """Packets of up to `size` bytes of data."""
    parts = [data[at:at + size] for at in range(0, len(data), size)] or [b""]
    return b"".join(packet(kind, LAST if n == len(parts) else 0, n, part) for n, part in enumerate(parts, 1))


def wide(text):
    return text.encode("utf-16-le")


def headers():
    """The one that each request has: the transaction."""
    return struct.pack("<IIHQI", 22, 18, 2, 0, 1)


def batch(text, size=4096):
    return message(BATCH, headers() + wide(text), size)


def call(name, text):
    parameter = b"\0\0\xe7" + struct.pack("<H5sH", 8000, b"\x09\x04\xd0\0\x34", 2 * len(text)) + wide(text)
    return message(RPC, headers() + struct.pack("<H", len(name)) + wide(name) + struct.pack("<H", 0) + parameter)


def prelogin(version, encryption):
    """Options as type, place, length; then what they are."""
    values = [(0, version), (1, encryption)]
    at, head, data = 5 * len(values) + 1, b"", b""
    for kind, value in values:
        head += struct.pack(">BHH", kind, at + len(data), len(value))
        data += value
    return head + b"\xff" + data


def login(user):
    fixed = struct.pack("<IIIIIBBBBiI", 0x74000004, 4096, 7, 100, 0, 0xE0, 3, 0, 0, 0, 0x409)
    texts = ["host", user, "", "app", "server", "", "lib", "", "shop"]
    at, places, data = 94, b"", b""
    for text in texts:
        places += struct.pack("<HH", at + len(data), len(text))
        data += wide(text)
    places += b"\x02\0\0\0\0\1" + struct.pack("<HHHHHHI", *(at + len(data), 0) * 3, 0)
    return struct.pack("<I", at + len(data)) + fixed + places + data


def done(status=FINAL, rows=0, token=0xFD):
    return struct.pack("<BHHQ", token, status, SELECT, rows)


def acknowledged():
    name = wide("Microsoft SQL Server")
    rest = struct.pack(">BI", 1, 0x74000004) + bytes([len(name) // 2]) + name + b"\x0c\0\x10\0"
    return b"\xad" + struct.pack("<H", len(rest)) + rest


def failed(text):
    rest = struct.pack("<IBBH", 208, 1, 16, len(text)) + wide(text) + b"\x06" + wide("server") + b"\0" + struct.pack("<I", 1)
    return b"\xaa" + struct.pack("<H", len(rest)) + rest


def rows(*values):
    """One column, an int called v."""
    head = b"\x81" + struct.pack("<HIHB", 1, 0, 0, 0x38) + b"\x01" + wide("v")
    return head + b"".join(b"\xd1" + struct.pack("<i", value) for value in values)


def told(*tokens, size=4096):
    return message(ANSWER, b"".join(tokens), size)


def client(talk):
    first = talk.request(message(PRELOGIN, prelogin(b"\x0c\0\0\0\0\0", b"\x02")))
    talk.send(1, first)
    talk.send(2, talk.response(first, message(ANSWER, prelogin(b"\x10\0\x03\xe8\0\0", b"\x02"))))
    enter = talk.request(message(LOGIN, login("me")))
    talk.send(1, enter)
    talk.send(4, talk.response(enter, told(acknowledged(), done())))
    short = talk.request(batch("SELECT v FROM pears"))
    talk.send(1, short)
    talk.send(3, talk.response(short, told(rows(1, 2, 3), done(COUNT, 3))))
    wrong = talk.request(batch("SELECT v FROM nosuch"))
    talk.send(1, wrong)
    talk.send(2, talk.response(wrong, told(failed("Invalid object name 'nosuch'."), done(IN_ERROR))))
    long = talk.request(batch("INSERT INTO pears VALUES (%s)" % ", ".join(["1"] * 150), 512))
    talk.send(1, long[:600], flags="A")
    talk.send(1, long[600:])
    many = talk.response(long, told(rows(*range(200)), done(COUNT, 200), size=512))
    talk.send(5, many[:520], flags="A")
    talk.send(1, many[520:700], flags="A")
    talk.send(1, many[700:])
    procedure = talk.request(call("sp_executesql", "SELECT 1"))
    talk.send(1, procedure)
    talk.send(2, talk.response(procedure, told(done(token=0xFE))))


def impatient(talk):
    """An answer broken off, then one that was all sent when the attention came, then a request whose only answer says that it
    heard it; at last one that is never answered."""
    one = talk.request(batch("SELECT v FROM pears"))
    talk.send(1, one)
    broken = talk.response(one, told(rows(*range(150)), done(HEARD), size=512))
    talk.send(2, broken[:520], flags="A")
    talk.send(1, talk.oneway(message(ATTENTION, b"")))
    talk.send(1, broken[520:])
    two = talk.request(batch("SELECT v FROM apples"))
    talk.send(1, two)
    whole = talk.response(two, told(rows(1), done(COUNT, 1)))
    talk.send(2, whole)
    talk.send(1, talk.oneway(message(ATTENTION, b"")))
    talk.send(2, talk.push(told(done(HEARD))))
    three = talk.request(batch("WAITFOR DELAY '1'"))
    talk.send(1, three)
    talk.send(5, talk.oneway(message(ATTENTION, b"")))
    talk.send(1, talk.response(three, told(done(HEARD))))
    four = talk.request(batch("SELECT v FROM plums"))
    talk.send(1, four)
    talk.send(2, talk.response(four, told(rows(4), done(COUNT, 1))))
    talk.send(1, talk.request(batch("SELECT v FROM figs")))


SYN, DATA, FIN = 1, 8, 4


def session(number, sequence, data, flags=DATA):
    """A packet of one of several sessions on the connection (MC-SMP)."""
    return struct.pack("<BBHIII", 0x53, flags, number, 16 + len(data), sequence, 4) + data


def several_sessions(talk):
    """Each answers in its own order; that a session begins or ends is no message of TDS's."""
    slow = talk.request(session(0, 1, batch("SELECT v FROM pears")))
    quick = talk.request(session(1, 1, batch("SELECT v FROM apples")))
    talk.send(1, slow)
    talk.send(1, quick)
    talk.send(2, talk.response(quick, session(1, 1, told(rows(1), done(COUNT, 1)))))
    other = talk.request(session(1, 2, batch("SELECT v FROM figs")))
    talk.send(1, other)
    talk.send(5, talk.response(slow, session(0, 1, told(rows(2), done(COUNT, 1)))))
    talk.send(1, talk.oneway(session(1, 3, message(ATTENTION, b""))))
    talk.send(1, talk.response(other, session(1, 2, told(done(HEARD)))))


TALKS = (client, impatient, several_sessions)
