#include <string.h>

#include "write/numbers.h"
#include "write/sink.h"

#ifndef RR_HAS_SQLITE

const struct rr_format rr_format_sqlite = {
    .name = "sqlite",
    .nouns = RR_ROWS_OF_ALL,
    .missing = "is not built in: libsqlite3 was not there when this plugin was built",
};

#else

#include <unistd.h>

#include "write/place.h"
#include "write/schema.h"

/* A row waits as a sequence of these, each with the bytes of its value behind it. */
enum value { VALUE_NULL, VALUE_INTEGER, VALUE_REAL, VALUE_TEXT, VALUE_BLOB };

static void put_value(GString *out, enum value kind, const void *bytes, size_t length)
{
    g_string_append_c(out, (char)kind);
    g_string_append_len(out, bytes, (gssize)length);
}

static void put_long(GString *out, enum value kind, const void *bytes, size_t length)
{
    put_value(out, kind, &length, sizeof length);
    g_string_append_len(out, bytes, (gssize)length);
}

static void put_string(GString *out, const char *text)
{
    put_long(out, VALUE_TEXT, text, strlen(text));
}

static void put_number(GString *out, const struct rr_cell *cell)
{
    put_value(out, VALUE_INTEGER, &cell->as.count, sizeof cell->as.count);
}

static void put_flag(GString *out, const struct rr_cell *cell)
{
    int64_t number = cell->as.flag;
    put_value(out, VALUE_INTEGER, &number, sizeof number);
}

static void put_seconds(GString *out, const struct rr_cell *cell)
{
    double seconds = (double)cell->as.ns / 1e9;
    put_value(out, VALUE_REAL, &seconds, sizeof seconds);
}

static void put_text(GString *out, const struct rr_cell *cell)
{
    put_string(out, cell->as.text);
}

static void put_raw(GString *out, const struct rr_cell *cell)
{
    put_long(out, VALUE_BLOB, cell->as.bytes->at, cell->as.bytes->length);
}

/* What other formats write, too, goes into a text of its own first. */
#define PUT_TEXT_OF(name, write)                                                                             \
    static void put_##name(GString *out, const struct rr_cell *cell)                                         \
    {                                                                                                        \
        GString *text = g_string_new(NULL);                                                                  \
        write;                                                                                               \
        put_long(out, VALUE_TEXT, text->str, text->len);                                                     \
        g_string_free(text, TRUE);                                                                           \
    }

PUT_TEXT_OF(id, rr_put_id(text, cell->as.count))
PUT_TEXT_OF(utc, rr_put_time(text, cell->as.ns))
PUT_TEXT_OF(hex, rr_put_hex(text, cell->as.bytes->at, cell->as.bytes->length))
PUT_TEXT_OF(base64, rr_put_base64(text, cell->as.bytes->at, cell->as.bytes->length))

static void put_readable(GString *out, const struct rr_cell *cell)
{
    char *text = rr_readable(cell->as.bytes->at, cell->as.bytes->length);
    put_string(out, text);
    g_free(text);
}

static const rr_put put_cell[RR_FORMS] = {
    [RR_FORM_NUMBER] = put_number, [RR_FORM_ID] = put_id,         [RR_FORM_SECONDS] = put_seconds,
    [RR_FORM_UTC] = put_utc,       [RR_FORM_FLAG] = put_flag,     [RR_FORM_TEXT] = put_text,
    [RR_FORM_HEX] = put_hex,       [RR_FORM_BASE64] = put_base64, [RR_FORM_READABLE] = put_readable,
    [RR_FORM_RAW] = put_raw,
};

static void sqlite_row(GString *out, const struct rr_layout *layout, const struct rr_row *row)
{
    for (size_t i = 0; i < layout->slot_count; i++) {
        struct rr_cell cell = layout->slots[i].column->read(row);
        if (cell.present)
            layout->slots[i].put(out, &cell);
        else
            put_value(out, VALUE_NULL, NULL, 0);
    }
    for (size_t i = 0; i < layout->tag_count; i++)
        put_string(out, layout->tags[i].value);
}

struct database {
    sqlite3 *db;
    char *place;
    bool is_new; /* the file was not there */
    const struct rr_options *options;
    const struct rr_source *source;
    size_t columns;
    sqlite3_stmt *insert;
    sqlite3_int64 capture; /* of the rows; 0: none yet */
    char *ended;           /* the run of the source that ended last */
};

static bool fail(struct database *d, char **why)
{
    *why = g_strdelimit(g_strdup(sqlite3_errmsg(d->db)), "\r\n", ' ');
    return false;
}

