/* Rows as JSON, one object a line. */
#include <string.h>

#include "sample.h"
#include "written.h"

static char *cell_of(const char *options, const struct rr_row *row)
{
    char *all = g_strconcat(",format=ndjson", options, NULL), *text = written(all, row, 1);
    g_free(all);
    return text;
}

static void expect(const char *options, const struct rr_row *row, const char *object)
{
    char *text = cell_of(options, row);
    g_assert_cmpstr(text, ==, object);
    g_free(text);
}

static void test_kinds(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    struct rr_row row = { &c, &x, &x.response, NULL };
    expect(",columns=exchange:message:id:src_port:first_frame:latency:complete:summary", &row,
           "{\"exchange\":5,\"message\":\"response\",\"id\":\"e66e992d79f71a9f\",\"src_port\":80,\"first_"
           "frame\":7,"
           "\"latency\":0.000085000,\"complete\":false,\"summary\":\"HTTP/1.1 200 OK\"}\n");
    expect(",columns=start", &row, "{\"start\":\"2021-10-28T04:07:01.846206010Z\"}\n");
    expect(",columns=start,time=epoch", &row, "{\"start\":1635394021.846206010}\n");
    expect(",columns=id,tag.a=\"b\\", &row, "{\"id\":\"e66e992d79f71a9f\",\"a\":\"\\\"b\\\\\"}\n");
}

static void test_unknown_is_null(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_unanswered(&c);
    expect(",rows=exchanges,columns=latency:response_start:evidence:response_frame:response_complete",
           &(struct rr_row){ .connection = &c, .exchange = &x },
           "{\"latency\":null,\"response_start\":null,\"evidence\":null,\"response_frame\":null,"
           "\"response_complete\":null}\n");
}

static const struct {
    const char *summary, *string;
} strings[] = {
    { "plain", "plain" },
    { "\"", "\\\"" },
    { "a\\x00", "a\\\\x00" },
    { "caf\xc3\xa9 \xf0\x9f\x90\xb5", "caf\xc3\xa9 \xf0\x9f\x90\xb5" },
    { "a\nb\x01\x7f", "a\\nb\\u0001\\u007f" },
};

static void test_strings(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    for (size_t i = 0; i < G_N_ELEMENTS(strings); i++) {
        x.request.summary = strings[i].summary;
        char *object = g_strdup_printf("{\"summary\":\"%s\"}\n", strings[i].string);
        expect(",columns=summary", &(struct rr_row){ &c, &x, &x.request, NULL }, object);
        g_free(object);
    }
}

static void test_payload(void)
{
    static const uint8_t bytes[] = "say \"\xc3\xa9\"\t\r\n\0\xff\x7f\xc2\x85";
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    struct rr_bytes payload[2] = { { bytes, sizeof bytes - 1, false }, { bytes, 3, true } };
    struct rr_row row = { &c, &x, &x.request, payload }, answer = { &c, &x, &x.response, payload };
    expect(",columns=payload", &row,
           "{\"payload\":\"7361792022c3a922090d0a00ff7fc285\",\"payload_cut\":false}\n");
    expect(",columns=payload,payload=base64", &row,
           "{\"payload\":\"c2F5ICLDqSIJDQoA/3/ChQ==\",\"payload_cut\":false}\n");
    expect(",columns=payload,payload=text", &row,
           "{\"payload\":\"say "
           "\\\"\xc3\xa9\\\"\\t\\r\\n\\\\x00\\\\xff\\\\x7f\\\\xc2\\\\x85\",\"payload_cut\":false}\n");
    expect(",columns=payload,payload=text", &answer, "{\"payload\":\"say\",\"payload_cut\":true}\n");
    x.request = (struct rr_message){ 0 };
    expect(",rows=exchanges,columns=payload", &(struct rr_row){ &c, &x, NULL, payload },
           "{\"request_payload\":null,\"request_payload_cut\":null,\"response_payload\":\"736179\","
           "\"response_payload_cut\":true}\n");
}

/* All columns of all rows, empty or not, with one line end a row. */
static void test_whole(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    const struct rr_row rows[RR_NOUN_COUNT] = {
        [RR_MESSAGES] = { &c, &x, &x.request, NULL },
        [RR_EXCHANGES] = { .connection = &c, .exchange = &x },
        [RR_CONNECTIONS] = { .connection = &c },
    };
    for (int noun = 0; noun < RR_NOUN_COUNT; noun++) {
        char *options = g_strconcat(",rows=", rr_columns[noun]->name, NULL);
        char *text = cell_of(options, &rows[noun]);
        for (size_t i = 0; i < rr_columns[noun]->count; i++) {
            const struct rr_column *column = &rr_columns[noun]->column[i];
            char *key = g_strdup_printf("\"%s\":", column->name ? column->name : "");
            g_assert_cmpint(strstr(text, key) != NULL, ==, column->name && column->when == RR_ALWAYS);
            g_free(key);
        }
        g_assert_true(strchr(text, '\n') == text + strlen(text) - 1);
        g_free(text);
        g_free(options);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ndjson/kinds", test_kinds);
    g_test_add_func("/ndjson/unknown-is-null", test_unknown_is_null);
    g_test_add_func("/ndjson/strings", test_strings);
    g_test_add_func("/ndjson/payload", test_payload);
    g_test_add_func("/ndjson/whole", test_whole);
    return g_test_run();
}
