/* What held up bytes whose messages are told only later.  Private to track/. */
#ifndef RR_HOLDS_H
#define RR_HOLDS_H

#include "track/told.h"

struct rr_conn;

/* What held up bytes that are in no message yet. */
struct rr_holds {
    GArray *all; /* of struct rr_hold; NULL: there was none */
};

/* The bytes of a side in `range` waited from `from` to `to`. */
void rr_holds_note(struct rr_conn *c, int side, struct rr_range range, enum rr_note_kind kind, int64_t from,
                   int64_t to);

/* x has `t`, and with it what held that up. */
void rr_holds_join(struct rr_conn *c, int side, const struct rr_told *t, struct rr_exchange *x);

/* Of bytes before these no message is to come. */
void rr_holds_settle(struct rr_conn *c, int side, int64_t upto);

void rr_holds_release(struct rr_holds *h);

#endif
