"""Programs at both ends of the wire that note what they said and heard, and when.

A note is what one side of a conversation knows of an exchange, without looking at any packet.  Clients note; servers
of this file note when they had heard all and when they began to answer.
"""
import contextlib
import fcntl
import socket
import struct
import threading
import time

import lab

SECONDS = 40  # until a conversation that stands still fails
SO_TIMESTAMPNS, SIOCOUTQ = 35, 0x5411
TCP_FASTOPEN, MSG_FASTOPEN = 23, 0x20000000
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: a close resets


class Said:
    """When the program called the system to send, and when it was back."""

    def __init__(self, size, before, after):
        self.size, self.before, self.after = size, before, after


class Heard:
    """The kernel's stamp of the last packet that a read took, and when the program had the bytes."""

    def __init__(self, size, stamp, returned):
        self.size, self.stamp, self.returned = size, stamp, returned


class Note:
    """An exchange; a push has nothing asked, a last word nothing answered."""

    def __init__(self, asked=(), answered=(), at_least=0):
        self.asked, self.answered = list(asked), list(answered)
        self.at_least = at_least  # seconds that the server was told to take

    @property
    def asked_bytes(self):
        return sum(said.size for said in self.asked)

    @property
    def answered_bytes(self):
        return sum(heard.size for heard in self.answered)


class End:
    """One end of a connection."""

    def __init__(self, sock):
        self.sock = sock
        self.heard = []
        self.rest = b""
        sock.settimeout(SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def say(self, data):
        before = time.time_ns()
        self.sock.sendall(data)
        return Said(len(data), before, time.time_ns())

    def more(self):
        """One read; b"" at the end of what the other side says."""
        data, control, _, _ = self.sock.recvmsg(1 << 18, 64)
        returned = time.time_ns()
        stamps = [struct.unpack_from("qq", value) for level, kind, value in control
                  if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS]
        if data:
            stamp = stamps[0][0] * 10**9 + stamps[0][1] if stamps else None
            self.heard.append(Heard(len(data), stamp, returned))
        self.rest += data
        return data

    def take(self, size):
        while len(self.rest) < size:
            if not self.more():
                raise EOFError("the other side ended")
        data, self.rest = self.rest[:size], self.rest[size:]
        return data

    def until(self, mark):
        while mark not in self.rest:
            if not self.more():
                raise EOFError("the other side ended")
        return self.take(self.rest.index(mark) + len(mark))

    def to_the_end(self):
        while self.more():
            pass
        return self.take(len(self.rest))

    def drain(self):
        """Until all that was said is acknowledged: none of it will be sent again."""
        deadline = time.monotonic() + SECONDS
        while struct.unpack("i", fcntl.ioctl(self.sock, SIOCOUTQ, bytes(4)))[0]:
            if time.monotonic() > deadline:
                raise TimeoutError("not acknowledged")
            time.sleep(0.002)

    def flush(self):
        """What was heard since the last flush; all of it must have been understood."""
        if self.rest:
            raise AssertionError("not understood: %r" % self.rest[:80])
        heard, self.heard = self.heard, []
        return heard

    def abort(self):
        """Closes with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        self.sock.close()

    def close(self):
        self.sock.close()


class Client(End):
    """Opens a connection from a port of its choice and notes its exchanges."""

    def __init__(self, here, port, to_port, ipv6=False, options=(), connect=True):
        self.port = port
        self.host, self.there = lab.CLIENT[ipv6], (lab.SERVER[ipv6], to_port)
        self.notes = []
        with here.client:
            sock = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for option in options:
            sock.setsockopt(*option)
        sock.bind((lab.CLIENT[ipv6], port))
        super().__init__(sock)
        if connect:
            sock.connect(self.there)

    def open_with(self, data):
        """Opens the connection with data in the SYN, or where there is no cookie for that yet, right after it."""
        self.sock.settimeout(None)
        before = time.time_ns()
        sent = self.sock.sendto(data, MSG_FASTOPEN, self.there)
        said = Said(sent, before, time.time_ns())
        self.sock.settimeout(SECONDS)
        return said

    def note(self, *words, **more):
        self.notes.append(Note(*words, **more))
        return self.notes[-1]

    def greeting(self, read):
        """Reads what the server says unasked."""
        result = read()
        self.note([], self.flush())
        return result

    def ask(self, data, read, at_least=0):
        """One request in one call, and all of its answer."""
        said = self.say(data)
        result = read()
        self.note([said], self.flush(), at_least)
        return result

    def last_word(self, data):
        """Says what nobody answers."""
        self.note([self.say(data)])


class Server:
    """Runs `behave(end)` for each connection, in the server's namespace.  `turns` has what it noted, by client port,
    `ends` the newest connection of each."""

    def __init__(self, here, port, behave, options=()):
        self.behave, self.turns, self.ends = behave, {}, {}
        with here.server:
            self.sock = socket.socket(socket.AF_INET6)
        self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        for option in options:
            self.sock.setsockopt(*option)
        self.sock.bind(("::", port))
        self.sock.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, address = self.sock.accept()
                threading.Thread(target=self._serve, args=(End(sock), address[1]), daemon=True).start()

    def _serve(self, end, port):
        end.turns, self.ends[port] = self.turns.setdefault(port, []), end
        with contextlib.suppress(ConnectionError, EOFError, socket.timeout), contextlib.closing(end):
            self.behave(end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


class Turn:
    """What a server noted: when it had read all of a request, and its first call to answer."""

    def __init__(self, heard, said):
        self.heard, self.said = heard, said


# A request of the measured protocol: a line that tells its own size, how long to wait, and the answer's size.

def request(size, wait_ms=0, answer=100):
    head = b"%d %d %d\n" % (size, wait_ms, answer)
    return head + b"." * (size - len(head))


def measured(end):
    """Answers such requests until the client ends."""
    while True:
        head = end.until(b"\n")
        size, wait_ms, answer = map(int, head.split())
        end.take(size - len(head))
        heard = end.flush()[-1]
        time.sleep(wait_ms / 1000)
        end.turns.append(Turn(heard, end.say(b"x" * answer)))


def ask_measured(client, size, wait_ms=0, answer=100):
    return client.ask(request(size, wait_ms, answer), lambda: client.take(answer), wait_ms / 1000)


def at_once(functions):
    """Runs them side by side; the first that failed fails all."""
    errors = []

    def guarded(function):
        try:
            function()
        except Exception as error:  # noqa: BLE001: told below
            errors.append(error)
    threads = [threading.Thread(target=guarded, args=(function,), daemon=True) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(lab.PATIENCE * 2)
        if thread.is_alive():
            raise TimeoutError("a conversation did not end")
    if errors:
        raise errors[0]
