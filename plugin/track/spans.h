/* Which messages the bytes of a direction belong to, where they need not follow each other.  Private to
 * track/. */
#ifndef RR_SPANS_H
#define RR_SPANS_H

#include <glib.h>

#include "exchange/exchange.h"

struct rr_span {
    int64_t begin, end;
    struct rr_exchange *exchange;
};

/* In order of offset, without overlap; in pages, so that one more costs the same wherever it goes. */
struct rr_spans_page;
struct rr_spans {
    struct rr_spans_page *pages; /* none of them empty */
    guint count, room;
};

/* Where a span is: good until one is added, or taken out. */
struct rr_spot {
    struct rr_span *span; /* NULL behind the last */
    guint page, nth;
};

void rr_spans_release(struct rr_spans *s);

/* The first span that ends behind `offset`; the one after `at`, which is one. */
struct rr_spot rr_spans_find(const struct rr_spans *s, int64_t offset);
struct rr_spot rr_spans_next(const struct rr_spans *s, struct rr_spot at);

/* The last, or NULL. */
struct rr_span *rr_spans_last(const struct rr_spans *s);

/* Whose the byte is; NULL where nobody's. */
static inline struct rr_exchange *rr_spans_holder(const struct rr_spans *s, int64_t offset)
{
    const struct rr_span *span = rr_spans_find(s, offset).span;
    return span && span->begin <= offset ? span->exchange : NULL;
}

/* What of the range is not taken yet: its first stretch.  Empty where all of it is. */
void rr_spans_clip(const struct rr_spans *s, int64_t *begin, int64_t *end);

/* The range is not taken. */
void rr_spans_add(struct rr_spans *s, struct rr_span span);

/* What of the range is taken by nobody's message is not taken. */
void rr_spans_free(struct rr_spans *s, int64_t begin, int64_t end);

/* Adds what of the range is not taken, or by nobody's message. */
void rr_spans_claim(struct rr_spans *s, struct rr_span span);

#endif
