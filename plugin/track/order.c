#include "track/order.h"

#include "track/doubt.h"
#include "track/guesses.h"
#include "track/hidden.h"
#include "track/messages.h"
#include "track/settle.h"
#include "track/stray.h"

/* Nobody knows how many parts were in bytes of which none was told: each that comes is one. */
static const int64_t OWED_UNTIL_REST = INT64_MAX / 4;

void rr_order_init(struct rr_order *o, const struct rr_flow *flow, const struct rr_range *outside,
                   const struct rr_spans *spans, const int64_t *told_upto, const struct rr_line *line,
                   bool sure)
{
    struct rr_range said = { 0, told_upto[RR_SERVER] };
    *o = (struct rr_order){ .flow = flow,
                            .outside = outside,
                            .spans = spans,
                            .told_upto = told_upto,
                            .line = line,
                            .held = g_array_new(FALSE, FALSE, sizeof(struct rr_told)),
                            .doubt = g_array_new(FALSE, FALSE, sizeof(struct rr_told)),
                            .steps = g_array_new(FALSE, FALSE, sizeof(struct rr_step)),
                            .upto = told_upto[RR_SERVER],
                            .asks = RR_NEVER,
                            .heard = RR_NEVER,
                            .strayed = RR_NEVER,
                            .saw_first = RR_NEVER,
                            .broken = !rr_range_covers(outside[RR_SERVER], said),
                            .sure = sure };
}

void rr_order_release(struct rr_order *o)
{
    g_array_free(o->held, TRUE);
    g_array_free(o->doubt, TRUE);
    g_array_free(o->steps, TRUE);
}

struct rr_step *rr_order_step(struct rr_order *o, enum rr_step_kind kind, const struct rr_told *t,
                              uint8_t proof)
{
    if (o->stepped == o->steps->len)
        o->stepped = o->steps->len = 0;
    g_array_set_size(o->steps, o->steps->len + 1);
    struct rr_step *step = &g_array_index(o->steps, struct rr_step, o->steps->len - 1);
    step->kind = kind;
    step->proof = proof;
    if (t) {
        step->told = *t;
        rr_told_refresh(&o->flow[RR_SERVER], &step->told);
    }
    return step;
}

static void lose_place(struct rr_order *o)
{
    rr_guesses_forget(o);
    o->broken = true;
    o->sure = false;
    o->owed = 0;
}

static void note_hole(struct rr_order *o, struct rr_range hole)
{
    if (rr_range_empty(hole) || !rr_doubt_has_hole(o))
        o->hole = hole;
    lose_place(o);
}

/* Nobody knows what `t` goes on with. */
static void ignore(struct rr_order *o, const struct rr_told *t)
{
    rr_order_step(o, RR_STEP_IGNORE, t, 0);
    rr_stray_note(o, t);
    o->broken = true;
}

bool rr_order_is_sure(const struct rr_order *o)
{
    return o->sure && (o->regained || o->flow[RR_CLIENT].whole);
}

/* Of what the server said something was not told, or more of it is to come. */
static bool is_unfinished(struct rr_order *o)
{
    const struct rr_told *last = o->doubt->len ? rr_told_at(o->doubt, o->doubt->len - 1) : NULL;
    struct rr_range rest;
    if (o->held->len || !rr_hidden_all_told(o, o->flow[RR_SERVER].next, &rest))
        return true;
    if (last)
        return !(last->does & (RR_PDU_ENDS | RR_PDU_OPEN));
    return rr_line_is_telling(o->line) && !o->line->open && !o->broken;
}

/* What is in doubt does not end the answer it goes on with, or is. */
static bool leaves_open(const struct rr_order *o)
{
    return o->doubt->len ? !(rr_told_at(o->doubt, o->doubt->len - 1)->does & RR_PDU_ENDS) : o->spilled;
}

/* It waits for nothing, unless an answer came to what was taken for answered. */
static void regain(struct rr_order *o)
{
    bool open = leaves_open(o);
    int gone = rr_settle(o);
    if (open)
        rr_order_step(o, RR_STEP_END, NULL, 0);
    o->guessed = false;
    if (o->overlaps)
        return;
    rr_settle_drop(o, gone, (int)rr_line_length(o->line), o->heard_end);
    o->hole = o->gap = (struct rr_range){ 0 };
    rr_guesses_forget(o);
    o->sure = o->regained = true;
}

