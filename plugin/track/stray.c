#include "track/stray.h"

/* What the server had of the client when it said the last of its bytes before `end`; RR_NEVER: not known. */
static int64_t acked_at(const struct rr_order *o, int64_t end)
{
    const struct rr_piece *last = rr_flow_piece(&o->flow[RR_SERVER], end - 1);
    return last ? last->acked : RR_NEVER;
}

static bool is_over(const struct rr_line *line)
{
    return !rr_line_is_telling(line) && !line->open;
}

bool rr_stray_straddles(const struct rr_order *o, struct rr_range bytes)
{
    const struct rr_exchange *asked = o->line->asking;
    bool over = !o->line->telling || is_over(o->line);
    return over && asked && !o->overlaps && o->saw > bytes.begin &&
           acked_at(o, bytes.end) > asked->request.begin;
}

bool rr_stray_goes_on(const struct rr_order *o, const struct rr_told *t)
{
    if (!o->line->telling || !is_over(o->line))
        return false;
    int64_t acked = acked_at(o, t->end);
    bool asked = rr_line_length(o->line) == 1 && rr_line_was_asked(o->line, acked);
    return acked > o->told_upto[RR_CLIENT] || (asked && o->saw >= o->line->telling->response.end);
}

bool rr_stray_may_answer(const struct rr_order *o, const struct rr_told *t)
{
    return rr_line_was_asked(o->line, acked_at(o, t->end));
}

void rr_stray_note(struct rr_order *o, const struct rr_told *t)
{
    o->strayed = MAX(o->strayed, acked_at(o, t->end));
}

bool rr_stray_answered(const struct rr_order *o)
{
    return rr_line_was_asked(o->line, o->strayed);
}
