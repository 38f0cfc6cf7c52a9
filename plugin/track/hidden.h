/* What the server said that no message was told of: whether what waits was answered in it.  Private to
 * track/.
 */
#ifndef RR_HIDDEN_H
#define RR_HIDDEN_H

#include "track/order.h"

/* True where all messages from where it was decided to `end` were told; else the first of the bytes that were
 * in none are in *hole. */
bool rr_hidden_all_told(struct rr_order *o, int64_t end, struct rr_range *hole);

/* Nothing of it was captured, and it is not of the answer before. */
bool rr_hidden_unseen(const struct rr_order *o, struct rr_range said);

/* What the server said last of which no message was told, to what waits; false where there is none. */
bool rr_hidden_last(struct rr_order *o, struct rr_range *rest);

/* The same, or else where the place was lost, or (empty) nobody knows where. */
bool rr_hidden_answer(struct rr_order *o, struct rr_range *said);

/* Before these bytes the server said nothing since it had the first that waits. */
bool rr_hidden_begins_answer(const struct rr_order *o, struct rr_range said);

#endif
