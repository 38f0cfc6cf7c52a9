#include "measure/load.h"

#include <glib.h>
#include <stdlib.h>

struct job {
    int64_t begin, end; /* of the request and of the response, where they are */
    int64_t latency;
    uint64_t request_bytes, response_bytes;
    bool arrives, completes, unanswered;
};

struct rr_load {
    GArray *jobs;
};

struct rr_load *rr_load_new(void)
{
    struct rr_load *l = g_new0(struct rr_load, 1);
    l->jobs = g_array_new(FALSE, FALSE, sizeof(struct job));
    return l;
}

void rr_load_free(struct rr_load *l)
{
    if (!l)
        return;
    g_array_free(l->jobs, TRUE);
    g_free(l);
}

void rr_load_exchange(struct rr_load *l, const struct rr_exchange *x)
{
    struct job job = {
        .begin = x->request.first_time,
        .end = x->response.last_time,
        .latency = rr_latency(x),
        .request_bytes = x->request.bytes,
        .response_bytes = x->response.bytes,
        .arrives = rr_seen(&x->request),
        .completes = rr_seen(&x->response),
        .unanswered = x->status == RR_UNANSWERED || x->status == RR_OPEN,
    };
    if (!rr_is_push(x) && (job.arrives || job.completes))
        g_array_append_val(l->jobs, job);
}

void rr_load_merge(struct rr_load *into, const struct rr_load *from)
{
    if (from->jobs->len)
        g_array_append_vals(into->jobs, from->jobs->data, from->jobs->len);
}

static const struct job *job_at(const struct rr_load *l, guint i)
{
    return &g_array_index(l->jobs, struct job, i);
}

static int64_t floor_to(int64_t time, int64_t interval)
{
    int64_t over = time % interval;
    return time - (over < 0 ? over + interval : over);
}

static void widen(int64_t time, bool known, int64_t range[2], bool *any)
{
    if (!known)
        return;
    range[0] = *any ? MIN(range[0], time) : time;
    range[1] = *any ? MAX(range[1], time) : time;
    *any = true;
}

static size_t slice_of(const struct rr_slices *s, int64_t time)
{
    return (size_t)(((uint64_t)time - (uint64_t)s->slice[0].start) / (uint64_t)s->interval);
}

/* Near the ends of what 64 bits can hold, the first multiple of the interval may lie beyond. */
static int64_t first_start(int64_t first, int64_t interval)
{
    return first < INT64_MIN + interval ? INT64_MIN : floor_to(first, interval);
}

static struct rr_slices make_slices(const int64_t range[2], int64_t interval)
{
    uint64_t span;
    while ((span = (uint64_t)range[1] - (uint64_t)first_start(range[0], interval)) / (uint64_t)interval >=
           RR_SLICES_MAX)
        interval = interval > INT64_MAX / 10 ? INT64_MAX : interval * 10;
    struct rr_slices s = { .interval = interval, .count = (size_t)(span / (uint64_t)interval) + 1 };
    s.slice = g_new0(struct rr_slice, s.count);
    for (size_t i = 0; i < s.count; i++)
        s.slice[i].start = (int64_t)((uint64_t)first_start(range[0], interval) + i * (uint64_t)interval);
    return s;
}

static void count_job(struct rr_slices *s, const struct job *j)
{
    if (j->arrives) {
        struct rr_slice *slice = &s->slice[slice_of(s, j->begin)];
        slice->arrivals++;
        slice->unanswered += j->unanswered;
        slice->request_bytes += j->request_bytes;
    }
    if (j->completes) {
        struct rr_slice *slice = &s->slice[slice_of(s, j->end)];
        slice->completions++;
        slice->response_bytes += j->response_bytes;
        if (j->arrives)
            rr_latency_add(&slice->latency, j->latency);
    }
}

/* `level` exchanges are in progress from `from` to `to`. */
static void fill(struct rr_slices *s, int64_t from, int64_t to, uint32_t level)
{
    for (size_t i = slice_of(s, from); level && from < to; i++) {
        uint64_t left = (uint64_t)s->slice[i].start + (uint64_t)s->interval - (uint64_t)from;
        uint64_t whole = (uint64_t)to - (uint64_t)from;
        uint64_t part = MIN(left, whole);
        s->slice[i].in_progress += level * ((double)part / 1e9);
        s->slice[i].busy += (int64_t)part;
        s->slice[i].peak = MAX(s->slice[i].peak, level);
        from = (int64_t)((uint64_t)from + part);
    }
}

/* Walks through all beginnings and ends in order of time; what ends makes room for what begins then. */
static void sweep(struct rr_slices *s, GArray *begins, GArray *ends)
{
    int64_t now = 0;
    guint begun = 0, ended = 0;
    while (ended < ends->len) {
        int64_t end = g_array_index(ends, int64_t, ended), next = end;
        bool begin = begun < begins->len && g_array_index(begins, int64_t, begun) < end;
        if (begin)
            next = g_array_index(begins, int64_t, begun);
        if (begun > ended)
            fill(s, now, next, begun - ended);
        now = next;
        begun += begin;
        ended += !begin;
    }
}

static void measure_concurrency(const struct rr_load *l, struct rr_slices *s)
{
    GArray *begins = g_array_new(FALSE, FALSE, sizeof(int64_t));
    GArray *ends = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (guint i = 0; i < l->jobs->len; i++) {
        const struct job *j = job_at(l, i);
        if (!j->arrives || !j->completes || j->end <= j->begin)
            continue;
        g_array_append_val(begins, j->begin);
        g_array_append_val(ends, j->end);
    }
    g_array_sort(begins, rr_compare_ns);
    g_array_sort(ends, rr_compare_ns);
    sweep(s, begins, ends);
    g_array_free(begins, TRUE);
    g_array_free(ends, TRUE);
}

struct rr_slices rr_load_slices(const struct rr_load *l, int64_t interval)
{
    int64_t range[2] = { 0, 0 };
    bool any = false;
    for (guint i = 0; i < l->jobs->len; i++) {
        widen(job_at(l, i)->begin, job_at(l, i)->arrives, range, &any);
        widen(job_at(l, i)->end, job_at(l, i)->completes, range, &any);
    }
    if (!any)
        return (struct rr_slices){ .interval = interval };
    struct rr_slices s = make_slices(range, interval);
    for (guint i = 0; i < l->jobs->len; i++)
        count_job(&s, job_at(l, i));
    measure_concurrency(l, &s);
    return s;
}

void rr_slices_release(struct rr_slices *s)
{
    for (size_t i = 0; i < s->count; i++)
        rr_latency_release(&s->slice[i].latency);
    g_free(s->slice);
    *s = (struct rr_slices){ 0 };
}