/* The client waits for nothing, unless it never does. */
static void judge_rest(struct rr_order *o)
{
    if (rr_order_is_sure(o))
        o->overlaps |= rr_line_length(o->line) > 0;
    else if (!o->overlaps)
        regain(o);
    if (o->line->open)
        rr_order_step(o, RR_STEP_END, NULL, 0);
}

void rr_order_heard(struct rr_order *o, int64_t end, int64_t acked)
{
    if (end < o->heard_end)
        return;
    o->heard_end = end;
    o->heard = acked;
}

void rr_order_missed(struct rr_order *o, struct rr_range gap)
{
    o->gap = gap;
    rr_guesses_forget(o);
    o->sure = false;
}

void rr_order_found(struct rr_order *o, struct rr_range asked)
{
    if (o->gap.begin >= asked.end || o->gap.end <= asked.begin)
        return;
    if (o->gap.begin < asked.begin)
        o->gap.end = asked.begin;
    else
        o->gap.begin = MIN(asked.end, o->gap.end);
}

bool rr_order_at_rest(const struct rr_order *o, int64_t begin, int64_t acked)
{
    bool heard = o->heard_end != RR_NEVER; /* what it said after that acknowledges as much */
    return acked >= o->flow[RR_SERVER].next && heard && o->heard >= begin;
}

/* The end of what a side says before `offset`. */
static int64_t without_outside(const struct rr_order *o, int side, int64_t offset)
{
    return o->outside[side].end == offset ? o->outside[side].begin : offset;
}

/* The client asks again although not all was said to what it had asked. */
static bool overlaps(const struct rr_order *o, int64_t begin, int64_t acked)
{
    int64_t end = o->flow[RR_SERVER].next, said = without_outside(o, RR_SERVER, end);
    int64_t asked = without_outside(o, RR_CLIENT, o->gap.end == begin ? o->gap.begin : begin);
    return acked > o->saw && (acked < said || (o->heard_end == end && o->heard < asked));
}

void rr_order_asks(struct rr_order *o, int64_t begin, int64_t acked, bool for_answer)
{
    o->asks = begin;
    o->rests = rr_order_at_rest(o, begin, acked);
    o->overlaps |= for_answer && (overlaps(o, begin, acked) || (o->rests && rr_doubt_lacks_answers(o)));
    o->saw = MAX(o->saw, acked);
    if (for_answer && !rr_line_length(o->line))
        o->saw_first = acked;
}

void rr_order_told(struct rr_order *o, const struct rr_told *t)
{
    guint i = o->held->len;
    while (i > 0 && rr_told_at(o->held, i - 1)->begin > t->begin)
        i--;
    g_array_insert_vals(o->held, i, t, 1);
}

void rr_order_kept(struct rr_order *o, struct rr_range kept)
{
    if (o->kept.end != kept.begin) {
        struct rr_range passed = { o->upto, kept.begin };
        rr_spans_clip(&o->spans[RR_SERVER], &passed.begin, &passed.end);
        rr_order_clip(o, &passed);
        o->kept.begin = kept.begin;
        o->kept_strayed = !rr_range_empty(passed);
    }
    o->kept.end = kept.end;
}

void rr_order_clip(const struct rr_order *o, struct rr_range *range)
{
    rr_told_clip(o->doubt, range);
    rr_told_clip(o->held, range);
}

static void cut(struct rr_order *o, GArray *list, int64_t end)
{
    struct rr_told *t = list->len ? rr_told_at(list, list->len - 1) : NULL;
    if (!t)
        return;
    if (o->upto == t->end && t->begin < end)
        o->upto = MIN(o->upto, end);
    rr_told_cut(&o->flow[RR_SERVER], t, end);
}

void rr_order_cut(struct rr_order *o, int64_t from, int64_t end)
{
    cut(o, o->held, end);
    cut(o, o->doubt, end);
    if (o->upto == from)
        o->upto = end;
}

