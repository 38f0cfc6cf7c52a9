#include "wireshark/pdus.h"

#include "exchange/summary.h"
#include "wireshark/asked.h"
#include "wireshark/bytes.h"
#include "wireshark/capture.h"
#include "wireshark/carriers.h"
#include "wireshark/facts.h"
#include "wireshark/joined.h"
#include "wireshark/records.h"
#include "wireshark/rule_table.h"
#include "wireshark/stream.h"
#include "wireshark/values.h"

/* A message of a frame. */
struct found {
    const struct rr_watched *segment; /* it came with; NULL: */
    uint32_t udp;                     /* number of the datagram it came in */
    enum rr_speaker speaker;          /* of that, as the rule tells */
    tvbuff_t *source;                 /* its bytes are in */
    int begin, end;
    bool partial;     /* a later one shows it whole, or nobody understood it: it is told of none */
    bool undecided;   /* it leaves open whether its connection is the rule's: turns may go on */
    uint32_t owes;    /* of how many further ones it consists */
    uint16_t does[2]; /* by enum rr_side of its sender; of one that cannot have sent it: nothing */
    uint64_t key[2];
    uint64_t cancels; /* with RR_PDU_CANCELS */
    /* What the rule wants as summary, and what of it a part that comes later adds: fields, and NULL behind
     * them; or NULL. */
    const field_info **said, **more;
    const struct rr_active_rule *rule;
};

/* While the tree is read. */
static struct {
    packet_info *pinfo;
    struct rr_segments segments;
    size_t segment;                     /* the one that was seen last, from 1; 0: none yet */
    enum rr_role carrier;               /* of what is being read: TCP or UDP, or something else */
    const struct rr_active_rule *rule;  /* of the layer, or NULL */
    const struct rr_active_rule *owner; /* of the segment: what its messages carry is theirs */
    const field_info *layer; /* that is one message, whose facts may go on in the layers after it; or NULL */
    bool in_pdu;             /* facts are collected */
    const struct rr_watched *sent; /* whose sender is known */
    int sender;
    GArray *found;
    GArray *told; /* struct rr_pdu: of one segment */
} reading;

static void release(void)
{
    g_array_free(reading.found, TRUE);
    g_array_free(reading.told, TRUE);
}

void rr_pdus_prepare(dissector_handle_t postdissector)
{
    if (!rr_rule_table_wanted())
        return;
    GArray *any = g_array_new(FALSE, FALSE, sizeof(int));
    int tcp = proto_get_id_by_filter_name("tcp");
    g_array_append_val(any, tcp);
    set_postdissector_wanted_hfids(postdissector, any);
}

void rr_pdus_begin(dissector_handle_t postdissector)
{
    rr_rule_table_begin();
    if (!rr_rule_table_active()) {
        set_postdissector_wanted_hfids(postdissector, NULL);
        rr_asked_begin(NULL);
        return;
    }
    GArray *fields = rr_rule_table_fields(), *carriers = g_array_new(FALSE, FALSE, sizeof(int));
    rr_carriers_ask(carriers, fields);
    set_postdissector_wanted_hfids(postdissector, carriers);
    rr_asked_begin(fields);
    g_array_free(fields, TRUE);
    rr_facts_begin();
    if (reading.found)
        return;
    register_shutdown_routine(release);
    reading.found = g_array_new(FALSE, FALSE, sizeof(struct found));
    reading.told = g_array_new(FALSE, FALSE, sizeof(struct rr_pdu));
}

static bool holds_unless_silent(const struct rr_active_rule *rule, enum rr_rule_part part)
{
    return !rr_rule_says(rule, part) || rr_facts_hold(rule, part);
}

