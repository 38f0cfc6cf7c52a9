/* What a segment costs does not grow with how many came before it, however hostile they are, and what is kept
 * of it does not either. */
#include <malloc.h>
#include <time.h>

#include <glib.h>

#include "track/tracker.h"

static const int64_t MS = 1000000;

/* Twice the segments may take this many times as long; what is quadratic takes four times. */
static const double RATIO_MAX = 3;
enum { TRIES = 4 };

/* What may be kept, besides what a shape says for each of its steps: pieces and messages up to their bounds.
 */
enum { KEPT_ALWAYS = 4 << 20 };

struct sender {
    struct rr_tracker *tracker;
    struct rr_point now;
    uint32_t stream;
};

enum { ASKER, TELLER };

static struct rr_verdict send_flags(struct sender *to, int64_t after, uint8_t end, uint8_t flags,
                                    uint64_t seq, uint32_t len, uint64_t ack)
{
    static const uint8_t payload[65536] = { 'x' };
    to->now.time += after;
    to->now.frame++;
    const struct rr_segment s = { .at = to->now,
                                  .end = end,
                                  .flags = flags,
                                  .window = 1000,
                                  .seq = (uint32_t)seq,
                                  .ack = (uint32_t)ack,
                                  .len = len,
                                  .payload = payload,
                                  .captured = len,
                                  .protocol = "x" };
    rr_tracker_tick(to->tracker, s.at);
    return rr_tracker_feed(to->tracker, to->stream, &s);
}

static void send_segment(struct sender *to, int64_t after, uint8_t end, uint64_t seq, uint32_t len,
                         uint64_t ack)
{
    send_flags(to, after, end, RR_ACK, seq, len, ack);
}

enum { MESSAGES = 200 };

/* Which is so many messages of one byte, each with a key of its own if they have keys. */
static void send_messages(struct sender *to, int64_t after, uint8_t end, uint64_t seq, uint64_t ack,
                          struct rr_pdu like, uint32_t count)
{
    struct rr_pdu *pdus = g_new(struct rr_pdu, count);
    for (uint32_t i = 0; i < count; i++) {
        pdus[i] = like;
        pdus[i].at = i;
        pdus[i].length = 1;
        pdus[i].key += i;
    }
    rr_tracker_rule(to->tracker, to->stream);
    const struct rr_verdict v = send_flags(to, after, end, RR_ACK, seq, count, ack);
    rr_tracker_pdus(to->tracker, &v, pdus, count);
    g_free(pdus);
}

/* In which no message was found. */
static void send_untold(struct sender *to, int64_t after, uint8_t end, uint8_t flags, uint64_t seq,
                        uint32_t len, uint64_t ack)
{
    rr_tracker_rule(to->tracker, to->stream);
    const struct rr_verdict v = send_flags(to, after, end, flags, seq, len, ack);
    rr_tracker_pdus(to->tracker, &v, NULL, 0);
}

/* Which is one message, with a key. */
static void send_keyed(struct sender *to, uint8_t end, uint64_t seq, uint64_t ack, uint64_t key)
{
    const struct rr_pdu like = { .does = RR_PDU_BEGINS | RR_PDU_ENDS | RR_PDU_KEYED, .key = key };
    send_messages(to, MS, end, seq, ack, like, 1);
}

static void connect_stream(struct sender *to, uint32_t stream)
{
    const struct rr_endpoint ends[2] = { { "192.0.2.1", 40000 }, { "192.0.2.2", 80 } };
    to->stream = stream;
    rr_tracker_open(to->tracker, stream, ends);
    send_segment(to, MS, ASKER, 0, 0, 0);
    send_segment(to, MS, TELLER, 0, 0, 0);
}

static void ask_once(struct sender *to)
{
    connect_stream(to, 0);
    send_segment(to, MS, ASKER, 0, 10, 0);
}

