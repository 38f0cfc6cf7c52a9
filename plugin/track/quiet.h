/* Requests that may be owed no answer.  Private to track/. */
#ifndef RR_QUIET_H
#define RR_QUIET_H

#include <glib.h>

#include "exchange/exchange.h"

struct rr_conn;

/* Requests that may be owed no answer: with the first answer to a later one that is known. */
struct rr_quiet {
    GArray *asked; /* of struct rr_quiet_one, in that order */
    guint head;
};

void rr_quiet_init(struct rr_quiet *q);
void rr_quiet_release(struct rr_quiet *q);

/* `x`, which perhaps is owed no answer, waits with `key`. */
void rr_quiet_asked(struct rr_quiet *q, uint64_t key, struct rr_exchange *x);

/* `x` is about to be answered: nothing answers those that were asked before, as answers come in order. */
void rr_quiet_pass(struct rr_conn *c, const struct rr_exchange *x);

#endif
