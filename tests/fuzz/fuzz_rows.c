/* Exchanges of any content as rows: RFC 4180 reads back just the cells that went in, and none is a formula.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static const char *check_row(const char *at, const struct rr_columns *columns, const struct rr_row *row)
{
    GString *cell = g_string_new(NULL);
    bool last = false;
    for (size_t i = 0; i < columns->count; i++) {
        const struct rr_column *column = &columns->column[i];
        if (!column->name)
            continue;
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
            g_assert_cmpuint(strspn(cell->str, "0123456789abcdef.:-TZtrulse"), ==, cell->len);
    }
    g_assert_true(last);
    g_string_free(cell, TRUE);
    return at;
}

static void check_rows(enum rr_noun noun, enum rr_time_style style, const struct rr_row *row)
{
    char *text, *error = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    struct rr_writer *w = rr_writer_new(stream, noun, style);
    rr_writer_row(w, row);
    rr_writer_row(w, row);
    g_assert_true(rr_writer_flush(w, &error));
    rr_writer_free(w);
    fclose(stream);
    g_assert_cmpuint(strlen(text), ==, length);
    const char *at = check_row(text, &rr_columns[noun], NULL);
    at = check_row(at, &rr_columns[noun], row);
    at = check_row(at, &rr_columns[noun], row);
    g_assert_cmpstr(at, ==, "");
    free(text);
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
    enum rr_time_style style = number(&from, 1) & 1 ? RR_TIME_ISO : RR_TIME_EPOCH;
    check_rows(RR_MESSAGES, style, &(struct rr_row){ &c, &x, &x.request });
    check_rows(RR_MESSAGES, style, &(struct rr_row){ &c, &x, &x.response });
    check_rows(RR_EXCHANGES, style, &(struct rr_row){ &c, &x, NULL });
    check_rows(RR_CONNECTIONS, style, &(struct rr_row){ &c, NULL, NULL });
    return 0;
}
