#!/usr/bin/python3
"""Clients and servers of protocols that want a library of their own: speak.py ROLE HOST.

A client prints what it noted, a line of CSV for each request: what it asked, when it sent, when it had the answer, what that said.
"""
import csv
import os
import re
import socket
import ssl
import struct
import sys
import time
from concurrent import futures

NOTES = ("asked", "sent", "done", "said")
SIZES = ("request_bytes", "response_bytes")


class Notes:
    def __init__(self, *more):
        self.out = csv.writer(sys.stdout, lineterminator="\n")
        self.out.writerow(NOTES + more)

    def note(self, asked, sent, said, done=None, more=()):
        self.out.writerow((asked, "%.6f" % sent, "%.6f" % (done or time.time()), said, *more))

    def ask(self, asked, call, *words, **more):
        sent = time.time()
        result = call(*words, **more)
        self.note(asked, sent, "")
        return result


# ---- gRPC

PAUSE = 0.02
SHOP = "/shop.Shop/"


def grpc_server(host):
    import grpc

    def get(request, context):
        if request == b"none":
            context.abort(grpc.StatusCode.NOT_FOUND, "there is none")
        if request.startswith(b"slow"):
            time.sleep(5 * PAUSE)
        return request * 2

    def browse(request, _):
        for i in range(3):
            time.sleep(PAUSE)
            yield b"%s %d" % (request, i)

    def put(requests, _):
        return b"%d" % sum(1 for _ in requests)

    def talk(requests, _):
        for request in requests:
            yield request

    class Shop(grpc.GenericRpcHandler):
        def service(self, call):
            return {SHOP + "Get": grpc.unary_unary_rpc_method_handler(get),
                    SHOP + "Browse": grpc.unary_stream_rpc_method_handler(browse),
                    SHOP + "Put": grpc.stream_unary_rpc_method_handler(put),
                    SHOP + "Talk": grpc.stream_stream_rpc_method_handler(talk)}.get(call.method)
    server = grpc.server(futures.ThreadPoolExecutor(8), handlers=[Shop()])
    server.add_insecure_port("[%s]:8080" % host)
    server.start()
    server.wait_for_termination()


def grpc_client(host):
    import grpc
    notes = Notes()
    channel = grpc.insecure_channel(host + ":8080")
    grpc.channel_ready_future(channel).result(10)
    get = channel.unary_unary(SHOP + "Get")

    def noted(path, call):
        sent = time.time()
        try:
            call()
            said = grpc.StatusCode.OK
        except grpc.RpcError as error:
            said = error.code()
        notes.note(SHOP + path, sent, said.value[0])

    def slowly(words):
        for word in words:
            yield word
            time.sleep(PAUSE)
    noted("Get", lambda: get(b"apple"))
    noted("Get", lambda: get(b"none"))
    noted("Get", lambda: get(b"big" * 3000))
    with futures.ThreadPoolExecutor(3) as pool:
        for word in (b"slow pear", b"fig", b"plum"):
            pool.submit(noted, "Get", lambda word=word: get(word))
            time.sleep(PAUSE / 4)
    noted("Browse", lambda: list(channel.unary_stream(SHOP + "Browse")(b"page")))
    noted("Put", lambda: channel.stream_unary(SHOP + "Put")(slowly([b"one", b"two", b"three"])))
    noted("Talk", lambda: list(channel.stream_stream(SHOP + "Talk")(slowly([b"hello", b"bye"]))))
    noted("Nothing", lambda: channel.unary_unary(SHOP + "Nothing")(b""))
    noted("Get", lambda: get(b"slow quince", timeout=2 * PAUSE))
    time.sleep(5 * PAUSE)
    channel.close()


# ---- memcached's binary protocol