static uint16_t does(const struct rr_active_rule *rule, int side)
{
    bool asks = side == RR_CLIENT;
    uint16_t flags = rule->rule->newest ? RR_PDU_NEWEST : 0;
    if (rr_facts_hold(rule, RR_RULE_IGNORE))
        return flags | RR_PDU_IGNORED;
    if (rr_facts_hold(rule, asks ? RR_RULE_ONEWAY : RR_RULE_PUSH)) {
        bool open = rule->rule->open[asks ? RR_RULE_ONEWAY_END : RR_RULE_PUSH_END];
        return flags | RR_PDU_ALONE | RR_PDU_BEGINS | (open ? RR_PDU_OPEN : RR_PDU_ENDS);
    }
    if (asks && rr_facts_hold(rule, RR_RULE_QUIET))
        flags |= RR_PDU_QUIET;
    if (!asks && rr_facts_hold(rule, RR_RULE_INTERIM))
        flags |= RR_PDU_INTERIM;
    if (holds_unless_silent(rule, asks ? RR_RULE_REQUEST : RR_RULE_RESPONSE))
        flags |= RR_PDU_BEGINS;
    if (!asks && (rule->rule->open[RR_RULE_RESPONSE_END] || rr_facts_hold(rule, RR_RULE_OPEN)))
        flags |= RR_PDU_OPEN;
    else if (holds_unless_silent(rule, asks ? RR_RULE_REQUEST_END : RR_RULE_RESPONSE_END))
        flags |= RR_PDU_ENDS;
    return flags;
}

/* Good until the next one. */
static const char *summary_of(const uint8_t *bytes, size_t length)
{
    static char text[RR_SUMMARY_SIZE];
    return rr_summary(bytes, length, text) ? text : NULL;
}

static void put_fields(wmem_strbuf_t *all, const field_info **fields)
{
    for (; fields && *fields; fields++) {
        const char *text = rr_value_text(reading.pinfo->pool, *fields);
        if (*text && wmem_strbuf_get_len(all))
            wmem_strbuf_append_c(all, ' ');
        wmem_strbuf_append(all, text);
    }
}

/* The fields that the rule names, side by side. */
static const char *said_summary(const struct found *f, bool begins)
{
    wmem_strbuf_t *all = wmem_strbuf_new(reading.pinfo->pool, "");
    if (begins)
        put_fields(all, f->said);
    put_fields(all, f->more);
    return summary_of((const uint8_t *)wmem_strbuf_get_str(all), wmem_strbuf_get_len(all));
}

/* Else its first bytes. */
static const char *bare_summary(const struct found *f)
{
    int length = MIN(f->end, (int)tvb_captured_length(f->source)) - f->begin;
    return length > 0 ? summary_of(tvb_get_ptr(f->source, f->begin, length), (size_t)length) : NULL;
}

static const char *summarize(const void *found)
{
    const struct found *f = found;
    const char *said = f->said ? said_summary(f, true) : NULL;
    return said ? said : bare_summary(f);
}

static const char *say_more(const void *found)
{
    return said_summary(found, false);
}

/* Who sends what the rule calls a request, or a response. */
static enum rr_speaker speaker(const struct rr_active_rule *rule)
{
    bool tells_request = rr_rule_says(rule, RR_RULE_REQUEST),
         tells_response = rr_rule_says(rule, RR_RULE_RESPONSE);
    if (!tells_request && !tells_response)
        return RR_SPEAKER_EITHER;
    bool asks = tells_request ? rr_facts_hold(rule, RR_RULE_REQUEST) : !rr_facts_hold(rule, RR_RULE_RESPONSE);
    bool answers =
        tells_response ? rr_facts_hold(rule, RR_RULE_RESPONSE) : !rr_facts_hold(rule, RR_RULE_REQUEST);
    if (asks == answers)
        return RR_SPEAKER_UNKNOWN;
    return asks ? RR_SPEAKER_ASKS : RR_SPEAKER_ANSWERS;
}

static bool has_key(const struct rr_active_rule *rule)
{
    uint64_t key;
    return rr_facts_key(rule, RR_CLIENT, &key) || rr_facts_key(rule, RR_SERVER, &key);
}

/* Of what was cut when captured the dissector sees some bytes only, and takes them for all.  A datagram
 * stands for itself: it is enough if its key is there. */
