#include "track/settle.h"

#include "track/doubt.h"
#include "track/messages.h"

void rr_settle_drop(struct rr_order *o, int count, int64_t end)
{
    struct rr_range hole = count == 1 ? rr_doubt_hole(o) : (struct rr_range){ 0 };
    o->hole = (struct rr_range){ 0 };
    if (rr_range_empty(hole)) {
        for (; count > 0; count--)
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

/* `t` answers no request that is there, perhaps one in client bytes of which no message was told. */
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
    rr_order_step(o, RR_STEP_UNASKED, t, RR_PROOF_LOST)->asked = asked;
}

/* `t`, which was in doubt, answers what waits at `place`, behind those that were answered in bytes of which
 * no message was told, or after more of these. */
static void answer_at(struct rr_order *o, const struct rr_told *t, int place, int gone, bool waits)
{
    struct rr_range own = { 0 }, later = o->hole;
    if (waits)
        own = rr_doubt_hole_before(o, (guint)place, t->begin);
    if (!rr_range_empty(own))
        o->hole = (struct rr_range){ o->before.begin, own.begin };
    if (place > gone)
        rr_settle_drop(o, place - gone, 0);
    if (rr_range_empty(own)) {
        rr_order_step(o, RR_STEP_ANSWER, t, RR_PROOF_LOST);
        return;
    }
    struct rr_told head = rr_untold(&o->flow[RR_SERVER], own);
    head.does = RR_PDU_BEGINS | (t->does & RR_PDU_OPEN);
    rr_order_step(o, RR_STEP_ANSWER, &head, RR_PROOF_LOST);
    rr_order_step(o, RR_STEP_GO_ON, t, 0);
    o->hole = later.begin > t->begin ? later : (struct rr_range){ 0 };
    o->before = (struct rr_range){ 0 };
}

void rr_settle_go_on(struct rr_order *o, struct rr_range untold)
{
    struct rr_told t = rr_untold(&o->flow[RR_SERVER], untold);
    t.does = 0;
    rr_order_step(o, RR_STEP_GO_ON, &t, 0);
}

/* `t`, the i-th that was in doubt, goes on with the one before, and so do the bytes in between of which no
 * message was told. */
static void go_on_at(struct rr_order *o, const struct rr_told *t, guint i)
{
    struct rr_range between = i ? rr_doubt_hole_between(o, i) : (struct rr_range){ 0 };
    if (!rr_range_empty(between))
        rr_settle_go_on(o, between);
    if (o->hole.end <= t->begin)
        o->hole = (struct rr_range){ 0 };
    rr_order_step(o, RR_STEP_GO_ON, t, 0);
}

int rr_settle(struct rr_order *o)
{
    bool waits = rr_doubt_waits(o);
    GArray *places = rr_doubt_count_back(o, waits);
    int gone = 0;
    for (guint i = 0; i < o->doubt->len; i++) {
        struct rr_told *t = rr_told_at(o->doubt, i);
        int place = g_array_index(places, int, i);
        if (i + 1 < o->doubt->len && g_array_index(places, int, i + 1) == RR_PLACE_BEFORE)
            t->does &= (uint16_t)~RR_PDU_ENDS;
        if (place >= 0) {
            answer_at(o, t, place, gone, waits);
            gone = place + 1;
        } else if (place == RR_PLACE_NONE) {
            o->overlaps |= o->guessed && !rr_line_was_asked(o->line, t->acked);
            answer_untold(o, t);
        } else
            go_on_at(o, t, i);
    }
    g_array_set_size(o->doubt, 0);
    g_array_free(places, TRUE);
    o->spilled = false;
    return gone;
}
