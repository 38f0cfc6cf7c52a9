#include "write/format.h"
#include "write/numbers.h"

#include <string.h>

/* RFC 4180: a field with a quote, a comma or a line end stands in quotes. */
static void put_text(GString *out, const char *s)
{
    size_t plain = strcspn(s, "\",\r\n");
    if (!s[plain]) {
        rr_put_bytes(out, s, plain);
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

static void put_local_cell(GString *out, const struct rr_cell *cell)
{
    rr_put_local_time(out, cell->as.ns);
}

static void put_span_cell(GString *out, const struct rr_cell *cell)
{
    rr_put_seconds(out, cell->as.ns);
}

static void put_flag_cell(GString *out, const struct rr_cell *cell)
{
    g_string_append(out, cell->as.flag ? "true" : "false");
}

/* What a spreadsheet may take for the beginning of a formula, or has an apostrophe itself. */
static bool is_formula(const char *s)
{
    static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0" };
    if (g_ascii_isalnum(*s))
        return false;
    s += strspn(s, " ");
    for (size_t i = 0; i < G_N_ELEMENTS(wide); i++)
        if (g_str_has_prefix(s, wide[i])) /* = + - @ as wide as ideographs */
            return true;
    return *s && strchr("=+-@\t\r\n'", *s);
}

/* An apostrophe in front makes a formula text.  Who takes away one has what was sent. */
static void put_sent_text(GString *out, const char *text)
{
    char *guarded = is_formula(text) ? g_strconcat("'", text, NULL) : NULL;
    put_text(out, guarded ? guarded : text);
    g_free(guarded);
}

static void put_text_cell(GString *out, const struct rr_cell *cell)
{
    put_sent_text(out, cell->as.text);
}

static void put_hex_cell(GString *out, const struct rr_cell *cell)
{
    rr_put_hex(out, cell->as.bytes->at, cell->as.bytes->length);
}

/* It may begin with a +, but has no character that a formula could do harm with. */
static void put_base64_cell(GString *out, const struct rr_cell *cell)
{
    rr_put_base64(out, cell->as.bytes->at, cell->as.bytes->length);
}

static void put_readable_cell(GString *out, const struct rr_cell *cell)
{
    char *text = rr_readable(cell->as.bytes->at, cell->as.bytes->length);
    put_sent_text(out, text);
    g_free(text);
}

static const rr_put put_cell[RR_FORMS] = {
    [RR_FORM_NUMBER] = put_count_cell,  [RR_FORM_ID] = put_id_cell,
    [RR_FORM_SECONDS] = put_span_cell,  [RR_FORM_UTC] = put_time_cell,
    [RR_FORM_LOCAL] = put_local_cell,   [RR_FORM_FLAG] = put_flag_cell,
    [RR_FORM_TEXT] = put_text_cell,     [RR_FORM_HEX] = put_hex_cell,
    [RR_FORM_BASE64] = put_base64_cell, [RR_FORM_READABLE] = put_readable_cell,
};

/* A comma or line end follows each cell; the last comma becomes the line end. */
static void end_row(GString *out)
{
    out->str[out->len - 1] = '\r';
    g_string_append_c(out, '\n');
}

static void csv_head(GString *out, const struct rr_layout *layout)
{
    for (size_t i = 0; i < layout->slot_count; i++) {
        put_text(out, layout->slots[i].column->name);
        g_string_append_c(out, ',');
    }
    for (size_t i = 0; i < layout->tag_count; i++) {
        put_text(out, layout->tags[i].name);
        g_string_append_c(out, ',');
    }
    end_row(out);
}

static void csv_row(GString *out, const struct rr_layout *layout, const struct rr_row *row)
{
    for (size_t i = 0; i < layout->slot_count; i++) {
        const struct rr_slot *slot = &layout->slots[i];
        struct rr_cell cell = slot->column->read(row);
        if (cell.present)
            slot->put(out, &cell);
        g_string_append_c(out, ',');
    }
    for (size_t i = 0; i < layout->tag_count; i++) {
        put_text(out, layout->tags[i].value);
        g_string_append_c(out, ',');
    }
    end_row(out);
}

const struct rr_format rr_format_csv = {
    .name = "csv",
    .nouns = RR_ROWS_OF_ALL,
    .usual = RR_MESSAGES,
    .has = RR_HAS_COLUMNS | RR_HAS_HEADER | RR_HAS_TIMES | RR_HAS_PAYLOAD | RR_HAS_BYTES,
    .put = put_cell,
    .head = csv_head,
    .row = csv_row,
};
