/* Groups, the slowest and the load, against straightforward sums over the same exchanges. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "measure/groups.h"
#include "measure/load.h"
#include "measure/slowest.h"
#include "measure/snapshot.h"
#include "sample.h"

#define MS INT64_C(1000000)

static const struct rr_group *named(struct rr_groups *g, const char *name)
{
    for (size_t i = 0; i < rr_groups_count(g); i++)
        if (strcmp(rr_groups_at(g, i)->name, name) == 0)
            return rr_groups_at(g, i);
    g_error("no group %s", name);
}

static void add_samples(struct rr_groups *g, const struct rr_connection *c)
{
    struct rr_exchange answered = rr_sample_answered(c), unanswered = rr_sample_unanswered(c);
    struct rr_exchange unasked = rr_sample_unasked(c), push = rr_sample_push(c, &answered);
    rr_groups_exchange(g, &answered);
    rr_groups_exchange(g, &unanswered);
    rr_groups_exchange(g, &unasked);
    rr_groups_exchange(g, &push);
    rr_groups_connection(g, c);
}

static void check_samples(const struct rr_totals *t, uint64_t times)
{
    g_assert_cmpuint(t->exchanges, ==, 3 * times);
    g_assert_cmpuint(t->answered, ==, times);
    g_assert_cmpuint(t->unanswered, ==, times);
    g_assert_cmpuint(t->unasked, ==, times);
    g_assert_cmpuint(t->pushes, ==, times);
    g_assert_cmpuint(t->requests, ==, 2 * times);
    g_assert_cmpuint(t->responses, ==, 2 * times);
    g_assert_cmpuint(t->request_bytes, ==, 26 * times);
    g_assert_cmpuint(t->response_bytes, ==, 200 * times);
    g_assert_cmpuint(t->push_bytes, ==, 100 * times);
    g_assert_cmpuint(t->segments, ==, 10 * times);
    g_assert_cmpuint(t->repeats, ==, 9 * times);
    g_assert_cmpuint(t->latency.count, ==, times);
    g_assert_cmpuint(t->slow, ==, times);
    g_assert_cmpuint(t->buckets[0], ==, times);
    g_assert_cmpfloat_with_epsilon(rr_totals_repeat_share(t), 9.0 / 19, 1e-12);
}

static void test_groups(void)
{
    static const char *const names[RR_GROUPING_COUNT] = {
        [RR_BY_SERVER] = "10.0.0.2:80",
        [RR_BY_CLIENT] = "10.0.0.1",
        [RR_BY_CONNECTION] = "7: 10.0.0.1:40000 > 10.0.0.2:80",
        [RR_BY_PORT] = "80",
    };
    struct rr_connection c = rr_sample_connection();
    for (int by = 0; by < RR_GROUPING_COUNT; by++) {
        struct rr_groups *g = rr_groups_new((enum rr_grouping)by, 84999),
                         *sum = rr_groups_new((enum rr_grouping)by, 84999);
        add_samples(g, &c);
        check_samples(&rr_groups_total(g)->totals, 1);
        g_assert_cmpuint(rr_groups_total(g)->totals.connections, ==, 1);
        if (names[by]) {
            check_samples(&named(g, names[by])->totals, 1);
            g_assert_cmpuint(named(g, names[by])->totals.connections, ==, 1);
        }
        rr_groups_merge(sum, g);
        rr_groups_merge(sum, g);
        check_samples(&rr_groups_total(sum)->totals, 2);
        g_assert_cmpuint(rr_groups_count(sum), ==, rr_groups_count(g));
        rr_groups_free(g);
        rr_groups_free(sum);
    }
}

static void test_slow_means_above(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    static const int64_t thresholds[] = { 0, 84999, 85000 };
    for (size_t i = 0; i < G_N_ELEMENTS(thresholds); i++) {
        struct rr_groups *g = rr_groups_new(RR_BY_SERVER, thresholds[i]);
        rr_groups_exchange(g, &x);
        g_assert_cmpuint(rr_groups_total(g)->totals.slow, ==, i == 1);
        rr_groups_free(g);
    }
}

static void test_verbs(void)
{
    static const struct {
        const char *summary, *verb;
    } cases[] = {
        { "GET / HTTP/1.1", "GET" },
        { "get k", "GET" },
        { "QUIT", "QUIT" },
        { "CLIENT SETINFO", "CLIENT" },
        { "MAIL FROM:<a@b>", "MAIL" },
        { "M-SEARCH * HTTP/1.1", "M-SEARCH" },
        { "select(1)", "SELECT" },
        { "JSON.GET k", "JSON.GET" },
        { "\\x16\\x03\\x01", "(no word)" },
        { "abc\\x00", "(no word)" },
        { "1 2", "(no word)" },
        { "\xc3\x84", "(no word)" },
        { "ABCDEFGHIJKLMNOPQRSTUVW x", "ABCDEFGHIJKLMNOPQRSTUVW" },
        { "ABCDEFGHIJKLMNOPQRSTUVWX x", "(no word)" },
        { "", "(no word)" },
        { NULL, "(no word)" },
    };
    struct rr_connection c = rr_sample_connection();
    char verb[RR_VERB_BYTES];
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct rr_exchange x = rr_sample_answered(&c);
        x.request.summary = cases[i].summary;
        rr_verb(&x, verb);
        g_assert_cmpstr(verb, ==, cases[i].verb);
    }
    struct rr_exchange push = rr_sample_push(&c, NULL), unasked = rr_sample_unasked(&c);
    rr_verb(&push, verb);
    g_assert_cmpstr(verb, ==, "(push)");
    rr_verb(&unasked, verb);
    g_assert_cmpstr(verb, ==, "(no request)");
}

static void test_groups_are_bounded(void)
{
    struct rr_groups *g = rr_groups_new(RR_BY_VERB, 0), *sum = rr_groups_new(RR_BY_VERB, 0);
    struct rr_connection c = rr_sample_connection();
    for (int i = 0; i < 2 * RR_VERBS_MAX; i++) {
        char word[16];
        struct rr_exchange x = rr_sample_answered(&c);
        g_snprintf(word, sizeof word, "V%d", i);
        x.request.summary = word;
        rr_groups_exchange(g, &x);
        rr_groups_exchange(g, &x);
    }
    rr_groups_sort(g);
    rr_groups_merge(sum, g);
    for (int i = 0; i < 2; i++) {
        struct rr_groups *each = i ? sum : g;
        g_assert_cmpuint(rr_groups_count(each), ==, RR_VERBS_MAX + 1);
        g_assert_cmpstr(rr_groups_at(each, 0)->name, ==, "V0");
        g_assert_cmpstr(rr_groups_at(each, RR_VERBS_MAX)->name, ==, "(other)");
        g_assert_cmpuint(rr_groups_at(each, RR_VERBS_MAX)->totals.exchanges, ==, 2 * RR_VERBS_MAX);
        g_assert_cmpuint(rr_groups_at(each, RR_VERBS_MAX)->totals.connections, ==, 1);
        g_assert_cmpuint(rr_groups_total(each)->totals.exchanges, ==, 4 * RR_VERBS_MAX);
    }
    rr_groups_free(g);
    rr_groups_free(sum);
}

static void test_sorted_by_exchanges(void)
{
    struct rr_groups *g = rr_groups_new(RR_BY_PORT, 0);
    struct rr_connection c[3];
    for (uint16_t i = 0; i < 3; i++) {
        c[i] = rr_sample_connection();
        c[i].end[RR_SERVER].port = i;
        struct rr_exchange x = rr_sample_answered(&c[i]);
        for (int n = 0; n < (i == 2 ? 5 : 2); n++)
            rr_groups_exchange(g, &x);
    }
    rr_groups_sort(g);
    g_assert_cmpuint(rr_groups_at(g, 0)->port, ==, 2);
    g_assert_cmpuint(rr_groups_at(g, 1)->port, ==, 0);
    g_assert_cmpuint(rr_groups_at(g, 2)->port, ==, 1);
    rr_groups_free(g);
}

static struct rr_exchange *random_exchanges(const struct rr_connection *c, uint32_t count, int64_t step)
{
    GRand *random = g_rand_new_with_seed(count);
    struct rr_exchange *all = g_new(struct rr_exchange, count);
    for (uint32_t i = 0; i < count; i++) {
        all[i] = rr_sample_answered(c);
        all[i].number = i + 1;
        all[i].request.first_time = RR_SAMPLE_TIME + g_rand_int_range(random, 0, 1000) * step;
        all[i].request.last_time = all[i].request.first_time + g_rand_int_range(random, 0, 3) * step;
        all[i].response.first_time = all[i].request.last_time + g_rand_int_range(random, -1, 20) * step;
        all[i].response.last_time = all[i].response.first_time + g_rand_int_range(random, 0, 3) * step;
        if (i % 10 == 9)
            all[i] = rr_sample_unanswered(c);
    }
    g_rand_free(random);
    return all;
}

/* The longest first, of equals the earlier; those without an answer last. */
static int compare_spans(const struct rr_exchange *x, const struct rr_exchange *y,
                         int64_t (*span)(const struct rr_exchange *))
{
    int64_t left = rr_has_both(x) ? span(x) : INT64_MIN, right = rr_has_both(y) ? span(y) : INT64_MIN;
    if (left != right)
        return left < right ? 1 : -1;
    return (x->number > y->number) - (x->number < y->number);
}

