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

/* What the client had seen of the server when it asked the n-th that waits; RR_NEVER: not known. */
int64_t rr_doubt_saw_asking(const struct rr_order *o, guint n);

/* The client waits for each answer, as far as what waits tells: it had seen all of the answer told last, and
 * more of the server each time it asked. */
bool rr_doubt_waits(const struct rr_order *o);

/* It answers none that waits; it goes on with the one before it. */
enum { RR_PLACE_NONE = -1, RR_PLACE_BEFORE = -2 };

/* For each the place in the line of the request that it answers, counted from the last, or one of these.  To
 * be freed. */
GArray *rr_doubt_count_back(const struct rr_order *o, bool waits);

/* Of the hole, what the server said when it had the request that waits at that place. */
struct rr_range rr_doubt_hole(const struct rr_order *o, guint place);

/* Of the hole, what is of the answer to that request.  Of a client that waits. */
struct rr_range rr_doubt_hole_before(const struct rr_order *o, guint place);

/* Of the hole, what the server said when it had as much of the client, which waits, and of which nothing was
 * told since. */
struct rr_range rr_doubt_hole_unasked(const struct rr_order *o, int64_t acked);

/* Between the i-th that is in doubt and the one before, the first bytes of which no message was told. */
struct rr_range rr_doubt_hole_between(const struct rr_order *o, guint i);

/* The answer to what waits may begin where the place was lost first, and nothing told since can be one. */
bool rr_doubt_has_hole(const struct rr_order *o);

#endif
