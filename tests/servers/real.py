#!/usr/bin/python3
"""Real servers: each exchange at both ends is what the client saw, over IPv4, IPv6, and a wire that loses 1 % each way.

Also what servers push: Redis and MQTT subscriptions, once the wire was quiet.
"""
import sys
import time

import lab as labs
import judge
import notes
import software
import cases

ROUNDS, LOSSY_ROUNDS = 6, 30
PLAIN, IPV6, LOSSY, PUSHED = 41000, 42000, 43000, 44000
PLAN = "seed 7\n43000-43999 a any 1% drop\n43000-43999 b any 1% drop\n"
VARIATIONS = [("plain", PLAIN, ROUNDS), ("IPv6", IPV6, ROUNDS), ("1 % loss", LOSSY, LOSSY_ROUNDS)]
QUIET = 1          # s, a preference: pushes after it
GAP = QUIET + 0.4  # between pushes


def subscribe_redis(lab, port):
    client, publisher = (notes.Client(lab, port + i, 6379) for i in range(2))
    client.ask(software.resp(b"SUBSCRIBE", b"news"), lambda: software.resp_reply(client))
    for i in range(3):
        time.sleep(GAP)
        publisher.ask(software.resp(b"PUBLISH", b"news", b"n" * 900 * (i + 1)), lambda: software.resp_reply(publisher))
        client.greeting(lambda: software.resp_reply(client))
    return [client, publisher]


def subscribe_mqtt(lab, port):
    client, publisher = (notes.Client(lab, port + i, 1883) for i in range(2))
    for one in client, publisher:
        software.mqtt_connect(one)
    client.ask(software.mqtt(0x82, b"\0\1", software.mqtt_text(b"news"), b"\0"), lambda: software.mqtt_reply(client))
    for i in range(3):
        time.sleep(GAP)
        publisher.ask(software.mqtt(0x32, software.mqtt_text(b"news"), b"\0\2", b"n" * 900 * (i + 1)),
                      lambda: software.mqtt_reply(publisher))
        client.greeting(lambda: software.mqtt_reply(client))
    return [client, publisher]


PUSHERS = [("redis", subscribe_redis), ("mosquitto", subscribe_mqtt)]


def converse(lab):
    """All conversations at once; (name, variation) -> its clients."""
    clients, work = {}, []

    def hold(name, variation, port, to_port, talk, rounds):
        client = notes.Client(lab, port, to_port, ipv6=variation == "IPv6")
        clients[name, variation] = [client]
        talk(client, rounds)
        client.close()

    def push(name, port, subscribe):
        clients[name, "push"] = subscribe(lab, port)
        for client in clients[name, "push"]:
            client.close()
    for i, (name, to_port, _, talk, _) in enumerate(software.ALL):
        for variation, port, rounds in VARIATIONS:
            work.append(lambda words=(name, variation, port + i, to_port, talk, rounds): hold(*words))
    for i, (name, subscribe) in enumerate(PUSHERS):
        work.append(lambda words=(name, PUSHED + 10 * i, subscribe): push(*words))
    notes.at_once(work)
    return clients


def lost(evidence):
    """The plan did lose packets of both directions, and TCP made up for it."""
    packets = [packet for packet in evidence.log if LOSSY <= packet.port < PUSHED]
    drops = [sum(packet.fate == "drop" and packet.side == side for packet in packets) for side in (0, 1)]
    cases.check(True, min(drops) > 0, "packets lost %r" % drops)
    return "%d of %d packets: %d and %d" % (sum(drops), len(packets), *drops)


def main(words):
    labs.require(*[program for *_, program in software.ALL])
    with labs.Lab(delay=5, plan=PLAN) as lab:
        for _, _, start, _, _ in software.ALL:
            start(lab)
        for _, port, *_ in software.ALL:
            software.wait_for(lab, port)
        clients = converse(lab)
    evidence = judge.Evidence(lab, {port for _, port, *_ in software.ALL})

    def holds(variation, mine):
        return "; ".join(evidence.judge(client, quiet=QUIET if variation == "push" else 0) for client in mine)
    todo = [(" ".join(key), holds, key[1], mine) for key, mine in sorted(clients.items())]
    todo += [("two passes", evidence.two_passes), ("captures", evidence.faithful), ("losses", lost, evidence)]
    cases.run(cases.chosen(todo, words))


if __name__ == "__main__":
    main(sys.argv[1:])
