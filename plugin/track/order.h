/* The n-th response answers the n-th request: which one that is.  Private to track/.
 *
 * Counting tells it for sure as long as every message of both sides was told.
 * Where one may be missing the place is lost, and what the server says is set
 * aside until the client comes to rest: it asks again, having seen all that
 * the server had said, and the server had said that having all of the client.
 * Both sides are then counted back from their ends, which is a guess, and on
 * from there for sure.  It is not for a client that was seen to ask without
 * waiting for its answers: there the place stays lost.  And what the server
 * said to the one request that waits is its answer then, though no message of
 * it was told.
 *
 * This only decides.  What is to be done is handed out step by step, as each
 * step changes the line that the next is judged by.
 */
#ifndef RR_ORDER_H
#define RR_ORDER_H

#include "track/line.h"
#include "track/spans.h"
#include "track/told.h"

/* So many answers at most are set aside, or wait for what comes before them. */
enum { RR_ORDER_HELD_MAX = 1024 };

enum rr_step_kind {
    RR_STEP_ANSWER,  /* `told` begins the response to the request that waits first */
    RR_STEP_GO_ON,   /* `told` goes on with the response told last */
    RR_STEP_INTERIM, /* `told` comes before the response to the request that waits first */
    RR_STEP_UNOWED,  /* `told` answers no request that is there */
    RR_STEP_UNASKED, /* `told` answers the client's bytes `asked`, of which no message was told */
    RR_STEP_ASK,     /* the client's bytes `asked`, likewise, are a request that now waits */
    RR_STEP_IGNORE,  /* it is not known what `told` belongs to */
    RR_STEP_DROP,    /* the answer to the request that waits first is not in the capture */
    RR_STEP_END,     /* the response told last is over; with RR_PROOF_LOST perhaps not all of it was told */
};

struct rr_step {
    enum rr_step_kind kind;
    uint8_t proof; /* RR_PROOF_LOST, or none */
    struct rr_range asked;
    struct rr_told told;
};

struct rr_order {
    const struct rr_flow *flow;     /* these by enum rr_side */
    const struct rr_range *outside; /* the last that are sure to be in no message */
    const struct rr_spans *spans;
    const int64_t *told_upto; /* end of the highest message */
    const struct rr_line *line;
    GArray *held;            /* of struct rr_told: they come after a hole, or before their request */
    GArray *doubt;           /* so too: it is not known which request they answer */
    GArray *steps;           /* of struct rr_step: decided */
    guint stepped;           /* of these were handed out */
    int64_t upto;            /* the server's bytes before were decided on */
    int64_t asks;            /* where the request begins that was told last */
    int64_t heard_end;       /* end of the server's newest bytes captured ... */
    int64_t heard;           /* ... and the client's that they acknowledged */
    int64_t saw;             /* the server's bytes that the client had seen when it asked last ... */
    int64_t saw_first;       /* ... and when it last asked while nothing waited; RR_NEVER: not known */
    int64_t owed;            /* of what was decided on last so many further parts are to come */
    int64_t strayed;         /* of the client the server had so much when it said what was ignored, last */
    struct rr_range hole;    /* the server's bytes of which no message was told, last; empty: none */
    struct rr_range before;  /* the same, before what is in doubt */
    struct rr_range gap;     /* the client's likewise */
    struct rr_range kept;    /* the server's, last, that the dissector waits for the rest of ... */
    struct rr_range guess;   /* of these a request was made, when all before was sure, and nothing since is in
                                doubt but for that */
    struct rr_range taken;   /* of these of the server an answer was made, likewise */
    struct rr_range crossed; /* likewise: nothing is in doubt but whether these bytes of the server, of before
                                the rule, answered the first request */
    bool kept_strayed;       /* ... but it came there over bytes that it told nothing of */
    bool sure;               /* what waits first is what the next answer belongs to */
    bool regained;           /* ... since the client came to rest */
    bool broken;             /* what comes next does not go on with what was before */
    bool overlaps;           /* the client does not wait for its answers, even at rest */
    bool guessed;            /* what no message was told of was taken for an answer */
    bool patched;            /* an answer has bytes of which no message was told, and may be over with them */
    bool spilled; /* what is in doubt, and nothing that waits was asked before, goes on with the answer
                     told last */
    bool rests;   /* the client has come to rest, and that is to be judged */
};

