/* Which protocol a payload is. */
#ifndef RR_LAYERS_H
#define RR_LAYERS_H

#include "wireshark/compat.h"
#include <epan/packet.h>

void rr_layers_handoff(void);

/* The innermost dissector above the TCP layer that stands on the first `below` layers of the frame, or NULL.
 * Bodies of other protocols do not count.  Lives as long as the program. */
const char *rr_layers_protocol(const packet_info *pinfo, unsigned below);

#endif
