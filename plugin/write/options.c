#include "write/options.h"

#include <string.h>

#include "write/format.h"
#include "write/quantity.h"
#include "write/selection.h"

/* A word of the user's. */
struct word {
    const char *text;
    size_t length;
};

enum {
    OPTION_ROWS,
    OPTION_FORMAT,
    OPTION_TO,
    OPTION_COLUMNS,
    OPTION_PAYLOAD,
    OPTION_PAYLOAD_MAX,
    OPTION_SLOWER,
    OPTION_MIN,
    OPTION_TAG,
    OPTION_HEADER,
    OPTION_TIME,
    OPTION_FILTER,
    OPTION_COUNT
};

struct parsing {
    struct rr_options *o;
    struct word given[OPTION_COUNT]; /* its text is NULL where an option was not */
    struct word name;                /* of the tag at hand */
    GArray *tags;                    /* of struct rr_tag */
    char *columns;                   /* as given, or NULL */
    char *error;
};

struct option {
    const char *name;                /* "tag." takes a name of the user's behind it */
    const char *values;              /* as told; NULL: the choices */
    const char *(*choice)(size_t i); /* the i-th of its values, NULL behind the last */
    const char *help;
    unsigned nouns; /* rows that it goes with: RR_ROWS_OF() each */
    unsigned asks;  /* what the format must have */
    /* Of a choice its index.  NULL where all is well, else what is wrong with the word. */
    const char *(*set)(struct parsing *p, const char *value, size_t choice);
};

enum { TAG_NAME_MAX = 63, PAYLOAD_USUAL = 64 << 10, PAYLOAD_MOST = 1 << 30 };

static const char takes_others[] = "is not a value that it can have";

static const char *choice_of_rows(size_t i)
{
    return i < RR_NOUN_COUNT ? rr_columns[i]->name : NULL;
}

static const char *set_rows(struct parsing *p, const char *value G_GNUC_UNUSED, size_t choice)
{
    p->o->rows = (enum rr_noun)choice;
    return NULL;
}

static const char *choice_of_format(size_t i)
{
    return rr_formats[i] ? rr_formats[i]->name : NULL;
}

static const char *set_format(struct parsing *p, const char *value G_GNUC_UNUSED, size_t choice)
{
    p->o->format = rr_formats[choice];
    return p->o->format->missing;
}

static const char *set_to(struct parsing *p, const char *value, size_t choice G_GNUC_UNUSED)
{
    if (!*value)
        return takes_others;
    p->o->to = strcmp(value, "-") == 0 ? NULL : g_strdup(value);
    return NULL;
}

static const char *set_columns(struct parsing *p, const char *value, size_t choice G_GNUC_UNUSED)
{
    p->columns = g_strdup(value);
    return NULL;
}

static bool is_tag_name(const struct word *w)
{
    for (size_t i = 0; i < w->length; i++) {
        bool fits = g_ascii_isalpha(w->text[i]) || (i && (g_ascii_isdigit(w->text[i]) || w->text[i] == '_'));
        if (!fits)
            return false;
    }
    return w->length > 0 && w->length <= TAG_NAME_MAX;
}

static const char *set_tag(struct parsing *p, const char *value, size_t choice G_GNUC_UNUSED)
{
    if (!is_tag_name(&p->name))
        return "does not name a column: a name begins with a letter and goes on with letters, digits and _";
    if (!*value || !g_utf8_validate(value, -1, NULL))
        return takes_others;
    struct rr_tag tag = { g_strndup(p->name.text, p->name.length), g_strdup(value) };
    g_array_append_val(p->tags, tag);
    return NULL;
}

static const char *choice_of_payload(size_t i)
{
    static const char *const styles[] = { [RR_PAYLOAD_HEX] = "hex",
                                          [RR_PAYLOAD_BASE64] = "base64",
                                          [RR_PAYLOAD_TEXT] = "text",
                                          [RR_PAYLOAD_NONE] = "none",
                                          [RR_PAYLOAD_NONE + 1] = NULL };
    return styles[i];
}

static const char *set_payload(struct parsing *p, const char *value G_GNUC_UNUSED, size_t choice)
{
    p->o->payload = (enum rr_payload_style)choice;
    return NULL;
}

static const char *set_payload_max(struct parsing *p, const char *value, size_t choice G_GNUC_UNUSED)
{
    uint64_t bytes;
    if (!rr_quantity_bytes(value, &bytes) || bytes == 0 || bytes > PAYLOAD_MOST)
        return takes_others;
    p->o->payload_max = bytes;
    return NULL;
}

