/* What came where the place was lost, and what waits for it, in the end: the steps that place it.  Private to
 * track/.
 */
#ifndef RR_SETTLE_H
#define RR_SETTLE_H

#include "track/order.h"

/* Places what is in doubt; how many then wait no more. */
int rr_settle(struct rr_order *o);

/* Of those that wait, they from one place up to another were answered by bytes of which no message was told,
 * and perhaps by all up to `end`; where more than one was, nobody knows by which. */
void rr_settle_drop(struct rr_order *o, int from, int upto, int64_t end);

/* With the response told last go on bytes of which no message was told. */
void rr_settle_go_on(struct rr_order *o, struct rr_range untold);

#endif
