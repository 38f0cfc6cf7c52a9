/* Latencies of many exchanges, and what they come to.
 *
 * Up to RR_LATENCY_EXACT of them are kept as they are: a percentile is then the sample at the nearest rank.
 * From there on they are counted in a histogram whose buckets are 128 to an octave, for each sign: a
 * percentile is then the middle of a bucket, which is off by at most one part in RR_LATENCY_PARTS (0.4 %),
 * and exact below 256 ns. Count, least, greatest and sum are always exact.
 *
 * Memory: 8 bytes a sample, doubled as it grows, so at most 128 KB; 58 * 2 octaves of 512 bytes as a
 * histogram, of which only those are there that hold a sample.
 */
#ifndef RR_LATENCY_H
#define RR_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

enum { RR_LATENCY_EXACT = 10000, RR_LATENCY_PARTS = 256 };

struct rr_histogram;

/* Zeroed is empty. */
struct rr_latency {
    uint32_t count;
    bool sorted;
    int64_t least, greatest; /* ns, where there are any */
    int64_t sum_seconds, sum_ns;
    int64_t *samples; /* NULL where there are none, or a histogram */
    uint32_t room;
    struct rr_histogram *histogram;
};

void rr_latency_add(struct rr_latency *l, int64_t ns);
void rr_latency_merge(struct rr_latency *into, const struct rr_latency *from);
void rr_latency_release(struct rr_latency *l);

/* In seconds. */
double rr_latency_sum(const struct rr_latency *l);
double rr_latency_mean(const struct rr_latency *l); /* 0 where there are none */

/* The sample at the nearest rank: of 1000 samples, `permille` 990 is the 990th.  False where so few samples
 * cannot tell, as it would just be the greatest: p50 wants 2, p90 10, p95 20, p99 100, p99.9 1000. */
bool rr_latency_percentile(struct rr_latency *l, uint32_t permille, int64_t *ns);

/* Which of two int64_t is less, as those who sort them want to know it. */
int rr_compare_ns(const void *a, const void *b);

/* Those that are shown everywhere, in rising order. */
enum { RR_PERCENTILES = 5 };
extern const struct rr_percentile {
    const char *name; /* "p99.9" */
    uint32_t permille;
} rr_percentiles[RR_PERCENTILES];

#endif
