/* The noun of this plugin: a request and the response it drew.
 *
 * track/ makes exchanges; measure/, write/ and wireshark/ read them.  Those
 * rooms know this header, never each other.  Plain C: no GLib, no Wireshark.
 *
 * A connection has two directions, the client's and the server's.  Messages
 * tile each of them without gap or overlap: every byte a side sent lies in
 * exactly one message, captured or missing.  An offset counts the bytes of a
 * direction from its first known one, so it never wraps.
 */
#ifndef RR_EXCHANGE_H
#define RR_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RR_NEVER INT64_MIN

/* A place in the capture.  Frames count from 1; 0 is "none". */
struct rr_point {
    int64_t time; /* nanoseconds since the Unix epoch */
    uint32_t frame;
};

enum rr_ended_by {
    RR_GOING_ON,
    RR_BY_RESPONSE,
    RR_BY_NEXT,
    RR_BY_QUIET,
    RR_BY_CLIENT_FIN,
    RR_BY_SERVER_FIN,
    RR_BY_CLIENT_RST,
    RR_BY_SERVER_RST,
    RR_BY_SESSION,
    RR_BY_END,
    RR_BY_PDU,    /* its protocol says that it is whole */
    RR_BY_CANCEL, /* ... or that the client wants no answer, or no more of it */
    RR_ENDED_BY_COUNT
};

/* Why nothing came on for a while, and what else few exchanges have. */
enum rr_note_kind {
    RR_DELAY_LOSS =
        1, /* from the first copy of a byte, or from when it was missed, to the copy that helped */
    RR_DELAY_STALL = 2, /* the receiver's window was zero */
    RR_DELAY_ANY = RR_DELAY_LOSS | RR_DELAY_STALL,
    RR_NOTE_INTERIM = 4, /* the first interim answer came at `from` */
    RR_NOTE_DATAGRAM = 8 /* of UDP: `from` tells it from the others of its connection */
};

/* A stretch of time in which an exchange was held up, noted as it ends, or whatever its kind says.  Never
 * changed once made, so that an exchange as it was keeps those it had. */
struct rr_note {
    const struct rr_note *before;
    int64_t from, to;
    uint16_t delays; /* with all before */
    uint8_t kind;    /* enum rr_note_kind */
};

/* Further ones of an exchange are not kept: what is told is then the least. */
enum { RR_DELAYS_MAX = 1024 };

/* Bytes that went one way without the other side taking its turn. */
struct rr_message {
    int64_t first_time, last_time;    /* first and last captured segment that brought a new byte ... */
    uint32_t first_frame, last_frame; /* ... 0 while there was none */
    int64_t begin, end;               /* offsets; missing bytes lie inside */
    uint64_t bytes;                   /* captured ones: a retransmission adds none */
    const char *summary;              /* printable; NULL while the first byte is not captured */
    uint32_t segments;                /* that brought new bytes */
    uint32_t repeats;                 /* that brought none */
    uint16_t protocol;                /* index into the connection's `protocols` */
    uint16_t part;                    /* how often a row of it was reported */
    uint16_t depth;                   /* requests that waited when it was sent, with it; 0: not known */
    uint8_t ended_by;                 /* enum rr_ended_by */
    bool cut : 1;                     /* the capture holds less of a segment than was sent */
    bool sealed : 1;                  /* it was encrypted: its bytes are not those of the stream */
    bool torn : 1;      /* what is in no message between its parts, or behind it, may be its own */
    bool undecided : 1; /* the tracker's own: it leaves open whether a rule tells its connection's messages */
};

enum rr_status {
    RR_OPEN,       /* may still be answered */
    RR_ANSWERED,   /* has a response, captured or known to be missing */
    RR_UNANSWERED, /* FIN, RST or the longest wait came first */
    RR_UNASKED,    /* no byte of the request was captured */
    RR_PUSHED,     /* not an exchange: `response` is a push */
    RR_ONEWAY,     /* no answer is owed to it */
    RR_STATUS_COUNT
};

