/* The states of both ends segment by segment, and what is known of the connection at the end. */
#include <glib.h>

#include "track/tracker.h"

static const int64_t MS = 1000000;

enum { STEPS_MAX = 16, ISN = 1000 };

/* Numbers count from the SYN of each side: the first byte is 1. */
struct step {
    char from; /* 'c' or 's'; 0 ends the list */
    uint8_t flags;
    uint32_t seq, ack, len;
    int64_t ms;
    enum rr_tcp_state client, server;
};

struct ending {
    int connect_ms; /* -1: not known */
    uint32_t syn_retries, synack_retries;
    enum rr_close close;
    int closed_by;
};

struct test_case {
    const char *name;
    struct step step[STEPS_MAX];
    struct ending ending;
};

#define SYN    RR_SYN
#define SYNACK (RR_SYN | RR_ACK)
#define ACK    RR_ACK
#define FIN    (RR_FIN | RR_ACK)
#define RST    (RR_RST | RR_ACK)

#define UNKNOWN     RR_STATE_UNKNOWN
#define ESTABLISHED RR_ESTABLISHED

#define HANDSHAKE                                                                                            \
    { 'c', SYN, 0, 0, 0, 0, RR_SYN_SENT, UNKNOWN }, { 's', SYNACK, 0, 1, 0, 10, RR_SYN_SENT, RR_SYN_RCVD },  \
    {                                                                                                        \
        'c', ACK, 1, 1, 0, 20, ESTABLISHED, ESTABLISHED                                                      \
    }

