#!/usr/bin/python3
"""The export's options in the host: formats, files, several exports in one run, and all that can be wrong."""
import csv
import io
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

REDIS = host.CAPTURES / "redis_sync_c.pcap"
SILENT = host.CAPTURES / "never_answers.pcap"


def folder():
    """A new folder in which the host's user may write."""
    made = pathlib.Path(tempfile.mkdtemp(dir=host.SCRATCH))
    made.chmod(0o777)
    return made


def run(capture, *options, words=(), **more):
    host.assert_loaded()
    exports = [word for option in options for word in ("-z", "reqresp,export" + option)]
    return host.run(["tshark", "-r", host.readable(capture), "-q", *exports, *words], **more)


def stdout(capture, *options, **more):
    done = run(capture, *options, **more)
    cases.check((0, b""), (done.returncode, done.stderr))
    return done.stdout.decode()


def refused(done, word):
    lines = done.stderr.decode().splitlines()
    cases.check((1, b"", 1), (done.returncode, done.stdout, len(lines)), "exit status, output, lines: %r" % lines)
    cases.check(True, word in lines[0], "%r names %r" % (lines[0], word))


# What follows `reqresp,export`, and what the line must say.
REFUSED = [
    (",format=xml", '"format=xml"'), (",format=", '"format="'), (",format=CSV", "CSV"),
    (",time=", '"time="'), (",header=", '"header="'), (",header=true", '"header=true"'),
    (",to=", '"to="'), (",to=/nonexistent/x.csv", "/nonexistent/x.csv: No such file or directory"),
    (",to=/", "/: Is a directory"), (",to=/proc/x", "/proc/x"),
    (",columns=", '"columns="'), (",columns=+", '"columns=+"'), (",columns=id:colour", '"colour"'),
    (",columns=id:id", "there already"), (",columns=+id", "there already"), (",columns=push.start", "push.start"),
    (",slower=", '"slower="'), (",slower=10", '"slower=10"'), (",slower=-1ms", '"slower=-1ms"'),
    (",slower=1h", '"slower=1h"'), (",min=", '"min="'), (",min=-1", '"min=-1"'), (",min=1.5", '"min=1.5"'),
    (",tag.=x", '"tag.=x"'), (",tag.a-b=x", '"tag.a-b=x"'), (",tag.a=", '"tag.a="'), (",tag.id=x", '"tag.id"'),
    (",tag.a=1,tag.A=2", '"tag.A"'), (",tag=x", '"tag=x" is not an option'),
    (",filter=", '"filter="'), (",rows=exchanges,rows=exchanges", "twice"), (",colour=red", '"colour=red" is not an option'),
    (",tcp.port=80", '"tcp.port=80" is not an option'), (",format=text,rows=messages", "does not go with format=text"),
    (",format=text,columns=id", "does not go with format=text"), (",format=text,tag.a=b", "does not go with format=text"),
    (",format=text,time=epoch", "does not go with format=text"), (",format=ndjson,header=no", "does not go with format=ndjson"),
    (",rows=connections,slower=1s", "does not go with rows=connections"),
    (",rows=connections,min=1", "does not go with rows=connections"),
    (",x=\n", '"x=\\n"'),
]


def refuse(option, word):
    refused(run(REDIS, option), word)


def refuse_beside_a_good_one():
    """Nothing of the first export is left when the second is refused."""
    place = folder()
    refused(run(REDIS, ",to=%s/a.csv" % place, ",to=%s/b.csv,rows=x" % place), "rows=x")
    refused(run(REDIS, ",to=%s/a.csv" % place, ",to=%s/b.csv,tcp.port ==" % place), "tcp.port")
    cases.check([], os.listdir(place))


