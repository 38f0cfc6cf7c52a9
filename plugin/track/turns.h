/* Turns as the server saw them: which client bytes an answer answers.  Private to track/.
 *
 * On every segment it sends, the server's ACK says how much of the client's
 * stream had reached it.  So the ACK of a server byte tells which client bytes
 * came before it, wherever the capture was made.
 */
#ifndef RR_TURNS_H
#define RR_TURNS_H

#include "track/connection.h"

/* An ACK that a segment does not carry. */
#define RR_NO_ACK INT64_MIN

/* Client bytes from `begin` on, of which `s` brings the unseen ones of s->len; `acked` is its ACK. */
void rr_turns_asked(struct rr_conn *c, const struct rr_segment *s, int64_t begin, int64_t acked,
                    struct rr_verdict *v);

/* Server bytes likewise. */
void rr_turns_told(struct rr_conn *c, const struct rr_segment *s, int64_t begin, int64_t acked,
                   struct rr_verdict *v);

/* New bytes of either side on a connection whose messages a rule tells. */
void rr_turns_pass(struct rr_conn *c, const struct rr_segment *s, int64_t begin, int64_t acked,
                   struct rr_verdict *v);

/* The client's segment at offset `begin` acknowledged server bytes that were not captured, up to `acked`. */
void rr_turns_told_unseen(struct rr_conn *c, int64_t begin, int64_t acked);

/* The server acknowledged client bytes that were not captured, up to `acked`. */
void rr_turns_asked_unseen(struct rr_conn *c, int64_t acked);

/* A FIN's number tells of bytes before it, even if nobody acknowledges them: nothing more is to come. */
void rr_turns_unseen_before_fins(struct rr_conn *c);

/* A byte that was held counts now. */
void rr_turns_release_probe(struct rr_conn *c);

#endif
