#!/usr/bin/python3
"""Records captures of real software between two namespaces: record.py NAME...

Each becomes captures/NAME.pcap.gz (as the client's end saw it), with what the client noted in captures/NAME.truth.csv.
captures/NAME.md tells what is asked.  The packages that they want beyond those of tests/servers stand beside them.
"""
import gzip
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import lab as labs
import software
from lab import host

SPEAK = pathlib.Path(__file__).with_name("speak.py")
THERE = labs.SERVER[0]
SECONDS = 60


def at_client(lab, *argv, may_fail=False, environment=None):
    """What the program printed."""
    with lab.client:
        done = subprocess.run([*labs.WITH_US, *map(str, argv)], capture_output=True, text=True, timeout=SECONDS, cwd=lab.folder,
                              check=False, env=os.environ | (environment or {}))
    if done.returncode and not may_fail:
        raise RuntimeError("%s: %s%s\n%s" % (argv[0], done.stdout, done.stderr, lab.logs()[-1000:]))
    return done.stdout


def speak(lab, role, environment=None):
    return at_client(lab, "/usr/bin/python3", SPEAK, role, THERE, environment=environment)


def grpc(lab):  # python3-grpcio
    script = lab.folder / "speak.py"
    script.write_text(SPEAK.read_text())
    lab.daemon(lab.server, "/usr/bin/python3", script, "grpc-server", "::")
    software.wait_for(lab, 8080)
    return speak(lab, "grpc")


RABBIT = "loopback_users = none\n"


def amqp(lab):  # rabbitmq-server python3-pika
    home = lab.make_folder("rabbit")
    (home / "rabbitmq.conf").write_text(RABBIT)
    (home / "enabled_plugins").write_text("[].")
    lab.daemon(lab.server, "/usr/lib/rabbitmq/bin/rabbitmq-server", environment={
        "HOME": str(home), "RABBITMQ_NODENAME": "rabbit@localhost", "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"), "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"), "ERL_EPMD_PORT": "14369",
        "RABBITMQ_CONF_ENV_FILE": "/dev/null"})
    software.wait_for(lab, 5672)
    time.sleep(2)
    return speak(lab, "amqp")


SMB = """[global]
server role = standalone server
map to guest = bad user
guest account = root
disable netbios = yes
smb ports = 445
load printers = no
printcap name = /dev/null
private dir = {0}/private
state directory = {0}
cache directory = {0}
lock directory = {0}
pid directory = {0}
ncalrpc dir = {0}/ncalrpc
rpc start on demand helpers = {1}
log level = 0
[share]
path = {0}/share
guest ok = yes
read only = no
"""


def start_samba(lab, rpc):
    home = lab.make_folder("samba")
    for folder in ("private", "share", "ncalrpc"):
        (home / folder).mkdir()
    (home / "share").chmod(0o777)
    shares = "".join("[pear%d]\ncomment = share number %d of many\npath = /tmp\nguest ok = yes\n" % (i, i) for i in range(60))
    (home / "smb.conf").write_text(SMB.format(home, "no" if rpc else "yes") + (shares if rpc else ""))
    if rpc:
        lab.daemon(lab.server, "/usr/libexec/samba/samba-dcerpcd", "-F", "--libexec-rpcds", "-s", home / "smb.conf",
                   "--debug-stdout", user=[])
        software.wait_for(lab, 135)
    else:
        lab.daemon(lab.server, labs.find("smbd"), "-F", "--no-process-group", "-s", home / "smb.conf", "--debug-stdout", user=[])
        software.wait_for(lab, 445)
    return home


def dcerpc(lab):  # samba python3-impacket
    start_samba(lab, True)
    return speak(lab, "dcerpc")


def smb2(lab):  # samba smbclient samba-testsuite
    home = start_samba(lab, False)
    (lab.folder / "f").write_bytes(b"x" * 3000)
    (home / "share/compound_related1.dat").touch(0o666)
    share, conf = "//%s/share" % THERE, home / "smb.conf"
    with lab.client:
        watcher = subprocess.Popen([*labs.WITH_US, "smbclient", "-N", share, "-s", conf, "-c", "mkdir d; notify d"],
                                   stdout=subprocess.DEVNULL)
    time.sleep(1)
    at_client(lab, "smbclient", "-N", share, "-s", conf, "-c", "ls; put f d/f; get d/f g; del d/f; get nosuch", may_fail=True)
    time.sleep(0.2)
    watcher.kill()
    watcher.wait()
    for test in ("create-write-close", "related4"):
        at_client(lab, "smbtorture", share, "-Uroot%x", "-s", conf, "smb2.compound.%s.%s" % (test, test), may_fail=True)


