"""Connections on the ports of protocols with rules, of which no rule understands more than the begin: turns are told.

PostgreSQL, MySQL, LDAP and TDS that agree on TLS first, without its keys; LDAP that a bind by SASL seals; LDAP that asks the
server what it can do before that; redis by TLS from the first byte; a proxy that is asked, and with a password asked again, for
a tunnel; HTTP that turns into a terminal's bytes; lines of JSON where Wireshark looks for HTTP, and where it looks for SIP;
AMQP 1.0, which has nothing of 0-9-1 but the port.
"""
import struct

import mysql_numbers
import tds as sql_server

PORT = 5432
HANDSHAKE, DATA = 22, 23


def record(kind, data):
    return struct.pack(">BHH", kind, 0x0303, len(data)) + data


def hello(kind, ciphers):
    """One of each side, with no extension."""
    body = b"\3\3" + bytes(range(32)) + b"\0" + ciphers
    return record(HANDSHAKE, bytes([kind]) + struct.pack(">I", len(body))[1:] + body)


CLIENT_HELLO, SERVER_HELLO = hello(1, b"\0\2\x13\1\1\0"), hello(2, b"\x13\1\0")


def pair(talk, ask, tell, waits=3):
    request = talk.request(ask)
    talk.send(2, request)
    talk.send(waits, talk.response(request, tell))


def sealed(talk, ask=CLIENT_HELLO, tell=SERVER_HELLO):
    """TLS from here on: what is asked and answered nobody can read."""
    pair(talk, ask, tell)
    for size in (40, 300, 70):
        pair(talk, record(DATA, b"\xa5" * size), record(DATA, b"\x5a" * (size + 30)), size)


def pgsql(talk):
    pair(talk, struct.pack(">II", 8, 80877103), b"S")
    sealed(talk)


def mysql(talk):
    """The client asks for TLS, and goes on with that: both are one turn."""
    talk.send(1, talk.push(mysql_numbers.greeting(0xffff)))
    login = mysql_numbers.packet(1, struct.pack("<IIB", 0x00ffae85, 1 << 24, 255) + bytes(23))
    ask = talk.request(login + CLIENT_HELLO)
    talk.send(1, ask[:len(login)])
    talk.send(1, ask[len(login):])
    talk.send(3, talk.response(ask, SERVER_HELLO))
    sealed(talk)


def ber(tag, *parts):
    data = b"".join(parts)
    return bytes([tag, len(data)]) + data


def ldap(talk, number=b"\1"):
    pair(talk, ber(0x30, ber(2, number), ber(0x77, ber(0x80, b"1.3.6.1.4.1.1466.20037"))),
         ber(0x30, ber(2, number), ber(0x78, ber(10, b"\0"), ber(4), ber(4))))
    sealed(talk)


def ldap_sealed(talk):
    pair(talk, ber(0x30, ber(2, b"\1"), ber(0x60, ber(2, b"\3"), ber(4), ber(0xa3, ber(4, b"GSS-SPNEGO"),
                                                                            ber(4, b"\x60\x20" + b"x" * 32)))),
         ber(0x30, ber(2, b"\1"), ber(0x61, ber(10, b"\0"), ber(4), ber(4), ber(0x87, b"abcd"))))

    def buffer(who, number):
        token = struct.pack(">HBBHHQ", 0x0504, who, 255, 0, 0, number) + bytes([65 + number]) * 90
        return struct.pack(">I", len(token)) + token
    for number in range(3):
        pair(talk, buffer(6, number), buffer(7, 2 * number) + buffer(7, 2 * number + 1))


def ldap_asks(talk):
    """An entry and the word that it was all, in two segments."""
    ask = talk.request(ber(0x30, ber(2, b"\1"), ber(0x63, ber(4), ber(10, b"\0"), ber(10, b"\0"), ber(2, b"\0"), ber(2, b"\0"),
                                                    ber(1, b"\0"), ber(0x87, b"objectClass"), ber(0x30))))
    entry = ber(0x30, ber(2, b"\1"), ber(0x64, ber(4), ber(0x30)))
    tell = talk.response(ask, entry + ber(0x30, ber(2, b"\1"), ber(0x65, ber(10, b"\0"), ber(4), ber(4))))
    talk.send(2, ask)
    talk.send(3, tell[:len(entry)])
    talk.send(1, tell[len(entry):])
    ldap(talk, b"\2")


def tds(talk):
    def packet(kind, data):
        return sql_server.packet(kind, sql_server.LAST, 0, data)
    options = sql_server.prelogin(b"\x10\0\0\0\0\0", b"\1")
    pair(talk, packet(sql_server.PRELOGIN, options), packet(sql_server.ANSWER, options))
    sealed(talk, packet(sql_server.PRELOGIN, CLIENT_HELLO), packet(sql_server.PRELOGIN, SERVER_HELLO))


def redis(talk):
    sealed(talk)


def proxy(talk):
    pair(talk, b"CONNECT pears.test:443 HTTP/1.1\r\nHost: pears.test:443\r\n\r\n",
         b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 4\r\n\r\nwho?")
    pair(talk, b"CONNECT pears.test:443 HTTP/1.1\r\nHost: pears.test:443\r\nProxy-Authorization: Basic bWU6bWU=\r\n\r\n",
         b"HTTP/1.1 200 Connection established\r\n\r\n")
    sealed(talk)


def terminal(talk):
    pair(talk, b"POST /exec/1/start HTTP/1.1\r\nHost: pears.test\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
         b"Content-Length: 2\r\n\r\n{}", b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
    for line in (b"ls\r", b"whoami\r"):
        pair(talk, line, b"\1\0\0\0\0\0\0\5pear\n")


def json(talk):
    for number in range(4):
        pair(talk, b'{"id": %d, "do": "sum", "of": [1, 2]}\n' % number, b'{"id": %d, "is": 3}\n' % number, 4 + number)


def json_at_sip(talk):
    json(talk)


def amqp(talk):
    pair(talk, b"AMQP\0\1\0\0", b"AMQP\0\1\0\0")
    for _ in range(3):
        begin = struct.pack(">IBBH", 8 + 12, 2, 0, 0) + b"\0\x53\x10\xc0\x07\x01\xa1\4peer"
        pair(talk, begin, begin)


mysql.port, tds.port, redis.port, amqp.port = 3306, 1433, 6379, 5672
ldap.port = ldap_sealed.port = ldap_asks.port = 389
proxy.port = terminal.port = json.port = 8080
json_at_sip.port = 5060
TALKS = (pgsql, mysql, ldap, ldap_sealed, tds, redis, json, amqp, ldap_asks, proxy, terminal, json_at_sip)
