"""Runs the host (tshark) with the plugin that was built, and reads the rows it prints.

The build tells where things are: RR_PLUGINS (the plugin folder; without it, that of ./build), RR_PRELOAD (a
sanitizer's library, or nothing).  As root Wireshark ignores such a folder, so root becomes nobody, who sees copies of its own.
"""
import atexit
import csv
import functools
import io
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "captures"
PROFILE = ROOT / "plugin/profile"
PROFILE_NAME = "reqresp"
PLUGINS = os.environ.get("RR_PLUGINS", ROOT / "build/plugins")
IS_ROOT = os.geteuid() == 0
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
AS_NOBODY = NOBODY if IS_ROOT else []
MAY_CAPTURE = ["--inh-caps=+net_raw,+net_admin", "--ambient-caps=+net_raw,+net_admin"]
SECONDS = 120
KINDS = ("messages", "exchanges", "connections")
# Captures that make a dissector of Wireshark's fail an assertion of its own, with or without a plugin, once they lack something.
BRITTLE = {"grpc"}  # packet-grpc.c of 4.0: HEADERS that are not there


def scratch():
    """A new folder that the host's user can read: the plugins, and as root the captures too."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="reqresp-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    for name in ("home", "none", "captures"):
        (folder / name).mkdir()
    (folder / "home").chmod(0o777)
    shutil.copytree(PLUGINS, folder / "plugins")
    return folder


SCRATCH = scratch()


def readable(path):
    """The same file where the host's user can read it."""
    path = pathlib.Path(path).resolve()
    if not IS_ROOT:
        return str(path)
    name = path.relative_to(CAPTURES) if path.is_relative_to(CAPTURES) else path
    copy = SCRATCH / "captures" / str(name).strip("/").replace("/", "_")
    if not copy.exists():
        partial = copy.with_name(os.urandom(8).hex())
        shutil.copyfile(path, partial)
        partial.chmod(0o644)
        partial.rename(copy)
    return str(copy)


@functools.cache
def data_with_profile():
    """The host's data folder as it is after the profile was installed."""
    folders = dict(re.findall(r"^(.+?):\s+(.+)$", run(["tshark", "-G", "folders"]).stdout.decode(), re.M))
    data = SCRATCH / "data"
    data.mkdir()
    for path in pathlib.Path(folders["Global configuration"]).iterdir():
        if path.name != "profiles":
            (data / path.name).symlink_to(path)
    shutil.copytree(PROFILE, data / "profiles" / PROFILE_NAME)
    return data


@functools.cache
def shipped(name):
    """A folder of plugins with nothing in it but the one of this name that comes with the host; None without it."""
    asked = subprocess.run(["pkg-config", "--variable=plugindir", "wireshark"], capture_output=True, text=True,
                           check=True)
    system = pathlib.Path(asked.stdout.strip())
    if not (system / "epan" / (name + ".so")).exists():
        return None
    folder = SCRATCH / name / system.name / "epan"
    folder.mkdir(parents=True)
    shutil.copy(system / "epan" / (name + ".so"), folder)
    return SCRATCH / name


def command(words, plugin=True, may_capture=False):
    """(argv, environment) that runs the host's program `words`; `plugin` can be a folder of others than ours."""
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(SCRATCH / "home"), "LC_ALL": "C.UTF-8",
        # Helpers that capture elsewhere, run with every list of plugins: one of them hangs under a sanitizer.
        "WIRESHARK_EXTCAP_DIR": str(SCRATCH / "none"),
        "TZ": "UTC", "WIRESHARK_PLUGIN_DIR": str(plugin if isinstance(plugin, pathlib.Path) else
                                                  SCRATCH / ("plugins" if plugin else "none")),
    }
    if plugin is True and os.environ.get("RR_PRELOAD"):
        environment |= {"LD_PRELOAD": os.environ["RR_PRELOAD"], "WIRESHARK_DEBUG_WMEM_OVERRIDE": "simple",
                        "WIRESHARK_ABORT_ON_DISSECTOR_BUG": "1", "ASAN_OPTIONS": "detect_leaks=0",
                        "UBSAN_OPTIONS": "halt_on_error=1"}
    user = AS_NOBODY + (MAY_CAPTURE if may_capture and IS_ROOT else [])
    return user + list(map(str, words)), environment


