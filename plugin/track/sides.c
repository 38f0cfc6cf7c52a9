#include "track/sides.h"

/* The first port that systems hand out to those who connect. */
enum { EPHEMERAL = 32768 };

static enum rr_port_kind kind_of(uint16_t port, enum rr_port_kind (*port_kind)(uint16_t port))
{
    return port_kind ? port_kind(port) : RR_PORT_PLAIN;
}

struct rr_sides rr_sides_guess(const struct rr_endpoint ends[2], const struct rr_segment *first,
                               enum rr_port_kind (*port_kind)(uint16_t port))
{
    uint8_t sender = first->end, receiver = !first->end;
    if (first->flags & RR_SYN)
        return first->flags & RR_ACK ? (struct rr_sides){ receiver, RR_FROM_SYNACK }
                                     : (struct rr_sides){ sender, RR_FROM_SYN };

    enum rr_port_kind kind[2] = { kind_of(ends[0].port, port_kind), kind_of(ends[1].port, port_kind) };
    for (enum rr_port_kind sure = RR_PORT_PREFERRED; sure > RR_PORT_PLAIN; sure--)
        if ((kind[0] == sure) != (kind[1] == sure))
            return (struct rr_sides){ kind[0] == sure,
                                      sure == RR_PORT_PREFERRED ? RR_FROM_PREFERENCE : RR_FROM_SERVICE };

    if ((ends[0].port < EPHEMERAL) != (ends[1].port < EPHEMERAL))
        return (struct rr_sides){ ends[0].port < EPHEMERAL, RR_FROM_PORT };
    return (struct rr_sides){ sender, RR_FROM_FIRST };
}
