/* Which of Wireshark's TCP streams a segment belongs to. */
#ifndef RR_STREAM_H
#define RR_STREAM_H

#include "wireshark/watch.h"

void rr_stream_handoff(void);

/* Finds the `tcp.stream` of a segment that TCP has dissected; false where TCP did not take it. */
bool rr_stream_find(packet_info *pinfo, const struct rr_watched *w, uint32_t *stream);

/* Which end of the stream sent it: 0 or 1, the same for all segments of the stream. */
uint8_t rr_stream_end(const struct rr_watched *w);

#endif
