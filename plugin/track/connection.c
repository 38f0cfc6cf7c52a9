#include "track/connection.h"

#include "track/begun.h"
#include "track/datagrams.h"
#include "track/handshake.h"
#include "track/holds.h"
#include "track/messages.h"
#include "track/pdus.h"
#include "track/places.h"
#include "track/rare.h"
#include "track/seq.h"
#include "track/sides.h"
#include "track/states.h"
#include "track/turns.h"

/* No window is larger, so no honest ACK lies further ahead. */
static const int64_t WINDOW_MAX = INT64_C(1) << 30;

struct rr_conn *rr_conn_new(struct rr_shared *shared, uint32_t stream, const struct rr_endpoint ends[2])
{
    struct rr_conn *c = rr_arena_take(&shared->arena, sizeof *c);
    c->shared = shared;
    c->facts.stream = c->facts.place = stream;
    c->facts.closed_by = -1;
    c->facts.protocols = rr_store_protocols(shared->store);
    c->answer_end = RR_NEVER;
    c->facts.rtt[RR_CLIENT] = c->facts.rtt[RR_SERVER] = RR_NEVER;
    rr_timer_init(&c->waiting);
    rr_timer_init(&c->quiet);
    rr_timer_init(&c->closed);
    for (int i = 0; i < 2; i++) {
        c->facts.end[i].host = rr_store_text(shared->store, ends[i].host, strlen(ends[i].host));
        c->facts.end[i].port = ends[i].port;
        rr_flow_init(&c->flow[i]);
    }
    return c;
}

void rr_conn_release(struct rr_conn *c)
{
    for (int i = 0; i < 2; i++) {
        rr_flow_release(&c->flow[i]);
        rr_list_release(&c->messages[i]);
    }
    rr_pdus_free(c->pdus);
    rr_datagrams_free(c->datagrams);
    rr_list_release(&c->spilled);
    g_free(c->probe);
}

static void fetch(const void *from, const void *to)
{
    enum { LINE = 64 };
    for (const char *at = from; at < (const char *)to; at += LINE)
        __builtin_prefetch(at);
}

/* Memory answers while others compute: first what is asked for at once, then what that points to. */
void rr_conn_expect(const struct rr_conn *c)
{
    fetch(&c->facts, &c->facts.end);
    fetch(&c->shared, &c->closed);
    for (int i = 0; i < 2; i++) {
        const struct rr_flow *f = &c->flow[i];
        if (c->last[i])
            fetch(c->last[i], c->last[i] + 1);
        if (f->count)
            fetch(&f->pieces[f->head + f->count - 1], &f->pieces[f->head + f->count]);
    }
}

/* All that a connection holds by side changes places. */
static void swap_sides(struct rr_conn *c)
{
    struct rr_connection was = c->facts;
    struct rr_flow flow = c->flow[0];
    c->flow[0] = c->flow[1];
    c->flow[1] = flow;
    for (int side = 0; side < 2; side++) {
        c->facts.end[side] = was.end[!side];
        c->facts.origin[side] = was.origin[!side];
        c->facts.state[side] = was.state[!side];
        c->facts.repeats[side] = was.repeats[!side];
        c->facts.rtt[side] = was.rtt[!side];
    }
    if (was.closed_by >= 0)
        c->facts.closed_by = !was.closed_by;
    c->probe_side = !c->probe_side;
}

static void take_sides(struct rr_conn *c, struct rr_sides sides)
{
    if (sides.client != c->client)
        swap_sides(c);
    c->client = sides.client;
    c->facts.direction_from = (uint8_t)sides.from;
    c->facts.seed = rr_endpoints_seed((enum rr_transport)c->facts.transport, &c->facts.end[RR_CLIENT],
                                      &c->facts.end[RR_SERVER]);
}

static bool has_messages(const struct rr_conn *c)
{
    return c->last[RR_CLIENT] || c->last[RR_SERVER] || c->pdus;
}