static const char *set_slower(struct parsing *p, const char *value, size_t choice G_GNUC_UNUSED)
{
    return rr_quantity_time(value, &p->o->slower) ? NULL : takes_others;
}

static const char *set_min(struct parsing *p, const char *value, size_t choice G_GNUC_UNUSED)
{
    return rr_quantity_bytes(value, &p->o->min) ? NULL : takes_others;
}

static const char *choice_of_answer(size_t i)
{
    static const char *const answers[] = { "yes", "no", NULL };
    return answers[i];
}

static const char *set_header(struct parsing *p, const char *value G_GNUC_UNUSED, size_t choice)
{
    p->o->headless = choice;
    return NULL;
}

static const char *choice_of_time(size_t i)
{
    static const char *const styles[] = { [RR_TIME_ISO] = "iso",
                                          [RR_TIME_EPOCH] = "epoch",
                                          [RR_TIME_LOCAL] = "local",
                                          [RR_TIME_LOCAL + 1] = NULL };
    return styles[i];
}

static const char *set_time(struct parsing *p, const char *value G_GNUC_UNUSED, size_t choice)
{
    p->o->time = (enum rr_time_style)choice;
    return NULL;
}

#define ALL  RR_ROWS_OF_ALL
#define TALK (RR_ROWS_OF(RR_MESSAGES) | RR_ROWS_OF(RR_EXCHANGES))

static const struct option options[OPTION_COUNT] = {
    [OPTION_ROWS] = { "rows", NULL, choice_of_rows,
                      "what a row is about (messages; of format=text, exchanges)", ALL, 0, set_rows },
    [OPTION_FORMAT] = { "format", NULL, choice_of_format, "what rows look like (csv)", ALL, 0, set_format },
    [OPTION_TO] = { "to", "FILE", NULL, "where rows go instead of standard output", ALL, 0, set_to },
    [OPTION_COLUMNS] = { "columns", "NAME:NAME...|+NAME:NAME...", NULL,
                         "these columns; with + the usual ones and these", ALL, RR_HAS_COLUMNS, set_columns },
    [OPTION_PAYLOAD] = { "payload", NULL, choice_of_payload,
                         "the bytes of messages as columns behind the others, in that writing (none; with "
                         "columns=+payload, hex)",
                         TALK, RR_HAS_PAYLOAD, set_payload },
    [OPTION_PAYLOAD_MAX] = { "payload-max", "BYTES", NULL,
                             "how many bytes of a message at most (64k, up to 1G)", TALK, RR_HAS_BYTES,
                             set_payload_max },
    [OPTION_SLOWER] = { "slower", "TIME", NULL,
                        "only exchanges whose latency is at least that: 500us, 10ms, 1.5s", TALK, 0,
                        set_slower },
    [OPTION_MIN] = { "min", "BYTES", NULL,
                     "no messages smaller than that, and no exchanges whose messages all are: 10, 64k, 1M",
                     TALK, 0, set_min },
    [OPTION_TAG] = { "tag.", "TEXT", NULL, "a column of that name at the end, which says TEXT in every row",
                     ALL, RR_HAS_COLUMNS, set_tag },
    [OPTION_HEADER] = { "header", NULL, choice_of_answer, "whether names of columns come first (yes)", ALL,
                        RR_HAS_HEADER, set_header },
    [OPTION_TIME] = { "time", NULL, choice_of_time,
                      "times of day in UTC, as seconds since 1970, or local (iso)", ALL, RR_HAS_TIMES,
                      set_time },
    [OPTION_FILTER] = { "filter", "FILTER", NULL,
                        "only what has a frame that passes the display filter; comes last, and filter= may "
                        "be "
                        "left out",
                        ALL, 0, NULL },
};

/* An argument can hold anything, an error is one line. */
static bool complain(struct parsing *p, struct word w, const char *why)
{
    char *given = g_strndup(w.text, w.length);
    char *printable = g_strescape(given, NULL);
    p->error = g_strdup_printf("\"%s\" %s", printable, why);
    g_free(printable);
    g_free(given);
    return false;
}

/* "messages|exchanges|connections" */
static char *values_of(const struct option *option)
{
    if (option->values)
        return g_strdup(option->values);
    GString *all = g_string_new(NULL);
    for (size_t i = 0; option->choice(i); i++)
        g_string_append_printf(all, "%s%s", i ? "|" : "", option->choice(i));
    return g_string_free(all, FALSE);
}

static bool is_tag(const struct option *option)
{
    return option == &options[OPTION_TAG];
}

