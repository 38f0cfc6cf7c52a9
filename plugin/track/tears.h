/* Holes between the parts of a message that bears a key: what the capture lacks there can be of that message
 * or of another.  Private to track/.
 *
 * No byte of them is counted as missing of a message, but a message with such a hole is not complete.
 */
#ifndef RR_TEARS_H
#define RR_TEARS_H

#include "track/pdus.h"

/* `t` has just gone on with what the line asked or told last, which ended at `upto`. */
void rr_tears_part(struct rr_conn *c, int side, struct rr_line *line, struct rr_message *m,
                   const struct rr_told *t, int64_t upto);

/* Nothing more is told of what the server says under any key; `over`: nor of what the client does. */
void rr_tears_end(struct rr_conn *c, bool over);

#endif
