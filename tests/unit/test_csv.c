/* Rows as a reader of RFC 4180 finds them. */
#include <glib.h>
#include <string.h>
#include <time.h>

#include "sample.h"
#include "written.h"

static char *exchange_row(const struct rr_exchange *x, const char *options)
{
    char *all = g_strconcat(",rows=exchanges", options, NULL);
    char *text = written(all, &(struct rr_row){ .connection = x->connection, .exchange = x }, 1);
    char *row = g_strdup(strchr(text, '\n') + 1);
    g_free(all);
    g_free(text);
    return row;
}

static void test_head(void)
{
    for (int noun = 0; noun < RR_NOUN_COUNT; noun++) {
        GString *names = g_string_new(NULL);
        for (size_t i = 0; i < rr_columns[noun]->count; i++)
            if (rr_columns[noun]->column[i].name && rr_columns[noun]->column[i].when == RR_ALWAYS)
                g_string_append_printf(names, "%s%s", i ? "," : "", rr_columns[noun]->column[i].name);
        g_string_append(names, "\r\n");
        char *options = g_strconcat(",rows=", rr_columns[noun]->name, NULL);
        char *text = written(options, NULL, 0);
        g_assert_cmpstr(text, ==, names->str);
        g_free(options);
        g_string_free(names, TRUE);
        g_free(text);
    }
}

static void test_row(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    char *iso = exchange_row(&x, ""), *epoch = exchange_row(&x, ",time=epoch");
    g_assert_cmpstr(
        iso, ==,
        "5,1,e66e992d79f71a9f,7,http,10.0.0.1,40000,10.0.0.2,80,answered,exact,end,"
        "2021-10-28T04:07:01.846121000Z,2021-10-28T04:07:01.846121010Z,"
        "2021-10-28T04:07:01.846206010Z,2021-10-28T04:07:01.846206510Z,0.000085000,0.000085510,"
        "0.000000010,0.000000500,,4,7,13,100,2,2,10,3,GET / HTTP/1.1,0.000000100,0.000000020,0.000082980,"
        "0.000000000,0.000002000,0.000000000,0.000000000,0.000000000,0.000000000,turn,,,tcp\r\n");
    g_assert_cmpstr(
        iso, ==,
        "5,1,e66e992d79f71a9f,7,http,10.0.0.1,40000,10.0.0.2,80,answered,exact,end,"
        "2021-10-28T04:07:01.846121000Z,2021-10-28T04:07:01.846121010Z,"
        "2021-10-28T04:07:01.846206010Z,2021-10-28T04:07:01.846206510Z,0.000085000,0.000085510,"
        "0.000000010,0.000000500,,4,7,13,100,2,2,10,3,GET / HTTP/1.1,0.000000100,0.000000020,0.000082980,"
        "0.000000000,0.000002000,0.000000000,0.000000000,0.000000000,0.000000000,turn,,,tcp\r\n");
    g_assert_cmpstr(epoch, ==,
                    "5,1,e66e992d79f71a9f,7,http,10.0.0.1,40000,10.0.0.2,80,answered,exact,end,"
                    "1635394021.846121000,1635394021.846121010,1635394021.846206010,1635394021.846206510,"
                    "0.000085000,0.000085510,0.000000010,0.000000500,,4,7,13,100,2,2,10,3,GET / "
                    "HTTP/1.1,0.000000100,0.000000020,0.000082980,"
                    "0.000000000,0.000002000,0.000000000,0.000000000,0.000000000,0.000000000,turn,,,tcp\r\n");
    g_free(iso);
    g_free(epoch);
}

static void test_flags(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    char *text = written("", &(struct rr_row){ &c, &x, &x.response, NULL }, 1);
    g_assert_nonnull(strstr(text, ",2,100,10,3,false,end,0.000085000,5,HTTP/1.1 200 OK,tcp\r\n"));
    g_free(text);
    text = written("", &(struct rr_row){ &c, &x, &x.request, NULL }, 1);
    g_assert_nonnull(strstr(text, ",2,13,0,0,true,response,0.000085000,7,GET / HTTP/1.1,tcp\r\n"));
    g_free(text);
}

