#include "track/arena.h"

#include <stdint.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

enum { PAGE = 4096, FIRST_BLOCK = 1 << 16, LAST_BLOCK = 1 << 20 };

void rr_arena_init(struct rr_arena *a)
{
    *a = (struct rr_arena){ .blocks = g_ptr_array_new_with_free_func(g_aligned_free), .next = FIRST_BLOCK };
}

void rr_arena_release(struct rr_arena *a)
{
    g_ptr_array_free(a->blocks, TRUE);
}

static void populate(void *block, size_t size)
{
#ifdef MADV_POPULATE_WRITE
    madvise(block, size, MADV_POPULATE_WRITE); /* refused by Linux before 5.14, to no harm */
#else
    (void)block, (void)size;
#endif
}

/* What the last block had left stays unused. */
static void begin_block(struct rr_arena *a, size_t least)
{
    while (a->next < least)
        a->next *= 2;
    a->left = a->next;
    a->at = g_aligned_alloc(1, a->left, PAGE);
    g_ptr_array_add(a->blocks, a->at);
    populate(a->at, a->left);
    a->next = MIN(2 * a->left, LAST_BLOCK);
}

static char *take(struct rr_arena *a, size_t size)
{
    if (size > a->left)
        begin_block(a, size);
    char *taken = a->at;
    a->at += size;
    a->left -= size;
    return taken;
}

void *rr_arena_take(struct rr_arena *a, size_t size)
{
    size_t odd = a->left % sizeof(uint64_t); /* a block ends aligned */
    a->at += odd;
    a->left -= odd;
    return memset(take(a, size), 0, size);
}

const char *rr_arena_text(struct rr_arena *a, const char *text, size_t length)
{
    char *copy = take(a, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}
