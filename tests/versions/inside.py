"""Runs in a Debian of another version: builds the project there and runs its tests.  run.py tells what is printed.

    inside.py VERSION [--package-only] [NAME...]
"""
import os
import pathlib
import subprocess
import sys
import time
import xml.etree.ElementTree

PROJECT, BUILD = "/project", "/build"
LABEL = "versions"
SHOWN = 60


def call(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                          **more)


def explain(text):
    for line in text.splitlines()[-SHOWN:]:
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
    done = call("ctest", "--test-dir", BUILD, "-L", "^%s$" % LABEL, "-j", str(os.cpu_count()), "--output-junit", str(results),
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
    elif build() and "--package-only" not in words:
        tests(names)
    print("end")


if __name__ == "__main__":
    main(*sys.argv[1:])