/* Bytes before `t` that were not captured, and may still be. */
static bool may_fill(const struct rr_order *o, const struct rr_told *t)
{
    const struct rr_flow *f = &o->flow[RR_SERVER];
    struct rr_range gap;
    return rr_flow_gap(f, o->upto, t->begin, &gap) && f->acked < t->begin;
}

/* Places what is in doubt, as it is too much: what comes next may go on with the last of it. */
static void spill(struct rr_order *o)
{
    bool goes_on = o->spilled || rr_doubt_waits(o);
    if (goes_on)
        rr_told_at(o->doubt, o->doubt->len - 1)->does &= (uint16_t)~RR_PDU_ENDS;
    guint gone = (guint)rr_settle(o);
    o->spilled = goes_on && gone == rr_line_length(o->line);
    o->broken = true;
}

static void set_aside(struct rr_order *o, const struct rr_told *t)
{
    rr_guesses_forget(o);
    if (!o->doubt->len)
        o->before = o->hole;
    g_array_append_val(o->doubt, *t);
    rr_told_at(o->doubt, o->doubt->len - 1)->anew = o->broken;
    o->broken = false;
    if (o->doubt->len > RR_ORDER_HELD_MAX)
        spill(o);
}

/* Nothing waits for what the server says: where the place was found by guess, that was wrong. */
static void say_unowed(struct rr_order *o, const struct rr_told *t)
{
    rr_order_step(o, RR_STEP_UNOWED, t, 0);
    if (!o->regained)
        return;
    o->overlaps = true;
    o->sure = false;
}

/* Where the request ends that `t`, the first held, answers: an interim answer acknowledges less of it than
 * the response proper. */
static int64_t asked_upto(const struct rr_order *o, const struct rr_told *t)
{
    guint i = 0;
    while (i < o->held->len && rr_told_at(o->held, i)->does & RR_PDU_INTERIM)
        i++;
    return i < o->held->len ? MAX(t->acked, rr_told_at(o->held, i)->acked) : t->acked;
}

/* `t` answers what the server had of client bytes of which no message was told, as where a request never got
 * whole; from there on the place is lost.  False where there are none. */
static bool answer_begun(struct rr_order *o, const struct rr_told *t)
{
    const struct rr_flow *f = &o->flow[RR_CLIENT];
    struct rr_range asked = { o->told_upto[RR_CLIENT], asked_upto(o, t) };
    bool interim = t->does & RR_PDU_INTERIM;
    if (!rr_flow_sum(f, asked.begin, asked.end).bytes)
        return false;
    rr_order_step(o, RR_STEP_ASK, NULL, 0)->asked = asked;
    rr_order_step(o, interim ? RR_STEP_INTERIM : RR_STEP_ANSWER, t, RR_PROOF_LOST);
    o->broken &= interim;
    o->gap = (struct rr_range){ asked.end, f->next };
    o->guess = asked;
    o->sure = false;
    return true;
}

/* An answer that goes on until the next begins, and nothing more was asked: none can begin. */
static bool still_answers(const struct rr_order *o)
{
    return rr_line_is_telling(o->line) && o->line->open && !o->broken;
}

/* `t` may be what waits for an answer; false where that may still come. */
static bool answer(struct rr_order *o, const struct rr_told *t, enum rr_order_when when)
{
    bool asked = rr_line_was_asked(o->line, t->acked), interim = t->does & RR_PDU_INTERIM;
    bool begins = t->does & RR_PDU_BEGINS && !interim;
    bool begun = t->acked > o->told_upto[RR_CLIENT];
    bool partly = begun && asked && rr_line_nth(o->line, 0)->request.ended_by == RR_GOING_ON;
    if (!rr_order_is_sure(o) && begins)
        set_aside(o, t);
    else if (!rr_order_is_sure(o) || (o->broken && !begins && !interim)) {
        if (rr_stray_may_answer(o, t))
            lose_place(o);
        ignore(o, t);
    } else if (partly && when < RR_ORDER_IN_SILENCE)
        return false;
    else if (asked) {
        rr_order_step(o, interim ? RR_STEP_INTERIM : RR_STEP_ANSWER, t, 0);
        o->broken &= interim;
    } else if (begun && (when < RR_ORDER_IN_SILENCE || (interim && when == RR_ORDER_IN_SILENCE)))
        return false;
    else if (!begun && still_answers(o))
        rr_order_step(o, RR_STEP_GO_ON, t, 0);
    else if (!begun || !answer_begun(o, t))
        say_unowed(o, t);
    return true;
}

