/* The messages in datagrams, on their way to the tracker. */
#ifndef RR_WIRESHARK_UDP_H
#define RR_WIRESHARK_UDP_H

#include "wireshark/capture.h"
#include <epan/packet.h>

void rr_udp_handoff(void);

/* Feeds those of a frame whose tree was read, and remembers what the tracker says of them. */
void rr_udp_feed(packet_info *pinfo, struct rr_tracker *t);

/* Their bytes, when the frame is dissected once more. */
void rr_udp_repeat(const packet_info *pinfo, struct rr_verdicts verdicts);

#endif
