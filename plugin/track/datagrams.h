/* Messages that came in datagrams.  Private to track/.
 *
 * A datagram stands for itself: there are no numbers that tell what is missing,
 * came twice or was answered.  A key that request and response bear does, or
 * that one goes out and one comes back; and what is the same byte by byte was
 * sent again.  Offsets count the bytes of a direction as they were captured.
 */
#ifndef RR_DATAGRAMS_H
#define RR_DATAGRAMS_H

#include "track/connection.h"
#include "track/pending.h"
#include "track/spans.h"

struct rr_datagrams {
    struct rr_spans spans[2];  /* by enum rr_side */
    int64_t next[2];           /* end of what was captured */
    struct rr_list all;        /* in order of opening; pushes, too */
    struct rr_pending pending; /* of these, those that were not reported */
    guint waiting;             /* requests */
};

/* The connection is a conversation by datagrams from here on; `asks`: its first end is known to be the
 * client.
 */
void rr_datagrams_begin(struct rr_conn *c, bool asks);
void rr_datagrams_free(struct rr_datagrams *d);
struct rr_verdict rr_datagrams_feed(struct rr_conn *c, const struct rr_datagram *d);

/* As those of a connection. */
void rr_datagrams_waited(struct rr_conn *c);
void rr_datagrams_end(struct rr_conn *c, enum rr_ended_by why);

/* All messages of a side before it were reported. */
int64_t rr_datagrams_open(struct rr_datagrams *d, int side);

#endif
