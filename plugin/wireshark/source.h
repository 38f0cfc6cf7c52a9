/* What the host reads, for those who note it with the rows. */
#ifndef RR_SOURCE_H
#define RR_SOURCE_H

#include "wireshark/compat.h"
#include <epan/epan_dissect.h>
#include <epan/packet_info.h>

#include "write/writer.h"

void rr_source_register(void);

/* Kept up to date as frames are noted; good until the program ends. */
const struct rr_source *rr_source(void);

/* Nothing that is read is yet to happen. */
bool rr_source_is_complete(void);

/* The file at `path`, which can be NULL, is what is read. */
bool rr_source_is(const char *path);

/* A frame, in order; several can note the same one. */
void rr_source_note(const packet_info *pinfo, const epan_dissect_t *edt);

/* That was the last frame. */
void rr_source_end(void);

#endif
