#include "track/tracker.h"

#include <glib.h>

#include "track/connection.h"
#include "track/datagrams.h"
#include "track/messages.h"
#include "track/pdus.h"

/* How many spans of others lie between those of a message at most. */
enum { LOOK_BACK = 16, LOOK_AHEAD = 4096 };

struct rr_tracker {
    struct rr_shared shared;
    GPtrArray *connections[RR_TRANSPORT_COUNT]; /* by place; NULL where a stream is not known */
};

struct rr_tracker *rr_tracker_new(const struct rr_settings *settings)
{
    struct rr_tracker *t = g_new0(struct rr_tracker, 1);
    t->shared.settings = *settings;
    rr_arena_init(&t->shared.arena);
    t->shared.store = rr_store_new(&t->shared.arena);
    t->shared.reports = rr_reports_new(&t->shared.arena);
    rr_timers_init(&t->shared.waiting, settings->patience, offsetof(struct rr_conn, waiting));
    rr_timers_init(&t->shared.quiet, settings->quiet, offsetof(struct rr_conn, quiet));
    rr_timers_init(&t->shared.closed, RR_LINGER, offsetof(struct rr_conn, closed));
    rr_keys_init(&t->shared.keys);
    for (int transport = 0; transport < RR_TRANSPORT_COUNT; transport++)
        t->connections[transport] = g_ptr_array_new();
    return t;
}

static struct rr_conn *find(const struct rr_tracker *t, uint32_t stream)
{
    const GPtrArray *all = t->connections[RR_TCP];
    return stream < all->len ? g_ptr_array_index(all, stream) : NULL;
}

static guint count(const struct rr_tracker *t)
{
    return t->connections[RR_TCP]->len + t->connections[RR_UDP]->len;
}

/* Of all; NULL where a stream is not known. */
static struct rr_conn *nth(const struct rr_tracker *t, guint i)
{
    guint tcp = t->connections[RR_TCP]->len;
    return i < tcp ? find(t, i) : g_ptr_array_index(t->connections[RR_UDP], i - tcp);
}

void rr_tracker_free(struct rr_tracker *t)
{
    if (!t)
        return;
    for (guint i = 0; i < count(t); i++)
        if (nth(t, i))
            rr_conn_release(nth(t, i));
    for (int transport = 0; transport < RR_TRANSPORT_COUNT; transport++)
        g_ptr_array_free(t->connections[transport], TRUE);
    rr_keys_release(&t->shared.keys);
    rr_list_release(&t->shared.touched);
    rr_timers_release(&t->shared.waiting);
    rr_timers_release(&t->shared.quiet);
    rr_timers_release(&t->shared.closed);
    rr_reports_free(t->shared.reports);
    rr_store_free(t->shared.store);
    rr_arena_release(&t->shared.arena);
    g_free(t);
}

void rr_tracker_tick(struct rr_tracker *t, struct rr_point now)
{
    struct rr_shared *s = &t->shared;
    struct rr_conn *c;
    s->now = now;
    if (!rr_timers_due(&s->quiet, now.time) && !rr_timers_due(&s->waiting, now.time) &&
        !rr_timers_due(&s->closed, now.time))
        return;
    while ((c = rr_timers_expired(&s->quiet, now.time)))
        rr_conn_quiet(c);
    while ((c = rr_timers_expired(&s->waiting, now.time)))
        rr_conn_waited(c);
    while ((c = rr_timers_expired(&s->closed, now.time)))
        rr_conn_lingered(c);
    rr_flush(s);
}

bool rr_tracker_knows(const struct rr_tracker *t, uint32_t stream)
{
    return find(t, stream) != NULL;
}

void rr_tracker_open(struct rr_tracker *t, uint32_t stream, const struct rr_endpoint ends[2])
{
    GPtrArray *all = t->connections[RR_TCP];
    if (stream >= all->len)
        g_ptr_array_set_size(all, (gint)stream + 1);
    g_ptr_array_index(all, stream) = rr_conn_new(&t->shared, stream, ends);
}

void rr_tracker_expect(const struct rr_tracker *t, uint32_t stream)
{
    const struct rr_conn *c = find(t, stream);
    if (c)
        rr_conn_expect(c);
}

