/* The bytes of messages: whole when a row shows them, also when it is told again, and kept no longer. */
#include <string.h>

#include "seeds.h"
#include "track/payload.h"
#include "wire.h"

static const int64_t MS = 1000000;
enum { UNCUT = 1000 };
static const uint32_t ISN[2] = { 1000, UINT32_MAX - 100 };

static uint8_t byte_at(int way, int64_t offset)
{
    uint64_t x = (uint64_t)offset * 2 + (uint64_t)way;
    return (uint8_t)((x * UINT64_C(0x9e3779b97f4a7c15)) >> 40);
}

struct run {
    struct rr_tracker *tracker;
    struct rr_payload *payload;
    const GArray *capture;
    uint32_t cut_at; /* bytes of a segment that are captured */
    size_t most;
    size_t report;                            /* to be checked next */
    GArray *verdicts;                         /* of struct rr_verdict */
    uint32_t captured[2][WIRE_BYTES_MAX + 1]; /* frame that first showed a byte; 0: none did */
};

static struct rr_verdict feed(struct run *r, const struct wire_segment *s, uint32_t frame)
{
    static uint8_t bytes[UNCUT];
    for (uint32_t i = 0; i < s->len; i++)
        bytes[i] = byte_at(s->from_server, s->begin + i);
    struct rr_segment segment = wire_captured(s, frame, ISN);
    segment.payload = bytes;
    segment.captured = MIN(s->len, r->cut_at);
    return rr_tracker_feed(r->tracker, 0, &segment);
}

static void tell(struct run *r, guint i)
{
    const struct wire_segment *s = &g_array_index(r->capture, struct wire_segment, i);
    const struct rr_verdict *v = &g_array_index(r->verdicts, struct rr_verdict, i);
    uint8_t bytes[UNCUT];
    for (uint32_t k = 0; k < s->len; k++)
        bytes[k] = byte_at(s->from_server, s->begin + k);
    rr_payload_add(r->payload, v, bytes, MIN(s->len, r->cut_at));
}

/* Of segments that were cut off a later copy shows more, and a lone byte can be a keep-alive's: then what
 * counts is what the verdict calls new. */
static void note_captured(struct run *r, const struct wire_segment *s, const struct rr_verdict *v,
                          guint frame)
{
    bool whole = r->cut_at == UNCUT && (s->len > 1 || v->held);
    uint32_t first = whole ? 0 : v->skip, after = whole ? s->len : MIN(v->skip + v->take, r->cut_at);
    for (uint32_t k = first; k < after && !(s->flags & RR_RST); k++)
        if (s->begin + k >= 0 && !r->captured[s->from_server][s->begin + k])
            r->captured[s->from_server][s->begin + k] = frame;
}

static void check_message(struct run *r, const struct rr_report *report, int side, guint frame)
{
    const struct rr_exchange *x = report->exchange;
    const struct rr_message *m = side == RR_CLIENT ? &x->request : &x->response;
    struct rr_bytes got = rr_payload_bytes(r->payload, report->connection, side, m, r->most);
    int way = strcmp(report->connection->end[side].host, "192.0.2.1") != 0;
    int64_t shift = (int32_t)(report->connection->origin[side] - ISN[way] - 1);
    size_t n = 0;
    int64_t end = MIN(m->end, m->begin + (int64_t)r->most);
    for (int64_t offset = m->begin + shift; offset < end + shift; offset++) {
        uint32_t shown = offset >= 0 && offset < WIRE_BYTES_MAX ? r->captured[way][offset] : 0;
        if (!shown || shown > frame)
            continue;
        g_assert_cmpuint(n, <, got.length);
        g_assert_cmpuint(got.at[n++], ==, byte_at(way, offset));
    }
    g_assert_cmpuint(got.length, ==, n);
    g_assert_cmpint(got.cut, ==, n != (uint64_t)(m->end - m->begin));
}

/* What came due by the end of a frame is what an exporter would print now. */
static void check_due(struct run *r, guint frame)
{
    for (; r->report < rr_tracker_report_count(r->tracker); r->report++) {
        struct rr_report report = rr_tracker_report(r->tracker, r->report);
        if (report.frame > frame)
            break;
        if (report.rows & (RR_ROW_REQUEST | RR_ROW_EXCHANGE))
            check_message(r, &report, RR_CLIENT, frame);
        if (report.rows & (RR_ROW_RESPONSE | RR_ROW_EXCHANGE))
            check_message(r, &report, RR_SERVER, frame);
    }
}

