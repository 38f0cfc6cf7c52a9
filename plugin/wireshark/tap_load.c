#include "measure/load.h"

#include <time.h>

#include "wireshark/prefs.h"
#include "wireshark/sheet.h"
#include "wireshark/taps.h"

enum { NS_A_SECOND = 1000000000 };

static int64_t asked; /* ns; 0: as preferred */

static const struct rr_sheet_column columns[] = { { "Start", RR_SHEET_TEXT, 27 },
                                                  { "Arrivals", RR_SHEET_COUNT, 8 },
                                                  { "Completions", RR_SHEET_COUNT, 11 },
                                                  { "Unanswered", RR_SHEET_COUNT, 10 },
                                                  { "Mean concurrency", RR_SHEET_NUMBER, 16 },
                                                  { "Peak", RR_SHEET_COUNT, 7 },
                                                  { "Busy %", RR_SHEET_NUMBER, 9 },
                                                  { "Completions/s", RR_SHEET_NUMBER, 13 },
                                                  { "Request bytes", RR_SHEET_BYTES, 13 },
                                                  { "Response bytes", RR_SHEET_BYTES, 14 },
                                                  RR_SHEET_LATENCY };

static void *begin(void)
{
    return rr_load_new();
}

static void exchange(void *load, const struct rr_exchange *x)
{
    rr_load_exchange(load, x);
}

static void merge(void *into, const void *from)
{
    rr_load_merge(into, from);
}

static void release(void *load)
{
    rr_load_free(load);
}

static void put_start(struct rr_sheet *s, int64_t ns)
{
    int64_t seconds = ns / NS_A_SECOND - (ns % NS_A_SECOND < 0);
    GDateTime *second = g_date_time_new_from_unix_utc(seconds);
    char *day = g_date_time_format(second, "%Y-%m-%dT%H:%M:%S");
    char *text = g_strdup_printf("%s.%06" PRId64 "Z", day, (ns - seconds * NS_A_SECOND) / 1000);
    rr_sheet_text(s, text);
    g_free(text);
    g_free(day);
    g_date_time_unref(second);
}

static void show_slice(struct rr_sheet *s, struct rr_slice *slice, double seconds)
{
    rr_sheet_row(s);
    put_start(s, slice->start);
    rr_sheet_count(s, slice->arrivals);
    rr_sheet_count(s, slice->completions);
    rr_sheet_count(s, slice->unanswered);
    rr_sheet_number(s, slice->in_progress / seconds);
    rr_sheet_count(s, slice->peak);
    rr_sheet_number(s, (double)slice->busy / 1e7 / seconds);
    rr_sheet_number(s, slice->completions / seconds);
    rr_sheet_number(s, (double)slice->request_bytes);
    rr_sheet_number(s, (double)slice->response_bytes);
    rr_sheet_latency(s, &slice->latency);
}

static void show(void *table, void *measure)
{
    static char title[64];
    struct rr_slices slices = rr_load_slices(measure, asked ? asked : rr_prefs_interval());
    double seconds = (double)slices.interval / NS_A_SECOND;
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_snprintf(title, sizeof title, "Slices of %s s", g_ascii_formatd(digits, sizeof digits, "%g", seconds));
    rr_sheet_begin(table, title);
    for (size_t i = 0; i < slices.count; i++)
        show_slice(table, &slices.slice[i], seconds);
    rr_slices_release(&slices);
}

static bool set_interval(void *settings, const char *value)
{
    return rr_stat_option_interval(value, settings);
}

static const struct rr_stat_option options[] = { { "", "an interval such as 10s, 500ms or 250us",
                                                   set_interval } };

static const struct rr_counter counter = {
    .exchange = exchange,
    .merge = merge,
    .release = release,
};

static const struct rr_statistic statistic = { &counter, begin, show, false };

static struct rr_sheet sheet = {
    .statistic = &statistic,
    .options = options,
    .option_count = G_N_ELEMENTS(options),
    .settings = &asked,
};

static void check(const char *argument, const char **filter, char **error)
{
    rr_sheet_ask(&sheet, argument, filter, error);
}

void rr_tap_load_register(void)
{
    rr_sheet_register(&sheet, "load", "ReqResp Load", columns, G_N_ELEMENTS(columns), check);
}
