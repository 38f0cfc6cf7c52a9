/* Makes the manual page: plugin/reqresp.4.in with the tables of columns and options in it.
 *
 *     rr_manual TEMPLATE OUTPUT
 */
#include <stdio.h>

#include <glib.h>

#include "exchange/columns.h"
#include "write/options.h"

/* A line of ours as roff takes it; `code` in bold.  One that begins with a dot is not a request. */
static void put_text(GString *page, const char *text)
{
    bool bold = false;
    g_string_append(page, *text == '.' ? "\\&" : "");
    for (; *text; text++) {
        if (*text == '`') {
            bold = !bold;
            g_string_append(page, bold ? "\\fB" : "\\fP");
        } else if (*text == '\\') {
            g_string_append(page, "\\e");
        } else if (*text == '-') {
            g_string_append(page, "\\-");
        } else if (*text == '\'') {
            g_string_append(page, "\\(aq");
        } else {
            g_string_append_c(page, *text);
        }
    }
}

static void put_column(GString *page, const struct rr_column *c)
{
    g_string_append_printf(page, ".TP\n\\fB%s\\fP", c->name ? c->name : "");
    if (c->field)
        g_string_append_printf(page, "%s\\fIreqresp.%s\\fP", c->name ? ", " : "", c->field);
    g_string_append_c(page, '\n');
    put_text(page, c->help);
    g_string_append_c(page, '\n');
}

static void put_columns(GString *page)
{
    g_string_append(page, ".SH COLUMNS AND FIELDS\n"
                          "In bold the column of a row, in italics the field that can be filtered on and "
                          "shown as a column of the packet list.\n");
    for (int noun = 0; noun < RR_NOUN_COUNT; noun++) {
        g_string_append_printf(page, ".SS rows=%s\n", rr_columns[noun]->name);
        for (size_t i = 0; i < rr_columns[noun]->count; i++)
            put_column(page, &rr_columns[noun]->column[i]);
    }
}

/* The help has a line "  OPTION   what it does" for each. */
static void put_options(GString *page)
{
    char *help = rr_options_help();
    char **lines = g_strsplit(help, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (!g_str_has_prefix(*line, "  "))
            continue;
        char **parts = g_strsplit(g_strstrip(*line), " ", 2);
        g_string_append(page, ".TP\n\\fB");
        put_text(page, parts[0]);
        g_string_append(page, "\\fP\n");
        put_text(page, parts[1] ? g_strstrip(parts[1]) : "");
        g_string_append_c(page, '\n');
        g_strfreev(parts);
    }
    g_strfreev(lines);
    g_free(help);
}

static GString *filled(char *template)
{
    GString *page = g_string_new(NULL);
    char **lines = g_strsplit(g_strchomp(template), "\n", -1);
    for (char **line = lines; *line; line++) {
        if (g_str_equal(*line, "@OPTIONS@"))
            put_options(page);
        else if (g_str_equal(*line, "@COLUMNS@"))
            put_columns(page);
        else
            g_string_append_printf(page, "%s\n", *line);
    }
    g_strfreev(lines);
    g_string_replace(page, "@VERSION@", RR_VERSION, 0);
    return page;
}

int main(int argc, char **argv)
{
    char *template = NULL;
    GError *error = NULL;
    if (argc != 3) {
        fputs("usage: rr_manual TEMPLATE OUTPUT\n", stderr);
        return 2;
    }
    if (g_file_get_contents(argv[1], &template, NULL, &error)) {
        GString *page = filled(template);
        g_file_set_contents(argv[2], page->str, (gssize)page->len, &error);
        g_string_free(page, TRUE);
    }
    g_free(template);
    if (error) {
        fprintf(stderr, "rr_manual: %s\n", error->message);
        g_error_free(error);
        return 1;
    }
    return 0;
}
