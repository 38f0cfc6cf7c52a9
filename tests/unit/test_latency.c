/* Percentiles against a sorted list of all samples. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "measure/buckets.h"
#include "measure/latency.h"

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void add_all(struct rr_latency *l, const int64_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rr_latency_add(l, samples[i]);
}

/* `error`: what part of itself a percentile may be off by. */
static void check(struct rr_latency *l, const int64_t *samples, size_t count, double error)
{
    int64_t *sorted = g_memdup2(samples, count * sizeof *samples);
    int64_t got;
    qsort(sorted, count, sizeof *sorted, compare);
    g_assert_cmpuint(l->count, ==, count);
    g_assert_cmpint(l->least, ==, sorted[0]);
    g_assert_cmpint(l->greatest, ==, sorted[count - 1]);
    for (size_t i = 0; i < RR_PERCENTILES; i++) {
        uint32_t permille = rr_percentiles[i].permille;
        size_t rank = 1;
        while (rank * 1000 < count * permille)
            rank++;
        bool tells = count - rank >= 1 && count * (1000 - permille) >= 1000;
        g_assert_cmpint(rr_latency_percentile(l, permille, &got), ==, tells);
        if (!tells)
            continue;
        double wanted = (double)sorted[rank - 1], off = (double)got - wanted;
        g_assert_cmpfloat(ABS(off), <=, error * ABS(wanted));
    }
    g_free(sorted);
}

/* Of all sizes alike; `negative`: of either sign. */
static int64_t *random_samples(GRand *random, size_t count, bool negative)
{
    int64_t *samples = g_new(int64_t, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t any = (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);
        samples[i] = (int64_t)(any >> g_rand_int_range(random, 1, 64));
        if (negative && g_rand_boolean(random))
            samples[i] = -samples[i];
    }
    return samples;
}

static void test_exact(void)
{
    GRand *random = g_rand_new_with_seed(1);
    static const size_t counts[] = { 1,   2,   3,    9,    10,
                                     11,  19,  20,   99,   100,
                                     101, 999, 1000, 1001, RR_LATENCY_EXACT };
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        int64_t *samples = random_samples(random, counts[i], i % 2);
        struct rr_latency l = { 0 };
        add_all(&l, samples, counts[i]);
        check(&l, samples, counts[i], 0);
        check(&l, samples, counts[i], 0); /* asked again */
        rr_latency_release(&l);
        g_free(samples);
    }
    g_rand_free(random);
}

static void test_histogram(void)
{
    GRand *random = g_rand_new_with_seed(2);
    for (int negative = 0; negative < 2; negative++) {
        size_t count = RR_LATENCY_EXACT + 1 + (size_t)negative * 30000;
        int64_t *samples = random_samples(random, count, negative);
        struct rr_latency l = { 0 };
        add_all(&l, samples, count);
        g_assert_nonnull(l.histogram);
        check(&l, samples, count, 1.0 / RR_LATENCY_PARTS);
        rr_latency_release(&l);
        g_free(samples);
    }
    g_rand_free(random);
}

static void test_small_are_exact(void)
{
    struct rr_latency l = { 0 };
    int64_t samples[3 * RR_LATENCY_EXACT];
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
        samples[i] = (int64_t)(i * 7919 % 511) - 255;
    add_all(&l, samples, G_N_ELEMENTS(samples));
    check(&l, samples, G_N_ELEMENTS(samples), 0);
    rr_latency_release(&l);
}

static void test_merge(void)
{
    static const size_t parts[][2] = { { 0, 5 },     { 5, 0 },     { 100, 200 }, { 9999, 2 },
                                       { 20000, 3 }, { 3, 20000 }, { 0, 20000 }, { 11000, 11000 } };
    GRand *random = g_rand_new_with_seed(3);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        size_t count = parts[i][0] + parts[i][1];
        int64_t *samples = random_samples(random, count, true);
        struct rr_latency l = { 0 }, more = { 0 };
        add_all(&l, samples, parts[i][0]);
        add_all(&more, samples + parts[i][0], parts[i][1]);
        rr_latency_merge(&l, &more);
        check(&l, samples, count, count > RR_LATENCY_EXACT ? 1.0 / RR_LATENCY_PARTS : 0);
        rr_latency_release(&l);
        rr_latency_release(&more);
        g_free(samples);
    }
    g_rand_free(random);
}

static void test_sum(void)
{
    struct rr_latency l = { 0 };
    g_assert_cmpfloat(rr_latency_mean(&l), ==, 0);
    rr_latency_add(&l, 1500000000);
    rr_latency_add(&l, 1500000000);
    rr_latency_add(&l, -500000000);
    g_assert_cmpfloat(rr_latency_sum(&l), ==, 2.5);
    rr_latency_release(&l);
    for (int i = 0; i < 100000; i++)
        rr_latency_add(&l, INT64_MAX);
    g_assert_cmpfloat_with_epsilon(rr_latency_mean(&l), (double)INT64_MAX / 1e9, 1);
    rr_latency_release(&l);
}

static void test_buckets(void)
{
    g_assert_cmpuint(rr_bucket(INT64_MIN), ==, 0);
    g_assert_cmpuint(rr_bucket(100000), ==, 0);
    g_assert_cmpuint(rr_bucket(100001), ==, 1);
    g_assert_cmpuint(rr_bucket(5000000), ==, 4);
    g_assert_cmpuint(rr_bucket(7000000), ==, 5);
    g_assert_cmpuint(rr_bucket(INT64_C(20000000000)), ==, 16);
    g_assert_cmpuint(rr_bucket(INT64_C(20000000001)), ==, 17);
    g_assert_cmpuint(rr_size(0), ==, 0);
    g_assert_cmpuint(rr_size(11), ==, 1);
    g_assert_cmpuint(rr_size(UINT64_MAX), ==, RR_SIZES - 1);
    for (size_t i = 1; i < RR_BUCKETS - 1; i++)
        g_assert_cmpint(rr_bucket_bounds[i], >, rr_bucket_bounds[i - 1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/latency/exact", test_exact);
    g_test_add_func("/latency/histogram", test_histogram);
    g_test_add_func("/latency/small", test_small_are_exact);
    g_test_add_func("/latency/merge", test_merge);
    g_test_add_func("/latency/sum", test_sum);
    g_test_add_func("/latency/buckets", test_buckets);
    return g_test_run();
}