/* Sides can still change while nobody has said anything. */
RR_RARE static void learn_sides(struct rr_conn *c, const struct rr_segment *s)
{
    enum rr_direction_from from = c->facts.direction_from;
    bool better = s->flags & RR_SYN && from != RR_FROM_SYN && from != RR_FROM_SYNACK;
    bool speaks_first = from == RR_FROM_FIRST && s->len && s->end != c->client && !c->probe;
    const struct rr_endpoint ends[2] = { c->facts.end[c->client], c->facts.end[!c->client] };
    if (!c->started || better)
        take_sides(c, rr_sides_guess(ends, s, c->shared->settings.port_kind));
    else if (speaks_first)
        take_sides(c, (struct rr_sides){ s->end, RR_FROM_FIRST });
}

/* Where the start of a direction was not captured its first number is only the first that was seen: as long
 * as nothing stands on it, payload from further back moves it, but not a keep-alive's byte; and payload one
 * further on tells that the first number was that of a keep-alive. */
RR_RARE static int64_t move_origin(struct rr_conn *c, int side, const struct rr_segment *s, int64_t begin)
{
    struct rr_flow *f = &c->flow[side];
    bool stood_on = c->pdus || c->last[side] || (side == RR_CLIENT && c->last[RR_SERVER]);
    bool further_back = begin < 0 && !(s->len == 1 && begin == -1);
    bool after_keep_alive = begin == 1 && f->bare;
    if (f->whole || stood_on || s->len == 0 || !(further_back || after_keep_alive))
        return begin;
    c->facts.origin[side] = s->seq;
    f->acked = MAX(f->acked - begin, 0);
    if (f->fin != RR_NO_OFFSET)
        f->fin -= begin;
    f->fin_guess = RR_NO_OFFSET;
    return 0;
}

RR_RARE static void know(struct rr_conn *c, int side, bool whole, uint32_t origin)
{
    c->flow[side].known = true;
    c->flow[side].whole = whole;
    c->facts.origin[side] = origin;
}

/* Offset of the segment's payload. */
static int64_t place(struct rr_conn *c, int side, const struct rr_segment *s)
{
    struct rr_flow *f = &c->flow[side];
    bool syn = s->flags & RR_SYN;
    uint32_t seq = s->seq + syn;
    bool first_byte = syn && f->next == 0 && (!f->whole || rr_handshake_answers(c, side, s));
    if (!f->known || first_byte) {
        know(c, side, syn, seq);
        f->bare = s->len == 0;
    }
    int64_t begin = rr_seq_offset(c->facts.origin[side], f->next, seq);
    bool may_move = begin < 0 || (begin == 1 && f->bare);
    return may_move ? move_origin(c, side, s, begin) : begin;
}

/* Offset in the other side's flow that the segment acknowledges, its FIN included. */
static int64_t acknowledges(struct rr_conn *c, int side, const struct rr_segment *s)
{
    const struct rr_flow *f = &c->flow[!side];
    if (!(s->flags & RR_ACK))
        return RR_NO_ACK;
    if (!f->known)
        know(c, !side, s->flags & RR_SYN, s->ack);
    int64_t acked = rr_seq_offset(c->facts.origin[!side], f->next, s->ack);
    return acked > f->next + WINDOW_MAX ? RR_NO_ACK : acked;
}

/* The same without the number a FIN takes.  One that was not captured looks like a byte that nothing follows,
 * acknowledged by a segment without payload; it is none once that byte came, nor where its sender is not in
 * the capture at all, and the other goes on to speak. */
static int64_t acknowledged_bytes(struct rr_conn *c, int side, const struct rr_segment *s, int64_t acked)
{
    const struct rr_flow *f = &c->flow[!side];
    int64_t *guess = &c->flow[!side].fin_guess;
    if (acked == RR_NO_ACK)
        return acked;
    if (f->fin != RR_NO_OFFSET)
        return MIN(acked, f->fin);
    bool probed = c->probe && c->probe_side != side; /* that byte was captured */
    if (!s->len && acked == f->next + 1 && !probed)
        *guess = acked;
    else if (s->len && acked == *guess && !f->heard)
        *guess = RR_NO_OFFSET;
    return acked == *guess && f->next < acked ? acked - 1 : acked;
}

/* What the server or the end of all leaves without an answer, newest first; older ones were given up before.
 */
