/* What servers had to do, as text for other programs. */
#ifndef RR_SNAPSHOT_H
#define RR_SNAPSHOT_H

#include <glib.h>

#include "measure/groups.h"

/* Both take groups by server. */

/* One line of JSON: tcpkit's array with an object for each server under its port, and tcpkit's names where it
 * had any. No line end follows. */
void rr_snapshot_json(GString *out, struct rr_groups *by_server);

/* OpenMetrics 1.0, which Prometheus's own text format takes for its own. */
void rr_snapshot_openmetrics(GString *out, struct rr_groups *by_server);

#endif
