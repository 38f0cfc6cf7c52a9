#include "track/pdus.h"

#include "track/ahead.h"
#include "track/alone.h"
#include "track/begun.h"
#include "track/guesses.h"
#include "track/holds.h"
#include "track/joins.h"
#include "track/keyed.h"
#include "track/lines.h"
#include "track/messages.h"
#include "track/places.h"
#include "track/quiet.h"
#include "track/stray.h"
#include "track/takeover.h"
#include "track/tears.h"

void rr_pdus_rule(struct rr_conn *c)
{
    bool sure = rr_takeover_missed_nothing(c);
    struct rr_pdus *p = c->pdus = g_new0(struct rr_pdus, 1);
    p->begun.unfinished = RR_NO_OFFSET;
    p->clean = sure && c->flow[RR_CLIENT].whole && c->flow[RR_SERVER].whole;
    p->keyed = rr_lines_new();
    rr_pending_init(&p->pending, rr_pending_was_told);
    rr_pending_init(&p->going_on, rr_alone_is_over);
    rr_takeover_begin(c);
    rr_order_init(&p->order, c->flow, c->outside, p->spans, p->upto, &p->line, sure);
    rr_quiet_init(&p->quiet);
}

void rr_pdus_free(struct rr_pdus *p)
{
    if (!p)
        return;
    for (int side = 0; side < 2; side++)
        rr_spans_release(&p->spans[side]);
    rr_list_release(&p->all);
    rr_pending_release(&p->pending);
    rr_pending_release(&p->going_on);
    rr_list_release(&p->line.waiting);
    rr_order_release(&p->order);
    rr_quiet_release(&p->quiet);
    rr_ahead_release(&p->ahead);
    rr_holds_release(&p->holds);
    g_tree_destroy(p->keyed);
    g_free(p);
}

/* What of the range was told of no message yet: its first stretch. */
static void clip(const struct rr_pdus *p, int side, int64_t *begin, int64_t *end)
{
    int64_t from;
    do {
        from = *begin;
        rr_spans_clip(&p->spans[side], begin, end);
        struct rr_range range = { *begin, *end };
        if (side == RR_SERVER)
            rr_order_clip(&p->order, &range);
        *begin = range.begin;
        *end = range.end;
    } while (*begin != from && *begin < *end);
}

/* Where the message lies, and what the flow knows of it; false where all of it was told before. */
static bool locate(const struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu,
                   struct rr_told *t)
{
    const struct rr_pdus *p = c->pdus;
    const struct rr_flow *f = &c->flow[v->side];
    const int64_t from = v->begin + pdu->at;
    int64_t begin = from, end = MIN(begin + pdu->length, f->next);
    if (end <= p->start[v->side])
        return false;
    begin = MAX(begin, p->start[v->side]);
    end = MAX(end, begin + 1);
    clip(p, v->side, &begin, &end);
    if (begin >= end || (v->len && !v->fresh))
        return false;
    const struct rr_piece *first = rr_flow_piece(f, begin);
    *t = (struct rr_told){ .begin = begin,
                           .end = end,
                           .does = pdu->does,
                           .owes = pdu->owes,
                           .decrypted = pdu->decrypted > 0,
                           .sum = rr_flow_sum(f, begin, end) };
    bool known = t->sum.bytes > 0;
    t->sum.bytes += rr_flow_dropped(f, begin, end);
    t->bytes = pdu->decrypted ? MAX((int64_t)pdu->decrypted - (begin - from), 0) : t->sum.bytes;
    t->acked = first ? first->acked : t->sum.acked;
    return known;
}

static void carry_out(struct rr_conn *c, const struct rr_step *step)
{
    struct rr_line *line = &c->pdus->line;
    const struct rr_told *t = &step->told;
    switch (step->kind) {
    case RR_STEP_ANSWER:
        rr_joins_answer(c, line, t, step->proof);
        break;
    case RR_STEP_GO_ON:
        rr_joins_go_on(c, line, t);
        break;
    case RR_STEP_INTERIM:
        rr_joins_interim(c, line, t);
        break;
    case RR_STEP_UNOWED:
        rr_joins_unowed(c, line, t, step->proof);
        break;
    case RR_STEP_UNASKED:
        rr_joins_unasked(c, line, t, step->asked, step->proof);
        break;
    case RR_STEP_ASK:
        rr_begun_ask(c, line, step->asked, 0);
        break;
    case RR_STEP_IGNORE:
        rr_joins_ignore(c, RR_SERVER, t);
        break;
    case RR_STEP_DROP:
        rr_joins_drop(c, line);
        break;
    case RR_STEP_END:
        if (step->proof & RR_PROOF_LOST)
            rr_tears_told(c, line);
        rr_joins_end_told(c, line);
        break;
    }
}

