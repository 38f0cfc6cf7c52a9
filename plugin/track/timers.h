/* What becomes due when nothing happens.  Private to track/.
 *
 * All waits of one kind are equally long, so a queue in order of their start
 * is in order of their end: setting, moving and expiring a timer is O(1).
 */
#ifndef RR_TIMERS_H
#define RR_TIMERS_H

#include <glib.h>
#include <stddef.h>

#include "exchange/exchange.h"

struct rr_timer {
    GList link; /* link.data is whose it is */
    int64_t since;
    bool set;
};

struct rr_timers {
    GQueue queue;
    int64_t wait; /* 0: for ever */
};

static inline void rr_timer_clear(struct rr_timers *all, struct rr_timer *t)
{
    if (!t->set)
        return;
    g_queue_unlink(&all->queue, &t->link);
    t->set = false;
}

static inline void rr_timer_set(struct rr_timers *all, struct rr_timer *t, void *whose, int64_t since)
{
    rr_timer_clear(all, t);
    if (!all->wait)
        return;
    t->since = since;
    t->set = true;
    t->link.data = whose;
    g_queue_push_tail_link(&all->queue, &t->link);
}

/* Whose timer ran out before `now`, with the timer cleared; NULL where none did. */
static inline void *rr_timers_expired(struct rr_timers *all, size_t offset, int64_t now)
{
    if (!all->queue.head)
        return NULL;
    void *whose = all->queue.head->data;
    struct rr_timer *t = (struct rr_timer *)((char *)whose + offset);
    if (rr_span(t->since, now) <= all->wait)
        return NULL;
    rr_timer_clear(all, t);
    return whose;
}

#endif
