"""SIP over TCP (RFC 3261): an answer has the Call-ID and the CSeq of its request, which CANCEL and ACK share but for the method.

Answers below 200 come before the one proper.  ACK is owed none.  Either side asks: the one that connected is the client here.
"""
PORT = 5060
ENDS = {"client": "192.0.2.1", "server": "198.51.100.7"}


def message(first, side, call, sequence, method, body=""):
    """`side` asked."""
    branch = "z9hG4bK%s%d%s" % (call, sequence, "" if method == "CANCEL" else method)
    lines = [first, "Via: SIP/2.0/TCP %s;branch=%s" % (ENDS[side], branch),
             "From: <sip:%s@%s>;tag=1" % (side, ENDS[side]), "To: <sip:other@example.org>", "Call-ID: %s" % call,
             "CSeq: %d %s" % (sequence, method), "Max-Forwards: 70", "Content-Length: %d" % len(body), "", body]
    return "\r\n".join(lines).encode()


def ask(side, method, call, sequence, body=""):
    return message("%s sip:other@example.org SIP/2.0" % method, side, call, sequence, method, body)


def tell(side, code, method, call, sequence, body=""):
    """What is told the side that asked."""
    reasons = {100: "Trying", 180: "Ringing", 199: "Early Dialog Terminated", 200: "OK", 404: "Not Found",
               487: "Request Terminated"}
    return message("SIP/2.0 %d %s" % (code, reasons[code]), side, call, sequence, method, body)


def call(talk):
    invite = talk.request(ask("client", "INVITE", "a", 1, "v=0\r\n" + "x" * 200))
    talk.send(1, invite[:300], flags="A")
    talk.send(1, invite[300:])
    talk.send(2, talk.interim(invite, tell("client", 100, "INVITE", "a", 1)))
    other, options = talk.request(ask("client", "INVITE", "b", 1)), talk.request(ask("client", "OPTIONS", "c", 1))
    talk.send(1, other, options)
    wrong = talk.request(ask("client", "MESSAGE", "d", 7, "hello"))
    talk.send(1, wrong)
    talk.send(1, talk.response(wrong, tell("client", 404, "MESSAGE", "d", 7)),
              talk.response(options, tell("client", 200, "OPTIONS", "c", 1)))
    talk.send(3, talk.interim(other, tell("client", 100, "INVITE", "b", 1)),
              talk.interim(invite, tell("client", 180, "INVITE", "a", 1)))
    answer = talk.response(invite, tell("client", 200, "INVITE", "a", 1, "v=0\r\n" + "y" * 200))
    talk.send(50, answer[:250], flags="A")
    talk.send(1, answer[250:])
    talk.send(1, talk.oneway(ask("client", "ACK", "a", 1)))
    cancel = talk.request(ask("client", "CANCEL", "b", 1))
    talk.send(10, cancel)
    talk.send(2, talk.response(cancel, tell("client", 200, "CANCEL", "b", 1)),
              talk.interim(other, tell("client", 199, "INVITE", "b", 1)),
              talk.response(other, tell("client", 487, "INVITE", "b", 1)))
    talk.send(1, talk.oneway(ask("client", "ACK", "b", 1)))
    notice = talk.request(ask("client", "INFO", "a", 2))
    talk.send(5, notice)
    talk.send(1, talk.push(ask("server", "BYE", "a", 2)), talk.response(notice, tell("client", 200, "INFO", "a", 2)))
    talk.send(1, talk.oneway(tell("server", 200, "BYE", "a", 2)))
    talk.send(1, talk.request(ask("client", "REGISTER", "e", 1)))


TALKS = (call,)