def refuse_one_place_twice():
    place = folder()
    for second in ("%s/a.csv", "%s/./a.csv", "%s/link.csv"):
        refused(run(REDIS, ",to=%s/a.csv" % place, ",to=" + second % place), "another export")
        cases.check(False, (place / "a.csv.part").exists(), "left")
        (place / "a.csv").write_text("old")
        (place / "a.csv").chmod(0o666)
        if not (place / "link.csv").is_symlink():
            (place / "link.csv").symlink_to("a.csv")
    cases.check("old", (place / "a.csv").read_text())


def refuse_to_overwrite_what_is_read():
    place = folder()
    capture = place / "a.pcap"
    capture.write_bytes(REDIS.read_bytes())
    capture.chmod(0o666)
    (place / "link.pcap").symlink_to("a.pcap")
    for command in ("reqresp,export", "reqresp,export,format=sqlite", "reqresp,json", "reqresp,metrics"):
        for name in ("a.pcap", "link.pcap"):
            done = host.run(["tshark", "-r", str(capture), "-q", "-z", "%s,to=%s/%s" % (command, place, name)])
            refused(done, "the capture that is read")
    cases.check(REDIS.read_bytes(), capture.read_bytes())
    cases.check({"a.pcap", "link.pcap"}, set(os.listdir(place)))


def say_why_there_are_no_rows():
    done = host.run(["tshark", "-r", str(REDIS), "-q", "-z", "reqresp,export", "--disable-protocol", "reqresp"])
    cases.check((0, 1, 1), (done.returncode, len(done.stdout.splitlines()), len(done.stderr.splitlines())))
    cases.check(True, b"--enable-protocol reqresp" in done.stderr)


def refuse_what_may_not_be_written():
    place = folder()
    (place / "a.csv").write_text("precious")
    (place / "a.csv").chmod(0o444)
    (place / "closed").mkdir(0o555)
    if host.IS_ROOT:
        refused(run(REDIS, ",to=%s/a.csv" % place), "a.csv: Permission denied")
        refused(run(REDIS, ",to=%s/closed/a.csv" % place), "a.csv: Permission denied")
    (place / "a.csv.part").symlink_to("/dev/null")
    (place / "a.csv").chmod(0o666)
    refused(run(REDIS, ",to=%s/a.csv" % place), "a.csv: a.csv.part beside it: ")
    cases.check("precious", (place / "a.csv").read_text())


def keep_what_was_written_meanwhile():
    """tshark writes the packets where the rows are to go."""
    place = folder()
    for there in (False, True):
        done = host.run(["tshark", "-r", str(REDIS), "-q", "-w", "%s/a" % place, "-z", "reqresp,export,to=%s/a" % place])
        line = "%s/a: something else wrote it meanwhile, as -w would; the rows are in %s/a.part" % (place, place)
        cases.check((2, ["tshark: -z reqresp,export: " + line]), (done.returncode, done.stderr.decode().splitlines()))
        cases.check(b"\x0a\x0d\x0d\x0a", (place / "a").read_bytes()[:4], there)
        cases.check(host.export(REDIS, "messages"), (place / "a.part").read_bytes().decode(), there)


def to_file(kind, words):
    place = folder()
    (place / "old.csv").write_text("old")
    (place / "old.csv").chmod(0o666)
    for name in ("new.csv", "old.csv"):
        cases.check("", stdout(REDIS, ",rows=%s,to=%s/%s" % (kind, place, name), words=words))
        cases.check(host.export(REDIS, kind, *words), (place / name).read_bytes().decode())
    cases.check(["new.csv", "old.csv"], sorted(os.listdir(place)))


def to_device():
    cases.check("", stdout(REDIS, ",to=/dev/null"))
    cases.check(host.export(REDIS, "messages"), stdout(REDIS, ",to=-"))


