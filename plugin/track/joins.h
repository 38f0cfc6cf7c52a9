/* Told messages become requests, responses and pushes.  Private to track/.
 *
 * Which ones was decided by whoever calls: by order or by key.
 */
#ifndef RR_JOINS_H
#define RR_JOINS_H

#include "track/pdus.h"

/* A message of x, or of nobody's where x is NULL, takes these bytes. */
void rr_joins_take(struct rr_conn *c, int side, const struct rr_told *t, struct rr_exchange *x);

/* Of these bytes no message was told; nobody knows which message `t` goes on with. */
void rr_joins_miss(struct rr_conn *c, int side, struct rr_range range);
void rr_joins_ignore(struct rr_conn *c, int side, const struct rr_told *t);

/* Nothing was missed that `t` may go on with, or a key tells: of a message that is not whole no other has it.
 */
bool rr_joins_is_next_part(const struct rr_conn *c, int side, const struct rr_line *line,
                           const struct rr_told *t, bool goes_on);

/* `t` is the last of a turn's answer: of the rule's messages none goes on with it. */
void rr_joins_end_turn(struct rr_conn *c, struct rr_exchange *x, const struct rr_told *t);

/* A message of the client begins a request, or goes on with the one that the line asked last. */
void rr_joins_ask(struct rr_conn *c, struct rr_line *line, const struct rr_told *t);
void rr_joins_ask_on(struct rr_conn *c, struct rr_line *line, const struct rr_told *t);

/* `t` is the rest of the request of x, which was answered before it was whole. */
void rr_joins_complete(struct rr_conn *c, struct rr_exchange *x, const struct rr_told *t);

/* The request that the line asked last is over. */
void rr_joins_end_asked(struct rr_conn *c, const struct rr_line *line);

/* The server's message `t` begins the response to the request that waits first in the line, goes on with the
 * one told last (or the push after it), is an interim one of that, or answers nothing that is there. */
void rr_joins_answer(struct rr_conn *c, struct rr_line *line, const struct rr_told *t, uint8_t proof);
void rr_joins_go_on(struct rr_conn *c, struct rr_line *line, const struct rr_told *t);
void rr_joins_interim(struct rr_conn *c, struct rr_line *line, const struct rr_told *t);
void rr_joins_unowed(struct rr_conn *c, struct rr_line *line, const struct rr_told *t, uint8_t proof);

/* `t` answers those bytes of the client, of which no message was told. */
void rr_joins_unasked(struct rr_conn *c, struct rr_line *line, const struct rr_told *t, struct rr_range asked,
                      uint8_t proof);

/* The first that waits goes: its answer is not in the capture. */
void rr_joins_drop(struct rr_conn *c, struct rr_line *line);

/* The response told last is over, and so is the push after it: nothing goes on with them. */
void rr_joins_end_told(struct rr_conn *c, struct rr_line *line);

/* The first that waits does so no more. */
struct rr_exchange *rr_joins_leave(struct rr_conn *c, struct rr_line *line);

/* Those that wait want no answer any more, nor more of what is told; they are to get what comes all the same.
 */
void rr_joins_cancel(struct rr_conn *c, struct rr_line *line);

/* No answer comes to x any more, as far as is known. */
void rr_joins_give_up(struct rr_conn *c, struct rr_exchange *x, enum rr_ended_by why);

#endif
