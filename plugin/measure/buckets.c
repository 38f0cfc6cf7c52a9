#include "measure/buckets.h"

#define US INT64_C(1000)
#define MS (1000 * US)
#define S  (1000 * MS)

const int64_t rr_bucket_bounds[RR_BUCKETS - 1] = {
    100 * US, 200 * US, 500 * US, 1 * MS, 5 * MS, 10 * MS, 20 * MS, 50 * MS, 100 * MS,
    200 * MS, 500 * MS, 1 * S,    2 * S,  3 * S,  5 * S,   10 * S,  20 * S,
};

const char *const rr_bucket_names[RR_BUCKETS] = {
    "<=     0.1 ms", "<=     0.2 ms", "<=     0.5 ms", "<=     1.0 ms", "<=     5.0 ms", "<=    10.0 ms",
    "<=    20.0 ms", "<=    50.0 ms", "<=   100.0 ms", "<=   200.0 ms", "<=   500.0 ms", "<=  1000.0 ms",
    "<=  2000.0 ms", "<=  3000.0 ms", "<=  5000.0 ms", "<= 10000.0 ms", "<= 20000.0 ms", ">  20000.0 ms",
};

unsigned rr_bucket(int64_t ns)
{
    unsigned i = 0;
    while (i < RR_BUCKETS - 1 && ns > rr_bucket_bounds[i])
        i++;
    return i;
}

const uint64_t rr_size_bounds[RR_SIZES - 1] = {
    10, 20, 50, 100, 200, 500, 1000, 10000, 100000, 1000000, 10000000,
};

const char *const rr_size_names[RR_SIZES] = {
    "<=       10", "<=       20", "<=       50", "<=      100", "<=      200", "<=      500",
    "<=     1000", "<=    10000", "<=   100000", "<=  1000000", "<= 10000000", ">  10000000",
};

unsigned rr_size(uint64_t bytes)
{
    unsigned i = 0;
    while (i < RR_SIZES - 1 && bytes > rr_size_bounds[i])
        i++;
    return i;
}
