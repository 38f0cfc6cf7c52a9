"""The real servers: how each is started, and a client of each that notes.

`start` runs the server in the lab's server namespace; `talk` holds a conversation of so many rounds over a Client.
A client here is the least that speaks the protocol well, since it must know when it sent and received.
"""
import contextlib
import socket
import struct
import subprocess
import time

import lab as labs
import host

PAGE = b"a" * 300
BIG = bytes(range(256)) * 400  # 100 KB
BUSY = 0.05                    # seconds that servers are told to take


# ---- redis

def start_redis(lab):
    lab.daemon(lab.server, labs.find("redis-server"), "--port", 6379, "--bind", "0.0.0.0", "::",
               "--protected-mode", "no", "--enable-debug-command", "yes", "--save", "", "--appendonly", "no",
               "--dir", lab.make_folder("redis"))


def resp(*words):
    return b"".join([b"*%d\r\n" % len(words)] + [b"$%d\r\n%s\r\n" % (len(word), word) for word in words])


def resp_reply(client):
    line = client.until(b"\r\n")
    if line[:1] == b"$" and line != b"$-1\r\n":
        return client.take(int(line[1:]) + 2)
    if line[:1] in b"*>":
        return [resp_reply(client) for _ in range(int(line[1:]))]
    return line


def talk_redis(client, rounds):
    def ask(*words, at_least=0):
        return client.ask(resp(*words), lambda: resp_reply(client), at_least)
    for i in range(rounds):
        ask(b"SET", b"key%d" % i, b"v" * 20 * (i + 1))
        assert ask(b"GET", b"key%d" % i) == b"v" * 20 * (i + 1) + b"\r\n"
    ask(b"SET", b"big", BIG)
    assert len(ask(b"GET", b"big")) == len(BIG) + 2
    ask(b"DEBUG", b"SLEEP", b"%.2f" % BUSY, at_least=BUSY)
    ask(b"NONSENSE")
    ask(b"QUIT")


# ---- memcached

def start_memcached(lab):
    lab.daemon(lab.server, labs.find("memcached"), "-p", 11211, "-U", 0, "-l", "0.0.0.0,::")


def talk_memcached(client, rounds):
    for i in range(rounds):
        value = b"m" * 100 * (i + 1)
        stored = client.ask(b"set k%d 0 0 %d\r\n%s\r\n" % (i, len(value), value), lambda: client.until(b"\r\n"))
        assert stored == b"STORED\r\n"
        got = client.ask(b"get k%d\r\n" % i, lambda: client.until(b"END\r\n"))
        assert value in got
    client.ask(b"set big 0 0 %d\r\n%s\r\n" % (len(BIG), BIG), lambda: client.until(b"\r\n"))
    client.ask(b"get big\r\n", lambda: client.take(len(b"VALUE big 0 %d\r\n" % len(BIG)) + len(BIG) + 7))
    client.ask(b"version\r\n", lambda: client.until(b"\r\n"))
    client.last_word(b"quit\r\n")


# ---- nginx

NGINX = """daemon off; master_process off; pid {0}/pid; error_log stderr;
events {{ }}
http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u;
  scgi_temp_path {0}/s; root {0}/www; {1} }}
"""
NGINX_SERVER = """keepalive_requests 100000; large_client_header_buffers 4 16k;
  server { listen [::]:80 ipv6only=off; }"""


def start_nginx(lab, server=NGINX_SERVER, big=BIG):
    """`server`: what its configuration has besides.  Returns its folder; the pages are in www there."""
    home = lab.make_folder("nginx")
    (home / "www").mkdir()
    (home / "www/page").write_bytes(PAGE)
    (home / "www/big").write_bytes(big)
    (home / "nginx.conf").write_text(NGINX.format(home, server))
    lab.daemon(lab.server, labs.find("nginx"), "-e", "stderr", "-p", home, "-c", home / "nginx.conf")
    return home


def http_reply(client):
    head = client.until(b"\r\n\r\n")
    length = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")][0]
    return head, client.take(int(length.split(b":")[1]))


def talk_nginx(client, rounds):
    def get(path, more=b""):
        request = b"GET " + path + b" HTTP/1.1\r\nHost: server\r\n" + more + b"\r\n"
        return client.ask(request, lambda: http_reply(client))
    for i in range(rounds):
        assert get(b"/page")[1] == PAGE
        assert get(b"/none")[0].startswith(b"HTTP/1.1 404")
        assert get(b"/page", b"Cookie: " + b"c" * 600 * (i % 8) + b"\r\n")[1] == PAGE
    assert get(b"/big")[1] == BIG
    get(b"/page", b"Connection: close\r\n")
    client.to_the_end()


