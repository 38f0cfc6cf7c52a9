/* Made-up conversations, whose messages a dissector tells apart: whatever of them is lost, cut or not
 * understood, no pair is told with proof that was none. */
#include <string.h>

#include "audit.h"
#include "seeds.h"
#include "wire.h"

enum { PARTS_MAX = 3 };

/* How the dissector sees the conversation. */
struct sight {
    double dropped,
        misunderstood; /* how many segments, and messages but the first: that makes the rule known */
    guint from;        /* the capture's first segment */
    int keys;          /* so many are used in turn, once what has one is answered; 0: by order */
    int parts;         /* a message has up to so many ... */
    bool counted; /* ... that each end, the server's each begin a message, and announce how many follow */
};

struct part {
    int64_t begin, end;
    int side, message;
    uint16_t does;
    uint32_t owes;
    bool told, hidden;
};

struct dissector {
    const struct sight *sight;
    struct rr_tracker *tracker;
    GArray *parts; /* of struct part */
    bool here[2][WIRE_BYTES_MAX];
    bool missed; /* something was not told */
    bool chancy; /* a client that asks whenever it likes may look as if it waited */
};

static const uint32_t ISN[2] = { 1000, 9000 };

/* How many further parts each of them announces: all together `parts` - 1, and before the last never none
 * that is to come. */
static void announce(struct part *part, int parts, GRand *rand)
{
    int left = parts - 1, owed = 0;
    for (int i = 0; i < parts; i++) {
        int least = left && owed <= (i > 0);
        part[i].does |= RR_PDU_ENDS;
        if (part[i].side == RR_SERVER)
            part[i].does |= RR_PDU_BEGINS;
        part[i].owes = (uint32_t)g_rand_int_range(rand, least, left + 1);
        left -= (int)part[i].owes;
        owed += (int)part[i].owes - (i > 0);
    }
}

static void add_message(struct dissector *d, int side, int number, int64_t begin, int64_t end, GRand *rand)
{
    int some = g_rand_int_range(rand, 1, d->sight->parts + 1);
    int parts = number < 0 ? 1 : (int)MIN(some, end - begin);
    bool hidden = number > 0 && g_rand_double(rand) < d->sight->misunderstood;
    for (int i = 0; i < parts; i++) {
        const struct part part = {
            .begin = begin + (end - begin) * i / parts,
            .end = begin + (end - begin) * (i + 1) / parts,
            .side = side,
            .message = number,
            .hidden = hidden,
            .does = (uint16_t)((i == 0 ? RR_PDU_BEGINS : 0) | (i == parts - 1 ? RR_PDU_ENDS : 0) |
                               (number < 0 ? RR_PDU_ALONE : 0) | (d->sight->keys ? RR_PDU_KEYED : 0)),
        };
        g_array_append_val(d->parts, part);
    }
    if (d->sight->counted)
        announce(&g_array_index(d->parts, struct part, d->parts->len - (guint)parts), parts, rand);
}

static int64_t message_end(const struct wire_captures *c, int side, int number)
{
    int64_t before = side == RR_SERVER ? c->greeting : 0;
    return number < 0 ? before : g_array_index(c->message[side], int64_t, number);
}

static void make_messages(struct dissector *d, const struct wire_captures *c, GRand *rand)
{
    if (c->greeting)
        add_message(d, RR_SERVER, -1, 0, c->greeting, rand);
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < (int)c->message[side]->len; i++)
            add_message(d, side, i, message_end(c, side, i - 1), message_end(c, side, i), rand);
}

static bool is_here(const struct dissector *d, int side, int64_t begin, int64_t end)
{
    for (int64_t b = begin; b < end; b++)
        if (!d->here[side][b])
            return false;
    return true;
}

/* What of the segment the dissector waits for the rest of. */
static size_t keep(const struct dissector *d, const struct wire_segment *s, struct rr_pdu *pdu)
{
    int64_t end = s->begin + s->len;
    for (guint i = 0; s->len && i < d->parts->len; i++) {
        const struct part *part = &g_array_index(d->parts, struct part, i);
        bool over_end = part->side == s->from_server && part->begin < end && part->end > end;
        if (!over_end || part->told || part->hidden || !is_here(d, part->side, part->begin, end))
            continue;
        *pdu = (struct rr_pdu){ .at = MAX(part->begin - s->begin, 0), .does = RR_PDU_UNFINISHED };
        return 1;
    }
    return 0;
}

