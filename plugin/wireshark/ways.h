/* Who sends to whom, as a key to look up what is known of that way. */
#ifndef RR_WAYS_H
#define RR_WAYS_H

#include <string.h>

#include "wireshark/compat.h"
#include <epan/address.h>
#include <glib.h>

/* Compared byte by byte: there are none between its members. */
struct rr_way_key {
    uint8_t src[16], dst[16];
    uint16_t src_port, dst_port, address_length;
    uint16_t speaker; /* what else tells ways apart; 0: nothing does */
};

G_STATIC_ASSERT(sizeof(struct rr_way_key) == 40);

/* False where the addresses do not fit into one. */
static inline bool rr_way_has_key(const address *src, const address *dst)
{
    return (size_t)src->len <= sizeof(((struct rr_way_key *)NULL)->src) && src->len == dst->len;
}

static inline struct rr_way_key rr_way_key_of(const address *src, uint16_t src_port, const address *dst,
                                              uint16_t dst_port)
{
    const size_t length = (size_t)src->len;
    struct rr_way_key key = { .src_port = src_port,
                              .dst_port = dst_port,
                              .address_length = (uint16_t)length };
    memcpy(key.src, src->data, length);
    memcpy(key.dst, dst->data, length);
    return key;
}

static inline bool rr_way_keys_equal(const struct rr_way_key *a, const struct rr_way_key *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* A table of what is known of ways: each begins with its key, and is freed with the table. */
GHashTable *rr_ways_new(void);

#endif
