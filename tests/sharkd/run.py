#!/usr/bin/python3
"""The plugin in sharkd, which loads a capture once and dissects a frame again whenever it is asked for.

What it says of a frame is what `tshark -2` prints, as soon as the capture is loaded.
"""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

REDIS = host.CAPTURES / "redis_sync_c.pcap"
LOSS = host.CAPTURES / "redis_loss_c.pcap.gz"
MIDSTREAM = host.CAPTURES / "midstream.pcap"
PUSHES = host.CAPTURES / "redis_pubsub.pcap"
FIELDS = ("frame.number", "reqresp.exchange", "reqresp.id", "reqresp.status", "reqresp.latency", "reqresp.request_in",
          "reqresp.response_in", "reqresp.phase", "reqresp.client.state", "reqresp.response.bytes")


class Sharkd:
    """One that has a capture loaded."""

    def __init__(self, capture):
        host.assert_loaded()
        argv, environment = host.command(["sharkd", "-"])
        self.process = subprocess.Popen(argv, env=environment, cwd=host.SCRATCH, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.asked = 0
        self.load(capture)

    def __enter__(self):
        return self

    def __exit__(self, problem, *_):
        if problem:
            self.process.kill()
        self.process.communicate()
        if not problem:
            cases.check(0, self.process.returncode, "exit status")

    def ask(self, method, **parameters):
        self.asked += 1
        question = {"jsonrpc": "2.0", "id": self.asked, "method": method, "params": parameters}
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.strip():
                answer = json.loads(line.decode(errors="replace"))  # a label of the host's can hold any bytes
                break
        else:
            raise AssertionError("sharkd ended at " + method)
        if "result" not in answer:
            raise AssertionError("%s: %s" % (method, answer.get("error")))
        return answer["result"]

    def load(self, capture):
        cases.check({"status": "OK"}, self.ask("load", file=host.readable(capture)), "load")

    def rows(self, **parameters):
        columns = {"column%d" % at: name + ":0" for at, name in enumerate(FIELDS)}
        return [frame["c"] for frame in self.ask("frames", **columns, **parameters)]

    def tree(self, frame):
        """The plugin's lines in a frame's details, as filters where they have one."""
        found = []
        for part in self.ask("frame", frame=frame, proto=True)["tree"]:
            if part.get("fn", part.get("f", "")).startswith("reqresp"):
                found += self.lines(part)
        return found

    def lines(self, part):
        return [text for line in part.get("n", []) for text in [line.get("f", line["l"]), *self.lines(line)]]


def printed(capture, *words):
    fields = (word for name in FIELDS for word in ("-e", name))
    text = host.tshark(capture, "-2", "-T", "fields", *fields, *words)
    return [line.split("\t") for line in text.splitlines()]


def load(capture):
    with Sharkd(capture) as sharkd:
        wanted = printed(capture)
        cases.check(wanted, sharkd.rows(), "columns")
        cases.check(wanted, sharkd.rows(), "columns again")
    return "%d frames" % len(wanted)


def filters():
    with Sharkd(REDIS) as sharkd:
        for text in ("reqresp.latency > 0.0104", "reqresp.request && reqresp.response_in > 20", "reqresp.exchange == 3"):
            wanted = printed(REDIS, "-Y", text)
            cases.check(True, bool(wanted), text + ": selects something")
            cases.check(wanted, sharkd.rows(filter=text), text)


def click():
    """A request frame asked for first of all, before any other was dissected again, knows its answer."""
    with Sharkd(REDIS) as sharkd:
        first = sharkd.tree(4)
        for wanted in ("reqresp.response_in == 6", "reqresp.latency == 0.010376000", 'reqresp.status == "answered"'):
            cases.check(True, wanted in first, "%s in %s" % (wanted, first))
        cases.check(True, "reqresp.request_in == 4" in sharkd.tree(6), "the answer knows its request")
        cases.check(first, sharkd.tree(4), "asked again")


def arrows():
    """A request's frame names its answer's as such, which is what arrows are drawn from."""
    with Sharkd(REDIS) as sharkd:
        cases.check([["4", "request"]], related(sharkd, 6), "from the answer")
        cases.check([["6", "response"]], related(sharkd, 4), "from the request")


def related(sharkd, frame):
    """Frames linked to, of the plugin's fields, with what each is."""
    found = []
    for part in sharkd.ask("frame", frame=frame, proto=True)["tree"]:
        for line in part.get("n", []):
            field, _, number = line.get("f", "").partition(" == ")
            if field in ("reqresp.request_in", "reqresp.response_in") and line.get("t") == "framenum":
                found.append([number, field[len("reqresp."):-len("_in")]])
    return found


def preferences():
    """The slow threshold holds at once; one that changes sides holds when the capture is loaded again."""
    client = host.rows(MIDSTREAM, "connections")[0]["client_port"]
    with Sharkd(MIDSTREAM) as sharkd:
        before = printed(MIDSTREAM)
        cases.check(before, sharkd.rows(), "before")
        cases.check([], sharkd.rows(filter="reqresp.expert.slow"), "slow before")
        sharkd.ask("setconf", name="reqresp.slow", value="5")
        wanted = printed(MIDSTREAM, "-o", "reqresp.slow:5", "-Y", "reqresp.expert.slow")
        cases.check(True, bool(wanted), "something is slow")
        # sharkd keeps what a filter selected as long as the capture is loaded, by the filter's text.
        cases.check(wanted, sharkd.rows(filter="tcp && reqresp.expert.slow"), "slow after")
        sharkd.ask("setconf", name="reqresp.server_ports", value=client)
        sharkd.load(MIDSTREAM)
        after = printed(MIDSTREAM, "-o", "reqresp.server_ports:" + client)
        cases.check(False, before == after, "a preference without effect")
        cases.check(after, sharkd.rows(), "after")


def another():
    """Nothing of a capture is left in the next one."""
    with Sharkd(REDIS) as sharkd:
        for capture in (LOSS, REDIS):
            sharkd.load(capture)
            cases.check(printed(capture), sharkd.rows(), capture.name)


def experts():
    with Sharkd(LOSS) as sharkd:
        told = {item["m"] for item in sharkd.ask("tap", tap0="expert")["taps"][0]["details"] if item["p"] == "ReqResp"}
    cases.check(True, any(text.startswith("Retransmission") for text in told), "what is told: %s" % told)


def main(words):
    todo = [("load " + capture.name.split(".")[0], load, capture) for capture in (REDIS, LOSS, MIDSTREAM, PUSHES)]
    todo += [("filters", filters), ("click", click), ("arrows", arrows), ("preferences", preferences),
             ("another capture", another), ("expert information", experts)]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
