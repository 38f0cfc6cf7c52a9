/* Numbers as the network carries them. */
#ifndef RR_BYTES_H
#define RR_BYTES_H

#include <stdint.h>

static inline uint16_t rr_two_bytes(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t rr_four_bytes(const uint8_t *at)
{
    return (uint32_t)rr_two_bytes(at) << 16 | rr_two_bytes(at + 2);
}

/* All from `begin` to `end` end lines; there are some. */
static inline bool rr_are_line_ends(const uint8_t *bytes, int64_t begin, int64_t end)
{
    int64_t at = begin;
    while (at < end && (bytes[at] == '\r' || bytes[at] == '\n'))
        at++;
    return at >= end && begin < end;
}

#endif