static const struct test_case cases[] = {
    { "client-closes",
      { HANDSHAKE,
        { 'c', FIN, 1, 1, 0, 30, RR_FIN_WAIT1, ESTABLISHED },
        { 's', ACK, 1, 2, 0, 40, RR_FIN_WAIT2, RR_CLOSE_WAIT },
        { 's', FIN, 1, 2, 0, 50, RR_FIN_WAIT2, RR_LAST_ACK },
        { 'c', ACK, 2, 2, 0, 60, RR_TIME_WAIT, RR_CLOSED } },
      { 20, 0, 0, RR_CLOSE_FIN, RR_CLIENT } },
    { "server-closes",
      { HANDSHAKE,
        { 's', FIN, 1, 1, 0, 30, ESTABLISHED, RR_FIN_WAIT1 },
        { 'c', ACK, 1, 2, 0, 40, RR_CLOSE_WAIT, RR_FIN_WAIT2 },
        { 'c', FIN, 1, 2, 0, 50, RR_LAST_ACK, RR_FIN_WAIT2 },
        { 's', ACK, 2, 2, 0, 60, RR_CLOSED, RR_TIME_WAIT } },
      { 20, 0, 0, RR_CLOSE_FIN, RR_SERVER } },
    { "fin-answered-by-fin",
      { HANDSHAKE,
        { 'c', FIN, 1, 1, 0, 30, RR_FIN_WAIT1, ESTABLISHED },
        { 's', FIN, 1, 2, 0, 40, RR_FIN_WAIT2, RR_LAST_ACK },
        { 'c', ACK, 2, 2, 0, 50, RR_TIME_WAIT, RR_CLOSED } },
      { 20, 0, 0, RR_CLOSE_FIN, RR_CLIENT } },
    { "simultaneous-close",
      { HANDSHAKE,
        { 'c', FIN, 1, 1, 0, 30, RR_FIN_WAIT1, ESTABLISHED },
        { 's', FIN, 1, 1, 0, 31, RR_FIN_WAIT1, RR_FIN_WAIT1 },
        { 'c', ACK, 2, 2, 0, 40, RR_CLOSING, RR_FIN_WAIT2 },
        { 's', ACK, 2, 2, 0, 41, RR_TIME_WAIT, RR_TIME_WAIT } },
      { 20, 0, 0, RR_CLOSE_FIN, RR_CLIENT } },
    { "half-close",
      { HANDSHAKE,
        { 'c', FIN, 1, 1, 10, 30, RR_FIN_WAIT1, ESTABLISHED },
        { 's', ACK, 1, 12, 0, 40, RR_FIN_WAIT2, RR_CLOSE_WAIT },
        { 's', ACK, 1, 12, 5, 50, RR_FIN_WAIT2, RR_CLOSE_WAIT },
        { 'c', ACK, 12, 6, 0, 60, RR_FIN_WAIT2, RR_CLOSE_WAIT },
        { 's', FIN, 6, 12, 5, 70, RR_FIN_WAIT2, RR_LAST_ACK },
        { 'c', ACK, 12, 12, 0, 80, RR_TIME_WAIT, RR_CLOSED } },
      { 20, 0, 0, RR_CLOSE_FIN, RR_CLIENT } },
    { "fin-sent-again",
      { HANDSHAKE,
        { 'c', FIN, 1, 1, 0, 30, RR_FIN_WAIT1, ESTABLISHED },
        { 'c', FIN, 1, 1, 0, 230, RR_FIN_WAIT1, ESTABLISHED },
        { 's', ACK, 1, 2, 0, 240, RR_FIN_WAIT2, RR_CLOSE_WAIT },
        { 'c', FIN, 1, 1, 0, 241, RR_FIN_WAIT2, RR_CLOSE_WAIT },
        { 's', FIN, 1, 2, 0, 250, RR_FIN_WAIT2, RR_LAST_ACK },
        { 's', FIN, 1, 2, 0, 450, RR_FIN_WAIT2, RR_LAST_ACK },
        { 'c', ACK, 2, 2, 0, 460, RR_TIME_WAIT, RR_CLOSED },
        { 's', FIN, 1, 2, 0, 461, RR_TIME_WAIT, RR_CLOSED },
        { 'c', ACK, 2, 2, 0, 470, RR_TIME_WAIT, RR_CLOSED } },
      { 20, 0, 0, RR_CLOSE_FIN, RR_CLIENT } },
    { "ack-below-the-fin-is-not-of-it",
      { HANDSHAKE,
        { 'c', FIN, 1, 1, 10, 30, RR_FIN_WAIT1, ESTABLISHED },
        { 's', ACK, 1, 11, 0, 40, RR_FIN_WAIT1, ESTABLISHED },
        { 's', ACK, 1, 12, 0, 50, RR_FIN_WAIT2, RR_CLOSE_WAIT } },
      { 20, 0, 0, RR_CLOSE_OPEN, RR_CLIENT } },
    { "refused",
      { { 'c', SYN, 0, 0, 0, 0, RR_SYN_SENT, UNKNOWN }, { 's', RST, 0, 1, 0, 1, RR_CLOSED, RR_CLOSED } },
      { -1, 0, 0, RR_CLOSE_REFUSED, RR_SERVER } },
    { "client-resets",
      { HANDSHAKE, { 'c', RST, 1, 1, 0, 30, RR_CLOSED, RR_CLOSED } },
      { 20, 0, 0, RR_CLOSE_RST, RR_CLIENT } },
    { "server-resets",
      { HANDSHAKE,
        { 'c', ACK, 1, 1, 10, 30, ESTABLISHED, ESTABLISHED },
        { 's', RST, 1, 11, 0, 40, RR_CLOSED, RR_CLOSED } },
      { 20, 0, 0, RR_CLOSE_RST, RR_SERVER } },
    { "reset-after-one-fin",
      { HANDSHAKE,
        { 'c', FIN, 1, 1, 0, 30, RR_FIN_WAIT1, ESTABLISHED },
        { 's', RST, 1, 2, 0, 40, RR_CLOSED, RR_CLOSED } },
      { 20, 0, 0, RR_CLOSE_RST, RR_SERVER } },
    { "reset-after-both-fins",
      { HANDSHAKE,
        { 'c', FIN, 1, 1, 0, 30, RR_FIN_WAIT1, ESTABLISHED },
        { 's', FIN, 1, 2, 0, 40, RR_FIN_WAIT2, RR_LAST_ACK },
        { 'c', RST, 2, 2, 0, 50, RR_CLOSED, RR_CLOSED } },
      { 20, 0, 0, RR_CLOSE_FIN, RR_CLIENT } },
    { "reset-in-the-handshake",
      { { 'c', SYN, 0, 0, 0, 0, RR_SYN_SENT, UNKNOWN },
        { 's', SYNACK, 0, 1, 0, 10, RR_SYN_SENT, RR_SYN_RCVD },
        { 'c', RST, 1, 1, 0, 20, RR_CLOSED, RR_CLOSED } },
      { -1, 0, 0, RR_CLOSE_RST, RR_CLIENT } },
    { "simultaneous-open",
      { { 'c', SYN, 0, 0, 0, 0, RR_SYN_SENT, UNKNOWN },
        { 's', SYN, 0, 0, 0, 1, RR_SYN_SENT, RR_SYN_SENT },
        { 'c', SYNACK, 0, 1, 0, 10, RR_SYN_RCVD, RR_SYN_SENT },
        { 's', SYNACK, 0, 1, 0, 11, RR_SYN_RCVD, RR_SYN_RCVD },
        { 'c', ACK, 1, 1, 10, 20, RR_SYN_RCVD, ESTABLISHED },
        { 's', ACK, 1, 11, 0, 30, ESTABLISHED, ESTABLISHED } },
      { 20, 0, 0, RR_CLOSE_OPEN, -1 } },
    { "syn-sent-again",
      { { 'c', SYN, 0, 0, 0, 0, RR_SYN_SENT, UNKNOWN },
        { 'c', SYN, 0, 0, 0, 1000, RR_SYN_SENT, UNKNOWN },
        { 'c', SYN, 0, 0, 0, 3000, RR_SYN_SENT, UNKNOWN },
        { 's', SYNACK, 0, 1, 0, 3010, RR_SYN_SENT, RR_SYN_RCVD },
        { 's', SYNACK, 0, 1, 0, 4010, RR_SYN_SENT, RR_SYN_RCVD },
        { 'c', ACK, 1, 1, 0, 4020, ESTABLISHED, ESTABLISHED } },
      { 4020, 2, 1, RR_CLOSE_OPEN, -1 } },
    { "syn-captured-twice",
      { { 'c', SYN, 0, 0, 0, 0, RR_SYN_SENT, UNKNOWN },
        { 'c', SYN, 0, 0, 0, 199, RR_SYN_SENT, UNKNOWN },
        { 's', SYNACK, 0, 1, 0, 210, RR_SYN_SENT, RR_SYN_RCVD },
        { 's', SYNACK, 0, 1, 0, 211, RR_SYN_SENT, RR_SYN_RCVD },
        { 'c', ACK, 1, 1, 0, 220, ESTABLISHED, ESTABLISHED },
        { 'c', ACK, 1, 1, 0, 221, ESTABLISHED, ESTABLISHED } },
      { 220, 0, 0, RR_CLOSE_OPEN, -1 } },
    { "synack-not-captured",
      { { 'c', SYN, 0, 0, 0, 0, RR_SYN_SENT, UNKNOWN }, { 'c', ACK, 1, 1, 0, 20, ESTABLISHED, ESTABLISHED } },
      { 20, 0, 0, RR_CLOSE_OPEN, -1 } },
    { "data-on-the-third",
      { { 'c', SYN, 0, 0, 0, 0, RR_SYN_SENT, UNKNOWN },
        { 's', SYNACK, 0, 1, 0, 10, RR_SYN_SENT, RR_SYN_RCVD },
        { 'c', ACK, 1, 1, 10, 20, ESTABLISHED, ESTABLISHED } },
      { 20, 0, 0, RR_CLOSE_OPEN, -1 } },
    { "begun-before-the-capture",
      { { 'c', ACK, 500, 700, 10, 0, ESTABLISHED, ESTABLISHED },
        { 's', FIN, 700, 510, 5, 10, ESTABLISHED, RR_FIN_WAIT1 },
        { 'c', FIN, 510, 706, 0, 20, RR_LAST_ACK, RR_FIN_WAIT2 },
        { 's', ACK, 706, 511, 0, 30, RR_CLOSED, RR_TIME_WAIT } },
      { -1, 0, 0, RR_CLOSE_FIN, RR_SERVER } },
};

