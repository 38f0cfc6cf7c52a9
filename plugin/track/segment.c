#include "track/segment.h"

const char *rr_phase_name(enum rr_phase phase)
{
    static const char *const names[RR_PHASE_COUNT] = {
        [RR_PHASE_NONE] = "none",       [RR_PHASE_HANDSHAKE] = "handshake",
        [RR_PHASE_REQUEST] = "request", [RR_PHASE_RESPONSE] = "response",
        [RR_PHASE_PUSH] = "push",       [RR_PHASE_TEARDOWN] = "teardown",
    };
    return names[phase];
}
