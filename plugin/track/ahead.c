#include "track/ahead.h"

#include "track/begun.h"
#include "track/joins.h"
#include "track/keyed.h"
#include "track/lines.h"
#include "track/messages.h"
#include "track/pdus.h"

static guint held_count(const struct rr_ahead *a)
{
    return a->held ? a->held->len : 0;
}

/* Of the last bytes that were passed over, those before `upto` that may wait for an answer. */
static struct rr_range gap_before(const struct rr_pdus *p, int64_t upto)
{
    const struct rr_ahead *a = &p->ahead;
    struct rr_range gap = { MAX(a->gap.begin, a->rested), MIN(a->gap.end, upto) };
    if (!rr_range_empty(gap))
        rr_spans_clip(&p->spans[RR_CLIENT], &gap.begin, &gap.end);
    return gap;
}

/* There are such bytes, and none is missing: another request could be in those. */
static bool is_captured(const struct rr_conn *c, struct rr_range asked)
{
    const struct rr_flow *f = &c->flow[RR_CLIENT];
    return !rr_range_empty(asked) && rr_flow_remembers(f, asked.begin) &&
           rr_flow_sum(f, asked.begin, asked.end).bytes == asked.end - asked.begin;
}

/* What is answered may have been asked before the capture began. */
static bool is_before_capture(const struct rr_conn *c)
{
    return !c->flow[RR_CLIENT].whole && !c->pdus->ahead.rested;
}

/* Its request may be in bytes of which no message was told. */
static bool may_be_untold(const struct rr_conn *c, const struct rr_told *t)
{
    const struct rr_pdus *p = c->pdus;
    return p->upto[RR_CLIENT] < t->acked || is_captured(c, gap_before(p, t->acked));
}

/* What came before under the same key was set aside. */
static bool waits_before(const struct rr_ahead *a, uint64_t key)
{
    for (guint i = 0; i < held_count(a); i++)
        if (rr_told_at(a->held, i)->key == key)
            return true;
    return false;
}

static void hold(struct rr_conn *c, const struct rr_told *t)
{
    struct rr_ahead *a = &c->pdus->ahead;
    if (!a->held)
        a->held = g_array_new(FALSE, FALSE, sizeof(struct rr_told));
    rr_joins_take(c, RR_SERVER, t, NULL);
    g_array_append_val(a->held, *t);
}

void rr_ahead_tell(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    bool begins = t->does & (RR_PDU_BEGINS | RR_PDU_INTERIM) && !rr_keyed_tells_on(c, line, t);
    if (!(t->does & RR_PDU_ALONE) && (waits_before(&c->pdus->ahead, t->key) ||
                                      (begins && !rr_line_was_asked(line, t->acked) && may_be_untold(c, t))))
        hold(c, t);
    else
        rr_keyed_join(c, line, t);
}

/* Another answer that is held, and of which no request waits, acknowledges no other bytes that were not told.
 */
static bool is_shared(const struct rr_pdus *p, const struct rr_told *t)
{
    int64_t upto = MAX(t->acked, p->upto[RR_CLIENT]);
    for (guint i = p->ahead.placed; i < held_count(&p->ahead); i++) {
        const struct rr_told *other = rr_told_at(p->ahead.held, i);
        if (other->key == t->key || other->acked > upto)
            continue;
        const struct rr_line *line = rr_lines_find(p, other->key);
        if (!line || !rr_line_was_asked(line, other->acked))
            return true;
    }
    return false;
}

/* The bytes that `t` may answer; *alone: no others can be that, nor another's be they. */
static struct rr_range asked_by(const struct rr_conn *c, const struct rr_told *t, bool *alone)
{
    const struct rr_pdus *p = c->pdus;
    const struct rr_ahead *a = &p->ahead;
    struct rr_range gap = gap_before(p, t->acked), asked = { MAX(p->upto[RR_CLIENT], a->rested), t->acked };
    *alone = a->several <= a->rested && (rr_range_empty(gap) || rr_range_empty(asked)) && !is_shared(p, t);
    if (!rr_range_empty(gap))
        asked = gap;
    return is_captured(c, asked) && !is_before_capture(c) ? asked : (struct rr_range){ 0 };
}

