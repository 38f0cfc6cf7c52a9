/* Which of Wireshark's TCP streams a segment belongs to. */
#ifndef RR_STREAM_H
#define RR_STREAM_H

#include "wireshark/watch.h"

void rr_stream_handoff(void);

/* A segment is on its way to TCP: what is known of its stream will be at hand when that is done. */
void rr_stream_expect(struct rr_watched *w);

/* Finds the `tcp.stream` of a segment that TCP has dissected, and which end sent it: 0 or 1, the same for all
 * segments of the stream.  False where TCP did not take it. */
bool rr_stream_find(packet_info *pinfo, struct rr_watched *w, uint32_t *stream);

/* The same, where it was known before TCP saw the segment. */
bool rr_stream_known(const struct rr_watched *w, uint32_t *stream, uint8_t *end);

#endif