def memcache_client(host):
    import pylibmc
    notes = Notes()
    plain = pylibmc.Client([host], binary=True, behaviors={"tcp_nodelay": True})
    for key in ("a", "b", "c"):
        notes.ask("set " + key, plain.set, key, "value of " + key)
    notes.ask("get a", plain.get, "a")
    notes.ask("get none", plain.get, "none")
    notes.ask("add a", plain.add, "a", "other")
    notes.ask("many", plain.get_multi, ["a", "none", "b", "nothing", "c"])
    notes.ask("set n", plain.set, "n", 5)
    notes.ask("incr n", plain.incr, "n", 3)
    notes.ask("delete c", plain.delete, "c")
    notes.ask("big", plain.set, "big", "x" * 4000)
    notes.ask("get big", plain.get, "big")
    notes.ask("stats", plain.get_stats)
    quiet = pylibmc.Client([host], binary=True, behaviors={"tcp_nodelay": True, "_noreply": True})
    quiet.set("q1", "one")
    quiet.set("q2", "two")
    notes.ask("get q1", quiet.get, "q1")
    notes.ask("many", quiet.get_multi, ["q1", "q2", "q3"])
    quiet.delete("nothing")  # the library does not know that this is answered
    time.sleep(0.05)
    return plain, quiet


# ---- AMQP 0-9-1

def amqp_client(host):
    import pika
    notes = Notes()

    def connect():
        return pika.BlockingConnection(pika.ConnectionParameters(
            host, credentials=pika.PlainCredentials("guest", "guest"), heartbeat=0, socket_timeout=10))
    connection = notes.ask("connect", connect)
    channel = notes.ask("channel.open", connection.channel)
    other = notes.ask("channel.open", connection.channel)
    notes.ask("queue.declare", channel.queue_declare, "pears", durable=False)
    notes.ask("queue.declare", other.queue_declare, "figs")
    notes.ask("exchange.declare", channel.exchange_declare, "fruit", "topic")
    notes.ask("queue.bind", channel.queue_bind, "pears", "fruit", "pear.*")
    for i in range(3):
        channel.basic_publish("fruit", "pear.ripe", b"pear %d" % i)
    other.basic_publish("", "figs", b"f" * 3000)
    method, _, _ = notes.ask("basic.get", channel.basic_get, "pears")
    channel.basic_ack(method.delivery_tag)
    notes.ask("basic.get", other.basic_get, "figs", auto_ack=True)
    notes.ask("basic.get", other.basic_get, "figs", auto_ack=True)
    got = []

    def take(_, method, _properties, body):
        got.append(body)
        channel.basic_ack(method.delivery_tag)
    tag = notes.ask("basic.consume", channel.basic_consume, "pears", take)
    while len(got) < 2:
        connection.process_data_events(0.1)
    notes.ask("basic.cancel", channel.basic_cancel, tag)
    notes.ask("confirm.select", other.confirm_delivery)
    notes.ask("publish", other.basic_publish, "", "figs", b"sure", mandatory=True)
    sent = time.time()
    try:
        other.basic_publish("", "nowhere", b"lost", mandatory=True)
    except pika.exceptions.UnroutableError:
        notes.note("publish", sent, "returned")
    sent = time.time()
    try:
        channel.queue_declare("none", passive=True)
    except pika.exceptions.ChannelClosedByBroker as error:
        notes.note("queue.declare", sent, error.reply_code)
    notes.ask("queue.delete", other.queue_delete, "figs")
    notes.ask("connection.close", connection.close)


# ---- DCE/RPC over TCP

def dcerpc_client(host):
    from impacket.dcerpc.v5 import epm, srvs, transport
    notes = Notes()

    def bound(where, interface):
        pipe = transport.DCERPCTransportFactory(where).get_dce_rpc()
        notes.ask("bind", lambda: (pipe.connect(), pipe.bind(interface)))
        return pipe
    where = notes.ask("map", epm.hept_map, host, srvs.MSRPC_UUID_SRVS, protocol="ncacn_ip_tcp")
    server = bound(where, srvs.MSRPC_UUID_SRVS)
    notes.ask("NetrServerGetInfo", srvs.hNetrServerGetInfo, server, 101)
    notes.ask("NetrShareEnum", srvs.hNetrShareEnum, server, 1)
    sent = time.time()
    try:
        srvs.hNetrShareGetInfo(server, "none\0", 1)
    except srvs.DCERPCSessionError as error:
        notes.note("NetrShareGetInfo", sent, "%#x" % error.get_error_code())
    notes.ask("NetrRemoteTOD", srvs.hNetrRemoteTOD, server)