/* "rows=messages|exchanges|connections" */
static char *usage_of(const struct option *option)
{
    char *values = values_of(option);
    char *usage = g_strdup_printf("%s%s=%s", option->name, is_tag(option) ? "NAME" : "", values);
    g_free(values);
    return usage;
}

static bool complain_of_option(struct parsing *p, struct word w, const char *why)
{
    GString *rest = g_string_new(why);
    g_string_append(rest, "; options are ");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char *usage = usage_of(&options[i]);
        g_string_append_printf(rest, "%s, ", usage);
        g_free(usage);
    }
    g_string_append(rest, "help");
    complain(p, w, rest->str);
    g_string_free(rest, TRUE);
    return false;
}

/* Length of the name in "name=value"; 0 where a word is none: "a==b" and "a>=b" compare, and belong to a
 * filter. */
static size_t name_length(const char *word)
{
    size_t length = 0;
    while (g_ascii_isalpha(word[length]) ||
           (length && (g_ascii_isdigit(word[length]) || (word[length] && strchr("_.-", word[length])))))
        length++;
    return word[length] == '=' && word[length + 1] != '=' ? length : 0;
}

static const struct option *find_option(const char *word, size_t name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        size_t length = strlen(options[i].name);
        bool fits = is_tag(&options[i]) ? length <= name : length == name;
        if (fits && strncmp(options[i].name, word, length) == 0)
            return &options[i];
    }
    return NULL;
}

/* Index of a value among the choices of an option; where it has none, 0. */
static bool find_choice(const struct option *option, const char *value, size_t *choice)
{
    *choice = 0;
    if (!option->choice)
        return true;
    for (; option->choice(*choice); ++*choice)
        if (strcmp(option->choice(*choice), value) == 0)
            return true;
    return false;
}

static bool complain_of_value(struct parsing *p, struct word w, const struct option *option)
{
    char *usage = usage_of(option);
    char *why = g_strdup_printf("%s: %s%s%s", takes_others, usage, option->choice ? "" : ", ",
                                option->choice ? "" : option->help);
    complain(p, w, why);
    g_free(why);
    g_free(usage);
    return false;
}

/* Length of a word: it ends at a comma that no \ stands before. */
static size_t word_length(const char *word)
{
    size_t length = 0;
    while (word[length] && word[length] != ',')
        length += word[length] == '\\' && word[length + 1] == ',' ? 2 : 1;
    return length;
}

/* "\," is a comma. */
static char *value_of(struct word w)
{
    char *value = g_strndup(w.text, w.length), *end = value;
    for (const char *c = value; *c; c++)
        if (c[0] != '\\' || c[1] != ',')
            *end++ = *c;
    *end = '\0';
    return value;
}

static bool take_option(struct parsing *p, struct word w, size_t name)
{
    const struct option *option = find_option(w.text, name);
    if (!option)
        return complain_of_option(p, w, "is not an option");
    struct word *given = &p->given[option - options];
    if (given->text && !is_tag(option))
        return complain(p, w, "is given twice");
    *given = w;
    p->name = (struct word){ w.text + strlen(option->name), name - strlen(option->name) };
    char *value = value_of((struct word){ w.text + name + 1, w.length - name - 1 });
    size_t choice;
    const char *why = find_choice(option, value, &choice) ? option->set(p, value, choice) : takes_others;
    g_free(value);
    if (why == takes_others)
        return complain_of_value(p, w, option);
    return why ? complain(p, w, why) : true;
}

/* Takes the first of the words, each with a comma before it; the filter takes all that are left. */
static bool take_word(struct parsing *p, const char **text)
{
    static const char filter_option[] = "filter=";
    const char *word = *text + 1;
    struct word w = { word, word_length(word) };
    if (**text != ',' || !w.length)
        return complain_of_option(p, (struct word){ *text, strlen(*text) }, "does not belong there");
    size_t name = name_length(word);
    bool named = g_str_has_prefix(word, filter_option);
    *text = word + w.length;
    if (w.length == strlen("help") && strncmp(word, "help", w.length) == 0) {
        p->o->help = true;
        return true;
    }
    if (name && !named)
        return take_option(p, w, name);
    *text = word + strlen(word);
    p->o->filter = g_strdup(named ? word + strlen(filter_option) : word);
    return *p->o->filter ||
           complain_of_value(p, (struct word){ word, strlen(word) }, &options[OPTION_FILTER]);
}

