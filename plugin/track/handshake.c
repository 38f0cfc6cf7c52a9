#include "track/handshake.h"

#include "track/rare.h"

/* The same SYN captured twice follows itself closely; one sent again waited for its first timeout. */
static const int64_t SYN_COPY_NS = 200 * INT64_C(1000000);

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

void rr_handshake_note(struct rr_conn *c, int side, const struct rr_segment *s, struct rr_verdict *v)
{
    if (s->flags & RR_SYN)
        note_syn(c, side, s, v);
    else if (c->shaking && side == RR_CLIENT && s->flags & RR_ACK)
        complete_handshake(c, s, v);
}
