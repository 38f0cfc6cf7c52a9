/* Where the time of an exchange went: the way to the server, loss, a receiver that was full. */
#include <glib.h>

#include "exchange/columns.h"
#include "track/tracker.h"

static const int64_t MS = 1000000;

enum { STEPS_MAX = 16, ISN = 1000 };

/* Numbers count from the SYN of each side: the first byte is 1. */
struct step {
    char from; /* 'c' or 's', a capital with a window of zero; 0 ends the list */
    uint8_t flags;
    uint32_t seq, ack, len;
    int64_t ms;
};

static const struct {
    const char *name;
    struct step step[STEPS_MAX];
    const char *told; /* of each exchange, by `columns`: known and, of the last six, not 0; ms */
} cases[] = {
#define SYN    RR_SYN
#define SYNACK (RR_SYN | RR_ACK)
#define ACK    RR_ACK
#define SHAKE_HANDS                                                                                          \
    { 'c', SYN, 0, 0, 0, 0 }, { 's', SYNACK, 0, 1, 0, 10 },                                                  \
    {                                                                                                        \
        'c', ACK, 1, 1, 0, 11                                                                                \
    }
#define SHOOK "handshake=11 rtt=10"
    { "the-first-waited-for-the-handshake",
      { SHAKE_HANDS,
        { 'c', ACK, 1, 1, 9, 12 },
        { 's', ACK, 1, 10, 5, 42 },
        { 'c', ACK, 10, 6, 9, 50 },
        { 's', ACK, 6, 19, 5, 90 } },
      SHOOK " server_time=20; rtt=10 server_time=30" },
    { "request-lost-on-the-way",
      { SHAKE_HANDS, { 'c', ACK, 1, 1, 9, 12 }, { 'c', ACK, 1, 1, 9, 212 }, { 's', ACK, 1, 10, 5, 242 } },
      SHOOK " server_time=20 latency_lost=200" },
    { "two-copies-wait-for-the-same",
      { SHAKE_HANDS,
        { 'c', ACK, 1, 1, 9, 12 },
        { 'c', ACK, 1, 1, 9, 212 },
        { 'c', ACK, 1, 1, 9, 612 },
        { 's', ACK, 1, 10, 5, 642 } },
      SHOOK " server_time=20 latency_lost=600" },
    { "a-copy-less-than-a-round-trip-before-the-answer-helped-nothing",
      { SHAKE_HANDS,
        { 'c', ACK, 1, 1, 9, 12 },
        { 'c', ACK, 1, 1, 9, 212 },
        { 'c', ACK, 1, 1, 9, 435 },
        { 's', ACK, 1, 10, 5, 442 } },
      SHOOK " server_time=220 latency_lost=200" },
    { "a-copy-after-the-answer-helped-nothing",
      { SHAKE_HANDS, { 'c', ACK, 1, 1, 9, 12 }, { 's', ACK, 1, 10, 5, 42 }, { 'c', ACK, 1, 1, 9, 43 } },
      SHOOK " server_time=20" },
    { "a-copy-of-what-was-acknowledged-helped-nothing",
      { SHAKE_HANDS,
        { 'c', ACK, 1, 1, 9, 12 },
        { 's', ACK, 1, 10, 0, 22 },
        { 'c', ACK, 1, 1, 9, 23 },
        { 's', ACK, 1, 10, 5, 42 } },
      SHOOK " server_time=20" },
    { "hole-in-the-request",
      { SHAKE_HANDS,
        { 'c', ACK, 1, 1, 4, 12 },
        { 'c', ACK, 9, 1, 4, 13 },
        { 'c', ACK, 5, 1, 4, 113 },
        { 's', ACK, 1, 13, 5, 143 } },
      SHOOK " server_time=20 request_lost=100" },
    { "hole-in-the-response",
      { SHAKE_HANDS,
        { 'c', ACK, 1, 1, 9, 12 },
        { 's', ACK, 1, 10, 4, 42 },
        { 's', ACK, 9, 10, 4, 43 },
        { 's', ACK, 5, 10, 4, 243 },
        { 's', ACK, 13, 10, 4, 244 } },
      SHOOK " server_time=20 response_lost=200" },
    { "a-keep-alive-helps-nothing",
      { SHAKE_HANDS,
        { 'c', ACK, 1, 1, 9, 12 },
        { 's', ACK, 1, 10, 0, 22 },
        { 'c', ACK, 9, 1, 1, 30 },
        { 's', ACK, 1, 10, 5, 42 } },
      SHOOK " server_time=20" },
    { "a-probe-of-a-closed-window-helps-nothing",
      { SHAKE_HANDS,
        { 'S', ACK, 1, 1, 0, 11 },
        { 'c', ACK, 1, 1, 1, 12 },
        { 'c', ACK, 1, 1, 1, 112 },
        { 'c', ACK, 1, 1, 1, 312 },
        { 's', ACK, 1, 2, 0, 322 },
        { 's', ACK, 1, 2, 5, 342 } },
      SHOOK " server_time=10 latency_stalled=210" },
    { "a-copy-nearly-a-round-trip-before-the-answer",
      { SHAKE_HANDS, { 'c', ACK, 1, 1, 9, 12 }, { 'c', ACK, 1, 1, 9, 212 }, { 's', ACK, 1, 10, 5, 221 } },
      SHOOK " server_time=-1 latency_lost=200" },
    { "a-smaller-round-trip-tells-better",
      { SHAKE_HANDS,
        { 'c', ACK, 1, 1, 9, 12 },
        { 's', ACK, 1, 10, 0, 20 },
        { 's', ACK, 1, 10, 5, 42 },
        { 'c', ACK, 10, 6, 9, 50 },
        { 's', ACK, 6, 19, 5, 57 },
        { 'c', ACK, 19, 11, 9, 60 },
        { 's', ACK, 11, 28, 5, 100 } },
      SHOOK " server_time=20; rtt=8 server_time=-1; rtt=7 server_time=33" },
    { "a-byte-that-was-lost",
      { SHAKE_HANDS, { 'c', ACK, 1, 1, 1, 12 }, { 'c', ACK, 1, 1, 1, 212 }, { 's', ACK, 1, 2, 5, 242 } },
      SHOOK " server_time=20 latency_lost=200" },
    { "client-full-while-the-response-comes",
      { SHAKE_HANDS,
        { 'c', ACK, 1, 1, 9, 12 },
        { 's', ACK, 1, 10, 4, 42 },
        { 'C', ACK, 10, 5, 0, 43 },
        { 'c', ACK, 10, 5, 0, 143 },
        { 's', ACK, 5, 10, 4, 153 } },
      SHOOK " server_time=20 response_stalled=100" },
    { "client-full-when-it-asked",
      { SHAKE_HANDS, { 'C', ACK, 1, 1, 9, 12 }, { 'c', ACK, 10, 1, 0, 112 }, { 's', ACK, 1, 10, 5, 142 } },
      SHOOK " server_time=20 latency_stalled=100" },
    { "server-full-while-the-request-comes",
      { SHAKE_HANDS,
        { 'c', ACK, 1, 1, 4, 12 },
        { 'S', ACK, 1, 5, 0, 22 },
        { 's', ACK, 1, 5, 0, 122 },
        { 'c', ACK, 5, 1, 4, 123 },
        { 's', ACK, 1, 9, 5, 153 } },
      SHOOK " server_time=20 request_stalled=100" },
    { "a-syn-sent-again-measures-nothing",
      { { 'c', SYN, 0, 0, 0, 0 },
        { 'c', SYN, 0, 0, 0, 1000 },
        { 's', SYNACK, 0, 1, 0, 1010 },
        { 'c', ACK, 1, 1, 0, 1011 },
        { 'c', ACK, 1, 1, 9, 1012 },
        { 's', ACK, 1, 10, 5, 1042 } },
      "handshake=1011" },
    { "a-bare-ack-measures-where-no-handshake-does",
      { { 'c', ACK, 1, 1, 9, 12 },
        { 's', ACK, 1, 10, 0, 24 },
        { 's', ACK, 1, 10, 5, 42 },
        { 'c', ACK, 10, 6, 9, 50 },
        { 's', ACK, 6, 19, 0, 60 },
        { 's', ACK, 6, 19, 5, 90 },
        { 'c', ACK, 19, 11, 9, 100 },
        { 's', ACK, 11, 28, 5, 130 } },
      "; rtt=12 server_time=28; rtt=10 server_time=20" },
    { "an-answer-and-what-was-sent-again-measure-nothing",
      { { 'c', ACK, 1, 1, 9, 12 },
        { 's', ACK, 1, 10, 5, 42 },
        { 'c', ACK, 10, 6, 9, 50 },
        { 'c', ACK, 10, 6, 9, 250 },
        { 's', ACK, 6, 19, 0, 260 },
        { 's', ACK, 6, 19, 5, 290 },
        { 'c', ACK, 19, 11, 9, 300 } },
      "; latency_lost=200; " },
};

