/* The newest exchange of each key, of all conversations by datagrams.  Private to track/. */
#ifndef RR_KEYS_H
#define RR_KEYS_H

#include <glib.h>

#include "track/flow.h"

/* Beyond so many keys in use, the one that was used longest ago is forgotten. */
enum { RR_KEYS_MAX = 1 << 18 };

/* What was said in an exchange. */
struct rr_said {
    struct rr_exchange *exchange; /* NULL: there was none */
    uint64_t hash[2];             /* of the newest message of each side ... */
    struct rr_range at[2];        /* ... and where that lies; empty: there was none */
    uint32_t nth;                 /* of its conversation's exchanges */
};

struct rr_asked {
    const void *conversation;
    uint64_t key;
    struct rr_said newest, before;
    bool doubtful; /* an answer may also be that of the one before */
    GList link;
};

struct rr_keys {
    GHashTable *newest; /* of struct rr_asked, by conversation and key */
    GQueue by_use;      /* the same; the one used longest ago first */
    GHashTable *used;   /* how often an id was made, by what `secret` makes of it ... */
    uint64_t secret;    /* ... which a capture can choose none for */
};

void rr_keys_init(struct rr_keys *k);
void rr_keys_release(struct rr_keys *k);

/* NULL where the key is not known. */
struct rr_asked *rr_keys_find(const struct rr_keys *k, const void *conversation, uint64_t key);

/* x, the nth of the conversation, is the newest of the key from here on. */
struct rr_asked *rr_keys_use(struct rr_keys *k, const void *conversation, uint64_t key, struct rr_exchange *x,
                             uint32_t nth);

/* How often it was asked of that id before. */
uint64_t rr_keys_times(struct rr_keys *k, uint64_t id);

#endif