# ---- ONC RPC over TCP

def rpc_client(host):
    """Calls of NFS's procedure 0, some sent in one piece and some apart before the first is answered."""
    notes = Notes()
    sock = socket.create_connection((host, 2049))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sent, rest = {}, b""

    def call(*xids):
        calls = [struct.pack("!10I", xid, 0, 2, 100003, 3, 0, 0, 0, 0, 0) for xid in xids]
        sent.update(dict.fromkeys(xids, time.time()))
        sock.sendall(b"".join(struct.pack("!I", len(one) | 1 << 31) + one for one in calls))
    call(11, 12, 13, 14)
    for xid in (21, 22, 23, 24):
        time.sleep(0.003)
        call(xid)
    while sent:
        rest += sock.recv(4096)
        while len(rest) >= 8:
            size = struct.unpack("!I", rest[:4])[0] & ~(1 << 31)
            if len(rest) < 4 + size:
                break
            xid = struct.unpack("!I", rest[4:8])[0]
            notes.note("%#010x" % xid, sent.pop(xid), "")
            rest = rest[4 + size:]


def tls(version):
    """What trusts any server."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode, context.maximum_version = False, ssl.CERT_NONE, version
    return context


# ---- databases

def mysql_client(host):
    """The same by TLS 1.3, by TLS 1.2 and in clear."""
    import pymysql
    notes = Notes()
    for context in (tls(ssl.TLSVersion.TLSv1_3), tls(ssl.TLSVersion.TLSv1_2), None):
        line = notes.ask("connect", pymysql.connect, host=host, user="root", ssl=context, ssl_disabled=not context)
        cursor = line.cursor()
        for words in ("select 1", "select repeat('x', 4000)", "select sleep(0.02)"):
            notes.ask(words, cursor.execute, words)
        line.close()


ROWS = "with recursive t(n) as (select 1 union all select n + 1 from t where n < %d) select n from t"


def mysql_rows_client(host):
    """Answers whose packets are more than their numbers can count: the last packet of one, or a column, has number 1."""
    import pymysql
    notes = Notes()
    line = notes.ask("connect", pymysql.connect, host=host, user="root", ssl_disabled=True)
    cursor = line.cursor()
    for words in (ROWS % 252, ROWS % 253, "select 1", "select " + ",".join("%d" % (n % 10) for n in range(300)), ROWS % 509,
                  "select 2"):
        notes.ask(words, cursor.execute, words)
    line.close()


def postgres_client(host):
    """Each way to tell a password, and a request to cancel when nothing is under way."""
    import psycopg
    notes, ways = Notes(), ("scram-sha-256", "md5", "plain")

    def connect(user):
        return psycopg.connect(host=host, user=user, dbname="postgres", password="pear", sslmode="disable",
                               gssencmode="disable", autocommit=True)
    line = notes.ask("connect", connect, "postgres")
    for way in ways:
        notes.ask("create", line.execute, "set password_encryption = '%s'" % way.replace("plain", "md5"))
        notes.ask("create", line.execute, "create role \"%s\" login password 'pear'" % way)
    line.close()
    for way in ways:
        line = notes.ask("connect", connect, way)
        notes.ask("select 1", line.execute, "select 1")
        notes.ask("select pg_sleep", line.execute, "select pg_sleep(0.02)")
        line.cancel()
        notes.ask("select 2", line.execute, "select 2")
        line.close()


# ---- what is answered in the order in which it was asked

class Pipeline:
    """Asks without waiting; each note has when the call to send it was made, and when the call returned that brought the last
    byte of its answer; with the bytes of both, if `sizes`."""

    def __init__(self, host, port, whole, sizes=False, segment=0, notes=None, secure=None):
        self.sock = socket.socket()
        if segment:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = secure(self.sock) if secure else self.sock
        self.whole, self.waiting, self.rest, self.sizes = whole, [], b"", sizes
        self.notes = notes or Notes(*SIZES if sizes else ())

    def ask(self, *requests, apart=0.0):
        """(name, bytes)..., in one piece, or `apart` seconds apart."""
        for piece in [[one] for one in requests] if apart else [requests]:
            self.waiting += [(name, time.time(), len(data)) for name, data in piece]
            self.sock.sendall(b"".join(data for _, data in piece))
            self.hear(apart)

    def ask_in_parts(self, request, *cuts):
        """One request, which is sent in parts that begin at these places."""
        name, data = request
        self.waiting.append((name, time.time(), len(data)))
        for begin, end in zip((0, *cuts), (*cuts, len(data))):
            self.sock.sendall(data[begin:end])
            self.hear(PAUSE / 4)

    def hear(self, seconds):
        """What comes within that time; with 0 nothing, with None until nothing waits."""
        until = time.time() + (seconds or 0)
        while self.waiting and (seconds is None or time.time() < until):
            self.sock.settimeout(None if seconds is None else max(until - time.time(), 0.0001))
            try:
                self.rest += self.sock.recv(65536)
            except TimeoutError:
                return
            now = time.time()
            while self.waiting and (size := self.whole(self.rest)):
                (name, sent, asked), answer, self.rest = self.waiting.pop(0), self.rest[:size], self.rest[size:]
                self.notes.note(name, sent, answer.partition(b"\r\n")[0].decode(), now, (asked, size) if self.sizes else ())


RESP_MEMBERS = {b"*": 1, b"~": 1, b">": 1, b"%": 2}


def resp_size(data):
    """Of the message at the begin; 0 where there is less than that."""
    size, wanted = 0, 1
    while wanted:
        end = data.find(b"\r\n", size) + 2
        if end < 2:
            return 0
        kind, count = data[size:size + 1], data[size + 1:end - 2]
        size, wanted = end, wanted - 1
        if kind == b"$" and count != b"-1":
            size += int(count) + 2
        elif kind in RESP_MEMBERS:
            wanted += max(int(count), 0) * RESP_MEMBERS[kind]
    return size if size <= len(data) else 0


def command(*words):
    name = " ".join(words)
    return name, ("*%d\r\n" % len(words) + "".join("$%d\r\n%s\r\n" % (len(word), word) for word in words)).encode()


def redis_client(host):
    line = Pipeline(host, 6379, resp_size)
    line.ask(*(command("SET", "k%d" % i, "v" * i) for i in range(1, 9)), *(command("GET", "k%d" % i) for i in range(1, 9)))
    line.hear(None)
    line.ask(*(command("GET", "k%d" % i) for i in range(1, 9)), apart=PAUSE / 8)
    line.hear(None)
    line.ask(command("DEBUG", "SLEEP", "0.04"), *(command("INCR", "n") for _ in range(3)), command("NONSENSE"), apart=PAUSE / 4)
    line.ask(command("PING"), command("GET", "none"))
    line.hear(None)


SEGMENT = 200  # of which each segment's times take 12: four elements of 47 bytes are one


def redis_pieces_client(host):
    """What is longer than a segment, cut within an element and between two."""
    def short(request):
        return request[0][:20].strip(), request[1]

    def ask(*requests):
        line.ask(*map(short, requests))

    def each(*requests):
        for request in requests:
            ask(request)
            line.hear(None)

    def entries(key, first):
        """A stream of which each entry but the first takes a quarter of a segment."""
        return [command("XADD", key, "10%02d-1" % i, "f", "x" * (13 if i else first)) for i in range(12)]
    line = Pipeline(host, 6379, resp_size, True, SEGMENT)
    # `*40` and the first element are as long as one of the others.
    even, odd = ["e" * 35] + ["e" * 40] * 39, ["o" * (20 + i) for i in range(30)]
    each(command("SET", "small", "s"), command("SET", "other", "t" * 11), command("SET", "big", "b" * 1500),
         command("RPUSH", "even", *even), command("RPUSH", "odd", *odd))
    ask(*entries("between", 9), *entries("within", 39), *entries("deeper", 28))
    line.hear(None)
    asked = [command("GET", "big"), command("LRANGE", "even", "0", "-1"), command("LRANGE", "odd", "0", "-1"),
             command("MGET", "big", "none", "small", "big"), command("XRANGE", "between", "-", "+"),
             command("XRANGE", "within", "-", "+"), command("XRANGE", "deeper", "-", "+")]
    each(*asked)
    for request in asked:
        ask(request, command("GET", "small"), command("GET", "other"))
    line.hear(None)
    ask(*asked, command("PING"))
    line.hear(None)
    line.ask(*map(short, asked), command("ECHO", "last"), apart=PAUSE / 8)
    line.hear(None)
    apart = command("MSET", "a", "1" * 10, "b", "2" * 10)
    line.ask_in_parts(apart, 14)          # between two elements
    line.ask_in_parts(apart, 3, 30)       # within one
    line.ask_in_parts(apart, 4, 14, 21)
    ask(command("GET", "a"))
    line.hear(None)


def redis_resp3_client(host):
    """Maps, sets and nulls between words that are told apart by their length."""
    line = Pipeline(host, 6379, resp_size, True)
    words = iter(range(10, 99))

    def echo():
        return command("ECHO", "e" * next(words))
    none, both, some = command("GET", "none"), command("HGETALL", "h"), command("SMEMBERS", "s")
    script = command("EVAL", "return {1,false,2}", "0")
    for request in (command("HELLO", "3"), command("HSET", "h", "a", "1", "b", "2"), command("SADD", "s", "x", "y"),
                    *(echo() for _ in range(4))):
        line.ask(request)
        line.hear(None)
    for batch in ((echo(), none, echo()), (both, echo(), echo()), (echo(), echo()), (script, echo(), some, echo()), (none,), (both,),
                  (echo(), both, echo(), none, echo())):
        line.ask(*batch)
        line.hear(None)
    for _ in range(6):
        line.ask(echo())
        line.hear(None)


def http_size(data):
    """Of the answer that it begins with; 0 where that is not whole."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return 0
    size = int(re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head).group(1))
    return len(head) + 4 + size if len(body) >= size else 0


