#include "track/keys.h"

struct used {
    uint64_t id, times;
};

static guint hash(gconstpointer asked)
{
    const struct rr_asked *a = asked;
    return (guint)rr_mix(rr_mix(0, (uintptr_t)a->conversation), a->key);
}

static gboolean equal(gconstpointer one, gconstpointer other)
{
    const struct rr_asked *a = one, *b = other;
    return a->conversation == b->conversation && a->key == b->key;
}

void rr_keys_init(struct rr_keys *k)
{
    k->newest = g_hash_table_new_full(hash, equal, g_free, NULL);
    k->used = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_queue_init(&k->by_use);
    k->secret = (uint64_t)g_random_int() << 32 | g_random_int();
}

void rr_keys_release(struct rr_keys *k)
{
    g_hash_table_destroy(k->newest);
    g_hash_table_destroy(k->used);
}

struct rr_asked *rr_keys_find(const struct rr_keys *k, const void *conversation, uint64_t key)
{
    const struct rr_asked sought = { .conversation = conversation, .key = key };
    return g_hash_table_lookup(k->newest, &sought);
}

static struct rr_asked *add(struct rr_keys *k, const void *conversation, uint64_t key)
{
    if (k->by_use.length == RR_KEYS_MAX)
        g_hash_table_remove(k->newest, g_queue_pop_head_link(&k->by_use)->data);
    struct rr_asked *a = g_new0(struct rr_asked, 1);
    a->conversation = conversation;
    a->key = key;
    a->link.data = a;
    g_hash_table_add(k->newest, a);
    return a;
}

struct rr_asked *rr_keys_use(struct rr_keys *k, const void *conversation, uint64_t key, struct rr_exchange *x,
                             uint32_t nth)
{
    struct rr_asked *a = rr_keys_find(k, conversation, key);
    if (a)
        g_queue_unlink(&k->by_use, &a->link);
    else
        a = add(k, conversation, key);
    g_queue_push_tail_link(&k->by_use, &a->link);
    a->before = a->newest;
    a->newest = (struct rr_said){ .exchange = x, .nth = nth };
    return a;
}

uint64_t rr_keys_times(struct rr_keys *k, uint64_t id)
{
    uint64_t hidden = rr_mix(k->secret, id);
    struct used *used = g_hash_table_lookup(k->used, &hidden);
    if (!used) {
        used = g_new0(struct used, 1);
        used->id = hidden;
        g_hash_table_add(k->used, used);
    }
    return used->times++;
}
