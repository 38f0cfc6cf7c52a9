#include "track/places.h"

#include "track/ahead.h"
#include "track/lines.h"
#include "track/messages.h"

struct rr_exchange *rr_places_told(const struct rr_conn *c, int side, int64_t offset)
{
    return rr_spans_holder(&c->pdus->spans[side], offset);
}

/* The same of a turn before the rule. */
static struct rr_exchange *taken_by_turn(const struct rr_conn *c, int side, int64_t offset)
{
    int i = rr_find(c, side, offset);
    struct rr_exchange *x = i < 0 ? NULL : rr_nth(c, side, (guint)i);
    return x && rr_side_of(x, side)->end > offset ? x : NULL;
}

/* Whose the byte is, in either way; or NULL. */
static struct rr_exchange *holder(const struct rr_conn *c, int side, int64_t offset)
{
    struct rr_exchange *x = rr_places_told(c, side, offset);
    return x ? x : taken_by_turn(c, side, offset);
}

/* Those bytes of the piece come that the message of x lacked within `range`; an interim answer is none yet.
 */
static void gain_in(struct rr_conn *c, int side, struct rr_exchange *x, const struct rr_piece *piece,
                    struct rr_range range)
{
    struct rr_message *m = rr_side_of(x, side);
    struct rr_piece part = *piece;
    part.begin = MAX(part.begin, range.begin);
    part.end = MIN(part.end, range.end);
    part.bytes = part.end - part.begin;
    if (!rr_exists(m) || part.bytes <= 0)
        return;
    if (!rr_seen(m) || part.first_frame < m->first_frame)
        rr_changes(c, x, !side);
    rr_changes(c, x, side);
    rr_add_facts(m, &part);
    m->bytes = MIN(m->bytes + (uint64_t)part.bytes, (uint64_t)(m->end - m->begin));
    if (rr_is_push(x))
        rr_count_as_push(c, part.bytes);
    rr_judge(c, x);
}

void rr_places_gain(struct rr_conn *c, int side, struct rr_piece *piece)
{
    const struct rr_spans *s = &c->pdus->spans[side];
    int64_t guess = c->flow[side].fin_guess;
    rr_flow_add(&c->flow[side], piece);
    c->facts.bytes[side] += (uint64_t)piece->bytes;
    if (side == RR_SERVER && piece->end == c->flow[side].next)
        rr_order_heard(&c->pdus->order, piece->end, piece->acked);
    if (side == RR_CLIENT && guess > piece->begin && guess <= piece->end) /* it was no FIN's number */
        rr_order_misheard(&c->pdus->order, guess - 1);
    struct rr_spot at = rr_spans_find(s, piece->begin);
    for (; at.span && at.span->begin < piece->end; at = rr_spans_next(s, at))
        if (at.span->exchange)
            gain_in(c, side, at.span->exchange, piece, (struct rr_range){ at.span->begin, at.span->end });
    for (int i = MAX(rr_find(c, side, piece->begin), 0); i < (int)c->messages[side].len; i++) {
        struct rr_exchange *x = rr_nth(c, side, (guint)i);
        const struct rr_message *m = rr_side_of(x, side);
        if (m->begin >= piece->end)
            break;
        gain_in(c, side, x, piece, (struct rr_range){ m->begin, m->end });
    }
    struct rr_exchange *spare = side == RR_CLIENT ? c->pdus->spare : NULL;
    if (spare)
        gain_in(c, side, spare, piece, (struct rr_range){ spare->request.begin, spare->request.end });
}

void rr_places_repeat(struct rr_conn *c, int side, int64_t offset)
{
    struct rr_exchange *x = holder(c, side, offset);
    c->facts.repeats[side]++;
    if (x) {
        rr_thaw(c, x, side);
        rr_side_of(x, side)->repeats++;
        return;
    }
    struct rr_piece *piece = rr_flow_piece(&c->flow[side], offset);
    if (piece) /* until a message of it is told */
        piece->repeats++;
}

/* Where interim answers to x wait for the one proper, if those were the last; else NULL. */
static struct rr_line *informing(struct rr_pdus *p, const struct rr_exchange *x)
{
    struct rr_line *line = p->line.informed == x ? &p->line : rr_lines_find(p, p->interim_key);
    return line && line->informed == x ? line : NULL;
}

/* The last `more` bytes of what was told last, of which `bytes` were captured, are another's; false where it
 * keeps them. */
static bool give_back(struct rr_conn *c, int side, struct rr_exchange *x, int64_t more, int64_t bytes)
{
    struct rr_message *m = rr_side_of(x, side);
    if (!rr_exists(m)) {
        struct rr_line *line = informing(c->pdus, x);
        if (line)
            line->interim.end = MAX(line->interim.end - bytes, line->interim.begin);
        return line;
    }
    uint64_t left = m->bytes - MIN((uint64_t)bytes, m->bytes);
    int64_t end = m->end - more, least = m->begin + (int64_t)left;
    if (end < least && !m->sealed) /* which of them were captured nobody knows any more */
        return false;
    rr_changes(c, x, side);
    m->bytes = left;
    m->end = MAX(end, least); /* decrypted, less than its span */
    if (rr_is_push(x))
        rr_count_as_push(c, -bytes);
    return true;
}

/* The span, which can hold more than a turn has of it, ends at `begin`; false where it keeps its bytes. */
static bool cut_span(struct rr_conn *c, int side, struct rr_span *span, int64_t begin)
{
    struct rr_exchange *x = holder(c, side, begin);
    bool by_turn = x && !span->exchange;
    int64_t end = by_turn ? MIN(span->end, rr_side_of(x, side)->end) : span->end;
    if (x && !give_back(c, side, x, end - begin, rr_flow_captured(&c->flow[side], begin, end)))
        return false;
    span->end = c->pdus->upto[side] = begin;
    return true;
}

void rr_places_cut_before(struct rr_conn *c, int side, int64_t begin)
{
    struct rr_span *last = rr_spans_last(&c->pdus->spans[side]);
    bool held = side == RR_SERVER && rr_ahead_begins(&c->pdus->ahead, begin);
    bool within = last && last->begin < begin && last->end > begin && !held;
    int64_t from = within ? last->end : RR_NO_OFFSET;
    bool cut = within && cut_span(c, side, last, begin);
    if (side == RR_SERVER)
        rr_order_cut(&c->pdus->order, cut ? from : RR_NO_OFFSET, begin);
    if (side == RR_SERVER && !held)
        rr_ahead_cut(c, begin);
}