static const struct {
    const char *summary, *cell;
} quoted[] = {
    { NULL, "" },
    { "", "" },
    { "plain", "plain" },
    { "a,b", "\"a,b\"" },
    { "say \"hi\"", "\"say \"\"hi\"\"\"" },
    { "\"", "\"\"\"\"" },
    { "a\rb", "\"a\rb\"" },
    { "a\nb", "\"a\nb\"" },
    { " spaces ", " spaces " },
    { "=1+1", "'=1+1" },
    { "+OK", "'+OK" },
    { "-ERR no", "'-ERR no" },
    { "@SUM(1)", "'@SUM(1)" },
    { "=\"a\",b", "\"'=\"\"a\"\",b\"" },
    { " =1", "' =1" },
    { "\t=1", "'\t=1" },
    { "\r=1", "\"'\r=1\"" },
    { "\xef\xbc\x9d"
      "1",
      "'\xef\xbc\x9d"
      "1" },
    { "'=1", "''=1" },
    { "'", "''" },
    { "a=1", "a=1" },
    { ":1", ":1" },
    { "\xef\xbc\x9e"
      "1",
      "\xef\xbc\x9e"
      "1" },
    { "caf\xc3\xa9; 1\t2", "caf\xc3\xa9; 1\t2" },
};

static void test_quotes(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    for (size_t i = 0; i < G_N_ELEMENTS(quoted); i++) {
        x.request.summary = quoted[i].summary;
        char *row = exchange_row(&x, ""), *part = g_strconcat(",10,3,", quoted[i].cell, ",", NULL);
        g_assert_nonnull(strstr(row, part));
        g_free(row);
        g_free(part);
    }
}

#define SECOND INT64_C(1000000000)

static const struct {
    int64_t ns;
    const char *iso, *seconds;
} moments[] = {
    { 0, "1970-01-01T00:00:00.000000000Z", "0.000000000" },
    { 1, "1970-01-01T00:00:00.000000001Z", "0.000000001" },
    { -1, "1969-12-31T23:59:59.999999999Z", "-0.000000001" },
    { -SECOND, "1969-12-31T23:59:59.000000000Z", "-1.000000000" },
    { -86400 * SECOND, "1969-12-31T00:00:00.000000000Z", "-86400.000000000" },
    { -86400 * SECOND - 1, "1969-12-30T23:59:59.999999999Z", "-86400.000000001" },
    { 951782399 * SECOND, "2000-02-28T23:59:59.000000000Z", "951782399.000000000" },
    { 951782400 * SECOND, "2000-02-29T00:00:00.000000000Z", "951782400.000000000" },
    { 951868800 * SECOND, "2000-03-01T00:00:00.000000000Z", "951868800.000000000" },
    { 1709164800 * SECOND, "2024-02-29T00:00:00.000000000Z", "1709164800.000000000" },
    { 4107542400 * SECOND, "2100-03-01T00:00:00.000000000Z", "4107542400.000000000" },
    { RR_SAMPLE_TIME, "2021-10-28T04:07:01.846121000Z", "1635394021.846121000" },
    { INT64_MAX, "2262-04-11T23:47:16.854775807Z", "9223372036.854775807" },
    { INT64_MIN, "1677-09-21T00:12:43.145224192Z", "-9223372036.854775808" },
};

static void test_moments(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_unanswered(&c);
    for (size_t i = 0; i < G_N_ELEMENTS(moments); i++) {
        x.request.first_time = x.request.last_time = moments[i].ns;
        char *iso = exchange_row(&x, ""), *epoch = exchange_row(&x, ",time=epoch");
        char **iso_cells = g_strsplit(iso, ",", 0), **epoch_cells = g_strsplit(epoch, ",", 0);
        g_assert_cmpstr(iso_cells[12], ==, moments[i].iso);
        g_assert_cmpstr(epoch_cells[12], ==, moments[i].seconds);
        g_strfreev(iso_cells);
        g_strfreev(epoch_cells);
        g_free(iso);
        g_free(epoch);
    }
}

