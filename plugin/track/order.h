/* The n-th response answers the n-th request.  Private to track/.
 *
 * An answer cannot answer bytes that it had not acknowledged; beyond that only
 * counting tells which request it answers.  So counting stops where messages
 * of the server, or of the client, may have been lost: answers are then set
 * aside, unless one request alone can be meant, until the client asks again
 * and had seen all that the server had said.  From there both are counted
 * backwards, as the last answer was that to the last request.
 */
#ifndef RR_ORDER_H
#define RR_ORDER_H

#include "track/pdus.h"

void rr_order_init(struct rr_conn *c);
void rr_order_release(struct rr_order *o);

/* A request begins at `begin`, whose segment acknowledged the server's bytes up to `acked`. */
void rr_order_asks(struct rr_conn *c, int64_t begin, int64_t acked);

/* A message of the server. */
void rr_order_told(struct rr_conn *c, const struct rr_told *t);

/* Messages that were told end there. */
void rr_order_cut(struct rr_conn *c, int64_t end);

/* Places what can be placed now; with `all` what is there, since nothing that would tell is to come. */
void rr_order_advance(struct rr_conn *c, bool all);

#endif
