/* What the user can set. */
#ifndef RR_PREFS_H
#define RR_PREFS_H

#include "track/tracker.h"

void rr_prefs_register(int proto);
void rr_prefs_handoff(void);

struct rr_settings rr_prefs_settings(void);

/* Nanoseconds above which a latency is remarked on; 0: never. */
int64_t rr_prefs_slow(void);

#endif