static bool is_told(void)
{
    if (!holds_unless_silent(reading.rule, RR_RULE_ONLY))
        return false;
    if (reading.carrier != RR_ROLE_UDP) {
        const struct rr_segment *s = &reading.segments.first[reading.segment - 1].segment;
        return s->captured == s->len;
    }
    const struct rr_udp *u = rr_carriers_nth_udp(rr_carriers_udp());
    bool cut = u->end > (int)tvb_captured_length(u->source);
    return !cut || reading.rule->rule->pairing != RR_BY_KEY || has_key(reading.rule);
}

/* The side that sent it, where that is sure before the tracker is fed; else -1. */
static int sender_of(const struct rr_watched *w)
{
    uint32_t stream;
    if (reading.sent != w)
        reading.sender = rr_stream_known(w, &stream)
                             ? rr_tracker_ruled_side(rr_capture_tracker(), stream, w->segment.end)
                             : -1;
    reading.sent = w;
    return reading.sender;
}

static void note_pdu(const field_info *whole)
{
    const struct rr_active_rule *rule = reading.rule;
    bool in_udp = reading.carrier == RR_ROLE_UDP;
    struct found f = { .segment = in_udp ? NULL : &reading.segments.first[reading.segment - 1],
                       .udp = in_udp ? rr_carriers_udp() : 0,
                       .speaker = in_udp ? speaker(rule) : RR_SPEAKER_UNKNOWN,
                       .source = whole->ds_tvb,
                       .begin = whole->start,
                       .end = whole->start + whole->length,
                       .partial = rr_facts_are_partial(rule),
                       .owes = rr_facts_owed(),
                       .rule = rule };
    int sender = in_udp ? -1 : sender_of(f.segment);
    for (int side = 0; side < 2; side++) {
        if (sender == !side)
            continue;
        f.does[side] = does(rule, side);
        if (rr_facts_key(rule, side, &f.key[side]))
            f.does[side] |= RR_PDU_KEYED;
        else
            f.does[side] &= (uint16_t)~RR_PDU_NEWEST;
    }
    if (sender != RR_SERVER && rr_facts_cancel(rule, &f.cancels))
        f.does[RR_CLIENT] |= RR_PDU_CANCELS;
    f.undecided = !in_udp && sender < 0 && rr_facts_hold(rule, RR_RULE_UNDECIDED);
    f.said = rr_facts_of(rule, RR_RULE_SUMMARY);
    f.more = rr_facts_of(rule, RR_RULE_SUMMARY_END);
    g_array_append_val(reading.found, f);
}

static void end_pdu(const field_info *whole)
{
    if (is_told())
        note_pdu(whole);
    reading.in_pdu = false;
    rr_facts_forget();
}

/* What may be a part of a message, and begins none. */
static void note_unknown(const field_info *field)
{
    if (reading.carrier != RR_ROLE_TCP || !field->ds_tvb || !is_told())
        return;
    struct found f = { .segment = &reading.segments.first[reading.segment - 1],
                       .source = field->ds_tvb,
                       .begin = field->start,
                       .end = field->start + field->length,
                       .partial = true,
                       .rule = reading.rule };
    g_array_append_val(reading.found, f);
}

static struct found *found_at(guint i)
{
    return &g_array_index(reading.found, struct found, i);
}

/* A layer's messages share all its bytes: what lies between two belongs to the first. */
static void share_layer(const field_info *layer, guint first)
{
    guint n = reading.found->len;
    if (first == n)
        return;
    found_at(first)->begin = MIN(found_at(first)->begin, layer->start);
    for (guint i = first; i + 1 < n; i++)
        found_at(i)->end = found_at(i + 1)->begin;
    found_at(n - 1)->end = MAX(found_at(n - 1)->end, layer->start + layer->length);
}

static void read_children(const proto_node *node);

/* The layers of its content come after the message's own, until the next message's. */
static void end_layer(void)
{
    if (reading.layer)
        end_pdu(reading.layer);
    reading.layer = NULL;
    reading.rule = NULL;
}

