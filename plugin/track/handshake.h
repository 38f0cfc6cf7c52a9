/* How a connection began: when, how often it was tried, and how long the way was.  Private to track/. */
#ifndef RR_HANDSHAKE_H
#define RR_HANDSHAKE_H

#include "track/connection.h"

/* What `s` is to the handshake; most segments are nothing. */
void rr_handshake_note(struct rr_conn *c, int side, const struct rr_segment *s, struct rr_verdict *v);

/* While the client waits for an answer to its SYN, as RFC 9293 (3.10.7.3) has it: the segment is of another
 * life of the connection, as it answers, or resets, something else. */
bool rr_handshake_is_foreign(const struct rr_conn *c, int side, const struct rr_segment *s);

/* The server answers the SYN: perhaps again, and then with another number, where it kept nothing of its first
 * answer (SYN cookies). */
bool rr_handshake_answers(const struct rr_conn *c, int side, const struct rr_segment *s);

#endif
