#include "audit.h"

#include <string.h>

#include "exchange/columns.h"

struct seen_row {
    size_t report;
    guint cells;  /* place of its first */
    uint8_t kind; /* RR_ROW_REQUEST and so on */
};

struct audit {
    const struct rr_tracker *tracker;
    size_t looked;
    GArray *rows;         /* of struct seen_row */
    GArray *cells;        /* of struct rr_cell, as the rows had them when they were reported */
    GHashTable *parts;    /* what a row is about and its kind -> its newest part */
    GPtrArray *exchanges; /* live ones, as they came ... */
    GHashTable *known;    /* ... the same, to look one up ... */
    guint visited;        /* ... and how many of these are there in the end */
};

enum { KINDS = 4 };

static struct seen_row *seen_at(const struct audit *a, guint i)
{
    return &g_array_index(a->rows, struct seen_row, i);
}

struct audit *audit_new(const struct rr_tracker *t)
{
    struct audit *a = g_new0(struct audit, 1);
    a->tracker = t;
    a->rows = g_array_new(FALSE, TRUE, sizeof(struct seen_row));
    a->cells = g_array_new(FALSE, FALSE, sizeof(struct rr_cell));
    a->parts = g_hash_table_new(NULL, NULL);
    a->exchanges = g_ptr_array_new();
    a->known = g_hash_table_new(NULL, NULL);
    return a;
}

void audit_free(struct audit *a)
{
    g_array_free(a->rows, TRUE);
    g_array_free(a->cells, TRUE);
    g_hash_table_destroy(a->parts);
    g_ptr_array_free(a->exchanges, TRUE);
    g_hash_table_destroy(a->known);
    g_free(a);
}

static const struct rr_columns *columns_of(const struct rr_row *row)
{
    return rr_columns[row->message ? RR_MESSAGES : row->exchange ? RR_EXCHANGES : RR_CONNECTIONS];
}

static bool same_cell(enum rr_kind kind, struct rr_cell a, struct rr_cell b)
{
    if (!a.present || !b.present)
        return a.present == b.present;
    if (kind == RR_TEXT)
        return a.as.text == b.as.text || strcmp(a.as.text, b.as.text) == 0;
    return kind == RR_FLAG ? a.as.flag == b.as.flag : a.as.ns == b.as.ns;
}

static void print_cell(GString *out, const struct rr_column *column, struct rr_cell cell)
{
    g_string_append_printf(out, " %s=", column->name);
    if (!cell.present)
        return;
    if (column->kind == RR_TEXT)
        g_string_append(out, cell.as.text);
    else if (column->kind == RR_FLAG)
        g_string_append(out, cell.as.flag ? "true" : "false");
    else
        g_string_append_printf(out, "%" G_GINT64_FORMAT, cell.as.ns);
}

static struct rr_row row_of(const struct rr_report *r, const struct rr_exchange *x, uint8_t kind)
{
    return (struct rr_row){
        .connection = r->connection,
        .exchange = x,
        .message = kind == RR_ROW_REQUEST    ? &x->request
                   : kind == RR_ROW_RESPONSE ? &x->response
                                             : NULL,
    };
}

static uint16_t part_of(const struct rr_row *row)
{
    return row->message ? row->message->part : row->exchange ? row->exchange->part : row->connection->part;
}

static void note_part(struct audit *a, const struct rr_report *r, const struct rr_row *row, uint8_t kind)
{
    /* What it is about is larger than any kind, and no memory lies where connections are counted. */
    gpointer key = r->live ? (char *)r->live + kind
                           : GSIZE_TO_POINTER(rr_connection_place(r->connection) << KINDS | kind);
    guint before = GPOINTER_TO_UINT(g_hash_table_lookup(a->parts, key));
    g_assert_cmpuint(part_of(row), ==, (guint16)(before + 1));
    g_hash_table_replace(a->parts, key, GUINT_TO_POINTER(before + 1));
}

static void note_row(struct audit *a, const struct rr_row *row, uint8_t kind)
{
    const struct seen_row seen = { a->looked, a->cells->len, kind };
    const struct rr_columns *columns = columns_of(row);
    g_array_append_val(a->rows, seen);
    g_array_set_size(a->cells, seen.cells + (guint)columns->count);
    for (guint i = 0; i < columns->count; i++)
        g_array_index(a->cells, struct rr_cell, seen.cells + i) = columns->column[i].read(row);
}

