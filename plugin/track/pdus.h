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

#include "track/connection.h"
#include "track/spans.h"

/* Beyond so many requests that wait, or keys that are in use, the oldest are given up; beyond so many answers
 * that cannot be placed yet they are placed without. */
enum { RR_PDUS_WAITING_MAX = 65536, RR_PDUS_HELD_MAX = 1024 };

/* A message with what the flow knows of its bytes. */
struct rr_told {
    int64_t begin, end; /* where it lies in its direction */
    int64_t bytes;      /* as dissected */
    struct rr_piece sum;
    uint16_t does;    /* RR_PDU_BEGINS and so on */
    const char *more; /* for the summary, or NULL */
};

/* Requests that are answered one after the other: all of a connection, or those of a key. */
struct rr_line {
    struct rr_list waiting; /* the oldest at `head` */
    guint head;
    struct rr_exchange *asking, *telling; /* whose request, and response, came last, or NULL */
    struct rr_exchange *aside;            /* a push that came after those, or NULL */
    bool open;                            /* that response goes on until the next begins */
    struct rr_range interim; /* what came before the response proper to the one that waits first: where it
                                begins, and how much */
};

struct rr_order {
    GArray *held;         /* of struct rr_told: answers that come after a hole, or before their request */
    GArray *doubt;        /* so too: answers of which it is not known which request they answer */
    int64_t upto;         /* the server's bytes before are placed */
    int64_t covered;      /* client bytes that the answers so far cover */
    struct rr_range hole; /* the server's bytes of which no message was told, last; empty: none */
    struct rr_range gap;  /* the client's likewise, since the place was sure */
    bool lost;            /* there may have been answers in the hole */
    bool unsure;          /* the capture began in the middle */
};

/* Requests that may be owed no answer: with the first answer to a later one that is known. */
struct rr_quiet {
    GArray *asked; /* of struct rr_quiet_one, in that order */
    guint head;
};

struct rr_pdus {
    struct rr_spans spans[2]; /* by enum rr_side */
    int64_t upto[2];          /* end of the highest message */
    struct rr_list all;       /* in order of opening; pushes, too */
    guint told;               /* of these were reported */
    struct rr_line line;
    struct rr_order order;
    GHashTable *keyed; /* key -> struct rr_line */
    guint waiting;     /* requests */
    struct rr_quiet quiet;
    bool opens; /* messages go on until the next begins */
    struct rr_exchange *last, *spare;
    uint8_t ending; /* enum rr_ended_by, once the segment's messages are told */
};

/* The connection is ruled from here on. */
void rr_pdus_rule(struct rr_conn *c);
void rr_pdus_free(struct rr_pdus *p);

/* Bytes that were not there before; and a segment that brought none from `offset` on. */
void rr_pdus_gain(struct rr_conn *c, int side, struct rr_piece *piece);
void rr_pdus_repeat(struct rr_conn *c, int side, int64_t offset);

void rr_pdus_tell(struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu);

/* All messages of a segment were told. */
void rr_pdus_done(struct rr_conn *c);

/* As those of a connection. */
void rr_pdus_waited(struct rr_conn *c);
void rr_pdus_quiet(struct rr_conn *c);
void rr_pdus_end(struct rr_conn *c, enum rr_ended_by why);

/* The pieces of a side from here on are still needed. */
int64_t rr_pdus_keep(struct rr_conn *c, int side);

/* All messages of a side before it were reported. */
int64_t rr_pdus_open(const struct rr_pdus *p, int side);

/* For the ways of pairing.  The answer `t` begins the response of the exchange that waits first in the line,
 * goes on with the one told last, is an interim one of that, or answers nothing that is there. */
bool rr_pdus_goes_on(const struct rr_line *line, const struct rr_told *t);
void rr_pdus_answer(struct rr_conn *c, struct rr_line *line, struct rr_told *t, uint8_t proof);
void rr_pdus_go_on(struct rr_conn *c, struct rr_line *line, struct rr_told *t);
void rr_pdus_interim(struct rr_conn *c, struct rr_line *line, const struct rr_told *t);
void rr_pdus_unowed(struct rr_conn *c, struct rr_line *line, struct rr_told *t, uint8_t proof);

/* Bytes of which no message was told, as one. */
struct rr_told rr_pdus_untold(const struct rr_conn *c, int side, struct rr_range range);

/* `t` answers those of the client. */
void rr_pdus_unasked(struct rr_conn *c, struct rr_line *line, struct rr_told *t, struct rr_range asked,
                     uint8_t proof);

/* The first that waits goes: its answer is not in the capture. */
void rr_pdus_drop(struct rr_conn *c, struct rr_line *line);

/* Lines of `pairing by key`, for quiet.c. */
struct rr_exchange *rr_pdus_take_out(struct rr_conn *c, struct rr_line *line, guint i);
void rr_pdus_give_up(struct rr_conn *c, struct rr_exchange *x, enum rr_ended_by why);

static inline guint rr_line_length(const struct rr_line *line)
{
    return line->waiting.len - line->head;
}

static inline struct rr_exchange *rr_line_nth(const struct rr_line *line, guint i)
{
    return line->waiting.at[line->head + i];
}

#endif
