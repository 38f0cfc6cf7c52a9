#!/usr/bin/python3
"""The plugin in Wireshark itself: what the user sees is what `tshark -2` prints.

Without the programs it needs (see desktop.py) this exits 77, which the build takes for "skipped".
"""
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "lib")]
import cases  # noqa: E402
import desktop  # noqa: E402
import host  # noqa: E402

REDIS = host.CAPTURES / "redis_sync_c.pcap"
LOSS = host.CAPTURES / "redis_loss_c.pcap.gz"
MIDSTREAM = host.CAPTURES / "midstream.pcap"
ECHO = host.CAPTURES / "seed_echo.pcap"
PIPE = host.CAPTURES / "redis_pipe.pcap.gz"
DATAGRAMS = host.CAPTURES / "dns_udp.pcap"
RULES = ("-o", "reqresp.rules:TRUE")

FIELDS = ("reqresp.exchange", "reqresp.id", "reqresp.status", "reqresp.latency", "reqresp.request_in",
          "reqresp.response_in", "reqresp.phase", "reqresp.client.state", "reqresp.server.state",
          "reqresp.response.bytes", "reqresp.direction_from")
COLUMNS = "gui.column.format:" + ",".join('"%s","%%Cus:%s:0:U"' % (name, name) for name in ("frame.number",) + FIELDS)
PICTURES = pathlib.Path(os.environ.get("RR_PICTURES", host.SCRATCH))

# Places of the preferences in the packet's menu, and how it is left at others from its end.
SERVER_PORTS, SLOW = 1, 4
TO_DISABLE, TO_RULES = ["Up"], ["Up"] * 4


def wireshark(name, capture, *words):
    return desktop.Wireshark(capture, "-o", COLUMNS, *words, artefact=PICTURES / (name + ".png"))


def printed(capture, *words):
    """The same columns by tshark, which knows of each frame what the second pass knows."""
    fields = (word for name in ("frame.number",) + FIELDS for word in ("-e", name))
    text = host.tshark(capture, "-2", "-T", "fields", *fields, *words)
    return [line.split("\t") for line in text.splitlines()]


def shows(window, wanted, what):
    cases.check(True, bool(wanted), what + ": tshark prints something")
    got = desktop.eventually(window.rows, what, lambda rows: rows == wanted)
    return "%d packets" % len(got)


def load(name, capture, *words):
    with wireshark(name, capture, *words) as window:
        return shows(window, printed(capture, *words), "as loaded")


def tree(lines, first):
    """A packet's tree from a line on."""
    starts = [at for at, line in enumerate(lines) if line.startswith(first)]
    return [line.strip() for line in lines[starts[0]:] if line] if starts else []


def click(name, capture, *words):
    """A click dissects the packet again: nothing in its details may differ."""
    for frame in (4, 6):
        text = host.tshark(capture, "-2", "-V", "-Y", "frame.number == %d" % frame, *words)
        wanted = tree(text.splitlines(), "[Re")
        cases.check(True, len(wanted) > 20, "tshark's tree: %s" % wanted)
        with wireshark("%s_%d" % (name, frame), capture, *words) as window:
            window.select(frame)
            got = desktop.eventually(lambda: tree(window.details(), "[Re"), "details", lambda lines: lines == wanted)
    return "%d lines" % len(got)


def display_filter(name):
    with wireshark(name, REDIS, "-Y", "reqresp.response") as window:
        shows(window, printed(REDIS, "-Y", "reqresp.response"), "from the command line")
        for text in ("reqresp.latency > 0.0104", 'reqresp.request && reqresp.response_in > 20'):
            window.apply(text)
            remark = shows(window, printed(REDIS, "-Y", text), text)
    return remark


def conversation_filter(name):
    with wireshark(name, REDIS) as window:
        window.apply("frame.number == 20")
        shows(window, printed(REDIS, "-Y", "frame.number == 20"), "one packet")
        window.select(20)
        window.menu("a", *desktop.CONVERSATION_FILTER, "Up", "Return")
        exchange = printed(REDIS, "-Y", "frame.number == 20")[0][1]
        wanted = "reqresp.exchange == " + exchange
        desktop.eventually(window.filter, "filter", lambda text: text == wanted)
        return shows(window, printed(REDIS, "-Y", wanted), wanted)


def preference(name):
    """The packets are read again, and the results are those of the new preference."""
    wanted = printed(REDIS, "-o", "reqresp.slow:5", "-Y", "reqresp.expert.slow")
    cases.check([], printed(REDIS, "-Y", "reqresp.expert.slow"), "slow before")
    with wireshark(name, REDIS) as window:
        window.set_preference(SLOW, "5")
        window.apply("reqresp.expert.slow")
        return shows(window, wanted, "slow after")


