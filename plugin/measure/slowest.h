/* The N exchanges with the greatest latencies, or durations.
 *
 * Memory: some 300 bytes for each of the N at most.  An exchange that is not among them costs a comparison.
 */
#ifndef RR_SLOWEST_H
#define RR_SLOWEST_H

#include <stddef.h>

#include "exchange/exchange.h"

enum { RR_SLOWEST_MAX = 10000 };

/* A copy: it outlives the exchange. */
struct rr_slow {
    int64_t start; /* of the request */
    int64_t latency, duration, request_spread, response_spread;
    int64_t server_time;   /* an estimate; RR_NEVER: not known */
    int64_t lost, stalled; /* of the duration */
    uint64_t id;
    uint32_t number, request_frame, response_frame;
    char *client, *server, *summary;
};

enum rr_slow_by { RR_SLOW_BY_LATENCY, RR_SLOW_BY_DURATION, RR_SLOW_BY_COUNT };
const char *rr_slow_by_name(enum rr_slow_by by);
bool rr_slow_by_named(const char *name, enum rr_slow_by *by); /* false where there is none */

struct rr_slowest;

struct rr_slowest *rr_slowest_new(uint32_t n, enum rr_slow_by by); /* RR_SLOWEST_MAX at most */
void rr_slowest_free(struct rr_slowest *s);

void rr_slowest_exchange(struct rr_slowest *s, const struct rr_exchange *x);

/* Both are by the same. */
void rr_slowest_merge(struct rr_slowest *into, const struct rr_slowest *from);

/* The slowest first, of equals the earlier; nothing may be added after. */
size_t rr_slowest_sort(struct rr_slowest *s);
const struct rr_slow *rr_slowest_at(const struct rr_slowest *s, size_t i);

#endif
