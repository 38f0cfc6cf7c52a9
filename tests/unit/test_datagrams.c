/* Messages in datagrams: which request each answer gets, what is the same once more, what their ids are.
 *
 * A play is a line of datagrams.  ">7:ask@5": at 5 ms the client sends the bytes "ask" with the key 7; "<"
 * the server.  Without "7" there is no key.  After the bytes: "!a" it stands alone, "!i" is an interim
 * answer, "!n" takes the place of what waits with its key; "!c" only its first byte was captured.  "~60000"
 * only says what time it is.
 *
 * What came of it is told in the order of opening: number, status, evidence, latency in ms, repeats of the
 * request and of the response, depth; a push as "push" and what it follows.
 */
#include <glib.h>
#include <string.h>

#include "track/keys.h"
#include "track/tracker.h"

static const int64_t MS = 1000000;

struct playing {
    struct rr_tracker *tracker;
    uint32_t place;
    struct rr_point now;
    GString *told;
    GArray *ids;
};

static struct playing begin_play(void)
{
    const struct rr_settings settings = { .quiet = 3000 * MS, .patience = 60000 * MS };
    const struct rr_endpoint ends[2] = { { "192.0.2.1", 40000 }, { "192.0.2.2", 53 } };
    struct playing p = { .tracker = rr_tracker_new(&settings),
                         .told = g_string_new(NULL),
                         .ids = g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
    p.place = rr_tracker_converse(p.tracker, 3, ends, true);
    return p;
}

static void end_play(struct playing *p)
{
    rr_tracker_free(p->tracker);
    g_string_free(p->told, TRUE);
    g_array_free(p->ids, TRUE);
}

static uint16_t does_of(char letter)
{
    static const struct {
        char letter;
        uint16_t does;
    } known[] = {
        { 'a', RR_PDU_ALONE }, { 'i', RR_PDU_INTERIM }, { 'n', RR_PDU_NEWEST }, { 'q', RR_PDU_QUIET }
    };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].letter == letter)
            return known[i].does;
    return 0;
}

static void tick(struct playing *p, int64_t ms)
{
    p->now.time = ms * MS;
    p->now.frame++;
    rr_tracker_tick(p->tracker, p->now);
}

static struct rr_verdict send_one(struct playing *p, const char *text)
{
    char *colon, *at = strchr(text, '@'), *mark = strchr(text, '!');
    uint16_t does = RR_PDU_BEGINS | RR_PDU_ENDS;
    uint64_t key = g_ascii_strtoull(text + 1, &colon, 10);
    if (colon > text + 1)
        does |= RR_PDU_KEYED;
    if (mark)
        does |= does_of(mark[1]);
    tick(p, g_ascii_strtoll(at + 1, NULL, 10));
    uint32_t len = (uint32_t)((mark ? mark : at) - colon - 1);
    const struct rr_datagram d = { .at = p->now,
                                   .end = *text == '<',
                                   .does = { does, does },
                                   .key = { key, key },
                                   .len = len,
                                   .payload = (const uint8_t *)colon + 1,
                                   .captured = mark && mark[1] == 'c' ? 1 : len,
                                   .protocol = "x" };
    return rr_tracker_datagram(p->tracker, p->place, &d);
}

static void play(struct playing *p, const char *line)
{
    char **words = g_strsplit(line, " ", -1);
    for (char **w = words; *w; w++)
        if (**w == '~')
            tick(p, g_ascii_strtoll(*w + 1, NULL, 10));
        else if (**w)
            send_one(p, *w);
    g_strfreev(words);
}

static void tell_connection(const struct rr_connection *c, void *user)
{
    (void)c;
    (void)user;
}

static void tell_exchange(const struct rr_exchange *x, void *user)
{
    struct playing *p = user;
    uint64_t id = rr_exchange_id(x);
    g_array_append_val(p->ids, id);
    if (p->told->len)
        g_string_append(p->told, "; ");
    if (rr_is_push(x)) {
        g_string_append_printf(p->told, "push %u", x->as.follows ? x->as.follows->number : 0);
        return;
    }
    g_string_append_printf(p->told, "%u %s %s ", x->number, rr_status_name(x->status),
                           *rr_evidence_name(x->evidence) ? rr_evidence_name(x->evidence) : "-");
    if (rr_has_both(x))
        g_string_append_printf(p->told, "%" G_GINT64_FORMAT, rr_latency(x) / MS);
    else
        g_string_append(p->told, "-");
    g_string_append_printf(p->told, " %u/%u %u", x->request.repeats, x->response.repeats, x->request.depth);
}

