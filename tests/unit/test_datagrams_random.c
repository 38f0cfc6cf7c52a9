/* Datagrams at random: whatever comes, the books balance, rows tell the truth and bytes are those that were
 * sent. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "track/payload.h"
#include "track/tracker.h"

enum { CONVERSATIONS = 3, STEPS = 400 };

static const int64_t MS = 1000000;

struct sums {
    uint64_t bytes[2], push_bytes, repeats[2];
    uint32_t exchanges, unanswered, pushes;
};

struct world {
    GRand *random;
    struct rr_tracker *tracker;
    struct rr_payload *payload;
    const struct rr_connection *connection[CONVERSATIONS];
    struct rr_point now;
    struct rr_verdict verdict[STEPS];
    char sent[STEPS][8];
    guint steps;
    struct sums sums[CONVERSATIONS];
    GHashTable *ids;
};

static uint32_t dice(struct world *w, uint32_t faces)
{
    return (uint32_t)g_rand_int_range(w->random, 0, (gint32)faces);
}

static uint16_t draw_flags(struct world *w)
{
    static const uint16_t flags[] = { 0, RR_PDU_ALONE, RR_PDU_INTERIM, RR_PDU_NEWEST };
    uint16_t keyed = dice(w, 4) ? RR_PDU_KEYED : 0;
    return keyed | (dice(w, 3) ? 0 : flags[dice(w, G_N_ELEMENTS(flags))]);
}

static void see_one(const struct rr_exchange *x, const struct rr_message *m, bool fresh, void *user)
{
    guint *seen = user;
    g_assert_true(m == &x->request || m == &x->response);
    *seen += fresh ? 1 : 16;
}

static void send_one(struct world *w, uint32_t place)
{
    char *text = w->sent[w->steps];
    uint32_t len = (uint32_t)g_snprintf(text, sizeof w->sent[0], "%c%.*s", 'a' + (char)dice(w, 4),
                                        (int)dice(w, 4), "xyz");
    uint16_t does = draw_flags(w);
    uint64_t key = dice(w, 3);
    const struct rr_datagram d = { .at = w->now,
                                   .end = (uint8_t)dice(w, 2),
                                   .does = { does, does },
                                   .key = { key, key },
                                   .len = len,
                                   .payload = (const uint8_t *)text,
                                   .captured = dice(w, 8) ? len : 1,
                                   .protocol = "x" };
    struct rr_verdict v = rr_tracker_datagram(w->tracker, place, &d);
    guint seen = 0;
    rr_payload_add(w->payload, &v, d.payload, d.captured);
    rr_verdict_messages(&v, see_one, &seen);
    g_assert_cmpuint(seen, ==, v.fresh ? 1 : 16);
    g_assert_true(v.fresh != v.repeat);
    w->connection[place] = v.connection;
    w->verdict[w->steps++] = v;
}

static void step(struct world *w)
{
    w->now.frame++;
    w->now.time += MS * (dice(w, 20) ? dice(w, 300) : dice(w, 90000));
    rr_payload_begin_frame(w->payload, w->tracker, w->now.frame);
    rr_tracker_tick(w->tracker, w->now);
    if (!dice(w, 150))
        rr_tracker_finish(w->tracker, RR_BY_END);
    send_one(w, dice(w, CONVERSATIONS));
}

static struct sums *sums_of(struct world *w, const struct rr_connection *c)
{
    g_assert_cmpuint(c->place, <, CONVERSATIONS);
    return &w->sums[c->place];
}

static void add_exchange(const struct rr_exchange *x, void *user)
{
    struct world *w = user;
    struct sums *s = sums_of(w, x->connection);
    uint64_t id = rr_exchange_id(x);
    g_assert_true(g_hash_table_add(w->ids, g_memdup2(&id, sizeof id)));
    g_assert_true(rr_complete(&x->request) && rr_complete(&x->response));
    s->bytes[RR_CLIENT] += x->request.bytes;
    *(rr_is_push(x) ? &s->push_bytes : &s->bytes[RR_SERVER]) += x->response.bytes;
    s->repeats[RR_CLIENT] += x->request.repeats;
    s->repeats[RR_SERVER] += x->response.repeats;
    s->exchanges += !rr_is_push(x);
    s->pushes += rr_is_push(x);
    s->unanswered += x->status == RR_UNANSWERED;
    g_assert_cmpint(rr_exists(&x->response), ==,
                    x->status == RR_ANSWERED || x->status == RR_UNASKED || x->status == RR_PUSHED);
    g_assert_cmpuint(x->request.depth, <=, STEPS);
}

static void add_connection(const struct rr_connection *c, void *user)
{
    g_assert_cmpint(sums_of(user, c)->exchanges, ==, 0);
}

/* Of a message of which no byte was told twice: interim answers are the rest. */
static void check_books(struct world *w)
{
    static const struct rr_visitor visitor = { add_connection, add_exchange };
    rr_tracker_visit(w->tracker, &visitor, w);
    for (int i = 0; i < CONVERSATIONS; i++) {
        const struct rr_connection *c = w->connection[i];
        const struct sums *s = &w->sums[i];
        if (!c)
            continue;
        g_assert_cmpuint(c->bytes[RR_CLIENT], ==, s->bytes[RR_CLIENT]);
        g_assert_cmpuint(c->bytes[RR_SERVER], >=, s->bytes[RR_SERVER]);
        g_assert_cmpuint(c->push_bytes, ==, s->push_bytes);
        g_assert_cmpuint(c->repeats[RR_CLIENT], ==, s->repeats[RR_CLIENT]);
        g_assert_cmpuint(c->repeats[RR_SERVER], ==, s->repeats[RR_SERVER]);
        g_assert_cmpuint(c->exchanges, ==, s->exchanges);
        g_assert_cmpuint(c->unanswered, ==, s->unanswered);
        g_assert_cmpuint(c->pushes, ==, s->pushes);
    }
}

