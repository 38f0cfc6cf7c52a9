/* A frame's walk: each of its segments is fed to the tracker once; what the tracker said of them is
 * remembered, shown and tapped. */
#ifndef RR_POSTDISSECTOR_H
#define RR_POSTDISSECTOR_H

#include "wireshark/capture.h"

#define RR_TAP "reqresp"

/* What the tap carries: one for each frame, with or without segments. */
struct rr_tapped {
    uint32_t frame;
    struct rr_verdicts verdicts;
};

void rr_postdissector_register(int proto);

/* Preferences were changed. */
void rr_postdissector_prepare(void);

#endif
