/* Two flows, who is who, and the exchanges between them.  Private to track/. */
#ifndef RR_CONNECTION_H
#define RR_CONNECTION_H

#include <glib.h>

#include "track/flow.h"
#include "track/keys.h"
#include "track/list.h"
#include "track/reports.h"
#include "track/store.h"
#include "track/timers.h"

/* Behind so many messages of its direction a boundary does not move any more. */
enum { RR_MESSAGES_UNSETTLED_MAX = 4096 };

/* How long a closed connection may still get segments before its row is reported. */
#define RR_LINGER (60 * INT64_C(1000000000))

/* What all connections of a tracker share. */
struct rr_shared {
    struct rr_settings settings;
    struct rr_arena arena; /* of the store, the reports and the connections */
    struct rr_store *store;
    struct rr_reports *reports;
    struct rr_timers waiting, quiet, closed;
    uint32_t opened;        /* exchanges so far */
    struct rr_keys keys;    /* of datagrams */
    struct rr_list touched; /* exchanges that may have rows due when the segment is done */
    struct rr_point now;
};

/* What few segments need comes last. */
struct rr_conn {
    struct rr_connection facts; /* first: what exchanges point to */
    struct rr_shared *shared;
    uint8_t client; /* the end that asks */
    bool started;   /* a segment was fed */
    bool shaking;   /* a SYN of the client was captured, and nothing yet that completes the handshake */
    bool hushed;    /* the server's bytes were quiet: more under the same ACK are a push */
    bool was_reset; /* since it began, or was let in */
    bool stale;     /* changed since its row was reported */
    uint8_t probe_side;
    struct rr_piece *probe;      /* a byte sent into a zero window, held until it counts, or NULL */
    struct rr_flow flow[2];      /* by enum rr_side */
    struct rr_exchange *last[2]; /* of `messages`, or NULL */
    struct rr_list messages[2];  /* exchanges, by offset of their request and of their response */
    struct rr_list spilled;      /* exchanges whose rows wait as it was reset */
    int64_t answer_end;          /* time of the last response byte, or RR_NEVER */
    int64_t sure;                /* client bytes below cannot be cut any more: no hole hides a smaller ACK */
    struct rr_timer waiting;     /* of the request that waits for its answer */
    struct rr_timer quiet;       /* of the response or push that may go on */

    struct rr_timer closed;
    struct rr_pdus *pdus;           /* NULL: turns */
    struct rr_range outside[2];     /* the last bytes that are sure to be in no message of a rule */
    struct rr_datagrams *datagrams; /* NULL: TCP */
    struct rr_point syn, synack;    /* the first of each */
    struct rr_point last_syn[2];    /* the newest that was no copy, by sender */
};

struct rr_conn *rr_conn_new(struct rr_shared *shared, uint32_t stream, const struct rr_endpoint ends[2]);
void rr_conn_release(struct rr_conn *c); /* what it holds beside the arena */
void rr_conn_expect(const struct rr_conn *c);
struct rr_verdict rr_conn_feed(struct rr_conn *c, const struct rr_segment *s);

/* A timer ran out. */
void rr_conn_waited(struct rr_conn *c);
void rr_conn_quiet(struct rr_conn *c);
void rr_conn_lingered(struct rr_conn *c);

/* Reports all that is open. */
void rr_conn_finish(struct rr_conn *c, enum rr_ended_by why);

#endif