/* Carries out all that order decides. */
static void follow_order(struct rr_conn *c, enum rr_order_when when)
{
    struct rr_order *o = &c->pdus->order;
    const struct rr_step *step;
    while (!rr_order_is_idle(o) && (step = rr_order_next(o, when)))
        carry_out(c, step);
}

/* True where the request told last in the line is not whole, or `t` begins none. */
static bool asks_on(const struct rr_conn *c, const struct rr_line *line, const struct rr_told *t)
{
    const struct rr_exchange *x = line->asking;
    if (!x || t->does & RR_PDU_ALONE || t->begin < x->request.begin)
        return false;
    bool answered = rr_exists(&x->response) && x->response.ended_by != RR_GOING_ON;
    bool whole = x->request.ended_by != RR_GOING_ON;
    bool goes_on = !whole && x->status != RR_ONEWAY && !answered;
    bool may_go_on = !(t->does & RR_PDU_BEGINS) && !(whole && rr_exists(&x->response));
    return (goes_on || may_go_on) && rr_joins_is_next_part(c, RR_CLIENT, line, t, goes_on);
}

/* What the client had seen of the server when it said `t`; where that came after what follows it, or after
 * the server had acknowledged it, as if that were a FIN, it may be a copy that was sent later. */
static int64_t acked_asking(const struct rr_conn *c, const struct rr_told *t)
{
    const struct rr_flow *f = &c->flow[RR_CLIENT];
    const struct rr_piece *first = rr_flow_piece(f, t->begin);
    const struct rr_piece *next = first ? rr_flow_piece_after(f, first->end) : NULL;
    bool late = t->begin < c->pdus->upto[RR_CLIENT] || (next && next->first_frame < first->first_frame);
    bool was_acked = f->fin_guess > t->begin && f->fin_guess <= t->end;
    return first && !late && !was_acked && !t->tail ? first->acked : RR_NEVER;
}

/* The client goes on after all was said, to something else: what the server then says is no answer's either.
 */
static void pass_beyond(struct rr_line *line)
{
    const struct rr_exchange *x = line->telling;
    if (x && x == line->asking && x->response.ended_by != RR_GOING_ON && !line->open)
        line->telling = NULL;
}

/* What the client announced may be lost, or, where its place is, have been none of its words. */
static void count_asked(struct rr_conn *c, const struct rr_line *line, struct rr_told *t)
{
    struct rr_pdus *p = c->pdus;
    bool follows = p->upto[RR_CLIENT] == t->begin;
    if (p->owed && follows && !rr_order_is_sure(&p->order) &&
        rr_order_at_rest(&p->order, t->begin, acked_asking(c, t))) {
        rr_joins_end_asked(c, line);
        follows = false;
    }
    p->owed = rr_told_count(t, follows ? p->owed : 0);
}

/* What was held is judged as `t` is about to be asked: a turn's request that is of the same bytes is for
 * that. */
static void judge_held(struct rr_conn *c, const struct rr_told *t)
{
    struct rr_pdus *p = c->pdus;
    struct rr_range bytes = { t->begin, t->end };
    struct rr_exchange *spare = p->spare;
    bool same = rr_pdus_spare(p, bytes);
    if (same)
        p->spare = NULL;
    rr_order_found(&p->order, bytes);
    rr_order_asks(&p->order, t->begin, acked_asking(c, t), !(t->does & RR_PDU_ALONE));
    follow_order(c, RR_ORDER_BETWEEN);
    if (same)
        p->spare = spare;
}