static void feed(struct rr_tracker *t, const struct step *step, uint32_t frame)
{
    static const uint8_t payload[16] = "0123456789";
    const struct rr_segment s = { .at = { step->ms * MS, frame },
                                  .end = g_ascii_tolower(step->from) == 's',
                                  .flags = step->flags,
                                  .window = g_ascii_isupper(step->from) ? 0 : 1000,
                                  .seq = ISN + step->seq,
                                  .ack = step->flags & RR_ACK ? ISN + step->ack : 0,
                                  .len = step->len,
                                  .payload = payload,
                                  .captured = step->len,
                                  .protocol = "x" };
    rr_tracker_tick(t, s.at);
    rr_tracker_feed(t, 0, &s);
}

static const char *const columns[] = { "handshake",       "rtt",
                                       "server_time",     "request_lost",
                                       "latency_lost",    "response_lost",
                                       "request_stalled", "latency_stalled",
                                       "response_stalled" };

static const struct rr_column *column(const char *name)
{
    const struct rr_columns *all = rr_columns[RR_EXCHANGES];
    for (size_t i = 0; i < all->count; i++)
        if (g_strcmp0(all->column[i].name, name) == 0)
            return &all->column[i];
    g_assert_not_reached();
}

static void tell(GString *told, const struct rr_exchange *x)
{
    const struct rr_row row = { .connection = x->connection, .exchange = x };
    const char *between = "";
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        struct rr_cell cell = column(columns[i])->read(&row);
        if (!cell.present || (i >= 3 && cell.as.ns == 0))
            continue;
        g_string_append_printf(told, "%s%s=%d", between, columns[i], (int)(cell.as.ns / MS));
        between = " ";
    }
}

