#include "track/turns.h"

#include "track/begun.h"
#include "track/holds.h"
#include "track/messages.h"
#include "track/pdus.h"
#include "track/places.h"
#include "track/rare.h"

static const char *summary_of(struct rr_conn *c, const struct rr_segment *s, uint32_t skip)
{
    if (skip >= s->captured)
        return NULL;
    return rr_store_summary(c->shared->store, s->payload + skip, s->captured - skip);
}

/* What a segment brings of the unseen bytes in `range`. */
static struct rr_piece piece_of(struct rr_conn *c, const struct rr_segment *s, int64_t begin, int64_t acked,
                                struct rr_range range, bool may_begin)
{
    return (struct rr_piece){
        .begin = range.begin,
        .end = range.end,
        .bytes = range.end - range.begin,
        .acked = acked,
        .first_time = s->at.time,
        .last_time = s->at.time,
        .first_frame = s->at.frame,
        .last_frame = s->at.frame,
        .segments = 1,
        .summary = may_begin ? summary_of(c, s, (uint32_t)(range.begin - begin)) : NULL,
        .protocol = rr_store_protocol(c->shared->store, s->protocol),
        .cut = s->captured < s->len,
    };
}

/* Says of a segment that it brought `range`; `later` is what was captured of the bytes behind it, if
 * anything. */
static void note_fresh(struct rr_verdict *v, int64_t begin, struct rr_range range, const struct rr_segment *s,
                       const struct rr_piece *later)
{
    if (!v->fresh)
        v->skip = (uint32_t)(range.begin - begin);
    else if (range.begin > begin + v->skip + v->take)
        v->repeat = true;
    v->take = (uint32_t)(range.end - begin) - v->skip;
    v->fresh = true;
    if (later) {
        v->late = true;
        v->cost = rr_microseconds(later->first_time, s->at.time);
    }
}

/* The byte that it repeats is not wanted: it asks whether the other side, or room there, is back.  What that
 * side has is known only where it was heard. */
static bool is_keep_alive(const struct rr_conn *c, const struct rr_segment *s, int side, int64_t begin)
{
    const struct rr_flow *other = &c->flow[!side];
    return s->len == 1 && (!other->heard || other->window_shut || c->flow[side].acked > begin);
}

/* What it cost that `s` repeats these bytes.  The first copy of them, if this one may have helped: bytes that
 * the other side has, it need not wait for, nor is a keep-alive sent for want of them. */
static const struct rr_piece *note_copy(const struct rr_conn *c, const struct rr_segment *s, int64_t begin,
                                        struct rr_verdict *v)
{
    const struct rr_flow *f = &c->flow[v->side];
    const struct rr_piece *first = rr_flow_piece(f, begin);
    v->keep_alive = is_keep_alive(c, s, v->side, begin);
    if (first)
        v->cost = rr_microseconds(first->first_time, s->at.time);
    return !v->keep_alive && f->acked < begin + s->len ? first : NULL;
}

RR_RARE static void note_repeat(struct rr_conn *c, const struct rr_segment *s, int64_t begin,
                                struct rr_verdict *v)
{
    v->repeat = true;
    if (v->fresh)
        return;
    const struct rr_piece *first = note_copy(c, s, begin, v);
    int i = rr_find(c, v->side, begin);
    if (first && i >= 0)
        rr_hold_up(c, rr_nth(c, v->side, (guint)i), RR_DELAY_LOSS, first->first_time, s->at.time);
    rr_count_repeat(c, v->side, begin);
}

static void forget_probe(struct rr_conn *c)
{
    g_free(c->probe);
    c->probe = NULL;
}

/* One byte sent into a zero window counts once it is acknowledged or sent again. */
RR_RARE static bool hold_probe(struct rr_conn *c, const struct rr_segment *s, int64_t begin, int64_t acked,
                               struct rr_verdict *v)
{
    if (begin != c->flow[v->side].next || !c->flow[!v->side].window_shut)
        return false;
    if (c->probe && c->probe_side == v->side && c->probe->begin == begin) {
        forget_probe(c);
        return false;
    }
    forget_probe(c);
    c->probe = g_new(struct rr_piece, 1);
    *c->probe = piece_of(c, s, begin, acked, (struct rr_range){ begin, begin + 1 }, true);
    c->probe_side = v->side;
    rr_count_repeat(c, v->side, begin);
    v->repeat = v->keep_alive = true;
    v->held = c->last[v->side]; /* else its offset may still change */
    return true;
}

