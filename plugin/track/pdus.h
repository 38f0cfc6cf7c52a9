/* Messages as the dissector of their protocol sees them, where a rule tells what they are.  Private to
 * track/.
 *
 * They take the place of turns on a connection.  Which request an answer gets
 * is told by the order of both (order.h) or by a key that both carry.  The
 * messages of a direction need not follow each other in one piece, and what no
 * dissector understood belongs to none of them.
 */
#ifndef RR_PDUS_H
#define RR_PDUS_H

#include "track/ahead.h"
#include "track/begun.h"
#include "track/connection.h"
#include "track/holds.h"
#include "track/order.h"
#include "track/pending.h"
#include "track/quiet.h"

/* Beyond so many requests that wait the oldest is given up; beyond so many keys in use, all are. */
enum { RR_PDUS_WAITING_MAX = 65536 };

struct rr_pdus {
    struct rr_spans spans[2];   /* by enum rr_side */
    int64_t upto[2];            /* end of the highest message, or of bytes that are sure to be in none */
    int64_t start[2];           /* what lies before is in turns */
    struct rr_range missed[2];  /* the last bytes below of which no message was told; empty: none */
    struct rr_list all;         /* in order of opening; pushes, too */
    struct rr_pending pending;  /* of these, those that were not reported */
    struct rr_pending going_on; /* and those of which a part came that was not the last */
    struct rr_line line;
    struct rr_order order;
    int64_t owed;  /* so many parts of what the client asked last are to come */
    GTree *keyed;  /* key -> struct rr_line: a capture can choose keys that one hash has */
    guint waiting; /* requests */
    struct rr_quiet quiet;
    struct rr_ahead ahead;
    struct rr_holds holds;
    struct rr_begun begun;
    uint64_t interim_key;            /* of the last interim answer that had one */
    struct rr_range greeted;         /* what began as a turn of the server, and answers nothing */
    bool clean;                      /* all of both sides before the rule was captured */
    bool plain;                      /* the message told last lies in the segments as it is */
    bool spared;                     /* what waited too long may be answered in what was said, so far */
    bool opens;                      /* messages go on until the next begins */
    const struct rr_exchange *asked; /* its request came last, or NULL */
    struct rr_exchange *last, *spare;
    struct rr_exchange *turn; /* had the last answer before the rule, while more of that can be told */
    uint8_t ending;           /* enum rr_ended_by: what ends all, once the segment's messages are told */
};

/* Any of the range is of the turn's request whose exchange is kept for the first that is asked. */
static inline bool rr_pdus_spare(const struct rr_pdus *p, struct rr_range range)
{
    const struct rr_exchange *spare = p->spare;
    return spare && spare->request.begin < range.end && spare->request.end > range.begin;
}

/* The connection is ruled from here on. */
void rr_pdus_rule(struct rr_conn *c);
void rr_pdus_free(struct rr_pdus *p);

/* x is told by rule from here on. */
void rr_pdus_enlist(struct rr_pdus *p, struct rr_exchange *x);

void rr_pdus_tell(struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu);

/* All messages of a segment were told. */
void rr_pdus_done(struct rr_conn *c);

/* As those of a connection. */
void rr_pdus_waited(struct rr_conn *c);
void rr_pdus_quiet(struct rr_conn *c);

/* The server says no more; `over`: nor does the client. */
void rr_pdus_end(struct rr_conn *c, enum rr_ended_by why, bool over);

/* The pieces of a side from here on are still needed. */
int64_t rr_pdus_keep(struct rr_conn *c, int side);

/* All messages of a side before it were reported. */
int64_t rr_pdus_open(struct rr_pdus *p, int side);

#endif