def http_client(host):
    def get(path):
        return "GET %s" % path, ("GET %s HTTP/1.1\r\nHost: server\r\n\r\n" % path).encode()
    line = Pipeline(host, 80, http_size)
    line.ask(get("/page"), get("/none"), get("/page?2"), get("/none?2"))
    line.hear(None)
    line.ask(*(get("/page?%d" % i) for i in range(3, 9)), apart=PAUSE / 6)
    line.hear(None)


def https_pieces_client(host):
    """Requests and answers over several records of TLS, and several in one; first on a connection one that takes its time."""
    def request(line, body=b""):
        length = "Content-Length: %d\r\n" % len(body) if body else ""
        return line + " HTTP/1.1", ("%s HTTP/1.1\r\nHost: server\r\n%s\r\n" % (line, length)).encode() + body

    def each(*asked):
        for one in asked:
            line.ask(one)
            line.hear(None)
    notes = Notes(*SIZES)
    for version in ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2:
        context = tls(version)
        context.set_alpn_protocols(["http/1.1"])
        line = Pipeline(host, 443, http_size, True, notes=notes, secure=context.wrap_socket)
        put = request("PUT /put/%s" % version.name, b"p" * 2500)
        head = len(put[1]) - 2500
        line.ask_in_parts(put, head, head + 500)
        line.hear(None)
        each(request("GET /page"), request("GET /big"))
        line.ask(*(request("GET /" + path) for path in ("page?1", "none", "big?1", "page?2")))
        line.hear(None)
        line.ask_in_parts(request("GET /page?3"), 7, 20)
        line.hear(None)
        line.ask(*(request("GET /" + path) for path in ("page?4", "big?2", "page?5")), apart=PAUSE / 6)
        line.hear(None)
        line.sock.close()


