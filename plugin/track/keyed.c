#include "track/keyed.h"

#include "track/ahead.h"
#include "track/joins.h"
#include "track/messages.h"
#include "track/quiet.h"

static void line_free(gpointer line)
{
    rr_list_release(&((struct rr_line *)line)->waiting);
    g_free(line);
}

GHashTable *rr_keyed_new(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, line_free);
}

/* All keys are given up where too many are in use. */
struct rr_line *rr_keyed_line(struct rr_pdus *p, uint64_t key)
{
    struct rr_line *line = g_hash_table_lookup(p->keyed, &key);
    if (line)
        return line;
    if (g_hash_table_size(p->keyed) >= RR_PDUS_WAITING_MAX) {
        g_hash_table_remove_all(p->keyed);
        p->waiting = rr_line_length(&p->line);
    }
    line = g_new0(struct rr_line, 1);
    g_hash_table_insert(p->keyed, g_memdup2(&key, sizeof key), line);
    return line;
}

void rr_keyed_leave(struct rr_pdus *p, const struct rr_line *line, uint64_t key)
{
    bool goes_on = (line->telling && line->telling->response.ended_by == RR_GOING_ON) ||
                   (line->asking && line->asking->request.ended_by == RR_GOING_ON) ||
                   (line->aside && line->aside->response.ended_by == RR_GOING_ON);
    if (!rr_line_length(line) && !goes_on && !line->shifted)
        g_hash_table_remove(p->keyed, &key);
}

/* `t` may be the answer to another request with the key of x, whose own was missed, or never sent as that
 * other took its place. */
static bool may_be_anothers(const struct rr_conn *c, const struct rr_line *line, const struct rr_exchange *x,
                            const struct rr_told *t)
{
    const struct rr_range *missed = c->pdus->missed;
    const struct rr_piece *asked = rr_flow_piece(&c->flow[RR_CLIENT], x->request.begin);
    bool answered = !rr_range_empty(missed[RR_SERVER]) && (!asked || missed[RR_SERVER].end > asked->acked);
    bool asked_again = missed[RR_CLIENT].end > x->request.begin || c->pdus->upto[RR_CLIENT] < t->acked;
    if (rr_line_length(line) > 1)
        asked_again |= rr_line_nth(line, 1)->request.begin < t->acked;
    return asked_again && (answered || t->does & RR_PDU_NEWEST);
}

/* Of several that may be meant, the newest. */
static void answer_keyed(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    line->shifted |= may_be_anothers(c, line, rr_line_nth(line, 0), t);
    while (line->shifted && rr_line_length(line) > 1 && rr_line_nth(line, 1)->request.begin < t->acked)
        rr_joins_drop(c, line);
    rr_quiet_pass(c, rr_line_nth(line, 0));
    rr_joins_answer(c, line, t, line->shifted ? RR_PROOF_LOST : 0);
}

bool rr_keyed_tells_on(const struct rr_conn *c, const struct rr_line *line, const struct rr_told *t)
{
    const struct rr_exchange *x = line->telling, *last = rr_line_is_aside(line, t) ? line->aside : x;
    bool asked_since = line->asking && line->asking != x;
    bool goes_on =
        x && x->response.ended_by == RR_GOING_ON && !line->open && !asked_since && !rr_line_is_aside(line, t);
    return rr_line_goes_on(line, t) && t->begin >= last->response.begin &&
           rr_pdus_is_next_part(c, RR_SERVER, line, t, goes_on);
}

void rr_keyed_join(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    struct rr_exchange *x = rr_line_length(line) ? rr_line_nth(line, 0) : NULL;
    if (t->does & RR_PDU_ALONE)
        rr_joins_unowed(c, line, t, 0);
    else if (rr_keyed_tells_on(c, line, t))
        rr_joins_go_on(c, line, t);
    else if (!(t->does & (RR_PDU_BEGINS | RR_PDU_INTERIM)))
        rr_pdus_ignore(c, RR_SERVER, t);
    else if (!x || x->request.begin >= t->acked) {
        line->shifted |= c->pdus->upto[RR_CLIENT] < t->acked; /* its request may still come */
        rr_joins_unowed(c, line, t, 0);
    } else if (t->does & RR_PDU_INTERIM)
        rr_joins_interim(c, line, t);
    else
        answer_keyed(c, line, t);
}

void rr_keyed_tell(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    const struct rr_exchange *x = rr_line_length(line) ? rr_line_nth(line, 0) : NULL;
    bool begins = t->does & (RR_PDU_BEGINS | RR_PDU_INTERIM) && !rr_keyed_tells_on(c, line, t);
    bool asked = x && x->request.begin < t->acked;
    if (!(t->does & RR_PDU_ALONE) &&
        (rr_ahead_waits(&c->pdus->ahead, t->key) || (begins && !asked && rr_ahead_is(c, t))))
        rr_ahead_hold(c, t);
    else
        rr_keyed_join(c, line, t);
}