static void give_up_waiting(struct rr_conn *c, enum rr_ended_by why)
{
    int64_t covered = rr_covered(c);
    for (guint i = c->messages[RR_CLIENT].len; i-- > 0;) {
        struct rr_exchange *x = rr_nth(c, RR_CLIENT, i);
        if (x->request.begin < covered || x->part)
            break;
        rr_give_up(c, x, why);
    }
    rr_timer_clear(&c->waiting);
}

static void end_told(struct rr_conn *c, enum rr_ended_by why)
{
    struct rr_exchange *told = rr_last(c, RR_SERVER);
    if (told)
        rr_end(c, RR_SERVER, told, why);
    rr_timer_clear(&c->quiet);
}

/* Under a rule it is known only after this segment what was still said. */
static void end_all(struct rr_conn *c, enum rr_ended_by why)
{
    if (c->pdus) {
        c->pdus->ending = (uint8_t)why;
        return;
    }
    end_told(c, why);
    give_up_waiting(c, why);
}

static enum rr_ended_by by_rst_of(int side)
{
    return side == RR_CLIENT ? RR_BY_CLIENT_RST : RR_BY_SERVER_RST;
}

RR_RARE static void reset(struct rr_conn *c, int side, struct rr_verdict *v)
{
    const struct rr_exchange *told = rr_last(c, RR_SERVER);
    bool refused = side == RR_SERVER && c->facts.state[RR_CLIENT] == RR_SYN_SENT && !c->synack.frame;
    v->phase = RR_PHASE_TEARDOWN;
    v->refused = refused;
    v->reset = c->pdus ? c->pdus->waiting || rr_begun_broke_off(c)
                       : rr_pending(c) || (told && told->response.ended_by == RR_GOING_ON);
    rr_states_after(c->facts.state, side, (struct rr_state_events){ .rst = true });
    bool again = c->was_reset;
    c->was_reset = true;
    rr_turns_unseen_before_fins(c);
    if (c->facts.close == RR_CLOSE_OPEN) {
        c->facts.close = refused ? RR_CLOSE_REFUSED : RR_CLOSE_RST;
        c->facts.closed_by = (int8_t)side;
    }
    if (!again)
        end_all(c, by_rst_of(side));
    else if (!c->pdus) /* what was said since the first */
        give_up_waiting(c, by_rst_of(side));
}

/* What was taken for the number of a FIN was a byte: the FIN came after it. */
RR_RARE static void take_back_guess(struct rr_conn *c, int side)
{
    struct rr_flow *f = &c->flow[side];
    if (side == RR_SERVER)
        rr_turns_told_unseen(c, c->flow[RR_CLIENT].next, f->fin_guess);
    else
        rr_turns_asked_unseen(c, f->fin_guess);
    f->acked = MAX(f->acked, f->fin_guess);
    f->fin_guess = RR_NO_OFFSET;
}

RR_RARE static void note_fin(struct rr_conn *c, int side, int64_t offset)
{
    struct rr_flow *f = &c->flow[side];
    if (f->fin != RR_NO_OFFSET || offset < f->next)
        return;
    if (offset >= f->fin_guess)
        take_back_guess(c, side);
    f->fin = offset;
    if (c->facts.close != RR_CLOSE_OPEN)
        return;
    if (c->facts.closed_by < 0)
        c->facts.closed_by = (int8_t)side;
    if (c->flow[!side].fin != RR_NO_OFFSET)
        c->facts.close = RR_CLOSE_FIN;
}

/* A FIN ends what its sender said once nothing before it is awaited any more. */
RR_RARE static void heed_fin(struct rr_conn *c, int side)
{
    struct rr_flow *f = &c->flow[side];
    bool all_here = f->next >= f->fin && (rr_flow_missing(f) == 0 || f->acked >= f->fin);
    if (f->fin_heeded || f->fin == RR_NO_OFFSET || !all_here)
        return;
    f->fin_heeded = true;
    struct rr_exchange *pending = c->pdus ? NULL : rr_pending(c);
    if (side == RR_CLIENT && pending)
        rr_end(c, RR_CLIENT, pending, RR_BY_CLIENT_FIN);
    if (side == RR_SERVER || (c->pdus && c->flow[RR_SERVER].fin_heeded))
        end_all(c, side == RR_SERVER ? RR_BY_SERVER_FIN : RR_BY_CLIENT_FIN);
}

