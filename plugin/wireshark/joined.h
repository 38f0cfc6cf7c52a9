/* What Wireshark put together from several segments: where its bytes came from. */
#ifndef RR_JOINED_H
#define RR_JOINED_H

#include "wireshark/compat.h"
#include <epan/packet.h>

#include "track/tracker.h"

/* A new frame. */
void rr_joined_begin(void);

/* Fields of TCP: one of the segments; and what of this one is kept for later. */
void rr_joined_note(const field_info *segment);
void rr_joined_note_kept(const field_info *kept);

/* Where the bytes of `source` begin in the direction of `v`; false where that is not known. */
bool rr_joined_begin_of(const tvbuff_t *source, const struct rr_verdict *v, int64_t *begin);

/* Where they end: there can be more in it. */
int rr_joined_end_of(const tvbuff_t *source);

/* How much of a message at offset `at` of the segment's payload is not kept for later; -1: all. */
int64_t rr_joined_not_kept(const struct rr_segment *s, int64_t at);

#endif