# ---- MariaDB

def start_mariadb(lab, *more):
    home = lab.make_folder("mariadb")
    # Without its own tables it can do all that is asked of it here, and they take long to make.
    lab.daemon(lab.server, labs.find("mariadbd"), "--no-defaults", "--datadir=%s" % home, "--socket=%s/socket" % home,
               "--port=3306", "--bind-address=*", "--skip-name-resolve", "--skip-grant-tables", "--skip-networking=0",
               "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M", "--innodb-flush-method=nosync", *more)


def mysql_packet(client):
    head = client.take(4)
    return client.take(int.from_bytes(head[:3], "little"))


def mysql_result(client):
    first = mysql_packet(client)
    assert first[0] != 0xff, first
    if first[0] == 0:
        return []
    rows, ends = [], 0
    while ends < 2:
        packet = mysql_packet(client)
        if packet[0] == 0xfe and len(packet) < 9:
            ends += 1
        elif ends:
            rows.append(packet)
    return rows


def talk_mariadb(client, rounds):
    def query(text, at_least=0):
        body = b"\3" + text
        return client.ask(struct.pack("<I", len(body)) + body, lambda: mysql_result(client), at_least)
    client.greeting(lambda: mysql_packet(client))
    login = struct.pack("<IIB23x", 0x8201, 1 << 24, 33) + b"root\0\0"
    client.ask(struct.pack("<I", len(login) | 1 << 24) + login, lambda: mysql_result(client))
    for i in range(rounds):
        assert query(b"SELECT %d" % i) == [bytes([len(str(i))]) + b"%d" % i]
        query(b"SELECT REPEAT('x', %d)" % (i * 400))
    query(b"SELECT SLEEP(%.2f)" % BUSY, BUSY)
    assert len(query(b"SELECT REPEAT('y', 100000)")) == 1
    client.last_word(b"\1\0\0\0\1")


# ---- PostgreSQL

