/* The TCP segments of a frame, as they pass on their way to Wireshark's own TCP.
 *
 * A handle of this plugin stands in front of TCP in the table of IP protocols.
 * It reads the header before TCP does, since a cut payload never comes back,
 * and hands everything on unchanged.  No tree is asked for.
 */
#ifndef RR_WATCH_H
#define RR_WATCH_H

#include "wireshark/compat.h"
#include <epan/packet.h>

#include "track/segment.h"

/* Lives as long as the frame's dissection. */
struct rr_watched {
    address src, dst;
    address link_src, link_dst; /* these and `vlan` only where conversations are deinterlaced */
    uint32_t vlan;
    uint16_t src_port, dst_port;
    unsigned below;                      /* layers of the frame that TCP stands on */
    const struct rr_known_stream *known; /* see stream.h; NULL: not yet */
    struct rr_segment segment;
};

/* `proto` is this plugin's: while it is disabled nothing is watched. */
void rr_watch_register(int proto);
void rr_watch_handoff(void);

/* While that is so, segments of frames that were dissected before are noted, too. */
void rr_watch_in_every_pass_while(bool (*wanted)(void));

/* Hands over the segments of the frame that was dissected, in order; those of its first dissection only, if
 * not told otherwise.  Good until the next is dissected. */
struct rr_segments {
    struct rr_watched *first;
    size_t count;
};
struct rr_segments rr_watch_take(const packet_info *pinfo);

/* Where in the capture a frame is. */
struct rr_point rr_watch_point(const packet_info *pinfo);

#endif
