#include "track/handshake.h"

#include "track/rare.h"
#include "track/seq.h"

/* The same SYN captured twice follows itself closely; one sent again waited for its first timeout. */
static const int64_t SYN_COPY_NS = 200 * INT64_C(1000000);

/* So much of the client's may not have been captured before the server acknowledges it. */
static const int64_t UNSEEN_MAX = INT64_C(1) << 20;

/* It acknowledges the client's SYN, and what came with that, or perhaps what was not captured. */
static bool answers_syn(const struct rr_conn *c, const struct rr_segment *s)
{
    int64_t next = c->flow[RR_CLIENT].next, most = next + (s->flags & (RR_SYN | RR_RST) ? 0 : UNSEEN_MAX);
    int64_t acked = rr_seq_offset(c->facts.origin[RR_CLIENT], next, s->ack);
    return s->flags & RR_ACK && acked >= 0 && acked <= most;
}

static bool waits_for_synack(const struct rr_conn *c)
{
    return !c->synack.frame &&
           (c->facts.state[RR_CLIENT] == RR_SYN_SENT || c->facts.close == RR_CLOSE_REFUSED);
}

/* Who gets the ACK of another life resets that one, with its number, and goes on waiting. */
static bool resets_another_life(const struct rr_conn *c, const struct rr_segment *s)
{
    int64_t next = c->flow[RR_CLIENT].next;
    return s->flags & RR_RST && rr_seq_offset(c->facts.origin[RR_CLIENT], next, s->seq) != next;
}

RR_RARE bool rr_handshake_is_foreign(const struct rr_conn *c, int side, const struct rr_segment *s)
{
    bool numbered = s->flags & (RR_ACK | RR_RST); /* unlike a SYN that crosses the client's */
    if (!waits_for_synack(c))
        return false;
    return side == RR_CLIENT ? resets_another_life(c, s) : numbered && !answers_syn(c, s);
}

RR_RARE bool rr_handshake_answers(const struct rr_conn *c, int side, const struct rr_segment *s)
{
    return c->shaking && side == RR_SERVER && answers_syn(c, s);
}

/* The way to `side` and back, where what its answer `at` answers was sent once. */
RR_RARE static void measure_handshake(struct rr_conn *c, int side, const struct rr_point *sent,
                                      struct rr_point at)
{
    uint32_t retries = side == RR_SERVER ? c->facts.syn_retries : c->facts.synack_retries;
    if (sent->frame && !retries)
        rr_rtt_take(rr_span(sent->time, at.time), &c->facts.rtt[side]);
}

RR_RARE static void note_syn(struct rr_conn *c, int side, const struct rr_segment *s, struct rr_verdict *v)
{
    struct rr_point *first = side == RR_CLIENT ? &c->syn : &c->synack;
    struct rr_point *last = &c->last_syn[side];
    uint32_t *retries = side == RR_CLIENT ? &c->facts.syn_retries : &c->facts.synack_retries;
    v->phase = RR_PHASE_HANDSHAKE;
    if (side == RR_CLIENT && !c->facts.handshake.frame)
        c->shaking = true;
    if (!first->frame) {
        *first = s->at;
        if (side == RR_SERVER)
            measure_handshake(c, RR_SERVER, &c->syn, s->at);
    } else if (rr_span(last->time, s->at.time) >= SYN_COPY_NS) {
        ++*retries;
        v->syn_retry = true;
    } else
        return;
    *last = s->at;
}

RR_RARE static void complete_handshake(struct rr_conn *c, const struct rr_segment *s, struct rr_verdict *v)
{
    c->shaking = false;
    c->facts.handshake = s->at;
    c->facts.connect_time = rr_span(c->syn.time, s->at.time);
    v->handshake = true;
    if (s->len)
        return;
    v->phase = RR_PHASE_HANDSHAKE;
    measure_handshake(c, RR_CLIENT, &c->synack, s->at);
}

/* Who is refused may ask again, and be let in. */
RR_RARE static void revive(struct rr_conn *c)
{
    c->facts.close = RR_CLOSE_OPEN;
    c->was_reset = false;
    c->facts.closed_by = -1;
    c->facts.state[RR_CLIENT] = RR_SYN_SENT;
    c->facts.state[RR_SERVER] = RR_STATE_UNKNOWN;
    rr_timer_clear(&c->closed);
}

void rr_handshake_note(struct rr_conn *c, int side, const struct rr_segment *s, struct rr_verdict *v)
{
    if (s->flags & RR_SYN && c->facts.close == RR_CLOSE_REFUSED)
        revive(c);
    if (s->flags & RR_SYN)
        note_syn(c, side, s, v);
    else if (c->shaking && side == RR_CLIENT && s->flags & RR_ACK)
        complete_handshake(c, s, v);
}
