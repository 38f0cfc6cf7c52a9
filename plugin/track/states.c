#include "track/states.h"

enum event {
    SENDS_SYN,
    SENDS_SYN_ACK,
    SENDS_ACK,
    ACKS_FIN,
    FIN_ACKED,
    IS_ACKED,
    SENDS_FIN,
    RESET,
    EVENT_COUNT
};

/* 0: the event changes nothing. */
static const uint8_t after[RR_TCP_STATE_COUNT][EVENT_COUNT] = {
    [RR_STATE_UNKNOWN] = { [SENDS_SYN] = RR_SYN_SENT,
                           [SENDS_SYN_ACK] = RR_SYN_RCVD,
                           [SENDS_ACK] = RR_ESTABLISHED,
                           [IS_ACKED] = RR_ESTABLISHED,
                           [ACKS_FIN] = RR_CLOSE_WAIT,
                           [SENDS_FIN] = RR_FIN_WAIT1,
                           [RESET] = RR_CLOSED },
    [RR_SYN_SENT] = { [SENDS_SYN_ACK] = RR_SYN_RCVD,
                      [SENDS_ACK] = RR_ESTABLISHED,
                      [SENDS_FIN] = RR_FIN_WAIT1,
                      [RESET] = RR_CLOSED },
    [RR_SYN_RCVD] = { [IS_ACKED] = RR_ESTABLISHED,
                      [SENDS_FIN] = RR_FIN_WAIT1,
                      [ACKS_FIN] = RR_CLOSE_WAIT,
                      [RESET] = RR_CLOSED },
    [RR_ESTABLISHED] = { [SENDS_FIN] = RR_FIN_WAIT1, [ACKS_FIN] = RR_CLOSE_WAIT, [RESET] = RR_CLOSED },
    [RR_FIN_WAIT1] = { [FIN_ACKED] = RR_FIN_WAIT2, [ACKS_FIN] = RR_CLOSING, [RESET] = RR_CLOSED },
    [RR_FIN_WAIT2] = { [ACKS_FIN] = RR_TIME_WAIT, [RESET] = RR_CLOSED },
    [RR_CLOSE_WAIT] = { [SENDS_FIN] = RR_LAST_ACK, [RESET] = RR_CLOSED },
    [RR_LAST_ACK] = { [FIN_ACKED] = RR_CLOSED, [RESET] = RR_CLOSED },
    [RR_CLOSING] = { [FIN_ACKED] = RR_TIME_WAIT, [RESET] = RR_CLOSED },
    [RR_TIME_WAIT] = { [RESET] = RR_CLOSED },
};

static void apply(uint8_t *state, enum event event)
{
    if (after[*state][event])
        *state = after[*state][event];
}

void rr_states_after(uint8_t state[2], int sender, struct rr_state_events e)
{
    uint8_t *own = &state[sender], *peer = &state[!sender];
    if (e.rst) {
        apply(own, RESET);
        apply(peer, RESET);
        return;
    }
    if (e.syn) {
        apply(own, e.ack ? SENDS_SYN_ACK : SENDS_SYN);
        return;
    }
    if (e.ack) {
        apply(own, SENDS_ACK);
        apply(peer, IS_ACKED);
    }
    if (e.acks_fin) {
        apply(peer, FIN_ACKED);
        apply(own, ACKS_FIN);
    }
    if (e.fin)
        apply(own, SENDS_FIN);
}