static void database_close(struct rr_sink *s, bool undo)
{
    struct database *d = (struct database *)s;
    sqlite3_finalize(d->insert);
    sqlite3_close(d->db);
    if (undo && d->is_new)
        unlink(d->place);
    g_free(d->place);
    g_free(d->ended);
    g_free(d);
}

static bool prepare(struct database *d, const struct rr_layout *layout, char **why)
{
    enum { PATIENCE_MS = 10000 };
    enum rr_noun noun = d->options->rows;
    if (sqlite3_open_v2(d->place, &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        return fail(d, why);
    if (sqlite3_db_readonly(d->db, "main") == 1) {
        *why = g_strdup("is read-only");
        return false;
    }
    sqlite3_busy_timeout(d->db, PATIENCE_MS);
    if (!rr_schema_create(d->db, layout, noun, why))
        return false;
    char *sql = rr_schema_insert(layout, noun);
    bool good = sqlite3_prepare_v2(d->db, sql, -1, &d->insert, NULL) == SQLITE_OK || fail(d, why);
    g_free(sql);
    return good;
}

static struct rr_sink *database_open(const struct rr_options *o, const struct rr_layout *layout,
                                     const struct rr_source *source, char **why)
{
    struct database *d = g_new0(struct database, 1);
    d->place = rr_place(o->to);
    d->is_new = access(d->place, F_OK) != 0;
    d->options = o;
    d->source = source;
    d->columns = layout->slot_count + layout->tag_count;
    if (prepare(d, layout, why))
        return (struct rr_sink *)d;
    database_close((struct rr_sink *)d, true);
    return NULL;
}

static bool database_may_wait(const struct rr_sink *s G_GNUC_UNUSED)
{
    return true;
}

/* Runs a statement with up to four values: NULL is one, too.  *result, where there is one, gets the first
 * column of its first row, or stays. */
static bool ask(struct database *d, const char *sql, const char *const text[4], sqlite3_int64 *result,
                char **why)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(d->db, sql, -1, &s, NULL) != SQLITE_OK)
        return fail(d, why);
    int count = sqlite3_bind_parameter_count(s);
    for (int i = 0; i < count; i++)
        sqlite3_bind_text(s, i + 1, text[i], -1, SQLITE_STATIC);
    int step = sqlite3_step(s);
    if (step == SQLITE_ROW && result)
        *result = sqlite3_column_int64(s, 0);
    bool good = step == SQLITE_ROW || step == SQLITE_DONE || fail(d, why);
    sqlite3_finalize(s);
    return good;
}

/* The captures's number.  Exports of one run share it, and tell their options line by line. */
static bool know_capture(struct database *d, char **why)
{
    GString *started = g_string_new(NULL);
    if (d->capture)
        return true;
    if (d->source->started != RR_NEVER)
        rr_put_time(started, d->source->started);
    const char *const facts[4] = { d->source->run, d->source->file, started->len ? started->str : NULL,
                                   d->options->text };
    bool good =
        ask(d,
            "INSERT INTO captures(run, file, started, options, exported) "
            "VALUES(?1, ?2, ?3, ?4, strftime('%Y-%m-%dT%H:%M:%SZ', 'now')) "
            "ON CONFLICT(run) DO UPDATE SET options = options || char(10) || excluded.options, complete = 0",
            facts, NULL, why) &&
        ask(d, "SELECT capture FROM captures WHERE run = ?1", facts, &d->capture, why);
    g_string_free(started, TRUE);
    return good;
}

/* Binds the value at `at`, and returns what is behind it. */
static const char *bind_value(sqlite3_stmt *s, int place, const char *at)
{
    enum value kind = (enum value) * at++;
    sqlite3_int64 integer;
    double real;
    size_t length;
    switch (kind) {
    case VALUE_NULL:
        sqlite3_bind_null(s, place);
        return at;
    case VALUE_INTEGER:
        memcpy(&integer, at, sizeof integer);
        sqlite3_bind_int64(s, place, integer);
        return at + sizeof integer;
    case VALUE_REAL:
        memcpy(&real, at, sizeof real);
        sqlite3_bind_double(s, place, real);
        return at + sizeof real;
    case VALUE_TEXT:
    case VALUE_BLOB:
        memcpy(&length, at, sizeof length);
        at += sizeof length;
        if (kind == VALUE_TEXT)
            sqlite3_bind_text64(s, place, at, length, SQLITE_STATIC, SQLITE_UTF8);
        else
            sqlite3_bind_blob64(s, place, at, length, SQLITE_STATIC);
        return at + length;
    }
    return at;
}

static bool insert_rows(struct database *d, const GString *rows, char **why)
{
    const char *at = rows->str, *end = at + rows->len;
    while (at < end) {
        sqlite3_bind_int64(d->insert, 1, d->capture);
        for (size_t i = 0; i < d->columns; i++)
            at = bind_value(d->insert, (int)i + 2, at);
        int step = sqlite3_step(d->insert);
        sqlite3_reset(d->insert);
        if (step != SQLITE_DONE)
            return fail(d, why);
    }
    return true;
}

