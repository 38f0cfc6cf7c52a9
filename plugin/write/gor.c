#include <string.h>

#include "write/format.h"
#include "write/numbers.h"

/* GoReplay's file format: "TYPE ID START DURATION" in a line, the message as it is, and a line that parts it
 * from the next.  TYPE is 1 for a request, 2 for a response; both have the same ID; times are nanoseconds. */

static const char separator[] = "\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n";

/* What is kept are messages that were not written, by key_of(): they are once a later row has all of them. */
static void *gor_begin(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

static void gor_end(void *state)
{
    g_hash_table_destroy(state);
}

static char *gor_remark(void *state)
{
    guint count = g_hash_table_size(state);
    if (!count)
        return NULL;
    return g_strdup_printf(
        "%u messages left out: they are longer than payload-max, were not captured whole, or hold "
        "the line that parts messages",
        count);
}

static bool is_request(const struct rr_row *row)
{
    return row->message == &row->exchange->request;
}

static uint64_t key_of(const struct rr_row *row)
{
    return rr_exchange_id(row->exchange) ^ is_request(row);
}

static void put_head(GString *out, const struct rr_row *row)
{
    const struct rr_message *m = row->message;
    g_string_append(out, is_request(row) ? "1 " : "2 ");
    rr_put_id(out, rr_exchange_id(row->exchange));
    g_string_append_printf(out, " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", m->first_time,
                           rr_span(m->first_time, m->last_time));
}

static const char *find(const char *at, const char *end)
{
    size_t length = strlen(separator);
    for (; (size_t)(end - at) >= length && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        if ((size_t)(end - at) >= length && memcmp(at, separator, length) == 0)
            return at;
    return NULL;
}

/* False, and nothing written, where a reader would find other bytes in it. */
static bool put_whole(GString *out, const struct rr_row *row, const struct rr_bytes *payload)
{
    gsize start = out->len;
    if (payload->cut)
        return false;
    put_head(out, row);
    g_string_append_len(out, (const char *)payload->at, (gssize)payload->length);
    gsize end = out->len;
    g_string_append(out, separator);
    if (find(out->str + start, out->str + out->len) == out->str + end)
        return true;
    g_string_truncate(out, start);
    return false;
}

/* What is replayed must not be replayed twice: a message is written once, when it is whole.  Nobody asked for
 * a push, and without its request an answer is of no use. */
static void gor_row(GString *out, const struct rr_layout *layout, const struct rr_row *row)
{
    GHashTable *left_out = layout->state;
    const struct rr_exchange *x = row->exchange;
    uint64_t key = key_of(row);
    bool wanted = !rr_is_push(x) && rr_seen(&x->request) && row->payload;
    if (!wanted || (row->message->part > 1 && !g_hash_table_contains(left_out, &key)))
        return;
    if (put_whole(out, row, &row->payload[is_request(row) ? RR_CLIENT : RR_SERVER]))
        g_hash_table_remove(left_out, &key);
    else
        g_hash_table_add(left_out, g_memdup2(&key, sizeof key));
}

const struct rr_format rr_format_gor = {
    .name = "gor",
    .nouns = RR_ROWS_OF(RR_MESSAGES),
    .usual = RR_MESSAGES,
    .has = RR_HAS_BYTES,
    .begin = gor_begin,
    .end = gor_end,
    .remark = gor_remark,
    .row = gor_row,
};