static int slower_first(const void *a, const void *b)
{
    return compare_spans(a, b, rr_latency);
}

static int longer_first(const void *a, const void *b)
{
    return compare_spans(a, b, rr_duration);
}

static void test_slowest(gconstpointer how)
{
    const enum rr_slow_by by = GPOINTER_TO_INT(how);
    enum { COUNT = 2000 };
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange *all = random_exchanges(&c, COUNT, MS);
    static const uint32_t wanted[] = { 0, 1, 2, 7, 100, 1800, 5000 };
    for (size_t w = 0; w < G_N_ELEMENTS(wanted); w++) {
        struct rr_slowest *whole = rr_slowest_new(wanted[w], by);
        struct rr_slowest *half[2] = { rr_slowest_new(wanted[w], by), rr_slowest_new(wanted[w], by) };
        for (int i = 0; i < COUNT; i++) {
            rr_slowest_exchange(whole, &all[i]);
            rr_slowest_exchange(half[i % 2], &all[i]);
        }
        rr_slowest_merge(half[0], half[1]);
        struct rr_exchange *sorted = g_memdup2(all, COUNT * sizeof *all);
        qsort(sorted, COUNT, sizeof *sorted, by == RR_SLOW_BY_LATENCY ? slower_first : longer_first);
        size_t n = MIN(wanted[w], COUNT - COUNT / 10);
        g_assert_cmpuint(rr_slowest_sort(whole), ==, n);
        g_assert_cmpuint(rr_slowest_sort(half[0]), ==, n);
        for (size_t i = 0; i < n; i++) {
            const struct rr_slow *slow = rr_slowest_at(whole, i);
            g_assert_cmpuint(slow->number, ==, sorted[i].number);
            g_assert_cmpuint(rr_slowest_at(half[0], i)->number, ==, sorted[i].number);
            g_assert_cmpint(slow->latency, ==, rr_latency(&sorted[i]));
            g_assert_cmpint(slow->request_spread + slow->latency + slow->response_spread, ==, slow->duration);
            g_assert_cmpstr(slow->server, ==, "10.0.0.2:80");
        }
        rr_slowest_free(whole);
        rr_slowest_free(half[0]);
        rr_slowest_free(half[1]);
        g_free(sorted);
    }
    g_free(all);
}

