#include <math.h>

#include "measure/slowest.h"
#include "wireshark/prefs.h"
#include "wireshark/sheet.h"
#include "wireshark/taps.h"

static struct settings {
    uint32_t count; /* 0: as preferred */
    bool given;     /* likewise: else as preferred */
    enum rr_slow_by by;
} settings;

/* A window of the host's sorts by the first column. */
static const struct rr_sheet_column columns[] = {
    { "Rank", RR_SHEET_COUNT, 5 },
    { "Latency ms", RR_SHEET_NUMBER, 12 },
    { "Duration ms", RR_SHEET_NUMBER, 12 },
    { "Request spread ms", RR_SHEET_NUMBER, 18 },
    { "Response spread ms", RR_SHEET_NUMBER, 19 },
    { "Server ms", RR_SHEET_NUMBER, 11 },
    { "Lost ms", RR_SHEET_NUMBER, 11 },
    { "Stalled ms", RR_SHEET_NUMBER, 11 },
    { "Request frame", RR_SHEET_COUNT, 13 },
    { "Response frame", RR_SHEET_COUNT, 14 },
    { "Client", RR_SHEET_TEXT, 21 },
    { "Server", RR_SHEET_TEXT, 21 },
    { "Filter", RR_SHEET_TEXT, 34 },
    { "Summary", RR_SHEET_TEXT, 7 },
};

static void *begin(void)
{
    return rr_slowest_new(settings.count ? settings.count : rr_prefs_slowest(),
                          settings.given ? settings.by : rr_prefs_slow_by());
}

static void exchange(void *slowest, const struct rr_exchange *x)
{
    rr_slowest_exchange(slowest, x);
}

static void merge(void *into, const void *from)
{
    rr_slowest_merge(into, from);
}

static void release(void *slowest)
{
    rr_slowest_free(slowest);
}

/* A cell cannot be left out in front of others. */
static void show_span(struct rr_sheet *s, int64_t ns)
{
    rr_sheet_number(s, ns == RR_NEVER ? NAN : (double)ns / 1e6);
}

static void show_row(struct rr_sheet *s, size_t rank, const struct rr_slow *slow)
{
    char *filter = g_strdup_printf("reqresp.id == \"%016" PRIx64 "\"", slow->id);
    rr_sheet_row(s);
    rr_sheet_count(s, rank);
    show_span(s, slow->latency);
    show_span(s, slow->duration);
    show_span(s, slow->request_spread);
    show_span(s, slow->response_spread);
    show_span(s, slow->server_time);
    show_span(s, slow->lost);
    show_span(s, slow->stalled);
    rr_sheet_count(s, slow->request_frame);
    rr_sheet_count(s, slow->response_frame);
    rr_sheet_text(s, slow->client);
    rr_sheet_text(s, slow->server);
    rr_sheet_text(s, filter);
    rr_sheet_text(s, slow->summary);
    g_free(filter);
}

static void show(void *table, void *measure)
{
    size_t count = rr_slowest_sort(measure);
    rr_sheet_begin(table, "Slowest first");
    for (size_t i = 0; i < count; i++)
        show_row(table, i + 1, rr_slowest_at(measure, i));
}

static bool set_count(void *asked, const char *value)
{
    return rr_stat_option_number(value, RR_SLOWEST_MAX, &((struct settings *)asked)->count);
}

static bool set_by(void *asked, const char *value)
{
    struct settings *s = asked;
    s->given = true;
    return rr_slow_by_named(value, &s->by);
}

static const struct rr_stat_option options[] = { { "", "a number from 1 to 10000", set_count },
                                                 { "by", "latency or duration", set_by } };
G_STATIC_ASSERT(RR_SLOWEST_MAX == 10000);

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
    .settings = &settings,
};

static void check(const char *argument, const char **filter, char **error)
{
    rr_sheet_ask(&sheet, argument, filter, error);
}

void rr_tap_slowest_register(void)
{
    rr_sheet_register(&sheet, "slowest", "ReqResp Slowest Exchanges", columns, G_N_ELEMENTS(columns), check);
}