/* Every 17th day of five centuries; as GLib has it into `wanted`. */
static void write_days(struct rr_writer *w, void *wanted)
{
    struct rr_connection c = rr_sample_connection();
    GDateTime *start = g_date_time_new_utc(1700, 1, 1, 12, 0, 0);
    for (int day = 0; day < 500 * 365; day += 17) {
        GDateTime *then = g_date_time_add_days(start, day);
        char *line = g_date_time_format(then, "%Y-%m-%dT12:00:00.000000000Z\r\n");
        c.first.time = g_date_time_to_unix(then) * SECOND;
        rr_writer_row(w, &(struct rr_row){ .connection = &c });
        g_string_append(wanted, line);
        g_free(line);
        g_date_time_unref(then);
    }
    g_date_time_unref(start);
}

static void test_calendar(void)
{
    GString *wanted = g_string_new("start\r\n");
    char *got = written_by(",rows=connections,columns=start", write_days, wanted);
    g_assert_cmpstr(got, ==, wanted->str);
    g_free(got);
    g_string_free(wanted, TRUE);
}

static void test_negative_latency(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    x.response.first_time = x.request.last_time - 85000;
    char *row = exchange_row(&x, "");
    g_assert_nonnull(strstr(row, ",-0.000085000,"));
    g_free(row);
}

static void test_many_rows(void)
{
    enum { ROWS = 5000 };
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    char *text = written(",rows=exchanges", &(struct rr_row){ .connection = &c, .exchange = &x }, ROWS);
    char **lines = g_strsplit(text, "\r\n", 0);
    g_assert_cmpuint(g_strv_length(lines), ==, ROWS + 2);
    for (int i = 2; i <= ROWS; i++)
        g_assert_cmpstr(lines[i], ==, lines[1]);
    g_strfreev(lines);
    g_free(text);
}

static void test_full_disk(void)
{
    if (!g_file_test("/dev/full", G_FILE_TEST_EXISTS)) {
        g_test_skip("no /dev/full here");
        return;
    }
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    struct rr_options *o = options_of(",rows=exchanges,to=/dev/full");
    char *error = NULL;
    struct rr_writer *w = rr_writer_new(o, NULL, &error);
    for (int again = 1; again <= 2; again++) {
        for (int i = 0; i < 1000; i++)
            rr_writer_row(w, &(struct rr_row){ .connection = &c, .exchange = &x });
        g_assert_false(rr_writer_flush(w, &error));
        char *expected = g_strdup_printf(
            "/dev/full: No space left on device; up to %d of %d rows lost, and all after them", 1000 * again,
            1000 * again);
        g_assert_cmpstr(error, ==, expected);
        g_free(expected);
        g_free(error);
    }
    rr_writer_free(w, true);
    rr_options_free(o);
}

static void test_no_header(void)
{
    char *text = written(",header=no,columns=id", NULL, 0);
    g_assert_cmpstr(text, ==, "");
    g_free(text);
}

static void test_columns_and_tags(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    struct rr_row row = { .connection = &c, .exchange = &x };
    char *text = written(
        ",rows=exchanges,columns=latency:direction_from:exchange,tag.where=a \"b\",tag.who=c", &row, 1);
    g_assert_cmpstr(text, ==,
                    "latency,direction_from,exchange,where,who\r\n0.000085000,syn,5,\"a \"\"b\"\"\",c\r\n");
    g_free(text);
    text = written(",rows=exchanges,columns=+direction_from:request_missing", &row, 1);
    g_assert_nonnull(strstr(text, ",pairing,depth,interim,transport,direction_from,request_missing\r\n"));
    g_assert_true(g_str_has_suffix(text, ",turn,,,tcp,syn,0\r\n"));
    g_free(text);
}

