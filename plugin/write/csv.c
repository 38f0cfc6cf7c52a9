#include "write/format.h"
#include "write/numbers.h"

#include <string.h>

/* RFC 4180: a field with a quote, a comma or a line end stands in quotes. */
static void put_text(GString *out, const char *s)
{
    if (!strpbrk(s, "\",\r\n")) {
        g_string_append(out, s);
        return;
    }
    g_string_append_c(out, '"');
    for (; *s; s++) {
        if (*s == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *s);
    }
    g_string_append_c(out, '"');
}

static void put_count_cell(GString *out, const struct rr_cell *cell)
{
    rr_put_count(out, cell->as.count);
}

static void put_id_cell(GString *out, const struct rr_cell *cell)
{
    rr_put_id(out, cell->as.count);
}

static void put_time_cell(GString *out, const struct rr_cell *cell)
{
    rr_put_time(out, cell->as.ns);
}

static void put_span_cell(GString *out, const struct rr_cell *cell)
{
    rr_put_seconds(out, cell->as.ns);
}

static void put_flag_cell(GString *out, const struct rr_cell *cell)
{
    g_string_append(out, cell->as.flag ? "true" : "false");
}

static void put_text_cell(GString *out, const struct rr_cell *cell)
{
    put_text(out, cell->as.text);
}

static void (*const put_cell[RR_KIND_COUNT])(GString *out, const struct rr_cell *cell) = {
    [RR_COUNT] = put_count_cell,      [RR_ID] = put_id_cell,
    [RR_PORT] = put_count_cell,       [RR_FRAME] = put_count_cell,
    [RR_REQUEST_IN] = put_count_cell, [RR_RESPONSE_IN] = put_count_cell,
    [RR_TIME] = put_time_cell,        [RR_SPAN] = put_span_cell,
    [RR_FLAG] = put_flag_cell,        [RR_TEXT] = put_text_cell,
};

/* A comma or line end follows each cell; the last comma becomes the line end. */
static void end_row(GString *out)
{
    out->str[out->len - 1] = '\r';
    g_string_append_c(out, '\n');
}

static void csv_head(GString *out, const struct rr_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (!columns->column[i].name)
            continue;
        put_text(out, columns->column[i].name);
        g_string_append_c(out, ',');
    }
    end_row(out);
}

static void csv_row(GString *out, const struct rr_columns *columns, const struct rr_row *row,
                    enum rr_time_style style)
{
    for (size_t i = 0; i < columns->count; i++) {
        const struct rr_column *c = &columns->column[i];
        if (!c->name)
            continue;
        struct rr_cell cell = c->read(row);
        enum rr_kind kind = c->kind == RR_TIME && style == RR_TIME_EPOCH ? RR_SPAN : c->kind;
        if (cell.present)
            put_cell[kind](out, &cell);
        g_string_append_c(out, ',');
    }
    end_row(out);
}

const struct rr_format rr_format_csv = { .head = csv_head, .row = csv_row };
