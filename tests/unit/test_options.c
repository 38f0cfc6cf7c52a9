/* The text after `-z reqresp,export`. */
#include <glib.h>
#include <string.h>

#include "sample.h"
#include "written.h"

static void expect(const char *text, enum rr_noun rows, enum rr_time_style time, const char *filter)
{
    struct rr_options *o = options_of(text);
    g_assert_cmpint(o->rows, ==, rows);
    g_assert_cmpint(o->time, ==, time);
    g_assert_cmpstr(o->filter, ==, filter);
    rr_options_free(o);
}

static void test_options(void)
{
    expect("", RR_MESSAGES, RR_TIME_ISO, NULL);
    expect(",rows=messages", RR_MESSAGES, RR_TIME_ISO, NULL);
    expect(",time=epoch,rows=connections", RR_CONNECTIONS, RR_TIME_EPOCH, NULL);
    expect(",time=local", RR_MESSAGES, RR_TIME_LOCAL, NULL);
    expect(",format=text", RR_EXCHANGES, RR_TIME_ISO, NULL);
    expect(",format=ndjson", RR_MESSAGES, RR_TIME_ISO, NULL);
}

static void test_filter_is_the_rest(void)
{
    expect(",tcp.port in {80,443}", RR_MESSAGES, RR_TIME_ISO, "tcp.port in {80,443}");
    expect(",rows=exchanges,a==b,time=epoch", RR_EXCHANGES, RR_TIME_ISO, "a==b,time=epoch");
    expect(",time=epoch,filter=rows=1,2", RR_MESSAGES, RR_TIME_EPOCH, "rows=1,2");
    expect(",tcp.port==80,rows=1", RR_MESSAGES, RR_TIME_ISO, "tcp.port==80,rows=1");
    expect(",frame.time>=\"2021-01-01\"", RR_MESSAGES, RR_TIME_ISO, "frame.time>=\"2021-01-01\"");
    expect(",min==5", RR_MESSAGES, RR_TIME_ISO, "min==5");
    expect(",min<=5", RR_MESSAGES, RR_TIME_ISO, "min<=5");
    expect(",helpful", RR_MESSAGES, RR_TIME_ISO, "helpful");
    expect(",!tcp", RR_MESSAGES, RR_TIME_ISO, "!tcp");
}

static void refuse(const char *text, const char *named, const char *allowed)
{
    char *error = NULL;
    g_assert_null(rr_options_parse(text, &error));
    g_assert_nonnull(strstr(error, named));
    g_assert_nonnull(strstr(error, allowed));
    g_assert_null(strchr(error, '\n'));
    g_free(error);
}

static void test_errors_name_it_and_what_is_allowed(void)
{
    static const char others[] = "rows=messages|exchanges|connections, format=csv|";
    refuse(",rows=", "rows=", "messages|exchanges|connections");
    refuse(",rows=message", "rows=message", "messages|exchanges|connections");
    refuse(",rows=messagesx,time=iso", "\"rows=messagesx\"", "messages|exchanges|connections");
    refuse(",time=utc", "time=utc", "iso|epoch|local");
    refuse(",row=messages", "row=messages", others);
    refuse(",tcp.port=80", "\"tcp.port=80\" is not an option", others);
    refuse(",x=\"\n\"", "\\n", others);
    refuse("x", "\"x\"", others);
    refuse(",", "\",\"", others);
    refuse(",rows=messages,", "\",\"", others);
    refuse(",filter=", "\"filter=\"", "filter=FILTER");
    refuse(",to=", "\"to=\"", "to=FILE");
    refuse(",header=maybe", "\"header=maybe\"", "header=yes|no");
    refuse(",rows=messages,rows=messages", "\"rows=messages\"", "twice");
}

static void test_what_does_not_go_together(void)
{
    refuse(",header=no,format=ndjson", "\"header=no\"", "does not go with format=ndjson");
    refuse(",format=text,rows=messages", "\"rows=messages\"", "does not go with format=text");
    refuse(",format=text,columns=id", "\"columns=id\"", "does not go with format=text");
    refuse(",format=text,time=iso", "\"time=iso\"", "does not go with format=text");
    refuse(",format=text,tag.a=b", "\"tag.a=b\"", "does not go with format=text");
    refuse(",slower=1s,rows=connections", "\"slower=1s\"", "does not go with rows=connections");
    refuse(",min=1,rows=connections", "\"min=1\"", "does not go with rows=connections");
}

