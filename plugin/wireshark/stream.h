/* Which of Wireshark's TCP streams a segment belongs to. */
#ifndef RR_STREAM_H
#define RR_STREAM_H

#include "wireshark/watch.h"

void rr_stream_handoff(void);

/* A segment is on its way to TCP: tells which end sent it, 0 or 1, the same for all segments of a stream;
 * what is known of its stream will be at hand when TCP is done. */
void rr_stream_expect(struct rr_watched *w);

/* Finds the `tcp.stream` of a segment that TCP has dissected.  False where TCP did not take it. */
bool rr_stream_find(packet_info *pinfo, const struct rr_watched *w, uint32_t *stream);

/* The same, where it was known before TCP saw the segment. */
bool rr_stream_known(const struct rr_watched *w, uint32_t *stream);

#endif
