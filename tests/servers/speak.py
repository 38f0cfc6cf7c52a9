#!/usr/bin/python3
"""Clients and servers of protocols that want a library of their own: speak.py ROLE HOST.

A client prints what it noted, a line of CSV for each request: what it asked, when it sent, when it had the answer, what that said.
"""
import csv
import os
import socket
import struct
import sys
import time
from concurrent import futures

NOTES = ("asked", "sent", "done", "said")


class Notes:
    def __init__(self):
        self.out = csv.writer(sys.stdout, lineterminator="\n")
        self.out.writerow(NOTES)

    def note(self, asked, sent, said):
        self.out.writerow((asked, "%.6f" % sent, "%.6f" % time.time(), said))

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


ROLES = {"grpc-server": grpc_server, "grpc": grpc_client, "memcache": memcache_client, "amqp": amqp_client,
         "dcerpc": dcerpc_client, "rpc": rpc_client}

if __name__ == "__main__":
    kept = ROLES[sys.argv[1]](*sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)  # what is kept has no last word
