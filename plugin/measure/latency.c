#include "measure/latency.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { SUB_BITS = 7, SUBS = 1 << SUB_BITS, OCTAVES = 64 - SUB_BITS + 1, NS_A_SECOND = 1000000000 };

/* Octave 0 counts the values below SUBS each by itself; octave n those from SUBS << (n - 1) on. */
struct rr_histogram {
    uint32_t *octave[2][OCTAVES]; /* of values below 0 and of others; NULL where all are 0 */
};
G_STATIC_ASSERT(RR_LATENCY_PARTS == 2 * SUBS);

const struct rr_percentile rr_percentiles[RR_PERCENTILES] = {
    { "p50", 500 }, { "p90", 900 }, { "p95", 950 }, { "p99", 990 }, { "p99.9", 999 },
};

static void count(struct rr_histogram *h, int64_t ns)
{
    uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    int octave = size < SUBS ? 0 : 64 - SUB_BITS - __builtin_clzll(size);
    uint32_t sub = (uint32_t)(size >> (octave ? octave - 1 : 0)) & (SUBS - 1);
    uint32_t **counts = &h->octave[ns >= 0][octave];
    if (!*counts)
        *counts = g_new0(uint32_t, SUBS);
    (*counts)[sub]++;
}

/* The middle of what a bucket counts. */
static int64_t middle(bool positive, int octave, uint32_t sub)
{
    uint64_t size = sub;
    if (octave)
        size = ((uint64_t)(SUBS + sub) << (octave - 1)) + ((UINT64_C(1) << (octave - 1)) >> 1);
    return positive ? (int64_t)size : (int64_t)-size;
}

static void become_histogram(struct rr_latency *l)
{
    l->histogram = g_new0(struct rr_histogram, 1);
    for (uint32_t i = 0; i < l->count; i++)
        count(l->histogram, l->samples[i]);
    g_free(l->samples);
    l->samples = NULL;
    l->room = 0;
}

static void keep(struct rr_latency *l, int64_t ns)
{
    if (l->count == l->room) {
        l->room = l->room ? l->room * 2 : 4;
        l->samples = g_renew(int64_t, l->samples, l->room);
    }
    l->samples[l->count] = ns;
    l->sorted = false;
}

static void note(struct rr_latency *l, int64_t least, int64_t greatest, int64_t seconds, int64_t ns)
{
    bool first = l->count == 0;
    l->least = first ? least : MIN(l->least, least);
    l->greatest = first ? greatest : MAX(l->greatest, greatest);
    l->sum_seconds += seconds;
    l->sum_ns += ns;
    l->sum_seconds += l->sum_ns / NS_A_SECOND;
    l->sum_ns %= NS_A_SECOND;
}

void rr_latency_add(struct rr_latency *l, int64_t ns)
{
    note(l, ns, ns, ns / NS_A_SECOND, ns % NS_A_SECOND);
    if (!l->histogram && l->count == RR_LATENCY_EXACT)
        become_histogram(l);
    if (l->histogram)
        count(l->histogram, ns);
    else
        keep(l, ns);
    l->count++;
}

static void merge_histogram(struct rr_histogram *into, const struct rr_histogram *from)
{
    for (int positive = 0; positive < 2; positive++)
        for (int octave = 0; octave < OCTAVES; octave++) {
            const uint32_t *counts = from->octave[positive][octave];
            uint32_t **sums = &into->octave[positive][octave];
            if (!counts)
                continue;
            if (!*sums)
                *sums = g_new0(uint32_t, SUBS);
            for (uint32_t sub = 0; sub < SUBS; sub++)
                (*sums)[sub] += counts[sub];
        }
}

void rr_latency_merge(struct rr_latency *into, const struct rr_latency *from)
{
    if (!from->count)
        return;
    if (!from->histogram) {
        for (uint32_t i = 0; i < from->count; i++)
            rr_latency_add(into, from->samples[i]);
        return;
    }
    if (!into->histogram)
        become_histogram(into);
    note(into, from->least, from->greatest, from->sum_seconds, from->sum_ns);
    merge_histogram(into->histogram, from->histogram);
    into->count += from->count;
}

void rr_latency_release(struct rr_latency *l)
{
    if (l->histogram)
        for (int octave = 0; octave < OCTAVES; octave++) {
            g_free(l->histogram->octave[0][octave]);
            g_free(l->histogram->octave[1][octave]);
        }
    g_free(l->histogram);
    g_free(l->samples);
    *l = (struct rr_latency){ 0 };
}

double rr_latency_sum(const struct rr_latency *l)
{
    return (double)l->sum_seconds + (double)l->sum_ns / NS_A_SECOND;
}

double rr_latency_mean(const struct rr_latency *l)
{
    return l->count ? rr_latency_sum(l) / l->count : 0;
}

int rr_compare_ns(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* From the least value on: of those below 0 the greatest sizes come first. */
static int64_t ranked(const struct rr_histogram *h, uint64_t rank)
{
    uint64_t below = 0;
    for (int place = 0; place < 2 * OCTAVES; place++) {
        bool positive = place >= OCTAVES;
        int octave = positive ? place - OCTAVES : OCTAVES - 1 - place;
        const uint32_t *counts = h->octave[positive][octave];
        for (uint32_t i = 0; counts && i < SUBS; i++) {
            uint32_t sub = positive ? i : SUBS - 1 - i;
            below += counts[sub];
            if (below >= rank)
                return middle(positive, octave, sub);
        }
    }
    return 0;
}

bool rr_latency_percentile(struct rr_latency *l, uint32_t permille, int64_t *ns)
{
    uint64_t rank = ((uint64_t)l->count * permille + 999) / 1000;
    if ((uint64_t)l->count * (1000 - permille) < 1000)
        return false;
    if (l->histogram) {
        *ns = CLAMP(ranked(l->histogram, rank), l->least, l->greatest);
        return true;
    }
    if (!l->sorted)
        qsort(l->samples, l->count, sizeof *l->samples, rr_compare_ns);
    l->sorted = true;
    *ns = l->samples[rank - 1];
    return true;
}