static const char *told(struct playing *p)
{
    static const struct rr_visitor visitor = { tell_connection, tell_exchange };
    g_string_truncate(p->told, 0);
    g_array_set_size(p->ids, 0);
    rr_tracker_visit(p->tracker, &visitor, p);
    return p->told->str;
}

static const struct {
    const char *name, *play, *told;
} cases[] = {
    { "by-key", ">1:a@0 >2:b@1 <2:B@5 <1:A@9", "1 answered exact 9 0/0 1; 2 answered exact 4 0/0 2" },
    { "asked-again", ">1:a@0 >1:a@1000 <1:A@1500", "1 answered exact 1500 1/0 1" },
    { "asked-again-and-answered-twice", ">1:a@0 >1:a@1000 <1:A@1500 <1:A@1501",
      "1 answered exact 1500 1/1 1" },
    { "asked-again-after-the-answer", ">1:a@0 <1:A@5 >1:a@1000 <1:A@1005", "1 answered exact 5 1/1 1" },
    { "asked-anew-after-the-longest-wait", ">1:a@0 <1:A@5 >1:a@60001 <1:A@60006",
      "1 answered exact 5 0/0 1; 2 answered exact 5 0/0 1" },
    { "the-key-once-more-for-something-else", ">1:a@0 <1:A@5 >1:b@10 <1:B@12",
      "1 answered exact 5 0/0 1; 2 answered exact 2 0/0 1" },
    { "the-key-once-more-while-it-waits", ">1:a@0 >1:b@10 <1:B@12",
      "1 unanswered - - 0/0 1; 2 answered lost 2 0/0 1" },
    { "the-newest-takes-its-place", ">1:a@0 >1:b!n@10 <1:B@12",
      "1 unanswered - - 0/0 1; 2 answered exact 2 0/0 1" },
    { "another-answer-is-a-push", ">1:a@0 <1:A@5 <1:C@6 <1:C@7", "1 answered exact 5 0/0 1; push 1" },
    { "never-answered", ">1:a@0 ~60001", "1 unanswered - - 0/0 1" },
    { "the-oldest-is-given-up-while-others-ask", ">1:a@0 >2:b@30000 >3:c@59000 ~60001 ~90002",
      "1 unanswered - - 0/0 1; 2 unanswered - - 0/0 2; 3 open - - 0/0 3" },
    { "quiet", ">1:a!q@0 >2:b!q@1 <2:B@2 ~60001", "1 oneway - - 0/0 1; 2 answered exact 1 0/0 2" },
    { "late", ">1:a@0 ~60001 <1:A@61000", "1 answered exact 61000 0/0 1" },
    { "unasked", "<1:A@0 <1:A@1 >1:a@2 <1:B@3", "1 unasked - - 0/1 0; 2 answered exact 1 0/0 1" },
    { "alone", ">:a!a@0 >:a!a@1 <1:A!a@2", "1 oneway - - 0/0 0; 2 oneway - - 0/0 0; push 0" },
    { "interim", ">1:a@0 <1:i!i@3 <1:i!i@4 <1:A@9", "1 answered exact 9 0/1 1" },
    { "interim-to-nothing", "<1:i!i@3", "push 0" },
    { "interim-after-the-answer", ">1:a@0 <1:A@2 <1:i!i@3 <1:A@4", "1 answered exact 2 0/1 1" },
    { "late-copy-of-the-answer-before", ">1:a@0 <1:A@2 >1:b@5 <1:A@6 <1:B@9",
      "1 answered exact 2 0/1 1; 2 answered exact 4 0/0 1" },
    { "late-copy-of-the-request-before", ">1:a@0 <1:A@2 >1:b@5 >1:a@6 <1:B@9",
      "1 answered exact 2 1/0 1; 2 answered exact 4 0/0 1" },
    { "the-same-answer-to-something-else-without-a-key", ">:a@0 <:A@2 >:b@5 <:A@6",
      "1 answered order 2 0/0 0; 2 answered order 1 0/0 0" },
    { "the-newest-is-asked-anew", ">1:a!n@0 <1:A!n@2 >1:a!n@5 <1:A!n@6 >1:b!n@7 <1:A!n@9",
      "1 answered exact 2 0/0 1; 2 answered exact 1 0/0 1; 3 answered exact 2 0/0 1" },
    { "alone-once-more", ">1:a!a@0 >1:a!a@1 >2:a!a@2", "1 oneway - - 1/0 0; 2 oneway - - 0/0 0" },
    { "turn", ">:a@0 <:A@5 >:a@9 <:A@12", "1 answered order 5 0/0 0; 2 answered order 3 0/0 0" },
    { "turn-asked-again", ">:a@0 >:a@5 <:A@9", "1 answered order 9 1/0 0" },
    { "turn-with-a-loss", ">:a@0 >:b@5 <:B@9 >:c@20 <:C@21",
      "1 unanswered - - 0/0 0; 2 answered lost 4 0/0 0; 3 answered order 1 0/0 0" },
    { "turn-told-more", ">:a@0 <:A@5 <:B@6", "1 answered order 5 0/0 0; push 1" },
    { "cut", ">1:abc!c@0 >1:abc!c@4 <1:ABC!c@9", "1 answered exact 9 1/0 1" },
};

