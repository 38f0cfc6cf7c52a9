/* The tables of columns: whole, consistent, and readable whatever a row is about. */
#include <glib.h>
#include <string.h>

#include "sample.h"

/* The contract: these come first, in this order. */
static const char *const promised[RR_NOUN_COUNT] = {
    [RR_MESSAGES] =
        "exchange,message,part,id,stream,protocol,src,src_port,dst,dst_port,start,end,first_frame,"
        "last_frame,segments,bytes,missing,repeats,complete,ended_by,latency,peer_frame,summary",
    [RR_EXCHANGES] =
        "exchange,part,id,stream,protocol,client,client_port,server,server_port,status,evidence,ended_by,"
        "request_start,request_end,response_start,response_end,latency,duration,request_spread,"
        "response_spread,think,request_frame,response_frame,request_bytes,response_bytes,request_segments,"
        "response_segments,missing,repeats,summary",
    [RR_CONNECTIONS] =
        "stream,id,client,client_port,server,server_port,direction_from,start,end,connect_time,syn_retries,"
        "synack_retries,exchanges,unanswered,pushes,request_bytes,response_bytes,push_bytes,client_missing,"
        "server_missing,client_repeats,server_repeats,closed_by,close,client_state,server_state",
};

static void test_promised(void)
{
    for (int noun = 0; noun < RR_NOUN_COUNT; noun++) {
        char **names = g_strsplit(promised[noun], ",", 0);
        const struct rr_columns *table = rr_columns[noun];
        for (size_t i = 0; names[i]; i++) {
            g_assert_cmpuint(i, <, table->count);
            g_assert_cmpstr(table->column[i].name, ==, names[i]);
        }
        g_strfreev(names);
    }
}

static void test_whole(void)
{
    for (int noun = 0; noun < RR_NOUN_COUNT; noun++)
        for (size_t i = 0; i < rr_columns[noun]->count; i++) {
            const struct rr_column *c = &rr_columns[noun]->column[i];
            g_assert_true(c->name || c->field);
            g_assert_nonnull(c->read);
            g_assert_cmpint(c->kind, <, RR_KIND_COUNT);
            g_assert_true(c->title && *c->title);
            g_assert_true(g_str_has_suffix(c->help, "."));
        }
}

static void test_names_once_a_table(void)
{
    for (int noun = 0; noun < RR_NOUN_COUNT; noun++) {
        const struct rr_columns *table = rr_columns[noun];
        for (size_t i = 0; i < table->count; i++)
            for (size_t j = i + 1; j < table->count; j++) {
                const struct rr_column *a = &table->column[i], *b = &table->column[j];
                g_assert_false(a->name && g_strcmp0(a->name, b->name) == 0);
                g_assert_false(a->field && g_strcmp0(a->field, b->field) == 0);
            }
    }
}

static void assert_field_agrees(const struct rr_column *a, const struct rr_columns *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct rr_column *b = &table->column[i];
        if (!b->field || strcmp(a->field, b->field) != 0)
            continue;
        g_assert_cmpint(a->kind, ==, b->kind);
        g_assert_cmpstr(a->title, ==, b->title);
        g_assert_cmpstr(a->help, ==, b->help);
        g_assert_true(a->read == b->read);
    }
}

static void test_field_is_one_thing(void)
{
    for (int noun = 0; noun < RR_NOUN_COUNT; noun++)
        for (size_t i = 0; i < rr_columns[noun]->count; i++)
            for (int other = 0; other < RR_NOUN_COUNT && rr_columns[noun]->column[i].field; other++)
                assert_field_agrees(&rr_columns[noun]->column[i], rr_columns[other]);
}

static char *cell_text(enum rr_kind kind, struct rr_cell cell)
{
    if (!cell.present)
        return g_strdup("");
    switch (kind) {
    case RR_TEXT:
        g_assert_true(cell.as.text && *cell.as.text);
        return g_strdup(cell.as.text);
    case RR_FLAG:
        return g_strdup(cell.as.flag ? "true" : "false");
    case RR_TIME:
        return g_strdup_printf("%+" G_GINT64_FORMAT, cell.as.ns - RR_SAMPLE_TIME);
    case RR_SPAN:
        return g_strdup_printf("%" G_GINT64_FORMAT, cell.as.ns);
    case RR_ID:
        return g_strdup("id");
    default:
        return g_strdup_printf("%" G_GUINT64_FORMAT, cell.as.count);
    }
}

/* "name=value" of each known cell; a tree-only one goes by its field. */
static char *row_text(enum rr_noun noun, const struct rr_row *row)
{
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < rr_columns[noun]->count; i++) {
        const struct rr_column *c = &rr_columns[noun]->column[i];
        char *value = cell_text(c->kind, c->read(row));
        if (*value)
            g_string_append_printf(out, "%s%s=%s", out->len ? " " : "",
                                   c->when == RR_ALWAYS && c->name ? c->name : c->field, value);
        g_free(value);
    }
    return g_string_free(out, FALSE);
}

