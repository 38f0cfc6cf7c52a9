/* Two hosts that talk over a wire, and what captures at both of its ends show.
 *
 * The hosts speak enough of TCP to lose, repeat, reorder and delay: cumulative
 * ACKs, delayed ones, retransmission by timer and by three duplicates, that
 * may cut the bytes elsewhere.  Offsets count the bytes of a direction from 0;
 * a SYN lies at -1 and a FIN after the last byte.
 */
#ifndef RR_WIRE_H
#define RR_WIRE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "track/segment.h"

enum wire_asking { WIRE_IN_TURN, WIRE_STAGGERED, WIRE_BURST };

enum wire_goodbye { WIRE_STAYS, WIRE_CLIENT_FIN, WIRE_SERVER_FIN, WIRE_HALF_CLOSE, WIRE_RESET };

struct wire_plan {
    enum wire_asking asking;
    enum wire_goodbye goodbye;
    int requests;
    int request_min, request_max, response_max; /* bytes */
    int mss;
    bool greeting, keep_alive, delayed_acks;
    double loss, duplication, reordering;
    int64_t delay, service, think; /* ns, at most */
};

struct wire_segment {
    int64_t time;
    int64_t begin, ack; /* offsets */
    uint32_t len;
    uint8_t flags;
    bool from_server;
};

enum { WIRE_BYTES_MAX = 16384 };

/* Captures at the client's [0] and at the server's [1] end: arrays of struct wire_segment. */
struct wire_captures {
    GArray *at[2];
    int answered;       /* requests, by the server */
    int64_t greeting;   /* bytes that the server said first */
    GArray *message[2]; /* int64_t: where each request, and each response, ends */
};

/* As it is captured in that frame, but for its payload; `isn`: of the client and of the server. */
struct rr_segment wire_captured(const struct wire_segment *s, uint32_t frame, const uint32_t isn[2]);

/* Made up; `clean`: nothing is lost, doubled or reordered. */
struct wire_plan wire_some_plan(GRand *rand, bool clean);

struct wire_captures wire_run(const struct wire_plan *plan, GRand *rand);
void wire_captures_free(struct wire_captures *c);

#endif
