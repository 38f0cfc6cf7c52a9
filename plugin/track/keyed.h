/* The lines of requests and answers that bear a key.  Private to track/. */
#ifndef RR_KEYED_H
#define RR_KEYED_H

#include "track/pdus.h"

GHashTable *rr_keyed_new(void);

/* Of the key, a new one where there is none. */
struct rr_line *rr_keyed_line(struct rr_pdus *p, uint64_t key);

/* Nothing is kept of a key that nothing waits for, for sure, and whose messages are whole. */
void rr_keyed_leave(struct rr_pdus *p, const struct rr_line *line, uint64_t key);

/* A message of the server that bears a key; and the same once it is known, as far as it ever is, whether its
 * request was told. */
void rr_keyed_tell(struct rr_conn *c, struct rr_line *line, const struct rr_told *t);
void rr_keyed_join(struct rr_conn *c, struct rr_line *line, const struct rr_told *t);

/* It goes on with what was told last under its key. */
bool rr_keyed_tells_on(const struct rr_conn *c, const struct rr_line *line, const struct rr_told *t);

#endif
