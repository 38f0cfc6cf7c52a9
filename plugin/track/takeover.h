/* A rule comes to a connection that went by turns: what of the last of these is the rule's.  Private to
 * track/.
 */
#ifndef RR_TAKEOVER_H
#define RR_TAKEOVER_H

#include "track/pdus.h"

/* What came before the rule was captured, and whole: no message of the protocol was in it. */
bool rr_takeover_missed_nothing(const struct rr_conn *c);

/* The bytes of the last turns that are told anew leave these. */
void rr_takeover_begin(struct rr_conn *c);

/* The message began at `begin` as one of a turn: what more of it there is may be told, unless it is one that
 * another may have answered, or that may answer another; false where it is not.  What goes on with a turn's
 * answer is joined to that. */
bool rr_takeover_tell(struct rr_conn *c, int side, int64_t begin, struct rr_told *t);

/* All was told of the rule's first segment: nothing more goes on with a turn. */
void rr_takeover_done(struct rr_conn *c);

/* Nothing more is told: a turn's request whose bytes began no message stays one. */
void rr_takeover_end(struct rr_conn *c, enum rr_ended_by why);

#endif