static bool starts_answer(const struct rr_conn *c, int64_t acked)
{
    return acked > rr_covered(c);
}

/* The server's bytes from here on answer the client's up to `acked`. */
static void begin_answer(struct rr_conn *c, int64_t acked, uint8_t proof)
{
    struct rr_flow *asked = &c->flow[RR_CLIENT];
    rr_turns_asked_unseen(c, acked);
    struct rr_exchange *x = rr_nth(c, RR_CLIENT, (guint)rr_find(c, RR_CLIENT, acked - 1));
    if (x->request.end > acked && rr_flow_remembers(asked, x->request.begin))
        rr_cut_request(c, x, acked);
    const struct rr_piece *last = rr_flow_piece(asked, acked - 1);
    rr_open_response(c, x);
    if (acked == asked->next)
        proof |= RR_PROOF_ALL;
    if (last && last->acked == x->response.begin)
        proof |= RR_PROOF_SAW;
    rr_prove(x, proof);
    if (!rr_pending(c))
        rr_timer_clear(&c->waiting);
}

/* Makes sure that the last message of the server is the one that its next bytes go to. */
static void begin_told(struct rr_conn *c, int64_t acked, uint8_t proof)
{
    if (starts_answer(c, acked))
        begin_answer(c, acked, proof);
    else if (!rr_last(c, RR_SERVER) && !c->flow[RR_SERVER].whole)
        rr_open_unasked(c);
    else if (!rr_last(c, RR_SERVER) || c->hushed)
        rr_open_response(c, NULL);
}

/* The pieces of a message tell what it has before and what after `offset`. */
static bool divides(const struct rr_conn *c, int side, struct rr_exchange *x, int64_t offset)
{
    const struct rr_flow *f = &c->flow[side];
    return offset >= f->floor && rr_flow_remembers(f, rr_side_of(x, side)->begin);
}

/* The server's message `i`, which took the bytes before `offset` for the answer to more than `acked`, gives
 * them to what that covers. */
static void give_lower(struct rr_conn *c, int i, int64_t offset, int64_t acked)
{
    struct rr_exchange *x = rr_nth(c, RR_SERVER, (guint)i);
    if (i && acked <= rr_nth(c, RR_SERVER, (guint)i - 1)->request.end) {
        rr_give_to_previous(c, i, offset);
        return;
    }
    if (acked <= 0) {
        rr_give_to_new(c, i, offset, NULL);
        return;
    }
    struct rr_exchange *asked = rr_nth(c, RR_CLIENT, (guint)rr_find(c, RR_CLIENT, acked - 1));
    struct rr_exchange *rest = asked->request.end > acked && divides(c, RR_CLIENT, asked, acked)
                                   ? rr_cut_request(c, asked, acked)
                                   : NULL;
    if (asked != x)
        rr_give_to_new(c, i, offset, asked);
    else if (rest && offset < x->response.end)
        rr_split_answer(c, i, offset, rest);
    else if (rest)
        rr_wait_again(c, rest);
}

/* A push follows: all of the message was there, acknowledged and quiet before that. */
static bool is_hushed_at(const struct rr_conn *c, int i)
{
    guint next = (guint)i + 1;
    return next < c->messages[RR_SERVER].len && rr_is_push(rr_nth(c, RR_SERVER, next));
}

/* The server's bytes up to `offset` were sent when `acked` was all it had: those of message `i` that were
 * taken for the answer to more are moved.  Only the last message is emptied, if it was not reported and the
 * client did not go on since; nor is one cut where its pieces are merged or forgotten. */
RR_RARE static void place_lower(struct rr_conn *c, int64_t offset, int64_t acked)
{
    int i = rr_find(c, RR_SERVER, offset - 1);
    if (i < 0 || c->messages[RR_SERVER].len - (guint)i > RR_MESSAGES_UNSETTLED_MAX)
        return;
    struct rr_exchange *x = rr_nth(c, RR_SERVER, (guint)i);
    int64_t before = i ? rr_nth(c, RR_SERVER, (guint)i - 1)->request.end : 0;
    bool certain = acked >= x->request.end || x->request.end == before;
    bool all = offset >= x->response.end;
    bool newest = x == rr_last(c, RR_SERVER) && x == rr_last(c, RR_CLIENT);
    bool may_empty = newest && !x->response.part && !x->part;
    if (certain || is_hushed_at(c, i) || (all && !may_empty) || offset <= x->response.begin ||
        !divides(c, RR_SERVER, x, offset))
        return;
    give_lower(c, i, offset, acked);
    if (all && !rr_exists(&x->response))
        rr_withdraw_answer(c, x);
}