GANESHA = """NFS_CORE_PARAM {{ Protocols = 3, 4; MNT_Port = 20048; NLM_Port = 32803; Rquota_Port = 875;
  Enable_NLM = false; Enable_RQUOTA = false; }}
NFSv4 {{ Graceless = true; RecoveryBackend = fs; }}
EXPORT {{ Export_Id = 1; Path = /export; Pseudo = /export; Access_Type = RW; Squash = No_root_squash; SecType = sys;
  Protocols = 3, 4; Transports = TCP; FSAL {{ Name = MEM; }} }}
LOG {{ Default_Log_Level = EVENT; }}
"""


def nfs(lab):  # rpcbind nfs-ganesha-mem libnfs-utils
    home = lab.make_folder("nfs")
    (home / "ganesha.conf").write_text(GANESHA.format())
    lab.daemon(lab.server, labs.find("rpcbind"), "-f", "-w", user=[])
    software.wait_for(lab, 111)
    lab.daemon(lab.server, labs.find("ganesha.nfsd"), "-F", "-f", home / "ganesha.conf", "-L", "STDOUT", "-p", home / "pid",
               user=[])
    software.wait_for(lab, 2049)
    time.sleep(1)
    (lab.folder / "f").write_bytes(b"n" * 3000)
    there = "nfs://%s/export" % THERE
    at_client(lab, "rpcinfo", "-T", "tcp", THERE, "100003")
    at_client(lab, "nfs-cp", "f", there + "/f")
    at_client(lab, "nfs-cat", there + "/f")
    at_client(lab, "nfs-ls", there + "?version=4")
    return speak(lab, "rpc")


NGINX_TLS = """ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {0}/cert; ssl_certificate_key {0}/key; """
NGINX_HTTPS = NGINX_TLS + """
  server {{ listen [::]:80 ipv6only=off; listen [::]:443 ssl http2 ipv6only=off; listen [::]:8080 http2 ipv6only=off; }}"""
NGINX_PIECES = NGINX_TLS + """ssl_buffer_size 1k;
  server {{ listen [::]:443 ssl ipv6only=off; location /put {{ dav_methods PUT; }} }}"""
CURL_NOTES = ("scheme", "http_version", "local_port", "http_code", "time_pretransfer", "time_starttransfer", "time_total", "urlnum")


def with_certificate(lab, *kind):
    """What makes a client tell the keys, which the capture is to hold."""
    home, lab.keys = lab.make_folder("tls"), lab.folder / "keys"
    subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-subj", "/CN=server", "-days", "9000", "-keyout",
                    home / "key", "-out", home / "cert"], check=True, capture_output=True)
    (home / "key").chmod(0o644)
    return {"SSLKEYLOGFILE": str(lab.keys)}


def https(lab):  # nginx curl nghttp2-client openssl
    """The same requests by TLS 1.3, by TLS 1.2 and in clear; then several streams at once by TLS and in clear."""
    with_keys = with_certificate(lab, "rsa:2048")
    software.start_nginx(lab, NGINX_HTTPS.format(lab.folder / "tls"), b"a" * 2000)
    software.wait_for(lab, 8080)
    form = ",".join("%%{%s}" % name for name in CURL_NOTES) + "\n"
    noted = [",".join(CURL_NOTES) + "\n"]
    for words in (["https://%s", "--http1.1"], ["https://%s", "--http1.1", "--tls-max", "1.2"], ["http://%s", "--http1.1"],
                  ["https://%s", "--http2"]):
        urls = [word for name in ("page", "big", "none", "page")
                for word in (words[0] % THERE + "/" + name, "-o", lab.folder / "got")]
        noted.append(at_client(lab, "curl", "-sk", "-w", form, *words[1:], *urls, environment=with_keys))
    for scheme in ("https://%s/", "http://%s:8080/"):
        urls = [scheme % THERE + name for name in ("page", "big", "none")]
        at_client(lab, "h2load", "-n", "6", "-c", "1", "-m", "3", *urls, environment=with_keys)
    return "".join(noted)