static void holes(struct sender *to, uint32_t n)
{
    ask_once(to);
    for (uint32_t i = 0; i < n; i++)
        send_segment(to, MS, TELLER, 2 * i + 1, 1, 10);
}

static void acknowledged_holes(struct sender *to, uint32_t n)
{
    ask_once(to);
    for (uint32_t i = 0; i < n; i++) {
        send_segment(to, MS, TELLER, 2 * i + 1, 1, 10);
        send_segment(to, MS, ASKER, 10, 0, 2 * i + 2);
    }
}

static void filled_holes(struct sender *to, uint32_t n)
{
    ask_once(to);
    for (uint32_t i = 0; i < n; i++)
        send_segment(to, MS, TELLER, 2 * i + 1, 1, 10);
    for (uint32_t i = n; i-- > 0;)
        send_segment(to, MS, TELLER, 2 * i, 1, 10);
}

static void reverse(struct sender *to, uint32_t n)
{
    ask_once(to);
    for (uint32_t i = n; i-- > 0;)
        send_segment(to, MS, TELLER, i, 1, 10);
}

static void reverse_requests(struct sender *to, uint32_t n)
{
    connect_stream(to, 0);
    for (uint32_t i = n; i-- > 0;)
        send_segment(to, MS, ASKER, i, 1, 0);
}

static void shuffled(struct sender *to, uint32_t n)
{
    ask_once(to);
    for (uint32_t i = 0; i < n; i++)
        send_segment(to, MS, TELLER, (uint64_t)i * 7919 % n, 1, 10);
}

static void turns(struct sender *to, uint32_t n)
{
    connect_stream(to, 0);
    for (uint32_t i = 0; i < n; i++) {
        send_segment(to, MS, ASKER, i, 1, i);
        send_segment(to, MS, TELLER, i, 1, i + 1);
    }
}

static void pipelined(struct sender *to, uint32_t n)
{
    connect_stream(to, 0);
    for (uint32_t i = 0; i < n; i++)
        send_segment(to, 0, ASKER, i, 1, 0);
    for (uint32_t i = 0; i < n; i++)
        send_segment(to, 0, TELLER, i, 1, i + 1);
}

static void answers_first(struct sender *to, uint32_t n)
{
    connect_stream(to, 0);
    for (uint32_t i = 0; i < n; i++)
        send_segment(to, 0, TELLER, i, 1, i + 1);
    for (uint32_t i = 0; i < n; i++)
        send_segment(to, 0, ASKER, i, 1, 0);
}

static void falling_acks(struct sender *to, uint32_t n)
{
    connect_stream(to, 0);
    send_segment(to, 0, ASKER, 0, 60000, 0);
    for (uint32_t i = n; i-- > 0;)
        send_segment(to, 0, TELLER, i, 1, 1 + i % 60000);
}

static void pushes(struct sender *to, uint32_t n)
{
    ask_once(to);
    for (uint32_t i = 0; i < n; i++) {
        send_segment(to, 4000 * MS, TELLER, i, 1, 10);
        send_segment(to, MS, ASKER, 10, 0, i + 1);
    }
}

/* An answer to what was not captured, pushes, and then copies that acknowledge ever less of it. */
static void pushes_behind_a_cut(struct sender *to, uint32_t n)
{
    enum { EACH = 500 };
    for (uint32_t stream = 0; stream < n / EACH; stream++) {
        connect_stream(to, stream);
        for (uint32_t i = 0; i < EACH; i++)
            send_segment(to, 0, TELLER, i, 1, EACH);
        for (uint32_t i = 0; i < EACH; i++)
            send_segment(to, 4000 * MS, TELLER, EACH + i, 1, EACH);
        for (uint32_t i = 1; i < EACH; i++)
            send_segment(to, 0, TELLER, i - 1, 1, i);
    }
}

