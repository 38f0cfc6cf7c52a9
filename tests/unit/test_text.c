/* A line for each exchange, for people. */
#include <time.h>

#include "sample.h"
#include "written.h"

static void expect(const struct rr_exchange *x, const char *line)
{
    char *text = written(",format=text", &(struct rr_row){ .connection = x->connection, .exchange = x }, 1);
    g_assert_cmpstr(text, ==, line);
    g_free(text);
}

static void test_lines(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    expect(&x, "2021-10-28 12:07:01.846206 10.0.0.1:40000 => 10.0.0.2:80 | 0.085 ms | GET / HTTP/1.1\n");
    x.response.first_time = x.request.last_time + INT64_C(11000000);
    expect(&x, "2021-10-28 12:07:01.857121 10.0.0.1:40000 => 10.0.0.2:80 | 11.000 ms | GET / HTTP/1.1\n");
    x.response.first_time = x.request.last_time - 1500000;
    expect(&x, "2021-10-28 12:07:01.844621 10.0.0.1:40000 => 10.0.0.2:80 | -1.500 ms | GET / HTTP/1.1\n");
}

static void test_unknown_latency(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_unanswered(&c);
    expect(&x, "2021-10-28 12:07:01.846121 10.0.0.1:40000 => 10.0.0.2:80 | unanswered | GET / HTTP/1.1\n");
    x = rr_sample_unasked(&c);
    expect(&x, "2021-10-28 12:07:01.846206 10.0.0.1:40000 => 10.0.0.2:80 | unasked | HTTP/1.1 200 OK\n");
    x.response = (struct rr_message){ .begin = 0, .end = 10 };
    expect(&x, "- 10.0.0.1:40000 => 10.0.0.2:80 | unasked | \n");
}

static void test_ipv6(void)
{
    struct rr_connection c = rr_sample_connection();
    c.end[RR_CLIENT].host = "::1";
    c.end[RR_SERVER].host = "2001:db8::2";
    struct rr_exchange x = rr_sample_answered(&c);
    expect(&x, "2021-10-28 12:07:01.846206 [::1]:40000 => [2001:db8::2]:80 | 0.085 ms | GET / HTTP/1.1\n");
}

int main(int argc, char **argv)
{
    g_setenv("TZ", "XYZ-8", TRUE);
    tzset();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/lines", test_lines);
    g_test_add_func("/text/unknown-latency", test_unknown_latency);
    g_test_add_func("/text/ipv6", test_ipv6);
    return g_test_run();
}
