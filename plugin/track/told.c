#include "track/told.h"

void rr_told_refresh(const struct rr_flow *f, struct rr_told *t)
{
    bool lacks = t->bytes == t->sum.bytes && t->bytes < t->end - t->begin;
    if (!lacks)
        return;
    struct rr_piece now = rr_flow_sum(f, t->begin, t->end);
    if (now.bytes <= t->bytes)
        return;
    now.bytes += rr_flow_dropped(f, t->begin, t->end);
    now.protocol = t->sum.protocol;
    now.summary = t->sum.summary;
    t->sum = now;
    t->bytes = now.bytes;
}

void rr_told_cut(const struct rr_flow *f, struct rr_told *t, int64_t end)
{
    if (t->begin >= end || t->end <= end)
        return;
    rr_told_refresh(f, t);
    bool as_sent = t->bytes == t->sum.bytes;
    int64_t gone = rr_flow_captured(f, end, t->end);
    t->sum.bytes = CLAMP(t->sum.bytes - gone, 0, end - t->begin);
    t->bytes = as_sent ? t->sum.bytes : MAX(t->bytes - gone, 0);
    t->end = end;
}

struct rr_told rr_untold(const struct rr_flow *f, struct rr_range range)
{
    struct rr_told t = { .begin = range.begin,
                         .end = range.end,
                         .does = RR_PDU_BEGINS | RR_PDU_ENDS,
                         .untold = true,
                         .sum = rr_flow_sum(f, range.begin, range.end) };
    t.acked = t.sum.acked;
    t.bytes = t.sum.bytes;
    return t;
}

void rr_told_clip(const GArray *list, struct rr_range *range)
{
    guint i = list->len;
    while (i > 0 && rr_told_at(list, i - 1)->end > range->begin)
        i--;
    for (; i < list->len && rr_told_at(list, i)->begin <= range->begin; i++)
        range->begin = rr_told_at(list, i)->end;
    if (i < list->len)
        range->end = MIN(range->end, rr_told_at(list, i)->begin);
    range->begin = MIN(range->begin, range->end);
}
