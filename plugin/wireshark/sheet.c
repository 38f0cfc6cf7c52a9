#include "wireshark/sheet.h"

#include <stdio.h>

static stat_tap_table *table_of(const struct rr_sheet *s)
{
    return s->ui.tables && s->ui.tables->len ? g_array_index(s->ui.tables, stat_tap_table *, 0) : NULL;
}

static void empty_cell(stat_tap_table_item_type *cell)
{
    if (cell->type == TABLE_ITEM_STRING)
        g_free((char *)cell->value.string_value);
    cell->type = TABLE_ITEM_NONE;
}

/* A window may still look at rows of a sheet that got shorter: they stay, to be used again. */
static void set_row_count(struct rr_sheet *s, guint count)
{
    table_of(s)->num_elements = count;
}

static void open(stat_tap_table_ui *ui)
{
    struct rr_sheet *s = (struct rr_sheet *)ui;
    rr_tables_open();
    if (!table_of(s)) {
        stat_tap_add_table(ui, stat_tap_init_table(ui->title, (int)ui->nfields, 0, NULL));
        s->room = 0;
    }
    set_row_count(s, 0);
}

static void reset(stat_tap_table *table)
{
    table->num_elements = 0;
}

/* The host frees the rows it counts, cell by cell, and asks for the count after each. */
static void free_cell(stat_tap_table *table, guint row, guint column, stat_tap_table_item_type *cell)
{
    struct rr_sheet *s = cell->user_data.ptr_value;
    empty_cell(cell);
    if (row == 0 && column == 0 && s) {
        table->num_elements = s->room;
        rr_tables_close(s);
    }
}

static tap_packet_status tapped(void *data, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                const void *frame, tap_flags_t flags _U_)
{
    const stat_data_t *stat = data;
    struct rr_sheet *s = (struct rr_sheet *)stat->stat_tap_data;
    return rr_tables_tapped(s->statistic, s, frame);
}

static const struct {
    stat_tap_table_item_enum type;
    tap_alignment_type align;
    const char *format;  /* of a cell of any width ... */
    const char *aligned; /* ... and, once the width is filled in, of that width */
} kinds[] = {
    [RR_SHEET_TEXT] = { TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "%s", "%%-%ds" },
    [RR_SHEET_COUNT] = { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "%u", "%%%du" },
    [RR_SHEET_BYTES] = { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "%.0f", "%%%d.0f" },
    [RR_SHEET_NUMBER] = { TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "%.3f", "%%%d.3f" },
};

/* tshark prints names and cells just so.  A column is as wide as its name and what is in it; the last may
 * hold more. */
static void align(struct rr_sheet *s, size_t column, int width)
{
    const struct rr_sheet_column *c = &s->columns[column];
    bool left = kinds[c->kind].align == TAP_ALIGN_LEFT;
    s->widths[column] = width = MAX(width, (int)strlen(c->name));
    s->ui.fields[column].column_name =
        wmem_strdup_printf(wmem_epan_scope(), "%*s", left ? -width : width, c->name);
    s->ui.fields[column].field_format = wmem_strdup_printf(wmem_epan_scope(), kinds[c->kind].aligned, width);
}

static void align_all(struct rr_sheet *s)
{
    s->widths = wmem_alloc0_array(wmem_epan_scope(), int, s->ui.nfields);
    for (size_t i = 0; i < s->ui.nfields; i++)
        align(s, i, s->columns[i].width);
}

void rr_sheet_register(struct rr_sheet *s, const char *name, const char *title,
                       const struct rr_sheet_column *columns, size_t count,
                       void (*check)(const char *argument, const char **filter, char **error))
{
    static tap_param parameters[] = { { PARAM_FILTER, "filter", "Filter", NULL, TRUE } };
    stat_tap_table_item *fields = wmem_alloc0_array(wmem_epan_scope(), stat_tap_table_item, count);
    s->columns = columns;
    for (size_t i = 0; i < count; i++) {
        enum rr_sheet_kind kind = columns[i].kind;
        fields[i] =
            (stat_tap_table_item){ kinds[kind].type, kinds[kind].align, columns[i].name, kinds[kind].format };
    }
    s->ui = (stat_tap_table_ui){
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
        .title = title,
        .tap_name = RR_TAP,
        .cli_string = wmem_strdup_printf(wmem_epan_scope(), "reqresp,%s", name),
        .stat_tap_init_cb = open,
        .packet_func = tapped,
        .stat_tap_reset_table_cb = reset,
        .stat_tap_free_table_item_cb = free_cell,
        .stat_filter_check_cb = check,
        .nfields = (guint)count,
        .fields = fields,
        .nparams = G_N_ELEMENTS(parameters),
        .params = parameters,
    };
    register_stat_tap_table_ui(&s->ui);
}

void rr_sheet_ask(struct rr_sheet *s, const char *argument, const char **filter, char **error)
{
    char *why = NULL;
    if (s->asked)
        why = g_strdup("is asked for twice: one run gives it once");
    else if (rr_stat_options_parse(argument + strlen(s->ui.cli_string), s->options, s->option_count,
                                   s->settings, filter, &why))
        align_all(s);
    s->asked = true;
    if (why)
        *error = g_strdup_printf("-z %s: %s", s->ui.cli_string, why);
    g_free(why);
}

void rr_sheet_begin(struct rr_sheet *s, const char *title)
{
    stat_tap_table *table = table_of(s);
    table->title = title;
    s->row = 0;
    set_row_count(s, 0);
}

void rr_sheet_row(struct rr_sheet *s)
{
    stat_tap_table *table = table_of(s);
    s->column = 0;
    if (s->row == s->room) {
        stat_tap_table_item_type *cells = g_new0(stat_tap_table_item_type, s->ui.nfields);
        for (guint i = 0; i < s->ui.nfields; i++)
            cells[i].user_data.ptr_value = s;
        stat_tap_init_table_row(table, s->row, (guint)s->ui.nfields, cells);
        g_free(cells);
        s->room++;
    }
    set_row_count(s, ++s->row);
    for (guint i = 0; i < s->ui.nfields; i++)
        empty_cell(stat_tap_get_field_data(table, s->row - 1, i));
}

static stat_tap_table_item_type *next_cell(struct rr_sheet *s)
{
    stat_tap_table_item_type *cell = stat_tap_get_field_data(table_of(s), s->row - 1, s->column);
    cell->type = s->ui.fields[s->column].type;
    s->column++;
    return cell;
}

void rr_sheet_text(struct rr_sheet *s, const char *text)
{
    size_t column = s->column, length = strlen(text);
    bool last = column + 1 == s->ui.nfields;
    next_cell(s)->value.string_value = g_strdup(text);
    if (s->widths && !last && length > (size_t)s->widths[column])
        align(s, column, (int)length);
}

void rr_sheet_count(struct rr_sheet *s, uint64_t n)
{
    next_cell(s)->value.uint_value = (guint)MIN(n, UINT_MAX);
}

void rr_sheet_number(struct rr_sheet *s, double n)
{
    next_cell(s)->value.float_value = n;
}

void rr_sheet_latency(struct rr_sheet *s, struct rr_latency *l)
{
    if (!l->count)
        return;
    rr_sheet_number(s, (double)l->least / 1e6);
    rr_sheet_number(s, rr_latency_mean(l) * 1e3);
    rr_sheet_number(s, (double)l->greatest / 1e6);
    int64_t ns;
    for (size_t i = 0; i < RR_PERCENTILES && rr_latency_percentile(l, rr_percentiles[i].permille, &ns); i++)
        rr_sheet_number(s, (double)ns / 1e6);
}