BODY, SILENCE = 1000, 3.5  # longer than what is taken for the end of an answer


class Upload:
    """A connection on which one request at a time is said in parts; each note tells when the first was sent, and whether all was
    before the answer was read: `yes`, `late` or `no`."""

    def __init__(self, host, notes):
        self.sock, self.notes = socket.create_connection((host, 80)), notes
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def say(self, data):
        self.sock.sendall(data)
        self.sent += len(data)

    def hear(self):
        """The first line of the next answer."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.sock.recv(1)
        size = int((re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", data) or [0, 0])[1])
        data += self.sock.recv(size, socket.MSG_WAITALL)
        self.heard += len(data)
        return data.partition(b"\r\n")[0].decode()

    def ask(self, method, path, parts=0, expects=False, before=0, pause=PAUSE, stops=False):
        """The body is so many parts, of which some are said before the answer is read, and none after it if the client `stops`."""
        self.sent = self.heard = 0
        began, length = time.time(), "Content-Length: %d\r\n" % (parts * BODY) if parts else ""
        expect = "Expect: 100-continue\r\n" if expects else ""
        self.say(("%s %s HTTP/1.1\r\nHost: server\r\n%s%s\r\n" % (method, path, length, expect)).encode())
        said = self.hear() if expects else ""
        if "100" in said:
            for part in range(parts):
                time.sleep(pause if part else 0)
                self.say(b"b" * BODY)
        else:
            self.say(b"b" * BODY * before)
        said = said if said and "100" not in said else self.hear()
        done = time.time()
        whole = "no" if stops else "late" if before < parts and not expects else "yes"
        if whole == "late":
            time.sleep(pause)
            self.say(b"b" * BODY * (parts - before))
            time.sleep(PAUSE)
        self.notes.note("%s %s" % (method, path), began, said, done, (self.sent, self.heard, whole))

    def end(self):
        self.sock.close()
        time.sleep(PAUSE)


def http_early_client(host):
    """Answers that come before their request is whole, and what comes before an answer."""
    notes = Notes(*SIZES, "whole")
    for pause in (PAUSE, SILENCE):
        line = Upload(host, notes)
        line.ask("GET", "/page")
        line.ask("PUT", "/no", 3, before=1, pause=pause)
        line.ask("GET", "/page")
        line.ask("PUT", "/put/%g" % pause, 3, expects=True, pause=pause)
        line.ask("GET", "/page")
        line.end()
    for more in ({"expects": True}, {"before": 1}):
        line = Upload(host, notes)
        line.ask("GET", "/page")
        line.ask("PUT", "/much", 3, stops=True, **more)
        line.end()
        line = Upload(host, notes)
        line.ask("PUT", "/much", 3, stops=True, **more)
        line.end()


ROLES = {"mysql": mysql_client, "mysql-rows": mysql_rows_client, "postgres": postgres_client, "redis": redis_client,
         "redis-pieces": redis_pieces_client, "redis-resp3": redis_resp3_client, "http": http_client,
         "http-early": http_early_client, "https-pieces": https_pieces_client,
         "grpc-server": grpc_server, "grpc": grpc_client, "memcache": memcache_client, "amqp": amqp_client,
         "dcerpc": dcerpc_client, "rpc": rpc_client}

if __name__ == "__main__":
    kept = ROLES[sys.argv[1]](*sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)  # what is kept has no last word
