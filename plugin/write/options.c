#include "write/options.h"

#include <glib.h>
#include <string.h>

static const char allowed[] = "rows=messages|exchanges|connections, time=iso|epoch, "
                              "filter=DISPLAY-FILTER or just DISPLAY-FILTER as the last";

static bool set_rows(struct rr_options *o, const char *value, size_t length)
{
    for (int noun = 0; noun < RR_NOUN_COUNT; noun++) {
        const char *name = rr_columns[noun].name;
        if (strlen(name) == length && strncmp(name, value, length) == 0) {
            o->rows = (enum rr_noun)noun;
            return true;
        }
    }
    return false;
}

static bool set_time(struct rr_options *o, const char *value, size_t length)
{
    static const char *const names[] = { [RR_TIME_ISO] = "iso", [RR_TIME_EPOCH] = "epoch" };
    for (size_t style = 0; style < G_N_ELEMENTS(names); style++) {
        if (strlen(names[style]) == length && strncmp(names[style], value, length) == 0) {
            o->time = (enum rr_time_style)style;
            return true;
        }
    }
    return false;
}

static const struct option {
    const char *name;
    const char *values;
    bool (*set)(struct rr_options *o, const char *value, size_t length);
} options[] = {
    { "rows", "messages, exchanges or connections", set_rows },
    { "time", "iso or epoch", set_time },
};

static const char filter_option[] = "filter=";

/* The length of `name` in "name=value", 0 where a word is none.  "a==b" compares: it is no option. */
static size_t name_length(const char *word)
{
    size_t length = 0;
    while (g_ascii_isalpha(word[length]))
        length++;
    return word[length] == '=' && word[length + 1] != '=' ? length : 0;
}

/* An argument can hold anything, an error is one line. */
static char *complaint(const char *word, size_t length, const char *rest)
{
    char *given = g_strndup(word, length);
    char *printable = g_strescape(given, NULL);
    char *line = g_strdup_printf("\"%s\" %s", printable, rest);
    g_free(printable);
    g_free(given);
    return line;
}

static bool parse_option(const char *word, size_t length, struct rr_options *o, char **error)
{
    size_t name = name_length(word);
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        const struct option *known = &options[i];
        if (strlen(known->name) != name || strncmp(known->name, word, name) != 0)
            continue;
        if (known->set(o, word + name + 1, length - name - 1))
            return true;
        char *rest =
            g_strdup_printf("is not a value that it can have: %s takes %s", known->name, known->values);
        *error = complaint(word, length, rest);
        g_free(rest);
        return false;
    }
    char *rest = g_strdup_printf("is not an option; allowed are %s", allowed);
    *error = complaint(word, length, rest);
    g_free(rest);
    return false;
}

bool rr_options_parse(const char *text, struct rr_options *o, char **error)
{
    *o = (struct rr_options){ .rows = RR_MESSAGES, .time = RR_TIME_ISO };
    while (*text) {
        const char *word = text + 1;
        if (*text != ',' || !*word) {
            char *rest = g_strdup_printf("does not belong there; after a comma, allowed are %s", allowed);
            *error = complaint(text, strlen(text), rest);
            g_free(rest);
            return false;
        }
        bool named = g_str_has_prefix(word, filter_option);
        if (named || name_length(word) == 0) {
            o->filter = named ? word + strlen(filter_option) : word;
            return true;
        }
        size_t length = strcspn(word, ",");
        if (!parse_option(word, length, o, error))
            return false;
        text = word + length;
    }
    return true;
}
