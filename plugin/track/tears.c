#include "track/tears.h"

#include "track/messages.h"

static bool is_told(const struct rr_conn *c, int side, struct rr_range tear)
{
    rr_spans_clip(&c->pdus->spans[side], &tear.begin, &tear.end);
    return rr_range_empty(tear);
}

static void tear(struct rr_conn *c, int side, struct rr_exchange *x)
{
    rr_changes(c, x, side);
    rr_side_of(x, side)->torn = true;
}

void rr_tears_asked(struct rr_conn *c, struct rr_line *line, struct rr_exchange *x, const struct rr_told *t)
{
    struct rr_range rest = { line->upto[RR_CLIENT], t->acked };
    if (x != line->asking || x->request.ended_by != RR_GOING_ON || t->decrypted ||
        is_told(c, RR_CLIENT, rest))
        return;
    line->tear[RR_CLIENT] = rest;
    tear(c, RR_CLIENT, x);
}

void rr_tears_told(struct rr_conn *c, const struct rr_line *line)
{
    if (rr_line_is_telling(line))
        tear(c, RR_SERVER, line->telling);
}

void rr_tears_part(struct rr_conn *c, int side, struct rr_line *line, struct rr_message *m,
                   const struct rr_told *t)
{
    struct rr_range *torn = &line->tear[side], between = { line->upto[side], t->begin };
    if (!m->torn)
        *torn = (struct rr_range){ 0 };
    if (!t->decrypted && !is_told(c, side, between))
        *torn = (struct rr_range){ rr_range_empty(*torn) ? between.begin : torn->begin, between.end };
    m->torn = !rr_range_empty(*torn) && !is_told(c, side, *torn);
}

static void end_line(struct rr_conn *c, int side, const struct rr_line *line)
{
    struct rr_exchange *x = side == RR_CLIENT ? line->asking : line->telling;
    const struct rr_message *m = x ? rr_side_of(x, side) : NULL;
    struct rr_range rest = { line->upto[side], c->flow[side].next };
    if (m && m->ended_by == RR_GOING_ON && !m->torn && !is_told(c, side, rest))
        tear(c, side, x);
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