/* The parts that are whole with this segment. */
static size_t dissect(struct dissector *d, const struct wire_segment *s, struct rr_pdu *pdus, size_t room)
{
    size_t count = 0;
    for (int64_t b = MAX(s->begin, 0); b < s->begin + s->len; b++)
        d->here[s->from_server][b] = true;
    for (guint i = 0; i < d->parts->len && count < room; i++) {
        struct part *part = &g_array_index(d->parts, struct part, i);
        bool touched =
            part->side == s->from_server && part->begin < s->begin + s->len && part->end > s->begin;
        if (!touched || part->told || part->hidden || !is_here(d, part->side, part->begin, part->end))
            continue;
        part->told = true;
        if (seeds_single())
            g_printerr("   message %d %d-%d\n", part->message, (int)part->begin, (int)part->end);
        pdus[count++] = (struct rr_pdu){
            .at = part->begin - s->begin,
            .length = (uint32_t)(part->end - part->begin),
            .does = part->does,
            .owes = part->owes,
            .key = d->sight->keys ? (uint64_t)(part->message % d->sight->keys) : 0,
            .protocol = "x",
        };
    }
    return count;
}

static void feed(struct dissector *d, const struct wire_segment *s, uint32_t frame)
{
    static const uint8_t payload[1000];
    struct rr_pdu pdus[512];
    struct rr_segment segment = wire_captured(s, frame, ISN);
    segment.payload = payload;
    if (seeds_single())
        g_printerr("%u: %c%d-%d/%d %x\n", frame, s->from_server ? '<' : '>', (int)s->begin,
                   (int)s->begin + (int)s->len, (int)s->ack, s->flags);
    size_t count = s->flags & RR_RST ? 0 : dissect(d, s, pdus, G_N_ELEMENTS(pdus) - 1);
    rr_tracker_tick(d->tracker, segment.at);
    if (count)
        rr_tracker_rule(d->tracker, 0);
    count += keep(d, s, &pdus[count]);
    struct rr_verdict v = rr_tracker_feed(d->tracker, 0, &segment);
    if (rr_tracker_is_ruled(d->tracker, 0))
        rr_tracker_pdus(d->tracker, &v, pdus, count);
}

/* The number of the message that the byte is in. */
static int message_at(const struct wire_captures *c, int side, int64_t byte)
{
    int i = 0;
    while (i + 1 < (int)c->message[side]->len && message_end(c, side, i) <= byte)
        i++;
    return i;
}

static void check_proven(const struct wire_captures *c, const struct rr_exchange *x, const int64_t origin[2],
                         bool whole)
{
    int asked = message_at(c, RR_CLIENT, x->request.begin + origin[RR_CLIENT]);
    int told = message_at(c, RR_SERVER, x->response.begin + origin[RR_SERVER]);
    if (seeds_single())
        g_printerr("request %d answer %d %s\n", asked, told, rr_evidence_name(x->evidence));
    g_assert_cmpint(asked, ==, told);
    g_assert_cmpint(x->request.end + origin[RR_CLIENT], <=, message_end(c, RR_CLIENT, asked));
    g_assert_cmpint(x->response.end + origin[RR_SERVER], <=, message_end(c, RR_SERVER, told));
    if (whole) {
        g_assert_cmpint(x->request.end + origin[RR_CLIENT], ==, message_end(c, RR_CLIENT, asked));
        g_assert_cmpint(x->response.end + origin[RR_SERVER], ==, message_end(c, RR_SERVER, told));
    }
}

static void tell(const struct rr_exchange *x, void *user)
{
    (void)user;
    g_printerr("%u: >%d-%d <%d-%d bytes %d %d %s %s %s parts %d %d %d\n", x->number, (int)x->request.begin,
               (int)x->request.end, (int)x->response.begin, (int)x->response.end, (int)x->request.bytes,
               (int)x->response.bytes, rr_status_name(x->status), rr_evidence_name(x->evidence),
               rr_pairing_name(x->pairing), x->request.part, x->response.part, x->part);
}

static void pass(const struct rr_connection *c, void *user)
{
    (void)c;
    (void)user;
}

static void check_pairs(const struct dissector *d, const struct wire_captures *c, const struct audit *a)
{
    const struct rr_connection *connection = rr_tracker_connection(d->tracker, 0);
    GPtrArray *all = audit_exchanges(a, 0);
    int64_t origin[2];
    int answered = 0;
    uint64_t bytes[2] = { 0 };
    for (int side = 0; side < 2; side++)
        origin[side] = (int32_t)(connection->origin[side] - ISN[side] - 1);
    for (guint i = 0; i < all->len; i++) {
        const struct rr_exchange *x = g_ptr_array_index(all, i);
        bytes[RR_CLIENT] += x->request.bytes;
        bytes[RR_SERVER] += x->response.bytes;
        bool proven = x->evidence == RR_EXACT || x->evidence == RR_ACKED;
        if (rr_is_push(x) || !rr_has_both(x) || x->pairing == RR_BY_TURN)
            continue;
        answered++;
        if (!d->missed)
            g_assert_cmpstr(rr_evidence_name(x->evidence), !=, "lost");
        if (proven && !d->chancy)
            check_proven(c, x, origin, !d->missed);
    }
    g_assert_cmpuint(bytes[RR_CLIENT], <=, connection->bytes[RR_CLIENT]);
    g_assert_cmpuint(bytes[RR_SERVER], <=, connection->bytes[RR_SERVER] + connection->push_bytes);
    if (!d->missed)
        g_assert_cmpint(answered, ==, MIN(c->message[RR_CLIENT]->len, c->message[RR_SERVER]->len));
    g_ptr_array_free(all, TRUE);
}

