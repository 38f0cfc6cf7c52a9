/* The messages that dissectors found in a frame, as the active rules understand them. */
#ifndef RR_WIRESHARK_PDUS_H
#define RR_WIRESHARK_PDUS_H

#include "wireshark/watch.h"

#include "track/tracker.h"

/* To be called when a capture begins: asks the host for what the rules name, if there are any. */
void rr_pdus_begin(dissector_handle_t postdissector);

/* Reads a frame's tree.  What is found is good until the next frame is read. */
void rr_pdus_read(packet_info *pinfo, proto_tree *tree, struct rr_segments segments);

/* Whether any were found with the segment; and tells the tracker, after it was fed. */
bool rr_pdus_in(const struct rr_watched *w);
void rr_pdus_tell_tracker(struct rr_tracker *t, const struct rr_watched *w, const struct rr_verdict *v);

#endif