static bool go_together(struct parsing *p)
{
    const struct rr_format *format = p->o->format;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *with = NULL, *what = NULL;
        if (options[i].asks & ~format->has || (i == OPTION_ROWS && !(format->nouns & RR_ROWS_OF(p->o->rows))))
            with = "format", what = format->name;
        else if (!(options[i].nouns & RR_ROWS_OF(p->o->rows)))
            with = "rows", what = rr_columns[p->o->rows]->name;
        if (!with || !p->given[i].text)
            continue;
        char *why = g_strdup_printf("does not go with %s=%s", with, what);
        complain(p, p->given[i], why);
        g_free(why);
        return false;
    }
    return true;
}

/* A tag is a column: no other may have its name, which in SQL has no case. */
static bool tags_are_new(struct parsing *p)
{
    const struct rr_columns *table = rr_columns[p->o->rows];
    for (guint i = 0; i < p->tags->len; i++) {
        const char *name = g_array_index(p->tags, struct rr_tag, i).name;
        bool taken = false;
        for (size_t k = 0; k < table->count; k++)
            taken |= table->column[k].name && g_ascii_strcasecmp(table->column[k].name, name) == 0;
        for (guint k = 0; k < i; k++)
            taken |= g_ascii_strcasecmp(g_array_index(p->tags, struct rr_tag, k).name, name) == 0;
        if (!taken)
            continue;
        char *tag = g_strconcat(options[OPTION_TAG].name, name, NULL);
        complain(p, (struct word){ tag, strlen(tag) }, "names a column that is there already");
        g_free(tag);
        return false;
    }
    return true;
}

static bool choose_columns(struct parsing *p)
{
    struct rr_options *o = p->o;
    char *why = NULL;
    bool none = o->payload == RR_PAYLOAD_NONE;
    if (!p->given[OPTION_PAYLOAD].text && o->format->has & RR_HAS_BLOBS)
        o->payload = RR_PAYLOAD_RAW;
    bool always = o->format->has & RR_HAS_BYTES && !(o->format->has & RR_HAS_COLUMNS);
    o->with_payload = always || (p->given[OPTION_PAYLOAD].text && !none);
    o->columns = rr_choose_columns(o->rows, p->columns, o->format->needs[o->rows], &o->with_payload,
                                   &o->column_count, &why);
    if (why)
        complain(p, p->given[OPTION_COLUMNS], why);
    else if (none && o->with_payload)
        complain(p, p->given[OPTION_PAYLOAD], "does not go with columns that show it");
    else if (p->given[OPTION_PAYLOAD_MAX].text && !o->with_payload)
        complain(p, p->given[OPTION_PAYLOAD_MAX], "has nothing to cut: payload= is not asked for");
    g_free(why);
    return !p->error;
}

static bool parse(struct parsing *p, const char *text)
{
    while (*text)
        if (!take_word(p, &text))
            return false;
    if (!p->given[OPTION_ROWS].text)
        p->o->rows = p->o->format->usual;
    p->o->selective = p->given[OPTION_SLOWER].text || p->given[OPTION_MIN].text || p->o->filter;
    if (p->o->format->sink && !p->o->to)
        return complain(p, p->given[OPTION_FORMAT], "needs a file: to=FILE");
    return go_together(p) && tags_are_new(p) && choose_columns(p);
}

struct rr_options *rr_options_parse(const char *text, char **error)
{
    struct rr_options *o = g_new0(struct rr_options, 1);
    struct parsing p = { .o = o, .tags = g_array_new(FALSE, FALSE, sizeof(struct rr_tag)) };
    o->text = g_strdup(*text == ',' ? text + 1 : text);
    o->format = rr_formats[0];
    o->slower = RR_NEVER;
    o->payload_max = PAYLOAD_USUAL;
    bool good = parse(&p, text);
    o->tag_count = p.tags->len;
    o->tags = (struct rr_tag *)(void *)g_array_free(p.tags, FALSE);
    g_free(p.columns);
    if (good)
        return o;
    *error = p.error;
    rr_options_free(o);
    return NULL;
}

void rr_options_free(struct rr_options *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->tag_count; i++) {
        g_free(o->tags[i].name);
        g_free(o->tags[i].value);
    }
    g_free(o->tags);
    g_free(o->columns);
    g_free(o->text);
    g_free(o->to);
    g_free(o->filter);
    g_free(o);
}

char *rr_options_help(void)
{
    GString *help = g_string_new(
        "-z reqresp,export[,OPTION...][,FILTER]        a comma within a value is written \\,\n\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char *usage = usage_of(&options[i]);
        g_string_append_printf(help, "  %-42s %s\n", usage, options[i].help);
        g_free(usage);
    }
    g_string_append_printf(help, "  %-42s %s\n", "help", "print this table, and nothing else");
    return g_string_free(help, FALSE);
}
