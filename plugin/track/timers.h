/* What becomes due when nothing happens.  Private to track/.
 *
 * A timer that is set again only notes the new time; the queue learns of it
 * when the old one comes up.  So what happens at every segment touches
 * nothing but the connection itself, and the queue is seldom asked.
 */
#ifndef RR_TIMERS_H
#define RR_TIMERS_H

#include <glib.h>

#include "exchange/exchange.h"

struct rr_timer {
    int64_t since;  /* when it was set; RR_NEVER: it is not */
    int64_t queued; /* the time for which the queue holds it; RR_NEVER: it is not there */
};

struct rr_timers {
    int64_t wait;  /* how long all of these run; 0: for ever */
    int64_t first; /* time of the earliest in the queue, or RR_NEVER */
    GArray *queue; /* a heap, the earliest first */
    size_t offset; /* of the timer in whose it is */
};

void rr_timers_init(struct rr_timers *all, int64_t wait, size_t offset);
void rr_timers_release(struct rr_timers *all);

/* `whose` holds the timer, and outlives the queue. */
void rr_timer_set(struct rr_timers *all, void *whose, int64_t since);

static inline void rr_timer_init(struct rr_timer *t)
{
    *t = (struct rr_timer){ RR_NEVER, RR_NEVER };
}

static inline bool rr_timer_is_set(const struct rr_timer *t)
{
    return t->since != RR_NEVER;
}

static inline void rr_timer_clear(struct rr_timer *t)
{
    t->since = RR_NEVER;
}

/* False where none ran out before `now`. */
static inline bool rr_timers_due(const struct rr_timers *all, int64_t now)
{
    return rr_span(all->first, now) > all->wait;
}

/* Whose timer ran out before `now`, with the timer cleared; NULL where none did. */
void *rr_timers_expired(struct rr_timers *all, int64_t now);

#endif