/* Exchanges in progress at the middle of a step. */
static uint32_t level(const struct rr_exchange *all, uint32_t count, int64_t time)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        n += rr_has_both(&all[i]) && all[i].request.first_time <= time && time < all[i].response.last_time;
    return n;
}

static void test_load(void)
{
    enum { COUNT = 300, STEPS = 40 };
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange *all = random_exchanges(&c, COUNT, MS);
    struct rr_load *l = rr_load_new(), *half = rr_load_new();
    for (uint32_t i = 0; i < COUNT; i++)
        rr_load_exchange(i < COUNT / 2 ? l : half, &all[i]);
    rr_load_merge(l, half);
    struct rr_slices s = rr_load_slices(l, STEPS * MS);
    uint64_t arrivals = 0, completions = 0, unanswered = 0, latencies = 0;
    for (size_t i = 0; i < s.count; i++) {
        uint32_t peak = 0;
        int64_t busy = 0;
        double in_progress = 0;
        g_assert_cmpint(s.slice[i].start % (STEPS * MS), ==, 0);
        /* Times are whole steps after RR_SAMPLE_TIME, which is none of a slice's. */
        int64_t offset = (RR_SAMPLE_TIME % MS + MS) % MS;
        for (int step = 0; step <= STEPS; step++) {
            int64_t from = MAX(s.slice[i].start, s.slice[i].start + step * MS + offset - MS);
            int64_t to = MIN(s.slice[i].start + s.interval, s.slice[i].start + step * MS + offset);
            uint32_t n = level(all, COUNT, from);
            if (from >= to)
                continue;
            peak = MAX(peak, n);
            busy += n ? to - from : 0;
            in_progress += n * ((double)(to - from) / 1e9);
        }
        g_assert_cmpuint(s.slice[i].peak, ==, peak);
        g_assert_cmpint(s.slice[i].busy, ==, busy);
        g_assert_cmpfloat_with_epsilon(s.slice[i].in_progress, in_progress, 1e-9);
        arrivals += s.slice[i].arrivals;
        completions += s.slice[i].completions;
        unanswered += s.slice[i].unanswered;
        latencies += s.slice[i].latency.count;
    }
    g_assert_cmpuint(arrivals, ==, COUNT);
    g_assert_cmpuint(completions, ==, COUNT - COUNT / 10);
    g_assert_cmpuint(latencies, ==, completions);
    g_assert_cmpuint(unanswered, ==, COUNT / 10);
    rr_slices_release(&s);
    rr_load_free(l);
    rr_load_free(half);
    g_free(all);
}