static struct rr_verdict feed(struct rr_tracker *t, const struct step *step, uint32_t frame)
{
    static const uint8_t payload[16] = "0123456789";
    const struct rr_segment s = { .at = { step->ms * MS, frame },
                                  .end = step->from == 's',
                                  .flags = step->flags,
                                  .window = 1000,
                                  .seq = ISN + step->seq,
                                  .ack = step->flags & RR_ACK ? ISN + step->ack : 0,
                                  .len = step->len,
                                  .payload = payload,
                                  .captured = step->len,
                                  .protocol = "x" };
    rr_tracker_tick(t, s.at);
    return rr_tracker_feed(t, 0, &s);
}

static struct rr_tracker *new_tracker(uint16_t client_port, uint16_t server_port,
                                      enum rr_port_kind (*port_kind)(uint16_t))
{
    const struct rr_settings settings = { .port_kind = port_kind };
    const struct rr_endpoint ends[2] = { { "192.0.2.1", client_port }, { "192.0.2.2", server_port } };
    struct rr_tracker *t = rr_tracker_new(&settings);
    rr_tracker_open(t, 0, ends);
    return t;
}

static void test_case(const void *data)
{
    const struct test_case *test = data;
    struct rr_tracker *t = new_tracker(40000, 80, NULL);
    uint32_t frame = 0;
    for (const struct step *step = test->step; step->from; step++) {
        const struct rr_verdict v = feed(t, step, ++frame);
        g_test_message("frame %u", frame);
        g_assert_cmpstr(rr_tcp_state_name(v.state[RR_CLIENT]), ==, rr_tcp_state_name(step->client));
        g_assert_cmpstr(rr_tcp_state_name(v.state[RR_SERVER]), ==, rr_tcp_state_name(step->server));
    }
    rr_tracker_finish(t, RR_BY_END);
    const struct rr_connection *c = rr_tracker_connection(t, 0);
    const struct ending *ending = &test->ending;
    g_assert_cmpint(c->handshake.frame != 0, ==, ending->connect_ms >= 0);
    if (ending->connect_ms >= 0)
        g_assert_cmpint(c->connect_time, ==, ending->connect_ms * MS);
    g_assert_cmpuint(c->syn_retries, ==, ending->syn_retries);
    g_assert_cmpuint(c->synack_retries, ==, ending->synack_retries);
    g_assert_cmpstr(rr_close_name(c->close), ==, rr_close_name(ending->close));
    g_assert_cmpstr(rr_side_name(c->closed_by), ==, rr_side_name(ending->closed_by));
    rr_tracker_free(t);
}