static void resets_behind_fins(struct sender *to, uint32_t n)
{
    connect_stream(to, 0);
    for (uint32_t i = 0; i < n; i++) {
        send_keyed(to, ASKER, i, i, i);
        send_keyed(to, TELLER, i, i + 1, i);
    }
    send_flags(to, MS, ASKER, RR_ACK | RR_FIN, n, 0, n);
    send_flags(to, MS, TELLER, RR_ACK | RR_FIN, n, 0, n + 1);
    for (uint32_t i = 0; i < n; i++)
        send_flags(to, MS, TELLER, RR_ACK | RR_RST, n + 1, 0, n + 1);
}

static void silence_behind_a_reset(struct sender *to, uint32_t n)
{
    turns(to, n);
    send_flags(to, MS, TELLER, RR_ACK | RR_RST, n, 0, n);
    for (uint32_t i = 0; i < n; i++)
        send_segment(to, 61000 * MS, TELLER, n, 0, n);
}

/* Alike in what a table of hashes would go by. */
static void chosen_keys(struct sender *to, uint32_t n)
{
    connect_stream(to, 0);
    for (uint32_t i = 0; i < n; i++)
        send_keyed(to, ASKER, i, 0, (uint64_t)i << 32);
}

/* Requests behind a hole, and then, the other way round, those that were in it. */
static void ask_behind_a_hole(struct sender *to, uint32_t n, struct rr_pdu request)
{
    connect_stream(to, 0);
    for (uint32_t i = 0; i < 2 * n; i++) {
        uint32_t nth = i < n ? n + i : 2 * n - 1 - i;
        request.key = nth * MESSAGES;
        send_messages(to, MS, ASKER, nth * MESSAGES, 0, request, MESSAGES);
    }
}

static void requests_behind_a_hole(struct sender *to, uint32_t n)
{
    ask_behind_a_hole(to, n, (struct rr_pdu){ .does = RR_PDU_BEGINS | RR_PDU_ENDS });
}

static void keys_behind_a_hole(struct sender *to, uint32_t n)
{
    ask_behind_a_hole(to, n, (struct rr_pdu){ .does = RR_PDU_BEGINS | RR_PDU_ENDS | RR_PDU_KEYED });
}

/* While another's answer is under way. */
static void unanswered_in_an_answer(struct sender *to, uint32_t n)
{
    const struct rr_pdu request = { .does = RR_PDU_BEGINS | RR_PDU_ENDS | RR_PDU_KEYED };
    const struct rr_pdu answer = { .does = RR_PDU_BEGINS | RR_PDU_KEYED };
    connect_stream(to, 0);
    send_messages(to, MS, ASKER, 0, 0, request, 1);
    send_messages(to, MS, TELLER, 0, 1, answer, 1);
    for (uint32_t i = 1; i < n; i++) {
        struct rr_pdu next = request;
        next.key = i;
        send_messages(to, 61000 * MS, ASKER, i, 1, next, 1);
    }
}

/* What was said may be their answers; then one of them goes on for days. */
static void perhaps_answered(struct sender *to, uint32_t n)
{
    const struct rr_pdu request = { .does = RR_PDU_BEGINS | RR_PDU_ENDS };
    for (uint32_t stream = 0; stream < n; stream++) {
        connect_stream(to, stream);
        send_messages(to, 0, ASKER, 0, 0, request, 1);
        send_untold(to, 0, TELLER, RR_ACK, 0, 1, 1);
    }
    for (uint32_t i = 0; i < n; i++)
        send_untold(to, 61000 * MS, ASKER, RR_ACK, 1, 0, 1);
}

/* Of what was not told, in one segment. */
static void answers_in_a_segment(struct sender *to, uint32_t n)
{
    const struct rr_pdu answer = { .does = RR_PDU_BEGINS | RR_PDU_ENDS | RR_PDU_KEYED };
    connect_stream(to, 0);
    send_untold(to, MS, ASKER, RR_ACK, 0, 10, 0);
    send_messages(to, MS, TELLER, 0, 10, answer, n);
}

