#include "track/stray.h"

bool rr_stray_straddles(const struct rr_order *o, struct rr_range bytes)
{
    const struct rr_exchange *told = o->line->telling, *asked = o->line->asking;
    const struct rr_piece *last = rr_flow_piece(&o->flow[RR_SERVER], bytes.end - 1);
    bool over = !told || (told->response.ended_by != RR_GOING_ON && !o->line->open);
    return over && asked && last && !o->overlaps && o->saw > bytes.begin &&
           last->acked > asked->request.begin;
}

bool rr_stray_goes_on(const struct rr_order *o, const struct rr_told *t)
{
    const struct rr_exchange *x = o->line->telling;
    if (!x || x->response.ended_by == RR_GOING_ON || o->line->open)
        return false;
    const struct rr_piece *last = rr_flow_piece(&o->flow[RR_SERVER], t->end - 1);
    if (!last)
        return false;
    bool asked = rr_line_length(o->line) == 1 && rr_line_was_asked(o->line, last->acked);
    return last->acked > o->told_upto[RR_CLIENT] || (asked && o->saw >= x->response.end);
}

bool rr_stray_may_answer(const struct rr_order *o, const struct rr_told *t)
{
    const struct rr_piece *last = rr_flow_piece(&o->flow[RR_SERVER], t->end - 1);
    return last && rr_line_was_asked(o->line, last->acked);
}
