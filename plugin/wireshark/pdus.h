/* The messages that dissectors found in a frame, as the active rules understand them. */
#ifndef RR_WIRESHARK_PDUS_H
#define RR_WIRESHARK_PDUS_H

#include "wireshark/carriers.h"
#include "wireshark/watch.h"

#include "track/tracker.h"

/* Who sends a datagram, as the rule of its protocol tells. */
enum rr_speaker {
    RR_SPEAKER_EITHER,  /* it does not say */
    RR_SPEAKER_UNKNOWN, /* it says that this is neither a request nor a response */
    RR_SPEAKER_ASKS,
    RR_SPEAKER_ANSWERS
};

/* To be called when preferences were changed: of a capture that is read again for that the host settles
 * whether it needs a tree before it tells that it begins. */
void rr_pdus_prepare(dissector_handle_t postdissector);

/* To be called when a capture begins: asks the host for what the rules name, if there are any. */
void rr_pdus_begin(dissector_handle_t postdissector);

/* Reads a frame's tree.  What is found is good until the next frame is read. */
void rr_pdus_read(packet_info *pinfo, proto_tree *tree, struct rr_segments segments);

/* Whether what was found with the segment, or may begin in it, makes its stream the rule's; to be asked of
 * each segment until it does.  And tells the tracker, after it was fed. */
bool rr_pdus_decide(const struct rr_watched *w, uint32_t stream);
void rr_pdus_tell_tracker(struct rr_tracker *t, const struct rr_watched *w, const struct rr_verdict *v);

/* The messages that were found in datagrams, in order. */
struct rr_found_datagram {
    const struct rr_udp *udp;
    enum rr_speaker speaker;
    const tvbuff_t *source; /* its bytes are in, from ... */
    uint32_t begin;         /* ... here on */
    struct rr_datagram datagram;
};
void rr_pdus_each_datagram(void (*visit)(struct rr_found_datagram *d, void *user), void *user);

#endif
