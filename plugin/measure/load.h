/* What a server had to do, per slice of time: the input of a capacity model.
 *
 * An exchange is in progress from its request's first segment to its response's last: the sum of durations is
 * the mean concurrency times the time.  Exchanges that lack one of these times arrive or complete only, and
 * one whose time goes back is in progress for no time.
 *
 * Slices begin at whole multiples of the interval since 1970 and run from the first arrival or completion to
 * the last.  Where they would be more than RR_SLICES_MAX, the interval is made 10 times longer until they are
 * not.
 *
 * Memory: 64 bytes an exchange at most; while slices are made 16 more, and 150 bytes and the latencies a
 * slice.
 */
#ifndef RR_LOAD_H
#define RR_LOAD_H

#include <stddef.h>

#include "exchange/exchange.h"
#include "measure/latency.h"

enum { RR_SLICES_MAX = 10000 };

struct rr_slice {
    int64_t start;
    uint32_t arrivals, completions; /* requests, responses that begin and end in it */
    uint32_t unanswered;            /* of the arrivals: those that have no answer, or none yet */
    uint32_t peak;                  /* most exchanges in progress at once */
    double in_progress;             /* seconds of all exchanges: over the interval, the mean concurrency */
    int64_t busy;                   /* ns in which any was in progress */
    uint64_t request_bytes, response_bytes;
    struct rr_latency latency; /* of the completions */
};

struct rr_load;
struct rr_slices {
    int64_t interval; /* ns, as it came to be */
    size_t count;
    struct rr_slice *slice;
};

struct rr_load *rr_load_new(void);
void rr_load_free(struct rr_load *l);
void rr_load_exchange(struct rr_load *l, const struct rr_exchange *x);
void rr_load_merge(struct rr_load *into, const struct rr_load *from);

/* `interval` above 0. */
struct rr_slices rr_load_slices(const struct rr_load *l, int64_t interval);
void rr_slices_release(struct rr_slices *s);

#endif