static void test_case(const void *index)
{
    size_t i = GPOINTER_TO_SIZE(index);
    struct playing p = begin_play();
    play(&p, cases[i].play);
    g_assert_cmpstr(told(&p), ==, cases[i].told);
    end_play(&p);
}

/* The ids of what was told, one after the other. */
static void ids_of(const char *line, GArray *ids)
{
    struct playing p = begin_play();
    play(&p, line);
    told(&p);
    g_array_append_vals(ids, p.ids->data, p.ids->len);
    end_play(&p);
}

static void test_same_at_both_ends(void)
{
    static const struct {
        const char *here, *there; /* what the second says is the end of what the first does */
    } ends[] = {
        { ">1:a@0 >1:a@1000 <1:A@1010", ">1:a@1005 <1:A@1006" },
        { ">1:a@0 <1:A@30 >1:b@31 <1:B@60", ">1:b@40 <1:B@41" },
        { ">1:a@0 >1:a@1000 <1:A@1010", ">1:a@5 <1:A@6 >1:a@1005 <1:A@1006" },
        { ">:a@0 >:a@1000 <:A@1010", ">:a@1005 <:A@1006" },
        { ">1:abc!c@0 <1:A@5", ">1:axy!c@0" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        GArray *ids[2] = { g_array_new(FALSE, FALSE, 8), g_array_new(FALSE, FALSE, 8) };
        ids_of(ends[i].here, ids[0]);
        ids_of(ends[i].there, ids[1]);
        g_assert_cmpuint(ids[1]->len, >, 0);
        g_assert_cmphex(g_array_index(ids[0], uint64_t, ids[0]->len - 1), ==,
                        g_array_index(ids[1], uint64_t, ids[1]->len - 1));
        g_array_free(ids[0], TRUE);
        g_array_free(ids[1], TRUE);
    }
}

static void test_no_id_twice(void)
{
    GArray *ids = g_array_new(FALSE, FALSE, 8);
    ids_of(">1:a@0 <1:A@1 >1:b@2 >2:a@3 >:a@4 <:A@5 >:a@6 <3:a@7 >:a!a@8 >:a!a@9 <1:a!a@10 <1:a!a@11 "
           ">1:a@70000",
           ids);
    g_assert_cmpuint(ids->len, ==, 11);
    for (guint i = 0; i < ids->len; i++)
        for (guint k = i + 1; k < ids->len; k++)
            g_assert_cmphex(g_array_index(ids, uint64_t, i), !=, g_array_index(ids, uint64_t, k));
    g_array_free(ids, TRUE);
}

static void count_shown(const struct rr_exchange *x, const struct rr_message *m, bool fresh, void *user)
{
    g_string_append_printf(user, "%u%s%s ", x->number, m == &x->request ? "q" : "r", fresh ? "" : "=");
}

/* A frame shows its message, and that of which it is a copy. */
static void test_shown(void)
{
    static const struct {
        const char *datagram, *shown;
    } steps[] = { { ">1:aa@0", "1q " },     { ">2:bbb@1", "2q " },    { ">1:aa@1000", "1q= " },
                  { "<1:i!i@1001", "1r " }, { "<2:B@1002", "2r " },   { "<1:A@1003", "1r " },
                  { "<2:B@1004", "2r= " },  { "<1:i!i@1005", "1r " }, { ">2:bbb@1006", "2q= " } };
    struct playing p = begin_play();
    GString *shown = g_string_new(NULL);
    struct rr_verdict verdicts[G_N_ELEMENTS(steps)];
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        verdicts[i] = send_one(&p, steps[i].datagram);
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_string_truncate(shown, 0);
        rr_verdict_messages(&verdicts[i], count_shown, shown);
        g_assert_cmpstr(shown->str, ==, steps[i].shown);
        g_assert_cmpint(verdicts[i].phase, ==, RR_PHASE_NONE);
    }
    g_assert_cmpuint(verdicts[2].cost, ==, 1000000);
    g_string_free(shown, TRUE);
    end_play(&p);
}

