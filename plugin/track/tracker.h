/* Segments in, exchanges out.
 *
 * Feed each segment of a connection once, in capture order, and keep the
 * verdict.  No clock, no I/O, no global: the same segments give the same
 * verdicts and the same reports.  All that is handed out belongs to the
 * tracker and lives until rr_tracker_free.
 */
#ifndef RR_TRACKER_H
#define RR_TRACKER_H

#include "track/segment.h"

struct rr_tracker;

/* What makes a port look like a server's; more is surer. */
enum rr_port_kind { RR_PORT_PLAIN, RR_PORT_SERVICE, RR_PORT_PREFERRED };

struct rr_settings {
    int64_t quiet;    /* ns after which a response that lacks nothing is over; 0: never */
    int64_t patience; /* ns after which a request is reported unanswered; 0: never */
    enum rr_port_kind (*port_kind)(uint16_t port);     /* of TCP ... */
    enum rr_port_kind (*udp_port_kind)(uint16_t port); /* ... and of UDP; NULL: all are plain */
};

struct rr_tracker *rr_tracker_new(const struct rr_settings *settings);
void rr_tracker_free(struct rr_tracker *t);

/* The capture's clock: call for every frame, TCP or not, before its segments. */
void rr_tracker_tick(struct rr_tracker *t, struct rr_point now);

/* A stream is made known once, before its first segment; the hosts are copied. */
bool rr_tracker_knows(const struct rr_tracker *t, uint32_t stream);
void rr_tracker_open(struct rr_tracker *t, uint32_t stream, const struct rr_endpoint ends[2]);
/* A segment of the stream will be fed soon: what that takes is fetched from memory meanwhile. */
void rr_tracker_expect(const struct rr_tracker *t, uint32_t stream);
const struct rr_connection *rr_tracker_connection(const struct rr_tracker *t, uint32_t stream);
struct rr_verdict rr_tracker_feed(struct rr_tracker *t, uint32_t stream, const struct rr_segment *s);

/* What a rule says of a message. */
enum {
    RR_PDU_BEGINS = 1,    /* a request or response begins with it; else it goes on with the one before */
    RR_PDU_ENDS = 2,      /* and ends with it */
    RR_PDU_OPEN = 4,      /* a response, or what stands alone, that goes on until the next begins */
    RR_PDU_INTERIM = 8,   /* comes before the response proper */
    RR_PDU_ALONE = 16,    /* is owed no answer, or answers none */
    RR_PDU_IGNORED = 32,  /* is not shown */
    RR_PDU_KEYED = 64,    /* is paired by `key`, else by order */
    RR_PDU_NEWEST = 128,  /* takes the place of requests that wait with the same key */
    RR_PDU_QUIET = 256,   /* a keyed request that may be owed no answer */
    RR_PDU_OUTSIDE = 512, /* is no message, nor part of one unless something before it is not told yet; with
                           * RR_PDU_ENDS it is a whole one, which leaves open whether its stream is to be
                           * ruled: turns are told of it */
    RR_PDU_UNFINISHED = 1024, /* begins at `at` unless something before it is not told yet, and is not whole;
                               * no more is known of it */
    RR_PDU_CANCELS = 2048,    /* takes back what the client asked under `cancels` */
    RR_PDU_BLANK = 4096,      /* of the client: is no message unless it goes on with one */
};

struct rr_pdu {
    int64_t at;      /* it begins there, from the begin of the payload of the segment that it was found with;
                        negative: in an earlier one */
    uint32_t length; /* as sent */
    uint32_t decrypted; /* as dissected, where that is not what was sent; else 0 */
    uint16_t does;      /* RR_PDU_BEGINS and so on */
    uint32_t owes; /* so many of those that follow are further parts of it, and further ones that these owe */
    uint64_t key;
    uint64_t cancels; /* a key, with RR_PDU_CANCELS */
    /* Printable text, good until the next is asked for, or NULL: where a message begins; and of a part of it
     * that comes later, which may be NULL itself. */
    const char *(*summary)(const void *of);
    const char *(*more)(const void *of);
    const void *of;
    const char *protocol; /* a static string */
};

/* From here on messages of the stream are those that rr_tracker_pdus tells: to be called before the first
 * segment that shows one is fed. */
void rr_tracker_rule(struct rr_tracker *t, uint32_t stream);
bool rr_tracker_is_ruled(const struct rr_tracker *t, uint32_t stream);

