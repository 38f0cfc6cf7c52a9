/* Exchanges in an array that grows, held by value: most connections have few.  Private to track/. */
#ifndef RR_LIST_H
#define RR_LIST_H

#include <glib.h>
#include <string.h>

#include "exchange/exchange.h"

struct rr_list {
    struct rr_exchange **at;
    uint32_t len, room;
};

static inline void rr_list_add(struct rr_list *l, struct rr_exchange *x)
{
    if (l->len == l->room) {
        l->room = l->room + l->room / 4 + 3;
        l->at = g_renew(struct rr_exchange *, l->at, l->room);
    }
    l->at[l->len++] = x;
}

static inline void rr_list_insert(struct rr_list *l, uint32_t i, struct rr_exchange *x)
{
    rr_list_add(l, x);
    memmove(l->at + i + 1, l->at + i, (l->len - 1 - i) * sizeof *l->at);
    l->at[i] = x;
}

static inline void rr_list_release(struct rr_list *l)
{
    g_free(l->at);
    *l = (struct rr_list){ 0 };
}

#endif
