#include "write/selection.h"

#include <glib.h>
#include <string.h>

#include "write/options.h"

static const struct rr_column *find(const struct rr_columns *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (g_strcmp0(table->column[i].name, name) == 0)
            return &table->column[i];
    return NULL;
}

static char *complaint(const struct rr_columns *table, const char *name, const char *what)
{
    GString *all = g_string_new(NULL);
    char *printable = g_strescape(name, NULL);
    g_string_printf(all, "names \"%s\", which is %s; rows=%s has", printable, what, table->name);
    for (size_t i = 0; i < table->count; i++)
        if (table->column[i].name)
            g_string_append_printf(all, " %s", table->column[i].name);
    g_free(printable);
    return g_string_free(all, FALSE);
}

/* The name of all columns that are there with payload. */
static const char payload[] = "payload";

static bool has_payload(const GPtrArray *chosen)
{
    for (guint i = 0; i < chosen->len; i++)
        if (((const struct rr_column *)chosen->pdata[i])->when == RR_WITH_PAYLOAD)
            return true;
    return false;
}

/* False where there are none, or some of them were chosen before. */
static bool add_payload(GPtrArray *chosen, const struct rr_columns *table)
{
    if (has_payload(chosen))
        return false;
    for (size_t i = 0; i < table->count; i++)
        if (table->column[i].when == RR_WITH_PAYLOAD)
            g_ptr_array_add(chosen, (gpointer)&table->column[i]);
    return has_payload(chosen);
}

static void add_named(GPtrArray *chosen, const struct rr_columns *table, const char *names, char **why)
{
    char **name = g_strsplit(names, ":", 0);
    for (size_t i = 0; name[i] && !*why; i++) {
        const struct rr_column *c = find(table, name[i]);
        if (strcmp(name[i], payload) == 0 && add_payload(chosen, table))
            continue;
        bool there = g_ptr_array_find(chosen, c, NULL);
        if (!c)
            *why = complaint(table, name[i], "no column");
        else if (there && c->when != RR_WITH_PAYLOAD)
            *why = complaint(table, name[i], "there already");
        else if (!there)
            g_ptr_array_add(chosen, (gpointer)c);
    }
    if (!name[0])
        *why = complaint(table, "", "no column");
    g_strfreev(name);
}

static void add_needed(GPtrArray *chosen, const struct rr_columns *table, const char *names)
{
    char **name = g_strsplit(names, ":", 0);
    for (size_t i = 0; name[i]; i++) {
        const struct rr_column *c = find(table, name[i]);
        if (!g_ptr_array_find(chosen, c, NULL))
            g_ptr_array_add(chosen, (gpointer)c);
    }
    g_strfreev(name);
}

const struct rr_column **rr_choose_columns(enum rr_noun noun, const char *text, const char *needs,
                                           bool *with_payload, size_t *count, char **why)
{
    const struct rr_columns *table = rr_columns[noun];
    GPtrArray *chosen = g_ptr_array_new();
    bool adds = !text || *text == '+';
    for (size_t i = 0; i < table->count && adds; i++)
        if (table->column[i].name && table->column[i].when == RR_ALWAYS)
            g_ptr_array_add(chosen, (gpointer)&table->column[i]);
    if (text)
        add_named(chosen, table, text + adds, why);
    if (*with_payload)
        add_payload(chosen, table);
    *with_payload = has_payload(chosen);
    add_needed(chosen, table, needs ? needs : "");
    *count = chosen->len;
    return (const struct rr_column **)g_ptr_array_free(chosen, FALSE);
}

/* As sent: what the capture lacks counts. */
static bool is_smaller(const struct rr_message *m, uint64_t least)
{
    return (uint64_t)(m->end - m->begin) < least;
}

bool rr_options_select(const struct rr_options *o, const struct rr_row *row)
{
    const struct rr_exchange *x = row->exchange;
    if (!x)
        return true;
    if (o->slower != RR_NEVER && (!rr_has_both(x) || rr_is_push(x) || rr_latency(x) < o->slower))
        return false;
    if (row->message)
        return !is_smaller(row->message, o->min);
    return !o->min || !is_smaller(&x->request, o->min) || !is_smaller(&x->response, o->min);
}