/* Each segment shows the first message once more. */
static void told_again(struct sender *to, uint32_t n)
{
    const struct rr_pdu pdus[] = { { .length = 1, .does = RR_PDU_BEGINS | RR_PDU_ENDS | RR_PDU_ALONE },
                                   { .length = 1, .does = RR_PDU_BEGINS | RR_PDU_ENDS | RR_PDU_ALONE } };
    connect_stream(to, 0);
    for (uint32_t i = 0; i < n; i++) {
        struct rr_pdu both[] = { pdus[0], pdus[1] };
        both[1].at = -(int64_t)i;
        rr_tracker_rule(to->tracker, to->stream);
        const struct rr_verdict v = send_flags(to, MS, ASKER, RR_ACK, i, 1, 0);
        rr_tracker_pdus(to->tracker, &v, both, 2);
    }
}

/* Of a conversation by rule. */
static void revived(struct sender *to, uint32_t n)
{
    const struct rr_pdu push = { .length = 1, .does = RR_PDU_BEGINS | RR_PDU_ENDS | RR_PDU_ALONE };
    const struct rr_endpoint ends[2] = { { "192.0.2.1", 40000 }, { "192.0.2.2", 80 } };
    rr_tracker_open(to->tracker, 0, ends);
    send_flags(to, MS, ASKER, RR_SYN, (uint64_t)-1, 0, 0);
    rr_tracker_rule(to->tracker, 0);
    for (uint32_t i = 0; i < n; i++) {
        const struct rr_verdict v = send_flags(to, 0, ASKER, 0, i, 1, 0);
        rr_tracker_pdus(to->tracker, &v, &push, 1);
    }
    for (uint32_t i = 0; i < n; i++) {
        send_untold(to, MS, TELLER, RR_ACK | RR_RST, 0, 0, 0);
        send_untold(to, MS, ASKER, RR_SYN, (uint64_t)-1, 0, 0);
    }
}

/* Behind a stretch in order, each goes before the one that came before it. */
static void descending(struct sender *to, uint32_t n)
{
    enum { ASCENDING = 255, ALL = 1755 };
    const struct rr_pdu push = { .does = RR_PDU_BEGINS | RR_PDU_ENDS | RR_PDU_ALONE };
    connect_stream(to, 0);
    send_messages(to, 0, ASKER, 0, 0, push, 1);
    for (uint64_t at = 1; at < (uint64_t)n * ALL; at += ALL) {
        for (uint64_t i = 0; i < ASCENDING; i++)
            send_messages(to, 0, ASKER, at + i, 0, push, 1);
        send_untold(to, 0, TELLER, RR_ACK, 0, 0, at + ASCENDING);
        for (uint64_t i = ALL; i-- > ASCENDING;)
            send_messages(to, 0, ASKER, at + i, 0, push, 1);
    }
}

/* Of a segment of many messages. */
static void repeats_of_many(struct sender *to, uint32_t n)
{
    const struct rr_pdu push = { .does = RR_PDU_BEGINS | RR_PDU_ENDS | RR_PDU_ALONE };
    connect_stream(to, 0);
    send_messages(to, 0, ASKER, 0, 0, push, 5000);
    for (uint32_t i = 0; i < n; i++)
        send_untold(to, MS, ASKER, RR_ACK, 0, 5000, 0);
}

/* Messages whose bytes were sent many times before they were told. */
static void told_after_repeats(struct sender *to, uint32_t n)
{
    const struct rr_pdu push = { .length = 1, .does = RR_PDU_BEGINS | RR_PDU_ENDS | RR_PDU_ALONE };
    connect_stream(to, 0);
    for (uint32_t i = 0; i < 256; i++)
        send_untold(to, MS, ASKER, RR_ACK, 0, n, 0);
    for (uint32_t i = 0; i < n; i++) {
        struct rr_pdu next = push;
        next.at = -(int64_t)n;
        rr_tracker_rule(to->tracker, to->stream);
        const struct rr_verdict v = send_flags(to, MS, ASKER, RR_ACK, n + i, 1, 0);
        rr_tracker_pdus(to->tracker, &v, &next, 1);
    }
}

