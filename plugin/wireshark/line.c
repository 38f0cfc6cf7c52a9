#include "wireshark/line.h"

void rr_line_span(GString *line, int64_t ns)
{
    static const struct {
        int64_t ns;
        const char *name;
    } units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "µs" }, { 1, "ns" } };

    size_t i = 0;
    while (units[i].ns > 1 && ns < units[i].ns && ns > -units[i].ns)
        i++;
    g_string_append_printf(line, "%.6g %s", (double)ns / (double)units[i].ns, units[i].name);
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
        g_string_append(line, x->status == RR_UNANSWERED ? ", never answered" : ", not answered so far");
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
