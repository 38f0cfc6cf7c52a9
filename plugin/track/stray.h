/* What a dissector tells of the server's bytes that lost its place.  Private to track/.
 *
 * All are parts, which are said to go on with an answer.
 */
#ifndef RR_STRAY_H
#define RR_STRAY_H

#include "track/order.h"

/* That answer is over, and the client, having seen some of these bytes, asked again before the server said
 * the last of them. */
bool rr_stray_straddles(const struct rr_order *o, struct rr_range bytes);

/* That answer is over, but the end of `t` acknowledges client bytes of which no message was told, or what the
 * client asked when it had seen all of that answer: perhaps it answers those. */
bool rr_stray_goes_on(const struct rr_order *o, const struct rr_told *t);

/* Where nobody knows which answer that is: the end of `t` came when the server had what waits first, so it
 * may be, or hold, the answer to that. */
bool rr_stray_may_answer(const struct rr_order *o, const struct rr_told *t);

/* `t` is ignored. */
void rr_stray_note(struct rr_order *o, const struct rr_told *t);

/* What was ignored came, some of it, when the server had what still waits first. */
bool rr_stray_answered(const struct rr_order *o);

#endif
