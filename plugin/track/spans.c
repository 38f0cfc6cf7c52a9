#include "track/spans.h"

#include <string.h>

enum { PAGE_MAX = 256, PAGE_FIRST = 4, PAGE_LATER = 64 };

struct rr_spans_page {
    struct rr_span *at;
    guint count, room;
};

void rr_spans_release(struct rr_spans *s)
{
    for (guint i = 0; i < s->count; i++)
        g_free(s->pages[i].at);
    g_free(s->pages);
    *s = (struct rr_spans){ 0 };
}

static struct rr_span *last_of(const struct rr_spans_page *page)
{
    return &page->at[page->count - 1];
}

struct rr_span *rr_spans_last(const struct rr_spans *s)
{
    return s->count ? last_of(&s->pages[s->count - 1]) : NULL;
}

/* The first page whose last span ends behind `offset`. */
static guint find_page(const struct rr_spans *s, int64_t offset)
{
    guint low = 0, high = s->count;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (last_of(&s->pages[middle])->end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Likewise the first span of the page. */
static guint find_in(const struct rr_spans_page *page, int64_t offset)
{
    guint low = 0, high = page->count;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (page->at[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct rr_spot rr_spans_find(const struct rr_spans *s, int64_t offset)
{
    const struct rr_span *last = rr_spans_last(s);
    if (!last || last->end <= offset)
        return (struct rr_spot){ NULL, s->count, 0 };
    guint page = find_page(s, offset), nth = find_in(&s->pages[page], offset);
    return (struct rr_spot){ &s->pages[page].at[nth], page, nth };
}

struct rr_spot rr_spans_next(const struct rr_spans *s, struct rr_spot at)
{
    if (++at.nth == s->pages[at.page].count) {
        at.page++;
        at.nth = 0;
    }
    at.span = at.page < s->count ? &s->pages[at.page].at[at.nth] : NULL;
    return at;
}

void rr_spans_clip(const struct rr_spans *s, int64_t *begin, int64_t *end)
{
    struct rr_spot i = rr_spans_find(s, *begin);
    for (; i.span && i.span->begin <= *begin && *begin < *end; i = rr_spans_next(s, i))
        *begin = i.span->end;
    if (i.span)
        *end = MIN(*end, i.span->begin);
    *begin = MIN(*begin, *end);
}

static void add_page(struct rr_spans *s, guint i)
{
    if (s->count == s->room) {
        s->room = s->room + s->room / 2 + 1;
        s->pages = g_renew(struct rr_spans_page, s->pages, s->room);
    }
    memmove(s->pages + i + 1, s->pages + i, (s->count - i) * sizeof *s->pages);
    guint room = s->count ? PAGE_LATER : PAGE_FIRST;
    s->pages[i] = (struct rr_spans_page){ .at = g_new(struct rr_span, room), .room = room };
    s->count++;
}

static void insert(struct rr_spans_page *page, guint i, struct rr_span span)
{
    if (page->count == page->room) {
        page->room = MIN(page->room + page->room / 2, PAGE_MAX);
        page->at = g_renew(struct rr_span, page->at, page->room);
    }
    memmove(page->at + i + 1, page->at + i, (page->count - i) * sizeof *page->at);
    page->at[i] = span;
    page->count++;
}

/* A full page gives its upper half to a new one. */
static void halve(struct rr_spans *s, guint i)
{
    add_page(s, i + 1);
    struct rr_spans_page *page = &s->pages[i], *upper = page + 1;
    guint kept = page->count / 2;
    while (page->count > kept)
        insert(upper, 0, page->at[--page->count]);
}

/* One that goes before `at`; between two pages at the end of the first, unless that alone is full. */
static void add_before(struct rr_spans *s, struct rr_spot at, struct rr_span span)
{
    bool has_room = at.page < s->count && s->pages[at.page].count < PAGE_MAX;
    if (at.nth == 0 && at.page > 0 && (s->pages[at.page - 1].count < PAGE_MAX || !has_room))
        at.nth = s->pages[--at.page].count;
    bool is_full = at.page < s->count && s->pages[at.page].count == PAGE_MAX;
    if (at.page == s->count || (is_full && at.nth == PAGE_MAX)) {
        at = (struct rr_spot){ NULL, at.page + is_full, 0 };
        add_page(s, at.page);
    } else if (is_full) {
        halve(s, at.page);
        add_before(s, rr_spans_find(s, span.begin), span);
        return;
    }
    insert(&s->pages[at.page], at.nth, span);
}

/* The span before `at`, or NULL. */
static struct rr_span *before(const struct rr_spans *s, struct rr_spot at)
{
    if (at.nth > 0)
        return &s->pages[at.page].at[at.nth - 1];
    return at.page > 0 ? last_of(&s->pages[at.page - 1]) : NULL;
}

void rr_spans_add(struct rr_spans *s, struct rr_span span)
{
    struct rr_spot at = rr_spans_find(s, span.begin);
    struct rr_span *last = before(s, at);
    if (last && last->end == span.begin && last->exchange == span.exchange)
        last->end = span.end;
    else
        add_before(s, at, span);
}

static void take_out(struct rr_spans *s, struct rr_spot at)
{
    struct rr_spans_page *page = &s->pages[at.page];
    page->count--;
    memmove(page->at + at.nth, page->at + at.nth + 1, (page->count - at.nth) * sizeof *page->at);
    if (page->count)
        return;
    g_free(page->at);
    s->count--;
    memmove(page, page + 1, (s->count - at.page) * sizeof *page);
}

/* Takes what of a span of nobody's lies within `span` out of it. */
static void free_nobodys(struct rr_spans *s, struct rr_spot at, struct rr_span span)
{
    const struct rr_span was = *at.span;
    take_out(s, at);
    if (was.begin < span.begin)
        rr_spans_add(s, (struct rr_span){ was.begin, span.begin, NULL });
    if (was.end > span.end)
        rr_spans_add(s, (struct rr_span){ span.end, was.end, NULL });
}

void rr_spans_free(struct rr_spans *s, int64_t begin, int64_t end)
{
    struct rr_spot i;
    while ((i = rr_spans_find(s, begin)).span && i.span->begin < end) {
        struct rr_span span = { begin, end, NULL };
        begin = i.span->end;
        if (!i.span->exchange)
            free_nobodys(s, i, span);
    }
}

void rr_spans_claim(struct rr_spans *s, struct rr_span span)
{
    while (span.begin < span.end) {
        struct rr_spot i = rr_spans_find(s, span.begin);
        struct rr_span next = { span.begin, span.end, span.exchange };
        if (i.span && i.span->begin < span.end && !i.span->exchange) {
            free_nobodys(s, i, span);
            continue;
        }
        rr_spans_clip(s, &next.begin, &next.end);
        if (next.begin < next.end)
            rr_spans_add(s, next);
        span.begin = next.end;
    }
}
