"""Runs in a Debian of another version: builds the project there and runs its tests.  run.py tells what is printed.

    inside.py VERSION [--package-only] [NAME...]
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

PROJECT, BUILD, COPY = "/project", "/build", "/copy"
LABEL = "versions"
SHOWN = 60


def call(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                          **more)


def explain(text):
    """What went well in a program that prints a line for each of its cases explains nothing."""
    lines = [line for line in text.splitlines() if not line.startswith("ok ")]
    for line in lines[-SHOWN:]:
        print("#   " + line)


def tell(name, good, text="", seconds=None):
    print("%s %s%s" % ("ok" if good else "not ok", name, "" if seconds is None else " # %.1f s" % seconds))
    if not good:
        explain(text)
    sys.stdout.flush()
    return good


def build():
    began = time.monotonic()
    done = call("cmake", "-S", PROJECT, "-B", BUILD, "-G", "Ninja", "-DRR_WERROR=ON", "-DBUILD_TESTING=ON")
    if not done.returncode:
        done = call("cmake", "--build", BUILD)
    return tell("build", not done.returncode, done.stdout, time.monotonic() - began)


def tests(names):
    """Those of ctest's that are labelled so."""
    results = pathlib.Path(BUILD, "results.xml")
    select = ["-R", "|".join(names)] if names else []
    done = call("ctest", "--test-dir", BUILD, "-L", "^%s$" % LABEL, "-j", str(os.cpu_count() + 1), "--output-junit", str(results),
                "--test-output-size-failed", "20000", *select)
    if not results.exists():
        tell("tests", False, done.stdout)
        return
    for case in xml.etree.ElementTree.parse(results).getroot().iter("testcase"):
        name, skipped = case.get("name"), case.find("skipped")
        if skipped is not None and case.get("status") != "run":
            print("skip %s # %s" % (name, skipped.get("message")))
        else:
            good = case.get("status") == "run" and case.find("failure") is None
            tell(name, good, case.findtext("system-out") or "not run", float(case.get("time")))


def files():
    """All there are, but for what is memory, and what keeps records of packages and pages."""
    found = call("find", "/", "-xdev", "(", "-path", "/var/log", "-o", "-path", "/var/lib/dpkg", "-o", "-path", "/var/cache", "-o",
                 "-path", COPY, "-o", "-path", BUILD, "-o", "-path", "/tmp", ")", "-prune", "-o", "-print")
    return set(found.stdout.splitlines())


def made():
    """The package, made as a user makes it: in a copy, since the project here is read only."""
    shutil.copytree(PROJECT, COPY, symlinks=True, ignore=shutil.ignore_patterns("build*", ".git"))
    done = subprocess.run([COPY + "/reqresp", "package"], capture_output=True, text=True, check=False)
    tell("package/made", not done.returncode, done.stdout + done.stderr)
    return done.stdout.strip()


def control(package, library):
    """It is for this version's library and folder of plugins, and holds nothing else than it should."""
    about = call("dpkg-deb", "--field", package, "Depends", "Version", "Architecture", "Description").stdout
    listed = [line.split() for line in call("dpkg-deb", "--contents", package).stdout.splitlines()]
    held = sorted(words[5][1:] for words in listed if not words[5].endswith("/"))
    known = [name for name in held if not re.fullmatch(r"/usr/share/wireshark/profiles/reqresp/[a-z_]+", name)]
    plugins = call("pkg-config", "--variable=plugindir", "wireshark").stdout.strip()
    owned = {(words[0][1:], words[1]) for words in listed}
    tell("package/depends", re.search(r"^Depends:.*\b%s\b" % re.escape(library), about, re.M), about)
    tell("package/holds", known == [plugins + "/epan/reqresp.so", "/usr/share/doc/reqresp/copyright",
                                    "/usr/share/man/man4/reqresp.4.gz"] and len(known) < len(held), "\n".join(held))
    tell("package/owned", owned == {("rwxr-xr-x", "root/root"), ("rw-r--r--", "root/root")}, repr(owned))


def shows(user, rows):
    """The rows of a capture, and the profile, without a word about where the plugin is."""
    arguments = ["-r", "/tmp/capture.pcap", "-q", "-z", "reqresp,export"]
    done = subprocess.run([*user, "tshark", *arguments], capture_output=True, check=False)
    said = [line for line in done.stderr.decode().splitlines() if not line.startswith("Running as user")]
    profiled = subprocess.run([*user, "tshark", "-C", "reqresp", *arguments], capture_output=True, check=False)
    return done.returncode == 0 and not said and done.stdout == profiled.stdout == rows, \
        done.stdout.decode() + done.stderr.decode() + profiled.stderr.decode()


def package():
    """Made, installed, used by root and by an ordinary user, and removed without a trace."""
    file = made()
    if not file:
        return
    library = call("dpkg", "-S", call("sh", "-c", "readlink -f /usr/lib/*/libwireshark.so").stdout.strip()).stdout.split(":")[0]
    control(file, library)
    shutil.copyfile(PROJECT + "/captures/seed_echo.pcap", "/tmp/capture.pcap")
    os.chmod("/tmp/capture.pcap", 0o644)
    rows = pathlib.Path(PROJECT + "/tests/golden/rows/seed_echo.messages.csv").read_bytes()
    # tshark copies a profile that is asked for into a folder of the user's.
    root = ("env", "HOME=/tmp/root")
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp/nobody")
    for name in ("root", "nobody"):
        os.mkdir("/tmp/" + name)
    os.chown("/tmp/nobody", 65534, 65534)
    before = files()
    done = call("dpkg", "--install", file)
    tell("package/installed", not done.returncode, done.stdout)
    tell("package/root", *shows(root, rows))
    tell("package/user", *shows(nobody, rows))
    page = call(*nobody, "MANWIDTH=100", "man", "--warnings", "reqresp")
    tell("package/man", not page.returncode and "reqresp.latency" in page.stdout and "warning" not in page.stdout, page.stdout)
    done = call("dpkg", "--purge", "reqresp")
    changed = sorted(files() ^ before)
    gone = call("tshark", "-r", "/tmp/capture.pcap", "-q", "-z", "reqresp,export")
    tell("package/removed", not done.returncode and not changed and gone.returncode,
         "%s%s\n%s" % (done.stdout, "tshark still takes it" if not gone.returncode else "", "\n".join(changed)))


def has(version):
    words = call("tshark", "--version").stdout.split()
    found = next((word for word in words if word[:1].isdigit()), "none").rstrip(".")
    print("# Wireshark %s, %s" % (found, call("gcc", "--version").stdout.splitlines()[0]))
    return found.startswith(version + ".") or "this Debian now has Wireshark " + found


def main(version, *words):
    names = [word for word in words if not word.startswith("-")]
    there = has(version)
    if there is not True:
        print("skip all # " + there)
    else:
        if "--package-only" not in words and build():
            tests(names)
        if not names or any("package".startswith(name) for name in names):
            package()
    print("end")


if __name__ == "__main__":
    main(*sys.argv[1:])
