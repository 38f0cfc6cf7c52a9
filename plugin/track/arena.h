/* Memory for what lives as long as the tracker: taken piece by piece, given back as a whole.  Private to
 * track/.
 *
 * It comes in blocks that the system is asked to hand out whole: to be handed a page of 4 KB at the first
 * touch of it takes longer than what the tracker does for half of the exchanges that fit.
 */
#ifndef RR_ARENA_H
#define RR_ARENA_H

#include <glib.h>
#include <stddef.h>

struct rr_arena {
    GPtrArray *blocks;
    char *at;    /* what is free of the last block */
    size_t left; /* ... and how much that is */
    size_t next; /* size of the block to come */
};

void rr_arena_init(struct rr_arena *a);
void rr_arena_release(struct rr_arena *a);

/* Zeroed, and aligned for pointers and 64-bit numbers. */
void *rr_arena_take(struct rr_arena *a, size_t size);

/* A copy of what is not ended by a NUL, ended by one. */
const char *rr_arena_text(struct rr_arena *a, const char *text, size_t length);

#endif
