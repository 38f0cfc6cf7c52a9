#include "track/store.h"

#include <glib.h>
#include <string.h>

#include "exchange/summary.h"

enum { SLAB = 256, TEXT_BLOCK = 16384, PROTOCOLS = 4096, RECENT = 256 };

struct recent {
    const char *text;
    size_t length;
};

/* Things of one size, which stay where they are. */
struct slabs {
    GPtrArray *slab;   /* of SLAB things each */
    size_t size, used; /* of a thing; of the last slab */
};

struct rr_store {
    struct slabs exchanges, delays;
    GStringChunk *texts;
    struct recent recent[RECENT];     /* by their hash: answers are much alike */
    const char *protocols[PROTOCOLS]; /* "tcp" first: also what stands for one too many */
    GHashTable *protocol_numbers;     /* name, by address -> number */
    const char *last_name;
    uint16_t last_number;
};

static struct slabs slabs_of(size_t size)
{
    return (struct slabs){ g_ptr_array_new_with_free_func(g_free), size, SLAB };
}

/* Zeroed. */
static void *take(struct slabs *s)
{
    if (s->used == SLAB) {
        g_ptr_array_add(s->slab, g_malloc0_n(SLAB, s->size));
        s->used = 0;
    }
    char *slab = g_ptr_array_index(s->slab, s->slab->len - 1);
    return slab + s->size * s->used++;
}

struct rr_store *rr_store_new(void)
{
    struct rr_store *s = g_new0(struct rr_store, 1);
    s->exchanges = slabs_of(sizeof(struct rr_exchange));
    s->delays = slabs_of(sizeof(struct rr_delay));
    s->texts = g_string_chunk_new(TEXT_BLOCK);
    s->protocol_numbers = g_hash_table_new(NULL, NULL);
    s->protocols[0] = "tcp";
    return s;
}

void rr_store_free(struct rr_store *s)
{
    g_ptr_array_free(s->exchanges.slab, TRUE);
    g_ptr_array_free(s->delays.slab, TRUE);
    g_string_chunk_free(s->texts);
    g_hash_table_destroy(s->protocol_numbers);
    g_free(s);
}

struct rr_exchange *rr_store_exchange(struct rr_store *s)
{
    return take(&s->exchanges);
}

const struct rr_delay *rr_store_delay(struct rr_store *s, const struct rr_delay *before, struct rr_delay more)
{
    more.before = before;
    more.count = (uint16_t)(before ? before->count + 1 : 1);
    if (more.count > RR_DELAYS_MAX)
        return before;
    struct rr_delay *d = take(&s->delays);
    *d = more;
    return d;
}

/* Enough to tell apart the texts that follow each other closely. */
static size_t place_of(const char *text, size_t length)
{
    uint64_t front = 0, back = 0;
    if (length >= sizeof front) {
        memcpy(&front, text, sizeof front);
        memcpy(&back, text + length - sizeof back, sizeof back);
    } else {
        for (size_t i = 0; i < length; i++)
            front = front << 8 | (uint8_t)text[i];
    }
    uint64_t mixed = (front ^ (back << 1 | back >> 63) ^ length) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed >> 56;
}

const char *rr_store_text(struct rr_store *s, const char *text, size_t length)
{
    struct recent *recent = &s->recent[place_of(text, length)];
    if (recent->length != length || !recent->text || memcmp(recent->text, text, length) != 0)
        *recent = (struct recent){ g_string_chunk_insert_len(s->texts, text, (gssize)length), length };
    return recent->text;
}

const char *rr_store_summary(struct rr_store *s, const uint8_t *bytes, size_t length)
{
    char room[RR_SUMMARY_SIZE];
    struct rr_slice summary = rr_summary_slice(bytes, length, room);
    return rr_store_text(s, summary.text, summary.length);
}

uint16_t rr_store_protocol(struct rr_store *s, const char *name)
{
    if (name == s->last_name)
        return s->last_number;
    gpointer known;
    guint number = g_hash_table_size(s->protocol_numbers) + 1;
    if (!name)
        number = 0;
    else if (g_hash_table_lookup_extended(s->protocol_numbers, name, NULL, &known))
        number = GPOINTER_TO_UINT(known);
    else if (number < PROTOCOLS) {
        s->protocols[number] = name;
        g_hash_table_insert(s->protocol_numbers, (gpointer)name, GUINT_TO_POINTER(number));
    } else
        number = 0;
    s->last_name = name;
    return s->last_number = (uint16_t)number;
}

const char *const *rr_store_protocols(const struct rr_store *s)
{
    return s->protocols;
}