/* `t` is to be joined with the client's bytes that it may answer. */
static void join_untold(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    struct rr_ahead *a = &c->pdus->ahead;
    bool alone, shifted = line->shifted;
    struct rr_range asked = asked_by(c, t, &alone);
    if (alone && !rr_range_empty(asked)) {
        rr_begun_ask(c, line, asked, RR_PDU_KEYED);
        line->shifted = true;
        a->made = line->asking;
        a->key = t->key;
        rr_keyed_join(c, line, t);
        line->shifted = shifted || rr_line_length(line);
    } else {
        a->several = MAX(a->several, asked.end);
        line->shifted |= c->pdus->upto[RR_CLIENT] < t->acked; /* its request may still come */
        rr_joins_unowed(c, line, t, rr_range_empty(asked) ? 0 : RR_PROOF_LOST);
    }
}

static void place(struct rr_conn *c, struct rr_told *t)
{
    struct rr_pdus *p = c->pdus;
    struct rr_line *line = rr_lines_of(p, t->key);
    bool begins = t->does & (RR_PDU_BEGINS | RR_PDU_INTERIM);
    int64_t answer_end = c->answer_end;
    rr_spans_free(&p->spans[RR_SERVER], t->begin, t->end);
    rr_told_refresh(&c->flow[RR_SERVER], t);
    if (begins && !rr_line_was_asked(line, t->acked) && !rr_keyed_tells_on(c, line, t))
        join_untold(c, line, t);
    else
        rr_keyed_join(c, line, t);
    c->answer_end = MAX(c->answer_end, answer_end);
    rr_lines_leave(p, line, t->key);
}

void rr_ahead_place(struct rr_conn *c, int64_t upto)
{
    struct rr_ahead *a = &c->pdus->ahead;
    while (a->placed < held_count(a) && rr_told_at(a->held, a->placed)->acked <= upto)
        place(c, rr_told_at(a->held, a->placed++));
    if (a->placed)
        g_array_remove_range(a->held, 0, a->placed);
    a->placed = 0;
}

void rr_ahead_bound(struct rr_conn *c)
{
    if (held_count(&c->pdus->ahead) > RR_AHEAD_MAX)
        rr_ahead_place(c, INT64_MAX);
}

void rr_ahead_missed(struct rr_pdus *p, struct rr_range gap)
{
    struct rr_range before = gap_before(p, INT64_MAX);
    if (!rr_range_empty(before))
        p->ahead.several = before.end;
    p->ahead.gap = gap;
}

void rr_ahead_rests(struct rr_pdus *p, int64_t begin)
{
    p->ahead.rested = MAX(p->ahead.rested, begin);
}

void rr_ahead_asks(struct rr_pdus *p, uint64_t key, bool waits)
{
    struct rr_ahead *a = &p->ahead;
    a->shared |= waits || (a->keyed && a->asked == key);
    a->keyed = true;
    a->asked = key;
}

bool rr_ahead_hides(const struct rr_conn *c, int64_t upto)
{
    const struct rr_ahead *a = &c->pdus->ahead;
    return a->shared &&
           (is_before_capture(c) || a->several > a->rested || !rr_range_empty(gap_before(c->pdus, upto)));
}

bool rr_ahead_made(const struct rr_ahead *a, const struct rr_exchange *x, uint64_t key)
{
    return a->made == x && a->key == key;
}

bool rr_ahead_begins(const struct rr_ahead *a, int64_t begin)
{
    for (guint i = held_count(a); i-- > 0;)
        if (rr_told_at(a->held, i)->begin >= begin)
            return true;
    return false;
}

void rr_ahead_cut(struct rr_conn *c, int64_t end)
{
    const struct rr_ahead *a = &c->pdus->ahead;
    for (guint i = held_count(a); i-- > 0;)
        rr_told_cut(&c->flow[RR_SERVER], rr_told_at(a->held, i), end);
}

int64_t rr_ahead_open(const struct rr_pdus *p, int side)
{
    struct rr_range gap = side == RR_CLIENT ? gap_before(p, INT64_MAX) : (struct rr_range){ 0 };
    int64_t open = rr_range_empty(gap) ? INT64_MAX : gap.begin;
    for (guint i = 0; side == RR_SERVER && i < held_count(&p->ahead); i++)
        open = MIN(open, rr_told_at(p->ahead.held, i)->begin);
    return open;
}

void rr_ahead_release(struct rr_ahead *a)
{
    if (a->held)
        g_array_free(a->held, TRUE);
}