static void read_once(struct run *r)
{
    for (guint i = 0; i < r->capture->len; i++) {
        const struct wire_segment *s = &g_array_index(r->capture, struct wire_segment, i);
        rr_payload_begin_frame(r->payload, r->tracker, i + 1);
        rr_tracker_tick(r->tracker, (struct rr_point){ s->time, i + 1 });
        const struct rr_verdict v = feed(r, s, i + 1);
        g_array_append_val(r->verdicts, v);
        tell(r, i);
        note_captured(r, s, &v, i + 1);
        check_due(r, i + 1);
    }
    rr_tracker_finish(r->tracker, RR_BY_END);
    check_due(r, UINT32_MAX);
}

static void read_again(struct run *r)
{
    rr_payload_again(r->payload);
    r->report = 0;
    for (guint i = 0; i < r->capture->len; i++) {
        rr_payload_begin_frame(r->payload, r->tracker, i + 1);
        tell(r, i);
        check_due(r, i + 1);
    }
    check_due(r, UINT32_MAX);
}

static void check_capture(const GArray *capture, GRand *rand)
{
    static const uint32_t cuts[] = { UNCUT, UNCUT, UNCUT, 7, 0 };
    static const int64_t patience[] = { 0, 500, 60000 }, quiet[] = { 0, 100, 3000 };
    const struct rr_settings settings = { .quiet = quiet[g_rand_int_range(rand, 0, 3)] * MS,
                                          .patience = patience[g_rand_int_range(rand, 0, 3)] * MS };
    const struct rr_endpoint ends[2] = { { "192.0.2.1", 40000 }, { "192.0.2.2", 80 } };
    struct run *r = g_new0(struct run, 1);
    r->capture = capture;
    r->cut_at = cuts[g_rand_int_range(rand, 0, 5)];
    r->most = g_rand_boolean(rand) ? 50 : WIRE_BYTES_MAX;
    r->tracker = rr_tracker_new(&settings);
    r->payload = rr_payload_new((struct rr_payload_limits){ r->most, 1 << 20, 0, 0 });
    r->verdicts = g_array_new(FALSE, FALSE, sizeof(struct rr_verdict));
    rr_tracker_open(r->tracker, 0, ends);
    read_once(r);
    read_again(r);
    read_again(r);
    rr_payload_free(r->payload);
    rr_tracker_free(r->tracker);
    g_array_free(r->verdicts, TRUE);
    g_free(r);
}

/* Some frames never reach the capture. */
static GArray *thin(const GArray *capture, GRand *rand)
{
    GArray *thinned = g_array_new(FALSE, FALSE, sizeof(struct wire_segment));
    double odds = g_rand_int_range(rand, 0, 3) * 0.1;
    guint from = g_rand_boolean(rand) ? 0 : (guint)g_rand_int_range(rand, 0, (gint32)capture->len);
    for (guint i = from; i < capture->len; i++)
        if (g_rand_double(rand) >= odds)
            g_array_append_val(thinned, g_array_index(capture, struct wire_segment, i));
    return thinned;
}

static void run_wire(guint32 seed)
{
    GRand *rand = g_rand_new_with_seed(seed);
    const struct wire_plan plan = wire_some_plan(rand, false);
    struct wire_captures c = wire_run(&plan, rand);
    for (int end = 0; end < 2; end++) {
        check_capture(c.at[end], rand);
        GArray *thinned = thin(c.at[end], rand);
        check_capture(thinned, rand);
        g_array_free(thinned, TRUE);
    }
    wire_captures_free(&c);
    g_rand_free(rand);
}

static void test_wire(void)
{
    seeds_each(400, run_wire);
}

/* Two hosts that take turns; each segment is acknowledged at once. */
struct talk {
    struct rr_tracker *tracker;
    struct rr_payload *payload;
    uint32_t next[2], frame;
    size_t most_kept;
};

