/* The bytes of messages, for as long as a row may show them.
 *
 * Where a byte belongs is what the tracker's verdicts say; here it is only
 * kept.  Told in the same order once more, the same verdicts keep the same
 * bytes, whatever the tracker knows by then.
 */
#ifndef RR_PAYLOAD_H
#define RR_PAYLOAD_H

#include "track/tracker.h"

struct rr_payload;

struct rr_payload_limits {
    size_t most;  /* bytes of a message that are kept; more while its end may still move */
    size_t slack; /* bytes of each direction that are kept because messages may still change, beside the open
                     ones */
    size_t lazy;  /* bytes of each direction that may pile up before it is seen what can go */
    size_t total; /* bytes that are kept at a time, of all; what comes beyond is refused.  0: any number */
};

struct rr_payload *rr_payload_new(struct rr_payload_limits limits);
void rr_payload_free(struct rr_payload *p);

/* Before the verdicts are told again from the first. */
void rr_payload_again(struct rr_payload *p);

/* At the begin of each frame, before anything of it is told, when all rows that were due before it are out.
 */
void rr_payload_begin_frame(struct rr_payload *p, const struct rr_tracker *t, uint32_t frame);

/* A segment's bytes, after rr_tracker_feed gave the verdict. */
void rr_payload_add(struct rr_payload *p, const struct rr_verdict *v, const uint8_t *payload,
                    uint32_t captured);

/* What was captured of the first `most` bytes of a message; good until the next one of that side is asked
 * for. */
struct rr_bytes rr_payload_bytes(struct rr_payload *p, const struct rr_connection *c, int side,
                                 const struct rr_message *m, size_t most);

/* Bytes kept, and bytes refused since the verdicts are told, for those who look after memory. */
size_t rr_payload_kept(const struct rr_payload *p);
uint64_t rr_payload_refused(const struct rr_payload *p);

#endif
