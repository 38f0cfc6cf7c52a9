/* Exchanges of any content as rows: RFC 4180 reads back just the cells that went in, and none is a formula; a
 * line of JSON is one object. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "write/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { TEXT_MAX = 64 };

struct source {
    const uint8_t *at, *stop;
};

static uint64_t number(struct source *from, size_t size)
{
    uint64_t n = 0;
    for (; size && from->at < from->stop; size--)
        n = n << 8 | *from->at++;
    return n;
}

/* Up to a NUL; anything but that can stand in it. */
static void some_text(struct source *from, char text[TEXT_MAX])
{
    size_t length = 0;
    while (length < TEXT_MAX - 1 && from->at < from->stop && *from->at)
        text[length++] = (char)*from->at++;
    if (from->at < from->stop)
        from->at++;
    text[length] = '\0';
}

static struct rr_message some_message(struct source *from, const char *summary)
{
    return (struct rr_message){
        .first_time = (int64_t)number(from, 8),
        .last_time = (int64_t)number(from, 8),
        .first_frame = (uint32_t)number(from, 4),
        .last_frame = (uint32_t)number(from, 4),
        .end = (int64_t)number(from, 5),
        .bytes = number(from, 8),
        .segments = (uint32_t)number(from, 4),
        .repeats = (uint32_t)number(from, 4),
        .summary = summary,
        .part = (uint16_t)number(from, 2),
        .ended_by = (uint8_t)(number(from, 1) % RR_ENDED_BY_COUNT),
    };
}

/* The cell at `at`, unquoted, in `cell`; what follows its comma or line end is returned, NULL where it is not
 * well-formed. */
static const char *read_cell(const char *at, GString *cell, bool *last)
{
    g_string_truncate(cell, 0);
    if (*at == '"') {
        for (at++; *at != '"' || at[1] == '"'; at++) {
            if (!*at)
                return NULL;
            g_string_append_c(cell, *at);
            at += *at == '"';
        }
        at++;
    } else {
        for (; *at && !strchr(",\r\n\"", *at); at++)
            g_string_append_c(cell, *at);
    }
    *last = g_str_has_prefix(at, "\r\n");
    if (*at != ',' && !*last)
        return NULL;
    return at + (*last ? 2 : 1);
}

static void check_text(const char *cell, const char *wanted)
{
    const char *first = cell + strspn(cell, " ");
    g_assert_null(*first ? strchr("=+-@\t\r\n", *first) : NULL);
    g_assert_cmpstr(*cell == '\'' ? cell + 1 : cell, ==, wanted);
}

static const char *check_row(const char *at, const struct rr_options *o, const struct rr_row *row)
{
    GString *cell = g_string_new(NULL);
    bool last = false;
    for (size_t i = 0; i < o->column_count; i++) {
        const struct rr_column *column = o->columns[i];
        g_assert_false(last);
        at = read_cell(at, cell, &last);
        g_assert_nonnull(at);
        const struct rr_cell wanted =
            row ? column->read(row) : (struct rr_cell){ true, { .text = column->name } };
        if (!wanted.present)
            g_assert_cmpstr(cell->str, ==, "");
        else if (!row || column->kind == RR_TEXT)
            check_text(cell->str, wanted.as.text);
        else
            g_assert_cmpuint(strspn(cell->str, "0123456789abcdef.:+-TZtrulse"), ==, cell->len);
    }
    g_assert_true(last);
    g_string_free(cell, TRUE);
    return at;
}

/* Where a string of JSON ends: behind its second quote. */
static const char *after_string(const char *at)
{
    for (at++; *at != '"'; at++) {
        g_assert_true((uint8_t)*at >= ' ');
        at += *at == '\\';
    }
    return at + 1;
}

/* One object a line, with a member for each column; what follows it is returned. */
static const char *check_object(const char *at, size_t columns)
{
    size_t colons = 0, commas = 0;
    g_assert_cmpint(*at, ==, '{');
    at++;
    while (*at != '}') {
        g_assert_true((uint8_t)*at >= ' ');
        colons += *at == ':';
        commas += *at == ',';
        at = *at == '"' ? after_string(at) : at + 1;
    }
    g_assert_cmpuint(colons, ==, columns);
    g_assert_cmpuint(commas, ==, columns - 1);
    g_assert_cmpint(at[1], ==, '\n');
    return at + 2;
}

