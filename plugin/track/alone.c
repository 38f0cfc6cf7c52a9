#include "track/alone.h"

#include "track/messages.h"

bool rr_alone_is_over(const struct rr_exchange *x)
{
    const struct rr_message *m = x->status == RR_ONEWAY ? &x->request : &x->response;
    return m->ended_by != RR_GOING_ON;
}

void rr_alone_goes_on(struct rr_conn *c, struct rr_exchange *x, const struct rr_told *t)
{
    rr_pending_add(&c->pdus->going_on, x);
    c->pdus->opens |= (t->does & RR_PDU_OPEN) != 0;
    rr_timer_set(&c->shared->quiet, c, t->sum.last_time);
}

bool rr_alone_end(struct rr_conn *c, struct rr_exchange *x, enum rr_ended_by why)
{
    if (!x || x->status != RR_ONEWAY || x->request.ended_by != RR_GOING_ON)
        return false;
    rr_thaw(c, x, RR_CLIENT);
    x->request.ended_by = (uint8_t)why;
    rr_due(c, x, RR_ROW_REQUEST | RR_ROW_EXCHANGE);
    return true;
}

void rr_alone_quiet(struct rr_conn *c)
{
    struct rr_pdus *p = c->pdus;
    if (!p->opens)
        return;
    struct rr_pending *going_on = &p->going_on;
    for (guint i = going_on->first; i < going_on->list.len; i++) {
        struct rr_exchange *x = going_on->list.at[i];
        if (!rr_alone_end(c, x, RR_BY_QUIET) && rr_exists(&x->response))
            rr_end(c, RR_SERVER, x, RR_BY_QUIET);
    }
    rr_pending_pass(going_on, going_on->list.len);
}