/* How sure it is that the two messages are a pair. */
enum rr_evidence {
    RR_NO_PAIR,
    RR_EXACT, /* the answer begins where the request had acknowledged, and acknowledges all that was sent */
    RR_ACKED, /* the answer acknowledges the request */
    RR_ORDER, /* the capture has no number that tells */
    RR_LOST,  /* messages were lost or not understood: counted from where both sides were done */
    RR_EVIDENCE_COUNT
};

/* How an answer finds its request. */
enum rr_pairing {
    RR_BY_TURN,  /* by what it acknowledges */
    RR_BY_ORDER, /* the n-th message answers the n-th */
    RR_BY_KEY,   /* by a number that both carry */
    RR_PAIRING_COUNT
};

enum rr_side { RR_CLIENT, RR_SERVER };

enum rr_transport { RR_TCP, RR_UDP, RR_TRANSPORT_COUNT };

struct rr_endpoint {
    const char *host; /* numeric */
    uint16_t port;
};

/* Where the knowledge comes from of who is the client. */
enum rr_direction_from {
    RR_FROM_NOTHING,
    RR_FROM_SYN,
    RR_FROM_SYNACK,
    RR_FROM_PREFERENCE,
    RR_FROM_SERVICE,
    RR_FROM_PORT,
    RR_FROM_FIRST,
    RR_FROM_RULE,
    RR_DIRECTION_FROM_COUNT
};

enum rr_close { RR_CLOSE_OPEN, RR_CLOSE_FIN, RR_CLOSE_RST, RR_CLOSE_REFUSED, RR_CLOSE_COUNT };

enum rr_tcp_state {
    RR_STATE_UNKNOWN,
    RR_SYN_SENT,
    RR_SYN_RCVD,
    RR_ESTABLISHED,
    RR_FIN_WAIT1,
    RR_FIN_WAIT2,
    RR_CLOSE_WAIT,
    RR_LAST_ACK,
    RR_CLOSING,
    RR_TIME_WAIT,
    RR_CLOSED,
    RR_TCP_STATE_COUNT
};

/* What each segment changes comes first. */
struct rr_connection {
    uint32_t stream;    /* tcp.stream or udp.stream */
    uint32_t place;     /* among those of its transport, which are counted from 0 */
    uint32_t origin[2]; /* sequence number of offset 0, by enum rr_side, as all pairs here */
    uint8_t state[2];   /* enum rr_tcp_state */
    uint8_t direction_from, close;
    uint8_t transport; /* enum rr_transport; what only TCP has is not known of UDP */
    struct rr_point last;
    uint64_t bytes[2];   /* captured, of requests and of responses ... */
    uint64_t push_bytes; /* ... and of pushes */
    uint32_t exchanges, unanswered;

    struct rr_endpoint end[2];
    uint64_t seed; /* of the ids: made from both endpoints */
    struct rr_point first;
    struct rr_point handshake; /* the segment that completed it, if captured */
    int64_t connect_time;      /* valid where handshake.frame is set */
    int64_t rtt[2];            /* from the capture to that side and back; RR_NEVER: not known */
    uint64_t missing[2];
    uint32_t repeats[2];
    uint32_t syn_retries, synack_retries;
    uint32_t pushes;
    uint16_t part;                /* how often its row was reported */
    int8_t closed_by;             /* enum rr_side, or -1 */
    const char *const *protocols; /* names, as messages number them */
};

struct rr_exchange {
    const struct rr_connection *connection;
    struct rr_message request, response;
    const struct rr_note *notes; /* the newest, or NULL */
    union {
        int64_t after;                     /* end of the response before it, or RR_NEVER */
        const struct rr_exchange *follows; /* of a push: the exchange it came after, or NULL */
    } as;
    uint32_t number;   /* in order of opening, from 1; 0 for a push */
    uint32_t rtt;      /* 1 + ns to the server and back, as known when the request began; 0: not known */
    uint32_t entry[2]; /* the tracker's own: see reports.h */
    uint16_t part;     /* how often its row was reported */
    uint8_t status;    /* enum rr_status */
    uint8_t evidence;  /* enum rr_evidence */
    uint8_t proof;     /* the tracker's own */
    uint8_t due;       /* the tracker's own: rows that wait to be reported */
    bool connected;    /* it is what the connection was made for: its first, after a captured handshake */
    uint8_t pairing;   /* enum rr_pairing */
};