def run(words, plugin=True, **more):
    argv, environment = command(words, plugin)
    more.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(argv, env=environment | more.pop("env", {}), cwd=SCRATCH, capture_output=True,
                          timeout=more.pop("timeout", SECONDS), check=False, **more)


@functools.cache
def assert_loaded():
    """A plugin that the host refuses is only a line on its stderr: never mistake that for a pass."""
    listed = run(["tshark", "-G", "protocols"]).stdout.decode(errors="replace").splitlines()
    # Name, short name, filter name; from 4.4 on whether it is enabled and so on follows.
    if "reqresp" not in [name for line in listed for name in line.split("\t")[2:3]]:
        raise SystemExit("the plugin was not loaded from %s" % PLUGINS)


@functools.cache
def version():
    """(4, 0): the host's major and minor version."""
    first = run(["tshark", "--version"], plugin=False).stdout.decode().split()
    return tuple(map(int, next(word for word in first if word[:1].isdigit()).split(".")[:2]))


def tshark(capture, *words, plugin=True, **more):
    """stdout of a run that must succeed without a word on stderr, but of what -R does to numbers."""
    if plugin is True:
        assert_loaded()
    done = run(["tshark", "-r", readable(capture), *words], plugin, **more)
    remark = b": a frame that -R drops has the number of the next: "
    told = [line for line in done.stderr.splitlines() if "-R" not in words or remark not in line]
    if done.returncode or told:
        raise AssertionError("exit %d: %s" % (done.returncode, done.stderr.decode(errors="replace")))
    return done.stdout.decode()


@functools.cache
def exports(capture, kinds, *words, options=""):
    """Kind -> its rows, as one run writes them: to start the host takes longer than most captures do."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        os.chmod(folder, 0o777)
        asked = [word for kind in kinds for word in ("-z", "reqresp,export,rows=%s,to=%s/%s%s" % (kind, folder, kind, options))]
        printed = tshark(capture, "-q", *asked, *words)
        if printed:
            raise AssertionError("on standard output: " + printed)
        return {kind: (pathlib.Path(folder) / kind).read_bytes().decode() for kind in kinds}


@functools.cache
def export(capture, rows, *words, options=""):
    """On standard output."""
    return tshark(capture, "-q", "-z", "reqresp,export,rows=" + rows + options, *words)


def parse(text):
    """Rows as what was sent: without the apostrophe that keeps a text from being a formula."""
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    return [{name: cell.removeprefix("'") for name, cell in row.items()} for row in rows]


def truth(rows):
    """Of rows that restate each other, those with the highest part: the last ones."""
    last = {}
    for row in rows:
        # What a push follows can turn out to be another exchange; ids are used again after 2^32 bytes.
        about = row["id"] if row.get("message") == "push" else row.get("exchange")
        key = (row.get("transport"), row["stream"], row.get("message"), about, row.get("start") if about is None else "")
        if key not in last or int(row["part"]) > int(last[key]["part"]):
            last[key] = row
    return list(last.values())


def rows(capture, kind, *words):
    return truth(parse(exports(capture, KINDS, *words)[kind]))


def captures():
    """Name -> path of every capture here, crafted ones as crafted/NAME."""
    found = sorted(CAPTURES.glob("**/*.pcap")) + sorted(CAPTURES.glob("**/*.pcap.gz")) + sorted(CAPTURES.glob("**/*.pcapng.gz"))
    return {str(path.relative_to(CAPTURES)).split(".")[0]: path for path in found}
