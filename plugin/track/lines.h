/* The lines of requests and answers that bear a key.  Private to track/. */
#ifndef RR_LINES_H
#define RR_LINES_H

#include "track/pdus.h"

GTree *rr_lines_new(void);

/* Of the key, a new one where there is none. */
struct rr_line *rr_lines_of(struct rr_pdus *p, uint64_t key);

/* NULL where there is none. */
struct rr_line *rr_lines_find(const struct rr_pdus *p, uint64_t key);

/* Nothing is kept of a key that nothing waits for, for sure, and whose messages are whole. */
void rr_lines_leave(struct rr_pdus *p, const struct rr_line *line, uint64_t key);

#endif
