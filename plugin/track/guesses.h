/* What was made of bytes that no message was told of, while all before was sure: whether what is told of them
 * after all bears that out.  Private to track/.
 */
#ifndef RR_GUESSES_H
#define RR_GUESSES_H

#include "track/order.h"

/* What is told from now on confirms none. */
void rr_guesses_forget(struct rr_order *o);

/* A request is told that has these bytes; true where it is what one was made of, which so was right. */
bool rr_guesses_confirm(struct rr_order *o, int64_t begin, int64_t end);

/* A message is told that begins with bytes that were taken for the answer told last, and has more; true where
 * it can be that answer, and all before was sure.  Else the client does not wait. */
bool rr_guesses_complete(struct rr_order *o, int64_t begin);

/* These bytes of the server may have answered what the client says now, and were told of no message.  They
 * did not: what they were is told. */
void rr_guesses_cross(struct rr_order *o, struct rr_range said);
void rr_guesses_uncross(struct rr_order *o, struct rr_range told);

#endif
