#!/usr/bin/python3
"""The contract with users and the walls of the house.

heads    the rows begin with just these columns, in this order
manual   the manual page names all that can be asked for
fields   every field that doc/columns.md names is one of the host's, and the other way round
walls    the lower rooms neither include the host's headers nor see their folder, nor each other
format   clang-format has nothing to say
"""
import functools
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

HEADS = {
    "messages": "exchange,message,part,id,stream,protocol,src,src_port,dst,dst_port,start,end,first_frame,"
                "last_frame,segments,bytes,missing,repeats,complete,ended_by,latency,peer_frame,summary",
    "exchanges": "exchange,part,id,stream,protocol,client,client_port,server,server_port,status,evidence,"
                 "ended_by,request_start,request_end,response_start,response_end,latency,duration,"
                 "request_spread,response_spread,think,request_frame,response_frame,request_bytes,"
                 "response_bytes,request_segments,response_segments,missing,repeats,summary",
    "connections": "stream,id,client,client_port,server,server_port,direction_from,start,end,connect_time,"
                   "syn_retries,synack_retries,exchanges,unanswered,pushes,request_bytes,response_bytes,"
                   "push_bytes,client_missing,server_missing,client_repeats,server_repeats,closed_by,close,"
                   "client_state,server_state,part",
}
# On a frame itself, not a column of a row.
FRAME_FIELDS = {"cost", "request", "response", "push", "repeat", "phase", "client.state", "server.state"}
PROMISED = FRAME_FIELDS | set("""
    exchange id status evidence ended_by request_in response_in latency duration think summary
    request.spread request.bytes request.segments request.missing request.repeats request.complete
    response.spread response.bytes response.segments response.missing response.repeats response.complete
    request.first_frame request.last_frame response.first_frame response.last_frame
    client.host client.port server.host server.port direction_from connect_time syn_retries""".split())
MAY_INCLUDE = {"exchange": {"exchange"}, "track": {"track", "exchange"}, "measure": {"measure", "exchange"}, "rules": {"rules", "exchange"},
               "write": {"write", "exchange"}}
PLUGIN = host.ROOT / "plugin"


def head(kind):
    printed = host.export(host.CAPTURES / "seed_echo.pcap", kind).splitlines()[0].split(",")
    wanted = HEADS[kind].split(",")
    cases.check(wanted, printed[:len(wanted)])


def empty_capture(kind):
    """No packet at all: a head and nothing else."""
    empty = host.SCRATCH / "captures" / "empty.pcap"
    empty.write_bytes((host.CAPTURES / "seed_echo.pcap").read_bytes()[:24])
    empty.chmod(0o644)
    cases.check(1, host.export(empty, kind).count("\r\n"))


@functools.cache
def hosts_fields():
    host.assert_loaded()
    lines = host.run(["tshark", "-G", "fields"]).stdout.decode(errors="replace").splitlines()
    rows = [line.split("\t") for line in lines if "\treqresp." in line]
    return {row[2].removeprefix("reqresp."): row for row in rows}


def promised():
    cases.check([], sorted(PROMISED - hosts_fields().keys()), "fields that the host does not have")


def documented():
    text = (host.ROOT / "doc" / "columns.md").read_text()
    named = {name for name in re.findall(r"`reqresp\.([a-z_.]+)`", text)}
    cases.check([], sorted(named - hosts_fields().keys()), "documented, not the host's")
    known = {name for name, row in hosts_fields().items() if row[0] == "F"}
    expert = {name for name in known if row_is_expert(hosts_fields()[name])}
    cases.check([], sorted(known - named - FRAME_FIELDS - expert), "the host's, not documented")


def manual():
    """The manual page names every field, statistic and preference that the host has of ours."""
    build = pathlib.Path(os.environ.get("RR_BUILD", host.ROOT / "build"))
    page = gzip.decompress((build / "reqresp.4.gz").read_bytes()).decode()
    told = set(re.findall(r"[a-z_,.]+[a-z]", re.sub(r"\\f[A-Z]", " ", page)))
    told |= {",".join(name.split(",")[:2]) for name in told}
    fields = {"reqresp." + name for name, row in hosts_fields().items() if row[0] == "F" and not row_is_expert(row)}
    experts = {name.removeprefix("expert.") for name, row in hosts_fields().items() if name.startswith("expert.")}
    taps = re.findall(r"^\s+(reqresp,[a-z]+)$", host.run(["tshark", "-z", "help"]).stderr.decode() +
                      host.run(["tshark", "-z", "help"]).stdout.decode(), re.M)
    preferences = re.findall(r"^#?(reqresp\.[a-z_]+):", host.run(["tshark", "-G", "currentprefs"]).stdout.decode(), re.M)
    cases.check((True, True), (len(taps) > 0, len(preferences) > 0), "statistics and preferences of the host")
    last = {name.rpartition(".")[2] for name in told}
    cases.check([], sorted((fields | set(taps) | set(preferences)) - told) + sorted(experts - last), "not in the manual page")


def row_is_expert(row):
    return row[3] == "FT_NONE"


def walls(room):
    """Includes in quotes name their room; those in angles are the system's or GLib's."""
    wrong = []
    for path in sorted((PLUGIN / room).glob("*.[ch]")):
        for sign, name in re.findall(r'^#include ([<"])(.*)[>"]', path.read_text(), re.M):
            outside = name.split("/")[0] not in MAY_INCLUDE[room] if sign == '"' else \
                re.match(r"(epan|wsutil|wiretap|wireshark|ws_)", name)
            if outside:
                wrong.append("%s includes %s" % (path.relative_to(PLUGIN), name))
    cases.check([], wrong)


def folders():
    """The compiler is not told where the host's headers are."""
    build = pathlib.Path(os.environ.get("RR_BUILD", host.ROOT / "build"))
    commands = json.loads((build / "compile_commands.json").read_text())
    lower = [c for c in commands if re.search(r"/plugin/(exchange|track|measure|write)/", c["file"])]
    told = [c["file"] for c in lower if re.search(r"-(I|isystem) ?\S*wireshark(/|\s|$)", c["command"])]
    cases.check((True, []), (bool(lower), told))


def formatted():
    if not shutil.which("clang-format"):
        return "SKIP clang-format is not installed"
    sources = [path for folder in ("plugin", "tests") for path in sorted((host.ROOT / folder).glob("**/*.[ch]"))]
    done = subprocess.run(["clang-format", "--dry-run", "--Werror", *map(str, sources)], capture_output=True,
                          check=False)
    cases.check((0, ""), (done.returncode, done.stderr.decode()))
    return ""


def short():
    """No file over 600 lines."""
    sources = [path for folder in ("plugin", "tests", "captures") for kind in ("*.c", "*.h", "*.py")
               for path in (host.ROOT / folder).glob("**/" + kind)]
    cases.check([], [str(path) for path in sources if path.read_bytes().count(b"\n") > 600])


def main(words):
    todo = [("head of " + kind, head, kind) for kind in HEADS]
    todo += [("empty capture, " + kind, empty_capture, kind) for kind in HEADS]
    todo += [("fields promised", promised), ("fields documented", documented),
             ("manual page", manual),
             ("folders", folders), ("format", formatted),
             ("short files", short)]
    todo += [("walls of " + room, walls, room) for room in MAY_INCLUDE]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
