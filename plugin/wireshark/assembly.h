/* The bytes of messages, while somebody wants them: each pass tells them anew. */
#ifndef RR_ASSEMBLY_H
#define RR_ASSEMBLY_H

#include "track/payload.h"
#include "wireshark/capture.h"
#include "wireshark/watch.h"

void rr_assembly_register(void);

/* To be called before the first frame; of several wants the largest counts. */
void rr_assembly_want(size_t most);

/* Somebody who comes and goes between frames: `most` tells how many bytes they want of all messages together,
 * 0 while they want none. */
void rr_assembly_want_while(size_t (*most)(void));

/* A frame that is seen for the first time: before the tracker hears of it, and after it judged a segment or
 * datagram. */
void rr_assembly_begin_frame(uint32_t frame);
void rr_assembly_add(const struct rr_verdict *v, const uint8_t *payload, uint32_t captured);

/* A frame that was seen before, with its segments.  True where its datagrams are wanted, too. */
bool rr_assembly_repeat(uint32_t frame, struct rr_verdicts verdicts, struct rr_segments segments);

/* As rr_payload_bytes. */
struct rr_bytes rr_assembly_bytes(const struct rr_exchange *x, const struct rr_connection *c, int side,
                                  size_t most);

/* Captured bytes that are not kept, as they would be too many. */
uint64_t rr_assembly_refused(void);

#endif
