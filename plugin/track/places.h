/* Bytes of messages by rule that come late, come once more, or are another's.  Private to track/.
 *
 * So too of messages that were turns before the rule.
 */
#ifndef RR_PLACES_H
#define RR_PLACES_H

#include "track/pdus.h"

/* Bytes that were not there before; and a segment that brought none from `offset` on. */
void rr_places_gain(struct rr_conn *c, int side, struct rr_piece *piece);
void rr_places_repeat(struct rr_conn *c, int side, int64_t offset);

/* The exchange whose told message bytes at `offset` lie in, or NULL. */
struct rr_exchange *rr_places_told(const struct rr_conn *c, int side, int64_t offset);

/* A message begins at `begin`, perhaps within what was told last: a dissector can take for a part of one
 * message what is the begin of the next. */
void rr_places_cut_before(struct rr_conn *c, int side, int64_t begin);

#endif