static void read_layer(const proto_node *node, const struct rr_active_rule *rule)
{
    bool split = rr_rule_says(rule, RR_RULE_PDU);
    guint first = reading.found->len;
    reading.rule = reading.owner = rule;
    reading.in_pdu = !split;
    read_children(node);
    if (!split) {
        reading.layer = node->finfo;
        return;
    }
    share_layer(node->finfo, first);
    reading.rule = NULL;
}

static void count(const field_info *field)
{
    if (reading.in_pdu)
        rr_facts_count();
    else
        note_unknown(field);
}

static void read_fact(const proto_node *node, uint16_t slot)
{
    uint8_t kind = reading.rule->kinds[slot];
    bool begins = !reading.in_pdu && kind & RR_KIND_PDU;
    if (kind & RR_KIND_COUNTED && !begins)
        count(node->finfo);
    reading.in_pdu |= begins;
    if (reading.in_pdu)
        rr_facts_note(kind, slot, node->finfo);
    read_children(node);
    if (begins)
        end_pdu(node->finfo);
}

static void note_segment(void)
{
    end_layer();
    reading.segment = MIN(reading.segment + 1, reading.segments.count);
    reading.carrier = reading.segment ? RR_ROLE_TCP : RR_ROLE_NONE;
    reading.owner = NULL;
}

static void note_carrier(enum rr_role role, const field_info *fi)
{
    switch (role) {
    case RR_ROLE_TCP:
        note_segment();
        break;
    case RR_ROLE_JOINED:
    case RR_ROLE_JOINED_DECRYPTED:
        rr_joined_note(fi, role == RR_ROLE_JOINED_DECRYPTED);
        break;
    case RR_ROLE_KEPT:
        rr_joined_note_kept(fi);
        break;
    case RR_ROLE_KEPT_DECRYPTED:
        rr_records_note_kept(fi);
        break;
    case RR_ROLE_RECORD:
        if (reading.carrier == RR_ROLE_TCP)
            rr_records_note(fi, &reading.segments.first[reading.segment - 1].segment);
        break;
    case RR_ROLE_RECORD_TYPE:
        rr_records_note_type(fi);
        break;
    case RR_ROLE_RECORD_PROTOCOL:
        rr_records_note_ruled(rr_rule_table_covers(rr_value_text(reading.pinfo->pool, fi)));
        break;
    case RR_ROLE_UDP:
        end_layer();
        reading.carrier = role;
        reading.owner = NULL;
        rr_carriers_note_udp(fi);
        break;
    case RR_ROLE_UDP_STREAM:
        rr_carriers_note_stream(fi);
        break;
    default:
        end_layer();
        reading.carrier = role;
    }
}

/* Messages of the rule can lie here: not where another's message carries them, but where its rule is not for
 * that. */
static bool may_have(const struct rr_active_rule *rule)
{
    bool carried = reading.carrier == RR_ROLE_TCP || reading.carrier == RR_ROLE_UDP;
    bool passed_on = reading.layer && !holds_unless_silent(reading.rule, RR_RULE_ONLY);
    return carried && (!reading.owner || reading.owner == rule || passed_on);
}

static void read_node(const proto_node *node)
{
    const field_info *fi = node->finfo;
    enum rr_role role = fi && fi->hfinfo ? rr_carriers_role(fi->hfinfo->id) : RR_ROLE_NONE;
    uint16_t slot = fi && fi->hfinfo ? rr_rule_table_slot(fi->hfinfo->id) : 0;
    const struct rr_active_rule *rule = slot ? rr_rule_table_rule(slot) : NULL;
    if (role != RR_ROLE_NONE)
        note_carrier(role, fi);
    if (role == RR_ROLE_ELSEWHERE)
        return;
    if (rule && (!reading.rule || reading.layer) && may_have(rule) && fi->ds_tvb) {
        end_layer();
        read_layer(node, rule);
    } else if (slot && reading.rule)
        read_fact(node, slot);
    else
        read_children(node);
}

static void read_children(const proto_node *node)
{
    for (const proto_node *child = node->first_child; child; child = child->next)
        read_node(child);
}

