#include "track/order.h"

#include "track/messages.h"

void rr_order_init(struct rr_conn *c)
{
    struct rr_order *o = &c->pdus->order;
    o->held = g_array_new(FALSE, FALSE, sizeof(struct rr_told));
    o->doubt = g_array_new(FALSE, FALSE, sizeof(struct rr_told));
    o->upto = c->pdus->upto[RR_SERVER];
    o->unsure = !c->flow[RR_CLIENT].whole;
}

void rr_order_release(struct rr_order *o)
{
    g_array_free(o->held, TRUE);
    g_array_free(o->doubt, TRUE);
}

static struct rr_told *told_at(GArray *list, guint i)
{
    return &g_array_index(list, struct rr_told, i);
}

/* How many of those that wait had reached the server when it sent `t`. */
static guint eligible(const struct rr_line *line, const struct rr_told *t)
{
    guint low = 0, high = rr_line_length(line);
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (rr_line_nth(line, middle)->request.begin < t->sum.acked)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* `t` begins an answer after `before`, instead of going on with it. */
static bool begins_after(const struct rr_told *before, const struct rr_told *t)
{
    return t->does & RR_PDU_BEGINS && before->does & (RR_PDU_ENDS | RR_PDU_OPEN);
}

/* The answers in doubt that begin one. */
static bool heads(const struct rr_order *o, guint i)
{
    return i == 0 || begins_after(told_at(o->doubt, i - 1), told_at(o->doubt, i));
}

/* For each answer in doubt the place in the line of the request that it answers, counted from the last; or
 * -1. */
static GArray *count_back(const struct rr_order *o, const struct rr_line *line)
{
    GArray *places = g_array_sized_new(FALSE, FALSE, sizeof(int), o->doubt->len);
    int next = (int)rr_line_length(line) - 1;
    g_array_set_size(places, o->doubt->len);
    for (guint i = o->doubt->len; i-- > 0;) {
        int *place = &g_array_index(places, int, i);
        *place = -1;
        if (!heads(o, i))
            continue;
        next = MIN(next, (int)eligible(line, told_at(o->doubt, i)) - 1);
        if (next >= 0)
            *place = next--;
    }
    return places;
}

/* What waits first was answered by bytes of which no message was told; where more than one was, nobody knows
 * by which. */
static void drop(struct rr_conn *c, int count)
{
    struct rr_order *o = &c->pdus->order;
    struct rr_line *line = &c->pdus->line;
    struct rr_told t = rr_pdus_untold(c, RR_SERVER, o->hole);
    bool one = count == 1 && o->hole.end > o->hole.begin;
    o->hole = (struct rr_range){ 0 };
    if (one)
        rr_pdus_answer(c, line, &t, RR_PROOF_LOST);
    else
        for (; count > 0; count--)
            rr_pdus_drop(c, line);
}

/* Both sides are done with what was lost. */
static void settle_doubt(struct rr_conn *c)
{
    struct rr_order *o = &c->pdus->order;
    struct rr_line *line = &c->pdus->line;
    GArray *places = count_back(o, line);
    int gone = 0;
    for (guint i = 0; i < o->doubt->len; i++) {
        struct rr_told *t = told_at(o->doubt, i);
        int place = g_array_index(places, int, i);
        if (place > gone)
            drop(c, place - gone);
        if (place >= 0) {
            rr_pdus_answer(c, line, t, RR_PROOF_LOST);
            gone = place + 1;
        } else if (heads(o, i))
            rr_pdus_unowed(c, line, t, RR_PROOF_LOST);
        else
            rr_pdus_go_on(c, line, t);
    }
    g_array_set_size(o->doubt, 0);
    g_array_free(places, TRUE);
    o->lost = false;
    o->hole = o->gap = (struct rr_range){ 0 };
}

/* The last answer covers all that waits. */
static bool all_covered(const struct rr_conn *c)
{
    const struct rr_line *line = &c->pdus->line;
    guint n = rr_line_length(line);
    return n == 0 || rr_line_nth(line, n - 1)->request.begin < c->pdus->order.covered;
}

static void end_open(struct rr_conn *c, enum rr_ended_by why)
{
    struct rr_exchange *told = c->pdus->line.telling;
    if (told)
        rr_end(c, RR_SERVER, told, why);
}

/* The client had seen all that the server said before it asked again: what of that no message was told of
 * answers what waited, or goes on with the answer before. */
static void settle_untold(struct rr_conn *c)
{
    struct rr_order *o = &c->pdus->order;
    struct rr_line *line = &c->pdus->line;
    struct rr_range rest = { o->upto, c->flow[RR_SERVER].next };
    struct rr_told t = rr_pdus_untold(c, RR_SERVER, rest);
    if (rest.begin >= rest.end || rr_line_length(line) > 1)
        return;
    o->upto = rest.end;
    if (rr_line_length(line))
        rr_pdus_answer(c, line, &t, 0);
    else if (line->telling)
        rr_pdus_go_on(c, line, &t);
}

void rr_order_asks(struct rr_conn *c, int64_t begin, int64_t acked)
{
    struct rr_order *o = &c->pdus->order;
    struct rr_line *line = &c->pdus->line;
    bool seen_all = acked >= c->flow[RR_SERVER].next;
    rr_order_advance(c, false);
    if (seen_all && o->held->len == 0) {
        if (o->doubt->len && all_covered(c))
            settle_doubt(c);
        if (!o->lost && !o->doubt->len)
            settle_untold(c);
        if (line->open) /* else its protocol tells where it ends: more may be to come */
            end_open(c, RR_BY_NEXT);
        if (rr_line_length(line) == 0) {
            o->gap = (struct rr_range){ 0 };
            o->unsure = o->unsure && c->flow[RR_SERVER].next == 0;
        }
    }
    if (c->pdus->upto[RR_CLIENT] < begin)
        o->gap = (struct rr_range){ c->pdus->upto[RR_CLIENT], begin };
}

void rr_order_told(struct rr_conn *c, const struct rr_told *t)
{
    GArray *held = c->pdus->order.held;
    guint i = held->len;
    while (i > 0 && told_at(held, i - 1)->begin > t->begin)
        i--;
    g_array_insert_val(held, i, *t);
    rr_order_advance(c, held->len > RR_PDUS_HELD_MAX);
}

static void cut(GArray *list, int64_t end)
{
    struct rr_told *t = list->len ? told_at(list, list->len - 1) : NULL;
    if (!t || t->begin >= end || t->end <= end)
        return;
    t->bytes -= t->end - end;
    t->end = end;
}

void rr_order_cut(struct rr_conn *c, int64_t end)
{
    cut(c->pdus->order.held, end);
    cut(c->pdus->order.doubt, end);
}

/* Bytes before `t` that were not captured, and may still be. */
static bool may_fill(const struct rr_conn *c, const struct rr_told *t)
{
    const struct rr_flow *f = &c->flow[RR_SERVER];
    struct rr_range gap;
    return rr_flow_gap(f, c->pdus->order.upto, t->begin, &gap) && f->acked < t->begin;
}

/* Of the server's bytes before `t` no message was told: what answers they held is not known. */
static bool cross_hole(struct rr_conn *c, const struct rr_told *t, bool all)
{
    struct rr_order *o = &c->pdus->order;
    if (o->upto >= t->begin)
        return true;
    if (may_fill(c, t) && !all)
        return false;
    o->lost = true;
    o->hole = (struct rr_range){ o->upto, t->begin };
    o->upto = t->begin;
    end_open(c, RR_BY_NEXT);
    c->pdus->line.telling = NULL;
    return true;
}

static void set_aside(struct rr_conn *c, const struct rr_told *t)
{
    GArray *doubt = c->pdus->order.doubt;
    g_array_append_val(doubt, *t);
    if (doubt->len > RR_PDUS_HELD_MAX)
        settle_doubt(c);
}

/* A request that may be meant was lost, or an answer to one that waits. */
static bool is_doubtful(const struct rr_conn *c, guint candidates)
{
    const struct rr_order *o = &c->pdus->order;
    bool gap = o->gap.begin < o->gap.end && rr_line_nth(&c->pdus->line, 0)->request.begin >= o->gap.end;
    return o->doubt->len || gap || (o->lost && candidates > 1);
}

static void answer(struct rr_conn *c, struct rr_told *t, guint candidates)
{
    struct rr_order *o = &c->pdus->order;
    struct rr_line *line = &c->pdus->line;
    if (t->does & RR_PDU_INTERIM)
        rr_pdus_interim(c, line, t);
    else if (is_doubtful(c, candidates))
        set_aside(c, t);
    else {
        o->lost = false;
        rr_pdus_answer(c, line, t, o->unsure ? RR_PROOF_LOST : 0);
    }
}

/* `t` covers client bytes of which no message was told, and nothing behind them: it answers those. */
static bool answer_untold(struct rr_conn *c, struct rr_told *t)
{
    struct rr_order *o = &c->pdus->order;
    struct rr_range range = { o->gap.begin, MIN(o->gap.end, t->sum.acked) };
    if (o->gap.begin >= o->gap.end || range.begin >= range.end || rr_line_length(&c->pdus->line) == 0)
        return false;
    o->gap.begin = range.end;
    rr_pdus_unasked(c, &c->pdus->line, t, range, RR_PROOF_LOST);
    return true;
}

/* False where a request may still come that it answers. */
static bool place(struct rr_conn *c, struct rr_told *t, bool all)
{
    struct rr_order *o = &c->pdus->order;
    struct rr_line *line = &c->pdus->line;
    guint candidates = eligible(line, t);
    if (t->does & RR_PDU_ALONE)
        rr_pdus_unowed(c, line, t, 0);
    else if (o->doubt->len && !begins_after(told_at(o->doubt, o->doubt->len - 1), t))
        set_aside(c, t);
    else if (t->begin < o->upto)
        rr_pdus_unowed(c, line, t, RR_PROOF_LOST);
    else if (!o->doubt->len && rr_pdus_goes_on(line, t))
        rr_pdus_go_on(c, line, t);
    else if (candidates)
        answer(c, t, candidates);
    else if (o->gap.begin >= o->gap.end && t->sum.acked > c->pdus->upto[RR_CLIENT] && !all)
        return false;
    else if (!answer_untold(c, t))
        rr_pdus_unowed(c, line, t, 0);
    return true;
}

void rr_order_advance(struct rr_conn *c, bool all)
{
    struct rr_order *o = &c->pdus->order;
    while (o->held->len) {
        struct rr_told t = *told_at(o->held, 0);
        if (!cross_hole(c, &t, all) || !place(c, &t, all))
            break;
        o->upto = MAX(o->upto, t.end);
        o->covered = MAX(o->covered, t.sum.acked);
        g_array_remove_index(o->held, 0);
    }
    if (all && o->doubt->len && all_covered(c))
        settle_doubt(c);
}