static void test_case(gconstpointer index)
{
    const struct rr_settings settings = { 0 };
    const struct rr_endpoint ends[2] = { { "192.0.2.1", 40000 }, { "192.0.2.2", 80 } };
    struct rr_tracker *t = rr_tracker_new(&settings);
    rr_tracker_open(t, 0, ends);
    uint32_t frame = 0;
    for (const struct step *step = cases[GPOINTER_TO_SIZE(index)].step; step->from; step++)
        feed(t, step, ++frame);
    rr_tracker_finish(t, RR_BY_END);
    GString *told = g_string_new(NULL);
    for (size_t i = 0; i < rr_tracker_report_count(t); i++) {
        const struct rr_report r = rr_tracker_report(t, i);
        if (!(r.rows & RR_ROW_EXCHANGE))
            continue;
        if (r.exchange->number > 1)
            g_string_append(told, "; ");
        tell(told, r.exchange);
    }
    g_assert_cmpstr(told->str, ==, cases[GPOINTER_TO_SIZE(index)].told);
    g_string_free(told, TRUE);
    rr_tracker_free(t);
}

/* The newest first, as they are kept. */
static void test_overlaps(void)
{
    const struct rr_note late = { NULL, 10, 20, 1, RR_DELAY_LOSS },
                         inside = { &late, 12, 22, 2, RR_DELAY_STALL },
                         around = { &inside, 5, 30, 3, RR_DELAY_LOSS };
    const struct rr_connection tcp = { .transport = RR_TCP };
    const struct rr_exchange x = { .connection = &tcp, .notes = &around }, none = { .connection = &tcp };
    g_assert_cmpint(rr_delayed(&none, RR_DELAY_ANY, 0, 100), ==, 0);
    g_assert_cmpint(rr_delayed(&x, RR_DELAY_LOSS, 0, 100), ==, 25);
    g_assert_cmpint(rr_delayed(&x, RR_DELAY_LOSS, 8, 100), ==, 22);
    g_assert_cmpint(rr_delayed(&x, RR_DELAY_LOSS, 0, 29), ==, 10);
    g_assert_cmpint(rr_delayed(&x, RR_DELAY_STALL, 0, 100), ==, 10);
    g_assert_cmpint(rr_delayed(&x, RR_DELAY_ANY, 0, 29), ==, 12);
    g_assert_cmpint(rr_delayed(&x, RR_DELAY_ANY, 25, 15), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *path = g_strconcat("/times/", cases[i].name, NULL);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
        g_free(path);
    }
    g_test_add_func("/overlaps", test_overlaps);
    return g_test_run();
}