def small_files():
    """No file may grow beyond 4 kB, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def to_full_disk():
    """Rows that are lost are counted, the exit status says so, and what is there does not look whole."""
    place = folder()
    rows = host.export(REDIS, "messages").count("\r\n") - 1
    lost = "up to %d of %d rows lost, and all after them" % (rows, rows)
    for options, line in (({"preexec_fn": small_files}, "%s/a.csv: File too large; %s" % (place, lost)),
                          ({}, "/dev/full: No space left on device; no row is written")):
        done = run(REDIS, ",to=" + line.split(":")[0], **options)
        cases.check((2, b"", ["tshark: -z reqresp,export: " + line]),
                    (done.returncode, done.stdout, done.stderr.decode().splitlines()))
    cases.check(["a.csv.part"], os.listdir(place))


def interrupted():
    """A file that is not whole does not have the name of one."""
    place = folder()
    argv, environment = host.command(["tshark", "-r", "-", "-q", "-z", "reqresp,export,to=%s/a.csv" % place])
    data = REDIS.read_bytes()
    for end in (signal.SIGINT, signal.SIGKILL):
        with subprocess.Popen(argv, env=environment, cwd=host.SCRATCH, stdin=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as process:
            process.stdin.write(data[:len(data) // 2])
            process.stdin.flush()
            for _ in range(200):
                if os.listdir(place):
                    break
                time.sleep(0.1)
            process.send_signal(end)
            try:
                process.stdin.write(data[len(data) // 2:])
                process.stdin.close()
            except BrokenPipeError:
                pass
            status = process.wait(host.SECONDS)
            # From 4.6 on tshark takes Ctrl-C for a good end, though it prints nothing more.
            cases.check(True, status != 0 or (end == signal.SIGINT and host.version() >= (4, 6)), "exit status")
        cases.check(["a.csv.part"], os.listdir(place), end.name)


def cut_short():
    """A capture that ends within a frame: what it has is exported, as the host prints what it has."""
    place = folder()
    data = REDIS.read_bytes()
    (host.SCRATCH / "captures/short.pcap").write_bytes(data[:len(data) // 2])
    done = run(host.SCRATCH / "captures/short.pcap", ",to=%s/a.csv" % place)
    cases.check(True, b"cut short" in done.stderr, done.stderr)
    cases.check(["a.csv"], os.listdir(place))
    cases.check(True, (place / "a.csv").read_bytes().endswith(b"\r\n"))


def side_by_side(words):
    """Several exports in one run say what each says alone."""
    place = folder()
    options = [",rows=%s,to=%s/%s" % (kind, place, kind) for kind in host.KINDS]
    slow = ",rows=exchanges,reqresp.latency > 0.1"
    printed = stdout(REDIS, *options, slow, words=words)
    cases.check(host.export(REDIS, "exchanges", *words, options=",reqresp.latency > 0.1"), printed)
    for kind in host.KINDS:
        cases.check(host.export(REDIS, kind, *words), (place / kind).read_bytes().decode(), kind)


def typed(text, value):
    """A cell of CSV as JSON has it."""
    if text == "":
        return None
    return type(value)(text) if not isinstance(value, bool) else text == "true"


def ndjson(capture, kind):
    rows = host.parse(host.export(capture, kind))
    text = stdout(capture, ",format=ndjson,rows=" + kind)
    objects = [json.loads(line) for line in text.splitlines()]
    cases.check(len(rows), len(objects))
    for row, thing in zip(rows, objects):
        cases.check(list(row), list(thing), "names")
        cases.check({name: typed(cell, thing[name]) for name, cell in row.items()}, thing)


def csv_columns():
    text = stdout(REDIS, ",rows=exchanges,columns=latency:exchange:request_complete,tag.system=a \"b\",tag.t=1")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    whole = host.parse(host.export(REDIS, "exchanges"))
    cases.check(["latency", "exchange", "request_complete", "system", "t"], rows[0])
    cases.check([[row["latency"], row["exchange"], "true", 'a "b"', "1"] for row in whole], rows[1:])
    cases.check(stdout(REDIS, ",columns=id").splitlines()[1:], stdout(REDIS, ",columns=id,header=no").splitlines())


def slower():
    whole = host.parse(host.export(REDIS, "exchanges"))
    for limit, seconds in (("100ms", 0.1), ("50us", 0.00005), ("1s", 1)):
        wanted = [row["exchange"] for row in whole if row["latency"] and float(row["latency"]) >= seconds]
        for kind in ("exchanges", "messages"):
            rows = host.parse(stdout(REDIS, ",rows=%s,slower=%s" % (kind, limit)))
            cases.check(wanted, list(dict.fromkeys(row["exchange"] for row in rows)), "%s %s" % (kind, limit))
    cases.check("", stdout(SILENT, ",format=text,slower=0ms"))


def least():
    whole = host.parse(host.export(REDIS, "messages"))
    cases.check([row["id"] for row in whole if int(row["bytes"]) >= 30],
                [row["id"] for row in host.parse(stdout(REDIS, ",min=30"))])


def local_time():
    there = {"env": {"TZ": "XYZ-5:45"}}
    first = stdout(REDIS, ",columns=start,header=no,time=local", **there).splitlines()[0]
    cases.check("2026-11-21T13:51:31.622358000+05:45", first)
    line = stdout(REDIS, ",format=text", **there).splitlines()[0]
    whole = host.parse(host.export(REDIS, "exchanges"))[0]
    pattern = r"2026-11-21 13:51:31\.\d{6} 10\.9\.0\.1:\d+ => 10\.9\.0\.2:6379 \| %.3f ms \| \S.*"
    cases.check(True, re.fullmatch(pattern % (float(whole["latency"]) * 1000), line) is not None, line)
    cases.check(True, " | unanswered | " in stdout(SILENT, ",format=text"), "unanswered ones say so")


def helps():
    """The plugin, its manual and the script tell of the same options in the same words."""
    text = stdout(REDIS, ",help")
    options = re.findall(r"^  (\w[\w.-]*)=(\S+) +(.+)$", text, re.M)
    cases.check(True, {"rows", "format", "payload-max", "tag.NAME", "filter"} <= {name for name, *_ in options}, "options")
    shown = "".join(line.removeprefix("    ") for line in (host.ROOT / "doc/export.md").read_text().splitlines(True))
    cases.check(True, text in shown, "doc/export.md has what help prints")
    script = subprocess.run([host.ROOT / "reqresp", "export", "--help"], capture_output=True, text=True, check=True).stdout
    for name, values, meaning in options:
        cases.check(True, "  --%s %s\n         %s\n" % (name, values, meaning.partition("; comes last")[0]) in script, "--" + name)


def main(words):
    todo = [("refused: %r" % option, refuse, option, word) for option, word in REFUSED]
    todo += [("refused: beside a good one", refuse_beside_a_good_one), ("refused: one place twice", refuse_one_place_twice),
             ("refused: what is read", refuse_to_overwrite_what_is_read),
             ("said: no rows", say_why_there_are_no_rows),
             ("refused: what may not be written", refuse_what_may_not_be_written),
             ("kept: what was written meanwhile", keep_what_was_written_meanwhile),
             ("to a device", to_device), ("to a full disk", to_full_disk), ("interrupted", interrupted),
             ("cut short", cut_short), ("side by side", side_by_side, []), ("side by side -2", side_by_side, ["-2"]),
             ("columns and tags", csv_columns), ("slower", slower), ("min", least), ("local time", local_time),
             ("help", helps)]
    for kind in host.KINDS:
        todo += [("to a file, " + kind, to_file, kind, []), ("to a file -2, " + kind, to_file, kind, ["-2"])]
        todo += [("ndjson, %s of %s" % (kind, capture.stem), ndjson, capture, kind)
                 for capture in (REDIS, SILENT, host.CAPTURES / "crafted/summaries.pcap", host.CAPTURES / "crafted/hole.pcap")]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