static void tell_request(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    if (asks_on(c, line, t)) {
        rr_joins_ask_on(c, line, t);
        return;
    }
    if (t->does & RR_PDU_BLANK) {
        rr_joins_take(c, RR_CLIENT, t, NULL);
        return;
    }
    if (!(t->does & RR_PDU_BEGINS)) {
        pass_beyond(line);
        rr_joins_ignore(c, RR_CLIENT, t);
        return;
    }
    rr_alone_end(c, line->asking, RR_BY_NEXT);
    if (t->does & RR_PDU_KEYED)
        rr_keyed_asks(c, line, t, rr_order_at_rest(&c->pdus->order, t->begin, acked_asking(c, t)));
    else
        judge_held(c, t);
    rr_joins_ask(c, line, t);
    follow_order(c, RR_ORDER_BETWEEN);
}

/* False where the message is sure to be a further part of one. */
static bool begins(const struct rr_conn *c, int side, const struct rr_line *line, const struct rr_told *t)
{
    const struct rr_order *o = &c->pdus->order;
    bool in_place = t->does & RR_PDU_KEYED || (!o->held->len && !o->doubt->len && o->upto == t->begin);
    return side == RR_CLIENT ? !asks_on(c, line, t) : !in_place || !rr_line_goes_on(line, t);
}

static const char *text_of(struct rr_conn *c, const struct rr_pdu *pdu, const char *(*tell)(const void *of))
{
    const char *text = tell ? tell(pdu->of) : NULL;
    return text ? rr_store_text(c->shared->store, text, strlen(text)) : NULL;
}

static void tell_side(struct rr_conn *c, int side, struct rr_line *line, const struct rr_told *t)
{
    if (side == RR_CLIENT) {
        tell_request(c, line, t);
    } else if (t->does & RR_PDU_KEYED) {
        rr_ahead_tell(c, line, t);
    } else {
        rr_order_told(&c->pdus->order, t);
        c->pdus->upto[side] = MAX(c->pdus->upto[side], t->end);
        follow_order(c, RR_ORDER_WITHIN);
    }
}

/* The message is the request that was made of its first bytes when the answer came; false where there is
 * none. */
static bool complete_untold(struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu)
{
    int64_t begin = v->begin + pdu->at;
    struct rr_exchange *x = rr_places_told(c, RR_CLIENT, begin);
    if (!x || x->request.begin != begin || x->request.ended_by != RR_BY_RESPONSE)
        return false;
    bool made = x->pairing == RR_BY_KEY;
    if (made && !(pdu->does & RR_PDU_KEYED && rr_ahead_made(&c->pdus->ahead, x, pdu->key)))
        return false;
    struct rr_told t;
    bool more = locate(c, v, pdu, &t);
    rr_changes(c, x, RR_CLIENT);
    x->request.summary = text_of(c, pdu, pdu->summary);
    x->request.ended_by = RR_BY_PDU;
    if (made || rr_guesses_confirm(&c->pdus->order, begin, begin + pdu->length))
        x->proof &= (uint8_t)~RR_PROOF_LOST;
    rr_judge(c, x);
    if (more)
        rr_joins_complete(c, x, &t);
    return true;
}

/* The client's message, told from `told` on, began in bytes that were taken for another request. */
static bool begins_within(const struct rr_conn *c, int64_t begin, int64_t told)
{
    const struct rr_exchange *x = begin < told ? rr_places_told(c, RR_CLIENT, begin) : NULL;
    return x && x->pairing == RR_BY_KEY && x->request.ended_by == RR_BY_RESPONSE;
}

/* The server's message began with bytes that, before it was told, were taken for the answer told last: what
 * more of it there is goes on with that. */
static void complete_answer(struct rr_conn *c, int64_t begin, struct rr_told *t)
{
    struct rr_exchange *x = begin < t->begin ? rr_places_told(c, RR_SERVER, begin) : NULL;
    if (!x || x != c->pdus->line.telling || !(x->proof & RR_PROOF_LOST) || x->response.begin != begin)
        return;
    t->does &= (uint16_t) ~(RR_PDU_BEGINS | RR_PDU_INTERIM);
    if (!rr_guesses_complete(&c->pdus->order, begin))
        return;
    rr_changes(c, x, RR_SERVER);
    x->proof &= (uint8_t)~RR_PROOF_LOST;
    x->response.ended_by = RR_GOING_ON;
    rr_pending_add(&c->pdus->going_on, x);
    rr_judge(c, x);
}

