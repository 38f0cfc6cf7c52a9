#include "track/holds.h"

#include "track/messages.h"
#include "track/pdus.h"

/* Of those whose messages are not told yet so many are kept: with more, what is told is the least. */
enum { HOLDS_MAX = 256 };

struct rr_hold {
    struct rr_range range;
    int64_t from, to;
    uint8_t kind, side;
};

static struct rr_hold *hold_at(const struct rr_holds *h, guint i)
{
    return &g_array_index(h->all, struct rr_hold, i);
}

/* Those whose messages are there know at once. */
static void tell_spans(struct rr_conn *c, const struct rr_hold *hold)
{
    const struct rr_spans *s = &c->pdus->spans[hold->side];
    struct rr_spot i = rr_spans_find(s, hold->range.begin);
    for (; i.span && i.span->begin < hold->range.end; i = rr_spans_next(s, i))
        if (i.span->exchange)
            rr_hold_up(c, i.span->exchange, hold->kind, hold->from, hold->to);
}

/* The same bytes go on waiting. */
static bool extends_last(const struct rr_holds *h, const struct rr_hold *hold)
{
    struct rr_hold *last = h->all->len ? hold_at(h, h->all->len - 1) : NULL;
    bool extends = last && last->range.begin == hold->range.begin && last->range.end == hold->range.end &&
                   last->kind == hold->kind && last->side == hold->side && last->from <= hold->from &&
                   last->to >= hold->from;
    if (extends)
        last->to = MAX(last->to, hold->to);
    return extends;
}

void rr_holds_note(struct rr_conn *c, int side, struct rr_range range, enum rr_note_kind kind, int64_t from,
                   int64_t to)
{
    struct rr_holds *h = &c->pdus->holds;
    struct rr_hold hold = { range, from, to, (uint8_t)kind, (uint8_t)side };
    if (to <= from)
        return;
    tell_spans(c, &hold);
    if (!h->all)
        h->all = g_array_new(FALSE, FALSE, sizeof(struct rr_hold));
    if (!extends_last(h, &hold) && h->all->len < HOLDS_MAX)
        g_array_append_val(h->all, hold);
}

void rr_holds_join(struct rr_conn *c, int side, const struct rr_told *t, struct rr_exchange *x)
{
    const struct rr_holds *h = &c->pdus->holds;
    for (guint i = 0; h->all && i < h->all->len; i++) {
        const struct rr_hold *hold = hold_at(h, i);
        if ((hold->side == side) & (hold->range.begin < t->end) & (hold->range.end > t->begin))
            rr_hold_up(c, x, hold->kind, hold->from, hold->to);
    }
}

void rr_holds_settle(struct rr_conn *c, int side, int64_t upto)
{
    const struct rr_holds *h = &c->pdus->holds;
    guint kept = 0;
    if (!h->all)
        return;
    for (guint i = 0; i < h->all->len; i++)
        if (hold_at(h, i)->side != side || hold_at(h, i)->range.end > upto)
            *hold_at(h, kept++) = *hold_at(h, i);
    g_array_set_size(h->all, kept);
}

void rr_holds_release(struct rr_holds *h)
{
    if (h->all)
        g_array_free(h->all, TRUE);
}
