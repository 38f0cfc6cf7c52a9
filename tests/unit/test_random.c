/* Made-up conversations, of which it is known who asked what: at both ends of the wire the tracker must find
 * the turns that the acknowledgements prove. */
#include <string.h>

#include "audit.h"
#include "seeds.h"
#include "wire.h"

static const int64_t MS = 1000000;

/* How a capture of the wire is put before the tracker. */
struct view {
    uint32_t isn[2];
    bool swapped_ends;
    uint16_t port[2];
    int64_t quiet, patience;
};

static const struct view plain = { { 1000, 9000 }, false, { 40000, 80 }, 0, 0 };

/* What a capture shows of one direction. */
struct shown {
    int64_t end;                    /* of the captured bytes */
    uint32_t frame[WIRE_BYTES_MAX]; /* that first showed the byte; 0: none */
    int64_t acked[WIRE_BYTES_MAX];  /* the smallest ACK of the byte's copies and of later bytes */
};

struct truth {
    struct shown side[2];
    bool overtaken; /* bytes came again, acknowledging more, before their original */
};

static uint8_t letter(int64_t offset)
{
    return (uint8_t)('a' + offset * 7 % 23);
}

static void tell(const struct wire_segment *s, guint frame)
{
    g_printerr("%u: %c%d-%d@%g/%d flags %02x\n", frame, s->from_server ? '<' : '>', (int)s->begin,
               (int)(s->begin + s->len), (double)s->time / 1e6, (int)s->ack, s->flags);
}

static struct rr_verdict feed(struct rr_tracker *t, const struct view *view, const struct wire_segment *s,
                              uint32_t frame)
{
    uint8_t payload[1000];
    g_assert_cmpuint(s->len, <=, sizeof payload);
    for (uint32_t i = 0; i < s->len; i++)
        payload[i] = letter(s->begin + i);
    struct rr_segment segment = wire_captured(s, frame, view->isn);
    segment.end ^= view->swapped_ends;
    segment.payload = payload;
    return rr_tracker_feed(t, 0, &segment);
}

struct watched {
    struct rr_tracker *tracker;
    struct audit *audit;
    GArray *verdicts; /* of struct rr_verdict */
};

static struct watched watch(const GArray *capture, const struct view *view)
{
    const struct rr_settings settings = { .quiet = view->quiet, .patience = view->patience };
    struct rr_endpoint ends[2] = { { "192.0.2.1", view->port[0] }, { "192.0.2.2", view->port[1] } };
    if (view->swapped_ends) {
        struct rr_endpoint e = ends[0];
        ends[0] = ends[1];
        ends[1] = e;
    }
    struct rr_tracker *t = rr_tracker_new(&settings);
    struct audit *a = audit_new(t);
    GArray *verdicts = g_array_new(FALSE, FALSE, sizeof(struct rr_verdict));
    rr_tracker_open(t, 0, ends);
    for (guint i = 0; i < capture->len; i++) {
        const struct wire_segment *s = &g_array_index(capture, struct wire_segment, i);
        rr_tracker_tick(t, (struct rr_point){ s->time, i + 1 });
        audit_look(a);
        const struct rr_verdict v = feed(t, view, s, i + 1);
        g_array_append_val(verdicts, v);
        audit_look(a);
    }
    rr_tracker_finish(t, RR_BY_END);
    audit_close(a);
    return (struct watched){ t, a, verdicts };
}

static void unwatch(struct watched w)
{
    audit_free(w.audit);
    g_array_free(w.verdicts, TRUE);
    rr_tracker_free(w.tracker);
}

static struct truth *truth_of(const GArray *capture)
{
    struct truth *truth = g_new0(struct truth, 1);
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < WIRE_BYTES_MAX; i++)
            truth->side[side].acked[i] = INT64_MAX;
    for (guint i = 0; i < capture->len; i++) {
        const struct wire_segment *s = &g_array_index(capture, struct wire_segment, i);
        struct shown *shown = &truth->side[s->from_server];
        if (s->flags & RR_RST || !s->len)
            continue;
        for (int64_t b = s->begin; b < s->begin + s->len; b++) {
            if (!shown->frame[b])
                shown->frame[b] = i + 1;
            else if (s->from_server && s->ack < shown->acked[b])
                truth->overtaken = true;
            shown->acked[b] = MIN(shown->acked[b], s->ack);
        }
        shown->end = MAX(shown->end, s->begin + s->len);
    }
    for (int side = 0; side < 2; side++) {
        struct shown *shown = &truth->side[side];
        int64_t least = truth->side[!side].end; /* a FIN is no byte */
        for (int64_t b = shown->end; b-- > 0;)
            shown->acked[b] = least = MIN(least, shown->acked[b]);
    }
    return truth;
}

