/* Conversations before the tracker, and what must hold whatever they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* So many bytes of a message, and of a direction, are kept where there is room. */
enum { KEPT_MAX = 1 << 20 };

struct walk {
    const struct rr_verdict *verdict;
    int64_t at; /* where the next message must begin, or before */
    bool fresh;
};

static void visit(const struct rr_exchange *x, const struct rr_message *m, bool fresh, void *user)
{
    struct walk *walk = user;
    g_assert_true(m == (walk->verdict->side == RR_CLIENT ? &x->request : &x->response));
    g_assert_true(x->connection == walk->verdict->connection);
    g_assert_cmpint(m->begin, <=, walk->at);
    g_assert_cmpint(m->end, >, walk->verdict->begin);
    walk->at = m->end;
    walk->fresh |= fresh;
}

bool run_is_by_turns(const struct run *run, const struct rr_connection *c)
{
    return c->transport == RR_TCP && !rr_tracker_is_ruled(run->tracker, c->stream);
}

/* The messages that a segment lies in follow each other, and hold what it brought. */
static void check_messages(const struct run *run, const struct rr_verdict *v)
{
    if (!run_is_by_turns(run, v->connection)) {
        told_check_shown(run, v);
        return;
    }
    struct walk walk = { v, MAX(v->begin, 0), false };
    rr_verdict_messages(v, visit, &walk);
    g_assert_cmpint(walk.fresh, ==, v->fresh);
    if (v->fresh)
        g_assert_cmpint(walk.at, >=, v->begin + v->skip + v->take);
}

/* While the client waits for a SYN/ACK, what the server's end says may be of another connection. */
static bool is_foreign(const struct rr_verdict *v)
{
    bool waits = v->state[RR_CLIENT] == RR_SYN_SENT || v->state[RR_CLIENT] == RR_CLOSED;
    return v->side == RR_SERVER && waits && !v->len && !v->fresh && !v->repeat;
}

static void check_verdict(const struct run *run, const struct rr_verdict *v, const struct rr_segment *s)
{
    g_assert_cmpuint(v->len, ==, s->flags & RR_RST || is_foreign(v) ? 0 : s->len);
    g_assert_cmpuint((guint64)v->skip + v->take, <=, v->len);
    g_assert_cmpint(v->fresh, ==, v->take > 0);
    g_assert_cmpint(v->side, <=, RR_SERVER);
    g_assert_cmpint(v->phase, <, RR_PHASE_COUNT);
    g_assert_cmpint(v->state[0], <, RR_TCP_STATE_COUNT);
    g_assert_cmpint(v->state[1], <, RR_TCP_STATE_COUNT);
    if (v->len)
        g_assert_cmpint(v->fresh || v->repeat, ==, true);
    check_messages(run, v);
}

uint8_t run_byte(const struct run *run, const struct rr_connection *c, int side, int64_t offset)
{
    if (c->transport == RR_TCP)
        return conversation_byte(c->origin[side] + (uint32_t)offset);
    for (size_t i = 0; i < run->segments; i++) {
        const struct rr_verdict *v = &run->verdict[i];
        if (v->connection == c && v->side == side && v->begin <= offset && v->begin + v->len > offset)
            return conversation_byte(run->seq[i] + (uint32_t)(offset - v->begin));
    }
    g_assert_not_reached();
}

/* Bytes of a message on the way past those that are expected. */
struct reading {
    const struct run *run;
    const struct rr_connection *c;
    int side;
    struct rr_bytes bytes;
    size_t at;
};

static void compare(int64_t begin, int64_t end, void *user)
{
    struct reading *r = user;
    for (; begin < end && r->at < r->bytes.length; begin++)
        g_assert_cmpuint(r->bytes.at[r->at++], ==, run_byte(r->run, r->c, r->side, begin));
}

/* Nothing of it is beyond the bounds of what is kept. */
static bool is_short(const struct run *run, const struct talk *talk)
{
    return !run->talk.is_short_of_memory && !talk->wild && talk->end[0].shown < KEPT_MAX &&
           talk->end[1].shown < KEPT_MAX;
}