static void unanswered(struct sender *to, uint32_t n)
{
    connect_stream(to, 0);
    for (uint32_t i = 0; i < n; i++)
        send_segment(to, 61000 * MS, ASKER, i, 1, 0);
}

static void repeats(struct sender *to, uint32_t n)
{
    ask_once(to);
    for (uint32_t i = 0; i < n; i++) {
        send_segment(to, MS, TELLER, i, 1, 10);
        send_segment(to, MS, TELLER, i / 2, 1, 10);
    }
}

static void duplicated(struct sender *to, uint32_t n)
{
    connect_stream(to, 0);
    for (uint32_t i = 0; i < n; i++) {
        send_segment(to, MS, ASKER, i, 1, i);
        send_segment(to, 0, ASKER, i, 1, i);
        send_segment(to, MS, TELLER, i, 1, i + 1);
        send_segment(to, 0, TELLER, i, 1, i + 1);
    }
}

static void long_answer(struct sender *to, uint32_t n)
{
    ask_once(to);
    for (uint64_t i = 0; i < n; i++) {
        send_segment(to, MS, TELLER, i * 65535, 65535, 10);
        if (i % 2)
            send_segment(to, MS, ASKER, 10, 0, (i + 1) * 65535);
    }
}

static void connections(struct sender *to, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        connect_stream(to, i);
        send_segment(to, 0, ASKER, 0, 10, 0);
        send_segment(to, 0, TELLER, 0, 10, 10);
    }
    for (uint32_t i = 0; i < n; i++) {
        to->stream = i * 7919 % n;
        send_segment(to, 0, ASKER, 10, 10, 10);
    }
}

static void send_datagram(struct sender *to, int64_t after, uint8_t end, uint64_t key, bool keyed,
                          uint8_t byte)
{
    to->now.time += after;
    to->now.frame++;
    uint16_t does = keyed ? RR_PDU_KEYED : 0;
    const struct rr_datagram d = { .at = to->now,
                                   .end = end,
                                   .does = { does, does },
                                   .key = { key, key },
                                   .len = 1,
                                   .payload = &byte,
                                   .captured = 1,
                                   .protocol = "x" };
    rr_tracker_tick(to->tracker, d.at);
    rr_tracker_datagram(to->tracker, to->stream, &d);
}

static void converse(struct sender *to, uint16_t port)
{
    const struct rr_endpoint ends[2] = { { "192.0.2.1", port }, { "192.0.2.2", 53 } };
    to->stream = rr_tracker_converse(to->tracker, port, ends, true);
}

/* Some wait for ever, the others for a thousand further ones. */
static void datagrams(struct sender *to, uint32_t n)
{
    converse(to, 40000);
    for (uint32_t i = 0; i < n; i++) {
        send_datagram(to, MS, ASKER, i, true, 'q');
        if (i >= 1000 && i % 100)
            send_datagram(to, MS, TELLER, i - 1000, true, 'r');
    }
}

static void same_datagram(struct sender *to, uint32_t n)
{
    converse(to, 40000);
    for (uint32_t i = 0; i < n; i++)
        send_datagram(to, MS, i % 2 ? TELLER : ASKER, 0, false, 'x');
}

static void conversations(struct sender *to, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        converse(to, (uint16_t)i);
        send_datagram(to, MS, ASKER, i, true, 'q');
        send_datagram(to, MS, TELLER, i, true, 'r');
    }
}