static enum rr_port_kind kind_of(uint16_t port)
{
    return port == 7000 ? RR_PORT_PREFERRED : port == 50001 ? RR_PORT_SERVICE : RR_PORT_PLAIN;
}

/* Who is the client, by the ports of 'c' and 's' and the first segments. */
static const struct {
    uint16_t port[2];
    struct step step[4];
    uint16_t client_port;
    enum rr_direction_from from;
} sides[] = {
    { { 80, 40000 }, { { 'c', SYN, 0, 0, 0, 0, 0, 0 } }, 80, RR_FROM_SYN },
    { { 80, 40000 }, { { 's', SYNACK, 0, 1, 0, 0, 0, 0 } }, 80, RR_FROM_SYNACK },
    { { 7000, 80 }, { { 'c', ACK, 1, 1, 5, 0, 0, 0 } }, 80, RR_FROM_PREFERENCE },
    { { 7000, 50001 }, { { 'c', ACK, 1, 1, 5, 0, 0, 0 } }, 50001, RR_FROM_PREFERENCE },
    { { 50001, 80 }, { { 'c', ACK, 1, 1, 5, 0, 0, 0 } }, 80, RR_FROM_SERVICE },
    { { 50001, 50001 }, { { 's', ACK, 1, 1, 5, 0, 0, 0 } }, 50001, RR_FROM_FIRST },
    { { 40000, 80 }, { { 's', ACK, 1, 1, 5, 0, 0, 0 } }, 40000, RR_FROM_PORT },
    { { 80, 40000 }, { { 'c', ACK, 1, 1, 5, 0, 0, 0 } }, 40000, RR_FROM_PORT },
    { { 40000, 40001 }, { { 's', ACK, 1, 1, 5, 0, 0, 0 } }, 40001, RR_FROM_FIRST },
    { { 443, 80 }, { { 's', ACK, 1, 1, 5, 0, 0, 0 } }, 80, RR_FROM_FIRST },
    /* An ACK says nothing of who asks. */
    { { 40000, 40001 },
      { { 's', ACK, 1, 1, 0, 0, 0, 0 }, { 'c', ACK, 1, 1, 5, 1, 0, 0 } },
      40000,
      RR_FROM_FIRST },
    /* A SYN captured late is still surer, as long as nobody said anything ... */
    { { 80, 40000 }, { { 's', ACK, 1, 1, 0, 0, 0, 0 }, { 'c', SYN, 0, 0, 0, 1, 0, 0 } }, 80, RR_FROM_SYN },
    /* ... and changes nothing after that. */
    { { 80, 40000 },
      { { 's', ACK, 1, 1, 5, 0, 0, 0 }, { 'c', SYN, 0, 0, 0, 1, 0, 0 } },
      40000,
      RR_FROM_PORT },
};

