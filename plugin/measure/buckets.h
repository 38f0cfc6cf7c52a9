/* The fixed classes in which latencies and sizes are counted.  Their names sort, as texts, in the order of
 * the classes. */
#ifndef RR_BUCKETS_H
#define RR_BUCKETS_H

#include <stdint.h>

/* Of latencies: the 18 of tcpkit.  A class takes what is at most its bound and above the one before; the last
 * has none. */
enum { RR_BUCKETS = 18 };
extern const int64_t rr_bucket_bounds[RR_BUCKETS - 1]; /* ns */
extern const char *const rr_bucket_names[RR_BUCKETS];
unsigned rr_bucket(int64_t ns);

/* Of messages, in bytes. */
enum { RR_SIZES = 12 };
extern const uint64_t rr_size_bounds[RR_SIZES - 1];
extern const char *const rr_size_names[RR_SIZES];
unsigned rr_size(uint64_t bytes);

#endif
