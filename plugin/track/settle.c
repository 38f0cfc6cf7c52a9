#include "track/settle.h"

#include "track/doubt.h"
#include "track/messages.h"

void rr_settle_drop(struct rr_order *o, int from, int upto, int64_t end)
{
    struct rr_range hole = upto - from == 1 ? rr_doubt_hole(o, (guint)from) : (struct rr_range){ 0 };
    o->hole = (struct rr_range){ 0 };
    if (rr_range_empty(hole)) {
        for (; from < upto; from++)
            rr_order_step(o, RR_STEP_DROP, NULL, RR_PROOF_LOST);
        return;
    }
    bool more = hole.end < end && !rr_spans_holder(&o->spans[RR_SERVER], hole.end);
    struct rr_told t = rr_untold(&o->flow[RR_SERVER], hole);
    t.does = more ? RR_PDU_BEGINS : t.does;
    rr_order_step(o, RR_STEP_ANSWER, &t, RR_PROOF_LOST);
    if (more)
        rr_order_step(o, RR_STEP_END, NULL, RR_PROOF_LOST);
}

/* An answer begins with `t`, or with its `own` bytes of which no message was told, and `t` goes on with it.
 */
static void begin_answer(struct rr_order *o, enum rr_step_kind kind, struct rr_range asked,
                         struct rr_range own, const struct rr_told *t)
{
    if (rr_range_empty(own)) {
        rr_order_step(o, kind, t, RR_PROOF_LOST)->asked = asked;
        return;
    }
    struct rr_told head = rr_untold(&o->flow[RR_SERVER], own);
    head.does = RR_PDU_BEGINS | (t->does & RR_PDU_OPEN);
    rr_order_step(o, kind, &head, RR_PROOF_LOST)->asked = asked;
    rr_order_step(o, RR_STEP_GO_ON, t, 0);
    o->hole = (struct rr_range){ 0 };
}

/* `t`, which was in doubt, answers no request that is there, perhaps one in client bytes of which no message
 * was told. */
static void answer_untold(struct rr_order *o, const struct rr_told *t)
{
    int64_t upto = o->told_upto[RR_CLIENT], acked = rr_order_before_asked(o, t->acked);
    if (acked > MAX(upto, o->gap.end)) /* nothing is told of any more of it */
        o->gap = (struct rr_range){ MAX(o->gap.begin, upto), acked };
    struct rr_range asked = { o->gap.begin, MIN(o->gap.end, t->acked) };
    if (rr_range_empty(asked) || !rr_flow_remembers(&o->flow[RR_CLIENT], asked.begin)) {
        rr_order_step(o, RR_STEP_UNOWED, t, RR_PROOF_LOST);
        return;
    }
    o->gap.begin = asked.end;
    begin_answer(o, RR_STEP_UNASKED, asked, rr_doubt_hole_unasked(o, t->acked), t);
}

/* `t`, which was in doubt, answers what waits at `place`, behind those that were answered in bytes of which
 * no message was told, or after more of these. */
static void answer_at(struct rr_order *o, const struct rr_told *t, int place, int gone, bool waits)
{
    struct rr_range own = { 0 };
    if (waits)
        own = rr_doubt_hole_before(o, (guint)place);
    if (!rr_range_empty(own))
        o->hole.end = own.begin;
    rr_settle_drop(o, gone, place, 0);
    begin_answer(o, RR_STEP_ANSWER, (struct rr_range){ 0 }, own, t);
}

void rr_settle_go_on(struct rr_order *o, struct rr_range untold)
{
    struct rr_told t = rr_untold(&o->flow[RR_SERVER], untold);
    t.does = 0;
    rr_order_step(o, RR_STEP_GO_ON, &t, 0);
}

/* `t`, which was in doubt, goes on with the one before, and so do the bytes in between of which no message
 * was told. */
static void go_on(struct rr_order *o, const struct rr_told *t)
{
    if (!rr_range_empty(o->hole))
        rr_settle_go_on(o, o->hole);
    o->hole = (struct rr_range){ 0 };
    rr_order_step(o, RR_STEP_GO_ON, t, 0);
}

/* Places `t`, which was in doubt; how many then wait no more, of which so many are `gone`. */
static int place_one(struct rr_order *o, const struct rr_told *t, int place, int gone, bool waits)
{
    if (place >= 0) {
        answer_at(o, t, place, gone, waits);
        return place + 1;
    }
    if (place == RR_PLACE_BEFORE)
        go_on(o, t);
    else {
        o->overlaps |= o->guessed && !rr_line_was_asked(o->line, t->acked);
        answer_untold(o, t);
    }
    return gone;
}

int rr_settle(struct rr_order *o)
{
    bool waits = rr_doubt_waits(o);
    GArray *places = rr_doubt_count_back(o, waits);
    struct rr_range last = o->hole, left = { 0 };
    int64_t end = 0;
    int gone = 0;
    for (guint i = 0; i < o->doubt->len; i++) {
        struct rr_told *t = rr_told_at(o->doubt, i);
        o->hole = i ? rr_doubt_hole_between(o, i) : o->before;
        if (i + 1 < o->doubt->len && g_array_index(places, int, i + 1) == RR_PLACE_BEFORE)
            t->does &= (uint16_t)~RR_PDU_ENDS;
        gone = place_one(o, t, g_array_index(places, int, i), gone, waits);
        left = rr_range_empty(o->hole) ? left : o->hole;
        end = t->end;
    }
    o->hole = last.begin >= end ? last : left;
    o->spilled = false;
    g_array_set_size(o->doubt, 0);
    g_array_free(places, TRUE);
    return gone;
}