static const struct shape {
    const char *name;
    void (*send)(struct sender *to, uint32_t n);
    uint32_t n;
    size_t kept; /* bytes a step, at most; an exchange is about 256, an open connection 1000 */
} shapes[] = {
    { "holes", holes, 500000, 0 },
    { "acknowledged-holes", acknowledged_holes, 100000, 0 },
    { "filled-holes", filled_holes, 50000, 0 },
    { "reverse", reverse, 500000, 0 },
    { "reverse-requests", reverse_requests, 100000, 0 },
    { "shuffled", shuffled, 50000, 0 },
    { "turns", turns, 100000, 400 },
    { "pipelined", pipelined, 50000, 400 },
    { "answers-first", answers_first, 100000, 600 },
    { "falling-acks", falling_acks, 100000, 0 },
    { "pushes", pushes, 500000, 400 },
    { "pushes-behind-a-cut", pushes_behind_a_cut, 20000, 1000 },
    { "resets-behind-fins", resets_behind_fins, 10000, 1000 },
    { "silence-behind-a-reset", silence_behind_a_reset, 20000, 600 },
    { "chosen-keys", chosen_keys, 30000, 1000 },
    { "requests-behind-a-hole", requests_behind_a_hole, 400, 800 * MESSAGES },
    { "keys-behind-a-hole", keys_behind_a_hole, 200, 800 * MESSAGES },
    { "unanswered-in-an-answer", unanswered_in_an_answer, 20000, 1000 },
    { "perhaps-answered", perhaps_answered, 2000, 4000 },
    { "answers-in-a-segment", answers_in_a_segment, 16000, 1000 },
    { "told-again", told_again, 20000, 400 },
    { "revived", revived, 8000, 400 },
    { "descending", descending, 20, 400 * 1755 },
    { "repeats-of-many", repeats_of_many, 500, 200 },
    { "told-after-repeats", told_after_repeats, 20000, 600 },
    { "unanswered", unanswered, 100000, 400 },
    { "repeats", repeats, 100000, 0 },
    { "duplicated", duplicated, 100000, 400 },
    { "around-and-around", long_answer, 140000, 0 }, /* 9 gigabytes, and 18 */
    { "connections", connections, 100000, 3000 },
    { "datagrams", datagrams, 100000, 700 },
    { "same-datagram", same_datagram, 200000, 300 },
    { "conversations", conversations, 200000, 3000 },
};

static size_t in_use(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

struct cost {
    double seconds;
    size_t kept;
};

static struct cost cost_of(const struct shape *shape, uint32_t n)
{
    const size_t used = in_use();
    const struct rr_settings settings = { .quiet = 3000 * MS, .patience = 60000 * MS };
    struct sender to = { .tracker = rr_tracker_new(&settings) };
    const clock_t before = clock();
    shape->send(&to, n);
    rr_tracker_finish(to.tracker, RR_BY_END);
    const clock_t after = clock();
    const size_t kept = in_use() - used;
    rr_tracker_free(to.tracker);
    return (struct cost){ (double)(after - before) / CLOCKS_PER_SEC, kept };
}

static void test_shape(const void *data)
{
    const struct shape *shape = data;
    double ratio = 0;
    for (int i = 0; i < TRIES; i++) {
        struct cost once = cost_of(shape, shape->n), twice = cost_of(shape, 2 * shape->n);
        ratio = twice.seconds / MAX(once.seconds, 0.001);
        g_test_message("%u in %.3f s, twice as many in %.3f s; %zu bytes kept of each", shape->n,
                       once.seconds, twice.seconds, twice.kept / (2 * shape->n));
        g_assert_cmpuint(twice.kept, <, KEPT_ALWAYS + 2 * shape->n * shape->kept);
        if (ratio < RATIO_MAX)
            return;
    }
    g_assert_cmpfloat(ratio, <, RATIO_MAX);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        char *path = g_strconcat("/cost/", shapes[i].name, NULL);
        g_test_add_data_func(path, &shapes[i], test_shape);
        g_free(path);
    }
    return g_test_run();
}