def server_ports(name):
    """Sides change, and with them what asks and what answers."""
    before = printed(MIDSTREAM)
    client = host.rows(MIDSTREAM, "connections")[0]["client_port"]
    after = printed(MIDSTREAM, "-o", "reqresp.server_ports:" + client)
    cases.check(False, before == after, "a preference without effect")
    with wireshark(name, MIDSTREAM) as window:
        shows(window, before, "before")
        window.set_preference(SERVER_PORTS, client)
        return shows(window, after, "after")


def rules(name):
    """What was one turn becomes the messages of its protocol."""
    with wireshark(name, PIPE) as window:
        shows(window, printed(PIPE), "turns")
        window.packet_menu(*desktop.PREFERENCES, *TO_RULES, "Return")
        return shows(window, printed(PIPE, *RULES), "by rule")


def switched_off(name):
    blank = [[row[0]] + [""] * len(FIELDS) for row in printed(REDIS)]
    tcp = host.tshark(REDIS, "-2", "-V", "-Y", "frame.number == 1", plugin=False)
    with wireshark(name, REDIS) as window:
        shows(window, printed(REDIS), "on")
        window.packet_menu(*desktop.PREFERENCES, *TO_DISABLE, "Return")
        shows(window, blank, "off")
        window.select(1)
        wanted = tree(tcp.splitlines(), "Internet")
        desktop.eventually(lambda: tree(window.details(), "Internet"), "TCP's tree", lambda lines: lines == wanted)


def again(name):
    """Reloaded, then another capture, then the first one: nothing of one is left in the next."""
    with wireshark(name, REDIS) as window:
        window.screen.keys("ctrl+r")
        shows(window, printed(REDIS), "reloaded")
        window.open(ECHO)
        shows(window, printed(ECHO), "another")
        window.open(REDIS)
        return shows(window, printed(REDIS), "the first again")


def left_of_packets(name, request, *words):
    """Rows of pixels: the margin where arrows are, and the bare part of the first column beside it."""
    with wireshark(name, ECHO, "-o", "gui.packet_list_hover_style:FALSE", *words) as window:
        window.select(request)
        time.sleep(1)
        return [window.screen.strip(x, width)[:desktop.HEIGHT // 2] for x, width in ((0, 18), (40, 1))]


def runs(numbers):
    """[first, last] of each unbroken run."""
    found = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def arrows(name):
    """Selecting a request draws an arrow beside it and one beside its answer, and nothing else."""
    request, response = (int(host.rows(ECHO, "exchanges")[0][end + "_frame"]) for end in ("request", "response"))
    on, _ = left_of_packets(name, request)
    off, plain = left_of_packets(name + "_off", request, "--disable-protocol", "reqresp")
    drawn = runs([y for y, (one, other) in enumerate(zip(on, off)) if one != other])
    cases.check(2, len(drawn), "arrows: %s" % drawn)
    [top, bottom], [answer, _] = drawn
    # The selected packet has a colour of its own, those around it and the answer another.
    [height] = [last - first + 1 for first, last in runs(y for y, pixel in enumerate(plain) if pixel != plain[answer])
                if first <= top <= last]
    cases.check((response - request) * height, answer - top, "pixels between the arrows, %d to a packet" % height)
    return "%d pixels apart" % (answer - top)


def expert_information(name):
    with wireshark(name, LOSS) as window:
        window.menu("a", "Up", "Return")
        desktop.eventually(lambda: window.screen.windows("Expert Information"), "window")
        time.sleep(1)
        window.screen.picture(PICTURES / (name + "_window.png"))
        window.screen.keys("Escape")
        desktop.eventually(lambda: not window.screen.windows("Expert Information"), "window closed")


def main(words):
    if absent := desktop.missing():
        print("1..0 # SKIP not installed: " + " ".join(absent))
        sys.exit(77)
    PICTURES.mkdir(parents=True, exist_ok=True)
    todo = [(name, function, name.replace(" ", "_"), *more) for name, function, *more in (
        ("load", load, REDIS), ("load lossy", load, LOSS), ("load pipelined", load, PIPE, *RULES),
        ("load datagrams", load, DATAGRAMS, *RULES), ("click", click, REDIS),
        ("click a datagram", click, DATAGRAMS, *RULES), ("filter", display_filter),
        ("conversation filter", conversation_filter), ("preference", preference), ("server ports", server_ports),
        ("rules", rules), ("switched off", switched_off), ("reload and open", again), ("arrows", arrows),
        ("expert information", expert_information))]
    cases.run(cases.chosen(todo, words), second_try=True, at_once=desktop.SCREENS)


if __name__ == "__main__":
    main(sys.argv[1:])