/* False where it has to wait. */
static bool place(struct rr_order *o, const struct rr_told *t, enum rr_order_when when)
{
    const struct rr_told *before = o->doubt->len ? rr_told_at(o->doubt, o->doubt->len - 1) : NULL;
    bool aside = rr_line_is_aside(o->line, t);
    bool goes_on = before && !aside ? rr_doubt_goes_on(before, t) : rr_line_goes_on(o->line, t);
    if (t->does & RR_PDU_ALONE)
        rr_order_step(o, RR_STEP_UNOWED, t, 0);
    else if (t->begin < o->upto)
        rr_order_step(o, RR_STEP_UNOWED, t, RR_PROOF_LOST);
    else if (o->broken || !goes_on)
        return answer(o, t, when);
    else if (before && !aside)
        set_aside(o, t);
    else if (!aside && rr_stray_goes_on(o, t)) {
        note_hole(o, (struct rr_range){ 0 });
        ignore(o, t);
    } else
        rr_order_step(o, RR_STEP_GO_ON, t, 0);
    return true;
}

/* Nothing was asked since what is being answered, and that is not over. */
static bool answers_alone(const struct rr_order *o)
{
    bool more = o->heard > o->told_upto[RR_CLIENT]; /* was asked, of which no message is told */
    return rr_line_is_telling(o->line) && !o->broken && !more && !rr_line_length(o->line) &&
           rr_order_is_sure(o);
}

static bool go_on_untold(struct rr_order *o, struct rr_range rest)
{
    rr_settle_go_on(o, rest);
    o->upto = rest.end;
    o->patched = true;
    if (o->owed)
        o->owed = OWED_UNTIL_REST;
    return true;
}

/* Goes on with what is held: false where that waits. */
static bool advance(struct rr_order *o, enum rr_order_when when)
{
    if (o->held->len > RR_ORDER_HELD_MAX)
        when = RR_ORDER_AT_LAST;
    bool all = when >= RR_ORDER_IN_SILENCE;
    struct rr_told *t = rr_told_at(o->held, 0);
    struct rr_range hole;
    if (t->begin > o->upto && !rr_hidden_all_told(o, t->begin, &hole)) {
        if (!all && (when == RR_ORDER_WITHIN || may_fill(o, t)))
            return false;
        if (answers_alone(o))
            return (o->rests || all) && go_on_untold(o, hole);
        note_hole(o, hole);
        o->upto = t->begin;
        if (!o->spilled)
            rr_order_step(o, RR_STEP_END, NULL, RR_PROOF_LOST);
        return true;
    }
    const uint16_t does = t->does;
    int64_t owed = t->begin < o->upto ? o->owed : rr_told_count(t, o->owed);
    if (!place(o, t, when)) {
        t->does = does;
        return false;
    }
    o->owed = owed;
    o->upto = MAX(o->upto, t->end);
    g_array_remove_index(o->held, 0);
    return true;
}

static const struct rr_step *take_step(struct rr_order *o)
{
    return o->stepped < o->steps->len ? &g_array_index(o->steps, struct rr_step, o->stepped++) : NULL;
}

bool rr_order_may_have_answered(struct rr_order *o)
{
    struct rr_range said;
    return rr_hidden_answer(o, &said);
}

void rr_order_end(struct rr_order *o)
{
    struct rr_range said;
    if (!rr_hidden_answer(o, &said))
        return;
    int64_t heard = rr_hidden_unseen(o, said) ? o->flow[RR_CLIENT].acked : o->heard;
    o->hole = said;
    o->upto = MAX(o->upto, said.end);
    rr_settle_drop(o, 0, (int)rr_doubt_eligible(o, heard), o->heard_end);
}