static void test_load_of_any_time(void)
{
    static const int64_t times[][2] = { { 0, 1 },
                                        { -1, 1 },
                                        { INT64_MIN, INT64_MAX },
                                        { INT64_MIN, INT64_MIN + 1 },
                                        { INT64_MAX - 1, INT64_MAX },
                                        { 5, 5 },
                                        { 5, -5 },
                                        { 0, INT64_C(9000000000000000000) } };
    static const int64_t intervals[] = { 1, MS, INT64_MAX };
    struct rr_connection c = rr_sample_connection();
    struct rr_load *none = rr_load_new();
    struct rr_slices empty = rr_load_slices(none, 1);
    g_assert_cmpuint(empty.count, ==, 0);
    rr_load_free(none);
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        for (size_t n = 0; n < G_N_ELEMENTS(intervals); n++) {
            struct rr_load *l = rr_load_new();
            struct rr_exchange x = rr_sample_answered(&c);
            x.request.first_time = x.request.last_time = times[i][0];
            x.response.first_time = x.response.last_time = times[i][1];
            rr_load_exchange(l, &x);
            struct rr_slices s = rr_load_slices(l, intervals[n]);
            g_assert_cmpuint(s.count, >=, 1);
            g_assert_cmpuint(s.count, <=, RR_SLICES_MAX);
            uint64_t busy = 0;
            for (size_t k = 0; k < s.count; k++)
                busy += (uint64_t)s.slice[k].busy;
            g_assert_cmpuint(busy, ==,
                             times[i][1] > times[i][0] ? (uint64_t)times[i][1] - (uint64_t)times[i][0] : 0);
            rr_slices_release(&s);
            rr_load_free(l);
        }
}

