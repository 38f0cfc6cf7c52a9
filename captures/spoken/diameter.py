"""Diameter (RFC 6733): an answer has the hop-by-hop id of its request.  Either side asks: the one that connected is the client
here, what the other asks is a push and the answer to that is one-way, even where both use the same ids at the same time.
"""
import struct

PORT = 3868
REQUEST, PROXIABLE, ERROR = 0x80, 0x40, 0x20
CAPABILITIES, RE_AUTH, CREDIT_CONTROL, WATCHDOG = 257, 258, 272, 280
CREDIT, BASE = 4, 0
SUCCESS, UNABLE_TO_DELIVER = 2001, 3002


def avp(code, data):
    if isinstance(data, int):
        data = struct.pack(">I", data)
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">II", code, 0x40 << 24 | 8 + len(data)) + data + b"\0" * (-len(data) % 4)


def names(side):
    return avp(264, "%s.example" % side) + avp(296, "example")


def message(flags, code, application, number, body):
    return struct.pack(">IIIII", 1 << 24 | 20 + len(body), flags << 24 | code, application, number, 0x70000000 | number) + body


def ask(side, code, number, body=b"", application=BASE):
    return message(REQUEST | (PROXIABLE if application else 0), code, application, number, body + names(side))


def tell(side, code, number, body=b"", application=BASE, result=SUCCESS):
    flags = (PROXIABLE if application else 0) | (ERROR if result // 1000 == 3 else 0)
    return message(flags, code, application, number, avp(268, result) + names(side) + body)


def session(text):
    return avp(263, "client.example;1;" + text)


def credit(number, text, more=b""):
    return ask("client", CREDIT_CONTROL, number, session(text) + avp(258, CREDIT) + avp(416, 4) + avp(415, 0) + more, CREDIT)


def granted(number, text, result=SUCCESS, more=b""):
    return tell("server", CREDIT_CONTROL, number, session(text) + avp(416, 4) + avp(415, 0) + more, CREDIT, result)


def capabilities(side):
    return avp(257, struct.pack(">HBBBB", 1, 192, 0, 2, 1)) + avp(266, 0) + avp(269, side) + avp(258, CREDIT)


def peers(talk, theirs=1000):
    """The server's ids begin with `theirs`."""
    hello = talk.request(ask("client", CAPABILITIES, 1, capabilities("client")))
    talk.send(1, hello)
    talk.send(3, talk.response(hello, tell("server", CAPABILITIES, 1, capabilities("server"))))
    slow, quick, wrong = (talk.request(credit(2, "a")), talk.request(credit(3, "b")), talk.request(credit(4, "c")))
    talk.send(1, slow, quick)
    talk.send(1, wrong)
    talk.send(2, talk.push(ask("server", WATCHDOG, theirs)))
    talk.send(1, talk.oneway(tell("client", WATCHDOG, theirs)))
    talk.send(1, talk.response(wrong, granted(4, "c", UNABLE_TO_DELIVER)), talk.response(quick, granted(3, "b")))
    alive = talk.request(ask("client", WATCHDOG, 5))
    talk.send(1, alive)
    again = talk.push(ask("server", RE_AUTH, theirs + 3, session("b"), CREDIT))
    talk.send(1, again, talk.response(alive, tell("server", WATCHDOG, 5)))
    long = talk.request(credit(6, "d", avp(1, "x" * 500)))
    talk.send(2, talk.oneway(tell("client", RE_AUTH, theirs + 3, session("b"), CREDIT)), long[:200])
    talk.send(1, long[200:])
    late = talk.response(slow, granted(2, "a", more=avp(1, "y" * 600)))
    talk.send(9, late[:500], flags="A")
    talk.send(1, late[500:], talk.response(long, granted(6, "d")))
    talk.send(1, talk.request(credit(7, "e")))


def same_ids(talk):
    """As Wireshark, which does not look who asked, cannot tell: its answer_to is wrong here."""
    peers(talk, 2)


TALKS = (peers, same_ids)
