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
