/* Bytes that no message was told of between the parts of one, or behind it: they can be of that or of
 * another. Private to track/.
 *
 * None of them is counted as missing of a message, but such a message is torn: not complete.
 */
#ifndef RR_TEARS_H
#define RR_TEARS_H

#include "track/pdus.h"

/* `t` has just gone on with what the line asked or told last, whose end so far is still the line's. */
void rr_tears_part(struct rr_conn *c, int side, struct rr_line *line, struct rr_message *m,
                   const struct rr_told *t);

/* `t` is about to answer x: where the end of what was asked was not told, and more of it can have been before
 * that, its request is torn. */
void rr_tears_asked(struct rr_conn *c, struct rr_line *line, struct rr_exchange *x, const struct rr_told *t);

/* What the line told last, if it is not over, may have gone on in what was missed then. */
void rr_tears_told(struct rr_conn *c, const struct rr_line *line);

/* Nothing more is told of what the server says; `over`: nor of what the client does. */
void rr_tears_end(struct rr_conn *c, bool over);

#endif
