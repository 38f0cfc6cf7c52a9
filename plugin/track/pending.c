#include "track/pending.h"

enum { SWEEP_FIRST = 8 };

void rr_pending_init(struct rr_pending *p, bool (*is_over)(const struct rr_exchange *x))
{
    *p = (struct rr_pending){ .sweep_at = SWEEP_FIRST, .is_over = is_over };
}

void rr_pending_release(struct rr_pending *p)
{
    rr_list_release(&p->list);
}

bool rr_pending_was_told(const struct rr_exchange *x)
{
    if (rr_is_push(x))
        return x->response.ended_by != RR_GOING_ON;
    return x->part && (x->response.part || !rr_exists(&x->response));
}

void rr_pending_pass(struct rr_pending *p, uint32_t upto)
{
    uint32_t first = upto;
    for (uint32_t i = upto; i-- > p->first;)
        if (!p->is_over(p->list.at[i]))
            p->list.at[--first] = p->list.at[i];
    p->first = first;
}

static void sweep(struct rr_pending *p)
{
    struct rr_list *l = &p->list;
    rr_pending_pass(p, l->len);
    l->len -= p->first;
    memmove(l->at, l->at + p->first, l->len * sizeof *l->at);
    p->first = 0;
    p->sweep_at = 2 * l->len + SWEEP_FIRST;
}

void rr_pending_add(struct rr_pending *p, struct rr_exchange *x)
{
    if (p->list.len >= p->sweep_at)
        sweep(p);
    rr_list_add(&p->list, x);
}

struct rr_exchange *rr_pending_oldest(struct rr_pending *p)
{
    while (p->first < p->list.len && p->is_over(p->list.at[p->first]))
        p->first++;
    return p->first < p->list.len ? p->list.at[p->first] : NULL;
}
