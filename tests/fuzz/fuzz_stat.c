/* What a user writes after a statistic's name, and the verb that a payload seems to begin with. */
#include <string.h>

#include <glib.h>

#include "exchange/summary.h"
#include "measure/groups.h"
#include "measure/stat_options.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct settings {
    int64_t interval;
    uint32_t number;
    enum rr_grouping by;
};

static const int64_t YEAR_NS = 366 * 86400 * INT64_C(1000000000);
enum { NUMBER_MAX = 10000 };

static bool set_interval(void *settings, const char *value)
{
    return rr_stat_option_interval(value, &((struct settings *)settings)->interval);
}

static bool set_number(void *settings, const char *value)
{
    return rr_stat_option_number(value, NUMBER_MAX, &((struct settings *)settings)->number);
}

static bool set_by(void *settings, const char *value)
{
    return rr_grouping_named(value, &((struct settings *)settings)->by);
}

static void check_options(const char *text)
{
    static const struct rr_stat_option options[] = {
        { "", "an interval", set_interval },
        { "n", "a number", set_number },
        { "by", "a grouping", set_by },
    };
    struct settings set = { 1, 1, RR_BY_SERVER };
    const char *filter;
    char *error = NULL;
    if (rr_stat_options_parse(text, options, G_N_ELEMENTS(options), &set, &filter, &error)) {
        g_assert_null(error);
        g_assert_true(set.interval > 0 && set.interval <= YEAR_NS);
        g_assert_true(set.number > 0 && set.number <= NUMBER_MAX);
        g_assert_cmpint(set.by, <, RR_GROUPING_COUNT);
        g_assert_true(!filter || (filter >= text && filter <= text + strlen(text)));
    } else {
        for (const char *at = error; *at; at++)
            g_assert_true(*at >= ' ' && *at != 0x7f);
    }
    g_free(error);
}

static void check_verb(const uint8_t *bytes, size_t length)
{
    char summary[RR_SUMMARY_SIZE], verb[RR_VERB_BYTES];
    rr_summary(bytes, length, summary);
    const struct rr_exchange x = { .request = {
                                       .end = 1, .bytes = 1, .first_frame = 1, .summary = summary } };
    memset(verb, 'x', sizeof verb);
    rr_verb(&x, verb);
    g_assert_nonnull(memchr(verb, '\0', sizeof verb));
    for (const char *at = verb; *at; at++)
        g_assert_true(g_ascii_isalnum(*at) || strchr("_-.() ", *at));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = g_strndup((const char *)bytes, length);
    check_options(text);
    check_verb(bytes, length);
    g_free(text);
    return 0;
}
