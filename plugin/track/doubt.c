#include "track/doubt.h"

guint rr_doubt_eligible(const struct rr_order *o, int64_t acked)
{
    guint low = 0, high = rr_line_length(o->line);
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (rr_line_nth(o->line, middle)->request.begin < acked)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool rr_doubt_goes_on(const struct rr_told *before, const struct rr_told *t)
{
    return !(t->does & RR_PDU_BEGINS) || !(before->does & (RR_PDU_ENDS | RR_PDU_OPEN));
}

bool rr_doubt_heads(const struct rr_order *o, guint i)
{
    const struct rr_told *t = rr_told_at(o->doubt, i);
    return i == 0 || t->anew || !rr_doubt_goes_on(rr_told_at(o->doubt, i - 1), t);
}

/* All requests from the first that waits on were told, but that the first may be the rest of one. */
static bool asked_whole(const struct rr_order *o)
{
    struct rr_range asked = { rr_line_nth(o->line, 0)->request.begin, o->told_upto[RR_CLIENT] };
    rr_spans_clip(&o->spans[RR_CLIENT], &asked.begin, &asked.end);
    return rr_range_empty(asked);
}

bool rr_doubt_lacks_answers(const struct rr_order *o)
{
    guint heads = 0, waiting = rr_line_length(o->line);
    int64_t upto = o->saw_first;
    for (guint i = 0; i < o->doubt->len && rr_told_at(o->doubt, i)->begin <= upto; i++) {
        upto = MAX(upto, rr_told_at(o->doubt, i)->end);
        heads += rr_doubt_heads(o, i);
    }
    return upto == o->flow[RR_SERVER].next && heads + 1 < waiting && asked_whole(o);
}

/* It is the first that acknowledges bytes behind all that was told, of a client that waits for its answers:
 * it is to those. */
static bool answers_untold(const struct rr_order *o, guint i)
{
    int64_t upto = o->told_upto[RR_CLIENT];
    int64_t before = i ? MAX(rr_told_at(o->doubt, i - 1)->acked, upto) : upto;
    return !o->overlaps && rr_order_before_asked(o, rr_told_at(o->doubt, i)->acked) > before;
}

int64_t rr_doubt_saw_asking(const struct rr_order *o, guint n)
{
    const struct rr_piece *first = rr_flow_piece(&o->flow[RR_CLIENT], rr_line_nth(o->line, n)->request.begin);
    return first ? first->acked : RR_NEVER;
}

bool rr_doubt_waits(const struct rr_order *o)
{
    guint waiting = o->overlaps ? 0 : rr_line_length(o->line);
    int64_t before = o->line->upto[RR_SERVER] - 1;
    for (guint i = 0; i < waiting; i++) {
        int64_t saw = rr_doubt_saw_asking(o, i);
        if (saw <= before)
            return false;
        before = saw;
    }
    return waiting > 0;
}

/* All that the client asked between the n-th that waits and what was before that was told. */
static bool told_before(const struct rr_order *o, guint n)
{
    int64_t before = n ? rr_line_nth(o->line, n - 1)->request.begin : 0;
    return o->gap.end <= before || o->gap.begin >= rr_line_nth(o->line, n)->request.begin;
}

/* Nothing was asked since the one before, which goes on until the next begins. */
static bool is_still_open(const struct rr_order *o, guint i)
{
    const struct rr_told *before = i ? rr_told_at(o->doubt, i - 1) : NULL;
    return before && before->does & RR_PDU_OPEN && rr_told_at(o->doubt, i)->acked <= before->acked &&
           !o->overlaps;
}

/* The i-th, which came when so many of those that wait had reached the server, as the one before did, is a
 * part of that: where the client `waits`, a dissector that lost its place tells the parts of what the server
 * said to one thing. */
static bool is_part(const struct rr_order *o, guint i, guint asked, bool waits)
{
    if (answers_untold(o, i))
        return false;
    if (asked)
        return waits && i > 0 && told_before(o, asked - 1);
    return is_still_open(o, i) || (o->spilled && rr_line_is_telling(o->line));
}

static void mark_parts(const struct rr_order *o, bool waits, GArray *places)
{
    guint before = 0;
    for (guint i = 0; i < o->doubt->len; i++) {
        guint asked = rr_doubt_eligible(o, rr_told_at(o->doubt, i)->acked);
        bool part = !rr_doubt_heads(o, i) || (asked == before && is_part(o, i, asked, waits));
        g_array_index(places, int, i) = part ? RR_PLACE_BEFORE : RR_PLACE_NONE;
        before = asked;
    }
}

GArray *rr_doubt_count_back(const struct rr_order *o, bool waits)
{
    GArray *places = g_array_sized_new(FALSE, FALSE, sizeof(int), o->doubt->len);
    int next = (int)rr_line_length(o->line) - 1;
    g_array_set_size(places, o->doubt->len);
    mark_parts(o, waits, places);
    for (guint i = o->doubt->len; i-- > 0;) {
        int *place = &g_array_index(places, int, i);
        if (*place == RR_PLACE_BEFORE || answers_untold(o, i))
            continue;
        next = MIN(next, (int)rr_doubt_eligible(o, rr_told_at(o->doubt, i)->acked) - 1);
        if (next >= 0)
            *place = next--;
    }
    return places;
}

/* What of the hole no message was told of, without what the server said before it had the client's byte at
 * `asked`. */
static struct rr_range said_since(const struct rr_order *o, struct rr_range hole, int64_t asked)
{
    rr_spans_clip(&o->spans[RR_SERVER], &hole.begin, &hole.end);
    while (!rr_range_empty(hole)) {
        const struct rr_piece *said = rr_flow_piece(&o->flow[RR_SERVER], hole.begin);
        if (!said || said->acked > asked)
            break;
        hole.begin = MIN(said->end, hole.end);
    }
    return hole;
}

struct rr_range rr_doubt_hole(const struct rr_order *o, guint place)
{
    return said_since(o, o->hole, rr_line_nth(o->line, place)->request.begin);
}

struct rr_range rr_doubt_hole_before(const struct rr_order *o, guint place)
{
    struct rr_range hole = { MAX(o->hole.begin, rr_doubt_saw_asking(o, place)), o->hole.end };
    if (!told_before(o, place))
        return (struct rr_range){ 0 };
    return said_since(o, hole, rr_line_nth(o->line, place)->request.begin);
}

struct rr_range rr_doubt_hole_between(const struct rr_order *o, guint i)
{
    struct rr_range hole = { rr_told_at(o->doubt, i - 1)->end, rr_told_at(o->doubt, i)->begin };
    rr_spans_clip(&o->spans[RR_SERVER], &hole.begin, &hole.end);
    return hole;
}

struct rr_range rr_doubt_hole_unasked(const struct rr_order *o, int64_t acked)
{
    struct rr_range hole = o->hole;
    bool may_be = !o->overlaps && !rr_line_length(o->line);
    if (!may_be || !rr_flow_since(&o->flow[RR_SERVER], acked - 1, &hole))
        return (struct rr_range){ 0 };
    rr_spans_clip(&o->spans[RR_SERVER], &hole.begin, &hole.end);
    return hole;
}

bool rr_doubt_has_hole(const struct rr_order *o)
{
    const struct rr_piece *first = rr_flow_piece_after(&o->flow[RR_SERVER], o->hole.begin);
    return !rr_range_empty(o->hole) && rr_line_length(o->line) && !o->doubt->len && first &&
           first->begin < o->hole.end && rr_line_was_asked(o->line, first->acked);
}
