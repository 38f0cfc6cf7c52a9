#include "track/begun.h"

#include "track/joins.h"
#include "track/messages.h"
#include "track/pdus.h"

static const char *summary_at(struct rr_conn *c, int64_t begin)
{
    const struct rr_begun *b = &c->pdus->begun;
    if (b->summary && begin == b->before)
        return b->summary;
    if (!c->pdus->plain || begin < b->at || begin >= b->at + b->length)
        return NULL;
    int64_t skip = begin - b->at;
    return rr_store_summary(c->shared->store, b->bytes + skip, (size_t)(b->length - skip));
}

/* The answer that is held acknowledges what the client said before `offset`, and no more. */
static bool is_behind_held(const struct rr_order *o, int64_t offset)
{
    return o->held->len && rr_told_at(o->held, 0)->acked == offset;
}

void rr_begun_note(struct rr_conn *c, int64_t offset, const uint8_t *bytes, uint32_t length)
{
    struct rr_begun *b = &c->pdus->begun;
    int64_t upto = c->pdus->upto[RR_CLIENT];
    if (offset != upto) {
        if (!is_behind_held(&c->pdus->order, offset))
            return;
        b->summary = summary_at(c, upto);
        b->before = upto;
    }
    b->at = offset;
    b->length = (uint16_t)MIN(length, RR_BEGUN_MAX);
    memcpy(b->bytes, bytes, b->length);
}

void rr_begun_unfinished(struct rr_conn *c, int64_t offset)
{
    if (offset == c->pdus->upto[RR_CLIENT])
        c->pdus->begun.unfinished = offset;
}

void rr_begun_ask(struct rr_conn *c, struct rr_line *line, struct rr_range asked, uint16_t paired)
{
    struct rr_told t = rr_untold(&c->flow[RR_CLIENT], asked);
    t.does = RR_PDU_BEGINS | paired;
    if (!t.sum.summary)
        t.sum.summary = summary_at(c, asked.begin);
    rr_joins_ask(c, line, &t);
    rr_end(c, RR_CLIENT, line->asking, RR_BY_RESPONSE);
}

/* What the client says after its last message is no further part of that, nor one that is owed no answer, as
 * far as that tells. */
static bool may_ask_anew(const struct rr_pdus *p)
{
    return !p->asked || (p->asked->request.ended_by == RR_BY_PDU && p->asked->status != RR_ONEWAY);
}

/* The server has said nothing since the client began to say this. */
static bool is_unanswered(const struct rr_conn *c)
{
    const struct rr_piece *first = rr_flow_piece(&c->flow[RR_CLIENT], c->pdus->upto[RR_CLIENT]);
    return first && first->acked >= c->flow[RR_SERVER].next;
}

bool rr_begun_broke_off(const struct rr_conn *c)
{
    const struct rr_pdus *p = c->pdus;
    bool begins = p->plain && p->begun.unfinished == p->upto[RR_CLIENT];
    return begins && may_ask_anew(p) && is_unanswered(c);
}

void rr_begun_end(struct rr_conn *c)
{
    struct rr_pdus *p = c->pdus;
    struct rr_range rest = { p->upto[RR_CLIENT], c->flow[RR_CLIENT].next };
    struct rr_told t = rr_untold(&c->flow[RR_CLIENT], rest);
    bool keyed = p->asked && p->asked->pairing == RR_BY_KEY;
    t.does = RR_PDU_BEGINS | (keyed ? RR_PDU_KEYED : 0);
    t.sum.summary = summary_at(c, rest.begin);
    t.sum.protocol = p->asked ? p->asked->request.protocol : t.sum.protocol;
    if (!t.bytes)
        return;
    rr_joins_ask(c, &p->line, &t);
    if (c->flow[RR_CLIENT].fin_heeded)
        rr_end(c, RR_CLIENT, p->line.asking, RR_BY_CLIENT_FIN);
}