enum { OUTPUT_MAX = 1 << 20 };

/* What a writer with these options makes of the row, twice. */
static const char *written(const struct rr_options *o, const struct rr_row *row, int reader)
{
    static char text[OUTPUT_MAX + 1];
    char *error = NULL;
    struct rr_writer *w = rr_writer_new(o, NULL, &error);
    g_assert_nonnull(w);
    rr_writer_row(w, row);
    rr_writer_row(w, row);
    g_assert_true(rr_writer_finish(w, &error));
    rr_writer_free(w, false);
    ssize_t length = read(reader, text, OUTPUT_MAX);
    g_assert_cmpint(length, >, 0);
    text[length] = '\0';
    g_assert_cmpuint(strlen(text), ==, (size_t)length);
    return text;
}

static void check_rows(enum rr_noun noun, const char *how, const struct rr_row *row)
{
    static int pipe_ends[2];
    if (!pipe_ends[1]) {
        g_assert_cmpint(pipe2(pipe_ends, O_CLOEXEC), ==, 0);
        g_assert_cmpint(fcntl(pipe_ends[1], F_SETPIPE_SZ, OUTPUT_MAX), >=, OUTPUT_MAX);
    }
    char *error = NULL;
    char *text = g_strdup_printf(",rows=%s,%s,to=/dev/fd/%d", rr_columns[noun]->name, how, pipe_ends[1]);
    struct rr_options *o = rr_options_parse(text, &error);
    g_assert_nonnull(o);
    const char *at = written(o, row, pipe_ends[0]);
    if (*at == '{') {
        for (int i = 0; i < 2; i++)
            at = check_object(at, o->column_count);
    } else {
        at = check_row(at, o, NULL);
        at = check_row(at, o, row);
        at = check_row(at, o, row);
    }
    g_assert_cmpstr(at, ==, "");
    rr_options_free(o);
    g_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct source from = { bytes, bytes + length };
    char summary[2][TEXT_MAX], host[2][TEXT_MAX], protocol[TEXT_MAX];
    for (int i = 0; i < 2; i++) {
        some_text(&from, summary[i]);
        some_text(&from, host[i]);
    }
    some_text(&from, protocol);
    const char *const protocols[] = { protocol };
    struct rr_connection c = { .stream = (uint32_t)number(&from, 4),
                               .end = { { host[0], (uint16_t)number(&from, 2) }, { host[1], 80 } },
                               .protocols = protocols,
                               .first = { (int64_t)number(&from, 8), 1 },
                               .connect_time = (int64_t)number(&from, 8),
                               .closed_by = (int8_t)(number(&from, 1) % 3 - 1) };
    struct rr_exchange x = { .connection = &c };
    x.request = some_message(&from, summary[0]);
    x.response = some_message(&from, summary[1]);
    x.number = (uint32_t)number(&from, 4);
    x.status = (uint8_t)(number(&from, 1) % RR_STATUS_COUNT);
    x.evidence = (uint8_t)(number(&from, 1) % RR_EVIDENCE_COUNT);
    x.as.after = (int64_t)number(&from, 8);
    if (x.status == RR_PUSHED)
        x.as.follows = NULL;
    static const char *const ways[] = { "time=iso", "time=epoch", "format=ndjson", "time=local" };
    const char *how = ways[number(&from, 1) % G_N_ELEMENTS(ways)];
    check_rows(RR_MESSAGES, how, &(struct rr_row){ .connection = &c, .exchange = &x, .message = &x.request });
    check_rows(RR_MESSAGES, how,
               &(struct rr_row){ .connection = &c, .exchange = &x, .message = &x.response });
    check_rows(RR_EXCHANGES, how, &(struct rr_row){ .connection = &c, .exchange = &x });
    check_rows(RR_CONNECTIONS, how, &(struct rr_row){ .connection = &c });
    return 0;
}