static void test_payload(void)
{
    static const uint8_t bytes[] = "a,\"b\"\r\n\0";
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    struct rr_bytes payload[2] = { { bytes, sizeof bytes - 1, true }, { NULL, 0, false } };
    struct rr_row row = { &c, &x, &x.request, payload };
    char *text = written(",columns=+payload,payload=text", &row, 1);
    g_assert_nonnull(strstr(text, ",peer_frame,summary,transport,payload,payload_cut\r\n"));
    g_assert_true(g_str_has_suffix(text, ",GET / HTTP/1.1,tcp,\"a,\"\"b\"\"\r\n\\x00\",true\r\n"));
    g_free(text);
    text = written(",payload=hex", &row, 1);
    g_assert_true(g_str_has_suffix(text, ",GET / HTTP/1.1,tcp,612c2262220d0a00,true\r\n"));
    g_free(text);
    text = written(",payload=base64,columns=payload:id", &(struct rr_row){ &c, &x, &x.response, payload }, 1);
    g_assert_cmpstr(text, ==, "payload,payload_cut,id\r\n,false,e66e992d79f71a9f\r\n");
    g_free(text);
}

static void test_local_time(void)
{
    static const struct {
        const char *zone, *time;
    } zones[] = {
        { "XYZ-8", "2021-10-28T12:07:01.846121000+08:00" },
        { "UTC", "2021-10-28T04:07:01.846121000+00:00" },
        { "XYZ3:30", "2021-10-28T00:37:01.846121000-03:30" },
        { "XYZ-5:45", "2021-10-28T09:52:01.846121000+05:45" },
        { "EST5EDT,M3.2.0,M11.1.0", "2021-10-28T00:07:01.846121000-04:00" },
    };
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    for (size_t i = 0; i < G_N_ELEMENTS(zones); i++) {
        g_setenv("TZ", zones[i].zone, TRUE);
        tzset();
        char *text = written(",rows=exchanges,header=no,time=local,columns=request_start",
                             &(struct rr_row){ .connection = &c, .exchange = &x }, 1);
        g_strchomp(text);
        g_assert_cmpstr(text, ==, zones[i].time);
        g_free(text);
    }
    g_setenv("TZ", "UTC", TRUE);
    tzset();
}

/* `-m perf` tells what a row costs. */
static void test_cost(void)
{
    enum { ROWS = 1000000 };
    if (!g_test_perf()) {
        g_test_skip("only with -m perf");
        return;
    }
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    struct rr_options *o = options_of(",rows=exchanges,to=/dev/null");
    char *error = NULL;
    struct rr_writer *w = rr_writer_new(o, NULL, &error);
    g_test_timer_start();
    for (int i = 0; i < ROWS; i++)
        rr_writer_row(w, &(struct rr_row){ .connection = &c, .exchange = &x });
    double cost = g_test_timer_elapsed() * 1e9 / ROWS;
    g_test_minimized_result(cost, "%.0f ns a row", cost);
    rr_writer_free(w, true);
    rr_options_free(o);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/csv/head", test_head);
    g_test_add_func("/csv/row", test_row);
    g_test_add_func("/csv/flags", test_flags);
    g_test_add_func("/csv/quotes", test_quotes);
    g_test_add_func("/csv/moments", test_moments);
    g_test_add_func("/csv/calendar", test_calendar);
    g_test_add_func("/csv/negative-latency", test_negative_latency);
    g_test_add_func("/csv/many-rows", test_many_rows);
    g_test_add_func("/csv/full-disk", test_full_disk);
    g_test_add_func("/csv/no-header", test_no_header);
    g_test_add_func("/csv/columns-and-tags", test_columns_and_tags);
    g_test_add_func("/csv/payload", test_payload);
    g_test_add_func("/csv/local-time", test_local_time);
    g_test_add_func("/csv/cost", test_cost);
    return g_test_run();
}
