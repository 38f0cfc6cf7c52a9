/* What deserves a look, as Wireshark's expert information. */
#ifndef RR_EXPERTS_H
#define RR_EXPERTS_H

#include "wireshark/compat.h"
#include <epan/packet.h>

#include "track/segment.h"

void rr_experts_register(int proto);

/* Somebody collects expert information, even without a tree, or asks for it. */
bool rr_experts_wanted(proto_tree *tree);

/* What a segment is remarkable for, and what its frame makes of a message of it. */
void rr_experts_segment(packet_info *pinfo, proto_item *item, const struct rr_verdict *v);
void rr_experts_message(packet_info *pinfo, proto_item *item, const struct rr_exchange *x,
                        const struct rr_message *m);

#endif
