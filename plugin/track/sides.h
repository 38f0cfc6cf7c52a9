/* Who is the client of a connection.  Private to track/. */
#ifndef RR_SIDES_H
#define RR_SIDES_H

#include "track/tracker.h"

struct rr_sides {
    uint8_t client; /* the end that asks: 0 or 1 */
    enum rr_direction_from from;
};

/* From a connection's first segment.  RR_FROM_FIRST is a guess that holds until another end sends data first.
 */
struct rr_sides rr_sides_guess(const struct rr_endpoint ends[2], const struct rr_segment *first,
                               enum rr_port_kind (*port_kind)(uint16_t port));

#endif