/* The rest of it is waited for, and nothing before is missing, or was: else there may be no such message. */
static bool is_awaited(const struct rr_order *o, struct rr_range said)
{
    struct rr_range gap;
    return rr_order_is_sure(o) && !o->kept_strayed && said.begin >= o->kept.begin &&
           said.end <= o->kept.end && !rr_flow_gap(&o->flow[RR_SERVER], o->upto, said.end, &gap);
}

/* The client is at rest, so many requests wait, and of the server nothing that was told is to be placed. */
static bool rests_with(const struct rr_order *o, guint waiting)
{
    return o->rests && rr_line_length(o->line) == waiting && !o->held->len && !o->doubt->len;
}

/* To the one request that waits the server said what no message was told of, nor is to be: what the client
 * has seen of it when it asks again, at rest, is the answer. */
static bool takes_untold(struct rr_order *o)
{
    struct rr_range rest, before;
    if (!rests_with(o, 1) || o->overlaps || !rr_hidden_last(o, &rest) || is_awaited(o, rest) ||
        !rr_hidden_begins_answer(o, rest))
        return false;
    bool sure = rr_order_is_sure(o), more = !rr_hidden_all_told(o, rest.begin, &before);
    o->rests = false;
    o->guessed = true;
    rr_order_step(o, RR_STEP_END, NULL, more ? RR_PROOF_LOST : 0);
    note_hole(o, rest);
    o->upto = rest.end;
    if (sure)
        o->taken = rest;
    rr_settle_drop(o, 0, 1, rest.end);
    return true;
}

/* What no message was told of is more of the answer to all that was asked, as far as the client has seen it
 * when it asks again, at rest. */
static bool goes_on_untold(struct rr_order *o, enum rr_order_when when)
{
    struct rr_range rest;
    bool rests = rests_with(o, 0), at_last = when == RR_ORDER_AT_LAST && !o->held->len && !o->doubt->len;
    if (!(rests || at_last) || !answers_alone(o) || rr_hidden_all_told(o, o->flow[RR_SERVER].next, &rest))
        return false;
    return (at_last || !is_awaited(o, rest)) && go_on_untold(o, rest);
}

/* What told that an answer is over can have been in such bytes: it is where the client, at rest, asks. */
static bool ends_patched(struct rr_order *o)
{
    if (!o->patched || !rests_with(o, 0))
        return false;
    o->patched = false;
    o->owed = 0;
    if (answers_alone(o))
        rr_order_step(o, RR_STEP_END, NULL, 0);
    return true;
}

/* A client that asks, perhaps at rest, while more parts are owed than ever come: where the place is lost,
 * what announced them may have been none of the server's words. */
static bool comes_to_rest(struct rr_order *o)
{
    bool rests = o->rests, doubts_owed = rests && o->owed > 0 && !rr_order_is_sure(o);
    o->rests = false;
    if (!doubts_owed)
        return rests && !is_unfinished(o);
    o->owed = 0;
    if (o->doubt->len)
        rr_told_at(o->doubt, o->doubt->len - 1)->does |= RR_PDU_ENDS;
    return false;
}

const struct rr_step *rr_order_next(struct rr_order *o, enum rr_order_when when)
{
    const struct rr_step *step;
    while (!(step = take_step(o))) {
        if ((o->held->len && advance(o, when)) || takes_untold(o) || goes_on_untold(o, when) ||
            ends_patched(o))
            continue;
        if (comes_to_rest(o))
            judge_rest(o);
        else if (when >= RR_ORDER_IN_SILENCE && o->doubt->len)
            rr_settle(o);
        else
            return NULL;
    }
    return step;
}

static int64_t earlier(int64_t offset, struct rr_range range)
{
    return rr_range_empty(range) ? offset : MIN(offset, range.begin);
}

int64_t rr_order_open(const struct rr_order *o)
{
    int64_t open = earlier(INT64_MAX, o->hole);
    if (o->held->len || rr_line_length(o->line)) /* nor is it decided what comes from there on */
        open = MIN(open, o->upto);
    if (o->held->len)
        open = MIN(open, rr_told_at(o->held, 0)->begin);
    if (o->doubt->len)
        open = MIN(earlier(open, o->before), rr_told_at(o->doubt, 0)->begin);
    return open;
}
