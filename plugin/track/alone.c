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
    const struct rr_list *pending = rr_pending_all(&p->pending);
    for (guint i = 0; i < pending->len; i++) {
        struct rr_exchange *x = pending->at[i];
        if (!rr_alone_end(c, x, RR_BY_QUIET) && rr_exists(&x->response))
            rr_end(c, RR_SERVER, x, RR_BY_QUIET);
    }
}