/* Of a whole message turns are told: a push stays one where a rule comes. */
static void tell_turn(struct rr_conn *c, int side, struct rr_range bytes, const struct rr_pdu *pdu)
{
    struct rr_exchange *x = rr_last(c, side);
    if (!x || rr_side_of(x, side)->begin != bytes.begin)
        return;
    rr_changes(c, x, side);
    rr_side_of(x, side)->summary = text_of(c, pdu, pdu->summary);
    rr_side_of(x, side)->undecided = true;
    if (rr_is_push(x) && x->response.end == bytes.end)
        rr_end(c, RR_SERVER, x, RR_BY_PDU);
}

static void pass_over(struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu)
{
    struct rr_range *known = &c->outside[v->side];
    struct rr_range bytes = { v->begin + pdu->at, v->begin + pdu->at + pdu->length };
    struct rr_told t;
    *known = (struct rr_range){ known->end == bytes.begin ? known->begin : bytes.begin, bytes.end };
    if (c->pdus && c->pdus->upto[v->side] == bytes.begin && locate(c, v, pdu, &t))
        rr_joins_take(c, v->side, &t, NULL);
    if (!c->pdus && v->fresh && pdu->does & RR_PDU_ENDS)
        tell_turn(c, v->side, bytes, pdu);
}

/* `t` is of a rule's messages, and in place. */
static void tell_in_line(struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu,
                         struct rr_told *t)
{
    struct rr_pdus *p = c->pdus;
    int side = v->side;
    bool keyed = pdu->does & RR_PDU_KEYED;
    struct rr_line *line = keyed ? rr_lines_of(p, pdu->key) : &p->line;
    if (side == RR_CLIENT && (p->owed || t->owes))
        count_asked(c, line, t);
    if (begins(c, side, line, t))
        t->sum.summary = text_of(c, pdu, pdu->summary);
    else
        t->more = text_of(c, pdu, pdu->more);
    const struct rr_exchange *asked = line->asking;
    if (pdu->does & RR_PDU_INTERIM && keyed)
        p->interim_key = pdu->key;
    tell_side(c, side, line, t);
    if (pdu->does & RR_PDU_CANCELS && side == RR_CLIENT)
        rr_keyed_cancel(c, pdu->cancels);
    if (pdu->does & RR_PDU_QUIET && side == RR_CLIENT && line->asking != asked)
        rr_quiet_asked(&p->quiet, pdu->key, line->asking);
    if (keyed) {
        line->shifted |= side == RR_CLIENT && begins_within(c, v->begin + pdu->at, t->begin);
        rr_lines_leave(p, line, pdu->key);
    }
}

/* What lies between it and those told before was missed. */
static void miss_before(struct rr_conn *c, int side, const struct rr_pdu *pdu, int64_t begin)
{
    struct rr_pdus *p = c->pdus;
    if (p->upto[side] >= begin)
        return;
    rr_joins_miss(c, side, (struct rr_range){ p->upto[side], begin });
    if (side == RR_CLIENT && pdu->does & RR_PDU_KEYED)
        rr_ahead_missed(p, p->missed[side]);
}

/* Nothing is to be made of it: what it tells is no message. */
static bool is_astray(const struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu)
{
    const uint16_t others = RR_PDU_BEGINS | RR_PDU_INTERIM | RR_PDU_ALONE | RR_PDU_KEYED | RR_PDU_IGNORED;
    int64_t begin = v->begin + pdu->at;
    return v->side == RR_SERVER && !(pdu->does & others) &&
           rr_stray_straddles(&c->pdus->order, (struct rr_range){ begin, begin + pdu->length });
}

/* The client's message, in clear, goes on with none that waits for an answer, as far as is told. */
static bool goes_on_nowhere(const struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu)
{
    const uint16_t others = RR_PDU_BEGINS | RR_PDU_KEYED | RR_PDU_ALONE | RR_PDU_IGNORED;
    bool begins = pdu->does & others;
    return v->side == RR_CLIENT && !pdu->decrypted && !begins && !rr_line_length(&c->pdus->line);
}

/* An answer is held until the request is told that it acknowledges: none is where a message ends behind that
 * and begins nothing. */
static void pass_held(struct rr_conn *c, int64_t end)
{
    const GArray *held = c->pdus->order.held;
    if (held->len && rr_told_at(held, 0)->acked < end)
        follow_order(c, RR_ORDER_IN_SILENCE);
}

