/* The answers in doubt: which requests they would be to, counted back from the last.  Private to track/. */
#ifndef RR_DOUBT_H
#define RR_DOUBT_H

#include "track/order.h"

/* How many of those that wait had reached the server when it acknowledged so much. */
guint rr_doubt_eligible(const struct rr_order *o, int64_t acked);

/* `t` goes on with the answer `before`, instead of beginning one. */
bool rr_doubt_goes_on(const struct rr_told *before, const struct rr_told *t);

/* The i-th of them begins one. */
bool rr_doubt_heads(const struct rr_order *o, guint i);

/* They are all that the server said since the client asked what waits first, and fewer than wait: it asks
 * again without waiting for the rest. */
bool rr_doubt_lacks_answers(const struct rr_order *o);

/* For each the place in the line of the request that it answers, counted from the last; or -1.  To be freed.
 */
GArray *rr_doubt_count_back(const struct rr_order *o);

/* Of the server's bytes of which no message was told, last, those that it said when it had what waits first.
 */
struct rr_range rr_doubt_hole(const struct rr_order *o);

/* The answer to what waits may begin where the place was lost first, and nothing told since can be one. */
bool rr_doubt_has_hole(const struct rr_order *o);

#endif
