#include "measure/groups.h"
#include "wireshark/prefs.h"
#include "wireshark/sheet.h"
#include "wireshark/taps.h"

static struct settings {
    bool given; /* else as preferred */
    enum rr_grouping by;
} settings;

static const struct rr_sheet_column columns[] = { { "Group", RR_SHEET_TEXT, 22 },
                                                  { "Connections", RR_SHEET_COUNT, 11 },
                                                  { "Exchanges", RR_SHEET_COUNT, 9 },
                                                  { "Answered", RR_SHEET_COUNT, 8 },
                                                  { "Unanswered", RR_SHEET_COUNT, 10 },
                                                  { "Unasked", RR_SHEET_COUNT, 7 },
                                                  { "Open", RR_SHEET_COUNT, 7 },
                                                  { "One-way", RR_SHEET_COUNT, 7 },
                                                  { "Pushes", RR_SHEET_COUNT, 7 },
                                                  { "Request bytes", RR_SHEET_BYTES, 13 },
                                                  { "Response bytes", RR_SHEET_BYTES, 14 },
                                                  { "Push bytes", RR_SHEET_BYTES, 10 },
                                                  { "Slow", RR_SHEET_COUNT, 7 },
                                                  { "Repeats %", RR_SHEET_NUMBER, 9 },
                                                  RR_SHEET_LATENCY };

static void *begin(void)
{
    return rr_groups_new(settings.given ? settings.by : rr_prefs_grouping(), rr_prefs_slow());
}

static void show_group(struct rr_sheet *s, struct rr_group *group)
{
    struct rr_totals *t = &group->totals;
    rr_sheet_row(s);
    rr_sheet_text(s, group->name);
    rr_sheet_count(s, t->connections);
    rr_sheet_count(s, t->exchanges);
    rr_sheet_count(s, t->answered);
    rr_sheet_count(s, t->unanswered);
    rr_sheet_count(s, t->unasked);
    rr_sheet_count(s, t->open);
    rr_sheet_count(s, t->oneway);
    rr_sheet_count(s, t->pushes);
    rr_sheet_number(s, (double)t->request_bytes);
    rr_sheet_number(s, (double)t->response_bytes);
    rr_sheet_number(s, (double)t->push_bytes);
    rr_sheet_count(s, t->slow);
    rr_sheet_number(s, rr_totals_repeat_share(t) * 100);
    rr_sheet_latency(s, &t->latency);
}

static void show(void *table, void *measure)
{
    static const char *const titles[RR_GROUPING_COUNT] = {
        [RR_BY_SERVER] = "By server", [RR_BY_CLIENT] = "By client", [RR_BY_CONNECTION] = "By connection",
        [RR_BY_VERB] = "By verb",     [RR_BY_PORT] = "By port",
    };
    struct rr_sheet *s = table;
    rr_sheet_begin(s, titles[rr_groups_by(measure)]);
    rr_groups_sort(measure);
    for (size_t i = 0; i < rr_groups_count(measure); i++)
        show_group(s, rr_groups_at(measure, i));
    show_group(s, rr_groups_total(measure));
}

static bool set_by(void *asked, const char *value)
{
    struct settings *s = asked;
    s->given = true;
    return rr_grouping_named(value, &s->by);
}

static const struct rr_stat_option options[] = { { "by", "server, client, connection, verb or port",
                                                   set_by } };

static const struct rr_statistic statistic = { &rr_group_counter, begin, show, false };

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

void rr_tap_stat_register(void)
{
    rr_sheet_register(&sheet, "stat", "ReqResp Statistics", columns, G_N_ELEMENTS(columns), check);
}
