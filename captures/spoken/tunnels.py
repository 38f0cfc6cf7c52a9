"""What comes through tunnels that a proxy made: a rule tells it where Wireshark sees what it is, by the port that was asked for.

Redis, two requests under way at a time, and an answer in two segments; LDAP, by its keys.  What asks for the tunnel goes by
turns.
"""
from encrypted import ber, pair

PORT = 8080


def through(talk, port):
    pair(talk, b"CONNECT pears.test:%d HTTP/1.1\r\nHost: pears.test:%d\r\n\r\n" % (port, port),
         b"HTTP/1.1 200 Connection established\r\n\r\n")


def redis(talk):
    through(talk, 6379)
    one, two = talk.request(b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"), talk.request(b"*2\r\n$3\r\nGET\r\n$1\r\nb\r\n")
    talk.send(1, one)
    talk.send(1, two)
    talk.send(3, talk.response(one, b"$4\r\npear\r\n"))
    long = talk.response(two, b"$40\r\n%s\r\n" % (b"apple" * 8))
    talk.send(2, long[:20])
    talk.send(2, long[20:])
    last = talk.request(b"*1\r\n$4\r\nPING\r\n")
    talk.send(5, last)
    talk.send(1, talk.response(last, b"+PONG\r\n"))


def ldap(talk):
    through(talk, 389)
    for number in (b"\1", b"\2"):
        pair(talk, ber(0x30, ber(2, number), ber(0x6e, ber(4, b"ou=b"), ber(0x30, ber(4, b"ou"), ber(4, b"b")))),
             ber(0x30, ber(2, number), ber(0x6f, ber(10, b"\6"), ber(4), ber(4))))


TALKS = (redis, ldap)