void rr_pdus_read(packet_info *pinfo, proto_tree *tree, struct rr_segments segments)
{
    if (!rr_rule_table_active())
        return;
    g_array_set_size(reading.found, 0);
    rr_joined_begin();
    rr_records_begin();
    rr_carriers_begin();
    if (!tree)
        return;
    reading.pinfo = pinfo;
    rr_facts_read(pinfo->pool);
    reading.segments = segments;
    reading.segment = 0;
    reading.sent = NULL;
    reading.carrier = RR_ROLE_NONE;
    reading.owner = reading.rule = NULL;
    reading.layer = NULL;
    read_children(tree);
    end_layer();
    rr_records_end(pinfo);
}

/* That its connection is the rule's. */
static bool decides(const struct found *f)
{
    return !f->partial && !f->undecided && (f->does[0] | f->does[1]) & (RR_PDU_BEGINS | RR_PDU_IGNORED);
}

bool rr_pdus_decide(const struct rr_watched *w, uint32_t stream)
{
    if (!rr_rule_table_active())
        return false;
    if (rr_records_are_ruled(&w->segment))
        return true;
    if (rr_records_are_encrypted(&w->segment, stream) && !rr_records_were_decrypted(&w->segment))
        return false;
    for (guint i = 0; i < reading.found->len; i++) {
        struct found *f = found_at(i);
        if (f->segment != w)
            continue;
        f->undecided |= rr_tracker_is_undecided(rr_capture_tracker(), stream, w->segment.end);
        if (decides(f))
            return true;
    }
    return false;
}

/* Where a layer ends depends on the version, and on whether anybody looks at the tree: a message goes on to
 * the next, or to the end of what it came with. */
static int end_of(const struct found *f, const struct rr_segment *s)
{
    const struct found *last = found_at(reading.found->len - 1), *next = f < last ? f + 1 : NULL;
    if (next && next->source == f->source && next->segment == f->segment && next->begin > f->begin)
        return next->begin;
    int64_t at = rr_joined_in_payload(f->source, f->begin, s);
    return at >= 0 ? f->begin + (int)(s->len - at) : rr_joined_end_of(f->source);
}

/* Where it is not known where it came from, that is somewhere in its segment. */
static void place(struct rr_pdu *pdu, const struct found *f, const struct rr_segment *s,
                  const struct rr_verdict *v)
{
    int end = end_of(f, s);
    int64_t length = s->len;
    pdu->length = (uint32_t)MAX(end - f->begin, 0);
    if (rr_joined_find(f->source, f->begin, s, v, &pdu->at))
        return;
    if (!rr_records_find(f->source, f->begin, &end, &pdu->at, &length))
        pdu->at = 0;
    pdu->decrypted = (uint32_t)MAX(end - f->begin, 1);
    pdu->length = (uint32_t)MAX(length, 0);
}

static struct rr_pdu pdu_of(const struct found *f, const struct rr_segment *s, const struct rr_verdict *v)
{
    int side = v->side;
    struct rr_pdu pdu = { .does = f->does[side],
                          .owes = f->owes,
                          .key = f->key[side],
                          .cancels = f->cancels,
                          .summary = summarize,
                          .more = f->more ? say_more : NULL,
                          .of = f,
                          .protocol = f->rule->protocol };
    place(&pdu, f, s, v);
    /* In a tree that nobody looks at a layer can seem to be longer than it is. */
    int64_t most = pdu.at >= 0 ? rr_joined_not_kept(s, pdu.at) : -1;
    if (most >= 0 && pdu.length > most)
        pdu.length = (uint32_t)most;
    return pdu;
}

/* That part of the segment's payload is empty lines. */
static bool is_blank(const struct rr_segment *s, int64_t begin, int64_t end)
{
    return begin >= 0 && end <= s->captured && rr_are_line_ends(s->payload, begin, end);
}

