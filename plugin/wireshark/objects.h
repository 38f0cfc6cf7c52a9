/* File > Export Objects > ReqResp, `tshark --export-objects reqresp,DIR`: a file for each row of a message.
 */
#ifndef RR_OBJECTS_H
#define RR_OBJECTS_H

#include "wireshark/compat.h"
#include <epan/packet.h>

#include "wireshark/postdissector.h"

void rr_objects_register(int proto);

bool rr_objects_wanted(void);

/* A frame is done with. */
void rr_objects_tell(packet_info *pinfo, struct rr_tapped *tapped);

#endif