/* The key that was used longest ago is forgotten: what answers it has no request. */
static void test_bound(void)
{
    struct playing p = begin_play();
    char text[64];
    for (uint32_t i = 0; i <= RR_KEYS_MAX; i++) {
        g_snprintf(text, sizeof text, ">%u:a@%u", i, i / 10000);
        send_one(&p, text);
    }
    const struct rr_connection *c = send_one(&p, "<0:A@30").connection;
    g_assert_cmpuint(c->exchanges, ==, RR_KEYS_MAX + 2);
    send_one(&p, "<2:A@31");
    g_assert_cmpuint(c->exchanges, ==, RR_KEYS_MAX + 2);
    end_play(&p);
}

/* As long as it may be that an answer was lost behind the capture it is the same request once more; not where
 * the client has come around all its keys.  What others ask does not count. */
static void test_keys_used_anew(void)
{
    enum { KEYS = 40000, LOST = 7 };
    const struct rr_endpoint others[2] = { { "192.0.2.3", 40000 }, { "192.0.2.2", 53 } };
    struct playing p = begin_play();
    char text[64];
    uint32_t place = p.place;
    p.place = rr_tracker_converse(p.tracker, 4, others, true);
    play(&p, ">1:a@0 <1:A@0");
    p.place = place;
    for (uint32_t i = 0; i < 2 * KEYS; i++) {
        g_snprintf(text, sizeof text, ">%u:a@%u", i % KEYS, i / 100);
        send_one(&p, text);
        *text = '<';
        if (i != LOST)
            send_one(&p, text);
    }
    g_snprintf(text, sizeof text, ">%u:a@%u", KEYS - 1, 2 * KEYS / 100);
    const struct rr_connection *c = send_one(&p, text).connection;
    g_assert_cmpuint(c->exchanges, ==, 2 * KEYS);
    g_assert_cmpuint(c->unanswered, ==, 1);
    g_assert_cmpuint(c->repeats[RR_CLIENT], ==, 1);
    end_play(&p);
}

/* The end of a capture is not that of the wait: what is given up later is told anew. */
static void test_after_the_end(void)
{
    struct playing p = begin_play();
    play(&p, ">1:a@0");
    rr_tracker_finish(p.tracker, RR_BY_END);
    const struct rr_report open = rr_tracker_report(p.tracker, 0);
    play(&p, ">1:b@5");
    size_t last = rr_tracker_report_count(p.tracker) - 1;
    const struct rr_report was = rr_tracker_report(p.tracker, 0), is = rr_tracker_report(p.tracker, last);
    g_assert_true(open.live == is.live);
    g_assert_cmpint(was.exchange->status, ==, RR_OPEN);
    g_assert_cmpint(is.exchange->status, ==, RR_UNANSWERED);
    g_assert_cmpuint(is.exchange->part, ==, 2);
    end_play(&p);
}

/* What only TCP has is not there. */
static void test_facts(void)
{
    struct playing p = begin_play();
    play(&p, ">1:ask@0 >1:ask@5 <1:answer@9 <1:more@10");
    rr_tracker_finish(p.tracker, RR_BY_END);
    size_t last = rr_tracker_report_count(p.tracker) - 1;
    struct rr_report r = rr_tracker_report(p.tracker, last);
    g_assert_cmpint(r.rows, ==, RR_ROW_CONNECTION);
    const struct rr_connection *c = r.connection;
    g_assert_cmpstr(rr_transport_name(c->transport), ==, "udp");
    g_assert_cmpuint(c->stream, ==, 3);
    g_assert_cmpuint(c->bytes[RR_CLIENT], ==, 3);
    g_assert_cmpuint(c->bytes[RR_SERVER], ==, 6);
    g_assert_cmpuint(c->push_bytes, ==, 4);
    g_assert_cmpuint(c->repeats[RR_CLIENT], ==, 1);
    g_assert_cmpint(c->direction_from, ==, RR_FROM_RULE);
    g_assert_cmpuint(c->exchanges, ==, 1);
    g_assert_cmpuint(c->pushes, ==, 1);
    end_play(&p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *path = g_strconcat("/datagrams/", cases[i].name, NULL);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
        g_free(path);
    }
    g_test_add_func("/datagrams/same-at-both-ends", test_same_at_both_ends);
    g_test_add_func("/datagrams/no-id-twice", test_no_id_twice);
    g_test_add_func("/datagrams/shown", test_shown);
    g_test_add_func("/datagrams/bound", test_bound);
    g_test_add_func("/datagrams/keys-used-anew", test_keys_used_anew);
    g_test_add_func("/datagrams/after-the-end", test_after_the_end);
    g_test_add_func("/datagrams/facts", test_facts);
    return g_test_run();
}