/* What was captured of a message, in order. */
struct rr_bytes {
    const uint8_t *at;
    size_t length;
    bool cut; /* it is not all that was sent */
};

/* What a row of a message is about. */
struct rr_row {
    const struct rr_connection *connection;
    const struct rr_exchange *exchange; /* NULL in a connection's row */
    const struct rr_message *message;   /* NULL in an exchange's row */
    const struct rr_bytes *payload;     /* of request and response, by enum rr_side; NULL: nobody asked */
};

const char *rr_status_name(enum rr_status status);
const char *rr_pairing_name(enum rr_pairing pairing);
const char *rr_evidence_name(enum rr_evidence evidence); /* "" for RR_NO_PAIR */
const char *rr_ended_by_name(enum rr_ended_by ended_by); /* "" for RR_GOING_ON */
const char *rr_tcp_state_name(enum rr_tcp_state state);  /* "" for RR_STATE_UNKNOWN */
const char *rr_direction_from_name(enum rr_direction_from from);
const char *rr_close_name(enum rr_close close);
const char *rr_side_name(int side); /* "" below 0 */
const char *rr_transport_name(enum rr_transport transport);

/* The same wherever the capture was made; unique within 2^32 bytes of a connection. */
uint64_t rr_exchange_id(const struct rr_exchange *x);
uint64_t rr_connection_id(const struct rr_connection *c);
uint64_t rr_endpoints_seed(enum rr_transport transport, const struct rr_endpoint *client,
                           const struct rr_endpoint *server);

/* Its place among all connections of the capture. */
static inline uint64_t rr_connection_place(const struct rr_connection *c)
{
    return (uint64_t)c->place * RR_TRANSPORT_COUNT + c->transport;
}

/* A hash of all that went into `hash`, and of `more`. */
static inline uint64_t rr_mix(uint64_t hash, uint64_t more)
{
    hash = (hash ^ more) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static inline bool rr_seen(const struct rr_message *m)
{
    return m->first_frame != 0;
}

/* It is there: bytes of it were captured, or are known to be missing. */
static inline bool rr_exists(const struct rr_message *m)
{
    return m->end > m->begin || rr_seen(m);
}

static inline uint64_t rr_missing(const struct rr_message *m)
{
    return (uint64_t)(m->end - m->begin) - m->bytes;
}

static inline bool rr_complete(const struct rr_message *m)
{
    return rr_missing(m) == 0 && !m->torn;
}

static inline bool rr_is_push(const struct rr_exchange *x)
{
    return x->status == RR_PUSHED;
}

static inline bool rr_has_both(const struct rr_exchange *x)
{
    return rr_seen(&x->request) && rr_seen(&x->response);
}

/* Wraps, as a capture may claim times that lie centuries apart. */
static inline int64_t rr_span(int64_t from, int64_t to)
{
    return (int64_t)((uint64_t)to - (uint64_t)from);
}

/* What the server took: last byte asked to first byte answered. */
static inline int64_t rr_latency(const struct rr_exchange *x)
{
    return rr_span(x->request.last_time, x->response.first_time);
}

static inline bool rr_knows_delays(const struct rr_exchange *x)
{
    return x->connection->transport == RR_TCP;
}

/* The newest of that kind, or NULL. */
const struct rr_note *rr_noted(const struct rr_exchange *x, enum rr_note_kind kind);

/* How much of the time from `from` to `to` the exchange was held up.  What helped only after `to` was not
 * what it waited for. */
int64_t rr_delayed(const struct rr_exchange *x, enum rr_note_kind kinds, int64_t from, int64_t to);

/* The same of its latency: what helped less than a round trip before the answer was not what that came of. */
int64_t rr_latency_delayed(const struct rr_exchange *x, enum rr_note_kind kinds);

static inline bool rr_knows_server_time(const struct rr_exchange *x)
{
    return x->rtt && rr_has_both(x);
}

/* Latency less the way to the server and less what held it up: an estimate of what the server took. */
int64_t rr_server_time(const struct rr_exchange *x);

/* What the client felt: first byte asked to last byte answered. */
static inline int64_t rr_duration(const struct rr_exchange *x)
{
    return rr_span(x->request.first_time, x->response.last_time);
}

#endif
