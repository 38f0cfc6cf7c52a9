"""Two machines and the wire between them, in network namespaces that belong to this process alone.

    client 10.9.0.1 fd09::1  --- wire ---  server 10.9.0.2 fd09::2

RR_KEEP=FOLDER in the environment keeps what was captured and logged there.

The namespaces have no names: they are file descriptors, and vanish with the process.  Each has its own part of the
network and shares all else with the machine, its clock above all: times of both ends and of the wire compare.
"""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import daemons  # noqa: E402
import host  # noqa: E402
from daemons import WITH_US, find  # noqa: E402

WIRE = pathlib.Path(os.environ.get("RR_BUILD", host.ROOT / "build")) / "tests/servers/wire"
CLIENT, SERVER = ("10.9.0.1", "fd09::1"), ("10.9.0.2", "fd09::2")
MACS = ("02:00:5e:00:00:01", "02:00:5e:00:00:02")
SKIPPED = 77
PATIENCE = 60
SENTINEL_PORT = 9
CLONE_NEWNET = 0x40000000
# Each segment is a packet of its own with a good checksum: the wire passes packets on as they are.
ETHTOOL, OFFLOADS = 0x8946, (0x1f, 0x21, 0x23, 0x2c, 0x17, 0x15)  # TSO, UFO, GSO, GRO, sent and received checksums

libc = ctypes.CDLL(None, use_errno=True)


def _setns(fd):
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns: " + os.strerror(ctypes.get_errno()))


class Namespace:
    """`with` it, the thread makes its sockets, and starts its programs, in there."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def __init__(self):
        problem = []

        def make():
            if libc.unshare(CLONE_NEWNET):
                problem.append(ctypes.get_errno())
            else:
                self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if problem:
            raise OSError(problem[0], os.strerror(problem[0]))

    def __enter__(self):
        _setns(self.fd)
        return self

    def __exit__(self, *_):
        _setns(self.home)

    def close(self):
        os.close(self.fd)

    def ip(self, text, *others):
        """Runs lines of `ip -batch`; {0}, {1} stand for other namespaces."""
        paths = ["/proc/self/fd/%d" % other.fd for other in others]
        with self:
            done = subprocess.run(["ip", "-batch", "-"], input=text.format(*paths), text=True, capture_output=True,
                                  pass_fds=[other.fd for other in others], check=False)
        if done.returncode:
            raise RuntimeError("ip: " + done.stderr)

    def set(self, **values):
        """Writes to /proc/sys/net/ipv4."""
        with self:
            for name, value in values.items():
                pathlib.Path("/proc/sys/net/ipv4", name).write_text(str(value))

    def plain(self, interface):
        """Leaves no work on packets to an imagined network card."""
        with self, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for command in OFFLOADS:
                value = ctypes.create_string_buffer(struct.pack("II", command, 0))
                request = struct.pack("16sP", interface.encode(), ctypes.addressof(value))
                with contextlib.suppress(OSError):  # not every kernel has them all
                    fcntl.ioctl(s, ETHTOOL, request)


def why_not(programs):
    """What keeps this machine from running these tests, or None."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    for program in ("ip", "tcpdump", "dumpcap", "setpriv", *programs):
        if not find(program):
            return "there is no " + program
    try:
        with contextlib.closing(Namespace()) as there:
            there.ip("link add name left type veth peer name right\n")
    except (OSError, RuntimeError) as error:
        return "no network namespace with a virtual interface can be made: %s" % error
    return None


def require(*programs):
    """Ends the program where these tests cannot be run, which is a failure under CI=true."""
    problem = why_not(programs)
    if problem:
        print("1..0 # SKIP " + problem)
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


class Capture:
    """A running tcpdump or dumpcap, ready when it is made."""

    def __init__(self, namespace, argv, path, ready):
        self.path = path
        with namespace:
            self.process = subprocess.Popen(WITH_US + argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.PIPE)
        self.said = b""
        while ready not in self.said:
            more = os.read(self.process.stderr.fileno(), 4096)
            if not more:
                raise RuntimeError("no capture: " + self.said.decode())
            self.said += more

    def holds(self, texts):
        data = self.path.read_bytes() if self.path.exists() else b""
        return all(text in data for text in texts)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.said += self.process.communicate(timeout=PATIENCE)[1]
        if b"dropped by kernel" in self.said and b"\n0 packets dropped by kernel" not in self.said:
            raise RuntimeError("%s is not whole: %s" % (self.path.name, self.said.decode()))