static void assert_row(enum rr_noun noun, struct rr_row row, const char *expected)
{
    char *text = row_text(noun, &row);
    g_assert_cmpstr(text, ==, expected);
    g_free(text);
}

#define ENDS      "client=10.0.0.1 client_port=40000 server=10.0.0.2 server_port=80"
#define TO_SERVER "src=10.0.0.1 src_port=40000 dst=10.0.0.2 dst_port=80"
#define TO_CLIENT "src=10.0.0.2 src_port=80 dst=10.0.0.1 dst_port=40000"

static void test_answered(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_answered(&c);
    assert_row(RR_EXCHANGES, (struct rr_row){ &c, &x, NULL, NULL },
               "exchange=5 part=1 id=id stream=7 protocol=http " ENDS
               " status=answered evidence=exact ended_by=end request_start=+0 request_end=+10 "
               "response_start=+85010 response_end=+85510 latency=85000 duration=85510 request_spread=10 "
               "response_spread=500 request_frame=4 response_frame=7 request_bytes=13 response_bytes=100 "
               "request_segments=2 response_segments=2 missing=10 repeats=3 summary=GET / HTTP/1.1 "
               "direction_from=syn request.first_frame=4 request.last_frame=5 request.missing=0 "
               "request.repeats=0 request.complete=true response.first_frame=7 response.last_frame=9 "
               "response.missing=10 response.repeats=3 response.complete=false handshake=100 rtt=20 "
               "server_time=82980 request_lost=0 latency_lost=2000 response_lost=0 request_stalled=0 "
               "latency_stalled=0 response_stalled=0 pairing=turn transport=tcp");
    assert_row(
        RR_MESSAGES, (struct rr_row){ &c, &x, &x.request, NULL },
        "exchange=5 message=request part=1 id=id stream=7 protocol=http " TO_SERVER
        " start=+0 end=+10 first_frame=4 last_frame=5 segments=2 bytes=13 missing=0 repeats=0 "
        "complete=true ended_by=response latency=85000 peer_frame=7 summary=GET / HTTP/1.1 transport=tcp");
    assert_row(RR_MESSAGES, (struct rr_row){ &c, &x, &x.response, NULL },
               "exchange=5 message=response part=1 id=id stream=7 protocol=http " TO_CLIENT
               " start=+85010 end=+85510 first_frame=7 last_frame=9 segments=2 bytes=100 missing=10 "
               "repeats=3 complete=false ended_by=end latency=85000 peer_frame=5 summary=HTTP/1.1 200 OK "
               "transport=tcp");
}

static void test_unanswered(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_unanswered(&c);
    x.as.after = RR_SAMPLE_TIME - 400;
    assert_row(RR_EXCHANGES, (struct rr_row){ &c, &x, NULL, NULL },
               "exchange=5 part=1 id=id stream=7 protocol=http " ENDS
               " status=unanswered ended_by=client-fin request_start=+0 request_end=+10 request_spread=10 "
               "think=400 request_frame=4 request_bytes=13 request_segments=2 missing=0 repeats=0 "
               "summary=GET / HTTP/1.1 direction_from=syn request.first_frame=4 request.last_frame=5 "
               "request.missing=0 request.repeats=0 request.complete=true handshake=100 rtt=20 "
               "request_lost=0 request_stalled=0 pairing=turn transport=tcp");
    assert_row(RR_MESSAGES, (struct rr_row){ &c, &x, &x.request, NULL },
               "exchange=5 message=request part=1 id=id stream=7 protocol=http " TO_SERVER
               " start=+0 end=+10 first_frame=4 last_frame=5 segments=2 bytes=13 missing=0 repeats=0 "
               "complete=true ended_by=client-fin summary=GET / HTTP/1.1 transport=tcp");
}

static void test_unasked(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange x = rr_sample_unasked(&c);
    x.as.after = RR_SAMPLE_TIME - 400;
    assert_row(RR_EXCHANGES, (struct rr_row){ &c, &x, NULL, NULL },
               "exchange=5 part=1 id=id stream=7 protocol=http " ENDS
               " status=unasked evidence=exact ended_by=end response_start=+85010 response_end=+85510 "
               "response_spread=500 response_frame=7 request_bytes=0 response_bytes=100 request_segments=0 "
               "response_segments=2 missing=23 repeats=3 summary=HTTP/1.1 200 OK direction_from=syn "
               "request.missing=13 request.repeats=0 request.complete=false response.first_frame=7 "
               "response.last_frame=9 response.missing=10 response.repeats=3 response.complete=false rtt=20 "
               "response_lost=0 response_stalled=0 pairing=turn transport=tcp");
    assert_row(RR_MESSAGES, (struct rr_row){ &c, &x, &x.request, NULL },
               "exchange=5 message=request part=0 id=id stream=7 " TO_SERVER
               " segments=0 bytes=0 missing=13 repeats=0 complete=false transport=tcp");
    assert_row(RR_MESSAGES, (struct rr_row){ &c, &x, &x.response, NULL },
               "exchange=5 message=response part=1 id=id stream=7 protocol=http " TO_CLIENT
               " start=+85010 end=+85510 first_frame=7 last_frame=9 segments=2 bytes=100 missing=10 "
               "repeats=3 complete=false ended_by=end summary=HTTP/1.1 200 OK transport=tcp");
}

