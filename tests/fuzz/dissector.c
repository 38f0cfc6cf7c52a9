#include "dissector.h"

#include <string.h>

/* Of a byte: it was captured; the message that begins with it was told. */
enum { HERE = 1, TOLD = 2 };

void dissector_init(struct dissector *d, uint8_t style)
{
    d->style = style;
    if (!dissector_is_honest(d))
        return;
    memset(d->known, 0, sizeof d->known);
    memset(d->behind, 0, sizeof d->behind);
}

bool dissector_is_honest(const struct dissector *d)
{
    return !(d->style & 4);
}

bool dissector_is_plain(const struct dissector *d)
{
    return dissector_is_honest(d) || d->style & 32;
}

/* The length of what is not whole; what is no message, and has no key. */
enum { UNFINISHED = 0 };
enum { NO_MESSAGE = RR_PDU_IGNORED | RR_PDU_OUTSIDE | RR_PDU_UNFINISHED };

/* What is made of the byte with that number. */
static uint32_t mark(const struct dissector *d, uint32_t seq)
{
    return (uint32_t)(rr_mix(rr_mix(d->style >> 5, seq), 0) >> 20);
}

static uint16_t draw_key(const struct dissector *d, uint32_t mark, uint64_t *key)
{
    int pairing = d->style >> 3 & 3;
    *key = mark >> 8 & 3;
    if (pairing == 0 || (pairing == 2 && mark & 1 << 10))
        return 0;
    return RR_PDU_KEYED | (pairing == 3 ? RR_PDU_NEWEST : 0);
}

/* As a rule can say it of a message of that side. */
static uint16_t draw_flags(int side, uint32_t mark)
{
    uint16_t begins = mark & 3 ? RR_PDU_BEGINS : 0, ends = mark & 12 ? RR_PDU_ENDS : 0;
    switch (mark >> 4 & 15) {
    case 0:
        return RR_PDU_ALONE | RR_PDU_BEGINS | (ends ? RR_PDU_ENDS : RR_PDU_OPEN);
    case 1:
        return begins | ends | (side == RR_SERVER ? RR_PDU_INTERIM : 0);
    case 2:
        return begins | (side == RR_SERVER ? RR_PDU_OPEN : ends);
    case 3:
        return RR_PDU_IGNORED;
    case 4:
        return begins | ends | (side == RR_CLIENT ? RR_PDU_QUIET : 0);
    case 5:
        return begins | ends;
    case 6:
        return side == RR_CLIENT ? RR_PDU_BLANK : begins | ends;
    default:
        return begins | ends;
    }
}

static void draw(const struct dissector *d, uint32_t seq, int side, struct rr_pdu *pdu)
{
    uint32_t m = mark(d, seq);
    uint16_t keyed = draw_key(d, m, &pdu->key),
             flags = pdu->length == UNFINISHED ? RR_PDU_UNFINISHED : draw_flags(side, m);
    pdu->does = flags & NO_MESSAGE ? flags : flags | keyed;
    if (side == RR_CLIENT && !(flags & NO_MESSAGE) && (m >> 26 & 7) == 0) {
        pdu->does |= RR_PDU_CANCELS;
        pdu->cancels = m >> 29 & 3;
    }
    pdu->owes = (m & 15 << 20) == 15 << 20 ? (m >> 24 & 1 ? UINT32_MAX : 1 + (m >> 25 & 3)) : 0;
    pdu->protocol = m & 1 << 12 ? "ruled" : "other";
}

static bool begins_message(const struct dissector *d, uint32_t origin, int64_t at)
{
    return at == 0 || (mark(d, origin + (uint32_t)at) >> 16 & 7) == 0;
}

static int64_t next_message(const struct dissector *d, uint32_t origin, int64_t at)
{
    for (at++; at < DISSECTOR_BYTES; at++)
        if (begins_message(d, origin, at))
            return at;
    return INT64_MAX;
}

static bool is_here(const uint8_t *known, int64_t begin, int64_t end)
{
    for (; begin < end; begin++)
        if (!(known[begin] & HERE))
            return false;
    return true;
}