/* Nothing of what the server said so far lacks or hangs, so that its silence means that it is done. */
static bool is_clean(const struct rr_conn *c)
{
    const struct rr_exchange *told = rr_last(c, RR_SERVER);
    const struct rr_flow *f = &c->flow[RR_SERVER];
    bool more = f->fin != RR_NO_OFFSET && f->fin > f->next;
    return told && rr_complete(&told->response) && !more && !c->flow[RR_CLIENT].window_shut &&
           (!c->flow[RR_CLIENT].heard || f->acked >= f->next);
}

/* The receiver's window opened: what could not be sent is under way now. */
RR_RARE static void stall_over(struct rr_conn *c, int receiver, int64_t now)
{
    int64_t since = c->flow[receiver].shut_at, next = c->flow[!receiver].next;
    if (c->pdus) {
        rr_holds_note(c, !receiver, (struct rr_range){ next, next + 1 }, RR_DELAY_STALL, since, now);
        return;
    }
    struct rr_exchange *held[] = { rr_last(c, !receiver), receiver == RR_CLIENT ? rr_pending(c) : NULL };
    for (int i = 0; i < 2; i++)
        if (held[i])
            rr_hold_up(c, held[i], RR_DELAY_STALL, since, now);
}

/* The silence of a stalled server starts to count when the stall is over. */
static void note_window(struct rr_conn *c, int side, const struct rr_segment *s, bool acked_more)
{
    struct rr_flow *f = &c->flow[side];
    bool was_shut = f->window_shut;
    f->window_shut = s->window == 0 && !(s->flags & RR_SYN);
    bool opened = was_shut && !f->window_shut;
    bool waits = acked_more && !rr_timer_is_set(&c->quiet) && !c->hushed;
    if (f->window_shut && !was_shut)
        f->shut_at = s->at.time;
    if (opened)
        stall_over(c, side, s->at.time);
    if (side == RR_CLIENT && rr_last(c, RR_SERVER) && !c->pdus && (opened || waits))
        rr_timer_set(&c->shared->quiet, c, s->at.time);
}

/* What the sender of a segment at `begin` had said before: a keep-alive steps back by a byte, the number of
 * its FIN, captured or not, is none, and what is missing before goes with it. */
static int64_t said_before(const struct rr_flow *f, const struct rr_segment *s, int64_t begin)
{
    bool keep_alive = s->len <= 1 && begin == f->next - 1;
    bool after_fin = !s->len && begin == f->next + 1;
    return keep_alive || after_fin ? f->next : MIN(MIN(begin, f->fin), f->next);
}

/* Notes how far `side` has acknowledged the other's bytes; true where it is further than before. */
static bool note_ack(struct rr_conn *c, int side, const struct rr_segment *s, int64_t begin, int64_t acked)
{
    struct rr_flow *other = &c->flow[!side];
    if (acked == RR_NO_ACK)
        return false;
    bool counts = c->probe && c->probe_side == !side && acked > c->probe->begin;
    if (side == RR_CLIENT)
        rr_turns_told_unseen(c, said_before(&c->flow[side], s, begin), acked);
    else
        rr_turns_asked_unseen(c, acked);
    if (counts)
        rr_turns_release_probe(c);
    bool more = acked > other->acked;
    if (more)
        other->acked = acked;
    return more;
}

/* What the ACK says of the way to its sender, and what is sent now will say of the way to the other. */
static void measure(struct rr_conn *c, int side, const struct rr_segment *s, int64_t acked,
                    const struct rr_verdict *v)
{
    if (acked != RR_NO_ACK)
        rr_rtt_acked(&c->flow[!side].sample, acked, !s->len, s->at.time, &c->facts.rtt[side]);
    if (v->repeat)
        rr_rtt_sent_again(&c->flow[side].sample);
    else if (v->fresh && !v->late && v->begin + s->len > c->flow[side].acked)
        rr_rtt_sent(&c->flow[side].sample, v->begin + s->len, s->at.time);
}