static void test_json(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_groups *g = rr_groups_new(RR_BY_SERVER, 1);
    GString *text = g_string_new(NULL);
    rr_snapshot_json(text, g);
    g_assert_cmpstr(text->str, ==, "[]");
    g_string_truncate(text, 0);
    add_samples(g, &c);
    rr_snapshot_json(text, g);
    g_assert_cmpstr(
        text->str, ==,
        "[{\"80\":{\"server\":\"10.0.0.2\",\"total_reqs\":2,\"total_req_bytes\":26,\"total_resps\":2,"
        "\"total_resp_bytes\":200,\"slow_reqs\":1,\"connections\":1,\"exchanges\":3,\"answered\":1,"
        "\"unanswered\":1,\"unasked\":1,\"open\":0,\"oneway\":0,\"pushes\":1,\"push_bytes\":100,\"segments\":"
        "10,"
        "\"repeats\":9,\"total_costs\":85,\"latencies\":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"
        "\"latency\":{\"min\":0.000085000,\"mean\":0.000085000,\"max\":0.000085000}}}]");
    g_string_free(text, TRUE);
    rr_groups_free(g);
}

static void test_openmetrics(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_groups *g = rr_groups_new(RR_BY_SERVER, 1);
    GString *text = g_string_new(NULL);
    c.end[RR_SERVER].host = "::1";
    add_samples(g, &c);
    rr_snapshot_openmetrics(text, g);
    static const char *const lines[] = {
        "# TYPE reqresp_requests counter\n",
        "\nreqresp_requests_total{server=\"::1\",port=\"80\"} 2\n",
        "\nreqresp_open{server=\"::1\",port=\"80\"} 0\n",
        "\nreqresp_latency_seconds_bucket{server=\"::1\",port=\"80\",le=\"0.0001\"} 1\n",
        "\nreqresp_latency_seconds_bucket{server=\"::1\",port=\"80\",le=\"20.0\"} 1\n",
        "\nreqresp_latency_seconds_bucket{server=\"::1\",port=\"80\",le=\"+Inf\"} 1\n",
        "\nreqresp_latency_seconds_sum{server=\"::1\",port=\"80\"} 0.000085000\n",
        "\nreqresp_latency_seconds_count{server=\"::1\",port=\"80\"} 1\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        g_assert_nonnull(strstr(text->str, lines[i]));
    g_assert_true(g_str_has_suffix(text->str, "\n# EOF\n"));
    g_string_free(text, TRUE);
    rr_groups_free(g);
}

static void test_slowest_says_where_the_time_went(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    struct rr_slowest *slowest = rr_slowest_new(1, RR_SLOW_BY_LATENCY);
    rr_slowest_exchange(slowest, &x);
    g_assert_cmpuint(rr_slowest_sort(slowest), ==, 1);
    const struct rr_slow *slow = rr_slowest_at(slowest, 0);
    g_assert_cmpint(slow->lost, ==, 2000);
    g_assert_cmpint(slow->stalled, ==, 0);
    g_assert_cmpint(slow->server_time, ==, 85000 - 20 - 2000);
    rr_slowest_free(slowest);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/measure/groups", test_groups);
    g_test_add_func("/measure/slow", test_slow_means_above);
    g_test_add_func("/measure/verbs", test_verbs);
    g_test_add_func("/measure/bounded", test_groups_are_bounded);
    g_test_add_func("/measure/sorted", test_sorted_by_exchanges);
    g_test_add_data_func("/measure/slowest", GINT_TO_POINTER(RR_SLOW_BY_LATENCY), test_slowest);
    g_test_add_data_func("/measure/longest", GINT_TO_POINTER(RR_SLOW_BY_DURATION), test_slowest);
    g_test_add_func("/measure/slowest-where-the-time-went", test_slowest_says_where_the_time_went);
    g_test_add_func("/measure/load", test_load);
    g_test_add_func("/measure/load_of_any_time", test_load_of_any_time);
    g_test_add_func("/measure/json", test_json);
    g_test_add_func("/measure/openmetrics", test_openmetrics);
    return g_test_run();
}
