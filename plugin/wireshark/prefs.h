/* What the user can set. */
#ifndef RR_PREFS_H
#define RR_PREFS_H

#include "measure/groups.h"
#include "measure/slowest.h"
#include "track/tracker.h"

/* `changed` is called when the user changed any of it, before a capture is read again. */
void rr_prefs_register(int proto, void (*changed)(void));
void rr_prefs_handoff(void);

struct rr_settings rr_prefs_settings(void);

/* What a latency holds, by what the user says of where the capture was made; "" where that was not said. */
const char *rr_prefs_latency_holds(void);

/* Nanoseconds above which a latency is remarked on; 0: never. */
int64_t rr_prefs_slow(void);

/* Of statistics. */
enum rr_grouping rr_prefs_grouping(void);
uint32_t rr_prefs_slowest(void); /* how many */
enum rr_slow_by rr_prefs_slow_by(void);
int64_t rr_prefs_interval(void); /* ns; above 0 */

/* Bytes that Export Objects may hold. */
size_t rr_prefs_objects_max(void);

#endif
