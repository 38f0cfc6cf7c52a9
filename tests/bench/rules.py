#!/usr/bin/python3
"""What rules cost: user seconds of tshark without the plugin, with it, with rules, and with rules and their rows.

    rules.py [FRAMES]     about so many frames of each capture, repeated with other addresses; the least of five rounds
"""
import gzip
import pathlib
import resource
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import host  # noqa: E402

CAPTURES = ("redis_sync_c", "redis_pipe", "http_keepalive", "http2", "postgres", "mysql", "memcached_binary", "mqtt", "amqp",
            "kafka", "ldap", "smb2", "nfs", "sip", "dns_udp", "radius")
RUNS = 5
ADDRESSES = (26, 30)  # of IPv4 on Ethernet
RULES = ("-o", "reqresp.rules:TRUE")
# Makes Wireshark dissect, and costs next to nothing itself: a list of expert information grows by comparing all of it.
NOTHING = ("-z", "io,stat,0")
WAYS = (("bare", False, NOTHING), ("plugin", True, NOTHING), ("rules", True, (*RULES, *NOTHING)),
        ("rows", True, (*RULES, "-z", "reqresp,export,rows=exchanges")))


def repeated(path, frames):
    """The capture again and again, each time a second after the last frame and among other hosts."""
    data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    packets, at = [], 24
    while at < len(data):
        head = struct.unpack("<IIII", data[at:at + 16])
        packets.append((head, data[at + 16:at + 16 + head[2]]))
        at += 16 + head[2]
    span = packets[-1][0][0] - packets[0][0][0] + 2
    out = host.SCRATCH / (path.name.split(".")[0] + ".big.pcap")
    with open(out, "wb") as file:
        file.write(data[:24])
        for copy in range(max(frames // len(packets), 1)):
            for (seconds, *rest), packet in packets:
                packet = bytearray(packet)
                for place in ADDRESSES:
                    packet[place + 1:place + 3] = struct.pack(">H", copy & 0xFFFF)
                file.write(struct.pack("<IIII", seconds + copy * span, *rest) + packet)
    out.chmod(0o644)
    return out


def seconds(capture, plugin, words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    host.run(["tshark", "-r", str(capture), "-q", *words], plugin)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main(frames):
    print("%-16s" % "capture", *("%12s" % name for name, *_ in WAYS))
    for name in CAPTURES:
        capture = repeated(host.captures()[name], frames)
        rounds = [[seconds(capture, plugin, words) for _, plugin, words in WAYS] for _ in range(RUNS)]
        least = [min(way) for way in zip(*rounds)]
        print("%-16s" % name, *("%6.2f x%4.2f" % (took, took / least[0]) for took in least), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 200000)
