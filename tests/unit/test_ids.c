/* Ids: the same everywhere and always, and never the same twice. */
#include <glib.h>

#include "sample.h"

static struct rr_exchange asked_at(const struct rr_connection *c, int64_t offset)
{
    return (struct rr_exchange){ .connection = c,
                                 .request = { .begin = offset, .end = offset + 1, .bytes = 1 } };
}

static struct rr_exchange pushed_at(const struct rr_connection *c, int64_t offset)
{
    return (struct rr_exchange){ .connection = c,
                                 .status = RR_PUSHED,
                                 .response = { .begin = offset, .end = offset + 1, .bytes = 1 } };
}

/* Users keep ids in databases: these values must never change. */
static void test_stable(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange request = asked_at(&c, 0), push = pushed_at(&c, 0);
    g_assert_cmphex(c.seed, ==, UINT64_C(0x69d36f61f542b806));
    g_assert_cmphex(rr_exchange_id(&request), ==, UINT64_C(0xe66e992d79f71a9f));
    g_assert_cmphex(rr_exchange_id(&push), ==, UINT64_C(0x7a91025bbc698853));
    g_assert_cmphex(rr_connection_id(&c), ==, UINT64_C(0xe66e992d79f71a9f));
}

static void test_where_the_capture_began(void)
{
    struct rr_connection whole = rr_sample_connection(), midway = whole;
    midway.origin[RR_CLIENT] += 500;
    midway.origin[RR_SERVER] += 900;
    struct rr_exchange a = asked_at(&whole, 600), b = asked_at(&midway, 100);
    struct rr_exchange p = pushed_at(&whole, 1000), q = pushed_at(&midway, 100);
    g_assert_cmphex(rr_exchange_id(&a), ==, rr_exchange_id(&b));
    g_assert_cmphex(rr_exchange_id(&p), ==, rr_exchange_id(&q));
}

static void test_wrap(void)
{
    struct rr_connection c = rr_sample_connection(), beyond = c;
    c.origin[RR_CLIENT] = UINT32_MAX;
    beyond.origin[RR_CLIENT] = 4;
    struct rr_exchange a = asked_at(&c, 5), b = asked_at(&beyond, 0);
    g_assert_cmphex(rr_exchange_id(&a), ==, rr_exchange_id(&b));
}

static void test_missing_request_gives_the_id(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange asked = rr_sample_answered(&c), unasked = rr_sample_unasked(&c);
    g_assert_cmphex(rr_exchange_id(&asked), ==, rr_exchange_id(&unasked));
    unasked.request.end = 0;
    struct rr_exchange push = pushed_at(&c, 0);
    g_assert_cmphex(rr_exchange_id(&unasked), ==, rr_exchange_id(&push));
}

static void test_no_id_twice(void)
{
    enum { PLACES = 100000 };
    struct rr_connection c = rr_sample_connection();
    GHashTable *ids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (int64_t i = 0; i < PLACES; i++) {
        struct rr_exchange x = asked_at(&c, i * 42949), push = pushed_at(&c, i * 42949);
        uint64_t both[] = { rr_exchange_id(&x), rr_exchange_id(&push) };
        for (size_t j = 0; j < G_N_ELEMENTS(both); j++)
            g_assert_true(g_hash_table_add(ids, g_memdup2(&both[j], sizeof both[j])));
    }
    g_hash_table_destroy(ids);
}

static void test_endpoints_matter(void)
{
    const struct rr_endpoint ends[][2] = {
        { { "10.0.0.1", 40000 }, { "10.0.0.2", 80 } }, { { "10.0.0.2", 80 }, { "10.0.0.1", 40000 } },
        { { "10.0.0.1", 40001 }, { "10.0.0.2", 80 } }, { { "10.0.0.1", 40000 }, { "10.0.0.2", 81 } },
        { { "10.0.0.3", 40000 }, { "10.0.0.2", 80 } }, { { "10.0.0.1", 40000 }, { "10.0.0.3", 80 } },
        { { "10.0.0.1", 80 }, { "10.0.0.2", 40000 } },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        for (size_t j = i + 1; j < G_N_ELEMENTS(ends); j++)
            g_assert_cmphex(rr_endpoints_seed(RR_TCP, &ends[i][0], &ends[i][1]), !=,
                            rr_endpoints_seed(RR_TCP, &ends[j][0], &ends[j][1]));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ids/stable", test_stable);
    g_test_add_func("/ids/where-the-capture-began", test_where_the_capture_began);
    g_test_add_func("/ids/wrap", test_wrap);
    g_test_add_func("/ids/missing-request-gives-the-id", test_missing_request_gives_the_id);
    g_test_add_func("/ids/no-id-twice", test_no_id_twice);
    g_test_add_func("/ids/endpoints-matter", test_endpoints_matter);
    return g_test_run();
}