/* The bytes that go with `begin` because the same ACK places them. */
static int64_t turn_end(const struct shown *told, int64_t begin)
{
    int64_t end = begin;
    while (end < told->end && told->acked[end] == told->acked[begin])
        end++;
    return end;
}

static void check_message(const struct rr_message *m, const struct shown *shown, int64_t begin, int64_t end)
{
    uint32_t first = UINT32_MAX, last = 0;
    uint64_t bytes = 0;
    GHashTable *frames = g_hash_table_new(NULL, NULL);
    g_assert_cmpint(m->begin, ==, begin);
    g_assert_cmpint(m->end, ==, end);
    for (int64_t b = begin; b < end; b++) {
        if (!shown->frame[b])
            continue;
        first = MIN(first, shown->frame[b]);
        last = MAX(last, shown->frame[b]);
        g_hash_table_add(frames, GUINT_TO_POINTER(shown->frame[b]));
        bytes++;
    }
    g_assert_cmpuint(m->bytes, ==, bytes);
    g_assert_cmpuint(m->first_frame, ==, bytes ? first : 0);
    g_assert_cmpuint(m->last_frame, ==, last);
    g_assert_cmpuint(m->segments, ==, g_hash_table_size(frames));
    if (m->summary)
        g_assert_cmpint(m->summary[0], ==, letter(begin));
    g_hash_table_destroy(frames);
}

static void check_times(const GArray *capture, const struct rr_message *m)
{
    if (!rr_seen(m))
        return;
    g_assert_cmpint(m->first_time, ==, g_array_index(capture, struct wire_segment, m->first_frame - 1).time);
    g_assert_cmpint(m->last_time, ==, g_array_index(capture, struct wire_segment, m->last_frame - 1).time);
}

/* The exchanges are the turns, none more. */
static void check_turns(const GArray *capture, const struct truth *truth, const GPtrArray *all)
{
    const struct shown *asked = &truth->side[0], *told = &truth->side[1];
    int64_t covered = 0, begin = 0;
    guint n = 0;
    for (; begin < told->end; n++) {
        int64_t end = turn_end(told, begin), upto = told->acked[begin];
        g_assert_cmpuint(n, <, all->len);
        const struct rr_exchange *x = g_ptr_array_index(all, n);
        g_assert_cmpint(rr_is_push(x), ==, upto <= covered);
        check_message(&x->response, told, begin, end);
        if (!rr_is_push(x))
            check_message(&x->request, asked, covered, upto);
        check_times(capture, &x->request);
        check_times(capture, &x->response);
        covered = upto;
        begin = end;
    }
    if (covered < asked->end) {
        g_assert_cmpuint(n, <, all->len);
        const struct rr_exchange *x = g_ptr_array_index(all, n++);
        check_message(&x->request, asked, covered, asked->end);
        g_assert_false(rr_exists(&x->response));
    }
    g_assert_cmpuint(n, ==, all->len);
}

struct shown_here {
    const struct rr_verdict *verdict;
    int64_t at; /* where the next message has to begin, or before */
    bool fresh;
};

static void visit(const struct rr_exchange *x, const struct rr_message *m, bool fresh, void *user)
{
    struct shown_here *here = user;
    const struct rr_message *own = here->verdict->side == RR_CLIENT ? &x->request : &x->response;
    g_assert_true(m == own);
    g_assert_cmpint(m->begin, <=, here->at);
    here->at = m->end;
    here->fresh |= fresh;
}