void audit_look(struct audit *a)
{
    for (; a->looked < rr_tracker_report_count(a->tracker); a->looked++) {
        const struct rr_report r = rr_tracker_report(a->tracker, a->looked);
        g_assert_cmpuint(r.rows, !=, 0);
        if (r.live && g_hash_table_add(a->known, (gpointer)r.live))
            g_ptr_array_add(a->exchanges, (gpointer)r.live);
        for (uint8_t kind = 1; kind < 1 << KINDS; kind = (uint8_t)(kind << 1)) {
            if (!(r.rows & kind))
                continue;
            const struct rr_row row = row_of(&r, r.exchange, kind);
            note_part(a, &r, &row, kind);
            note_row(a, &row, kind);
        }
    }
}

static void refuse(const struct rr_column *column, struct rr_cell was, struct rr_cell is)
{
    GString *text = g_string_new("a row changed:");
    print_cell(text, column, was);
    print_cell(text, column, is);
    g_assertion_message(G_LOG_DOMAIN, __FILE__, __LINE__, G_STRFUNC, text->str);
}

static void check_frozen(const struct audit *a)
{
    for (guint i = 0; i < a->rows->len; i++) {
        const struct seen_row *seen = seen_at(a, i);
        const struct rr_report r = rr_tracker_report(a->tracker, seen->report);
        const struct rr_row row = row_of(&r, r.exchange, seen->kind);
        const struct rr_columns *columns = columns_of(&row);
        for (size_t n = 0; n < columns->count; n++) {
            const struct rr_column *column = &columns->column[n];
            struct rr_cell was = g_array_index(a->cells, struct rr_cell, seen->cells + n);
            struct rr_cell is = column->read(&row);
            if (column->name && !same_cell(column->kind, was, is))
                refuse(column, was, is);
        }
    }
}

/* Repeats alone restate nothing, and a request's row is not restated for its answer; nor are delays noted
 * under a clock that went back. */
static bool is_restated(const struct rr_column *column)
{
    static const char *const not_restated[] = { "part",
                                                "server_time",
                                                "request_lost",
                                                "latency_lost",
                                                "response_lost",
                                                "request_stalled",
                                                "latency_stalled",
                                                "response_stalled",
                                                NULL };
    return column->name && !g_str_has_suffix(column->name, "repeats") &&
           !g_strv_contains(not_restated, column->name);
}

static void check_newest(const struct audit *a)
{
    for (guint i = 0; i < a->rows->len; i++) {
        const struct seen_row *seen = seen_at(a, i);
        const struct rr_report r = rr_tracker_report(a->tracker, seen->report);
        if (!r.live || r.live == r.exchange)
            continue;
        g_assert_cmpuint(rr_exchange_id(r.live), ==,
                         rr_exchange_id(r.exchange)); /* else a part has no successor */
        const struct rr_row row = row_of(&r, r.exchange, seen->kind), live = row_of(&r, r.live, seen->kind);
        if (part_of(&row) != part_of(&live))
            continue;
        const struct rr_columns *columns = columns_of(&row);
        for (size_t n = 0; n < columns->count; n++) {
            const struct rr_column *column = &columns->column[n];
            struct rr_cell said = column->read(&row), is = column->read(&live);
            if (!same_cell(column->kind, said, is) && is_restated(column))
                refuse(column, said, is);
        }
    }
}

static void check_range(const struct rr_message *m)
{
    g_assert_cmpint(m->begin, >=, 0);
    g_assert_cmpint(m->end, >=, m->begin);
    g_assert_cmpuint(m->bytes, <=, (guint64)(m->end - m->begin));
    g_assert_cmpuint(m->first_frame, <=, m->last_frame);
}

static void check_message(const struct rr_message *m)
{
    check_range(m);
    g_assert_cmpint(m->bytes > 0, ==, rr_seen(m));
    g_assert_cmpint(m->segments > 0, ==, rr_seen(m));
    g_assert_cmpint(m->first_frame == m->last_frame, ==, m->segments <= 1);
}

