#include "track/keyed.h"

#include "track/ahead.h"
#include "track/joins.h"
#include "track/lines.h"
#include "track/messages.h"
#include "track/quiet.h"

void rr_keyed_asks(struct rr_conn *c, struct rr_line *line, const struct rr_told *t, bool rests)
{
    if (line->telling && line->open)
        rr_end(c, RR_SERVER, line->telling, RR_BY_NEXT);
    line->shifted &= rr_line_length(line) || !rests;
    if (rests && !c->pdus->waiting)
        rr_ahead_rests(c->pdus, t->begin);
    rr_ahead_asks(c->pdus, t->key, rr_line_length(line));
}

/* What waits second had begun to reach the server, too, when it acknowledged so much. */
static bool next_was_asked(const struct rr_line *line, int64_t acked)
{
    return rr_line_length(line) > 1 && rr_line_nth(line, 1)->request.begin < acked;
}

/* `t` may be the answer to another request with the key of x, whose own was missed, or never sent as that
 * other took its place. */
static bool may_be_anothers(const struct rr_conn *c, const struct rr_line *line, const struct rr_exchange *x,
                            const struct rr_told *t)
{
    if (rr_ahead_hides(c, t->acked))
        return true;
    const struct rr_range *missed = c->pdus->missed;
    const struct rr_piece *asked = rr_flow_piece(&c->flow[RR_CLIENT], x->request.begin);
    bool answered = !rr_range_empty(missed[RR_SERVER]) && (!asked || missed[RR_SERVER].end > asked->acked);
    bool asked_again = missed[RR_CLIENT].end > x->request.begin || c->pdus->upto[RR_CLIENT] < t->acked;
    asked_again |= next_was_asked(line, t->acked);
    return asked_again && (answered || t->does & RR_PDU_NEWEST);
}

/* The first that waits perhaps is owed no answer, so `t` may be to the next. */
static bool may_be_passed(const struct rr_line *line, const struct rr_told *t)
{
    return next_was_asked(line, t->acked) && rr_line_nth(line, 0)->proof & RR_PROOF_QUIET;
}

/* Of several that may be meant, the newest. */
static void answer_keyed(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    line->shifted |= may_be_anothers(c, line, rr_line_nth(line, 0), t);
    while (line->shifted && next_was_asked(line, t->acked))
        rr_joins_drop(c, line);
    bool sure = !line->shifted && !may_be_passed(line, t);
    rr_quiet_pass(c, rr_line_nth(line, 0));
    rr_joins_answer(c, line, t, sure ? 0 : RR_PROOF_LOST);
}

/* `t` was under way when the client wanted no more. */
static bool is_unwanted(const struct rr_line *line, const struct rr_told *t)
{
    return line->cancelled && !rr_line_length(line) && line->telling &&
           t->begin >= line->telling->response.begin;
}

bool rr_keyed_tells_on(const struct rr_conn *c, const struct rr_line *line, const struct rr_told *t)
{
    if (is_unwanted(line, t))
        return true;
    const struct rr_exchange *x = line->telling, *last = rr_line_is_aside(line, t) ? line->aside : x;
    bool asked_since = line->asking && line->asking != x;
    bool goes_on =
        x && x->response.ended_by == RR_GOING_ON && !line->open && !asked_since && !rr_line_is_aside(line, t);
    return rr_line_goes_on(line, t) && t->begin >= last->response.begin &&
           rr_joins_is_next_part(c, RR_SERVER, line, t, goes_on);
}

static void join(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    if (t->does & RR_PDU_ALONE)
        rr_joins_unowed(c, line, t, 0);
    else if (rr_keyed_tells_on(c, line, t))
        rr_joins_go_on(c, line, t);
    else if (!(t->does & (RR_PDU_BEGINS | RR_PDU_INTERIM)))
        rr_joins_ignore(c, RR_SERVER, t);
    else if (!rr_line_was_asked(line, t->acked)) {
        line->shifted |= c->pdus->upto[RR_CLIENT] < t->acked; /* its request may still come */
        rr_joins_unowed(c, line, t, 0);
    } else if (t->does & RR_PDU_INTERIM)
        rr_joins_interim(c, line, t);
    else
        answer_keyed(c, line, t);
}

/* Of an answer that nobody wants every part may be the last. */
static void end_cancelled(struct rr_conn *c, struct rr_line *line)
{
    struct rr_exchange *x = line->telling;
    if (x)
        rr_end(c, RR_SERVER, x, RR_BY_CANCEL);
    line->cancelled = rr_line_length(line) || !x || x->response.ended_by != RR_BY_PDU;
}

void rr_keyed_join(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    join(c, line, t);
    if (line->cancelled)
        end_cancelled(c, line);
}

void rr_keyed_cancel(struct rr_conn *c, uint64_t key)
{
    struct rr_line *line = rr_lines_find(c->pdus, key);
    if (line)
        rr_joins_cancel(c, line);
}
