/* What Wireshark put together from several segments: where its bytes came from. */
#ifndef RR_JOINED_H
#define RR_JOINED_H

#include "wireshark/compat.h"
#include <epan/packet.h>

#include "track/tracker.h"

/* A new frame. */
void rr_joined_begin(void);

/* A field that is one of the segments, of TCP or of what was decrypted; and one of TCP, what of this segment
 * is kept for later. */
void rr_joined_note(const field_info *segment, bool decrypted);
void rr_joined_note_kept(const field_info *kept);

/* Where a byte of `source` lies, from the begin of the payload of the segment; false where that is not
 * known. */
bool rr_joined_find(const tvbuff_t *source, int offset, const struct rr_segment *s,
                    const struct rr_verdict *v, int64_t *at);

/* What was decrypted of several records, one part of each. */
struct rr_parts {
    uint32_t frame; /* that showed the first ... */
    int in_first;   /* ... and so many */
    int first;      /* so long is the first */
    int last;       /* there begins the last */
};
bool rr_joined_parts(const tvbuff_t *source, struct rr_parts *parts);

/* Where they end: there can be more in it. */
int rr_joined_end_of(const tvbuff_t *source);

/* Of a byte in the segment's payload itself: where; else -1. */
int64_t rr_joined_in_payload(const tvbuff_t *source, int offset, const struct rr_segment *s);

/* Where in the segment's payload begins what is kept for later, or -1. */
int64_t rr_joined_kept(const struct rr_segment *s);

/* How much of a message at offset `at` of the segment's payload is not kept for later; -1: all. */
int64_t rr_joined_not_kept(const struct rr_segment *s, int64_t at);

#endif