static void check_exchange(const struct rr_exchange *x)
{
    if (!rr_is_push(x))
        check_message(&x->request);
    check_message(&x->response);
    g_assert_cmpint(rr_exists(&x->request) || rr_exists(&x->response), ==, true);
    g_assert_cmpint(x->number == 0, ==, rr_is_push(x));
    if (rr_is_push(x)) {
        g_assert_cmpint(x->request.begin, ==, x->request.end);
        g_assert_cmpuint(x->response.part, >, 0);
        g_assert_cmpuint(x->part + x->request.part, ==, 0);
        return;
    }
    g_assert_cmpuint(x->part, >, 0);
    g_assert_cmpint(x->request.part > 0, ==, rr_exists(&x->request));
    g_assert_cmpint(x->response.part > 0, ==, rr_exists(&x->response));
    g_assert_cmpint(x->evidence != RR_NO_PAIR, ==, rr_exists(&x->response));
    bool asked = rr_seen(&x->request), told = rr_exists(&x->response);
    g_assert_cmpint(x->status == RR_UNASKED, ==, !asked);
    g_assert_cmpint(x->status == RR_ANSWERED, ==, asked && told);
}

static gint by_bytes(gconstpointer a, gconstpointer b)
{
    const struct rr_exchange *x = *(struct rr_exchange *const *)a, *y = *(struct rr_exchange *const *)b;
    if (x->request.begin != y->request.begin)
        return x->request.begin < y->request.begin ? -1 : 1;
    bool empty[2] = { x->request.end == x->request.begin, y->request.end == y->request.begin };
    if (empty[0] != empty[1])
        return empty[0] ? -1 : 1;
    return x->response.begin < y->response.begin ? -1 : x->response.begin > y->response.begin;
}

GPtrArray *audit_exchanges_of(const struct audit *a, const struct rr_connection *c)
{
    GPtrArray *all = g_ptr_array_new();
    for (guint i = 0; i < a->exchanges->len; i++) {
        struct rr_exchange *x = a->exchanges->pdata[i];
        if (x->connection == c)
            g_ptr_array_add(all, x);
    }
    g_ptr_array_sort(all, by_bytes);
    return all;
}

GPtrArray *audit_exchanges(const struct audit *a, uint32_t stream)
{
    return audit_exchanges_of(a, rr_tracker_connection(a->tracker, stream));
}

/* Of a connection by turns. */
struct totals {
    int64_t end[2];
    uint64_t bytes[2], missing[2], pushed;
};

static void add_message(struct totals *sum, int side, const struct rr_exchange *x, const struct rr_message *m)
{
    if (!rr_exists(m))
        return;
    g_assert_cmpint(m->begin, ==, sum->end[side]);
    sum->end[side] = m->end;
    *(rr_is_push(x) ? &sum->pushed : &sum->bytes[side]) += m->bytes;
    sum->missing[side] += rr_missing(m);
}

/* Two exchanges share an id only where their first bytes share a sequence number. */
static void note_id(GHashTable *ids, const guint64 *id, const struct rr_exchange *x)
{
    const struct rr_exchange *other = g_hash_table_lookup(ids, id);
    bool asked = !rr_is_push(x) && rr_exists(&x->request);
    if (other) {
        bool both = asked == (!rr_is_push(other) && rr_exists(&other->request));
        int64_t distance =
            asked ? x->request.begin - other->request.begin : x->response.begin - other->response.begin;
        g_assert_true(both && distance != 0 && (distance & UINT32_MAX) == 0);
    }
    g_hash_table_insert(ids, (gpointer)id, (gpointer)x);
}

static void check_told_message(const struct rr_message *m)
{
    check_range(m);
    g_assert_cmpint(m->segments > 0, ==, rr_seen(m));
    g_assert_cmpint(m->bytes > 0, <=, rr_seen(m));
    g_assert_cmpint(m->part > 0, ==, rr_exists(m));
}

/* What turns prove of an exchange and rules do not: a request can be answered by what nobody understood, and
 * need no answer at all. */
static void check_told(const struct rr_exchange *x)
{
    bool asked = rr_seen(&x->request), told = rr_exists(&x->response);
    check_told_message(&x->response);
    g_assert_cmpint(x->number == 0, ==, rr_is_push(x));
    if (rr_is_push(x)) {
        g_assert_cmpint(rr_exists(&x->request), ==, false);
        g_assert_cmpuint(x->part + x->request.part, ==, 0);
        return;
    }
    check_told_message(&x->request);
    g_assert_cmpuint(x->part, >, 0);
    bool unproven = x->connection->transport == RR_UDP && !asked;
    g_assert_cmpint(x->evidence != RR_NO_PAIR, ==, (told && !unproven) || x->evidence == RR_LOST);
    g_assert_cmpint(x->status == RR_UNASKED, ==, !asked);
    g_assert_cmpint(x->status == RR_ANSWERED, ==, asked && (told || x->evidence == RR_LOST));
}

