/* Bytes as a conversation: what a fuzzer makes up, read as the segments of a few connections.
 *
 * Two bytes say how the capture is made (conversation_new), and, where the second has bit 7, a third how its
 * messages are told by rule (dissector.h); then each instruction is a byte and its arguments:
 *
 *   bits 0-3   what happens, as in the table of verbs; bit 4 the end that does it; bits 5-6 the connection
 *   bit 7      its segments acknowledge no more than that end's last one did
 *
 * Both ends keep books like honest hosts, so that random bytes make plausible traffic: what an end sends goes
 * on where it stopped, and acknowledges what the other sent.  Only `wild` breaks that, and says so.
 */
#ifndef RR_CONVERSATION_H
#define RR_CONVERSATION_H

#include <glib.h>

#include "track/tracker.h"

enum { CONVERSATION_CONNECTIONS = 4 };

/* What is known of one direction, from 0: the first byte after the SYN. */
struct sender {
    uint32_t isn;
    int64_t next;             /* end of what was sent */
    int64_t acked;            /* what its last segment acknowledged */
    int64_t last_begin;       /* of its last segment with bytes */
    int64_t hole_begin, hole; /* what was lost last, and how much of it is left */
    int64_t hole_acked;       /* what that had acknowledged */
    int64_t shown;        /* end of what its segments or acknowledgements of them tell to have been sent */
    int64_t captured_end; /* end of its highest captured byte */
    int64_t acknowledged; /* by the other end, in a captured segment */
    uint16_t window;
    bool fin; /* was sent, captured or not */
};

struct talk {
    struct sender end[2];
    struct rr_endpoint point[2];
    bool wild;  /* numbers made no sense once */
    bool reset; /* a RST was captured */
    bool shut;  /* a window was once zero */
    bool met;   /* a whole handshake was captured before anything else */
    bool begun; /* a segment was captured */
};

enum event { EVENT_SEGMENT, EVENT_TICK, EVENT_FINISH };

struct conversation {
    const uint8_t *at, *stop;
    struct rr_settings settings;
    int connections;
    struct talk talk[CONVERSATION_CONNECTIONS];
    struct rr_point now;
    struct rr_segment copy; /* the segment before, to be captured again */
    uint32_t copy_of;
    bool has_copy, same_frame, may_be_wild, is_short_of_memory, is_ruled;
    uint8_t style; /* of a ruled one */
    void (*tell)(void *user, enum event what, uint32_t stream, const struct rr_segment *s);
    void *user;
};

/* Reads the first bytes; `tell` gets what happens, in order. */
void conversation_new(struct conversation *c, const uint8_t *bytes, size_t length,
                      void (*tell)(void *user, enum event what, uint32_t stream, const struct rr_segment *s),
                      void *user);

/* The byte of payload with a sequence number. */
static inline uint8_t conversation_byte(uint32_t seq)
{
    return (uint8_t)(seq * 37 + 11);
}

/* Each goes to the tracker under its number; one by datagrams, under the place that is told. */
void conversation_open(const struct conversation *c, struct rr_tracker *t,
                       uint32_t place[CONVERSATION_CONNECTIONS]);

/* That connection is one by datagrams instead: those with payload. */
bool conversation_is_by_datagrams(const struct conversation *c, uint32_t stream);

/* Reads an instruction; false where there is none left. */
bool conversation_step(struct conversation *c);

#endif
