#include "write/format.h"
#include "write/numbers.h"

static void put_escape(GString *out, unsigned char c)
{
    static const char names[256] = { ['"'] = '"', ['\\'] = '\\', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't' };
    if (names[c])
        g_string_append_printf(out, "\\%c", names[c]);
    else
        g_string_append_printf(out, "\\u%04x", c);
}

/* The bytes are UTF-8; what JSON keeps for itself, and what would end or hide a line, is escaped. */
static void put_string(GString *out, const char *s)
{
    g_string_append_c(out, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < ' ' || c == 0x7f || c == '"' || c == '\\')
            put_escape(out, c);
        else
            g_string_append_c(out, *s);
    }
    g_string_append_c(out, '"');
}

static void put_number(GString *out, const struct rr_cell *cell)
{
    rr_put_count(out, cell->as.count);
}

static void put_seconds(GString *out, const struct rr_cell *cell)
{
    rr_put_seconds(out, cell->as.ns);
}

static void put_id(GString *out, const struct rr_cell *cell)
{
    g_string_append_c(out, '"');
    rr_put_id(out, cell->as.count);
    g_string_append_c(out, '"');
}

static void put_utc(GString *out, const struct rr_cell *cell)
{
    g_string_append_c(out, '"');
    rr_put_time(out, cell->as.ns);
    g_string_append_c(out, '"');
}

static void put_local(GString *out, const struct rr_cell *cell)
{
    g_string_append_c(out, '"');
    rr_put_local_time(out, cell->as.ns);
    g_string_append_c(out, '"');
}

static void put_flag(GString *out, const struct rr_cell *cell)
{
    g_string_append(out, cell->as.flag ? "true" : "false");
}

static void put_text(GString *out, const struct rr_cell *cell)
{
    put_string(out, cell->as.text);
}

static void put_hex(GString *out, const struct rr_cell *cell)
{
    g_string_append_c(out, '"');
    rr_put_hex(out, cell->as.bytes->at, cell->as.bytes->length);
    g_string_append_c(out, '"');
}

static void put_base64(GString *out, const struct rr_cell *cell)
{
    g_string_append_c(out, '"');
    rr_put_base64(out, cell->as.bytes->at, cell->as.bytes->length);
    g_string_append_c(out, '"');
}

static void put_readable(GString *out, const struct rr_cell *cell)
{
    char *text = rr_readable(cell->as.bytes->at, cell->as.bytes->length);
    put_string(out, text);
    g_free(text);
}

static const rr_put put_cell[RR_FORMS] = {
    [RR_FORM_NUMBER] = put_number,     [RR_FORM_ID] = put_id,       [RR_FORM_SECONDS] = put_seconds,
    [RR_FORM_UTC] = put_utc,           [RR_FORM_LOCAL] = put_local, [RR_FORM_FLAG] = put_flag,
    [RR_FORM_TEXT] = put_text,         [RR_FORM_HEX] = put_hex,     [RR_FORM_BASE64] = put_base64,
    [RR_FORM_READABLE] = put_readable,
};

/* A comma follows each member; the last one becomes the end of the object. */
static void ndjson_row(GString *out, const struct rr_layout *layout, const struct rr_row *row)
{
    g_string_append_c(out, '{');
    for (size_t i = 0; i < layout->slot_count; i++) {
        const struct rr_slot *slot = &layout->slots[i];
        struct rr_cell cell = slot->column->read(row);
        put_string(out, slot->column->name);
        g_string_append_c(out, ':');
        if (cell.present)
            slot->put(out, &cell);
        else
            g_string_append(out, "null");
        g_string_append_c(out, ',');
    }
    for (size_t i = 0; i < layout->tag_count; i++) {
        put_string(out, layout->tags[i].name);
        g_string_append_c(out, ':');
        put_string(out, layout->tags[i].value);
        g_string_append_c(out, ',');
    }
    out->str[out->len - 1] = '}';
    g_string_append_c(out, '\n');
}

const struct rr_format rr_format_ndjson = {
    .name = "ndjson",
    .nouns = RR_ROWS_OF_ALL,
    .usual = RR_MESSAGES,
    .has = RR_HAS_COLUMNS | RR_HAS_TIMES | RR_HAS_PAYLOAD | RR_HAS_BYTES,
    .put = put_cell,
    .row = ndjson_row,
};
