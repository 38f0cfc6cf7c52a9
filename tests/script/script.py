"""The script's manners: what it says and how it ends where nothing needs to be built."""
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
VERBS = ["export", "test", "bench", "install", "uninstall", "gui"]

# Arguments, exit status, what the one line on stderr must name.
REFUSED = [
    ([], 2, None),
    (["exprot"], 2, "exprot"),
    (["export"], 2, "capture file"),
    (["export", "--rows"], 2, "--rows"),
    (["export", "--colour", "x.pcap"], 2, "--colour"),
    (["export", "no such file.pcap"], 1, "no such file.pcap"),
    (["export", "."], 1, "cannot read ."),
    (["export", str(TOP / "LICENSE"), "nor this.pcap"], 1, "nor this.pcap"),
    (["test", "--quick"], 2, "--quick"),
    (["test", "--preset"], 2, "--preset"),
    (["install", "here"], 2, "here"),
    (["gui", "a", "b"], 2, "one file"),
]


def run(arguments):
    return subprocess.run([str(TOP / "reqresp"), *arguments], capture_output=True, text=True, check=False, cwd="/")


def refusals():
    for arguments, status, named in REFUSED:
        done = run(arguments)
        lines = done.stderr.splitlines()
        good = done.returncode == status and done.stdout == ""
        if named is not None:
            good = good and len(lines) == 1 and lines[0].startswith("reqresp: ") and named in lines[0]
        yield " ".join(["refused:", *arguments]), good, f"exit {done.returncode}, {done.stdout}{done.stderr}"


def helps():
    for arguments in [["--help"], ["-h"], ["help"]] + [[verb, "--help"] for verb in VERBS]:
        done = run(arguments)
        named = VERBS if arguments[0] not in VERBS else [f"./reqresp {arguments[0]}"]
        good = done.returncode == 0 and done.stderr == "" and all(name in done.stdout for name in named)
        yield "help: " + " ".join(arguments), good, done.stdout + done.stderr


failed = 0
for name, good, seen in [*refusals(), *helps()]:
    print(f"{'ok' if good else 'not ok'} - {name}")
    if not good:
        print(seen)
        failed += 1
sys.exit(bool(failed))
