#include "wireshark/line.h"

#include <inttypes.h>
#include <stdlib.h>

#include "exchange/endpoint.h"

static const struct unit {
    int64_t ns;
    int decimals; /* that a nanosecond takes */
    const char *name;
} units[] = { { 1000000000, 9, "s" }, { 1000000, 6, "ms" }, { 1000, 3, "µs" }, { 1, 0, "ns" } };

static const struct unit *unit_of(int64_t ns)
{
    const struct unit *unit = units;
    while (unit->ns > 1 && ns < unit->ns && ns > -unit->ns)
        unit++;
    return unit;
}

void rr_line_span(GString *line, int64_t ns)
{
    const struct unit *unit = unit_of(ns);
    g_string_append_printf(line, "%.6g %s", (double)ns / (double)unit->ns, unit->name);
}

void rr_line_exact_span(GString *line, int64_t ns)
{
    const struct unit *unit = unit_of(ns);
    int64_t fraction = llabs(ns % unit->ns);
    g_string_append_printf(line, "%" PRId64, ns / unit->ns);
    if (fraction) {
        g_string_append_printf(line, ".%0*" PRId64, unit->decimals, fraction);
        while (line->str[line->len - 1] == '0')
            g_string_truncate(line, line->len - 1);
    }
    g_string_append_printf(line, " %s", unit->name);
}

static void summary(GString *line, const char *of)
{
    if (of && *of)
        g_string_append_printf(line, " (%s)", of);
}

static void latency(GString *line, const struct rr_exchange *x)
{
    g_string_append(line, " after ");
    rr_line_span(line, rr_latency(x));
    g_string_append_printf(line, ", %s", rr_evidence_name(x->evidence));
}

static void request(GString *line, const struct rr_exchange *x)
{
    g_string_append(line, "Request");
    summary(line, x->request.summary);
    if (rr_has_both(x)) {
        g_string_append_printf(line, ", answered in frame %u", x->response.first_frame);
        latency(line, x);
    } else if (x->status == RR_ANSWERED) {
        g_string_append(line, ", answered, but not in this capture");
    } else {
        static const char *const fates[RR_STATUS_COUNT] = {
            [RR_OPEN] = ", not answered so far",
            [RR_UNANSWERED] = ", never answered",
            [RR_ONEWAY] = ", which is owed no answer",
        };
        g_string_append(line, fates[x->status] ? fates[x->status] : "");
    }
}

static void response(GString *line, const struct rr_exchange *x)
{
    if (rr_has_both(x)) {
        g_string_append_printf(line, "Response to frame %u", x->request.last_frame);
        summary(line, x->request.summary);
        latency(line, x);
    } else {
        g_string_append(line, "Response");
        summary(line, x->response.summary);
        g_string_append(line, " to a request that is not in this capture");
    }
}

static void push(GString *line, const struct rr_exchange *x)
{
    g_string_append(line, "Push");
    summary(line, x->response.summary);
    if (x->as.follows)
        g_string_append_printf(line, " after exchange %u", x->as.follows->number);
    else
        g_string_append(line, " before any request");
}

void rr_line_message(GString *line, const struct rr_exchange *x, const struct rr_message *m, bool fresh)
{
    if (rr_is_push(x))
        push(line, x);
    else if (m == &x->request)
        request(line, x);
    else
        response(line, x);
    if (!fresh)
        g_string_append(line, "; these bytes were captured before");
}

void rr_line_segment(GString *line, const struct rr_verdict *v)
{
    static const char *const titles[RR_PHASE_COUNT] = {
        [RR_PHASE_NONE] = "No message", [RR_PHASE_HANDSHAKE] = "Handshake",
        [RR_PHASE_REQUEST] = "Request", [RR_PHASE_RESPONSE] = "Response",
        [RR_PHASE_PUSH] = "Push",       [RR_PHASE_TEARDOWN] = "Teardown",
    };
    static const char *const sides[] = { [RR_CLIENT] = "client", [RR_SERVER] = "server" };

    g_string_append(line, titles[v->phase]);
    for (int side = RR_CLIENT; side <= RR_SERVER; side++) {
        const char *state = rr_tcp_state_name(v->state[side]);
        if (*state)
            g_string_append_printf(line, ", %s %s", sides[side], state);
    }
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

void rr_line_about_message(GString *line, const char *title, const struct rr_connection *c,
                           const struct rr_message *m)
{
    const char *pieces = c->transport == RR_UDP ? "datagram" : "segment";
    g_string_append_printf(line, "%s, %" PRIu64 " byte%s in %u %s%s", title, m->bytes, plural(m->bytes),
                           m->segments, pieces, plural(m->segments));
    if (m->first_frame != m->last_frame)
        g_string_append_printf(line, ", frames %u to %u", m->first_frame, m->last_frame);
    else if (rr_seen(m))
        g_string_append_printf(line, ", frame %u", m->first_frame);
    if (rr_missing(m))
        g_string_append_printf(line, ", %" PRIu64 " byte%s missing", rr_missing(m), plural(rr_missing(m)));
    if (m->torn)
        g_string_append(line, ", with a hole between its parts");
}

void rr_line_about_connection(GString *line, const struct rr_connection *c)
{
    g_string_append(line, c->transport == RR_UDP ? "Datagrams of client " : "Connection of client ");
    rr_put_endpoint(line, &c->end[RR_CLIENT]);
    g_string_append(line, " to server ");
    rr_put_endpoint(line, &c->end[RR_SERVER]);
}
