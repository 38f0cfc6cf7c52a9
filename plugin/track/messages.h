/* The only code that changes an exchange of turns, and what those by rule (joins.h, places.h, datagrams.h)
 * are changed with.  Private to track/.
 *
 * Of turns it keeps the tiling: requests tile the client's direction and
 * responses and pushes the server's, in the same order, and bytes + missing =
 * end - begin.
 * Whoever changes what a row showed makes a further part of that row due.
 */
#ifndef RR_MESSAGES_H
#define RR_MESSAGES_H

#include "track/connection.h"

/* Bits of rr_exchange.proof. */
enum {
    RR_PROOF_ACK = 1,    /* the answer had an ACK number */
    RR_PROOF_ALL = 2,    /* that covered all the client had sent */
    RR_PROOF_FIRST = 4,  /* its first byte was captured under the very ACK that ends the request */
    RR_PROOF_SAW = 8,    /* the request's last segment had acknowledged all before the answer */
    RR_PROOF_LOST = 16,  /* told by counting, after the place was lost */
    RR_PROOF_ALONE = 32, /* no answer is owed */
    RR_PROOF_QUIET = 64  /* perhaps none is owed */
};

static inline struct rr_message *rr_side_of(struct rr_exchange *x, int side)
{
    return side == RR_CLIENT ? &x->request : &x->response;
}

/* The last message of a side, or NULL. */
static inline struct rr_exchange *rr_last(const struct rr_conn *c, int side)
{
    return c->last[side];
}

static inline struct rr_exchange *rr_nth(const struct rr_conn *c, int side, guint i)
{
    const struct rr_list *all = &c->messages[side];
    return i + 1 == all->len ? c->last[side] : all->at[i];
}

/* Place of the message that holds `offset`, or of the last that begins before it; -1 where there is none. */
int rr_search(const struct rr_conn *c, int side, int64_t offset);

static inline int rr_find(const struct rr_conn *c, int side, int64_t offset)
{
    struct rr_exchange *last = c->last[side];
    bool in_last = last && rr_side_of(last, side)->begin <= offset;
    return in_last ? (int)c->messages[side].len - 1 : rr_search(c, side, offset);
}

/* The client bytes that the answers so far cover. */
int64_t rr_covered(const struct rr_conn *c);

/* The request that waits and may still grow, or NULL. */
struct rr_exchange *rr_pending(const struct rr_conn *c);

/* A new exchange whose request begins where the client's last ended. */
struct rr_exchange *rr_open_request(struct rr_conn *c);

/* A response of x, or a push where x is NULL, that begins where the server's last message ended. */
struct rr_exchange *rr_open_response(struct rr_conn *c, struct rr_exchange *x);

/* A response to a request that was before the capture. */
struct rr_exchange *rr_open_unasked(struct rr_conn *c);

/* The last message of `side` reaches to `end`, with what is not captured missing. */
void rr_stretch(struct rr_conn *c, int side, int64_t end);

/* Captured bytes of a message that already reaches over them. */
void rr_gain(struct rr_conn *c, int side, struct rr_exchange *x, struct rr_piece *piece);
void rr_count_repeat(struct rr_conn *c, int side, int64_t offset);

/* So many bytes that were counted with the server's answers are a push's; where they are less than 0, the
 * other way round. */
void rr_count_as_push(struct rr_conn *c, int64_t bytes);

/* What changes no row, or was announced. */
void rr_add_note(struct rr_conn *c, struct rr_exchange *x, enum rr_note_kind kind, int64_t from, int64_t to);

/* Nothing of x came on from `from` to `to`. */
void rr_hold_up(struct rr_conn *c, struct rr_exchange *x, enum rr_note_kind kind, int64_t from, int64_t to);

/* The request of x ends at `offset`; the rest of it becomes the request of a new exchange, which is returned.
 */
struct rr_exchange *rr_cut_request(struct rr_conn *c, struct rr_exchange *x, int64_t offset);

/* The server's bytes of message `i` before `offset` go to the message before it, or to a new one in front:
 * the answer of `x`, or a push where x is NULL. */
void rr_give_to_previous(struct rr_conn *c, int i, int64_t offset);
void rr_give_to_new(struct rr_conn *c, int i, int64_t offset, struct rr_exchange *x);

/* x, last, was not answered after all: its request was cut off one that was, or all that was said to it was
 * given away. */
void rr_wait_again(struct rr_conn *c, struct rr_exchange *x);
void rr_withdraw_answer(struct rr_conn *c, struct rr_exchange *x);

/* The server's message `i` before `offset` stays the answer of its exchange; what follows becomes that of y.
 */
void rr_split_answer(struct rr_conn *c, int i, int64_t offset, struct rr_exchange *y);

void rr_end(struct rr_conn *c, int side, struct rr_exchange *x, enum rr_ended_by why);
void rr_give_up(struct rr_conn *c, struct rr_exchange *x, enum rr_ended_by why);
void rr_prove(struct rr_exchange *x, uint8_t proof);

/* What the room's other ways of pairing do themselves: a new exchange or push; bytes are about to join a
 * message; what a sum of pieces tells, bytes apart; what follows from the messages; rows to be reported. */
struct rr_exchange *rr_new_exchange(struct rr_conn *c);
struct rr_exchange *rr_new_push(struct rr_conn *c, int64_t covered, const struct rr_exchange *before);
void rr_thaw(struct rr_conn *c, struct rr_exchange *x, int side);
void rr_changes(struct rr_conn *c, struct rr_exchange *x, int side);
void rr_add_facts(struct rr_message *m, const struct rr_piece *sum);
void rr_judge(struct rr_conn *c, struct rr_exchange *x);
void rr_due(struct rr_conn *c, struct rr_exchange *x, uint8_t rows);

/* That of the request, where one is there and was not reported. */
void rr_due_request(struct rr_conn *c, struct rr_exchange *x);

/* As a verdict tells what something cost. */
static inline uint32_t rr_microseconds(int64_t from, int64_t to)
{
    return (uint32_t)CLAMP(rr_span(from, to) / 1000, 0, (int64_t)UINT32_MAX);
}

/* The last message of a side is a message no more: it was not reported, or begins anew elsewhere. */
void rr_withdraw_last(struct rr_conn *c, int side);

/* Reports what the segment or timer made due; and with it what a reset connection held back. */
void rr_flush(struct rr_shared *shared);
void rr_flush_last(struct rr_conn *c);

#endif
