/* How far away the two ends are.  Private to track/.
 *
 * The smallest of what is known: the handshake, where no part of it was sent
 * again, and each time from new bytes to the ACK that covers them.  Any of
 * them can be too long.  An ACK that comes with payload waited for that: it
 * alone tells nothing.
 */
#ifndef RR_RTT_H
#define RR_RTT_H

#include "exchange/exchange.h"

/* The bytes of one direction whose ACK is awaited. */
struct rr_rtt_sample {
    int64_t end; /* offset; 0: none */
    int64_t time;
};

static inline void rr_rtt_sent(struct rr_rtt_sample *s, int64_t end, int64_t time)
{
    if (!s->end)
        *s = (struct rr_rtt_sample){ end, time };
}

/* Which copy an ACK is for is not known. */
static inline void rr_rtt_sent_again(struct rr_rtt_sample *s)
{
    s->end = 0;
}

static inline void rr_rtt_take(int64_t took, int64_t *smallest)
{
    if (took >= 0 && (*smallest == RR_NEVER || took < *smallest))
        *smallest = took;
}

/* Takes the sample, if it is one, into the smallest so far; `bare`: without payload. */
static inline void rr_rtt_acked(struct rr_rtt_sample *s, int64_t acked, bool bare, int64_t time,
                                int64_t *smallest)
{
    if (!s->end || acked < s->end)
        return;
    if (bare || *smallest != RR_NEVER)
        rr_rtt_take(rr_span(s->time, time), smallest);
    s->end = 0;
}

/* As an exchange keeps it: longer ones do not fit. */
static inline uint32_t rr_rtt_kept(int64_t rtt)
{
    return rtt >= 0 && rtt < UINT32_MAX ? (uint32_t)rtt + 1 : 0;
}

#endif