/* All was said to what was asked, and what the client then says begins nothing: it can be another message's,
 * of which none is told, unless the answer may go on and nothing was ever missed. */
static bool asks_untold(struct rr_conn *c, const struct rr_told *t)
{
    struct rr_pdus *p = c->pdus;
    int64_t begin = p->upto[RR_CLIENT];
    bool follows = t->begin == begin, blank = t->does & RR_PDU_BLANK && follows;
    bool converses = follows && p->line.open && rr_order_is_sure(&p->order) && !p->order.regained;
    if (blank || converses || p->owed || p->order.held->len || asks_on(c, &p->line, t))
        return false;
    int64_t acked = acked_asking(c, t);
    bool rests = rr_order_at_rest(&p->order, begin, acked);
    if (!rests && !rr_order_at_rest(&p->order, begin, t->sum.acked))
        return false;
    if (rests) {
        rr_order_asks(&p->order, begin, acked, true);
        follow_order(c, RR_ORDER_BETWEEN);
    }
    rr_order_leave(&p->order, (struct rr_range){ p->upto[RR_CLIENT], t->end });
    return true;
}

static void tell_message(struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu)
{
    struct rr_pdus *p = c->pdus;
    struct rr_told t;
    int side = v->side;
    if (is_astray(c, v, pdu))
        return;
    rr_ahead_bound(c);
    if (v->fresh)
        rr_places_cut_before(c, side, v->begin + pdu->at);
    p->plain = !pdu->decrypted;
    bool nowhere = goes_on_nowhere(c, v, pdu);
    if (nowhere)
        pass_held(c, v->begin + pdu->at + pdu->length);
    bool known = side == RR_CLIENT && pdu->does & RR_PDU_BEGINS && complete_untold(c, v, pdu);
    if (known || !locate(c, v, pdu, &t))
        return;
    if (side == RR_CLIENT)
        rr_ahead_place(c, t.begin);
    if (nowhere && asks_untold(c, &t))
        return;
    miss_before(c, side, pdu, t.begin);
    if (pdu->does & RR_PDU_IGNORED) {
        rr_joins_take(c, side, &t, NULL);
        return;
    }
    if (v->begin + pdu->at < p->start[side] && !rr_takeover_tell(c, side, v->begin + pdu->at, &t))
        return;
    if (side == RR_SERVER && !(t.does & RR_PDU_KEYED))
        complete_answer(c, v->begin + pdu->at, &t);
    t.sum.protocol = rr_store_protocol(c->shared->store, pdu->protocol);
    t.key = pdu->key;
    tell_in_line(c, v, pdu, &t);
    if (side == RR_CLIENT)
        rr_ahead_place(c, p->upto[side]);
}

/* From `begin` on the segment's bytes are of a message that is not whole. */
static void note_kept(struct rr_conn *c, const struct rr_verdict *v, int64_t begin)
{
    if (v->side == RR_CLIENT)
        rr_begun_unfinished(c, begin);
    else if (!v->behind)
        rr_order_kept(&c->pdus->order, (struct rr_range){ begin, v->begin + v->len });
}

void rr_pdus_tell(struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu)
{
    if (pdu->does & RR_PDU_OUTSIDE)
        pass_over(c, v, pdu);
    else if (!(pdu->does & RR_PDU_UNFINISHED))
        tell_message(c, v, pdu);
    else if (c->pdus)
        note_kept(c, v, v->begin + pdu->at);
}

/* What lies before is in messages for good, or in none. */
static int64_t told_upto(const struct rr_pdus *p, int side)
{
    int64_t upto = MIN(p->upto[side], rr_ahead_open(p, side));
    return side == RR_SERVER ? MIN(upto, rr_order_open(&p->order)) : upto;
}

void rr_pdus_done(struct rr_conn *c)
{
    struct rr_pdus *p = c->pdus;
    enum rr_ended_by why = p->ending;
    rr_takeover_done(c);
    follow_order(c, RR_ORDER_BETWEEN);
    if (p->spared)
        rr_timer_set(&c->shared->waiting, c, c->shared->now.time);
    p->spared = false;
    rr_holds_settle(c, RR_CLIENT, p->upto[RR_CLIENT]);
    rr_holds_settle(c, RR_SERVER, told_upto(p, RR_SERVER));
    if (why == RR_GOING_ON)
        return;
    rr_pdus_end(c, why, why != RR_BY_SERVER_FIN || c->flow[RR_CLIENT].fin_heeded);
}

