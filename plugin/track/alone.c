#include "track/alone.h"

#include "track/messages.h"

void rr_alone_goes_on(struct rr_conn *c, const struct rr_told *t)
{
    c->pdus->opens |= (t->does & RR_PDU_OPEN) != 0;
    rr_timer_set(&c->shared->quiet, c, t->sum.last_time);
}

bool rr_alone_end(struct rr_conn *c, struct rr_exchange *x, enum rr_ended_by why)
{
    if (!x || x->status != RR_ONEWAY || x->request.ended_by != RR_GOING_ON)
        return false;
    x->request.ended_by = (uint8_t)why;
    rr_due(c, x, RR_ROW_REQUEST | RR_ROW_EXCHANGE);
    return true;
}

void rr_alone_end_push(struct rr_conn *c, struct rr_line *line)
{
    if (line->aside)
        rr_end(c, RR_SERVER, line->aside, RR_BY_NEXT);
    line->aside = NULL;
}

void rr_alone_quiet(struct rr_conn *c)
{
    struct rr_pdus *p = c->pdus;
    for (guint i = p->told; i < p->all.len && p->opens; i++) {
        struct rr_exchange *x = p->all.at[i];
        if (!rr_alone_end(c, x, RR_BY_QUIET) && rr_exists(&x->response))
            rr_end(c, RR_SERVER, x, RR_BY_QUIET);
    }
}

struct rr_quiet_one {
    uint64_t key;
    struct rr_exchange *exchange;
};

void rr_quiet_init(struct rr_quiet *q)
{
    *q = (struct rr_quiet){ .asked = g_array_new(FALSE, FALSE, sizeof(struct rr_quiet_one)) };
}

void rr_quiet_release(struct rr_quiet *q)
{
    g_array_free(q->asked, TRUE);
}

void rr_quiet_asked(struct rr_quiet *q, uint64_t key, struct rr_exchange *x)
{
    struct rr_quiet_one one = { key, x };
    rr_prove(x, RR_PROOF_QUIET);
    g_array_append_val(q->asked, one);
}

static void pass_over(struct rr_conn *c, const struct rr_quiet_one *one)
{
    struct rr_line *line = g_hash_table_lookup(c->pdus->keyed, &one->key);
    guint i = 0, n = line ? rr_line_length(line) : 0;
    while (i < n && rr_line_nth(line, i) != one->exchange)
        i++;
    if (i == n)
        return;
    rr_pdus_give_up(c, rr_pdus_take_out(c, line, i), RR_BY_NEXT);
    if (n == 1 && !line->telling)
        g_hash_table_remove(c->pdus->keyed, &one->key);
}

void rr_quiet_pass(struct rr_conn *c, const struct rr_exchange *x)
{
    struct rr_quiet *q = &c->pdus->quiet;
    for (; q->head < q->asked->len; q->head++) {
        const struct rr_quiet_one *one = &g_array_index(q->asked, struct rr_quiet_one, q->head);
        if (one->exchange->request.begin >= x->request.begin)
            break;
        pass_over(c, one);
    }
    if (q->head == q->asked->len) {
        q->head = 0;
        g_array_set_size(q->asked, 0);
    }
}