/* A verdict says what its segment brought, and finds all the messages that it lies in. */
static void check_verdict(const struct rr_verdict *v, const struct wire_segment *s, guint frame,
                          const struct shown *shown)
{
    uint32_t fresh = 0, first = s->len, last = 0;
    for (uint32_t i = 0; i < s->len; i++) {
        if (shown->frame[s->begin + i] != frame)
            continue;
        fresh++;
        first = MIN(first, i);
        last = i + 1;
    }
    g_assert_cmpint(v->side, ==, s->from_server);
    g_assert_cmpuint(v->len, ==, s->len);
    g_assert_cmpint(v->fresh, ==, fresh > 0);
    if (fresh) {
        g_assert_cmpuint(v->skip, ==, first);
        g_assert_cmpuint(v->skip + v->take, ==, last);
    }
    if (!s->len)
        return;
    g_assert_cmpint(v->begin, ==, s->begin);
    g_assert_cmpint(v->repeat, ==, fresh < s->len);
    struct shown_here here = { v, v->begin, false };
    rr_verdict_messages(v, visit, &here);
    g_assert_cmpint(here.at, >=, v->begin + v->len);
    g_assert_cmpint(here.fresh, ==, fresh > 0);
}

static void check_verdicts(const GArray *capture, const struct truth *truth, const GArray *verdicts)
{
    for (guint i = 0; i < capture->len; i++) {
        const struct wire_segment *s = &g_array_index(capture, struct wire_segment, i);
        if (!(s->flags & RR_RST))
            check_verdict(&g_array_index(verdicts, struct rr_verdict, i), s, i + 1,
                          &truth->side[s->from_server]);
    }
}

static void check_capture(const GArray *capture)
{
    struct watched w = watch(capture, &plain);
    struct truth *truth = truth_of(capture);
    GPtrArray *all = audit_exchanges(w.audit, 0);
    check_verdicts(capture, truth, w.verdicts);
    if (!truth->overtaken)
        check_turns(capture, truth, all);
    g_ptr_array_free(all, TRUE);
    g_free(truth);
    unwatch(w);
}

/* Who takes turns gets one answer to each request, wherever the bytes were lost. */
static void check_answered(const GArray *capture, int answered)
{
    struct watched w = watch(capture, &plain);
    GPtrArray *all = audit_exchanges(w.audit, 0);
    int found = 0;
    for (guint i = 0; i < all->len; i++)
        found += ((struct rr_exchange *)g_ptr_array_index(all, i))->status == RR_ANSWERED;
    g_assert_cmpint(found, ==, answered);
    g_ptr_array_free(all, TRUE);
    unwatch(w);
}

/* Where nothing is lost both ends show the same, and what was asked in turn is proven. */
static void check_pair(const struct wire_captures *c, bool in_turn)
{
    struct watched w[2] = { watch(c->at[0], &plain), watch(c->at[1], &plain) };
    GPtrArray *all[2] = { audit_exchanges(w[0].audit, 0), audit_exchanges(w[1].audit, 0) };
    g_assert_cmpuint(all[0]->len, ==, all[1]->len);
    for (guint i = 0; i < all[0]->len; i++) {
        const struct rr_exchange *x = g_ptr_array_index(all[0], i), *y = g_ptr_array_index(all[1], i);
        g_assert_cmpuint(rr_exchange_id(x), ==, rr_exchange_id(y));
        g_assert_cmpint(x->status, ==, y->status);
        g_assert_cmpuint(x->request.bytes, ==, y->request.bytes);
        g_assert_cmpuint(x->response.bytes, ==, y->response.bytes);
        if (in_turn && x->status == RR_ANSWERED) {
            g_assert_cmpint(x->evidence, ==, RR_EXACT);
            g_assert_cmpint(y->evidence, ==, RR_EXACT);
        }
    }
    for (int i = 0; i < 2; i++) {
        g_ptr_array_free(all[i], TRUE);
        unwatch(w[i]);
    }
}

static void tell_capture(const GArray *capture, const char *where)
{
    if (!seeds_single())
        return;
    g_printerr("%s\n", where);
    for (guint i = 0; i < capture->len; i++)
        tell(&g_array_index(capture, struct wire_segment, i), i + 1);
}

