/* How far away the two ends are.  Private to track/.
 *
 * The handshake tells best.  Where it was not captured, or a part of it was
 * sent again, the smallest time from new bytes to the bare ACK that covers
 * them does; an ACK that comes with payload waited for that payload.
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

/* Takes the sample, if it is one, into the smallest so far. */
static inline void rr_rtt_acked(struct rr_rtt_sample *s, int64_t acked, bool bare, int64_t time,
                                int64_t *smallest)
{
    if (!s->end || acked < s->end)
        return;
    int64_t took = rr_span(s->time, time);
    if (bare && took >= 0 && (*smallest == RR_NEVER || took < *smallest))
        *smallest = took;
    s->end = 0;
}

/* As an exchange keeps it: longer ones do not fit. */
static inline uint32_t rr_rtt_kept(int64_t rtt)
{
    return rtt >= 0 && rtt < UINT32_MAX ? (uint32_t)rtt + 1 : 0;
}

#endif
