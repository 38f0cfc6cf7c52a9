#include "track/hidden.h"

#include "track/doubt.h"
#include "track/stray.h"

bool rr_hidden_all_told(struct rr_order *o, int64_t end, struct rr_range *hole)
{
    *hole = (struct rr_range){ MAX(o->upto, rr_flow_forgotten(&o->flow[RR_SERVER])), end };
    rr_spans_clip(&o->spans[RR_SERVER], &hole->begin, &hole->end);
    o->upto = MAX(o->upto, MIN(hole->begin, end));
    return rr_range_empty(*hole);
}

bool rr_hidden_unseen(const struct rr_order *o, struct rr_range said)
{
    bool goes_on = rr_line_is_telling(o->line) && !o->line->open;
    return !goes_on && !rr_range_empty(said) && !rr_flow_saw(&o->flow[RR_SERVER], said.begin, said.end);
}

/* In front of it lies what was not captured, from `begin` on, and which the client, as it waits, had not seen
 * when it asked. */
static void take_lost_head(const struct rr_order *o, int64_t begin, struct rr_range *rest)
{
    int64_t head = MAX(begin, rr_doubt_saw_asking(o, 0));
    if (!o->overlaps && head < rest->begin && !rr_flow_saw(&o->flow[RR_SERVER], head, rest->begin))
        rest->begin = head;
}

bool rr_hidden_last(struct rr_order *o, struct rr_range *rest)
{
    if (!rr_line_length(o->line) || rr_hidden_all_told(o, o->flow[RR_SERVER].next, rest))
        return false;
    int64_t begin = rest->begin;
    if (rr_hidden_unseen(o, *rest))
        return true;
    if (!rr_flow_since(&o->flow[RR_SERVER], rr_line_first(o->line), rest))
        return false;
    take_lost_head(o, begin, rest);
    return true;
}

bool rr_hidden_begins_answer(const struct rr_order *o, struct rr_range said)
{
    const struct rr_piece *before = rr_flow_piece(&o->flow[RR_SERVER], said.begin - 1);
    return !before || before->acked <= rr_line_first(o->line);
}

/* What waits was answered where the place was lost, in bytes that were not captured. */
static bool was_missed(const struct rr_order *o)
{
    const struct rr_piece *behind = rr_flow_piece_after(&o->flow[RR_SERVER], o->hole.end);
    return behind && behind->acked > rr_line_first(o->line) && rr_hidden_unseen(o, o->hole);
}

bool rr_hidden_answer(struct rr_order *o, struct rr_range *said)
{
    if (rr_hidden_last(o, said))
        return true;
    *said = o->hole;
    bool lost = rr_line_length(o->line) && !rr_range_empty(o->hole);
    if (lost && (was_missed(o) || (rr_flow_since(&o->flow[RR_SERVER], rr_line_first(o->line), said) &&
                                   rr_hidden_begins_answer(o, *said))))
        return true;
    *said = (struct rr_range){ 0 };
    return rr_stray_answered(o);
}