static void say(struct talk *t, int way, uint32_t length, uint8_t flags)
{
    static const uint8_t bytes[UNCUT];
    const struct rr_segment s = { .at = { t->frame * MS, t->frame },
                                  .end = (uint8_t)way,
                                  .flags = (uint8_t)(RR_ACK | flags),
                                  .window = 1000,
                                  .seq = t->next[way],
                                  .ack = t->next[!way],
                                  .len = length,
                                  .payload = bytes,
                                  .captured = length,
                                  .protocol = "x" };
    t->next[way] += length + (flags ? 1 : 0);
    rr_payload_begin_frame(t->payload, t->tracker, t->frame);
    rr_tracker_tick(t->tracker, s.at);
    const struct rr_verdict v = rr_tracker_feed(t->tracker, 0, &s);
    rr_payload_add(t->payload, &v, bytes, length);
    t->most_kept = MAX(t->most_kept, rr_payload_kept(t->payload));
    t->frame++;
}

static void send(struct talk *t, int way, uint32_t segments)
{
    while (segments--) {
        say(t, way, 500, 0);
        say(t, !way, 0, 0);
    }
}

static struct talk begin_limited(struct rr_payload_limits limits)
{
    const struct rr_settings settings = { .quiet = 3000 * MS, .patience = 60000 * MS };
    const struct rr_endpoint ends[2] = { { "192.0.2.1", 40000 }, { "192.0.2.2", 80 } };
    struct talk t = {
        .tracker = rr_tracker_new(&settings), .payload = rr_payload_new(limits), .next = { 1, 1 }, .frame = 1
    };
    rr_tracker_open(t.tracker, 0, ends);
    return t;
}

static struct talk begin_talk(size_t most)
{
    return begin_limited((struct rr_payload_limits){ most, 20000, 4096, 0 });
}

static void end_talk(struct talk *t)
{
    rr_payload_free(t->payload);
    rr_tracker_free(t->tracker);
}

static void test_small_messages_are_let_go(void)
{
    struct talk t = begin_talk(1000);
    for (int i = 0; i < 2000; i++) {
        send(&t, 0, 1);
        send(&t, 1, 2);
    }
    g_assert_cmpuint(t.most_kept, <, 20000);
    end_talk(&t);
}

static void test_long_messages_keep_their_begin(void)
{
    for (int way = 0; way < 2; way++) {
        struct talk t = begin_talk(1000);
        send(&t, 0, 1);
        send(&t, way, 2000);
        g_assert_cmpuint(t.most_kept, <, 20000);
        end_talk(&t);
    }
}

/* Behind a hole nothing is ever sure: what is kept for it has its bound. */
static void test_behind_a_hole(void)
{
    for (int way = 0; way < 2; way++) {
        struct talk t = begin_talk(1000);
        send(&t, 0, 1);
        send(&t, 1, 1);
        t.next[way] += 100;
        for (int i = 0; i < 2000; i++) {
            send(&t, 0, 1);
            send(&t, 1, 2);
        }
        g_assert_cmpuint(t.most_kept, <, 100000);
        end_talk(&t);
    }
}

static void test_closed_connections_keep_nothing(void)
{
    struct talk t = begin_talk(1000);
    send(&t, 0, 1);
    send(&t, 1, 2);
    say(&t, 0, 0, RR_FIN);
    say(&t, 1, 0, RR_FIN);
    say(&t, 0, 0, 0);
    g_assert_cmpuint(rr_payload_kept(t.payload), >, 0);
    t.frame += 100000;
    rr_tracker_tick(t.tracker, (struct rr_point){ t.frame * MS, t.frame });
    rr_payload_begin_frame(t.payload, t.tracker, t.frame + 1);
    g_assert_cmpuint(rr_payload_kept(t.payload), ==, 0);
    end_talk(&t);
}

static void test_no_more_than_in_all(void)
{
    struct talk t = begin_limited((struct rr_payload_limits){ SIZE_MAX / 4, 20000, 4096, 4600 });
    send(&t, 0, 20);
    g_assert_cmpuint(t.most_kept, ==, 4500);
    g_assert_cmpuint(rr_payload_refused(t.payload), ==, 5500);
    rr_payload_again(t.payload);
    g_assert_cmpuint(rr_payload_refused(t.payload), ==, 0);
    end_talk(&t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/payload/wire", test_wire);
    g_test_add_func("/payload/small-messages-are-let-go", test_small_messages_are_let_go);
    g_test_add_func("/payload/long-messages-keep-their-begin", test_long_messages_keep_their_begin);
    g_test_add_func("/payload/behind-a-hole", test_behind_a_hole);
    g_test_add_func("/payload/closed-connections-keep-nothing", test_closed_connections_keep_nothing);
    g_test_add_func("/payload/no-more-than-in-all", test_no_more_than_in_all);
    return g_test_run();
}
