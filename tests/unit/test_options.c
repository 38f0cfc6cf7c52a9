/* The text after `-z reqresp,export`. */
#include <glib.h>
#include <string.h>

#include "write/options.h"

static void expect(const char *text, enum rr_noun rows, enum rr_time_style time, const char *filter)
{
    struct rr_options o;
    char *error = NULL;
    g_assert_true(rr_options_parse(text, &o, &error));
    g_assert_null(error);
    g_assert_cmpint(o.rows, ==, rows);
    g_assert_cmpint(o.time, ==, time);
    g_assert_cmpstr(o.filter, ==, filter);
}

static void test_options(void)
{
    expect("", RR_MESSAGES, RR_TIME_ISO, NULL);
    expect(",rows=messages", RR_MESSAGES, RR_TIME_ISO, NULL);
    expect(",time=epoch,rows=connections", RR_CONNECTIONS, RR_TIME_EPOCH, NULL);
}

static void test_filter_is_the_rest(void)
{
    expect(",tcp.port in {80,443}", RR_MESSAGES, RR_TIME_ISO, "tcp.port in {80,443}");
    expect(",rows=exchanges,a==b,time=epoch", RR_EXCHANGES, RR_TIME_ISO, "a==b,time=epoch");
    expect(",time=epoch,filter=rows=1,2", RR_MESSAGES, RR_TIME_EPOCH, "rows=1,2");
}

static void refuse(const char *text, const char *named, const char *allowed)
{
    struct rr_options o;
    char *error = NULL;
    g_assert_false(rr_options_parse(text, &o, &error));
    g_assert_nonnull(strstr(error, named));
    g_assert_nonnull(strstr(error, allowed));
    g_assert_null(strchr(error, '\n'));
    g_free(error);
}

static void test_errors_name_it_and_what_is_allowed(void)
{
    refuse(",rows=", "rows=", "messages, exchanges or connections");
    refuse(",rows=message", "rows=message", "messages, exchanges or connections");
    refuse(",rows=messagesx,time=iso", "\"rows=messagesx\"", "messages, exchanges or connections");
    refuse(",time=utc", "time=utc", "iso or epoch");
    refuse(",row=messages", "row=messages", "rows=messages|exchanges|connections");
    refuse(",x=\"\n\"", "\\n", "time=iso|epoch");
    refuse("x", "\"x\"", "filter=");
    refuse(",", "\",\"", "filter=");
    refuse(",rows=messages,", "\",\"", "filter=");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/options/options", test_options);
    g_test_add_func("/options/filter_is_the_rest", test_filter_is_the_rest);
    g_test_add_func("/options/errors", test_errors_name_it_and_what_is_allowed);
    return g_test_run();
}
