/* What the user asks of a statistic, as written after its name in `-z NAME,OPTION,...,FILTER`. */
#ifndef RR_STAT_OPTIONS_H
#define RR_STAT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rr_stat_option {
    const char *name;   /* in "name=value"; "": the value stands alone */
    const char *values; /* what is allowed, for a complaint: "server, client or verb" */
    bool (*set)(void *settings, const char *value);
};

/* Reads ",name=value,value,FILTER" or less of it; the rest from the first word that is no option is the
 * filter, part of `text` (NULL: none).  False, and *error set to one line (free with g_free), where it says
 * something else. */
bool rr_stat_options_parse(const char *text, const struct rr_stat_option *options, size_t count,
                           void *settings, const char **filter, char **error);

/* "10s", "500ms", "250us", or "10" for seconds: above 0, a year at most. */
bool rr_stat_option_interval(const char *value, int64_t *ns);

/* One of `count` names: which. */
bool rr_stat_option_choice(const char *value, const char *const names[], int count, int *choice);

/* 1 to `most`. */
bool rr_stat_option_number(const char *value, uint32_t most, uint32_t *n);

#endif