/* Since its row was due it took or gave back bytes. */
static bool has_moved(const struct rr_report *r, const struct rr_message *m)
{
    const struct rr_message *now = m == &r->exchange->request ? &r->live->request : &r->live->response;
    return now->begin != m->begin || now->end != m->end;
}

/* All that was captured of a message is kept until its connection's row is out, but for a byte that probed a
 * closed window before anything was said.  By rule, until its first rows are out, but for what it gives back
 * to the next, as its bytes are looked up where they lie now, and but where what lies behind it was told
 * first. */
static bool keeps_all(const struct run *run, const struct rr_report *r, const struct rr_message *m)
{
    const struct rr_connection *c = r->live->connection;
    const struct talk *talk = &run->talk.talk[c->stream];
    bool plain =
        c->transport == RR_UDP || (dissector_is_honest(&run->dissector) && !run->dissector.behind[c->stream]);
    bool first = m->part == 1 && r->exchange->part <= 1 && !has_moved(r, m);
    bool kept = run_is_by_turns(run, c) || (first && plain);
    return kept && is_short(run, talk) && !talk->shut && !m->cut && !c->part;
}

/* A row that shows all of its bytes shows the right ones. */
static void check_bytes(struct run *run, const struct rr_report *r, int side)
{
    const struct rr_connection *c = r->live->connection;
    const struct rr_message *m = side == RR_CLIENT ? &r->exchange->request : &r->exchange->response;
    struct rr_bytes bytes = rr_payload_bytes(run->payload, c, side, m, SIZE_MAX / 2);
    struct reading reading = { run, c, side, bytes, 0 };
    /* A frame that makes a row due may bring bytes that this row still calls missing. */
    g_assert_cmpuint(bytes.length, <=, (size_t)(m->end - m->begin));
    if (keeps_all(run, r, m))
        g_assert_cmpuint(bytes.length, >=, m->bytes);
    if (bytes.cut)
        return;
    g_assert_cmpuint(bytes.length, ==, (size_t)(m->end - m->begin));
    rr_message_ranges(c, side, m, compare, &reading);
    g_assert_cmpuint(reading.at, ==, bytes.length);
}

static void check_due(struct run *run)
{
    for (; run->report < rr_tracker_report_count(run->tracker); run->report++) {
        const struct rr_report r = rr_tracker_report(run->tracker, run->report);
        if (r.rows & (RR_ROW_REQUEST | RR_ROW_EXCHANGE))
            check_bytes(run, &r, RR_CLIENT);
        if (r.rows & (RR_ROW_RESPONSE | RR_ROW_EXCHANGE))
            check_bytes(run, &r, RR_SERVER);
    }
}

/* RR_TELL=1 fuzz_tracker FILE: what it is about. */
static void tell(const struct run *run, uint32_t stream, const struct rr_segment *s)
{
    const struct sender *own = &run->talk.talk[stream].end[s->end],
                        *other = &run->talk.talk[stream].end[!s->end];
    fprintf(stderr, "%u: stream %u end %d %.6f s flags %02x seq %d len %u ack %d%s\n", s->at.frame, stream,
            s->end, (double)(s->at.time % 1000000000000) / 1e9, s->flags, (int)(s->seq - own->isn - 1),
            s->len, (int)(s->ack - other->isn - 1), s->window ? "" : " window 0");
}

static void tell_pdus(const struct rr_pdu *pdus, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "    message at %d len %u decrypted %u does %03x key %u owes %u\n", (int)pdus[i].at,
                pdus[i].length, pdus[i].decrypted, pdus[i].does, (unsigned)pdus[i].key, pdus[i].owes);
}

/* The tracker gets the segment, and what a dissector says of it. */
static struct rr_verdict feed_segment(struct run *run, uint32_t stream, const struct rr_segment *s,
                                      int64_t begin)
{
    struct rr_pdu pdus[DISSECTOR_PDUS];
    size_t count = run->talk.is_ruled ? dissector_read(&run->dissector, stream, begin, s, pdus) : 0;
    if (dissector_found(pdus, count))
        rr_tracker_rule(run->tracker, stream);
    struct rr_verdict v = rr_tracker_feed(run->tracker, stream, s);
    run->connection[stream] = v.connection;
    if (!rr_tracker_is_ruled(run->tracker, stream))
        return v;
    dissector_tell(&run->dissector, v.side, s, pdus, count);
    if (run->told)
        tell_pdus(pdus, count);
    rr_tracker_pdus(run->tracker, &v, pdus, count);
    return v;
}

