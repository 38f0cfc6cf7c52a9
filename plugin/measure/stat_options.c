#include "measure/stat_options.h"

#include <glib.h>
#include <string.h>

static const char filter_option[] = "filter=";

/* The length of `name` in "name=value", 0 where a word is none.  "a==b" compares: it is no option. */
static size_t name_length(const char *word)
{
    size_t length = 0;
    while (g_ascii_isalpha(word[length]))
        length++;
    return word[length] == '=' && word[length + 1] != '=' ? length : 0;
}

/* What is asked of a statistic, while it is read. */
struct asking {
    const struct rr_stat_option *options;
    size_t count;
    void *settings;
    uint32_t given; /* bits, by option */
    char **error;
};

static char *names(const struct asking *a)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < a->count; i++)
        g_string_append_printf(text, *a->options[i].name ? "%s=%s, " : "%s%s, ", a->options[i].name,
                               a->options[i].values);
    g_string_append(text, "filter=DISPLAY-FILTER or just DISPLAY-FILTER as the last");
    return g_string_free(text, FALSE);
}

/* An argument can hold anything, an error is one line. */
static void complain(const struct asking *a, const char *word, size_t length, const char *what,
                     const char *allowed)
{
    char *given = g_strndup(word, length), *printable = g_strescape(given, NULL);
    *a->error = g_strdup_printf("\"%s\" %s%s", printable, what, allowed);
    g_free(printable);
    g_free(given);
}

static void complain_of_name(const struct asking *a, const char *word, size_t length, const char *what)
{
    char *allowed = names(a);
    complain(a, word, length, what, allowed);
    g_free(allowed);
}

static const struct rr_stat_option *find(const struct asking *a, const char *word, size_t length)
{
    for (size_t i = 0; i < a->count; i++)
        if (strlen(a->options[i].name) == length && strncmp(a->options[i].name, word, length) == 0)
            return &a->options[i];
    return NULL;
}

static bool set(const struct asking *a, const struct rr_stat_option *option, const char *value, size_t length)
{
    char *copy = g_strndup(value, length);
    bool good = option->set(a->settings, copy);
    g_free(copy);
    return good;
}

enum outcome { TAKEN, IS_FILTER, REFUSED };

static enum outcome take(struct asking *a, const struct rr_stat_option *option, const char *word,
                         size_t length)
{
    uint32_t bit = UINT32_C(1) << (option - a->options);
    if (a->given & bit) {
        complain(a, word, length, "is given twice", "");
        return REFUSED;
    }
    a->given |= bit;
    return TAKEN;
}

static enum outcome parse_word(struct asking *a, const char *word, size_t length)
{
    size_t name = name_length(word), before = name ? name + 1 : 0;
    const struct rr_stat_option *option = find(a, word, name);
    if (option && set(a, option, word + before, length - before))
        return take(a, option, word, length);
    /* A number or time is the statistic's own: no filter begins with one. */
    bool begins_so = g_ascii_isdigit(*word) || *word == '-';
    if (!name && !(option && begins_so && strspn(word, "-0123456789.dhmnsu") == length))
        return IS_FILTER;
    if (option)
        complain(a, word, length, "is not a value that it can have: allowed are ", option->values);
    else
        complain_of_name(a, word, length, "is not an option; allowed are ");
    return REFUSED;
}

bool rr_stat_options_parse(const char *text, const struct rr_stat_option *options, size_t count,
                           void *settings, const char **filter, char **error)
{
    struct asking a = { options, count, settings, 0, error };
    *filter = NULL;
    while (*text) {
        const char *word = text + 1;
        if (*text != ',' || !*word) {
            complain_of_name(&a, text, strlen(text), "does not belong there; after a comma, allowed are ");
            return false;
        }
        size_t length = strcspn(word, ",");
        bool named = g_str_has_prefix(word, filter_option);
        enum outcome outcome = named ? IS_FILTER : parse_word(&a, word, length);
        if (outcome == IS_FILTER)
            *filter = named ? word + strlen(filter_option) : word;
        if (outcome != TAKEN)
            return outcome == IS_FILTER;
        text = word + length;
    }
    return true;
}

bool rr_stat_option_interval(const char *value, int64_t *ns)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = { { "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 } };
    const double year = 366 * 86400e9;
    char *unit;
    double number = g_ascii_isdigit(*value) ? g_ascii_strtod(value, &unit) : 0;
    for (size_t i = 0; number > 0 && i < G_N_ELEMENTS(units); i++) {
        double given = number * units[i].ns;
        if (strcmp(unit, units[i].name) != 0 || !(given >= 1 && given <= year))
            continue;
        *ns = (int64_t)given;
        return true;
    }
    return false;
}

bool rr_stat_option_number(const char *value, uint32_t most, uint32_t *n)
{
    guint64 number;
    if (!g_ascii_string_to_unsigned(value, 10, 1, most, &number, NULL))
        return false;
    *n = (uint32_t)number;
    return true;
}

bool rr_stat_option_choice(const char *value, const char *const names[], int count, int *choice)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], value) == 0) {
            *choice = i;
            return true;
        }
    return false;
}