def https_pieces(lab):  # nginx openssl
    keys = with_certificate(lab, "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    home = software.start_nginx(lab, NGINX_PIECES.format(lab.folder / "tls"), b"a" * 2500)
    (home / "www/put").mkdir()
    (home / "www/put").chmod(0o777)
    software.wait_for(lab, 443)
    return speak(lab, "https-pieces", keys)


NGINX_EARLY = """server { listen [::]:80 ipv6only=off; location /no { return 403; }
    location /put { dav_methods PUT; } location /much { client_max_body_size 1k; } }"""


def http_early(lab):  # nginx
    home = software.start_nginx(lab, NGINX_EARLY)
    (home / "www/put").mkdir()
    (home / "www/put").chmod(0o777)
    software.wait_for(lab, 80)
    return speak(lab, "http-early")


TINYPROXY = """Port 8080
MaxClients 9
Allow 0.0.0.0/0
Allow ::/0
"""


def http_tunnel(lab):  # tinyproxy-bin nginx curl python3-aiosmtpd openssl
    """Through a proxy: pages by TLS and in clear, and a server that speaks first."""
    keys = with_certificate(lab, "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    software.start_nginx(lab, NGINX_PIECES.format(lab.folder / "tls") + "server { listen [::]:80 ipv6only=off; }", b"a" * 2500)
    software.start_aiosmtpd(lab)
    home = lab.make_folder("tinyproxy")
    (home / "conf").write_text(TINYPROXY)
    lab.daemon(lab.server, "tinyproxy", "-d", "-c", home / "conf")
    for port in (25, 80, 443, 8080):
        software.wait_for(lab, port)
    proxy, form = "http://%s:8080" % THERE, ",".join("%%{%s}" % name for name in CURL_NOTES) + "\n"
    noted = [",".join(CURL_NOTES) + "\n"]
    for scheme in ("https", "http"):
        urls = [word for name in ("page", "big", "none")
                for word in ("%s://%s/%s" % (scheme, THERE, name), "-o", lab.folder / "got")]
        noted.append(at_client(lab, "curl", "-skp", "--http1.1", "-w", form, "-x", proxy, *urls, environment=keys))
    at_client(lab, "curl", "-sp", "-x", proxy, "smtp://%s/" % THERE, "-X", "NOOP", may_fail=True)
    return "".join(noted)


def mysql_tls(lab):  # mariadb-server python3-pymysql openssl
    keys = with_certificate(lab, "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    software.start_mariadb(lab, *("--ssl-%s=%s/tls/%s" % (what, lab.folder, what) for what in ("cert", "key")))
    software.wait_for(lab, 3306)
    return speak(lab, "mysql", keys)


PG_HBA = """host all postgres all trust
host all md5 all md5
host all plain all password
host all all all scram-sha-256
"""


def postgres_passwords(lab):  # postgresql python3-psycopg
    file = lab.folder / "pg_hba.conf"
    file.write_text(PG_HBA)
    file.chmod(0o644)
    software.start_postgres(lab, "-c", "hba_file=%s" % file)
    software.wait_for(lab, 5432)
    return speak(lab, "postgres")


def usual(start, port, role):
    """A server as the tests here start it, and the client of speak.py that plays the role."""
    def run(lab):
        start(lab)
        software.wait_for(lab, port)
        return speak(lab, role)
    return run


ALL = {run.__name__: run for run in (amqp, dcerpc, grpc, http_early, http_tunnel, https, https_pieces, mysql_tls, nfs,
                                     postgres_passwords, smb2)} | {
    "http_staggered": usual(software.start_nginx, 80, "http"),  # nginx
    "mysql_rows": usual(software.start_mariadb, 3306, "mysql-rows"),  # mariadb-server python3-pymysql
    "memcached_binary": usual(software.start_memcached, 11211, "memcache"),  # memcached python3-pylibmc
    "redis_pieces": usual(software.start_redis, 6379, "redis-pieces"),  # redis-server
    "redis_resp3": usual(software.start_redis, 6379, "redis-resp3"),
    "redis_staggered": usual(software.start_redis, 6379, "redis"),
}


def with_keys(data, keys):
    """A pcapng that holds what is needed to decrypt it."""
    with tempfile.TemporaryDirectory() as folder:
        plain, whole = pathlib.Path(folder, "plain"), pathlib.Path(folder, "whole")
        plain.write_bytes(data)
        subprocess.run(["editcap", "--inject-secrets", "tls,%s" % keys, plain, whole], check=True, capture_output=True)
        return whole.read_bytes()


def record(name):
    """Without what the wire of the lab adds."""
    with labs.Lab(ends=()) as lab:
        lab.capture("client")
        truth = ALL[name](lab)
        time.sleep(0.2)
    kept = subprocess.run(["tcpdump", "-r", lab.path("client"), "-w", "-", "tcp"], capture_output=True, check=True).stdout
    kind = ".pcap.gz"
    if hasattr(lab, "keys"):
        kind, kept = ".pcapng.gz", with_keys(kept, lab.keys)
    with gzip.GzipFile(host.CAPTURES / (name + kind), "wb", mtime=0) as file:
        file.write(kept)
    if truth:
        (host.CAPTURES / (name + ".truth.csv")).write_text(truth)


if __name__ == "__main__":
    for word in sys.argv[1:]:
        record(word)
