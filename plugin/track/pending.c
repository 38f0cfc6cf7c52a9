#include "track/pending.h"

enum { SWEEP_FIRST = 8 };

void rr_pending_release(struct rr_pending *p)
{
    rr_list_release(&p->list);
    *p = (struct rr_pending){ 0 };
}

static bool was_told(const struct rr_exchange *x)
{
    if (rr_is_push(x))
        return x->response.ended_by != RR_GOING_ON;
    return x->part && (x->response.part || !rr_exists(&x->response));
}

static void sweep(struct rr_pending *p)
{
    uint32_t kept = 0;
    for (uint32_t i = p->first; i < p->list.len; i++)
        if (!was_told(p->list.at[i]))
            p->list.at[kept++] = p->list.at[i];
    p->list.len = kept;
    p->first = 0;
    p->sweep_at = 2 * kept + SWEEP_FIRST;
}

void rr_pending_add(struct rr_pending *p, struct rr_exchange *x)
{
    if (p->list.len >= p->sweep_at)
        sweep(p);
    rr_list_add(&p->list, x);
}

const struct rr_list *rr_pending_all(struct rr_pending *p)
{
    sweep(p);
    return &p->list;
}

struct rr_exchange *rr_pending_oldest(struct rr_pending *p)
{
    while (p->first < p->list.len && was_told(p->list.at[p->first]))
        p->first++;
    return p->first < p->list.len ? p->list.at[p->first] : NULL;
}