const struct rr_connection *rr_tracker_connection(const struct rr_tracker *t, uint32_t stream)
{
    struct rr_conn *c = find(t, stream);
    return c ? &c->facts : NULL;
}

struct rr_verdict rr_tracker_feed(struct rr_tracker *t, uint32_t stream, const struct rr_segment *s)
{
    struct rr_verdict v = rr_conn_feed(find(t, stream), s);
    if (t->shared.touched.len)
        rr_flush(&t->shared);
    return v;
}

void rr_tracker_rule(struct rr_tracker *t, uint32_t stream)
{
    if (!find(t, stream)->pdus)
        rr_pdus_rule(find(t, stream));
}

bool rr_tracker_is_ruled(const struct rr_tracker *t, uint32_t stream)
{
    const struct rr_conn *c = find(t, stream);
    return c && c->pdus;
}

bool rr_tracker_is_undecided(const struct rr_tracker *t, uint32_t stream, uint8_t end)
{
    const struct rr_conn *c = find(t, stream);
    const struct rr_exchange *x = c && !c->pdus ? rr_last(c, RR_CLIENT) : NULL;
    return x && x->request.undecided && (end != c->client || rr_pending(c));
}

int rr_tracker_ruled_side(const struct rr_tracker *t, uint32_t stream, uint8_t end)
{
    const struct rr_conn *c = find(t, stream);
    if (!c || !c->pdus)
        return -1;
    return end == c->client ? RR_CLIENT : RR_SERVER;
}

void rr_tracker_pdus(struct rr_tracker *t, const struct rr_verdict *v, const struct rr_pdu *pdus,
                     size_t count)
{
    struct rr_conn *c = find(t, v->connection->stream);
    for (size_t i = 0; i < count; i++)
        rr_pdus_tell(c, v, &pdus[i]);
    if (c->pdus)
        rr_pdus_done(c);
    if (t->shared.touched.len)
        rr_flush(&t->shared);
}

uint32_t rr_tracker_converse(struct rr_tracker *t, uint32_t stream, const struct rr_endpoint ends[2],
                             bool asks)
{
    GPtrArray *all = t->connections[RR_UDP];
    struct rr_conn *c = rr_conn_new(&t->shared, stream, ends);
    c->facts.place = all->len;
    rr_datagrams_begin(c, asks);
    g_ptr_array_add(all, c);
    return c->facts.place;
}

struct rr_verdict rr_tracker_datagram(struct rr_tracker *t, uint32_t place, const struct rr_datagram *d)
{
    struct rr_verdict v = rr_datagrams_feed(g_ptr_array_index(t->connections[RR_UDP], place), d);
    rr_flush(&t->shared);
    return v;
}

void rr_tracker_finish(struct rr_tracker *t, enum rr_ended_by why)
{
    for (guint i = 0; i < count(t); i++)
        if (nth(t, i))
            rr_conn_finish(nth(t, i), why);
}

/* Where the messages that were told lie; NULL with turns. */
static const struct rr_spans *spans_of(const struct rr_conn *c, int side)
{
    if (c->datagrams)
        return &c->datagrams->spans[side];
    return c->pdus ? &c->pdus->spans[side] : NULL;
}

/* So too their exchanges. */
static const struct rr_list *told_of(const struct rr_conn *c)
{
    if (c->datagrams)
        return &c->datagrams->all;
    return c->pdus ? &c->pdus->all : NULL;
}

static bool is_among(const struct rr_exchange *x, const struct rr_exchange *const *some, guint count)
{
    guint i = 0;
    while (i < count && some[i] != x)
        i++;
    return i < count;
}

