/* One direction: its holes, its sums, and what is kept of it. */
#include "track/flow.h"

#include <glib.h>

#include "audit.h"

static const int64_t MS = 1000000;

static void add(struct rr_flow *f, int64_t begin, int64_t end, uint32_t frame)
{
    const struct rr_piece piece = { .begin = begin,
                                    .end = end,
                                    .bytes = end - begin,
                                    .acked = frame,
                                    .first_time = frame * MS,
                                    .last_time = frame * MS,
                                    .first_frame = frame,
                                    .last_frame = frame,
                                    .segments = 1,
                                    .summary = "x",
                                    .protocol = (uint16_t)frame };
    rr_flow_add(f, &piece);
}

static void assert_gap(const struct rr_flow *f, int64_t at, int64_t end, int64_t gap_begin, int64_t gap_end)
{
    struct rr_range gap;
    g_assert_true(rr_flow_gap(f, at, end, &gap));
    g_assert_cmpint(gap.begin, ==, gap_begin);
    g_assert_cmpint(gap.end, ==, gap_end);
}

/* Bytes 10 to 19, 30 to 39 and 40 to 49. */
static void fill(struct rr_flow *f)
{
    rr_flow_init(f);
    add(f, 10, 20, 1);
    add(f, 40, 50, 2);
    add(f, 30, 40, 3);
}

static void test_gaps(void)
{
    struct rr_flow f;
    struct rr_range gap;
    fill(&f);
    assert_gap(&f, 0, 5, 0, 5);
    assert_gap(&f, 0, 100, 0, 10);
    assert_gap(&f, 5, 12, 5, 10);
    assert_gap(&f, 10, 100, 20, 30);
    assert_gap(&f, 15, 25, 20, 25);
    assert_gap(&f, 30, 100, 50, 100);
    assert_gap(&f, 60, 70, 60, 70);
    g_assert_false(rr_flow_gap(&f, 10, 20, &gap));
    g_assert_false(rr_flow_gap(&f, 31, 49, &gap));
    g_assert_false(rr_flow_gap(&f, 25, 25, &gap));
    g_assert_false(rr_flow_gap(&f, 60, 60, &gap));
    g_assert_cmpint(rr_flow_missing(&f), ==, 20);
    g_assert_cmpint(rr_flow_solid(&f), ==, 0);
    rr_flow_release(&f);
}

static void test_pieces(void)
{
    struct rr_flow f;
    fill(&f);
    g_assert_null(rr_flow_piece(&f, 9));
    g_assert_cmpint(rr_flow_piece(&f, 10)->begin, ==, 10);
    g_assert_cmpint(rr_flow_piece(&f, 19)->begin, ==, 10);
    g_assert_null(rr_flow_piece(&f, 20));
    g_assert_cmpint(rr_flow_piece(&f, 40)->begin, ==, 40);
    g_assert_null(rr_flow_piece(&f, 50));
    g_assert_cmpint(rr_flow_piece_after(&f, 0)->begin, ==, 10);
    g_assert_cmpint(rr_flow_piece_after(&f, 10)->begin, ==, 10);
    g_assert_cmpint(rr_flow_piece_after(&f, 11)->begin, ==, 30);
    g_assert_null(rr_flow_piece_after(&f, 41));
    rr_flow_release(&f);
}

static void test_sums(void)
{
    struct rr_flow f;
    fill(&f);
    struct rr_piece all = rr_flow_sum(&f, 10, 50);
    g_assert_cmpint(all.bytes, ==, 30);
    g_assert_cmpuint(all.segments, ==, 3);
    g_assert_cmpuint(all.first_frame, ==, 1);
    g_assert_cmpuint(all.last_frame, ==, 3);
    g_assert_nonnull(all.summary);

    struct rr_piece parts = rr_flow_sum(&f, 15, 32);
    g_assert_cmpint(parts.bytes, ==, 7);
    g_assert_cmpuint(parts.segments, ==, 2);
    g_assert_null(parts.summary);

    struct rr_piece hole = rr_flow_sum(&f, 20, 30);
    g_assert_cmpint(hole.bytes, ==, 0);
    g_assert_cmpint(hole.begin, ==, 20);
    g_assert_cmpint(hole.end, ==, 30);
    g_assert_cmpuint(hole.first_frame, ==, 0);
    rr_flow_release(&f);
}

static void test_settle(void)
{
    struct rr_flow f;
    struct rr_range gap;
    rr_flow_init(&f);
    for (int64_t i = 0; i < 10; i++)
        add(&f, 10 * i, 10 * i + 10, (uint32_t)i + 1);
    rr_flow_settle(&f, 30, 60);
    g_assert_cmpuint(f.count, ==, 5);
    g_assert_cmpint(f.floor, ==, 60);
    g_assert_cmpint(rr_flow_piece(&f, 59)->begin, ==, 30);
    g_assert_cmpuint(rr_flow_sum(&f, 30, 100).segments, ==, 7);
    g_assert_cmpint(rr_flow_sum(&f, 30, 100).bytes, ==, 70);
    g_assert_true(rr_flow_remembers(&f, 30));
    g_assert_false(rr_flow_remembers(&f, 20));
    g_assert_false(rr_flow_gap(&f, 0, 100, &gap));
    g_assert_cmpint(rr_flow_solid(&f), ==, 100);
    rr_flow_release(&f);
    g_assert_false(rr_flow_gap(&f, 0, 100, &gap));
    assert_gap(&f, 90, 110, 100, 110);
}

