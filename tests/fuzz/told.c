/* Messages by rule: they need not tile their direction.  What no rule understood is in none. */
#include <string.h>

#include "run.h"

/* A segment of so many bytes shows each of its messages once; stretches of one that lie far apart can be
 * shown apart. */
enum { SHOWN_MAX = 16 };

/* A stretch of a direction that a message takes. */
struct stretch {
    int64_t begin, end;
};

struct stretches {
    GArray *all;
    int64_t length;
};

static void add_stretch(int64_t begin, int64_t end, void *user)
{
    struct stretches *s = user;
    const struct stretch one = { begin, end };
    g_assert_cmpint(begin, >=, 0);
    g_assert_cmpint(begin, <, end);
    g_array_append_val(s->all, one);
    s->length += end - begin;
}

struct shown {
    const struct rr_verdict *verdict;
    const struct rr_exchange *seen[SHOWN_MAX];
    guint count;
    bool fresh, plain;
};

struct meeting {
    int64_t begin, end;
    int64_t length; /* of the message, as far as it is looked up: its parts can lie too far apart */
    bool met;
};

static void meet(int64_t begin, int64_t end, void *user)
{
    struct meeting *m = user;
    m->length += end - begin;
    m->met |= begin < m->end && end > m->begin;
}

/* The message lies in the segment.  An interim answer is shown with the message that it belongs to, of which
 * it is a part over TCP alone, and only where it lies before it; over UDP it can come late. */
static void check_one(const struct rr_exchange *x, const struct rr_message *m, bool fresh, void *user)
{
    struct shown *shown = user;
    const struct rr_verdict *v = shown->verdict;
    struct meeting meeting = { v->begin, v->begin + MAX(v->len, 1), 0, false };
    g_assert_true(m == (v->side == RR_CLIENT ? &x->request : &x->response));
    g_assert_true(x->connection == v->connection);
    for (guint i = 0; i < shown->count; i++)
        g_assert_true(shown->seen[i] != x);
    if (v->len <= SHOWN_MAX)
        shown->seen[shown->count++] = x;
    shown->fresh |= fresh;
    rr_message_ranges(v->connection, v->side, m, meet, &meeting);
    bool apart = rr_noted(x, RR_NOTE_INTERIM) || (x->connection->transport == RR_UDP && v->side == RR_SERVER);
    bool all = meeting.length == m->end - m->begin;
    g_assert_true(meeting.met || !rr_exists(m) || apart || !all || !shown->plain);
}

void told_check_shown(const struct run *run, const struct rr_verdict *v)
{
    struct shown shown = { .verdict = v, .plain = dissector_is_plain(&run->dissector) };
    rr_verdict_messages(v, check_one, &shown);
    g_assert_cmpint(shown.fresh, <=, v->fresh);
}

static gint by_begin(gconstpointer a, gconstpointer b)
{
    const struct stretch *x = a, *y = b;
    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* No byte is in two messages. */
static void check_disjoint(GArray *all)
{
    g_array_sort(all, by_begin);
    for (guint i = 1; i < all->len; i++)
        g_assert_cmpint(g_array_index(all, struct stretch, i - 1).end, <=,
                        g_array_index(all, struct stretch, i).begin);
}

/* What is known of a direction. */
struct direction {
    const struct run *run;
    const struct rr_connection *c;
    int side;
    bool exact; /* every message takes what it says, and every byte that was captured counted */
    bool plain; /* nothing was decrypted */
    uint32_t way;
    int64_t shift; /* from offsets of the connection to those of the conversation */
};

static struct direction direction_of(const struct run *run, uint32_t stream, int side)
{
    const struct rr_connection *c = run->connection[stream];
    const struct talk *talk = &run->talk.talk[stream];
    bool swapped = strcmp(c->end[RR_CLIENT].host, talk->point[0].host) != 0;
    uint32_t end = (uint32_t)side ^ swapped;
    return (struct direction){
        .run = run,
        .c = c,
        .side = side,
        .exact = !talk->wild && dissector_is_honest(&run->dissector) && run_is_plain(talk, c),
        .plain = dissector_is_plain(&run->dissector),
        .way = stream * 2 + end,
        .shift = (int32_t)(c->origin[side] - talk->end[end].isn - 1),
    };
}

/* Its bytes are those that were captured where it lies, each once.  A dissector that says now one thing of a
 * byte and now another can leave a message with more or less than that, but not with more than has room
 * there. */
static void check_bytes(const struct direction *d, const struct rr_message *m, GArray *all)
{
    guint first = all->len;
    struct stretches s = { all, 0 };
    int64_t captured = 0;
    if (!rr_exists(m))
        return;
    rr_message_ranges(d->c, d->side, m, add_stretch, &s);
    if (d->c->transport == RR_UDP) {
        g_assert_cmpint(s.length, ==, m->end - m->begin);
        g_assert_cmpuint(m->bytes, ==, (guint64)s.length);
    }
    if (d->c->transport == RR_TCP && d->plain)
        g_assert_cmpint((gint64)m->bytes, <=, m->end - m->begin);
    if (d->c->transport == RR_UDP || !d->exact)
        return;
    for (guint i = first; i < all->len; i++) {
        const struct stretch *one = &g_array_index(all, struct stretch, i);
        captured += run_captured(d->run, d->way, one->begin + d->shift, one->end + d->shift);
    }
    g_assert_cmpint(s.length, ==, m->end - m->begin);
    g_assert_cmpint((gint64)m->bytes, ==, captured);
}

struct sums {
    uint64_t bytes[2], pushed;
};

static void check_direction(const struct direction *d, const GPtrArray *exchanges, struct sums *sums)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct stretch));
    for (guint i = 0; i < exchanges->len; i++) {
        const struct rr_exchange *x = g_ptr_array_index(exchanges, i);
        const struct rr_message *m = d->side == RR_CLIENT ? &x->request : &x->response;
        if (d->side == RR_CLIENT && rr_is_push(x))
            continue;
        *(rr_is_push(x) ? &sums->pushed : &sums->bytes[d->side]) += m->bytes;
        check_bytes(d, m, all);
    }
    check_disjoint(all);
    g_array_free(all, TRUE);
}

/* What was said is in the connection's row; messages have no more than that.  Where a message was
 * decrypted it has the bytes that were dissected, which need not be those that were sent. */
void told_check_books(const struct run *run, uint32_t stream)
{
    const struct rr_connection *c = run->connection[stream];
    GPtrArray *exchanges = audit_exchanges_of(run->audit, c);
    struct sums sums = { 0 };
    for (int side = 0; side < 2; side++) {
        const struct direction d = direction_of(run, stream, side);
        check_direction(&d, exchanges, &sums);
    }
    g_ptr_array_free(exchanges, TRUE);
    if (c->transport == RR_UDP)
        g_assert_cmpuint(sums.bytes[RR_CLIENT], ==, c->bytes[RR_CLIENT]);
    if (c->transport == RR_TCP && !dissector_is_plain(&run->dissector))
        return;
    g_assert_cmpuint(sums.bytes[RR_CLIENT], <=, c->bytes[RR_CLIENT]);
    g_assert_cmpuint(sums.bytes[RR_SERVER], <=, c->bytes[RR_SERVER]);
    g_assert_cmpuint(sums.pushed, ==, c->push_bytes);
}
