#!/usr/bin/python3
"""The plugin on every version of Wireshark that it supports, each in a Debian of its own (chroots.py).

    run.py [--fast] [NAME...]

A NAME selects what contains it, in `VERSION TEST`: "4.6", "golden".  With --fast those tests are left out of the version that this
machine has itself, where `./reqresp test` runs them.  A version that cannot be had is skipped, with the reason; the exit status
is 77 where nothing could be tried.
"""
import concurrent.futures
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import chroots  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]
# Wireshark's version, the Debian that has it, and whether that one gets security updates.
VERSIONS = [("4.0", "bookworm", True), ("4.4", "trixie", True), ("4.6", "forky", False)]
COUNTED = {"ok": "passed", "not ok": "failed", "skip": "skipped"}


class Report:
    def __init__(self):
        self.counts = dict.fromkeys(COUNTED.values(), 0)

    def line(self, version, text):
        """A line of inside.py's: `ok NAME`, `not ok NAME`, `skip NAME # REASON`, or whatever explains one."""
        for word, name in COUNTED.items():
            if text.startswith(word + " "):
                self.counts[name] += 1
                text = "%s %s %s" % (word, version, text[len(word) + 1:])
        print(text, flush=True)

    def end(self):
        print("versions: " + ", ".join("%d %s" % (count, name) for name, count in self.counts.items()))
        sys.exit(1 if self.counts["failed"] else 0 if self.counts["passed"] else 77)


def own_version():
    try:
        first = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""
    return ".".join(next((word for word in first.split() if word[:1].isdigit()), "").split(".")[:2])


def made(suite, has_security):
    began = time.monotonic()
    folder, lock = chroots.get(suite, has_security)
    return folder, lock, time.monotonic() - began


def try_version(report, version, future, words):
    try:
        folder, lock, seconds = future.result()
    except chroots.Missing as reason:
        report.line(version, "skip all # %s" % reason)
        return
    with lock:
        print("# Wireshark %s in %s, there after %.0f s" % (version, folder.name, seconds), flush=True)
        command = ["python3", "-B", "/project/tests/versions/inside.py", version, *words]
        with chroots.entered(folder, TOP, command) as process:
            finished = False
            for line in process.stdout:
                finished = line == "end\n"
                if not finished:
                    report.line(version, line.rstrip("\n"))
            if process.wait() or not finished:
                report.line(version, "not ok all # ended with status %d" % process.returncode)


def main(words):
    names = [word for word in words if not word.startswith("-")]
    versions = [known for known in VERSIONS if known[0] in names] or VERSIONS
    names = [name for name in names if name not in [known[0] for known in VERSIONS]]
    own = own_version() if "--fast" in words else None
    report = Report()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(made, suite, has_security) for _, suite, has_security in versions]
        for (version, *_), future in zip(versions, futures):
            try_version(report, version, future, (["--package-only"] if version == own else []) + names)
    report.end()


if __name__ == "__main__":
    main(sys.argv[1:])
