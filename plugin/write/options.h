/* What the user asks of an export, as written after `-z reqresp,export`. */
#ifndef RR_OPTIONS_H
#define RR_OPTIONS_H

#include <glib.h>

#include "exchange/columns.h"

struct rr_format;

enum rr_time_style { RR_TIME_ISO, RR_TIME_EPOCH, RR_TIME_LOCAL };

enum rr_payload_style { RR_PAYLOAD_HEX, RR_PAYLOAD_BASE64, RR_PAYLOAD_TEXT, RR_PAYLOAD_NONE, RR_PAYLOAD_RAW };

/* A column whose cells all say the same. */
struct rr_tag {
    char *name, *value;
};

struct rr_options {
    char *text; /* as given, less the first comma */
    enum rr_noun rows;
    const struct rr_format *format;
    char *to;                         /* a file; NULL: standard output */
    const struct rr_column **columns; /* in the order in which they are written ... */
    size_t column_count;
    struct rr_tag *tags; /* ... and these behind them */
    size_t tag_count;
    enum rr_time_style time;
    enum rr_payload_style payload;
    bool with_payload;  /* rows want the bytes of messages ... */
    size_t payload_max; /* ... that many of each at most */
    bool headless;
    bool selective; /* not all that is reported becomes a row, by ... */
    int64_t slower; /* ns: only exchanges at least that slow; RR_NEVER: all */
    uint64_t min;   /* bytes: no smaller messages */
    char *filter;   /* NULL: none */
    bool help;      /* nothing but the table of options is asked for */
};

/* Reads ",rows=exchanges,time=epoch,FILTER" or less of it.  NULL, and *error set to one line (free with
 * g_free), where it says something else. */
struct rr_options *rr_options_parse(const char *text, char **error);
void rr_options_free(struct rr_options *options);

/* The table of options, for people.  Free with g_free. */
char *rr_options_help(void);

/* Whether what a row is about is to be one. */
bool rr_options_select(const struct rr_options *options, const struct rr_row *row);

#endif