static void test_columns(void)
{
    refuse(",columns=", "\"columns=\"", "no column");
    refuse(",columns=id:nothing", "\"nothing\"", "rows=messages has exchange message");
    refuse(",columns=id:id", "\"id\"", "there already");
    refuse(",columns=+id", "\"id\"", "there already");
    refuse(",columns=id:", "\"\"", "no column");
    refuse(",rows=exchanges,columns=push.start", "push.start", "no column");
    struct rr_options *o = options_of(",columns=id:exchange,rows=exchanges");
    g_assert_cmpuint(o->column_count, ==, 2);
    g_assert_cmpstr(o->columns[0]->name, ==, "id");
    g_assert_cmpstr(o->columns[1]->name, ==, "exchange");
    rr_options_free(o);
}

static void expect_payload(const char *text, bool with, enum rr_payload_style style, size_t most)
{
    struct rr_options *o = options_of(text);
    g_assert_cmpint(o->with_payload, ==, with);
    g_assert_cmpuint(o->payload_max, ==, most);
    if (with)
        g_assert_cmpint(o->payload, ==, style);
    rr_options_free(o);
}

static void test_payload(void)
{
    expect_payload("", false, RR_PAYLOAD_HEX, 65536);
    expect_payload(",payload=none", false, RR_PAYLOAD_HEX, 65536);
    expect_payload(",payload=hex", true, RR_PAYLOAD_HEX, 65536);
    expect_payload(",payload=text,payload-max=10", true, RR_PAYLOAD_TEXT, 10);
    expect_payload(",columns=+payload,payload-max=1G", true, RR_PAYLOAD_HEX, 1 << 30);
    expect_payload(",columns=id:payload_cut,payload=base64", true, RR_PAYLOAD_BASE64, 65536);
    expect_payload(",rows=exchanges,columns=request_payload", true, RR_PAYLOAD_HEX, 65536);
    refuse(",payload=yes", "\"payload=yes\"", "hex|base64|text|none");
    refuse(",payload-max=10", "\"payload-max=10\"", "nothing to cut");
    refuse(",payload=hex,payload-max=0", "\"payload-max=0\"", "payload-max=BYTES");
    refuse(",payload=hex,payload-max=2G", "\"payload-max=2G\"", "payload-max=BYTES");
    refuse(",payload=none,columns=+payload", "\"payload=none\"", "does not go with columns");
    refuse(",payload=hex,rows=connections", "\"payload=hex\"", "does not go with rows=connections");
    refuse(",payload=hex,format=text", "\"payload=hex\"", "does not go with format=text");
    expect_payload(",columns=payload:payload_cut", true, RR_PAYLOAD_HEX, 65536);
    refuse(",rows=connections,columns=payload", "\"payload\"", "no column");
    refuse(",rows=exchanges,columns=payload:payload", "\"payload\"", "no column");
}

static void test_tags(void)
{
    struct rr_options *o = options_of(",tag.system=KAP,tag.sub_1=two words=x");
    g_assert_cmpuint(o->tag_count, ==, 2);
    g_assert_cmpstr(o->tags[0].name, ==, "system");
    g_assert_cmpstr(o->tags[0].value, ==, "KAP");
    g_assert_cmpstr(o->tags[1].name, ==, "sub_1");
    g_assert_cmpstr(o->tags[1].value, ==, "two words=x");
    rr_options_free(o);
    o = options_of(",tag.a=x\\,y\\z\\\\,rows=exchanges\\,1,rows=messages");
    g_assert_cmpstr(o->tags[0].value, ==, "x,y\\z\\,rows=exchanges,1");
    rr_options_free(o);
    refuse(",tag.=x", "\"tag.=x\"", "letters");
    refuse(",tag.a-b=x", "\"tag.a-b=x\"", "letters");
    refuse(",tag.1=x", "\"tag.1=x\"", "letters");
    refuse(",tag._a=x", "\"tag._a=x\"", "letters");
    refuse(",tag.a=", "\"tag.a=\"", "tag.NAME=TEXT");
    refuse(",tag.a=\xff", "\"tag.a=\\377\"", "tag.NAME=TEXT");
    refuse(",tag.Id=x", "\"tag.Id\"", "there already");
    refuse(",tag.a=1,tag.A=2", "\"tag.A\"", "there already");
}

