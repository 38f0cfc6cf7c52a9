#!/usr/bin/python3
"""What each statistic prints of a few captures, letter by letter: in one pass and in two it is printed/NAME.txt.

    printed.py [--update] [NAME...]

--update shows how it differs from the files and then writes them.
"""
import difflib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent / "printed"
NAMES = ("redis_sync_c", "redis_loss_c", "redis_pubsub", "http_pipelined", "ipv6", "syn_timeout", "crafted/late_answer",
         "crafted/time_back", "crafted/server_only")
RUNS = (("stat", "slowest,5", "load,500ms", "srt", "tree", "json"), ("stat,by=verb", "slowest,reqresp.latency > 0.01"))


def printed(capture, *words):
    text = ""
    for statistics in RUNS:
        asked = (word for statistic in statistics for word in ("-z", "reqresp," + statistic))
        text += host.tshark(capture, "-q", *asked, *words)
    return text + metrics(capture, *words)


def metrics(capture, *words):
    file = host.SCRATCH / "home" / ("%s.%s.prom" % (capture.name, len(words)))
    cases.check("", host.tshark(capture, "-q", "-z", "reqresp,metrics,to=%s" % file, *words))
    return file.read_text()


def difference(golden, got):
    old = golden.read_text() if golden.exists() else ""
    return "\n".join(difflib.unified_diff(old.splitlines(), got.splitlines(), golden.name, "got", lineterm="", n=1))


def compare(capture, golden, *words):
    changed = difference(golden, printed(capture, *words))
    if changed:
        raise AssertionError(changed)


def update(capture, golden):
    got = printed(capture)
    changed = difference(golden, got)
    if changed:
        golden.write_text(got)
    return changed


def main(words):
    captures = host.captures()
    todo = []
    for name in NAMES:
        golden = HERE / (name.replace("/", "_") + ".txt")
        if "--update" in words:
            todo.append((name, update, captures[name], golden))
        else:
            todo += [(name + " one", compare, captures[name], golden), (name + " two", compare, captures[name], golden, "-2")]
    cases.run(cases.chosen(todo, [word for word in words if word != "--update"]))


if __name__ == "__main__":
    main(sys.argv[1:])