/* A message can have several spans in a segment, and is shown once if they are not far from each other. */
static void visit_spans(const struct rr_spans *s, const struct rr_verdict *v, int64_t end,
                        void (*visit)(const struct rr_exchange *x, const struct rr_message *m, bool fresh,
                                      void *user),
                        void *user)
{
    int64_t fresh_begin = v->begin + v->skip, fresh_end = fresh_begin + v->take;
    const struct rr_exchange *before[LOOK_BACK];
    struct rr_spot at = rr_spans_find(s, v->begin);
    for (guint n = 0; at.span && at.span->begin < end; at = rr_spans_next(s, at), n++) {
        struct rr_exchange *x = at.span->exchange;
        if (x && !is_among(x, before, MIN(n, LOOK_BACK)))
            visit(x, rr_side_of(x, v->side),
                  v->fresh && at.span->begin < fresh_end && at.span->end > fresh_begin, user);
        before[n % LOOK_BACK] = x;
    }
}

void rr_verdict_messages(const struct rr_verdict *v,
                         void (*visit)(const struct rr_exchange *x, const struct rr_message *m, bool fresh,
                                       void *user),
                         void *user)
{
    const struct rr_conn *c = (const struct rr_conn *)v->connection;
    int64_t fresh_begin = v->begin + v->skip, fresh_end = fresh_begin + v->take;
    int64_t end = v->begin + (v->len ? v->len : 1);
    if (!v->len && !v->repeat)
        return;
    if (spans_of(c, v->side))
        visit_spans(spans_of(c, v->side), v, end, visit, user);
    int i = rr_find(c, v->side, v->begin);
    for (guint n = i < 0 ? 0 : (guint)i; n < c->messages[v->side].len; n++) {
        struct rr_exchange *x = rr_nth(c, v->side, n);
        const struct rr_message *m = rr_side_of(x, v->side);
        if (m->begin >= end)
            break;
        if (m->end > v->begin)
            visit(x, m, v->fresh && m->begin < fresh_end && m->end > fresh_begin, user);
    }
}

/* The span that a message begins with, if there is one. */
static struct rr_spot first_span(const struct rr_spans *s, const struct rr_message *m)
{
    struct rr_spot at = rr_spans_find(s, m->begin);
    if (at.span && (at.span->begin > m->begin || !at.span->exchange))
        at.span = NULL;
    return at;
}

void rr_message_ranges(const struct rr_connection *connection, int side, const struct rr_message *m,
                       void (*visit)(int64_t begin, int64_t end, void *user), void *user)
{
    const struct rr_conn *c = (const struct rr_conn *)connection;
    const struct rr_spans *s = spans_of(c, side);
    int64_t left = m->end - m->begin;
    struct rr_spot at = s ? first_span(s, m) : (struct rr_spot){ NULL, 0, 0 };
    const struct rr_exchange *x = at.span ? at.span->exchange : NULL;
    guint others = 0;
    if (!x && left > 0)
        visit(m->begin, m->end, user);
    for (; x && at.span && left > 0 && others < LOOK_AHEAD; at = rr_spans_next(s, at)) {
        if (at.span->exchange == x) {
            int64_t begin = MAX(at.span->begin, m->begin), end = MIN(at.span->end, begin + left);
            visit(begin, end, user);
            left -= end - begin;
        } else
            others++;
    }
}

/* An exchange whose request is there stands in the client's list, perhaps in the server's as well. */
static void visit_exchanges(const struct rr_conn *c, const struct rr_visitor *visitor, void *user)
{
    for (int side = 0; side < 2; side++)
        for (guint i = 0; i < c->messages[side].len; i++) {
            const struct rr_exchange *x = rr_nth(c, side, i);
            if (rr_exists(&x->request) == (side == RR_CLIENT))
                visitor->exchange(x, user);
        }
}

void rr_tracker_visit(const struct rr_tracker *t, const struct rr_visitor *visitor, void *user)
{
    for (guint i = 0; i < count(t); i++) {
        const struct rr_conn *c = nth(t, i);
        if (!c)
            continue;
        visitor->connection(&c->facts, user);
        visit_exchanges(c, visitor, user);
        const struct rr_list *told = told_of(c);
        for (guint k = 0; told && k < told->len; k++)
            visitor->exchange(told->at[k], user);
    }
}

size_t rr_tracker_report_count(const struct rr_tracker *t)
{
    return rr_reports_count(t->shared.reports);
}

struct rr_report rr_tracker_report(const struct rr_tracker *t, size_t i)
{
    return rr_reports_get(t->shared.reports, i);
}
