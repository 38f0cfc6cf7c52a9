#include "wireshark/experts.h"

#include <epan/expert.h>
#include <epan/tap.h>

#include "wireshark/line.h"
#include "wireshark/prefs.h"

static expert_field unanswered = EI_INIT, unasked = EI_INIT, incomplete = EI_INIT, slow = EI_INIT;
static expert_field reset = EI_INIT, refused = EI_INIT, repeat = EI_INIT, late = EI_INIT, syn_retry = EI_INIT;

static int expert_tap;

void rr_experts_register(int proto)
{
    static ei_register_info table[] = {
        { &unanswered, { "reqresp.expert.unanswered", PI_RESPONSE_CODE, PI_WARN, "No response", EXPFILL } },
        { &unasked, { "reqresp.expert.unasked", PI_SEQUENCE, PI_NOTE, "Response to no request", EXPFILL } },
        { &incomplete, { "reqresp.expert.incomplete", PI_SEQUENCE, PI_WARN, "Bytes are missing", EXPFILL } },
        { &slow, { "reqresp.expert.slow", PI_RESPONSE_CODE, PI_NOTE, "Slow response", EXPFILL } },
        { &reset, { "reqresp.expert.reset", PI_SEQUENCE, PI_WARN, "Reset during an exchange", EXPFILL } },
        { &refused, { "reqresp.expert.refused", PI_SEQUENCE, PI_WARN, "Connection refused", EXPFILL } },
        { &repeat,
          { "reqresp.expert.repeat", PI_SEQUENCE, PI_NOTE, "Retransmission inside an exchange", EXPFILL } },
        { &late, { "reqresp.expert.late", PI_SEQUENCE, PI_NOTE, "Hole filled inside an exchange", EXPFILL } },
        { &syn_retry, { "reqresp.expert.syn_retry", PI_SEQUENCE, PI_NOTE, "SYN sent again", EXPFILL } },
    };
    /* Expert information registers it only later, but a name has one tap whoever is first. */
    expert_tap = register_tap("expert");
    expert_register_field_array(expert_register_protocol(proto), table, array_length(table));
}

bool rr_experts_wanted(proto_tree *tree)
{
    return have_tap_listener(expert_tap) || proto_field_is_referenced(tree, proto_expert);
}

static const char *span(packet_info *pinfo, int64_t ns)
{
    GString *text = g_string_new(NULL);
    rr_line_span(text, ns);
    const char *kept = wmem_strdup(pinfo->pool, text->str);
    g_string_free(text, TRUE);
    return kept;
}

/* A keep-alive repeats a byte, or none, and costs nothing. */
static bool is_retransmission(const struct rr_verdict *v)
{
    return v->repeat && v->len && !v->keep_alive;
}

void rr_experts_segment(packet_info *pinfo, proto_item *item, const struct rr_verdict *v)
{
    int64_t cost = (int64_t)v->cost * 1000;
    if (v->refused)
        expert_add_info(pinfo, item, &refused);
    if (v->reset)
        expert_add_info(pinfo, item, &reset);
    if (v->syn_retry)
        expert_add_info(pinfo, item, &syn_retry);
    if (v->fresh && v->late)
        expert_add_info_format(pinfo, item, &late, "Fills a hole that was known for %s", span(pinfo, cost));
    else if (is_retransmission(v) && v->cost)
        expert_add_info_format(pinfo, item, &repeat, "Retransmission, %s after the first copy",
                               span(pinfo, cost));
    else if (is_retransmission(v)) /* of what was captured too long ago, or never */
        expert_add_info_format(pinfo, item, &repeat, "Retransmission");
}

static void remark_request(packet_info *pinfo, proto_item *item, const struct rr_exchange *x)
{
    if (x->status == RR_UNANSWERED && pinfo->num == x->request.last_frame)
        expert_add_info(pinfo, item, &unanswered);
}

static void remark_response(packet_info *pinfo, proto_item *item, const struct rr_exchange *x)
{
    if (pinfo->num != x->response.first_frame)
        return;
    if (x->status == RR_UNASKED)
        expert_add_info(pinfo, item, &unasked);
    int64_t limit = rr_prefs_slow();
    if (limit && rr_has_both(x) && rr_latency(x) > limit)
        expert_add_info_format(pinfo, item, &slow, "Slow response: %s", span(pinfo, rr_latency(x)));
}

void rr_experts_message(packet_info *pinfo, proto_item *item, const struct rr_exchange *x,
                        const struct rr_message *m)
{
    if (m == &x->request)
        remark_request(pinfo, item, x);
    else if (!rr_is_push(x))
        remark_response(pinfo, item, x);
    if (m->ended_by == RR_GOING_ON || pinfo->num != m->last_frame || rr_complete(m))
        return;
    if (rr_missing(m))
        expert_add_info_format(pinfo, item, &incomplete, "%" PRIu64 " bytes are missing", rr_missing(m));
    else
        expert_add_info_format(pinfo, item, &incomplete, "Bytes between its parts may be missing");
}
