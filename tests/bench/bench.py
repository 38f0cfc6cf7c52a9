"""What the plugin costs: time and memory of tshark on made-up captures, beside the budgets.

Times are processor time. All ways of a capture take turns in each round, and a ratio is the median of the
rounds' ratios, so that a machine that gets slower or faster in between does not show.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

SHAPES = ["short", "streams-1000", "streams-5000", "streams-20000", "loss", "reorder", "long"]
RAW = ("frame.number frame.time_epoch ip.src tcp.srcport ip.dst tcp.dstport tcp.stream tcp.seq_raw tcp.ack_raw "
       "tcp.len tcp.flags").split()
TRANSUM = "transum.firstreq transum.lastreq transum.firstrsp transum.lastrsp transum.art transum.st".split()
NOBODY = 65534
UNMEASURABLY_SMALL = "2000"


def fields(names):
    return ["-T", "fields"] + [argument for name in names for argument in ("-e", name)]


# What a way is called: its plugin folder, its arguments.
WAYS = {
    "bare": ("none", ["-q", "-z", "expert"]),
    "loaded": ("reqresp", ["-q", "-z", "expert"]),
    "export": ("reqresp", ["-q", "-z", "reqresp,export"]),
    "fields": ("none", fields(RAW)),
    "transum": ("transum", ["--enable-protocol", "transum", "-o", "transum.tcp_port_ranges:7001"] + fields(TRANSUM)),
}


class Bench:
    def __init__(self, build, folder, segments):
        self.programs, self.folder, self.segments = build / "tests" / "bench", folder, segments
        self.drop = dict(user=NOBODY, group=NOBODY, extra_groups=[]) if os.geteuid() == 0 else {}
        self.plugins(build)

    def plugins(self, build):
        """One plugin folder a way: Wireshark then loads nothing else."""
        (self.folder / "none").mkdir()
        shutil.copytree(build / "plugins", self.folder / "reqresp")
        system = pathlib.Path(subprocess.run(["pkg-config", "--variable=plugindir", "wireshark"], check=True,
                                             capture_output=True, text=True).stdout.strip())
        epan = self.folder / "transum" / system.name / "epan"
        epan.mkdir(parents=True)
        if (system / "epan" / "transum.so").exists():
            shutil.copy(system / "epan" / "transum.so", epan)
        self.has_transum = any(epan.iterdir())
        loaded = self.run_tshark("reqresp", ["-G", "plugins"], stdout=subprocess.PIPE)[0]
        if "reqresp" not in loaded:
            sys.exit("bench: the plugin was not loaded")

    def run_tshark(self, plugins, arguments, stdout=subprocess.DEVNULL):
        """Its output, its processor time in seconds, its peak memory in bytes."""
        environment = dict(os.environ, WIRESHARK_PLUGIN_DIR=str(self.folder / plugins), HOME=str(self.folder),
                           XDG_CONFIG_HOME=str(self.folder))
        with subprocess.Popen(["tshark"] + arguments, stdout=stdout, stderr=subprocess.PIPE, text=True,
                              env=environment, **self.drop) as process:
            output = process.stdout.read() if process.stdout else ""
            errors = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"bench: tshark {' '.join(arguments)}: {errors}")
        return output, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024

    def program(self, *command):
        output = subprocess.run([str(self.programs / command[0]), *command[1:]], check=True, capture_output=True,
                                text=True).stdout
        return {name: float(value) for name, value in (word.split("=") for word in output.split())}

    def capture(self, shape, segments):
        path = self.folder / f"{shape}-{segments}.pcap"
        return path, self.program("generate", shape, segments, str(path))

    def measure(self, path, ways, runs):
        """For each way, its (time, memory) in each round."""
        taken = {way: [] for way in ways}
        for _ in range(runs):
            for way in ways:
                plugins, arguments = WAYS[way]
                taken[way].append(self.run_tshark(plugins, arguments + ["-r", str(path)])[1:])
        return taken

    def weight(self):
        """What merely loading the plugin takes of memory."""
        path, _ = self.capture("streams-1000", UNMEASURABLY_SMALL)
        taken = self.measure(path, ["bare", "loaded", "export"], 3)
        return {way: memory(taken[way]) - memory(taken["bare"]) for way in ("loaded", "export")}

    def shape(self, name, runs, transum, weight):
        """All that is told of one shape."""
        path, facts = self.capture(name, self.segments)
        taken = self.measure(path, [way for way in WAYS if way != "transum"], runs)
        if transum and self.has_transum:
            taken.update(self.measure(path, ["transum"], 1))
        facts["ratio"] = {way: ratio(taken[way], taken["bare"]) for way in taken}
        facts["fields/export"] = ratio(taken["fields"], taken["export"])
        facts["bare"] = statistics.median(time for time, _ in taken["bare"]) / facts["frames"]
        facts["kept"] = {way: max(0, memory(taken[way]) - memory(taken["bare"]) - weight[way]) for way in weight}
        tracker = [self.program("feed", name, self.segments) for _ in range(runs)]
        facts["tracker"] = min(run["ns_per_segment"] for run in tracker)
        facts["tracker_kept"] = tracker[0]["bytes_per_exchange"]
        facts["tracker_more"] = self.more(name, tracker[0])
        path.unlink()
        return facts

    def more(self, name, once):
        """What the tracker keeps for one exchange more: in a capture twice as long, of as many connections."""
        twice = self.program("feed", name, str(2 * int(self.segments)))
        kept = [run["exchanges"] * run["bytes_per_exchange"] for run in (once, twice)]
        return (kept[1] - kept[0]) / (twice["exchanges"] - once["exchanges"])


def memory(taken):
    return statistics.median(peak for _, peak in taken)


def ratio(taken, to):
    return statistics.median(time / other for (time, _), (other, _) in zip(taken, to))


def print_times(shapes):
    print("\nTime: bare dissection in us a frame, the others as a multiple of it\n")
    print(f"{'shape':15}{'frames':>9}{'exchanges':>11}" + "".join(f"{way:>9}" for way in WAYS))
    for name, facts in shapes.items():
        cells = "".join(f"{facts['ratio'][way]:9.2f}" if way in facts["ratio"] else f"{'-':>9}"
                        for way in WAYS if way != "bare")
        print(f"{name:15}{facts['frames']:9.0f}{facts['exchanges']:11.0f}{facts['bare'] * 1e6:9.2f}{cells}")


def print_memory(shapes):
    print("\nMemory, bytes: peak with the plugin less peak without; the tracker's own as allocated\n")
    print(f"{'':15}{'loaded':>18}{'export':>22}{'tracker alone':>23}{'one more':>10}")
    print(f"{'shape':15}{'a frame':>9}{'exchange':>11}{'a frame':>11}{'exchange':>11}"
          f"{'ns a segment':>13}{'exchange':>10}{'exchange':>10}")
    for name, facts in shapes.items():
        cells = "".join(f"{facts['kept'][way] / facts['frames']:{width}.0f}"
                        f"{facts['kept'][way] / facts['exchanges']:11.0f}"
                        for way, width in (("loaded", 9), ("export", 11)))
        print(f"{name:15}{cells}{facts['tracker']:13.0f}{facts['tracker_kept']:10.0f}"
              f"{facts['tracker_more']:10.0f}")


def worst(shapes, read, pick=max):
    name = pick(shapes, key=lambda shape: read(shapes[shape]))
    return read(shapes[name]), name


def of_a_frame(facts):
    """Bytes kept for a frame with data, what the tracker keeps for its exchanges apart."""
    return (facts["kept"]["loaded"] - facts["exchanges"] * facts["tracker_kept"]) / facts["with_data"]


def budgets(shapes):
    """What, its value, the shape it is from, its bound, and whether more is better."""
    busy = {name: facts for name, facts in shapes.items() if facts["with_data"] * 2 > facts["frames"]}
    lasting = {name: facts for name, facts in shapes.items() if facts["exchanges"] > 4 * facts["streams"]}
    yield "loaded, nothing asked / bare", *worst(shapes, lambda f: f["ratio"]["loaded"]), 1.05, False
    yield "export / bare", *worst(shapes, lambda f: f["ratio"]["export"]), 1.15, False
    yield "fields / export", *worst(shapes, lambda f: f["fields/export"], min), 3, True
    yield "tracker, ns a segment", *worst(shapes, lambda f: f["tracker"]), 150, False
    if lasting:
        yield "tracker, bytes an exchange", *worst(lasting, lambda f: f["tracker_kept"]), 256, False
    if busy:
        yield "bytes a frame with data", *worst(busy, of_a_frame), 48, False
    few, many = shapes.get("streams-1000"), shapes.get("streams-20000")
    if few and many:
        grown = many["ratio"]["export"] / few["ratio"]["export"]
        yield "export / bare, 20,000 streams to 1,000", grown, "streams-*", 1.10, False


def print_budgets(shapes):
    print("\nBudgets, at the worst shape\n")
    kept = True
    for what, value, shape, bound, more in budgets(shapes):
        holds = value >= bound if more else value <= bound
        kept = kept and holds
        print(f"{'ok' if holds else 'EXCEEDED':9}{what:40}{value:9.2f} {'>=' if more else '<='} {bound:<6g} {shape}")
    return kept


def main():
    options = argparse.ArgumentParser(prog="reqresp bench", description=__doc__.splitlines()[0])
    options.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    options.add_argument("--segments", default="240000", help="in each capture (%(default)s)")
    options.add_argument("--runs", type=int, default=5, help="rounds (%(default)s)")
    options.add_argument("--shape", action="append", choices=SHAPES, help="only this one; can be repeated")
    options.add_argument("--no-transum", action="store_true", help="leave TRANSUM out: it takes longest")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="reqresp-bench-") as folder:
        os.chmod(folder, 0o755)
        bench = Bench(given.build, pathlib.Path(folder), given.segments)
        weight = bench.weight()
        shapes = {}
        for name in given.shape or SHAPES:
            print(f"bench: {name}", file=sys.stderr)
            shapes[name] = bench.shape(name, given.runs, not given.no_transum, weight)
    print_times(shapes)
    print_memory(shapes)
    sys.exit(not print_budgets(shapes))


if __name__ == "__main__":
    main()
