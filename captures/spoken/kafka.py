"""Apache Kafka (https://kafka.apache.org/protocol): requests and responses of one connection share a correlation id.

A broker answers one connection in order, so three requests under way get their answers in that order; a proxy in front of several
brokers need not: on the second connection answers come as they are ready. Produce with acks=0 is owed none.
"""
import struct

PORT = 9092
PRODUCE, FETCH, METADATA, API_VERSIONS = 0, 1, 3, 18


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


def framed(data):
    return struct.pack(">i", len(data)) + data


def request(key, version, number, body):
    return framed(struct.pack(">hhi", key, version, number) + string("made") + body)


def response(number, body):
    return framed(struct.pack(">i", number) + body)


def crc32c(data):
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


def varint(number):
    """Zigzag, seven bits a byte, the lowest first."""
    number = number << 1 ^ number >> 63
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def records(value):
    """A batch of one record without a key."""
    record = b"\0" + varint(0) + varint(0) + varint(-1) + varint(len(value)) + value + varint(0)
    record = varint(len(record)) + record
    rest = struct.pack(">hiqqqhii", 0, 0, 1704067200000, 1704067200000, -1, -1, -1, 1) + record
    batch = struct.pack(">ibI", 0, 2, crc32c(rest)) + rest
    batch = struct.pack(">qi", 0, len(batch)) + batch
    return struct.pack(">i", len(batch)) + batch


def produce(number, acks, value):
    return request(PRODUCE, 3, number, struct.pack(">hhii", -1, acks, 1000, 1) + string("topic") + struct.pack(">ii", 1, 0)
                   + records(value))


def produced(number, error=0):
    return response(number, struct.pack(">i", 1) + string("topic") + struct.pack(">iihqqi", 1, 0, error, 5, -1, 0))


def fetch(number, offset):
    return request(FETCH, 4, number, struct.pack(">iiiibi", -1, 500, 1, 65536, 0, 1) + string("topic")
                   + struct.pack(">iiqi", 1, 0, offset, 65536))


def fetched(number, value):
    return response(number, struct.pack(">ii", 0, 1) + string("topic") + struct.pack(">iihqqi", 1, 0, 0, 9, 9, 0)
                    + (records(value) if value else struct.pack(">i", 0)))


def metadata(number, topic):
    return request(METADATA, 0, number, struct.pack(">i", 1) + string(topic))


def known(number, topic, error=0):
    broker = struct.pack(">ii", 1, 1) + string("broker.example") + struct.pack(">i", PORT)
    partitions = b"" if error else struct.pack(">ihii", 1, 0, 0, 1) + struct.pack(">iiii", 1, 1, 1, 1)
    topics = struct.pack(">ih", 1, error) + string(topic) + (partitions or struct.pack(">i", 0))
    return response(number, broker + topics)


def versions(number):
    return request(API_VERSIONS, 0, number, b"")


def supported(number):
    apis = [(PRODUCE, 3, 3), (FETCH, 4, 4), (METADATA, 0, 0), (API_VERSIONS, 0, 0)]
    return response(number, struct.pack(">hi", 0, len(apis)) + b"".join(struct.pack(">hhh", *api) for api in apis))


def broker(talk):
    first = talk.request(versions(1))
    talk.send(1, first)
    talk.send(3, talk.response(first, supported(1)))
    known_topic, unknown_topic = talk.request(metadata(2, "topic")), talk.request(metadata(3, "nosuch"))
    talk.send(1, known_topic, unknown_topic)
    talk.send(4, talk.response(known_topic, known(2, "topic")), talk.response(unknown_topic, known(3, "nosuch", 3)))
    long = talk.request(produce(4, -1, b"x" * 900))
    talk.send(1, long[:400])
    talk.send(2, long[400:])
    talk.send(1, talk.oneway(produce(5, 0, b"unheard")), talk.oneway(produce(6, 0, b"too")))
    short = talk.request(produce(7, 1, b"heard"))
    talk.send(1, short)
    talk.send(6, talk.response(long, produced(4)))
    talk.send(2, talk.response(short, produced(7, 10)))
    waits = talk.request(fetch(8, 5))
    talk.send(1, waits)
    data = talk.response(waits, fetched(8, b"y" * 800))
    talk.send(500, data[:600], flags="A")
    talk.send(1, data[600:])
    talk.send(1, talk.request(fetch(9, 6)))


def proxy(talk):
    """What one broker knows at once another has to wait for."""
    slow, quick, other = talk.request(fetch(1, 0)), talk.request(metadata(2, "topic")), talk.request(produce(3, 1, b"z"))
    talk.send(1, slow)
    talk.send(1, quick, other)
    talk.send(2, talk.response(other, produced(3)))
    talk.send(1, talk.response(quick, known(2, "topic")))
    talk.send(300, talk.response(slow, fetched(1, b"")))


TALKS = (broker, proxy)
