#!/usr/bin/python3
"""What monitoring reads, as its own programs read it: a node exporter, and whoever connects to a port."""
import collections
import json
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402
import tables as told  # noqa: E402

REDIS = host.CAPTURES / "redis_sync_c.pcap"
IPV6 = host.CAPTURES / "ipv6.pcap"
PUSHES = host.CAPTURES / "redis_pubsub.pcap"
HOME = host.SCRATCH / "home"
PATIENCE = 20


def write(capture, statistic):
    cases.check("", host.tshark(capture, "-q", "-z", "reqresp," + statistic))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def scraped(folder):
    """What a node exporter says of the files in a folder."""
    port = free_port()
    exporter = subprocess.Popen(
        ["prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
         "--collector.textfile.directory=%s" % folder, "--web.listen-address=127.0.0.1:%d" % port],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100 * PATIENCE):
            try:
                return urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=PATIENCE).read().decode()
            except OSError:
                cases.check(None, exporter.poll(), "the exporter ended")
                time.sleep(0.01)
        raise AssertionError("the exporter does not answer")
    finally:
        exporter.terminate()
        exporter.wait()


def samples(text):
    """Name and labels -> value."""
    found = {}
    for line in text.splitlines():
        if line.startswith("reqresp_"):
            name, labels, value = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line).groups()
            found[name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels))] = float(value)
    return found


def floats(found):
    """Bounds are numbers, however they are spelled."""
    return {(name, frozenset((label, float(text) if label == "le" else text) for label, text in labels)): value
            for (name, labels), value in found.items()}


def node_exporter():
    """The text file collector of a real one takes every sample as it is."""
    folder = HOME / "textfile"
    folder.mkdir()
    folder.chmod(0o777)
    for capture in (REDIS, IPV6, PUSHES):
        write(capture, "metrics,to=%s/reqresp.prom" % folder)
        written = samples((folder / "reqresp.prom").read_text())
        text = scraped(folder)
        cases.check(True, "\nnode_textfile_scrape_error 0\n" in text, "no error in\n" + text[-2000:])
        cases.check(floats(written), floats(samples(text)), "samples")
        servers = told.snapshot(host.tshark(capture, "-q", "-z", "reqresp,json"))
        for (server, port), facts in servers.items():
            where = {("server", server), ("port", str(port))}
            for name, fact in (("requests_total", "total_reqs"), ("open", "open"), ("latency_seconds_count", None)):
                wanted = facts[fact] if fact else sum(facts["latencies"])
                cases.check(wanted, written["reqresp_" + name, frozenset(where)], name)
    return "%d samples" % len(written)


def families_are_whole():
    """As OpenMetrics wants it: TYPE before samples, all of a family in one place, buckets that add up, an end."""
    file = HOME / "strict.prom"
    write(IPV6, "metrics,to=%s" % file)
    lines = file.read_text().splitlines()
    cases.check("# EOF", lines[-1])
    family, seen, buckets = None, set(), collections.defaultdict(list)
    for line in lines[:-1]:
        if line.startswith("# TYPE "):
            family, kind = line.split()[2:]
            cases.check(False, family in seen, family)
            seen.add(family)
        elif line.startswith("# "):
            cases.check(family, line.split()[2])
        else:
            suffix = line.partition("{")[0].removeprefix(family)
            allowed = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}[kind]
            cases.check(True, suffix in allowed, line)
            if suffix == "_bucket":
                buckets[line.partition(",le=")[0]].append(float(line.split()[-1]))
    for counts in buckets.values():
        cases.check(sorted(counts), counts, "buckets")
        cases.check(18, len(counts), "buckets")


def served_on_a_port():
    """As doc/statistics.md shows it."""
    text = (host.ROOT / "doc/statistics.md").read_text()
    line = next(line.strip() for line in text.splitlines() if "TCP-LISTEN:33333" in line)
    port, file = free_port(), HOME / "served.json"
    write(REDIS, "json,to=%s" % file)
    words = line.removeprefix("$ ").rstrip(" &").replace("33333", str(port)).replace("/run/reqresp.json", str(file))
    server = subprocess.Popen(words.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(2):
            cases.check(json.loads(file.read_text()), json.loads(asked_of(port)), "answer")
    finally:
        server.terminate()
        server.wait()


def asked_of(port):
    for _ in range(100 * PATIENCE):
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as client, client.makefile() as answer:
                return answer.read()
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise AssertionError("nobody listens")


def main(words):
    cases.run(cases.chosen([("node exporter", node_exporter), ("OpenMetrics", families_are_whole),
                            ("on a port", served_on_a_port)], words))


if __name__ == "__main__":
    main(sys.argv[1:])
