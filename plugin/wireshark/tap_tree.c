#include "measure/groups.h"
#include "wireshark/compat.h"
#include <epan/stats_tree.h>

#include "wireshark/prefs.h"
#include "wireshark/tables.h"
#include "wireshark/taps.h"

static void *begin(void)
{
    return rr_groups_new(RR_BY_PORT, rr_prefs_slow());
}

/* Counts are set, not added to: a tree can be made more than once. */
static int set_node(stats_tree *st, const char *name, int parent, bool has_children, uint64_t count)
{
    return stats_tree_manip_node_int(MN_SET, st, name, parent, has_children, (gint)MIN(count, INT_MAX));
}

static void set_classes(stats_tree *st, int parent, const char *const *names, const uint64_t *counts,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        set_node(st, names[i], parent, false, counts[i]);
}

static void show_port(stats_tree *st, int root, const struct rr_group *group)
{
    const struct rr_totals *t = &group->totals;
    char name[32];
    g_snprintf(name, sizeof name, g_ascii_isdigit(*group->name) ? "Port %5s" : "%s", group->name);
    int port = set_node(st, name, root, true, t->exchanges);
    int latency = set_node(st, "Latency", port, true, t->latency.count);
    int requests = set_node(st, "Request bytes", port, true, t->requests);
    int responses = set_node(st, "Response bytes", port, true, t->responses);
    set_classes(st, latency, rr_bucket_names, t->buckets, RR_BUCKETS);
    set_classes(st, requests, rr_size_names, t->request_sizes, RR_SIZES);
    set_classes(st, responses, rr_size_names, t->response_sizes, RR_SIZES);
}

static const char root_name[] = "Exchanges";

static void show(void *table, void *measure)
{
    stats_tree *st = table;
    int root = set_node(st, root_name, 0, true, rr_groups_total(measure)->totals.exchanges);
    for (size_t i = 0; i < rr_groups_count(measure); i++)
        show_port(st, root, rr_groups_at(measure, i));
}

static const struct rr_statistic statistic = { &rr_group_counter, begin, show, false };

static void init(stats_tree *st)
{
    rr_tables_open();
    stats_tree_create_node(st, root_name, 0, STAT_DT_INT, TRUE);
}

static tap_packet_status tapped(stats_tree *st, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                const void *frame, tap_flags_t flags _U_)
{
    return rr_tables_tapped(&statistic, st, frame);
}

static void close(stats_tree *st)
{
    rr_tables_close(st);
}

void rr_tap_tree_register(void)
{
    const guint by_name = ST_SORT_COL_NAME << ST_FLG_SRTCOL_SHIFT;
    stats_tree_register_plugin(RR_TAP, "reqresp", "ReqResp Latencies and Sizes", by_name, tapped, init,
                               close);
}
