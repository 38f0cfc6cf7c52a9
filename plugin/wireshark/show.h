/* Verdicts in the packet tree: every column that has a field, and what only a frame can have. */
#ifndef RR_SHOW_H
#define RR_SHOW_H

#include "wireshark/compat.h"
#include <epan/packet.h>

#include "wireshark/capture.h"

void rr_show_register(int proto);

/* Anybody looks. */
bool rr_show_wanted(proto_tree *tree);
void rr_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, struct rr_verdicts verdicts);

#endif