static void run_turns(guint32 seed, bool clean)
{
    GRand *rand = g_rand_new_with_seed(seed);
    const struct wire_plan plan = wire_some_plan(rand, clean);
    struct wire_captures c = wire_run(&plan, rand);
    bool in_turn = plan.asking == WIRE_IN_TURN && !plan.greeting;
    tell_capture(c.at[1], "server");
    check_capture(c.at[1]);
    if (in_turn)
        check_answered(c.at[1], c.answered);
    tell_capture(c.at[0], "client");
    check_capture(c.at[0]);
    if (clean && plan.goodbye != WIRE_RESET)
        check_pair(&c, in_turn);
    wire_captures_free(&c);
    g_rand_free(rand);
}

static void run_clean(guint32 seed)
{
    run_turns(seed, true);
}

static void run_lossy(guint32 seed)
{
    run_turns(seed, false);
}

/* The same capture reads the same whatever its ends are called and wherever its numbers start. */
static void run_views(guint32 seed)
{
    GRand *rand = g_rand_new_with_seed(seed);
    const struct wire_plan plan = wire_some_plan(rand, false);
    struct wire_captures c = wire_run(&plan, rand);
    const GArray *capture = c.at[seed & 1];
    struct view view = { { 1000, 9000 }, false, { 40000, 80 }, 3000 * MS, 60000 * MS };
    char *transcript = NULL;
    tell_capture(capture, "views");
    for (int i = 0; i < 4; i++) {
        view.swapped_ends = i & 1;
        if (i & 2)
            view.isn[0] = view.isn[1] = UINT32_MAX - (uint32_t)g_rand_int_range(rand, 0, 500);
        struct watched w = watch(capture, &view);
        char *again = audit_transcript(w.audit);
        g_assert_cmpstr(transcript ? transcript : again, ==, again);
        g_free(transcript);
        transcript = again;
        unwatch(w);
    }
    g_free(transcript);
    wire_captures_free(&c);
    g_rand_free(rand);
}

/* What is wrong with the capture, not with the wire. */
static GArray *spoil(const GArray *capture, GRand *rand)
{
    static const double odds[] = { 0, 0.02, 0.1, 0.4 };
    const double dropped = odds[g_rand_int_range(rand, 0, 4)], doubled = odds[g_rand_int_range(rand, 0, 4)];
    const int one_way = g_rand_int_range(rand, 0, 8);
    const guint from = g_rand_boolean(rand) ? 0 : (guint)g_rand_int_range(rand, 0, (gint32)capture->len);
    GArray *spoilt = g_array_new(FALSE, FALSE, sizeof(struct wire_segment));
    for (guint i = from; i < capture->len; i++) {
        struct wire_segment s = g_array_index(capture, struct wire_segment, i);
        if (s.from_server == one_way || g_rand_double(rand) < dropped)
            continue;
        g_array_append_val(spoilt, s);
        if (g_rand_double(rand) < doubled)
            g_array_append_val(spoilt, s);
    }
    return spoilt;
}

/* What can be known of a direction. */
struct account {
    int64_t origin, acked; /* -1: not known */
    int64_t sent;          /* by its own numbers */
    bool fin;              /* seen before anything that was sent after it */
    int64_t doubtful;      /* lone bytes right before the first number known: a keep-alive looks the same */
    bool bare; /* the first number is that of its own segment without payload: it may be a keep-alive's */
};

static void open_account(struct account *a, int64_t offset, bool bare)
{
    if (a->origin >= 0)
        return;
    a->origin = MAX(offset, 0);
    a->bare = bare;
}

static void keep_accounts(const GArray *capture, struct account account[2])
{
    for (guint i = 0; i < capture->len; i++) {
        const struct wire_segment *s = &g_array_index(capture, struct wire_segment, i);
        struct account *own = &account[s->from_server], *peer = &account[!s->from_server];
        if (s->flags & RR_RST)
            continue;
        open_account(own, s->begin, s->len == 0 && !(s->flags & RR_SYN));
        own->doubtful += s->len == 1 && s->begin == own->origin - 1;
        own->sent = MAX(own->sent, s->begin);
        if (s->flags & RR_FIN && MAX(own->sent, own->acked) <= s->begin + s->len)
            own->fin = true;
        if (!(s->flags & RR_ACK))
            continue;
        open_account(peer, s->ack, false);
        peer->acked = MAX(peer->acked, s->ack);
    }
}

/* Every byte is captured or missing; `total` is what that side sent in all.  Bytes that only their sender's
 * later numbers tell of may be known to be missing. */