/* What is pointed to outlives it.  `sure`: nothing came before that a message could have been in. */
void rr_order_init(struct rr_order *o, const struct rr_flow *flow, const struct rr_range *outside,
                   const struct rr_spans *spans, const int64_t *told_upto, const struct rr_line *line,
                   bool sure);
void rr_order_release(struct rr_order *o);

/* The server's newest bytes. */
void rr_order_heard(struct rr_order *o, int64_t end, int64_t acked);

/* What the newest of these acknowledged is not known, where it was taken for `acked`. */
static inline void rr_order_misheard(struct rr_order *o, int64_t acked)
{
    if (o->heard == acked)
        o->heard_end = RR_NEVER;
}

/* There are bytes of the client of which no message is told. */
void rr_order_missed(struct rr_order *o, struct rr_range gap);

/* Of these a message is told now. */
void rr_order_found(struct rr_order *o, struct rr_range asked);

/* A request that begins at `begin`, whose segment acknowledged the server's bytes up to `acked`, may be one
 * of a client that waits for nothing; and it is about to begin. */
bool rr_order_at_rest(const struct rr_order *o, int64_t begin, int64_t acked);
void rr_order_asks(struct rr_order *o, int64_t begin, int64_t acked, bool for_answer);

/* What waits first is sure to be what the next answer belongs to. */
bool rr_order_is_sure(const struct rr_order *o);

/* A message of the server. */
void rr_order_told(struct rr_order *o, const struct rr_told *t);

/* The dissector waits for the rest of the message that these bytes of the server, its newest, begin or go on
 * with. */
void rr_order_kept(struct rr_order *o, struct rr_range kept);

/* What of the range is in no message that is set aside: its first stretch.  Empty where all of it is. */
void rr_order_clip(const struct rr_order *o, struct rr_range *range);

/* What was told up to `from`, or to beyond `end`, ends at `end`. */
void rr_order_cut(struct rr_order *o, int64_t from, int64_t end);

/* When it is asked for what is to be done: among the messages of a segment, after them, where nothing came
 * for long, or where nothing that would tell is to come. */
enum rr_order_when { RR_ORDER_WITHIN, RR_ORDER_BETWEEN, RR_ORDER_IN_SILENCE, RR_ORDER_AT_LAST };

/* What is to be done next, and must be before this is called again; NULL where there is nothing. */
const struct rr_step *rr_order_next(struct rr_order *o, enum rr_order_when when);

/* One more, behind those that are decided on. */
struct rr_step *rr_order_step(struct rr_order *o, enum rr_step_kind kind, const struct rr_told *t,
                              uint8_t proof);

/* Then there is none, whenever. */
static inline bool rr_order_is_idle(const struct rr_order *o)
{
    return o->stepped == o->steps->len && !o->held->len && !o->rests && !o->doubt->len;
}

/* The server had received the request that waits first and said something since, of which no message is told
 * so far. */
bool rr_order_may_have_answered(struct rr_order *o);

/* Nothing will tell any more what that was: it answers what the server had received. */
void rr_order_end(struct rr_order *o);

/* The server's bytes from here on may become part of a message that is not there yet. */
int64_t rr_order_open(const struct rr_order *o);

/* The client's bytes, of which no message was told, can be a request. */
static inline void rr_order_leave(struct rr_order *o, struct rr_range untold)
{
    bool more = !rr_range_empty(o->gap) && o->gap.end >= untold.begin;
    o->gap = (struct rr_range){ more ? o->gap.begin : untold.begin, MAX(o->gap.end, untold.end) };
    o->asks = RR_NEVER;
}

/* `acked`, or where the request begins that is about to be asked. */
static inline int64_t rr_order_before_asked(const struct rr_order *o, int64_t acked)
{
    return o->asks >= o->told_upto[RR_CLIENT] ? MIN(acked, o->asks) : acked;
}

#endif