/* A hole that is given up stays missing, and what comes for it later is no news. */
static void test_given_up(void)
{
    struct rr_flow f;
    struct rr_range gap;
    fill(&f);
    rr_flow_settle(&f, 0, 40);
    g_assert_cmpuint(f.count, ==, 2);
    g_assert_cmpint(rr_flow_sum(&f, 10, 50).bytes, ==, 30);
    g_assert_cmpint(rr_flow_missing(&f), ==, 20);
    g_assert_false(rr_flow_gap(&f, 20, 30, &gap));
    assert_gap(&f, 20, 60, 50, 60);
    rr_flow_release(&f);
}

static void test_same_frame(void)
{
    struct rr_flow f;
    rr_flow_init(&f);
    add(&f, 0, 10, 1);
    add(&f, 10, 20, 1);
    add(&f, 20, 30, 2);
    g_assert_cmpuint(rr_flow_sum(&f, 0, 30).segments, ==, 2);
    rr_flow_settle(&f, 0, 20);
    g_assert_cmpuint(rr_flow_sum(&f, 0, 30).segments, ==, 2);
    rr_flow_release(&f);
}

/* However many holes: what is kept is bounded, and every byte is captured or missing. */
static void test_bound(void)
{
    enum { HOLES = 5 * RR_PIECES_MAX };
    const struct rr_settings settings = { 0 };
    const struct rr_endpoint ends[2] = { { "192.0.2.1", 40000 }, { "192.0.2.2", 80 } };
    static const uint8_t payload[16] = "0123456789";
    struct rr_tracker *t = rr_tracker_new(&settings);
    struct audit *a = audit_new(t);
    struct rr_segment s = { .at.frame = 1,
                            .flags = RR_ACK,
                            .window = 1000,
                            .payload = payload,
                            .protocol = "x",
                            .len = 10,
                            .captured = 10 };
    rr_tracker_open(t, 0, ends);
    rr_tracker_feed(t, 0, &s);
    s.end = 1;
    s.ack = 10;
    for (uint32_t i = 1; i <= 2 * HOLES; i++) {
        bool again = i > HOLES;
        s.at.frame++;
        s.seq = again ? 20 * (2 * HOLES - i) + 10 : 20 * (i - 1);
        rr_tracker_tick(t, s.at);
        const struct rr_verdict v = rr_tracker_feed(t, 0, &s);
        g_assert_cmpint(v.fresh, !=, v.repeat);
        audit_look(a);
    }
    rr_tracker_finish(t, RR_BY_END);
    audit_close(a);
    const struct rr_connection *c = rr_tracker_connection(t, 0);
    g_assert_cmpuint(c->bytes[1] + c->missing[1], ==, 20 * (uint64_t)HOLES);
    g_assert_cmpuint(c->bytes[1], >=, 10 * (uint64_t)HOLES);
    g_assert_cmpuint(c->repeats[1], >, 0);
    g_assert_cmpuint(c->missing[1], ==, 10 * (uint64_t)c->repeats[1]);
    audit_free(a);
    rr_tracker_free(t);
}

/* The first segment that was known to be of a protocol says what they all are. */
static void test_protocol(void)
{
    struct rr_flow f;
    rr_flow_init(&f);
    for (uint32_t i = 0; i < 4; i++) {
        const struct rr_piece piece = { .begin = 10 * i,
                                        .end = 10 * i + 10,
                                        .bytes = 10,
                                        .first_time = MS,
                                        .last_time = MS,
                                        .first_frame = i + 1,
                                        .last_frame = i + 1,
                                        .segments = 1,
                                        .protocol = (uint16_t)i };
        rr_flow_add(&f, &piece);
    }
    g_assert_cmpuint(rr_flow_sum(&f, 0, 10).protocol, ==, 0);
    g_assert_cmpuint(rr_flow_sum(&f, 0, 40).protocol, ==, 1);
    g_assert_cmpuint(rr_flow_sum(&f, 20, 40).protocol, ==, 2);
    rr_flow_settle(&f, 0, 20);
    g_assert_cmpuint(rr_flow_sum(&f, 0, 20).protocol, ==, 1);
    rr_flow_release(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/flow/gaps", test_gaps);
    g_test_add_func("/flow/pieces", test_pieces);
    g_test_add_func("/flow/sums", test_sums);
    g_test_add_func("/flow/settle", test_settle);
    g_test_add_func("/flow/protocol", test_protocol);
    g_test_add_func("/flow/given-up", test_given_up);
    g_test_add_func("/flow/same-frame", test_same_frame);
    g_test_add_func("/flow/bound", test_bound);
    return g_test_run();
}
