#include "track/spans.h"

#include <string.h>

void rr_spans_release(struct rr_spans *s)
{
    g_free(s->at);
    *s = (struct rr_spans){ 0 };
}

guint rr_spans_find(const struct rr_spans *s, int64_t offset)
{
    guint low = 0, high = s->count;
    if (high && s->at[high - 1].end <= offset)
        return high;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (s->at[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void rr_spans_clip(const struct rr_spans *s, int64_t *begin, int64_t *end)
{
    guint i = rr_spans_find(s, *begin);
    for (; i < s->count && s->at[i].begin <= *begin; i++)
        *begin = s->at[i].end;
    if (i < s->count)
        *end = MIN(*end, s->at[i].begin);
    *begin = MIN(*begin, *end);
}

static bool goes_on(const struct rr_spans *s, guint i, const struct rr_span *span)
{
    return i > 0 && s->at[i - 1].end == span->begin && s->at[i - 1].exchange == span->exchange;
}

void rr_spans_add(struct rr_spans *s, struct rr_span span)
{
    guint i = rr_spans_find(s, span.begin);
    if (goes_on(s, i, &span)) {
        s->at[i - 1].end = span.end;
        return;
    }
    if (s->count == s->room) {
        s->room = s->room + s->room / 2 + 4;
        s->at = g_renew(struct rr_span, s->at, s->room);
    }
    memmove(s->at + i + 1, s->at + i, (s->count - i) * sizeof *s->at);
    s->at[i] = span;
    s->count++;
}

/* Takes what of a span of nobody's lies within `span` out of it. */
static void free_nobodys(struct rr_spans *s, guint i, struct rr_span span)
{
    const struct rr_span was = s->at[i];
    memmove(s->at + i, s->at + i + 1, (s->count - i - 1) * sizeof *s->at);
    s->count--;
    if (was.begin < span.begin)
        rr_spans_add(s, (struct rr_span){ was.begin, span.begin, NULL });
    if (was.end > span.end)
        rr_spans_add(s, (struct rr_span){ span.end, was.end, NULL });
}

void rr_spans_free(struct rr_spans *s, int64_t begin, int64_t end)
{
    for (guint i = rr_spans_find(s, begin); i < s->count && s->at[i].begin < end;
         i = rr_spans_find(s, begin)) {
        struct rr_span span = { begin, end, NULL };
        begin = s->at[i].end;
        if (!s->at[i].exchange)
            free_nobodys(s, i, span);
    }
}

void rr_spans_claim(struct rr_spans *s, struct rr_span span)
{
    while (span.begin < span.end) {
        guint i = rr_spans_find(s, span.begin);
        struct rr_span next = { span.begin, span.end, span.exchange };
        if (i < s->count && s->at[i].begin < span.end && !s->at[i].exchange) {
            free_nobodys(s, i, span);
            continue;
        }
        rr_spans_clip(s, &next.begin, &next.end);
        if (next.begin < next.end)
            rr_spans_add(s, next);
        span.begin = next.end;
    }
}
