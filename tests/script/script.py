"""The script's manners: what it says and how it ends where nothing needs to be built."""
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "lib"))
import cases  # noqa: E402

VERBS = ["export", "test", "fuzz", "bench", "install", "uninstall", "package", "gui"]

# Arguments, exit status, what the one line on stderr must name.
REFUSED = [
    (["exprot"], 2, "exprot"),
    (["export"], 2, "capture file"),
    (["export", "--rows"], 2, "--rows"),
    (["export", "--colour", "x.pcap"], 2, "--colour"),
    (["export", "no such file.pcap"], 1, "no such file.pcap"),
    (["export", "."], 1, "cannot read ."),
    (["export", str(TOP / "LICENSE"), "nor this.pcap"], 1, "nor this.pcap"),
    (["test", "--quick"], 2, "--quick"),
    (["test", "--preset"], 2, "--preset"),
    (["fuzz", "0"], 2, "minutes"),
    (["fuzz", "long"], 2, "minutes"),
    (["fuzz", "1", "2"], 2, "minutes"),
    (["test", "--versions", "--servers"], 2, "--servers"),
    (["test", "--preset", "debug", "--versions"], 2, "--preset"),
    (["install", "here"], 2, "here"),
    (["package", "here"], 2, "here"),
    (["gui", "a", "b"], 2, "one file"),
]


def run(arguments):
    return subprocess.run([str(TOP / "reqresp"), *arguments], capture_output=True, text=True, check=False, cwd="/")


def refuses(arguments, status, named):
    done = run(arguments)
    cases.check((status, "", 1), (done.returncode, done.stdout, len(done.stderr.splitlines())), done.stderr)
    cases.check(True, done.stderr.startswith("reqresp: ") and named in done.stderr, done.stderr)


def asks_for_a_verb():
    done = run([])
    cases.check((2, "", True), (done.returncode, done.stdout, done.stderr.startswith("usage: ")))


def helps(arguments):
    done = run(arguments)
    cases.check((0, ""), (done.returncode, done.stderr))
    named = [f"./reqresp {arguments[0]}"] if arguments[0] in VERBS else VERBS
    cases.check([], [name for name in named if name not in done.stdout], "not named")


cases.run([("no verb", asks_for_a_verb)] +
          [(" ".join(["refused:", *case[0]]), refuses, *case) for case in REFUSED] +
          [(" ".join(["help:", *words]), helps, words)
           for words in [["--help"], ["-h"], ["help"]] + [[verb, "--help"] for verb in VERBS]])
