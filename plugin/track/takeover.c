#include "track/takeover.h"

#include "track/guesses.h"
#include "track/joins.h"
#include "track/messages.h"

/* A turn's request stays one, with all of it that is in no message. */
static void keep_turn(struct rr_conn *c, struct rr_exchange *x)
{
    struct rr_pdus *p = c->pdus;
    rr_pdus_enlist(p, x);
    rr_spans_claim(&p->spans[RR_CLIENT], (struct rr_span){ x->request.begin, x->request.end, x });
    p->upto[RR_CLIENT] = MAX(p->upto[RR_CLIENT], x->request.end);
}

/* A turn's message that was not over when the rule came is none: its bytes are told anew.  A request's
 * exchange, which has its number, is kept for the first that is asked. */
static void withdraw_turn(struct rr_conn *c, int side)
{
    struct rr_pdus *p = c->pdus;
    struct rr_exchange *x = rr_last(c, side);
    bool waits = x && x->request.begin >= rr_covered(c) && !x->part;
    bool goes_on = side == RR_CLIENT ? waits : x && rr_is_push(x) && !x->response.part;
    p->upto[side] = x ? rr_side_of(x, side)->end : 0;
    if (!goes_on)
        return;
    rr_withdraw_last(c, side);
    if (side == RR_CLIENT && x->request.part) { /* it is known under its id */
        keep_turn(c, x);
        return;
    }
    p->upto[side] = rr_side_of(x, side)->begin;
    if (side == RR_CLIENT)
        p->spare = x;
}

static void pass_outside(struct rr_pdus *p, int side, struct rr_range outside)
{
    if (outside.begin <= p->upto[side])
        p->upto[side] = MAX(p->upto[side], outside.end);
}

bool rr_takeover_missed_nothing(const struct rr_conn *c)
{
    for (int side = 0; side < 2; side++) {
        if (rr_flow_missing(&c->flow[side]))
            return false;
        for (guint i = 0; i < c->messages[side].len; i++)
            if (rr_side_of(rr_nth(c, side, i), side)->cut)
                return false;
    }
    return true;
}

void rr_takeover_begin(struct rr_conn *c)
{
    struct rr_pdus *p = c->pdus;
    for (int side = 0; side < 2; side++) {
        withdraw_turn(c, side);
        pass_outside(p, side, c->outside[side]);
    }
    p->greeted = c->outside[RR_SERVER];
    memcpy(p->start, p->upto, sizeof p->start);
    p->last = p->turn = rr_last(c, RR_SERVER);
}

/* What the server said in turns since it had the client's byte at `offset`. */
static struct rr_range said_since(const struct rr_conn *c, int64_t offset)
{
    struct rr_range said = { INT64_MAX, c->pdus->start[RR_SERVER] };
    for (guint i = c->messages[RR_SERVER].len; i-- > 0;) {
        const struct rr_exchange *x = rr_nth(c, RR_SERVER, i);
        if (x->request.end <= offset)
            break;
        said.begin = x->response.begin;
    }
    return said;
}

/* `t` is the rest of a message that began, at `begin`, as a turn's answer: of that it is a part. */
static bool goes_on_with_turn(const struct rr_conn *c, int64_t begin, const struct rr_told *t)
{
    const struct rr_exchange *x = c->pdus->last;
    return x && !t->decrypted && !rr_is_push(x) && rr_exists(&x->response) && begin >= x->response.begin &&
           t->begin == x->response.end;
}

bool rr_takeover_tell(struct rr_conn *c, int side, int64_t begin, struct rr_told *t)
{
    struct rr_pdus *p = c->pdus;
    struct rr_range said = side == RR_CLIENT ? said_since(c, begin) : (struct rr_range){ 0 };
    bool greets = side == RR_SERVER && p->clean && t->does & RR_PDU_ALONE;
    if (greets) {
        p->greeted = (struct rr_range){ begin, t->end };
        rr_guesses_uncross(&p->order, p->greeted);
    }
    bool unanswered = rr_range_empty(said) || rr_range_covers(p->greeted, said);
    if (greets || (side == RR_CLIENT && p->clean && unanswered))
        return true;
    t->tail = true;
    p->missed[side] = (struct rr_range){ t->begin, t->begin };
    rr_guesses_cross(&p->order, side == RR_CLIENT && p->clean ? said : (struct rr_range){ 0 });
    if (side == RR_SERVER && goes_on_with_turn(c, begin, t))
        rr_joins_end_turn(c, c->pdus->last, t);
    else if (side == RR_SERVER)
        rr_joins_ignore(c, side, t);
    return side == RR_CLIENT;
}

void rr_takeover_done(struct rr_conn *c)
{
    if (c->pdus->turn)
        rr_end(c, RR_SERVER, c->pdus->turn, RR_BY_NEXT);
    c->pdus->turn = NULL;
}

void rr_takeover_end(struct rr_conn *c, enum rr_ended_by why)
{
    struct rr_exchange *x = c->pdus->spare;
    c->pdus->spare = NULL;
    if (!x)
        return;
    keep_turn(c, x);
    if (!x->part)
        rr_joins_give_up(c, x, why);
}
