/* Arithmetic on the 32-bit circle.  The only place that casts to int32_t. */
#ifndef RR_SEQ_H
#define RR_SEQ_H

#include <stdint.h>

/* How far b lies after a; negative where it lies before. */
static inline int64_t rr_seq_delta(uint32_t a, uint32_t b)
{
    return (int32_t)(b - a);
}

/* The sequence number of an offset, where offset 0 has `origin`. */
static inline uint32_t rr_seq_at(uint32_t origin, int64_t offset)
{
    return origin + (uint32_t)offset;
}

/* The offset that `seq` means where `near` comes next.  No window is larger than 1 GB, so nothing that is
 * said again lies further behind: it lies ahead. */
static inline int64_t rr_seq_offset(uint32_t origin, int64_t near, uint32_t seq)
{
    const int64_t furthest = INT64_C(1) << 30, circle = INT64_C(1) << 32;
    int64_t delta = rr_seq_delta(rr_seq_at(origin, near), seq);
    return near + (delta < -furthest ? delta + circle : delta);
}

#endif
