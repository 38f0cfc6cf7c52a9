#include "measure/groups.h"
#include "wireshark/compat.h"
#include <epan/srt_table.h>

#include "wireshark/prefs.h"
#include "wireshark/tables.h"
#include "wireshark/taps.h"

static void *begin(void)
{
    return rr_groups_new(RR_BY_VERB, rr_prefs_slow());
}

/* The host's table can show no time below zero. */
static nstime_t nstime(int64_t seconds, int64_t ns)
{
    if (seconds < 0 || ns < 0)
        return (nstime_t){ 0 };
    return (nstime_t){ .secs = seconds, .nsecs = (int)ns };
}

static nstime_t nstime_of(int64_t ns)
{
    return nstime(ns / 1000000000, ns % 1000000000);
}

/* The rows of a table are alike whenever it is made, save for their names where verbs came or changed places.
 */
static void name_row(srt_stat_table *table, int row, const char *name)
{
    if (row < table->num_procs)
        g_free(table->procedures[row].procedure);
    init_srt_table_row(table, row, name);
}

static void set_row(srt_stat_table *table, int row, const struct rr_group *group)
{
    const struct rr_latency *l = &group->totals.latency;
    name_row(table, row, group->name);
    time_stat_init(&table->procedures[row].stats);
    table->procedures[row].stats.num = l->count;
    table->procedures[row].stats.min = nstime_of(l->least);
    table->procedures[row].stats.max = nstime_of(l->greatest);
    table->procedures[row].stats.tot = nstime(l->sum_seconds, l->sum_ns);
}

static void show(void *table, void *measure)
{
    const srt_data_t *data = table;
    srt_stat_table *rows = g_array_index(data->srt_array, srt_stat_table *, 0);
    int row = 0;
    rr_groups_sort(measure);
    for (size_t i = 0; i < rr_groups_count(measure); i++)
        if (rr_groups_at(measure, i)->totals.latency.count)
            set_row(rows, row++, rr_groups_at(measure, i));
    for (; row < rows->num_procs; row++)
        time_stat_init(&rows->procedures[row].stats);
}

static const struct rr_statistic statistic = { &rr_group_counter, begin, show, false };

static void init(struct register_srt *srt _U_, GArray *tables)
{
    rr_tables_open();
    init_srt_table("ReqResp Service Response Time by verb", "ReqResp", tables, 0, "Verb", NULL, NULL);
}

static tap_packet_status tapped(void *table, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                const void *frame, tap_flags_t flags _U_)
{
    return rr_tables_tapped(&statistic, table, frame);
}

void rr_tap_srt_register(int proto)
{
    register_srt_table(proto, RR_TAP, 1, tapped, init, NULL);
}
