/* What the user asks of an export, as written after `-z reqresp,export`. */
#ifndef RR_OPTIONS_H
#define RR_OPTIONS_H

#include "exchange/columns.h"
#include "write/writer.h"

struct rr_options {
    enum rr_noun rows;
    enum rr_time_style time;
    const char *filter; /* part of the text that was parsed; NULL: none */
};

/* Reads ",rows=exchanges,time=epoch,FILTER" or less of it.  False, and *error set to one line (free with
 * g_free), where it says something else. */
bool rr_options_parse(const char *text, struct rr_options *options, char **error);

#endif
