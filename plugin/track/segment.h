/* What goes into the tracker, and what it says of it. */
#ifndef RR_SEGMENT_H
#define RR_SEGMENT_H

#include <stddef.h>

#include "exchange/exchange.h"

enum { RR_FIN = 0x01, RR_SYN = 0x02, RR_RST = 0x04, RR_PSH = 0x08, RR_ACK = 0x10 };

struct rr_segment {
    struct rr_point at;
    uint8_t end;     /* 0 or 1: which of the stream's two ends sent it; any labelling that stays put */
    uint8_t flags;   /* RR_SYN and so on */
    uint16_t window; /* as in the header, not scaled */
    uint32_t seq, ack;
    uint32_t len;           /* payload as sent */
    const uint8_t *payload; /* as captured ... */
    uint32_t captured;      /* ... which can be less than `len` */
    const char *protocol;   /* of the payload: "http"; a static string; NULL: none is known */
};

enum rr_phase {
    RR_PHASE_NONE,
    RR_PHASE_HANDSHAKE,
    RR_PHASE_REQUEST,
    RR_PHASE_RESPONSE,
    RR_PHASE_PUSH,
    RR_PHASE_TEARDOWN,
    RR_PHASE_COUNT
};

const char *rr_phase_name(enum rr_phase phase);

/* A segment's place, good for as long as the tracker lives: what it says of messages is looked up when it
 * is read, so it stays true when late segments move a boundary. */
struct rr_verdict {
    const struct rr_connection *connection;
    int64_t begin;       /* offset of the payload in its direction */
    uint32_t len;        /* of the payload */
    uint32_t skip, take; /* new bytes: payload[skip .. skip + take), less what was captured within before */
    uint32_t cost;       /* microseconds from the first copy, or from the hole's discovery, to this one; 0
                            also where that is not known */
    uint8_t side;        /* enum rr_side */
    uint8_t phase;       /* enum rr_phase; RR_PHASE_NONE where the messages tell */
    uint8_t state[2];    /* enum rr_tcp_state after this segment */
    bool fresh : 1;      /* brought new bytes */
    bool repeat : 1;     /* brought bytes captured before, or is a keep-alive */
    bool late : 1;       /* its new bytes came after later ones */
    bool behind : 1;     /* its sender was seen to have sent beyond where it begins */
    bool handshake : 1;  /* completed the handshake */
    bool syn_retry : 1;  /* a SYN or SYN/ACK sent again */
    bool refused : 1;    /* a RST that refused the connection */
    bool reset : 1;      /* a RST during an exchange */
    bool held : 1;       /* its only byte counts once it is acknowledged */
    bool keep_alive : 1; /* the only byte it repeats was acknowledged, or there was no room for it */
};

#endif