/* All or nothing. */
static bool in_transaction(struct database *d,
                           bool (*act)(struct database *d, const GString *rows, char **why),
                           const GString *rows, char **why)
{
    sqlite3_int64 capture = d->capture;
    if (!rr_sql(d->db, why, "BEGIN IMMEDIATE"))
        return false;
    if (know_capture(d, why) && act(d, rows, why) && rr_sql(d->db, why, "COMMIT"))
        return true;
    sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
    d->capture = capture;
    return false;
}

static bool database_take(struct rr_sink *s, const GString *rows, char **why)
{
    return in_transaction((struct database *)s, insert_rows, rows, why);
}

/* The same capture was exported before, as `old`: its rows of this table are replaced, or, where this export
 * left out some, those that it has not.  What is now of `old` is the newer. */
static bool replace_rows(struct database *d, sqlite3_int64 old, char **why)
{
    const char *table = rr_columns[d->options->rows]->name;
    if (!d->options->selective && !rr_sql(d->db, why, "DELETE FROM \"%w\" WHERE capture = %lld", table, old))
        return false;
    return rr_sql(d->db, why, "UPDATE OR REPLACE \"%w\" SET capture = %lld WHERE capture = %lld", table, old,
                  d->capture) &&
           rr_sql(d->db, why,
                  "UPDATE captures SET (file, started, frames, exported, complete) = "
                  "(SELECT file, started, frames, exported, complete FROM captures WHERE capture = %lld), "
                  "options = CASE WHEN instr(char(10) || options || char(10), char(10) || %Q || char(10)) "
                  "THEN options "
                  "ELSE options || char(10) || %Q END WHERE capture = %lld",
                  d->capture, d->options->text, d->options->text, old) &&
           rr_sql(d->db, why,
                  "DELETE FROM captures WHERE capture = %lld AND NOT EXISTS (SELECT 1 FROM messages WHERE "
                  "capture = %lld) "
                  "AND NOT EXISTS (SELECT 1 FROM exchanges WHERE capture = %lld) "
                  "AND NOT EXISTS (SELECT 1 FROM connections WHERE capture = %lld)",
                  d->capture, d->capture, d->capture, d->capture);
}

static bool end_capture(struct database *d, const GString *rows G_GNUC_UNUSED, char **why)
{
    sqlite3_int64 first = d->capture;
    const char *const digest[4] = { d->source->digest };
    return rr_sql(d->db, why,
                  "UPDATE captures SET frames = %lld, digest = %Q, complete = 1 WHERE capture = %lld",
                  (sqlite3_int64)d->source->frames, d->source->digest, d->capture) &&
           ask(d, "SELECT min(capture) FROM captures WHERE digest = ?1", digest, &first, why) &&
           (first == d->capture || first == 0 || replace_rows(d, first, why));
}

static bool note_end(struct database *d, char **why)
{
    bool good = in_transaction(d, end_capture, NULL, why);
    d->capture = 0;
    g_free(d->ended);
    d->ended = g_strdup(d->source->run);
    return good;
}

/* The host begins sessions that no frame ever comes to, before it captures for one: they are no captures. */
static bool database_end_capture(struct rr_sink *s, char **why)
{
    struct database *d = (struct database *)s;
    bool nothing_new = !d->source->frames || g_strcmp0(d->ended, d->source->run) == 0;
    return (nothing_new && !d->capture) || note_end(d, why);
}

/* A run without any frame was a capture all the same. */
static bool database_publish(struct rr_sink *s, char **why)
{
    struct database *d = (struct database *)s;
    return d->ended || note_end(d, why);
}

const struct rr_sink_kind rr_sink_sqlite = {
    .notes_source = true,
    .enough = 1 << 20,
    .open = database_open,
    .may_wait = database_may_wait,
    .take = database_take,
    .end_capture = database_end_capture,
    .publish = database_publish,
    .close = database_close,
};

const struct rr_format rr_format_sqlite = {
    .name = "sqlite",
    .nouns = RR_ROWS_OF_ALL,
    .usual = RR_MESSAGES,
    .has = RR_HAS_COLUMNS | RR_HAS_PAYLOAD | RR_HAS_BYTES | RR_HAS_BLOBS,
    .sink = &rr_sink_sqlite,
    .needs = { [RR_MESSAGES] = "stream:message:id:part",
               [RR_EXCHANGES] = "exchange:part",
               [RR_CONNECTIONS] = "transport:stream:start:part" },
    .put = put_cell,
    .row = sqlite_row,
};

#endif
