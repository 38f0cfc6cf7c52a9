/* A statistic that the host shows as a table of columns: `-z`, the Statistics menu, sharkd's "nstat:". */
#ifndef RR_SHEET_H
#define RR_SHEET_H

#include "wireshark/compat.h"
#include <epan/stat_tap_ui.h>

#include "measure/latency.h"
#include "measure/stat_options.h"
#include "wireshark/tables.h"

enum rr_sheet_kind { RR_SHEET_TEXT, RR_SHEET_COUNT, RR_SHEET_BYTES, RR_SHEET_NUMBER };

struct rr_sheet_column {
    const char *name;
    enum rr_sheet_kind kind;
    int width; /* of its cells where they are printed, at the least */
};

struct rr_sheet {
    stat_tap_table_ui ui; /* first: what the host knows */
    const struct rr_statistic *statistic;
    const struct rr_stat_option *options;
    size_t option_count;
    void *settings;
    const struct rr_sheet_column *columns;
    bool asked;        /* on a command line */
    int *widths;       /* of its columns, where it was; else NULL */
    guint room;        /* rows there are in memory: those beyond the table's count had been shown before */
    guint row, column; /* being filled */
};

/* `name` after "reqresp,"; all the rest of the sheet is set. */
void rr_sheet_register(struct rr_sheet *s, const char *name, const char *title,
                       const struct rr_sheet_column *columns, size_t count,
                       void (*check)(const char *argument, const char **filter, char **error));

/* To be called by `check`. */
void rr_sheet_ask(struct rr_sheet *s, const char *argument, const char **filter, char **error);

/* A sheet is filled from its first row on, each row from its first cell on.  A row ends early where nothing
 * more is known of it. */
void rr_sheet_begin(struct rr_sheet *s, const char *title); /* the title is kept */
void rr_sheet_row(struct rr_sheet *s);
void rr_sheet_text(struct rr_sheet *s, const char *text);
void rr_sheet_count(struct rr_sheet *s, uint64_t n);
void rr_sheet_number(struct rr_sheet *s, double n);

/* The last columns of a row, which ends where there are too few samples for a percentile. */
#define RR_SHEET_LATENCY                                                                                     \
    { "Min ms", RR_SHEET_NUMBER, 10 }, { "Mean ms", RR_SHEET_NUMBER, 10 },                                   \
        { "Max ms", RR_SHEET_NUMBER, 10 }, { "p50 ms", RR_SHEET_NUMBER, 10 },                                \
        { "p90 ms", RR_SHEET_NUMBER, 10 }, { "p95 ms", RR_SHEET_NUMBER, 10 },                                \
        { "p99 ms", RR_SHEET_NUMBER, 10 }, { "p99.9 ms", RR_SHEET_NUMBER, 10 },
void rr_sheet_latency(struct rr_sheet *s, struct rr_latency *l);

#endif