static struct rr_exchange *holder(const struct rr_conn *c, int side, struct rr_range *range)
{
    struct rr_exchange *x = rr_nth(c, side, (guint)rr_find(c, side, range->begin));
    range->end = MIN(range->end, rr_side_of(x, side)->end);
    return x;
}

/* Of bytes that a rule governs it is told elsewhere which messages they are. */
static void pass_unseen(struct rr_conn *c, int side, int64_t acked)
{
    c->flow[side].next = acked;
}

void rr_turns_asked_unseen(struct rr_conn *c, int64_t acked)
{
    if (acked <= c->flow[RR_CLIENT].next)
        return;
    if (c->pdus) {
        pass_unseen(c, RR_CLIENT, acked);
        return;
    }
    if (!rr_pending(c))
        rr_open_request(c);
    rr_stretch(c, RR_CLIENT, acked);
    rr_timer_set(&c->shared->waiting, c, c->shared->now.time);
}

void rr_turns_told_unseen(struct rr_conn *c, int64_t begin, int64_t acked)
{
    if (acked <= c->flow[RR_SERVER].next)
        return;
    if (c->pdus) {
        pass_unseen(c, RR_SERVER, acked);
        return;
    }
    begin_told(c, begin, RR_PROOF_ACK);
    rr_stretch(c, RR_SERVER, acked);
}

void rr_turns_unseen_before_fins(struct rr_conn *c)
{
    const struct rr_flow *asked = &c->flow[RR_CLIENT], *told = &c->flow[RR_SERVER];
    if (asked->fin != RR_NO_OFFSET)
        rr_turns_asked_unseen(c, asked->fin);
    if (told->fin != RR_NO_OFFSET)
        rr_turns_told_unseen(c, asked->acked, told->fin);
}

static void pass_repeat(struct rr_conn *c, const struct rr_segment *s, int64_t begin, struct rr_verdict *v)
{
    v->repeat = true;
    if (v->fresh)
        return;
    const struct rr_piece *first = note_copy(c, s, begin, v);
    if (first)
        rr_holds_note(c, v->side, (struct rr_range){ begin, begin + s->len }, RR_DELAY_LOSS,
                      first->first_time, s->at.time);
    rr_places_repeat(c, v->side, begin);
}

void rr_turns_pass(struct rr_conn *c, const struct rr_segment *s, int64_t begin, int64_t acked,
                   struct rr_verdict *v)
{
    struct rr_flow *f = &c->flow[v->side];
    int64_t at = begin, end = begin + s->len;
    if (acked == RR_NO_ACK)
        acked = c->flow[!v->side].next;
    for (struct rr_range gap; rr_flow_gap(f, at, end, &gap); at = gap.end) {
        const struct rr_piece *later = gap.begin < f->next ? rr_flow_piece_after(f, gap.end) : NULL;
        int64_t missed_since = later ? later->first_time : s->at.time;
        note_fresh(v, begin, gap, s, later);
        struct rr_piece piece = piece_of(c, s, begin, acked, gap, false);
        int64_t skip = gap.begin - begin;
        if (v->side == RR_CLIENT && skip < s->captured)
            rr_begun_note(c, gap.begin, s->payload + skip, s->captured - (uint32_t)skip);
        rr_places_gain(c, v->side, &piece);
        rr_holds_note(c, v->side, gap, RR_DELAY_LOSS, missed_since, s->at.time);
    }
    if (v->take < s->len)
        pass_repeat(c, s, begin, v);
    if (v->fresh && v->side == RR_SERVER)
        rr_timer_set(&c->shared->quiet, c, s->at.time);
}