/* Drops those whose messages were told; a hole is awaited, and more told apart, as long as there is room. */
static void settle_ruled(struct rr_conn *c, int side, int64_t upto)
{
    struct rr_flow *f = &c->flow[side];
    int64_t keep = MIN(rr_pdus_keep(c, side), rr_flow_solid(f));
    if (c->flow[!side].heard)
        keep = MIN(keep, f->acked);
    rr_flow_settle(f, keep, keep);
    if (f->count >= RR_PIECES_MAX)
        rr_flow_squeeze(f, upto);
}

/* Merges the pieces that no boundary can fall between any more. */
static void settle(struct rr_conn *c, int side)
{
    struct rr_flow *f = &c->flow[side];
    int64_t upto = rr_flow_solid(f);
    if (side == RR_CLIENT)
        upto = MIN(upto, c->sure);
    else
        upto = MIN(upto, f->acked);
    upto = MIN(upto, f->pieces[f->head + f->count - RR_PIECES_LAZY / 2].begin);
    if (f->count >= RR_PIECES_MAX)
        upto = MAX(upto, f->pieces[f->head + f->count / 2].begin);
    int i = c->pdus ? -1 : rr_find(c, side, upto - 1);
    if (c->pdus)
        settle_ruled(c, side, upto);
    if (i >= 0)
        rr_flow_settle(f, rr_side_of(rr_nth(c, side, (guint)i), side)->begin, upto);
    f->settle_at = f->count + MAX(f->count / 4, (uint32_t)RR_PIECES_LAZY / 2);
}

static void feed_payload(struct rr_conn *c, const struct rr_segment *s, int64_t begin, int64_t acked,
                         struct rr_verdict *v)
{
    int side = v->side;
    struct rr_flow *f = &c->flow[side];
    v->behind = begin < f->shown;
    f->shown = MAX(f->shown, begin + s->len);
    if (s->len) {
        if (c->pdus)
            rr_turns_pass(c, s, begin, acked, v);
        else if (side == RR_CLIENT)
            rr_turns_asked(c, s, begin, acked, v);
        else
            rr_turns_told(c, s, begin, acked, v);
    } else if (!(s->flags & (RR_SYN | RR_FIN)) && begin == f->next - 1) {
        v->repeat = true;
        if (c->pdus)
            rr_places_repeat(c, side, begin);
        else
            rr_count_repeat(c, side, begin);
    }
    bool sent_all = !s->len || (v->fresh && !v->late); /* unlike a segment sent again */
    if (side == RR_SERVER && sent_all && rr_flow_missing(f) == 0 && begin <= f->next && acked > c->sure)
        c->sure = acked;
    if (f->count >= f->settle_at || f->count >= RR_PIECES_MAX)
        settle(c, side);
}

/* Every byte up to the FIN was captured. */
static bool shows_all(const struct rr_flow *f)
{
    return f->next >= f->fin && rr_flow_missing(f) == 0;
}

/* What comes after all and two FINs is repeats; what a reset cut off may still come, and cut a request. */
RR_RARE static void follow_close(struct rr_conn *c, const struct rr_segment *s)
{
    rr_timer_set(&c->shared->closed, c, s->at.time);
    if (c->pdus || !shows_all(&c->flow[0]) || !shows_all(&c->flow[1]))
        return;
    rr_flow_release(&c->flow[0]);
    rr_flow_release(&c->flow[1]);
}

