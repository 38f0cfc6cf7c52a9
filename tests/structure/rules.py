#!/usr/bin/python3
"""Messages told apart by rules: the example of doc/rules.md, what is refused, and latencies that Wireshark has, too."""
import csv
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import cases  # noqa: E402
import host  # noqa: E402

ON = ("-o", "reqresp.rules:TRUE")
SHOP = host.CAPTURES / "crafted/shop.pcap"
LUA = host.ROOT / "doc/lua/shop.lua"
RULES = host.ROOT / "doc/lua/shop.rules"
ROW = ('"shop","key","","shop.kind == 1","","shop.kind == 2","","","","shop.kind == 3","","%s","",'
       '"shop.kind shop.words","","","","",""')


def shop(*words):
    """(rows, what stands on stderr)"""
    done = host.run(["tshark", "-r", host.readable(SHOP), "-X", "lua_script:" + host.readable(LUA), *ON, *words,
                     "-q", "-z", "reqresp,export,rows=exchanges"])
    cases.check(0, done.returncode)
    return host.parse(done.stdout.decode()), done.stderr.decode()


def facts(rows):
    return sorted((row["summary"], row["status"], row["latency"], row["pairing"], row["depth"]) for row in rows)


WANTED = [("ask apple", "answered", "0.015000000", "key", "1"), ("ask cherry", "answered", "0.012000000", "key", "3"),
          ("ask pear", "answered", "0.010000000", "key", "2")]


def own_file():
    rows, said = shop("-o", "reqresp.rules_file:" + host.readable(RULES))
    cases.check("", said)
    cases.check(WANTED, facts(rows))


def own_table():
    rows, said = shop("-o", "uat:reqresp_rules:" + ROW % "shop.number")
    cases.check("", said)
    cases.check(WANTED, facts(rows))


def documented():
    """The lines of the page are what is printed, and the rule is the file's."""
    page = (host.ROOT / "doc/rules.md").read_text()
    cases.check(True, re.sub(r"(?m)^(?=.)", "        ", RULES.read_text()) in page, "the rule")
    command, wanted = re.search(r"^ +\$ tshark -r \S+shop.pcap (.*)\n((?: +\S.*\n)+)", page, re.M).groups()
    words = [host.readable(host.ROOT / w) if w.startswith("doc/") else
             w.partition(":")[0] + ":" + host.readable(host.ROOT / w.partition(":")[2]) if ":doc/" in w else w
             for w in command.split()]
    cases.check(re.sub(r"(?m)^ +", "", wanted), host.tshark(SHOP, *words).replace("\r", ""))


def only():
    """A rule for none of the messages leaves turns; one for those that are there changes nothing."""
    row = "uat:reqresp_rules:" + (ROW % "shop.number").removesuffix('""')
    for condition, wanted in (("shop.kind == 9", {"turn"}), ("shop.number", {"key"})):
        rows, said = shop("-o", row + '"%s"' % condition)
        cases.check(("", wanted), (said, {row["pairing"] for row in rows}))


def among_others():
    """Of the fields of one name, the one that stands behind another of that text: with HTTP's headers."""
    for method, wanted in (("GET", "GET */*"), ("PUT", "GET")):
        file = host.SCRATCH / ("among_%s.rules" % method)
        file.write_text("rule http\nrequest: http.request\nresponse: http.response\n"
                        "summary: http.request.method http.accept(http.request.method=%s)\n" % method)
        file.chmod(0o644)
        rows = host.rows(host.captures()["http_short"], "exchanges", *ON, "-o", "reqresp.rules_file:%s" % file)
        cases.check({wanted}, {row["summary"] for row in rows})


def listed():
    """The page names every protocol that there is a rule for."""
    page = (host.ROOT / "doc/rules.md").read_text().partition("## One of your own")[0]
    rules = re.findall(r"(?m)^rule (\S+)", (host.ROOT / "plugin/rules/builtin.rules").read_text())
    cases.check([], [name for name in rules if "`%s`" % name not in page])


def unknown_field():
    rows, said = shop("-o", "uat:reqresp_rules:" + ROW % "shop.nummer")
    cases.check("tshark: reqresp: rule shop: this Wireshark has no field shop.nummer; the rule is skipped\n",
                said.replace("\r", ""))
    cases.check(["turn"], [row["pairing"] for row in rows])


def unknown_protocol():
    folder = host.SCRATCH / "unknown.rules"
    folder.write_text("rule nosuch\npair: order\n\nrule shop\npair: luck\n")
    folder.chmod(0o644)
    _, said = shop("-o", "reqresp.rules_file:%s" % folder)
    cases.check(["tshark: reqresp: rules_file %s, line 5: rule shop: pair is order, key or newest, not \"luck\"; the rule is skipped" % folder,
                 "tshark: reqresp: rule nosuch: this Wireshark has no protocol nosuch; the rule is skipped"],
                said.splitlines())


