#include "measure/snapshot.h"

#include <inttypes.h>
#include <stddef.h>

/* The counts of a server, under their names here and there. */
static const struct count {
    const char *json;
    const char *metric; /* after "reqresp_" */
    const char *help;
    size_t offset; /* in struct rr_totals */
    bool falls;    /* a gauge, else a counter */
} counts[] = {
#define OF(member) offsetof(struct rr_totals, member)
    { "total_reqs", "requests", "Requests of which a byte was captured.", OF(requests), false },
    { "total_req_bytes", "request_bytes", "Captured bytes of requests.", OF(request_bytes), false },
    { "total_resps", "responses", "Responses of which a byte was captured.", OF(responses), false },
    { "total_resp_bytes", "response_bytes", "Captured bytes of responses.", OF(response_bytes), false },
    { "slow_reqs", "slow_responses", "Responses that took longer than the threshold to begin.", OF(slow),
      false },
    { "connections", "connections", "TCP connections.", OF(connections), false },
    { "exchanges", "exchanges", "Requests with their responses, if any.", OF(exchanges), false },
    { "answered", "answered", "Exchanges that have a response.", OF(answered), false },
    { "unanswered", "unanswered", "Exchanges that were given up; a late response still answers them.",
      OF(unanswered), true },
    { "unasked", "unasked", "Exchanges whose request was not captured.", OF(unasked), false },
    { "open", "open", "Exchanges that may still be answered.", OF(open), true },
    { "oneway", "oneway", "Requests that no answer is owed to.", OF(oneway), false },
    { "pushes", "pushes", "Messages that the server sent unasked.", OF(pushes), false },
    { "push_bytes", "push_bytes", "Captured bytes of pushes.", OF(push_bytes), false },
    { "segments", "segments", "Segments that brought new bytes.", OF(segments), false },
    { "repeats", "repeated_segments", "Segments that brought no new byte.", OF(repeats), false },
#undef OF
};

static uint64_t read_count(const struct count *c, const struct rr_totals *t)
{
    return *(const uint64_t *)((const char *)t + c->offset);
}

/* As the C locale has it, whatever the user's. */
static void put_number(GString *out, const char *format, double d)
{
    char digits[512];
    g_string_append(out, g_ascii_formatd(digits, sizeof digits, format, d));
}

static void put_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}

static void put_seconds(GString *out, const char *name, double seconds)
{
    g_string_append_printf(out, "%s\"%s\":", out->str[out->len - 1] == '{' ? "" : ",", name);
    put_number(out, "%.9f", seconds);
}

static void put_latency(GString *out, struct rr_latency *l)
{
    g_string_append(out, ",\"latency\":{");
    if (l->count) {
        put_seconds(out, "min", (double)l->least / 1e9);
        put_seconds(out, "mean", rr_latency_mean(l));
        put_seconds(out, "max", (double)l->greatest / 1e9);
    }
    for (size_t i = 0; i < RR_PERCENTILES; i++) {
        int64_t ns;
        if (rr_latency_percentile(l, rr_percentiles[i].permille, &ns))
            put_seconds(out, rr_percentiles[i].name, (double)ns / 1e9);
    }
    g_string_append_c(out, '}');
}

static void put_server(GString *out, struct rr_group *group)
{
    struct rr_totals *t = &group->totals;
    g_string_append_printf(out, "{\"%u\":{\"server\":", group->port);
    put_quoted(out, group->host ? group->host : group->name);
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        g_string_append_printf(out, ",\"%s\":%" PRIu64, counts[i].json, read_count(&counts[i], t));
    g_string_append(out, ",\"total_costs\":");
    put_number(out, "%.0f", rr_latency_sum(&t->latency) * 1e6);
    g_string_append(out, ",\"latencies\":[");
    for (size_t i = 0; i < RR_BUCKETS; i++)
        g_string_append_printf(out, "%s%" PRIu64, i ? "," : "", t->buckets[i]);
    g_string_append_c(out, ']');
    put_latency(out, &t->latency);
    g_string_append(out, "}}");
}

void rr_snapshot_json(GString *out, struct rr_groups *by_server)
{
    g_string_append_c(out, '[');
    for (size_t i = 0; i < rr_groups_count(by_server); i++) {
        if (i)
            g_string_append_c(out, ',');
        put_server(out, rr_groups_at(by_server, i));
    }
    g_string_append_c(out, ']');
}

/* {server="10.0.0.2",port="80" without the closing brace. */
static void put_labels(GString *out, const struct rr_group *group)
{
    g_string_append(out, "{server=");
    put_quoted(out, group->host ? group->host : group->name);
    g_string_append_printf(out, ",port=\"%u\"", group->port);
}

static void put_head(GString *out, const char *metric, const char *type, const char *help)
{
    g_string_append_printf(out, "# TYPE reqresp_%s %s\n# HELP reqresp_%s %s\n", metric, type, metric, help);
}

static void put_family(GString *out, const struct count *c, struct rr_groups *by_server)
{
    put_head(out, c->metric, c->falls ? "gauge" : "counter", c->help);
    for (size_t i = 0; i < rr_groups_count(by_server); i++) {
        const struct rr_group *group = rr_groups_at(by_server, i);
        g_string_append_printf(out, "reqresp_%s%s", c->metric, c->falls ? "" : "_total");
        put_labels(out, group);
        g_string_append_printf(out, "} %" PRIu64 "\n", read_count(c, &group->totals));
    }
}

/* As OpenMetrics spells numbers: 0.0001, 20.0, +Inf. */
static void put_bound(GString *out, size_t bucket)
{
    if (bucket == RR_BUCKETS - 1) {
        g_string_append(out, "+Inf");
        return;
    }
    put_number(out, "%g", (double)rr_bucket_bounds[bucket] / 1e9);
    if (rr_bucket_bounds[bucket] >= 1000000000)
        g_string_append(out, ".0");
}

static void put_histogram(GString *out, const struct rr_group *group)
{
    uint64_t below = 0;
    for (size_t i = 0; i < RR_BUCKETS; i++) {
        below += group->totals.buckets[i];
        g_string_append(out, "reqresp_latency_seconds_bucket");
        put_labels(out, group);
        g_string_append(out, ",le=\"");
        put_bound(out, i);
        g_string_append_printf(out, "\"} %" PRIu64 "\n", below);
    }
    g_string_append(out, "reqresp_latency_seconds_sum");
    put_labels(out, group);
    g_string_append(out, "} ");
    put_number(out, "%.9f", rr_latency_sum(&group->totals.latency));
    g_string_append(out, "\nreqresp_latency_seconds_count");
    put_labels(out, group);
    g_string_append_printf(out, "} %" PRIu64 "\n", below);
}

void rr_snapshot_openmetrics(GString *out, struct rr_groups *by_server)
{
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        put_family(out, &counts[i], by_server);
    g_string_append(out, "# TYPE reqresp_latency_seconds histogram\n# UNIT reqresp_latency_seconds seconds\n"
                         "# HELP reqresp_latency_seconds Last byte asked to first byte answered.\n");
    for (size_t i = 0; i < rr_groups_count(by_server); i++)
        put_histogram(out, rr_groups_at(by_server, i));
    g_string_append(out, "# EOF\n");
}
