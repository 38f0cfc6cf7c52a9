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

GArray *rr_doubt_count_back(const struct rr_order *o)
{
    GArray *places = g_array_sized_new(FALSE, FALSE, sizeof(int), o->doubt->len);
    int next = (int)rr_line_length(o->line) - 1;
    g_array_set_size(places, o->doubt->len);
    for (guint i = o->doubt->len; i-- > 0;) {
        int *place = &g_array_index(places, int, i);
        *place = -1;
        if (!rr_doubt_heads(o, i) || answers_untold(o, i))
            continue;
        next = MIN(next, (int)rr_doubt_eligible(o, rr_told_at(o->doubt, i)->acked) - 1);
        if (next >= 0)
            *place = next--;
    }
    return places;
}

struct rr_range rr_doubt_hole(const struct rr_order *o)
{
    struct rr_range hole = o->hole;
    rr_spans_clip(&o->spans[RR_SERVER], &hole.begin, &hole.end);
    while (!rr_range_empty(hole) && rr_line_length(o->line)) {
        const struct rr_piece *said = rr_flow_piece(&o->flow[RR_SERVER], hole.begin);
        if (!said || said->acked > rr_line_first(o->line))
            break;
        hole.begin = MIN(said->end, hole.end);
    }
    return hole;
}

bool rr_doubt_has_hole(const struct rr_order *o)
{
    const struct rr_piece *first = rr_flow_piece_after(&o->flow[RR_SERVER], o->hole.begin);
    return !rr_range_empty(o->hole) && rr_line_length(o->line) && !o->doubt->len && first &&
           first->begin < o->hole.end && rr_line_was_asked(o->line, first->acked);
}