def unreadable_file():
    rows, said = shop("-o", "reqresp.rules_file:/nonexistent")
    cases.check((1, 1), (said.count("\n"), len(rows)))
    cases.check(True, said.startswith("tshark: reqresp: rules_file: "))


def off():
    """Without the preference nothing is other than turns."""
    plain = host.export(SHOP, "exchanges")
    cases.check(plain, host.tshark(SHOP, "-o", "reqresp.rules_file:" + host.readable(RULES), "-q", "-z",
                                   "reqresp,export,rows=exchanges"))


def every_message_of_a_frame():
    """A frame with sixteen commands shows sixteen."""
    shown = host.tshark(host.captures()["redis_pipe"], *ON, "-Y", "frame.number == 17", "-T", "fields", "-e",
                        "reqresp.exchange").strip().split(",")
    cases.check(16, len(set(shown)))


def links():
    """In a second pass each request names its response's frame."""
    lines = host.tshark(SHOP, "-2", "-X", "lua_script:" + host.readable(LUA), *ON, "-o",
                        "reqresp.rules_file:" + host.readable(RULES), "-Y", "reqresp.request", "-T", "fields", "-e",
                        "frame.number", "-e", "reqresp.exchange", "-e", "reqresp.response_in").splitlines()
    cases.check(["4\t1,2\t8,7", "5\t3\t8", "6\t3\t8"], lines)


def as_wireshark(name, time, is_response, further=()):
    """Where Wireshark measures the time of an answer, ours is that; it does so for `further` parts of one, too."""
    theirs = host.tshark(host.captures()[name], *ON, "-Y", is_response, "-T", "fields", "-e", "frame.number", "-e", time)
    wanted = sorted((int(line.split("\t")[0]), float(t)) for line in theirs.splitlines()
                    for t in line.split("\t")[1].split(",") if t)
    got = sorted((int(row["response_frame"]), float(row["latency"])) for row in host.rows(host.captures()[name],
                                                                                        "exchanges", *ON)
                 if row["latency"])
    cases.check(True, bool(got))
    cases.check([], [one for one in got if one not in wanted], "not as Wireshark has it")
    cases.check({frame for frame, _ in wanted if frame not in further}, {frame for frame, _ in got})


def pipelines():
    """pgbench's own latencies are those of whole exchanges, and some microseconds of its own."""
    rows = [row for row in host.rows(host.captures()["pgbench"], "exchanges", *ON) if row["request_bytes"] == "170"]
    with open(host.CAPTURES / "pgbench.truth.csv", encoding="ascii") as file:
        truth = [int(row["latency_us"]) for row in csv.DictReader(file)]
    cases.check(len(truth), len(rows))
    for client, row in zip(truth, rows):
        more = client - float(row["duration"]) * 1e6
        cases.check(True, 0 <= more < 100, "%s: %g more" % (row["id"], more))


def commands_of_pipeline():
    """As many as redis-benchmark says it sent, all answered, sixteen at a time."""
    rows = host.rows(host.captures()["redis_pipe"], "exchanges", *ON)
    verbs = [row["summary"].split()[0] for row in rows]
    cases.check((640, 640), (verbs.count("SET"), verbs.count("GET")))
    cases.check({"answered"}, {row["status"] for row in rows})
    cases.check({str(n) for n in range(1, 17)}, {row["depth"] for row in rows})


DELAYS = [side + kind for kind in ("_lost", "_stalled") for side in ("request", "latency", "response")]


def delays(name):
    """What was lost or stalled is told as of turns, where one message is one turn."""
    facts = ("request_frame", "response_frame", "request_bytes", "response_bytes", *DELAYS)
    turns, told = ({row["id"]: [row[fact] for fact in facts] for row in host.rows(host.captures()[name], "exchanges", *words)}
                   for words in ((), ON))
    alike = [id for id, row in told.items() if id in turns and turns[id][:4] == row[:4]]
    cases.check(True, len(alike) > 200)
    cases.check([], [(id, turns[id], told[id]) for id in alike if turns[id] != told[id]])
    held = sum(any(float(cell or 0) for cell in told[id][4:]) for id in alike)
    cases.check(True, held > 0, "held up")
    return "%d of %d held up" % (held, len(alike))


def main(words):
    cases.run(cases.chosen([
        ("own file", own_file), ("own table", own_table), ("listed", listed), ("only", only), ("among others", among_others), ("doc/rules.md", documented),
        ("unknown field", unknown_field), ("unknown protocol", unknown_protocol), ("unreadable file", unreadable_file),
        ("off", off), ("every message of a frame", every_message_of_a_frame), ("links", links),
        ("dns.time", as_wireshark, "dns_tcp", "dns.time", "dns.flags.response == 1"),
        ("ldap.time", as_wireshark, "ldap", "ldap.time", "ldap.time", (29, 31, 33)), ("pgbench", pipelines),
        ("redis-benchmark", commands_of_pipeline),
        ("delays redis_loss_c", delays, "redis_loss_c"),
    ], words))


if __name__ == "__main__":
    main(sys.argv[1:])
