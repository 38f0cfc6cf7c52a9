#include "measure/buckets.h"

#define US INT64_C(1000)
#define MS (1000 * US)
#define S  (1000 * MS)

const int64_t rr_bucket_bounds[RR_BUCKETS - 1] = {
    100 * US, 200 * US, 500 * US, 1 * MS, 5 * MS, 10 * MS, 20 * MS, 50 * MS, 100 * MS,
    200 * MS, 500 * MS, 1 * S,    2 * S,  3 * S,  5 * S,   10 * S,  20 * S,
};

const char *const rr_bucket_names[RR_BUCKETS] = {
    "to 0.1 ms",   "0.1 to 0.2 ms", "0.2 to 0.5 ms", "0.5 to 1 ms",   "1 to 5 ms",     "5 to 10 ms",
    "10 to 20 ms", "20 to 50 ms",   "50 to 100 ms",  "100 to 200 ms", "200 to 500 ms", "0.5 to 1 s",
    "1 to 2 s",    "2 to 3 s",      "3 to 5 s",      "5 to 10 s",     "10 to 20 s",    "over 20 s",
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
    "to 10 bytes",         "11 to 20",      "21 to 50",      "51 to 100",       "101 to 200",
    "201 to 500",          "501 to 1000",   "1001 to 10000", "10001 to 100000", "100001 to 1000000",
    "1000001 to 10000000", "over 10000000",
};

unsigned rr_size(uint64_t bytes)
{
    unsigned i = 0;
    while (i < RR_SIZES - 1 && bytes > rr_size_bounds[i])
        i++;
    return i;
}