static bool is_told_from(const uint8_t *known, int64_t at)
{
    for (; at < DISSECTOR_BYTES; at++)
        if (known[at] & TOLD)
            return true;
    return false;
}

static size_t read_honestly(struct dissector *d, uint32_t stream, int64_t begin, const struct rr_segment *s,
                            struct rr_pdu *pdus)
{
    uint8_t *known = d->known[stream][s->end];
    const uint32_t origin = s->seq + (s->flags & RR_SYN ? 1 : 0) - (uint32_t)begin;
    int64_t end = MIN(begin + s->len, DISSECTOR_BYTES), at = MAX(begin, 0);
    size_t count = 0;
    if (at >= end || s->captured < s->len)
        return 0;
    for (int64_t i = at; i < end; i++)
        known[i] |= HERE;
    while (!begins_message(d, origin, at))
        at--;
    for (int64_t next; at < end && count < DISSECTOR_PDUS; at = next) {
        next = next_message(d, origin, at);
        bool understood = mark(d, origin + (uint32_t)at) >> 13 & 7;
        if (known[at] & TOLD || !understood)
            continue;
        bool whole = next < INT64_MAX && is_here(known, at, next);
        if (!whole && (next <= end || !is_here(known, at, end)))
            continue;
        pdus[count++] = whole ? (struct rr_pdu){ .at = at - begin, .length = (uint32_t)(next - at) }
                              : (struct rr_pdu){ .at = MAX(at - begin, 0), .length = UNFINISHED };
        if (!whole)
            continue;
        known[at] |= TOLD;
        d->behind[stream] |= is_told_from(known, next);
    }
    return count;
}

/* Anywhere that the tracker may be told. */
static struct rr_pdu place_wildly(const struct dissector *d, uint32_t mark, uint32_t at)
{
    bool plain = dissector_is_plain(d) || mark & (1 << 22 | 1 << 23);
    return (struct rr_pdu){
        .at = (int64_t)at - (mark & 1 << 20 ? mark >> 24 & 15 : 0),
        .length = mark >> 16 & 15 ? mark >> 16 & 15 : UNFINISHED,
        .decrypted = plain ? 0 : 1 + (mark >> 24 & 31),
    };
}

static size_t read_wildly(const struct dissector *d, const struct rr_segment *s, struct rr_pdu *pdus)
{
    size_t count = 0;
    for (uint32_t at = 0; at < s->len && count < DISSECTOR_PDUS;) {
        uint32_t m = mark(d, s->seq + at);
        if (m >> 28 & 3)
            pdus[count++] = place_wildly(d, m, at);
        at += 1 + (m >> 4 & 15);
    }
    return count;
}

bool dissector_found(const struct rr_pdu *pdus, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (pdus[i].length != UNFINISHED)
            return true;
    return false;
}

size_t dissector_read(struct dissector *d, uint32_t stream, int64_t begin, const struct rr_segment *s,
                      struct rr_pdu pdus[DISSECTOR_PDUS])
{
    if (s->flags & RR_RST)
        return 0;
    return dissector_is_honest(d) ? read_honestly(d, stream, begin, s, pdus) : read_wildly(d, s, pdus);
}

void dissector_tell(const struct dissector *d, int side, const struct rr_segment *s, struct rr_pdu *pdus,
                    size_t count)
{
    const uint32_t first = s->seq + (s->flags & RR_SYN ? 1 : 0);
    for (size_t i = 0; i < count; i++)
        draw(d, first + (uint32_t)pdus[i].at, side, &pdus[i]);
}

struct rr_datagram dissector_datagram(const struct dissector *d, const struct rr_segment *s)
{
    struct rr_datagram datagram = {
        .at = s->at, .end = s->end, .len = s->len, .payload = s->payload, .captured = s->captured
    };
    for (int side = 0; side < 2; side++) {
        struct rr_pdu pdu = { .length = s->len + 1 };
        draw(d, s->seq, side, &pdu);
        datagram.does[side] = pdu.does & NO_MESSAGE ? RR_PDU_KEYED : pdu.does;
        datagram.key[side] = pdu.key;
        datagram.protocol = pdu.protocol;
    }
    return datagram;
}