/* Messages told by rule need not be all that was said: what nobody understood is in none. */
static void check_ruled(const GPtrArray *all)
{
    for (guint i = 0; i < all->len; i++)
        check_told(g_ptr_array_index(all, i));
}

static void check_turns(const GPtrArray *all, const struct rr_connection *c)
{
    struct totals sum = { 0 };
    for (guint i = 0; i < all->len; i++) {
        const struct rr_exchange *x = g_ptr_array_index(all, i);
        check_exchange(x);
        if (!rr_is_push(x))
            add_message(&sum, RR_CLIENT, x, &x->request);
        add_message(&sum, RR_SERVER, x, &x->response);
    }
    for (int side = 0; side < 2; side++) {
        g_assert_cmpuint(sum.bytes[side], ==, c->bytes[side]);
        g_assert_cmpuint(sum.missing[side], ==, c->missing[side]);
    }
    g_assert_cmpuint(sum.pushed, ==, c->push_bytes);
}

static void check_counts(const GPtrArray *all, const struct rr_connection *c)
{
    uint32_t pushes = 0, exchanges = 0, unanswered = 0;
    for (guint i = 0; i < all->len; i++) {
        const struct rr_exchange *x = g_ptr_array_index(all, i);
        pushes += rr_is_push(x);
        exchanges += !rr_is_push(x);
        unanswered += x->status == RR_UNANSWERED;
    }
    g_assert_cmpuint(pushes, ==, c->pushes);
    g_assert_cmpuint(exchanges, ==, c->exchanges);
    g_assert_cmpuint(unanswered, ==, c->unanswered);
}

static void check_ids(const GPtrArray *all)
{
    GHashTable *ids = g_hash_table_new(g_int64_hash, g_int64_equal);
    guint64 *id = g_new(guint64, all->len);
    for (guint i = 0; i < all->len; i++) {
        const struct rr_exchange *x = g_ptr_array_index(all, i);
        id[i] = rr_exchange_id(x);
        note_id(ids, &id[i], x);
    }
    g_hash_table_destroy(ids);
    g_free(id);
}

/* Numbers go from 1 without a gap. */
static void check_numbers(const struct audit *a)
{
    GHashTable *numbers = g_hash_table_new(NULL, NULL);
    guint most = 0;
    for (guint i = 0; i < a->exchanges->len; i++) {
        guint number = ((const struct rr_exchange *)a->exchanges->pdata[i])->number;
        most = MAX(most, number);
        g_assert_true(!number || g_hash_table_add(numbers, GUINT_TO_POINTER(number)));
    }
    g_assert_cmpuint(g_hash_table_size(numbers), ==, most);
    g_hash_table_destroy(numbers);
}

static void close_connection(const struct rr_connection *c, void *user)
{
    const struct audit *a = user;
    GPtrArray *all = audit_exchanges_of(a, c);
    if (c->transport == RR_UDP || rr_tracker_is_ruled(a->tracker, c->stream))
        check_ruled(all);
    else
        check_turns(all, c);
    check_counts(all, c);
    check_ids(all);
    g_ptr_array_free(all, TRUE);
}

/* What was reported is visited, once. */
static void visit_exchange(const struct rr_exchange *x, void *user)
{
    struct audit *a = user;
    g_assert_true(g_hash_table_contains(a->known, x));
    a->visited++;
}

void audit_close(struct audit *a)
{
    static const struct rr_visitor visitor = { close_connection, visit_exchange };
    audit_look(a);
    check_frozen(a);
    check_newest(a);
    check_numbers(a);
    a->visited = 0;
    rr_tracker_visit(a->tracker, &visitor, a);
    g_assert_cmpuint(a->visited, ==, a->exchanges->len);
}

char *audit_transcript(const struct audit *a)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < a->rows->len; i++) {
        const struct seen_row *seen = seen_at(a, i);
        const struct rr_report r = rr_tracker_report(a->tracker, seen->report);
        const struct rr_row row = row_of(&r, r.exchange, seen->kind);
        const struct rr_columns *columns = columns_of(&row);
        g_string_append(out, columns->name);
        for (size_t n = 0; n < columns->count; n++)
            if (columns->column[n].name && columns->column[n].kind != RR_ID)
                print_cell(out, &columns->column[n], columns->column[n].read(&row));
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}