static const struct {
    const char *text;
    int64_t ns; /* RR_NEVER: not a time */
} times[] = {
    { "10ms", 10000000 },
    { "1.5s", 1500000000 },
    { "500us", 500000 },
    { "7ns", 7 },
    { "0ms", 0 },
    { "0.0005s", 500000 },
    { "999999999s", INT64_C(999999999000000000) },
    { "10", RR_NEVER },
    { "-1ms", RR_NEVER },
    { "ms", RR_NEVER },
    { "", RR_NEVER },
    { "1.s", RR_NEVER },
    { "1e3s", RR_NEVER },
    { "1 ms", RR_NEVER },
    { "1000000000s", RR_NEVER },
    { "1m", RR_NEVER },
    { "0x1s", RR_NEVER },
    { ".5s", RR_NEVER },
};

static void test_times(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        char *text = g_strconcat(",slower=", times[i].text, NULL);
        if (times[i].ns == RR_NEVER) {
            refuse(text, text + 1, "10ms");
        } else {
            struct rr_options *o = options_of(text);
            g_assert_cmpint(o->slower, ==, times[i].ns);
            rr_options_free(o);
        }
        g_free(text);
    }
}

static void test_sizes(void)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } sizes[] = { { "10", 10 },
                  { "0", 0 },
                  { "2k", 2048 },
                  { "3M", 3 << 20 },
                  { "999999999G", UINT64_C(999999999) << 30 } };
    static const char *const wrong[] = { "", "k", "-1", "1K", "1kb", "1.5k", "1000000000", "+1", " 1" };
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        char *text = g_strconcat(",min=", sizes[i].text, NULL);
        struct rr_options *o = options_of(text);
        g_assert_cmpuint(o->min, ==, sizes[i].bytes);
        rr_options_free(o);
        g_free(text);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        char *text = g_strconcat(",min=", wrong[i], NULL);
        refuse(text, text + 1, "min=BYTES");
        g_free(text);
    }
}

static bool selects(const char *text, const struct rr_row *row)
{
    struct rr_options *o = options_of(text);
    bool selected = rr_options_select(o, row);
    rr_options_free(o);
    return selected;
}

static void test_select(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange answered = rr_sample_answered(&c), unanswered = rr_sample_unanswered(&c);
    struct rr_exchange push = rr_sample_push(&c, &answered);
    struct rr_row request = { &c, &answered, &answered.request, NULL },
                  response = { &c, &answered, &answered.response, NULL };
    struct rr_row exchange = { .connection = &c, .exchange = &answered };
    g_assert_true(selects(",slower=85us", &exchange));
    g_assert_true(selects(",slower=85us", &request));
    g_assert_false(selects(",slower=85001ns", &exchange));
    g_assert_false(selects(",slower=85001ns", &response));
    g_assert_false(selects(",slower=0s", &(struct rr_row){ .connection = &c, .exchange = &unanswered }));
    g_assert_false(selects(",slower=0s", &(struct rr_row){ &c, &push, &push.response, NULL }));
    g_assert_true(selects(",min=13", &request));
    g_assert_false(selects(",min=14", &request));
    g_assert_true(selects(",min=110", &response)); /* as sent: 100 of them were captured */
    g_assert_false(selects(",min=111", &response));
    g_assert_true(selects(",rows=exchanges,min=110", &exchange));
    g_assert_false(selects(",rows=exchanges,min=111", &exchange));
    g_assert_true(selects(",rows=connections", &(struct rr_row){ .connection = &c }));
}

static void test_help(void)
{
    char *help = rr_options_help();
    g_assert_nonnull(strstr(help, "  rows=messages|exchanges|connections "));
    g_assert_nonnull(strstr(help, "  tag.NAME=TEXT "));
    g_free(help);
    struct rr_options *o = options_of(",help");
    g_assert_true(o->help);
    rr_options_free(o);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/options/options", test_options);
    g_test_add_func("/options/filter_is_the_rest", test_filter_is_the_rest);
    g_test_add_func("/options/errors", test_errors_name_it_and_what_is_allowed);
    g_test_add_func("/options/together", test_what_does_not_go_together);
    g_test_add_func("/options/columns", test_columns);
    g_test_add_func("/options/payload", test_payload);
    g_test_add_func("/options/tags", test_tags);
    g_test_add_func("/options/times", test_times);
    g_test_add_func("/options/sizes", test_sizes);
    g_test_add_func("/options/select", test_select);
    g_test_add_func("/options/help", test_help);
    return g_test_run();
}
