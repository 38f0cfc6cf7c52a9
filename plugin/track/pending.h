/* Exchanges that wait for something, as to be reported.  Private to track/. */
#ifndef RR_PENDING_H
#define RR_PENDING_H

#include "track/list.h"

/* In the order in which they were added, from `first` on.  One that waits for long holds up none behind it:
 * what a walk costs goes by how many wait, or were added since the last one that was told of. */
struct rr_pending {
    struct rr_list list; /* with some that wait no more */
    uint32_t first, sweep_at;
    bool (*is_over)(const struct rr_exchange *x); /* it waits no more */
};

void rr_pending_init(struct rr_pending *p, bool (*is_over)(const struct rr_exchange *x));
void rr_pending_release(struct rr_pending *p);

/* For those that wait to be reported; once more where a late answer begins. */
bool rr_pending_was_told(const struct rr_exchange *x);

/* x waits, from here on or still. */
void rr_pending_add(struct rr_pending *p, struct rr_exchange *x);

/* All up to `upto` were looked at: those of them that wait no more are not again. */
void rr_pending_pass(struct rr_pending *p, uint32_t upto);

/* The first that waits, or NULL. */
struct rr_exchange *rr_pending_oldest(struct rr_pending *p);

#endif