/* The client goes on to ask, and has all of the answer so far: that one is over. */
static void asks_again(struct rr_conn *c, int64_t acked)
{
    struct rr_exchange *told = rr_last(c, RR_SERVER);
    if (told && acked >= c->flow[RR_SERVER].next)
        rr_end(c, RR_SERVER, told, RR_BY_NEXT);
}

void rr_turns_asked(struct rr_conn *c, const struct rr_segment *s, int64_t begin, int64_t acked,
                    struct rr_verdict *v)
{
    struct rr_flow *f = &c->flow[RR_CLIENT];
    int64_t at = begin, end = begin + s->len;
    if (s->len == 1 && hold_probe(c, s, begin, acked, v))
        return;
    for (struct rr_range gap; rr_flow_gap(f, at, end, &gap); at = gap.end) {
        struct rr_exchange *x;
        bool late = gap.begin < f->next;
        if (late)
            x = holder(c, RR_CLIENT, &gap);
        else {
            asks_again(c, acked);
            x = rr_pending(c);
            if (!x)
                x = rr_open_request(c);
            rr_stretch(c, RR_CLIENT, gap.end);
        }
        if (!late || x == rr_pending(c))
            rr_timer_set(&c->shared->waiting, c, s->at.time);
        const struct rr_piece *later = late ? rr_flow_piece_after(f, gap.end) : NULL;
        int64_t missed_since = later ? later->first_time : s->at.time;
        note_fresh(v, begin, gap, s, later);
        bool may_begin = gap.begin == x->request.begin || f->pushed || late;
        struct rr_piece piece = piece_of(c, s, begin, acked, gap, may_begin);
        rr_gain(c, RR_CLIENT, x, &piece);
        rr_hold_up(c, x, RR_DELAY_LOSS, missed_since, s->at.time);
    }
    if (v->take < s->len)
        note_repeat(c, s, begin, v);
    if (v->fresh)
        f->pushed = s->flags & RR_PSH;
}

void rr_turns_told(struct rr_conn *c, const struct rr_segment *s, int64_t begin, int64_t acked,
                   struct rr_verdict *v)
{
    struct rr_flow *f = &c->flow[RR_SERVER];
    int64_t at = begin, end = begin + s->len;
    bool numbered = acked != RR_NO_ACK;
    if (!numbered)
        acked = c->flow[RR_CLIENT].next;
    if (s->len == 1 && hold_probe(c, s, begin, acked, v))
        return;
    for (struct rr_range gap; rr_flow_gap(f, at, end, &gap); at = gap.end) {
        bool late = gap.begin<f->next, after_hole = gap.begin> f->next;
        if (late) {
            holder(c, RR_SERVER, &gap);
            place_lower(c, gap.end, acked);
        } else {
            if (acked < rr_covered(c))
                place_lower(c, f->next, acked);
            begin_told(c, acked, numbered ? RR_PROOF_ACK : 0);
            rr_stretch(c, RR_SERVER, gap.end);
        }
        struct rr_exchange *x = holder(c, RR_SERVER, &gap);
        const struct rr_piece *later = late ? rr_flow_piece_after(f, gap.end) : NULL;
        int64_t missed_since = later ? later->first_time : s->at.time;
        note_fresh(v, begin, gap, s, later);
        bool begins = gap.begin == x->response.begin;
        struct rr_piece piece = piece_of(c, s, begin, acked, gap, begins || late || after_hole);
        rr_gain(c, RR_SERVER, x, &piece);
        rr_hold_up(c, x, RR_DELAY_LOSS, missed_since, s->at.time);
        if (begins && acked == x->request.end)
            rr_prove(x, RR_PROOF_FIRST);
    }
    if (v->take < s->len)
        note_repeat(c, s, begin, v);
    if (v->fresh) {
        c->hushed = false;
        rr_timer_set(&c->shared->quiet, c, s->at.time);
    } else {
        place_lower(c, end, acked);
    }
}

void rr_turns_release_probe(struct rr_conn *c)
{
    struct rr_piece probe = *c->probe;
    int side = c->probe_side;
    forget_probe(c);
    struct rr_range gap;
    if (!rr_flow_gap(&c->flow[side], probe.begin, probe.end, &gap))
        return;
    struct rr_range range = { probe.begin, probe.end };
    if (c->pdus)
        rr_places_gain(c, side, &probe);
    else
        rr_gain(c, side, holder(c, side, &range), &probe);
}
