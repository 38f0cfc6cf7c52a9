/* The fields that rules read, asked for when a segment or a datagram is on its way to its dissector.
 *
 * Wireshark asks for what a postdissector wants anew for every frame, field by
 * field, and has to forget only what the frame before had.  So it gets few
 * that way, and the many here: those that are not asked for already.
 */
#ifndef RR_ASKED_H
#define RR_ASKED_H

#include "wireshark/compat.h"
#include <epan/packet.h>

/* From here on these, by their numbers; NULL: none. */
void rr_asked_begin(const GArray *fields);

/* What is dissected into the tree from here on shows them. */
void rr_asked_prime(proto_tree *tree);

#endif