static struct rr_verdict feed_datagram(struct run *run, uint32_t stream, const struct rr_segment *s)
{
    const struct rr_datagram d = dissector_datagram(&run->dissector, s);
    if (run->told)
        fprintf(stderr, "    datagram does %03x/%03x key %u/%u\n", d.does[0], d.does[1], (unsigned)d.key[0],
                (unsigned)d.key[1]);
    struct rr_verdict v = rr_tracker_datagram(run->tracker, run->place[stream], &d);
    run->connection[stream] = v.connection;
    return v;
}

static void feed(struct run *run, uint32_t stream, const struct rr_segment *s)
{
    bool is_datagram = conversation_is_by_datagrams(&run->talk, stream);
    int64_t begin = (int32_t)(s->seq - run->talk.talk[stream].end[s->end].isn - 1);
    int64_t payload = s->flags & RR_SYN ? begin + 1 : begin;
    if (run->told)
        tell(run, stream, s);
    rr_payload_begin_frame(run->payload, run->tracker, s->at.frame);
    rr_tracker_tick(run->tracker, s->at);
    audit_look(run->audit);
    if (is_datagram && !s->len)
        return;
    struct rr_verdict v = is_datagram ? feed_datagram(run, stream, s) : feed_segment(run, stream, s, payload);
    rr_payload_add(run->payload, &v, s->payload, s->captured);
    if (run->segments == SEGMENTS_MAX)
        abort();
    run->verdict[run->segments] = v;
    run->seq[run->segments] = s->seq + (s->flags & RR_SYN ? 1 : 0);
    run->span[run->segments++] = (struct span){ stream * 2 + s->end, payload, payload + v.len };
    if (is_datagram)
        told_check_shown(run, &v);
    else
        check_verdict(run, &v, s);
}

static void happens(void *user, enum event what, uint32_t stream, const struct rr_segment *s)
{
    struct run *run = user;
    if (what == EVENT_SEGMENT)
        feed(run, stream, s);
    else if (what == EVENT_TICK)
        rr_tracker_tick(run->tracker, run->talk.now);
    else
        rr_tracker_finish(run->tracker, RR_BY_SESSION);
    check_due(run);
    audit_look(run->audit);
}