/* The client of a stream that is not ruled said what leaves open whether it is to be: what this end says next
 * answers that, or is asked before the answer. */
bool rr_tracker_is_undecided(const struct rr_tracker *t, uint32_t stream, uint8_t end);

/* The side that an end of a ruled stream is, for good; of another stream -1. */
int rr_tracker_ruled_side(const struct rr_tracker *t, uint32_t stream, uint8_t end);

/* The messages that were found with a segment, in order, right after it was fed; for every segment of a ruled
 * stream, also where there are none, and for one of another where there are bytes outside. */
void rr_tracker_pdus(struct rr_tracker *t, const struct rr_verdict *v, const struct rr_pdu *pdus,
                     size_t count);

/* A message that came in a datagram. */
struct rr_datagram {
    struct rr_point at;
    uint8_t end;                            /* 0 or 1: which of the conversation's two ends sent it */
    uint16_t does[2];                       /* RR_PDU_BEGINS and so on, by enum rr_side of its sender */
    uint64_t key[2];                        /* so too */
    uint32_t len;                           /* as sent, at least 1 */
    const uint8_t *payload;                 /* as captured ... */
    uint32_t captured;                      /* ... which can be less than `len` */
    const char *(*summary)(const void *of); /* as that of struct rr_pdu */
    const void *of;
    const char *protocol; /* a static string */
};

/* Makes a conversation by datagrams known, once, before its first message; returns its place among these.
 * `asks`: ends[0] is known to be the client; else it is who sends first, if nothing tells better. */
uint32_t rr_tracker_converse(struct rr_tracker *t, uint32_t stream, const struct rr_endpoint ends[2],
                             bool asks);
struct rr_verdict rr_tracker_datagram(struct rr_tracker *t, uint32_t place, const struct rr_datagram *d);

/* Reports all that is still open as ended by `why` (RR_BY_END or RR_BY_SESSION).  Feeding may go on. */
void rr_tracker_finish(struct rr_tracker *t, enum rr_ended_by why);

/* The messages that a verdict's payload lies in, in order of their first byte.  `fresh`: it brought new
 * bytes of that message. */
void rr_verdict_messages(const struct rr_verdict *v,
                         void (*visit)(const struct rr_exchange *x, const struct rr_message *m, bool fresh,
                                       void *user),
                         void *user);

/* The ranges of its direction in which a message's bytes lie, in order. */
void rr_message_ranges(const struct rr_connection *c, int side, const struct rr_message *m,
                       void (*visit)(int64_t begin, int64_t end, void *user), void *user);

/* Visits every connection, then each of its exchanges and pushes once, in the order of its requests and then
 * of what was answered unasked. */
struct rr_visitor {
    void (*connection)(const struct rr_connection *c, void *user);
    void (*exchange)(const struct rr_exchange *x, void *user);
};
void rr_tracker_visit(const struct rr_tracker *t, const struct rr_visitor *visitor, void *user);

/* Rows, in the order in which they became due.  One report can be several rows. */
enum { RR_ROW_REQUEST = 1, RR_ROW_RESPONSE = 2, RR_ROW_EXCHANGE = 4, RR_ROW_CONNECTION = 8 };

struct rr_report {
    const struct rr_connection *connection; /* as it was when reported */
    const struct rr_exchange *exchange;     /* so too; NULL where only the connection is */
    const struct rr_exchange *live;         /* the same exchange as it stands now */
    uint32_t frame;                         /* that made it due */
    uint8_t rows;                           /* RR_ROW_REQUEST and so on */
};

/* What rows to come can no longer show otherwise, of one side of a connection. */
struct rr_settled {
    int64_t from;    /* messages before are as they were reported, and so are their exchanges */
    int64_t open;    /* all messages before were reported */
    int64_t floor;   /* no message begins or ends anew before this ... */
    int64_t floored; /* ... in the message that begins here */
    int64_t last;    /* where the last message begins */
    size_t cost;     /* what was looked at to know it, of what grows: for who asks often */
};

struct rr_settled rr_tracker_settled(const struct rr_connection *c, int side);

/* Those rows of an exchange's messages that the end of the capture would make due. */
uint8_t rr_tracker_owed(const struct rr_exchange *x);

size_t rr_tracker_report_count(const struct rr_tracker *t);
struct rr_report rr_tracker_report(const struct rr_tracker *t, size_t i);

#endif
