#include "track/begun.h"

#include "exchange/summary.h"
#include "track/joins.h"
#include "track/messages.h"

void rr_begun_note(struct rr_conn *c, int64_t offset, const uint8_t *bytes, uint32_t length)
{
    struct rr_begun *b = &c->pdus->begun;
    if (offset != c->pdus->upto[RR_CLIENT])
        return;
    b->at = offset;
    b->length = (uint16_t)MIN(length, RR_BEGUN_MAX);
    memcpy(b->bytes, bytes, b->length);
}

static const char *summary_at(struct rr_conn *c, int64_t begin)
{
    const struct rr_begun *b = &c->pdus->begun;
    char text[RR_SUMMARY_SIZE];
    if (!c->pdus->plain || begin < b->at || begin >= b->at + b->length)
        return NULL;
    size_t length = rr_summary(b->bytes + (begin - b->at), (size_t)(b->at + b->length - begin), text);
    return rr_store_text(c->shared->store, text, length);
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
