/* Looks over a tracker's shoulder: what must hold whatever goes in.
 *
 * A row is what an exporter would print.  Rows are noted when they are
 * reported; at the end each must still read the same, the parts of a row must
 * count from 1, the highest part must be the truth, messages must tile each
 * direction and the rows must add up to the row of their connection.
 */
#ifndef RR_AUDIT_H
#define RR_AUDIT_H

#include <glib.h>

#include "track/tracker.h"

struct audit;

struct audit *audit_new(const struct rr_tracker *t);
void audit_free(struct audit *a);

/* To be called after whatever may report. */
void audit_look(struct audit *a);

/* After rr_tracker_finish. */
void audit_close(struct audit *a);

/* The exchanges and pushes of a connection, or of a TCP stream, in order of their bytes. */
GPtrArray *audit_exchanges_of(const struct audit *a, const struct rr_connection *c);
GPtrArray *audit_exchanges(const struct audit *a, uint32_t stream);

/* All rows in order, without what tells where sequence numbers start. */
char *audit_transcript(const struct audit *a);

#endif