def start_postgres(lab, *more):
    home = lab.make_folder("postgres")
    subprocess.run([*host.AS_NOBODY, labs.find("initdb"), "-A", "trust", "-N", "-U", "postgres", "-D", str(home / "data")],
                   check=True, capture_output=True, cwd="/", env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    with open(home / "data/pg_hba.conf", "a", encoding="ascii") as file:
        file.write("host all all 0.0.0.0/0 trust\nhost all all ::/0 trust\n")
    lab.daemon(lab.server, labs.find("postgres"), "-D", home / "data", "-c", "listen_addresses=*", "-c", "port=5432",
               "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=16MB", *more)


def postgres_result(client):
    """Messages up to "ready for query"."""
    kinds = b""
    while kinds[-1:] != b"Z":
        head = client.take(5)
        client.take(int.from_bytes(head[1:], "big") - 4)
        kinds += head[:1]
    assert b"E" not in kinds
    return kinds


def talk_postgres(client, rounds):
    def query(text, at_least=0):
        body = text + b"\0"
        return client.ask(b"Q" + struct.pack("!I", len(body) + 4) + body, lambda: postgres_result(client), at_least)
    hello = struct.pack("!I", 196608) + b"user\0postgres\0database\0postgres\0\0"
    client.ask(struct.pack("!I", len(hello) + 4) + hello, lambda: postgres_result(client))
    for i in range(rounds):
        assert query(b"SELECT %d" % i) == b"TDCZ"
        query(b"SELECT generate_series(1, %d)" % (20 * i + 1))
    query(b"SELECT pg_sleep(%.2f)" % BUSY, BUSY)
    query(b"SELECT repeat('z', 100000)")
    client.last_word(b"X\0\0\0\4")


# ---- mosquitto

def start_mosquitto(lab):
    home = lab.make_folder("mosquitto")
    (home / "conf").write_text("listener 1883\nallow_anonymous true\n")
    lab.daemon(lab.server, labs.find("mosquitto"), "-c", home / "conf")


def mqtt(kind, *parts):
    body, size = b"".join(parts), b""
    length = len(body)
    while not size or length:
        size += bytes([length & 127 | (128 if length > 127 else 0)])
        length >>= 7
    return bytes([kind]) + size + body


def mqtt_text(text):
    return struct.pack("!H", len(text)) + text


def mqtt_reply(client):
    head, size, shift = client.take(1), 0, 0
    while True:
        byte = client.take(1)[0]
        size |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return head + client.take(size)


def mqtt_connect(client):
    hello = mqtt(0x10, mqtt_text(b"MQTT"), b"\4\2\0\x3c", mqtt_text(b"client%d" % client.port))
    client.ask(hello, lambda: mqtt_reply(client))


def talk_mosquitto(client, rounds):
    def ask(packet):
        return client.ask(packet, lambda: mqtt_reply(client))
    mqtt_connect(client)
    ask(mqtt(0x82, b"\0\1", mqtt_text(b"other%d" % client.port), b"\0"))
    for i in range(rounds):
        published = ask(mqtt(0x32, mqtt_text(b"topic"), struct.pack("!H", i + 2), b"p" * 300 * i))
        assert published == b"\x40" + struct.pack("!H", i + 2)
        ask(b"\xc0\0")
    ask(mqtt(0x32, mqtt_text(b"topic"), struct.pack("!H", 9999), BIG))
    client.last_word(b"\xe0\0")


# ---- dnsmasq: DNS over TCP

def start_dnsmasq(lab):
    texts = ["--txt-record=big.test,%s" % ",".join(["t" * 250] * 8)]
    lab.daemon(lab.server, labs.find("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
               "--no-hosts", "--port=53", "--user=nobody", "--group=nogroup", "--pid-file=",
               "--address=/a.test/192.0.2.7", *texts)


def talk_dnsmasq(client, rounds):
    def query(name, kind):
        text = b"".join(bytes([len(label)]) + label for label in name.split(b".")) + b"\0"
        body = struct.pack("!6H", 4660, 0x0100, 1, 0, 0, 0) + text + struct.pack("!HH", kind, 1)
        return client.ask(struct.pack("!H", len(body)) + body,
                          lambda: client.take(int.from_bytes(client.take(2), "big")))
    for i in range(rounds):
        assert query(b"h%d.a.test" % i, 1).endswith(bytes([192, 0, 2, 7]))
        assert b"t" * 250 in query(b"big.test", 16)


# ---- aiosmtpd: SMTP

def start_aiosmtpd(lab):
    for address in ("0.0.0.0", "fd09::2"):  # it listens at one
        lab.daemon(lab.server, "/usr/bin/python3", labs.find("aiosmtpd"), "-n", "-l", "%s:25" % address, "-c",
                   "aiosmtpd.handlers.Sink")


def talk_aiosmtpd(client, rounds):
    def reply():
        line = client.until(b"\r\n")
        while line[3:4] == b"-":
            line = client.until(b"\r\n")
        return line[:3]
    client.greeting(reply)
    assert client.ask(b"EHLO client\r\n", reply) == b"250"
    for i in range(rounds):
        client.ask(b"MAIL FROM:<a@example.org>\r\n", reply)
        client.ask(b"RCPT TO:<b@example.org>\r\n", reply)
        assert client.ask(b"DATA\r\n", reply) == b"354"
        assert client.ask(b"Subject: %d\r\n\r\n%s\r\n.\r\n" % (i, b"text\r\n" * 100 * i), reply) == b"250"
    client.ask(b"QUIT\r\n", reply)
    client.to_the_end()


# Name, port, what starts it, what talks to it, its program.
ALL = [
    ("redis", 6379, start_redis, talk_redis, "redis-server"),
    ("memcached", 11211, start_memcached, talk_memcached, "memcached"),
    ("nginx", 80, start_nginx, talk_nginx, "nginx"),
    ("mariadb", 3306, start_mariadb, talk_mariadb, "mariadbd"),
    ("postgres", 5432, start_postgres, talk_postgres, "postgres"),
    ("mosquitto", 1883, start_mosquitto, talk_mosquitto, "mosquitto"),
    ("dnsmasq", 53, start_dnsmasq, talk_dnsmasq, "dnsmasq"),
    ("aiosmtpd", 25, start_aiosmtpd, talk_aiosmtpd, "aiosmtpd"),
]


def wait_for(lab, port):
    """Until it accepts connections at both its addresses, asked by its own machine."""
    deadline = time.monotonic() + labs.PATIENCE
    for address in labs.SERVER:
        while True:
            with contextlib.suppress(OSError), lab.server:
                socket.create_connection((address, port), 5).close()
                break
            if time.monotonic() > deadline:
                raise RuntimeError("nothing listens on port %d: %s" % (port, lab.logs()[-2000:]))
            time.sleep(0.05)
