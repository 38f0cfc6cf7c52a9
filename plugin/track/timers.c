#include "track/timers.h"

struct entry {
    int64_t since;
    void *whose;
};

void rr_timers_init(struct rr_timers *all, int64_t wait, size_t offset)
{
    *all = (struct rr_timers){ .wait = wait,
                               .first = RR_NEVER,
                               .queue = g_array_new(FALSE, FALSE, sizeof(struct entry)),
                               .offset = offset };
}

void rr_timers_release(struct rr_timers *all)
{
    g_array_free(all->queue, TRUE);
}

static struct rr_timer *timer_of(const struct rr_timers *all, void *whose)
{
    return (struct rr_timer *)(void *)((char *)whose + all->offset);
}

static struct entry *at(const struct rr_timers *all, guint i)
{
    return &g_array_index(all->queue, struct entry, i);
}

static void swap(struct entry *a, struct entry *b)
{
    struct entry e = *a;
    *a = *b;
    *b = e;
}

static void push(struct rr_timers *all, void *whose, int64_t since)
{
    struct entry e = { since, whose };
    g_array_append_val(all->queue, e);
    for (guint i = all->queue->len - 1; i && at(all, i)->since < at(all, (i - 1) / 2)->since; i = (i - 1) / 2)
        swap(at(all, i), at(all, (i - 1) / 2));
    all->first = at(all, 0)->since;
    timer_of(all, whose)->queued = since;
}

static struct entry pop(struct rr_timers *all)
{
    struct entry first = *at(all, 0);
    guint n = all->queue->len - 1;
    *at(all, 0) = *at(all, n);
    g_array_set_size(all->queue, n);
    for (guint i = 0, child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && at(all, child + 1)->since < at(all, child)->since)
            child++;
        if (at(all, i)->since <= at(all, child)->since)
            break;
        swap(at(all, i), at(all, child));
    }
    all->first = n ? at(all, 0)->since : RR_NEVER;
    return first;
}

void rr_timer_set(struct rr_timers *all, void *whose, int64_t since)
{
    struct rr_timer *t = timer_of(all, whose);
    if (!all->wait)
        return;
    t->since = since;
    if (t->queued == RR_NEVER || since < t->queued)
        push(all, whose, since);
}

void *rr_timers_expired(struct rr_timers *all, int64_t now)
{
    while (all->queue->len && rr_timers_due(all, now)) {
        struct entry e = pop(all);
        struct rr_timer *t = timer_of(all, e.whose);
        bool superseded = t->queued != e.since;
        if (superseded)
            continue;
        t->queued = RR_NEVER;
        if (!rr_timer_is_set(t))
            continue;
        if (rr_span(t->since, now) > all->wait) {
            rr_timer_clear(t);
            return e.whose;
        }
        push(all, e.whose, t->since);
    }
    return NULL;
}
