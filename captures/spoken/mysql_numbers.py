"""MySQL, where its packets' numbers are not 0 for what the client asks and 1 for what begins the answer.

What is asked with 16 MB or more takes two packets, 0 and 1: the answer begins with 2.  (Of such a request only its first packet
is written here, as a short one: the answer's number is what tells.)  A server that ends a connection on its own account, as
nothing was asked for too long, numbers that 0 as it does its greeting.
"""
import struct

PORT = 3306
OK = b"\0\0\0\2\0\0\0"


def packet(number, data):
    return struct.pack("<I", len(data))[:3] + bytes([number]) + data


def ask(talk, text, number=1):
    query = talk.request(packet(0, b"\3" + text))
    talk.send(5, query)
    talk.send(10, talk.response(query, packet(number, OK)))


def greeting(capabilities):
    return packet(0, b"\x0a8.0.36\0" + struct.pack("<I", 9) + b"abcdefgh\0" + struct.pack("<H", capabilities) + b"\xff\2\0"
                  + struct.pack("<H", 0xdfff) + b"\x15" + bytes(10) + b"ijklmnopqrst\0mysql_native_password\0")


def session(talk):
    talk.send(1, talk.push(greeting(0xf7ff)))
    login = talk.request(packet(1, struct.pack("<IIB", 0x000aa685, 1 << 24, 255) + bytes(23) + b"root\0\x14" + b"z" * 20
                                + b"mysql_native_password\0"))
    talk.send(1, login)
    talk.send(2, talk.response(login, packet(2, OK)))
    ask(talk, b"update t set a = 1")
    ask(talk, b"update t set a = 'a long one'", 2)
    ask(talk, b"update t set a = 2")
    talk.send(6000, talk.push(packet(0, b"\xff" + struct.pack("<H", 4031) + b"#HY000The client was disconnected by the server "
                                     b"because of inactivity.")))


TALKS = (session,)
