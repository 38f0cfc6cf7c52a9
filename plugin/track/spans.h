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

/* In order of offset, without overlap. */
struct rr_spans {
    struct rr_span *at;
    guint count, room;
};

void rr_spans_release(struct rr_spans *s);

/* The first span that ends behind `offset`; `count` where there is none. */
guint rr_spans_find(const struct rr_spans *s, int64_t offset);

/* What of the range is not taken yet: its first stretch.  Empty where all of it is. */
void rr_spans_clip(const struct rr_spans *s, int64_t *begin, int64_t *end);

/* The range is not taken. */
void rr_spans_add(struct rr_spans *s, struct rr_span span);

/* What of the range is taken by nobody's message is not taken. */
void rr_spans_free(struct rr_spans *s, int64_t begin, int64_t end);

/* Adds what of the range is not taken, or by nobody's message. */
void rr_spans_claim(struct rr_spans *s, struct rr_span span);

#endif