static int by_place(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    if (x->way != y->way)
        return x->way < y->way ? -1 : 1;
    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* The spans are in order. */
int64_t run_captured(const struct run *run, uint32_t way, int64_t begin, int64_t end)
{
    int64_t sum = 0;
    for (size_t i = 0; i < run->segments && begin < end; i++) {
        const struct span *s = &run->span[i];
        if (s->way != way || s->end <= begin)
            continue;
        sum += MAX(MIN(s->end, end) - MAX(s->begin, begin), 0);
        begin = s->end;
    }
    return sum;
}

bool run_is_plain(const struct talk *talk, const struct rr_connection *c)
{
    return talk->met && !talk->reset && !talk->shut && !talk->end[0].fin && !talk->end[1].fin &&
           c->close == RR_CLOSE_OPEN;
}

/* What honest ends sent is what the rows add up to.  The last byte before an ACK may be taken for a FIN. */
static void check_books(const struct run *run, uint32_t stream)
{
    const struct talk *talk = &run->talk.talk[stream];
    const struct rr_connection *c = run->connection[stream];
    if (talk->wild)
        return;
    bool swapped = strcmp(c->end[RR_CLIENT].host, talk->point[0].host) != 0;
    for (uint32_t end = 0; end < 2; end++) {
        const struct sender *sent = &talk->end[end];
        int side = (int)end ^ swapped;
        int64_t shown = run_captured(run, stream * 2 + end, talk->met ? 0 : -1,
                                     INT64_MAX); /* a keep-alive's byte first */
        int64_t told = (int64_t)(c->bytes[side] + (side == RR_SERVER ? c->push_bytes : 0));
        int64_t lacking = (int64_t)c->missing[side];
        g_assert_cmpint(told, <=, shown);
        if (!run_is_plain(talk, c))
            continue;
        g_assert_cmpint(told, ==, shown);
        g_assert_cmpint(told + lacking, >=, MAX(sent->captured_end, sent->acknowledged) - 1);
        g_assert_cmpint(told + lacking, <=, MAX(sent->captured_end, sent->shown));
    }
}

static void check_facts(const struct rr_connection *c)
{
    g_assert_cmpint(c->first.frame, <=, c->last.frame);
    g_assert_cmpint(c->close, <, RR_CLOSE_COUNT);
    g_assert_cmpint(c->close == RR_CLOSE_OPEN || c->closed_by >= 0, ==, true);
    g_assert_cmpint(c->closed_by, >=, -1);
    g_assert_cmpint(c->closed_by, <=, RR_SERVER);
    g_assert_cmpuint(c->unanswered, <=, c->exchanges);
    g_assert_cmpint(c->direction_from != RR_FROM_NOTHING, ==, c->first.frame != 0);
    if (c->handshake.frame)
        g_assert_cmpuint(c->handshake.frame, >=, c->first.frame);
}

static void check_order(const struct rr_tracker *t)
{
    uint32_t frame = 0;
    for (size_t i = 0; i < rr_tracker_report_count(t); i++) {
        const struct rr_report r = rr_tracker_report(t, i);
        g_assert_cmpuint(r.frame, >=, frame);
        frame = r.frame;
    }
}

static void begin_run(struct run *run, const uint8_t *bytes, size_t length)
{
    run->segments = run->report = 0;
    run->told = getenv("RR_TELL") != NULL;
    memset(run->connection, 0, sizeof run->connection);
    conversation_new(&run->talk, bytes, length, happens, run);
    dissector_init(&run->dissector, run->talk.style);
    run->tracker = rr_tracker_new(&run->talk.settings);
    run->audit = audit_new(run->tracker);
    run->payload = rr_payload_new(run->talk.is_short_of_memory
                                      ? (struct rr_payload_limits){ 64, 128, 16, 0 }
                                      : (struct rr_payload_limits){ KEPT_MAX, KEPT_MAX, 4096, 0 });
    conversation_open(&run->talk, run->tracker, run->place);
}

static void check_connection(const struct run *run, uint32_t stream)
{
    const struct rr_connection *c = run->connection[stream];
    if (c->transport == RR_TCP)
        check_books(run, stream);
    if (!run_is_by_turns(run, c))
        told_check_books(run, stream);
    check_facts(c);
}

static void pass(const struct rr_connection *c, void *user)
{
    (void)c;
    (void)user;
}

static void tell_exchange(const struct rr_exchange *x, void *user)
{
    (void)user;
    fprintf(stderr, "%u: %d-%d %d-%d bytes %d %d parts %d %d %d %s %s %s\n", x->number, (int)x->request.begin,
            (int)x->request.end, (int)x->response.begin, (int)x->response.end, (int)x->request.bytes,
            (int)x->response.bytes, x->request.part, x->response.part, x->part, rr_status_name(x->status),
            rr_evidence_name(x->evidence), rr_pairing_name(x->pairing));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const struct rr_visitor teller = { pass, tell_exchange };
    static struct run run;
    begin_run(&run, bytes, length);
    while (run.segments + 4 < SEGMENTS_MAX && conversation_step(&run.talk))
        ;
    for (size_t i = 0; i < run.segments; i++)
        check_messages(&run, &run.verdict[i]);
    rr_tracker_finish(run.tracker, RR_BY_END);
    if (run.told)
        rr_tracker_visit(run.tracker, &teller, NULL);
    check_due(&run);
    audit_close(run.audit);
    check_order(run.tracker);
    qsort(run.span, run.segments, sizeof *run.span, by_place);
    for (uint32_t i = 0; i < (uint32_t)run.talk.connections; i++)
        if (run.connection[i])
            check_connection(&run, i);
    rr_payload_free(run.payload);
    audit_free(run.audit);
    rr_tracker_free(run.tracker);
    return 0;
}