class Lab(daemons.Daemons):
    """`with Lab(...) as lab` is up; afterwards its captures and its wire's log can be read."""

    def __init__(self, delay=5, plan="", mirror=None, ends=("client", "server")):
        self.delay_ms, self.plan, self.mirror_vlan, self.ends = delay, plan, mirror, ends
        super().__init__("lab-")
        self.captures, self.stack = {}, contextlib.ExitStack()

    # ---- up and down

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            undo.callback(self._end)
            self._connect()
            self._start_wire()
            for end in self.ends:
                self.capture(end)
            undo.pop_all()
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self._settle()
        finally:
            self._end()
            if os.environ.get("RR_KEEP"):
                kept = pathlib.Path(os.environ["RR_KEEP"], self.folder.name)
                kept.mkdir(parents=True)
                for path in filter(pathlib.Path.is_file, self.folder.iterdir()):
                    shutil.copy(path, kept)

    def _connect(self):
        made = [self.stack.enter_context(contextlib.closing(Namespace())) for _ in range(4)]
        self.client, self.server, self.middle, self.mirror = made
        self.middle.set(**{"../ipv6/conf/default/disable_ipv6": 1})
        self.middle.ip("link add name wa type veth peer name c0 netns {0}\n"
                       "link add name wb type veth peer name s0 netns {1}\n"
                       "link add name wm mtu 1600 type veth peer name m0 mtu 1600 netns {2}\n"
                       "link set wa up\nlink set wb up\nlink set wm up\n", *made[:2], made[3])
        self.mirror.ip("link set m0 up\n")
        for me, namespace, interface, here, there in ((0, self.client, "c0", CLIENT, SERVER),
                                                      (1, self.server, "s0", SERVER, CLIENT)):
            # Neighbours are known beforehand, so that no time goes into finding them.
            namespace.ip("link set lo up\nlink set {i} address {m}\n"
                         "addr add {h[0]}/24 dev {i}\naddr add {h[1]}/64 dev {i} nodad\nlink set {i} up\n"
                         "neigh add {t[0]} lladdr {n} dev {i} nud permanent\n"
                         "neigh add {t[1]} lladdr {n} dev {i} nud permanent\n".format(
                             i=interface, m=MACS[me], n=MACS[1 - me], h=here, t=there))
            namespace.plain(interface)
            namespace.set(tcp_fastopen=3, ip_unprivileged_port_start=0, tcp_no_metrics_save=1)
        for interface in ("wa", "wb", "wm"):
            self.middle.plain(interface)

    def _start_wire(self):
        plan, self.log_path = self.folder / "plan", self.folder / "wire.log"
        plan.write_text(self.plan)
        mirror = ["--mirror", "wm", str(self.mirror_vlan)] if self.mirror_vlan is not None else []
        with self.middle:
            self.wire = subprocess.Popen([*WITH_US, WIRE, "--delay", str(self.delay_ms), "--plan", plan,
                                          "--log", self.log_path, *mirror, "wa", "wb"], stdout=subprocess.PIPE)
        if self.wire.stdout.readline() != b"ready\n":
            raise RuntimeError("the wire did not start")

    def _end(self):
        self.end_daemons()
        for capture in self.captures.values():
            if capture.process.poll() is None:
                capture.process.kill()
                capture.process.communicate(timeout=PATIENCE)
        if hasattr(self, "wire"):
            self.wire.terminate()
            self.wire.communicate()
        self.stack.close()

    # ---- captures

    def place(self, name):
        return {"client": (self.client, "c0"), "server": (self.server, "s0"), "any": (self.middle, "any"),
                "mirror": (self.mirror, "m0")}[name]

    def capture(self, place, name=None, what="tcp", snaplen=2000, nanoseconds=True):
        """Starts a tcpdump of `what`.  By default nothing is cut; with less to keep the buffer has room for more."""
        path = self.folder / ((name or place) + ".pcap")
        namespace, interface = self.place(place)
        self.captures[path.stem] = Capture(namespace, [
            find("tcpdump"), "-i", interface, "-n", "-B", "32768", "-U", "--immediate-mode", "-Z", "root",
            "--time-stamp-precision=" + ("nano" if nanoseconds else "micro"), "-s", str(snaplen), "-w", str(path),
            ("vlan and (%s or udp port %d)" if place == "mirror" else "(%s) or udp port %d") % (what, SENTINEL_PORT)],
            path, b"listening on")

    def dumpcap(self, place, name):
        path = self.folder / (name + ".pcapng")
        namespace, interface = self.place(place)
        self.captures[path.stem] = Capture(namespace, [
            find("dumpcap"), "-i", interface, "-q", "-B", "32", "-w", str(path), "-f",
            "tcp or udp port %d" % SENTINEL_PORT], path, b"File: ")

    def path(self, name):
        return self.captures[name].path

    def _settle(self):
        """All that was sent is in the captures: they hold the last thing sent either way."""
        texts = [b"last from client", b"last from server"]
        time.sleep(self.delay_ms * 4 / 1000 + 0.1)
        self.settled = time.time_ns()
        for namespace, to, text in ((self.client, SERVER, texts[0]), (self.server, CLIENT, texts[1])):
            with namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.sendto(text, (to[0], SENTINEL_PORT))
        deadline = time.monotonic() + PATIENCE
        while not all(capture.holds(texts) for capture in self.captures.values()):
            if time.monotonic() > deadline:
                raise RuntimeError("a capture lacks the end of the traffic")
            time.sleep(0.02)
        for capture in self.captures.values():
            capture.stop()
