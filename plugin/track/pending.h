/* Exchanges that wait to be reported.  Private to track/. */
#ifndef RR_PENDING_H
#define RR_PENDING_H

#include "track/list.h"

/* In the order in which they were added.  One that waits for long holds up none behind it: what a walk costs
 * goes by how many wait, or were added since the last one. */
struct rr_pending {
    struct rr_list list; /* with some that were reported */
    uint32_t first;      /* of these the first that may wait */
    uint32_t sweep_at;   /* when so many are there */
};

void rr_pending_release(struct rr_pending *p);

/* x is new, or a late answer to it begins. */
void rr_pending_add(struct rr_pending *p, struct rr_exchange *x);

/* Those that wait; good until one is added. */
const struct rr_list *rr_pending_all(struct rr_pending *p);

/* The first of them, or NULL. */
struct rr_exchange *rr_pending_oldest(struct rr_pending *p);

#endif