void rr_pdus_enlist(struct rr_pdus *p, struct rr_exchange *x)
{
    rr_list_add(&p->all, x);
    rr_pending_add(&p->pending, x);
}

static bool waits(const struct rr_exchange *x)
{
    bool unseen = x->status == RR_UNASKED && !rr_exists(&x->response);
    return (x->status == RR_OPEN || unseen) && !x->part;
}

void rr_pdus_waited(struct rr_conn *c)
{
    struct rr_pdus *p = c->pdus;
    struct rr_pending *pending = &p->pending;
    bool may_be_answered = true; /* what waits in order */
    guint i = pending->first;
    for (; i < pending->list.len; i++) {
        struct rr_exchange *x = pending->list.at[i];
        if (!waits(x))
            continue;
        if (rr_span(x->request.last_time, c->shared->now.time) <= c->shared->waiting.wait) {
            rr_timer_set(&c->shared->waiting, c, x->request.last_time);
            break;
        }
        if (x->pairing == RR_BY_ORDER && may_be_answered)
            may_be_answered = rr_order_may_have_answered(&p->order);
        if (x->pairing == RR_BY_ORDER && may_be_answered) {
            p->spared = true;
            break;
        }
        rr_joins_give_up(c, x, RR_BY_QUIET);
    }
    rr_pending_pass(pending, i);
}

void rr_pdus_quiet(struct rr_conn *c)
{
    const struct rr_line *line = &c->pdus->line;
    follow_order(c, RR_ORDER_IN_SILENCE);
    rr_ahead_place(c, INT64_MAX);
    if (line->telling && line->open)
        rr_end(c, RR_SERVER, line->telling, RR_BY_QUIET);
    rr_alone_quiet(c);
}

static void end_those(struct rr_conn *c, struct rr_pending *pending, enum rr_ended_by why)
{
    for (guint i = pending->first; i < pending->list.len; i++) {
        struct rr_exchange *x = pending->list.at[i];
        if (rr_exists(&x->response))
            rr_end(c, RR_SERVER, x, why);
        else if (!rr_alone_end(c, x, why) && waits(x))
            rr_joins_give_up(c, x, why);
    }
    rr_pending_pass(pending, pending->list.len);
}

void rr_pdus_end(struct rr_conn *c, enum rr_ended_by why, bool over)
{
    struct rr_pdus *p = c->pdus;
    p->ending = (uint8_t)why;
    follow_order(c, RR_ORDER_AT_LAST);
    rr_order_end(&p->order);
    follow_order(c, RR_ORDER_AT_LAST);
    rr_ahead_place(c, INT64_MAX);
    rr_takeover_end(c, why);
    if (over && rr_begun_broke_off(c))
        rr_begun_end(c);
    rr_tears_end(c, over);
    end_those(c, &p->pending, why);
    end_those(c, &p->going_on, why); /* can be of one that was reported */
    rr_timer_clear(&c->waiting);
    rr_timer_clear(&c->quiet);
    p->ending = RR_GOING_ON;
}

int64_t rr_pdus_keep(struct rr_conn *c, int side)
{
    struct rr_pdus *p = c->pdus;
    const struct rr_exchange *x = rr_pending_oldest(&p->pending);
    int64_t upto = told_upto(p, side);
    return side == RR_CLIENT && x && rr_seen(&x->request) ? MIN(upto, x->request.begin) : upto;
}

int64_t rr_pdus_open(struct rr_pdus *p, int side)
{
    int64_t open = told_upto(p, side);
    struct rr_pending *pending = &p->pending;
    if (side == RR_CLIENT && p->spare)
        open = MIN(open, p->spare->request.begin);
    for (guint i = pending->first; i < pending->list.len; i++) {
        const struct rr_exchange *x = pending->list.at[i];
        const struct rr_message *m = side == RR_CLIENT ? &x->request : &x->response;
        bool reported = m->part && (x->part || rr_is_push(x));
        if (rr_exists(m) && !reported)
            open = MIN(open, m->begin);
    }
    rr_pending_pass(pending, pending->list.len);
    return open;
}