static void test_sides(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
        struct rr_tracker *t = new_tracker(sides[i].port[0], sides[i].port[1], kind_of);
        uint32_t frame = 0;
        for (const struct step *step = sides[i].step; step->from; step++)
            feed(t, step, ++frame);
        const struct rr_connection *c = rr_tracker_connection(t, 0);
        g_test_message("case %d", (int)i);
        g_assert_cmpuint(c->end[RR_CLIENT].port, ==, sides[i].client_port);
        g_assert_cmpstr(rr_direction_from_name(c->direction_from), ==, rr_direction_from_name(sides[i].from));
        rr_tracker_free(t);
    }
}

/* What a segment's verdict says of the handshake. */
static void test_verdicts(void)
{
    static const struct {
        struct step step;
        enum rr_phase phase;
        bool handshake, retry, refused, reset;
    } walk[] = {
        { { 'c', SYN, 0, 0, 0, 0, 0, 0 }, RR_PHASE_HANDSHAKE, false, false, false, false },
        { { 'c', SYN, 0, 0, 0, 1000, 0, 0 }, RR_PHASE_HANDSHAKE, false, true, false, false },
        { { 's', SYNACK, 0, 1, 0, 1010, 0, 0 }, RR_PHASE_HANDSHAKE, false, false, false, false },
        { { 'c', ACK, 1, 1, 0, 1020, 0, 0 }, RR_PHASE_HANDSHAKE, true, false, false, false },
        { { 's', ACK, 1, 1, 0, 1021, 0, 0 }, RR_PHASE_NONE, false, false, false, false },
        { { 'c', ACK, 1, 1, 5, 1030, 0, 0 }, RR_PHASE_NONE, false, false, false, false },
        { { 's', RST, 1, 6, 0, 1040, 0, 0 }, RR_PHASE_TEARDOWN, false, false, false, true },
        { { 's', RST, 1, 6, 0, 1041, 0, 0 }, RR_PHASE_TEARDOWN, false, false, false, false },
    };
    struct rr_tracker *t = new_tracker(40000, 80, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(walk); i++) {
        const struct rr_verdict v = feed(t, &walk[i].step, (uint32_t)i + 1);
        g_test_message("frame %d", (int)i + 1);
        g_assert_cmpstr(rr_phase_name(v.phase), ==, rr_phase_name(walk[i].phase));
        g_assert_cmpint(v.handshake, ==, walk[i].handshake);
        g_assert_cmpint(v.syn_retry, ==, walk[i].retry);
        g_assert_cmpint(v.refused, ==, walk[i].refused);
        g_assert_cmpint(v.reset, ==, walk[i].reset);
    }
    rr_tracker_free(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *path = g_strconcat("/states/", cases[i].name, NULL);
        g_test_add_data_func(path, &cases[i], test_case);
        g_free(path);
    }
    g_test_add_func("/sides", test_sides);
    g_test_add_func("/verdicts", test_verdicts);
    return g_test_run();
}
