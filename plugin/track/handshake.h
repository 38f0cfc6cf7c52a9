/* How a connection began: when, how often it was tried, and how long the way was.  Private to track/. */
#ifndef RR_HANDSHAKE_H
#define RR_HANDSHAKE_H

#include "track/connection.h"

/* What `s` is to the handshake; most segments are nothing. */
void rr_handshake_note(struct rr_conn *c, int side, const struct rr_segment *s, struct rr_verdict *v);

#endif
