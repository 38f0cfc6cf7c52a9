/* What stands alone: requests that are owed no answer, pushes.  Private to track/. */
#ifndef RR_ALONE_H
#define RR_ALONE_H

#include "track/pdus.h"

/* x is not over with `t`: if that goes on until the next message begins, it is after a while of quiet, too.
 */
void rr_alone_goes_on(struct rr_conn *c, struct rr_exchange *x, const struct rr_told *t);
bool rr_alone_is_over(const struct rr_exchange *x);

/* Ends a request that is owed no answer; false where x, which may be NULL, is none or was over. */
bool rr_alone_end(struct rr_conn *c, struct rr_exchange *x, enum rr_ended_by why);

/* Nothing was said for a while. */
void rr_alone_quiet(struct rr_conn *c);

#endif