/* Of a stream that is not `ruled` only what turns can tell, too. */
static void tell_found(GArray *pdus, const struct rr_watched *w, const struct rr_verdict *v, bool ruled)
{
    bool asks = ruled && v->side == RR_CLIENT;
    int64_t upto = 0;
    for (guint i = 0; i < reading.found->len; i++) {
        const struct found *f = found_at(i);
        if (f->segment != w || f->partial || !(ruled || f->undecided))
            continue;
        struct rr_pdu pdu = pdu_of(f, &w->segment, v);
        if (asks && is_blank(&w->segment, upto, pdu.at)) {
            struct rr_pdu before = { .at = upto, .length = (uint32_t)(pdu.at - upto), .does = RR_PDU_BLANK };
            g_array_append_val(pdus, before);
        }
        upto = pdu.at + pdu.length;
        if (asks && !(pdu.does & RR_PDU_BEGINS) && is_blank(&w->segment, pdu.at, upto))
            pdu.does |= RR_PDU_BLANK;
        if (!ruled)
            pdu.does = RR_PDU_OUTSIDE | RR_PDU_ENDS;
        g_array_append_val(pdus, pdu);
    }
}

static gint by_place(gconstpointer a, gconstpointer b)
{
    const struct rr_pdu *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* What the dissector asked for more of; behind what TLS keeps TCP keeps more of the same. */
static void add_unfinished(GArray *pdus, const struct rr_segment *s)
{
    struct rr_pdu pdu = { .at = rr_records_kept(), .does = RR_PDU_UNFINISHED };
    if (pdu.at < 0)
        pdu.at = rr_joined_kept(s);
    if (pdu.at >= 0)
        g_array_append_val(pdus, pdu);
}

void rr_pdus_tell_tracker(struct rr_tracker *t, const struct rr_watched *w, const struct rr_verdict *v)
{
    if (!rr_rule_table_active())
        return;
    GArray *pdus = reading.told;
    g_array_set_size(pdus, 0);
    rr_records_fed(&w->segment, v);
    tell_found(pdus, w, v, rr_tracker_is_ruled(t, v->connection->stream));
    if (pdus->len)
        rr_records_shown();
    guint found = pdus->len;
    rr_records_add_outside(pdus);
    if (found && pdus->len > found)
        g_array_sort(pdus, by_place);
    add_unfinished(pdus, &w->segment);
    rr_tracker_pdus(t, v, (const struct rr_pdu *)(void *)pdus->data, pdus->len);
}

static struct rr_datagram datagram_of(const struct found *f, const struct rr_udp *u)
{
    const struct found *last = found_at(reading.found->len - 1);
    bool in_payload = f->source == u->source,
         shared = f < last && f[1].udp == f->udp && f[1].source == f->source;
    int end = shared && f[1].begin > f->begin ? f[1].begin
              : in_payload                    ? u->end
                                              : (int)tvb_reported_length(f->source);
    int captured = CLAMP((int)tvb_captured_length(f->source), f->begin, end);
    return (struct rr_datagram){
        .at = rr_watch_point(reading.pinfo),
        .does = { f->does[0], f->does[1] },
        .key = { f->key[0], f->key[1] },
        .len = (uint32_t)MAX(end - f->begin, 0),
        .captured = (uint32_t)(captured - f->begin),
        .payload = captured > f->begin ? tvb_get_ptr(f->source, f->begin, captured - f->begin) : NULL,
        .summary = summarize,
        .of = f,
        .protocol = f->rule->protocol,
    };
}

void rr_pdus_each_datagram(void (*visit)(struct rr_found_datagram *d, void *user), void *user)
{
    for (guint i = 0; rr_rule_table_active() && i < reading.found->len; i++) {
        const struct found *f = found_at(i);
        bool shown = f->udp && f->speaker != RR_SPEAKER_UNKNOWN && !(f->does[0] & RR_PDU_IGNORED);
        if (!shown)
            continue;
        const struct rr_udp *u = rr_carriers_nth_udp(f->udp);
        struct rr_found_datagram d = { u, f->speaker, f->source, (uint32_t)f->begin, datagram_of(f, u) };
        if (d.datagram.len)
            visit(&d, user);
    }
}
