"""Debians to test in, one for each version of Wireshark, made with mmdebstrap from this machine's own archive.

They are kept in $XDG_CACHE_HOME (/var/cache) /reqresp-versions and used again until their recipe changes; remove a folder there
to have it made anew from today's packages.  One is made under another name and renamed when it is whole.  What is mounted is so
in a mount namespace that ends with its last process, and what a test writes goes to memory, never to the folder.
"""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache") / "reqresp-versions"
TOP = pathlib.Path(__file__).resolve().parents[2]
# What ./reqresp installs for these purposes, and what the tests themselves want.
PURPOSES = {"run", "build", "package"}
NEEDS = (TOP / "reqresp").read_text().split("readonly needs='\n")[1].split("'")[0]
PACKAGES = sorted({"python3", "man-db"} | {package for purpose, _, package in map(str.split, NEEDS.splitlines())
                                           if purpose in PURPOSES})
OPTIONS = ("--mode=root", "--variant=apt", "--format=directory",
           # A mirror may be one of a day that has passed.
           '--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=APT::Install-Recommends "false"',
           "--dpkgopt=force-unsafe-io", "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
           # A manual page must be where its package says.
           "--customize-hook=rm -f \"$1\"/etc/dpkg/dpkg.cfg.d/99mmdebstrap")
NAMESPACE = ("setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child")
# Arguments: the Debian, an empty folder, this project, a command and its arguments.
ENTER = """
set -e
root=$1 layer=$2 project=$3
shift 3
mount -t tmpfs -o mode=755 reqresp "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
cd "$root"
mount -t overlay -o "lowerdir=.,upperdir=$layer/upper,workdir=$layer/work" reqresp "$layer/root"
cd "$layer/root"
mkdir project
mount --bind "$project" project
mount -o remount,bind,ro project
mount --rbind /dev dev
mount -t proc proc proc
exec chroot . "$@"
"""


class Missing(Exception):
    """Why a Debian cannot be had here."""


def os_release(name):
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        key, _, value = line.partition("=")
        if key == name:
            return value.strip('"')
    return ""


def archive(suffix):
    """Where this machine gets its own release's packages, or with a suffix such as `-security` those of that part; or None."""
    releases = {name + suffix for name in (os_release("VERSION_CODENAME"), "oldstable", "stable", "testing", "unstable")}
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
                            capture_output=True, text=True, check=False).stdout
    sites = [words[0] for words in map(str.split, listed.splitlines()) if words[1] in releases and words[2] == "main"]
    return sites[0] if sites else None


def sources(suite, has_security):
    main, security = archive(""), archive("-security")
    if os_release("ID") != "debian" or not main:
        raise Missing("this machine gets no packages from an archive of Debian's")
    lines = ["deb %s %s main" % (main, suite)]
    if has_security and security:
        lines.append("deb %s %s-security main" % (security, suite))
    return lines


def reason(text):
    """The first error in what mmdebstrap says; those after it follow from it."""
    told = [line for line in text.splitlines() if line.startswith(("E:", "unshare:", "mount:"))]
    return next(iter(told or text.splitlines()), "mmdebstrap failed")


def debootstrap(suite, has_security, target):
    made = subprocess.run([*NAMESPACE, "mmdebstrap", "--include=" + ",".join(PACKAGES), *OPTIONS, suite, str(target),
                           *sources(suite, has_security)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, env=os.environ | {"LC_ALL": "C.UTF-8"})
    if made.returncode:
        shutil.rmtree(target, ignore_errors=True)
        raise Missing(reason(made.stderr))


def locked(name, how):
    lock = open(CACHE / (name + ".lock"), "w", encoding="ascii")
    try:
        fcntl.flock(lock, how)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def remove_outdated(suite, name):
    """Those of other recipes that nobody uses now."""
    for old in CACHE.glob(suite + "-*.lock"):
        lock = locked(old.stem, fcntl.LOCK_EX | fcntl.LOCK_NB) if old.stem != name else None
        if lock:
            with lock:
                for folder in (old.stem, old.stem + ".half"):
                    shutil.rmtree(CACHE / folder, ignore_errors=True)
                old.unlink()


def get(suite, has_security):
    """(folder, lock to be held while it is in use)."""
    if os.geteuid():
        raise Missing("must be root to make a Debian to test in")
    if not shutil.which("mmdebstrap", path=os.environ.get("PATH", "") + ":/usr/bin"):
        raise Missing("mmdebstrap is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    recipe = repr((suite, has_security, PACKAGES, OPTIONS))
    name = "%s-%s" % (suite, hashlib.sha256(recipe.encode()).hexdigest()[:12])
    lock = locked(name, fcntl.LOCK_EX)
    folder, half = CACHE / name, CACHE / (name + ".half")
    if not folder.exists():
        if half.exists():
            shutil.rmtree(half)
        try:
            debootstrap(suite, has_security, half)
        except Missing:
            lock.close()
            raise
        half.rename(folder)
        remove_outdated(suite, name)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return folder, lock


@contextlib.contextmanager
def entered(folder, project, words):
    """A running process of `words` in there, where the project is /project; its output is a pipe."""
    layer = tempfile.mkdtemp(prefix="reqresp-versions-")
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                   "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
    process = subprocess.Popen([*NAMESPACE, "sh", "-c", ENTER, "sh", str(folder), layer, str(project), *words],
                               env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace")
    try:
        yield process
    finally:
        process.stdout.close()
        process.kill()
        process.wait()
        os.rmdir(layer)