/* Parts count from 1, and the last row of each message shows it as it is, repeats apart. */
static void check_rows(struct world *w)
{
    GHashTable *parts = g_hash_table_new(NULL, NULL);
    uint32_t frame = 0;
    for (size_t i = 0; i < rr_tracker_report_count(w->tracker); i++) {
        struct rr_report r = rr_tracker_report(w->tracker, i);
        g_assert_cmpuint(r.frame, >=, frame);
        frame = r.frame;
        if (!(r.rows & RR_ROW_EXCHANGE))
            continue;
        guint before = GPOINTER_TO_UINT(g_hash_table_lookup(parts, r.live));
        g_assert_cmpuint(r.exchange->part, ==, before + 1);
        g_hash_table_insert(parts, (gpointer)r.live, GUINT_TO_POINTER(before + 1));
        if (r.exchange->part == r.live->part) {
            g_assert_cmpint(rr_exists(&r.exchange->response), ==, rr_exists(&r.live->response));
            g_assert_cmpuint(r.exchange->request.first_frame, ==, r.live->request.first_frame);
        }
    }
    g_hash_table_destroy(parts);
}

static void run(guint seed)
{
    const struct rr_endpoint ends[2] = { { "192.0.2.1", 40000 }, { "192.0.2.2", 53 } };
    const struct rr_settings settings = { .patience = seed % 3 ? 60000 * MS : 0 };
    struct world *w = g_new0(struct world, 1);
    w->random = g_rand_new_with_seed(seed);
    w->tracker = rr_tracker_new(&settings);
    w->payload = rr_payload_new((struct rr_payload_limits){ 64, 128, 16, 0 });
    w->ids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (uint32_t i = 0; i < CONVERSATIONS; i++)
        g_assert_cmpuint(rr_tracker_converse(w->tracker, 7, ends, i % 2), ==, i);
    while (w->steps < STEPS)
        step(w);
    rr_tracker_finish(w->tracker, RR_BY_END);
    check_books(w);
    check_rows(w);
    g_hash_table_destroy(w->ids);
    rr_payload_free(w->payload);
    rr_tracker_free(w->tracker);
    g_rand_free(w->random);
    g_free(w);
}

static void test_random(void)
{
    const char *runs = g_getenv("RR_RUNS");
    guint count = runs ? (guint)atoi(runs) : 3000;
    for (guint seed = 1; seed <= count; seed++)
        run(seed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/datagrams-random/books", test_random);
    return g_test_run();
}
