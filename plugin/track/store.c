#include "track/store.h"

#include <glib.h>
#include <string.h>

#include "exchange/summary.h"

enum { PROTOCOLS = 4096, RECENT = 256 };

struct recent {
    const char *text;
    size_t length;
};

struct rr_store {
    struct rr_arena *arena;
    struct recent recent[RECENT];        /* by their hash: answers are much alike */
    const struct rr_note *noted[RECENT]; /* likewise: what holds up one message holds up its neighbours */
    const char *protocols[PROTOCOLS];    /* "tcp" first: also what stands for one too many */
    GHashTable *protocol_numbers;        /* name, by address -> number */
    const char *last_name;
    uint16_t last_number;
};

struct rr_store *rr_store_new(struct rr_arena *arena)
{
    struct rr_store *s = g_new0(struct rr_store, 1);
    s->arena = arena;
    s->protocol_numbers = g_hash_table_new(NULL, NULL);
    s->protocols[0] = "tcp";
    return s;
}

void rr_store_free(struct rr_store *s)
{
    g_hash_table_destroy(s->protocol_numbers);
    g_free(s);
}

struct rr_exchange *rr_store_exchange(struct rr_store *s)
{
    return rr_arena_take(s->arena, sizeof(struct rr_exchange));
}

static bool is_same(const struct rr_note *a, const struct rr_note *b)
{
    return a->before == b->before && a->from == b->from && a->to == b->to && a->kind == b->kind;
}

const struct rr_note *rr_store_note(struct rr_store *s, const struct rr_note *before, struct rr_note more)
{
    bool is_delay = more.kind & RR_DELAY_ANY;
    more.before = before;
    more.delays = (uint16_t)((before ? before->delays : 0) + is_delay);
    if (more.delays > RR_DELAYS_MAX)
        return before;
    uint64_t mixed = rr_mix(rr_mix(more.delays, (uint64_t)more.from), (uint64_t)more.to);
    const struct rr_note **recent = &s->noted[mixed % RECENT];
    if (*recent && is_same(*recent, &more))
        return *recent;
    struct rr_note *n = rr_arena_take(s->arena, sizeof *n);
    *n = more;
    *recent = n;
    return n;
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
        *recent = (struct recent){ rr_arena_text(s->arena, text, length), length };
    return recent->text;
}

const char *rr_store_summary(struct rr_store *s, const uint8_t *bytes, size_t length)
{
    char room[RR_SUMMARY_SIZE];
    struct rr_words summary = rr_summary_words(bytes, length, room);
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
