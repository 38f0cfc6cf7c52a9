/* The states of both ends of a connection, as RFC 9293 names them and a capture shows them.  Private to
 * track/.
 *
 * A transition that answers a segment with another is seen when that other
 * one is: the server is in CLOSE_WAIT once it acknowledged the client's FIN.
 */
#ifndef RR_STATES_H
#define RR_STATES_H

#include "exchange/exchange.h"

/* What a segment means to the one that sends it, and to the other; in the order in which they are applied. */
struct rr_state_events {
    bool syn, ack, fin, rst;
    bool acks_fin; /* it acknowledges the other side's FIN */
};

void rr_states_after(uint8_t state[2], int sender, struct rr_state_events e);

#endif
