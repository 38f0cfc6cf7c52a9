#include "wireshark/ways.h"

static guint hash(gconstpointer key)
{
    uint64_t words[sizeof(struct rr_way_key) / sizeof(uint64_t)], mixed = 0;
    memcpy(words, key, sizeof words);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        mixed = (mixed ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15), mixed ^= mixed >> 32;
    return (guint)mixed;
}

static gboolean equal(gconstpointer a, gconstpointer b)
{
    return rr_way_keys_equal(a, b);
}

GHashTable *rr_ways_new(void)
{
    return g_hash_table_new_full(hash, equal, g_free, NULL);
}