static void test_push(void)
{
    struct rr_connection c = rr_sample_connection();
    struct rr_exchange before = rr_sample_answered(&c);
    struct rr_exchange greeting = rr_sample_push(&c, NULL), later = rr_sample_push(&c, &before);
    assert_row(
        RR_EXCHANGES, (struct rr_row){ &c, &greeting, NULL, NULL },
        "part=1 id=id stream=7 protocol=http " ENDS
        " ended_by=end missing=10 repeats=3 summary=HTTP/1.1 200 OK direction_from=syn "
        "push.start=+85010 push.end=+85510 push.first_frame=7 push.last_frame=9 push.spread=500 "
        "push.bytes=100 push.segments=2 push.missing=10 push.repeats=3 push.complete=false transport=tcp");
    assert_row(RR_MESSAGES, (struct rr_row){ &c, &greeting, &greeting.response, NULL },
               "message=push part=1 id=id stream=7 protocol=http " TO_CLIENT
               " start=+85010 end=+85510 first_frame=7 last_frame=9 segments=2 bytes=100 missing=10 "
               "repeats=3 complete=false ended_by=end summary=HTTP/1.1 200 OK transport=tcp");
    assert_row(RR_MESSAGES, (struct rr_row){ &c, &later, &later.response, NULL },
               "exchange=5 message=push part=1 id=id stream=7 protocol=http " TO_CLIENT
               " start=+85010 end=+85510 first_frame=7 last_frame=9 segments=2 bytes=100 missing=10 "
               "repeats=3 complete=false ended_by=end summary=HTTP/1.1 200 OK transport=tcp");
}

static void test_connection(void)
{
    struct rr_connection c = rr_sample_connection(),
                         unknown = { .closed_by = -1, .rtt = { RR_NEVER, RR_NEVER } };
    assert_row(RR_CONNECTIONS, (struct rr_row){ &c, NULL, NULL, NULL },
               "stream=7 id=id " ENDS
               " direction_from=syn start=-200 end=+5000 connect_time=100 syn_retries=0 synack_retries=0 "
               "exchanges=1 unanswered=0 pushes=0 request_bytes=13 response_bytes=100 push_bytes=0 "
               "client_missing=0 server_missing=0 client_repeats=0 server_repeats=0 closed_by=client "
               "close=fin client_state=TIME_WAIT server_state=CLOSED part=1 server_rtt=20 transport=tcp");
    assert_row(RR_CONNECTIONS, (struct rr_row){ &unknown, NULL, NULL, NULL },
               "stream=0 id=id client_port=0 server_port=0 syn_retries=0 synack_retries=0 exchanges=0 "
               "unanswered=0 pushes=0 request_bytes=0 response_bytes=0 push_bytes=0 client_missing=0 "
               "server_missing=0 client_repeats=0 server_repeats=0 close=open part=0 transport=tcp");
}

/* Nothing of it was captured and nothing is known to be missing. */
static void test_empty(void)
{
    struct rr_connection c = { .closed_by = -1 };
    struct rr_exchange x = { .connection = &c, .as.after = RR_NEVER };
    assert_row(RR_EXCHANGES, (struct rr_row){ &c, &x, NULL, NULL },
               "exchange=0 part=0 id=id stream=0 client_port=0 server_port=0 status=open missing=0 repeats=0 "
               "pairing=turn transport=tcp");
    assert_row(RR_MESSAGES, (struct rr_row){ &c, &x, &x.request, NULL },
               "exchange=0 message=request part=0 id=id stream=0 src_port=0 dst_port=0 transport=tcp");
    assert_row(RR_MESSAGES, (struct rr_row){ &c, &x, &x.response, NULL },
               "exchange=0 message=response part=0 id=id stream=0 src_port=0 dst_port=0 transport=tcp");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/columns/promised", test_promised);
    g_test_add_func("/columns/whole", test_whole);
    g_test_add_func("/columns/names-once-a-table", test_names_once_a_table);
    g_test_add_func("/columns/field-is-one-thing", test_field_is_one_thing);
    g_test_add_func("/columns/answered", test_answered);
    g_test_add_func("/columns/unanswered", test_unanswered);
    g_test_add_func("/columns/unasked", test_unasked);
    g_test_add_func("/columns/push", test_push);
    g_test_add_func("/columns/connection", test_connection);
    g_test_add_func("/columns/empty", test_empty);
    return g_test_run();
}