static void check_account(const struct shown *shown, const struct account *a, int64_t total, uint64_t bytes,
                          uint64_t missing)
{
    int64_t end = MAX(shown->end, MIN(a->acked, total)), origin = MAX(a->origin, 0);
    int64_t captured = 0;
    for (int64_t b = origin; b < end; b++)
        captured += shown->frame[b] != 0;
    int64_t lacking = MAX(end - origin, 0) - captured;
    int64_t most = MAX(MAX(end, MIN(a->sent, total)) - origin, 0) - captured;
    bool fin_unseen = !a->fin; /* nothing tells it from one missing byte at the end */
    g_assert_cmpint((int64_t)bytes, <=, captured);
    g_assert_cmpint((int64_t)bytes, >=, captured - a->doubtful);
    g_assert_cmpint((int64_t)missing, >=, lacking - fin_unseen);
    g_assert_cmpint((int64_t)missing, <=, most + fin_unseen + a->doubtful);
}

/* A direction begins at the first number that was seen of it, or further back at a byte that was captured, or
 * one further on, where the first number is taken for a keep-alive's. */
static void settle_origin(struct account *a, const struct shown *shown, int64_t origin)
{
    if (a->origin < 0 || origin == a->origin)
        return;
    g_assert_cmpint(origin, >=, 0);
    g_assert_cmpint(origin, <=, a->origin + a->bare);
    g_assert_cmpuint(shown->frame[origin], !=, 0);
    a->origin = origin;
}

static void check_books(const GArray *capture, const struct view *view, const int64_t total[2])
{
    struct watched w = watch(capture, view);
    struct truth *truth = truth_of(capture);
    struct account account[2] = { { -1, -1, -1, false, 0, false }, { -1, -1, -1, false, 0, false } };
    keep_accounts(capture, account);
    const struct rr_connection *c = rr_tracker_connection(w.tracker, 0);
    int asker = strcmp(c->end[RR_CLIENT].host, "192.0.2.1") != 0;
    for (int way = 0; way < 2; way++) {
        int side = way ^ asker;
        uint64_t pushed = side == RR_SERVER ? c->push_bytes : 0;
        settle_origin(&account[way], &truth->side[way], (int32_t)(c->origin[side] - view->isn[way] - 1));
        check_account(&truth->side[way], &account[way], total[way], c->bytes[side] + pushed,
                      c->missing[side]);
    }
    g_free(truth);
    unwatch(w);
}

static void run_spoilt(guint32 seed)
{
    static const uint16_t ports[][2] = { { 40000, 80 }, { 40000, 50000 }, { 80, 40000 }, { 80, 443 } };
    GRand *rand = g_rand_new_with_seed(seed);
    const struct wire_plan plan = wire_some_plan(rand, g_rand_boolean(rand));
    struct wire_captures c = wire_run(&plan, rand);
    const uint16_t *port = ports[g_rand_int_range(rand, 0, 4)];
    const struct view view = { { g_rand_int(rand), g_rand_int(rand) },
                               g_rand_boolean(rand),
                               { port[0], port[1] },
                               g_rand_int_range(rand, 0, 2) * 300 * MS,
                               g_rand_int_range(rand, 0, 2) * 1000 * MS };
    struct truth *truth = truth_of(c.at[seed & 1]);
    const int64_t total[2] = { truth->side[0].end, truth->side[1].end };
    GArray *spoilt = spoil(c.at[seed & 1], rand);
    tell_capture(spoilt, "spoilt");
    if (spoilt->len)
        check_books(spoilt, &view, total);
    g_array_free(spoilt, TRUE);
    g_free(truth);
    wire_captures_free(&c);
    g_rand_free(rand);
}

static void test_clean(void)
{
    seeds_each(400, run_clean);
}

static void test_lossy(void)
{
    seeds_each(500, run_lossy);
}

static void test_views(void)
{
    seeds_each(100, run_views);
}

static void test_spoilt(void)
{
    seeds_each(1000, run_spoilt);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/random/clean", test_clean);
    g_test_add_func("/random/lossy", test_lossy);
    g_test_add_func("/random/views", test_views);
    g_test_add_func("/random/spoilt", test_spoilt);
    return g_test_run();
}
