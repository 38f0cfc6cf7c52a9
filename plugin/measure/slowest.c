#include "measure/slowest.h"

#include <glib.h>

#include "exchange/endpoint.h"
#include "measure/stat_options.h"

/* A heap whose root is the least slow one. */
struct rr_slowest {
    uint32_t n;
    enum rr_slow_by by;
    GPtrArray *heap;
};

static void slow_free(gpointer slow)
{
    struct rr_slow *s = slow;
    g_free(s->client);
    g_free(s->server);
    g_free(s->summary);
    g_free(s);
}

static const char *const by_names[RR_SLOW_BY_COUNT] = {
    [RR_SLOW_BY_LATENCY] = "latency",
    [RR_SLOW_BY_DURATION] = "duration",
};

const char *rr_slow_by_name(enum rr_slow_by by)
{
    return by_names[by];
}

bool rr_slow_by_named(const char *name, enum rr_slow_by *by)
{
    int choice = *by;
    bool known = rr_stat_option_choice(name, by_names, RR_SLOW_BY_COUNT, &choice);
    *by = (enum rr_slow_by)choice;
    return known;
}

struct rr_slowest *rr_slowest_new(uint32_t n, enum rr_slow_by by)
{
    struct rr_slowest *s = g_new0(struct rr_slowest, 1);
    s->n = MIN(n, RR_SLOWEST_MAX);
    s->by = by;
    s->heap = g_ptr_array_new_with_free_func(slow_free);
    return s;
}

void rr_slowest_free(struct rr_slowest *s)
{
    if (!s)
        return;
    g_ptr_array_free(s->heap, TRUE);
    g_free(s);
}

static int64_t span_of(const struct rr_slowest *s, const struct rr_slow *slow)
{
    return s->by == RR_SLOW_BY_DURATION ? slow->duration : slow->latency;
}

/* Above 0 where a is slower than b, or as slow and came before it. */
static int order(const struct rr_slowest *s, const struct rr_slow *a, const struct rr_slow *b)
{
    int64_t left = span_of(s, a), right = span_of(s, b);
    if (left != right)
        return left > right ? 1 : -1;
    return (a->number < b->number) - (a->number > b->number);
}

static struct rr_slow *at(const struct rr_slowest *s, guint i)
{
    return g_ptr_array_index(s->heap, i);
}

static void swap(struct rr_slowest *s, guint i, guint j)
{
    gpointer held = s->heap->pdata[i];
    s->heap->pdata[i] = s->heap->pdata[j];
    s->heap->pdata[j] = held;
}

static void sift_up(struct rr_slowest *s, guint i)
{
    for (; i && order(s, at(s, i), at(s, (i - 1) / 2)) < 0; i = (i - 1) / 2)
        swap(s, i, (i - 1) / 2);
}

static void sift_down(struct rr_slowest *s)
{
    for (guint i = 0, child; (child = 2 * i + 1) < s->heap->len; i = child) {
        if (child + 1 < s->heap->len && order(s, at(s, child + 1), at(s, child)) < 0)
            child++;
        if (order(s, at(s, i), at(s, child)) <= 0)
            return;
        swap(s, i, child);
    }
}

static bool is_wanted(const struct rr_slowest *s, const struct rr_slow *candidate)
{
    return s->heap->len < s->n || (s->n && order(s, candidate, at(s, 0)) > 0);
}

static void admit(struct rr_slowest *s, struct rr_slow *slow)
{
    if (s->heap->len < s->n) {
        g_ptr_array_add(s->heap, slow);
        sift_up(s, s->heap->len - 1);
        return;
    }
    slow_free(at(s, 0));
    s->heap->pdata[0] = slow;
    sift_down(s);
}

static struct rr_slow *copy(const struct rr_slow *facts)
{
    struct rr_slow *slow = g_memdup2(facts, sizeof *facts);
    slow->client = g_strdup(facts->client);
    slow->server = g_strdup(facts->server);
    slow->summary = g_strdup(facts->summary);
    return slow;
}

static int64_t held_up(const struct rr_exchange *x, enum rr_note_kind kind)
{
    int64_t asking = rr_delayed(x, kind, x->request.first_time, x->request.last_time);
    int64_t answering = rr_delayed(x, kind, x->response.first_time, x->response.last_time);
    return (int64_t)((uint64_t)asking + (uint64_t)rr_latency_delayed(x, kind) + (uint64_t)answering);
}

void rr_slowest_exchange(struct rr_slowest *s, const struct rr_exchange *x)
{
    if (rr_is_push(x) || !rr_has_both(x))
        return;
    struct rr_slow facts = {
        .start = x->request.first_time,
        .latency = rr_latency(x),
        .duration = rr_duration(x),
        .request_spread = rr_span(x->request.first_time, x->request.last_time),
        .response_spread = rr_span(x->response.first_time, x->response.last_time),
        .number = x->number,
        .request_frame = x->request.first_frame,
        .response_frame = x->response.first_frame,
    };
    if (!is_wanted(s, &facts))
        return;
    struct rr_slow *slow = g_memdup2(&facts, sizeof facts);
    slow->server_time = rr_knows_server_time(x) ? rr_server_time(x) : RR_NEVER;
    slow->lost = held_up(x, RR_DELAY_LOSS);
    slow->stalled = held_up(x, RR_DELAY_STALL);
    slow->id = rr_exchange_id(x);
    slow->client = rr_endpoint_text(&x->connection->end[RR_CLIENT]);
    slow->server = rr_endpoint_text(&x->connection->end[RR_SERVER]);
    slow->summary = g_strdup(x->request.summary ? x->request.summary : "");
    admit(s, slow);
}

void rr_slowest_merge(struct rr_slowest *into, const struct rr_slowest *from)
{
    for (guint i = 0; i < from->heap->len; i++)
        if (is_wanted(into, at(from, i)))
            admit(into, copy(at(from, i)));
}

static gint compare(gconstpointer a, gconstpointer b, gpointer slowest)
{
    return -order(slowest, *(struct rr_slow *const *)a, *(struct rr_slow *const *)b);
}

size_t rr_slowest_sort(struct rr_slowest *s)
{
    g_ptr_array_sort_with_data(s->heap, compare, s);
    return s->heap->len;
}

const struct rr_slow *rr_slowest_at(const struct rr_slowest *s, size_t i)
{
    return at(s, (guint)i);
}
