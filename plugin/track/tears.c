#include "track/tears.h"

#include "track/messages.h"

static bool has_hole(const struct rr_conn *c, int side, struct rr_range range)
{
    struct rr_range gap;
    return !rr_range_empty(range) && rr_flow_gap(&c->flow[side], range.begin, range.end, &gap);
}

static bool is_told(const struct rr_conn *c, int side, struct rr_range tear)
{
    rr_spans_clip(&c->pdus->spans[side], &tear.begin, &tear.end);
    return rr_range_empty(tear);
}

void rr_tears_asked(struct rr_conn *c, struct rr_line *line, struct rr_exchange *x, const struct rr_told *t)
{
    struct rr_range rest = { line->upto[RR_CLIENT], t->acked };
    if (x != line->asking || x->request.ended_by != RR_GOING_ON || t->decrypted ||
        is_told(c, RR_CLIENT, rest))
        return;
    rr_changes(c, x, RR_CLIENT);
    line->tear[RR_CLIENT] = rest;
    x->request.torn = true;
}

void rr_tears_part(struct rr_conn *c, int side, struct rr_line *line, struct rr_message *m,
                   const struct rr_told *t, int64_t upto)
{
    struct rr_range *tear = &line->tear[side], between = { upto, t->begin };
    if (!m->torn)
        *tear = (struct rr_range){ 0 };
    if (has_hole(c, side, between))
        *tear = (struct rr_range){ rr_range_empty(*tear) ? upto : tear->begin, t->begin };
    m->torn = !rr_range_empty(*tear) && !is_told(c, side, *tear);
}

static void end_line(struct rr_conn *c, int side, const struct rr_line *line)
{
    struct rr_exchange *x = side == RR_CLIENT ? line->asking : line->telling;
    struct rr_message *m = x ? rr_side_of(x, side) : NULL;
    struct rr_range rest = { line->upto[side], c->flow[side].next };
    if (!m || m->ended_by != RR_GOING_ON || m->torn || is_told(c, side, rest))
        return;
    rr_changes(c, x, side);
    m->torn = true;
}

static void end_both(struct rr_conn *c, const struct rr_line *line, bool over)
{
    end_line(c, RR_SERVER, line);
    if (over)
        end_line(c, RR_CLIENT, line);
}

void rr_tears_end(struct rr_conn *c, bool over)
{
    end_both(c, &c->pdus->line, over);
    for (GTreeNode *n = g_tree_node_first(c->pdus->keyed); n; n = g_tree_node_next(n))
        end_both(c, g_tree_node_value(n), over);
}
