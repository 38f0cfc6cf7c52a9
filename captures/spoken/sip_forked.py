"""SIP over TCP: a proxy sends one INVITE twice to the next hop, to two who may answer it (RFC 3261, 16.6).

Both have the same Call-ID and CSeq; the branch of the topmost Via, which the answer repeats, tells one from the other.
"""
PORT = 5060


def message(first, branch):
    lines = [first, "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK%s" % branch, "Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKphone",
             "From: <sip:a@example.org>;tag=1", "To: <sip:b@example.org>", "Call-ID: c1", "CSeq: 1 INVITE", "Max-Forwards: 69",
             "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode()


def fork(talk):
    one, other = (talk.request(message("INVITE sip:%s@example.org SIP/2.0" % who, who)) for who in ("desk", "mobile"))
    talk.send(1, one)
    talk.send(1, other)
    talk.send(80, talk.response(other, message("SIP/2.0 486 Busy Here", "mobile")))
    talk.send(300, talk.response(one, message("SIP/2.0 200 OK", "desk")))


TALKS = (fork,)