/* A segment that is no RST. */
static void follow(struct rr_conn *c, int side, const struct rr_segment *s, struct rr_verdict *v)
{
    bool closing = c->flow[0].fin != RR_NO_OFFSET || c->flow[1].fin != RR_NO_OFFSET || s->flags & RR_FIN;
    v->phase = closing && !s->len ? RR_PHASE_TEARDOWN : RR_PHASE_NONE;
    v->begin = place(c, side, s);
    int64_t acked = acknowledges(c, side, s);
    bool acks_fin = acked != RR_NO_ACK && acked > c->flow[!side].fin;
    int64_t acked_bytes = acknowledged_bytes(c, side, s, acked);
    rr_handshake_note(c, side, s, v);
    bool more = note_ack(c, side, s, v->begin, acked_bytes);
    feed_payload(c, s, v->begin, acked_bytes, v);
    measure(c, side, s, acked_bytes, v);
    note_window(c, side, s, more);
    if (s->flags & RR_FIN)
        note_fin(c, side, v->begin + s->len);
    if (closing) {
        heed_fin(c, RR_CLIENT);
        heed_fin(c, RR_SERVER);
    }
    rr_states_after(c->facts.state, side,
                    (struct rr_state_events){ .syn = s->flags & RR_SYN,
                                              .ack = s->flags & RR_ACK,
                                              .fin = s->flags & RR_FIN,
                                              .acks_fin = acks_fin });
}

struct rr_verdict rr_conn_feed(struct rr_conn *c, const struct rr_segment *s)
{
    if (!c->started || !has_messages(c))
        learn_sides(c, s);
    int side = s->end == c->client ? RR_CLIENT : RR_SERVER;
    struct rr_verdict v = { .connection = &c->facts, .len = s->len, .side = (uint8_t)side };
    bool foreign = c->shaking && rr_handshake_is_foreign(c, side, s);
    if (!c->started)
        c->facts.first = s->at;
    c->facts.last = s->at;
    c->started = c->stale = true;
    c->flow[side].heard |= !foreign;

    if (foreign || s->flags & RR_RST)
        v.len = 0;
    if (!foreign && s->flags & RR_RST)
        reset(c, side, &v);
    else if (!foreign)
        follow(c, side, s, &v);
    if (c->facts.close != RR_CLOSE_OPEN)
        follow_close(c, s);
    v.state[RR_CLIENT] = c->facts.state[RR_CLIENT];
    v.state[RR_SERVER] = c->facts.state[RR_SERVER];
    return v;
}

void rr_conn_waited(struct rr_conn *c)
{
    if (c->datagrams)
        rr_datagrams_waited(c);
    else if (c->pdus)
        rr_pdus_waited(c);
    else
        give_up_waiting(c, RR_BY_QUIET);
}

/* What was asked of a server that then had said all, or of whom nobody hears any more, gets no answer. */
static enum rr_ended_by how_it_ended(const struct rr_conn *c, enum rr_ended_by why)
{
    if (c->facts.close == RR_CLOSE_RST)
        return by_rst_of(c->facts.closed_by);
    return c->flow[RR_SERVER].fin_heeded ? RR_BY_SERVER_FIN : why;
}

void rr_conn_quiet(struct rr_conn *c)
{
    bool is_reset = c->facts.close == RR_CLOSE_RST; /* nobody acknowledges, or sends again, any more */
    if (c->pdus) {
        rr_pdus_quiet(c);
        return;
    }
    if (!is_clean(c) && !is_reset)
        return;
    c->hushed = !is_reset;
    end_told(c, is_reset ? by_rst_of(c->facts.closed_by) : RR_BY_QUIET);
}

static void report_connection(struct rr_conn *c)
{
    for (int side = 0; side < 2; side++)
        c->facts.missing[side] = (uint64_t)rr_flow_missing(&c->flow[side]);
    if (c->stale)
        rr_reports_connection(c->shared->reports, &c->facts, c->shared->now.frame);
    c->stale = false;
}

void rr_conn_finish(struct rr_conn *c, enum rr_ended_by why)
{
    rr_turns_unseen_before_fins(c);
    if (c->datagrams)
        rr_datagrams_end(c, why);
    else if (c->pdus)
        rr_pdus_end(c, how_it_ended(c, why), true);
    else
        end_all(c, how_it_ended(c, why));
    rr_flush_last(c);
    report_connection(c);
}

void rr_conn_lingered(struct rr_conn *c)
{
    rr_turns_unseen_before_fins(c);
    if (!c->pdus)
        end_all(c, how_it_ended(c, RR_BY_SERVER_FIN));
    rr_flush_last(c);
    report_connection(c);
    rr_flow_release(&c->flow[RR_CLIENT]);
    rr_flow_release(&c->flow[RR_SERVER]);
}