static void watch(const struct wire_captures *c, int where, const struct sight *sight, bool clean,
                  bool at_will, GRand *rand)
{
    const struct rr_settings settings = { .quiet = INT64_C(3000000000), .patience = INT64_C(60000000000) };
    static const struct rr_endpoint ends[2] = { { "192.0.2.1", 40000 }, { "192.0.2.2", 80 } };
    struct dissector *d = g_new0(struct dissector, 1);
    d->sight = sight;
    d->tracker = rr_tracker_new(&settings);
    d->parts = g_array_new(FALSE, FALSE, sizeof(struct part));
    d->missed = !clean || sight->dropped > 0 || sight->misunderstood > 0 || sight->from > 0;
    d->chancy = d->missed && at_will && !sight->keys;
    struct audit *audit = audit_new(d->tracker);
    rr_tracker_open(d->tracker, 0, ends);
    make_messages(d, c, rand);
    for (guint i = sight->from; i < c->at[where]->len; i++) {
        const struct wire_segment *s = &g_array_index(c->at[where], struct wire_segment, i);
        if (g_rand_double(rand) < sight->dropped)
            continue;
        feed(d, s, i + 1);
        audit_look(audit);
    }
    rr_tracker_finish(d->tracker, RR_BY_END);
    static const struct rr_visitor visitor = { pass, tell };
    if (seeds_single())
        rr_tracker_visit(d->tracker, &visitor, NULL);
    audit_close(audit);
    check_pairs(d, c, audit);
    audit_free(audit);
    rr_tracker_free(d->tracker);
    g_array_free(d->parts, TRUE);
    g_free(d);
}

static void run(guint32 seed, bool clean, bool whole, bool keyed, bool counted)
{
    static const double odds[] = { 0.02, 0.1, 0.3 };
    GRand *rand = g_rand_new_with_seed(seed);
    struct wire_plan plan = wire_some_plan(rand, clean);
    plan.request_min = 2; /* a lost byte at the end looks like the number of a FIN */
    struct wire_captures c = wire_run(&plan, rand);
    struct sight sight = { .parts = g_rand_int_range(rand, 1, PARTS_MAX + 1), .counted = counted };
    if (keyed)
        sight.keys = plan.asking == WIRE_IN_TURN ? g_rand_int_range(rand, 1, 4) : 1000;
    if (keyed && plan.asking == WIRE_IN_TURN)
        sight.parts = 1; /* whose a later part is, only a key of its own tells where the first was missed */
    if (!clean && g_rand_boolean(rand))
        sight.dropped = odds[g_rand_int_range(rand, 0, 3)];
    if (!clean && g_rand_boolean(rand))
        sight.misunderstood = odds[g_rand_int_range(rand, 0, 3)];
    if (!whole)
        sight.from = (guint)g_rand_int_range(rand, 1, 12);
    if (plan.goodbye != WIRE_RESET || !clean)
        for (int where = 0; where < 2; where++)
            watch(&c, where, &sight, clean, plan.asking == WIRE_STAGGERED, rand);
    wire_captures_free(&c);
    g_rand_free(rand);
}

static void run_clean(guint32 seed)
{
    run(seed, true, true, seed & 1, false);
}

static void run_order(guint32 seed)
{
    run(seed, false, true, false, false);
}

static void run_keys(guint32 seed)
{
    run(seed, false, seed & 1, true, false);
}

static void run_counted(guint32 seed)
{
    run(seed, seed % 4 == 0, true, false, true);
}

static void test_clean(void)
{
    seeds_each(2000, run_clean);
}

static void test_order(void)
{
    seeds_each(1000, run_order);
}

static void test_keys(void)
{
    seeds_each(1000, run_keys);
}

static void test_counted(void)
{
    seeds_each(1000, run_counted);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/random-pdus/clean", test_clean);
    g_test_add_func("/random-pdus/order", test_order);
    g_test_add_func("/random-pdus/keys", test_keys);
    g_test_add_func("/random-pdus/counted", test_counted);
    return g_test_run();
}
