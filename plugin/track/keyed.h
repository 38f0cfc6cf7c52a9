/* Requests and answers that bear a key: which request each answer gets.  Private to track/. */
#ifndef RR_KEYED_H
#define RR_KEYED_H

#include "track/pdus.h"

/* A request is about to begin; `rests`: its client may wait for nothing. */
void rr_keyed_asks(struct rr_conn *c, struct rr_line *line, const struct rr_told *t, bool rests);

/* A message of the server, of which it is known, as far as it ever is, whether its request was told. */
void rr_keyed_join(struct rr_conn *c, struct rr_line *line, const struct rr_told *t);

/* The client takes back what it asked under that key. */
void rr_keyed_cancel(struct rr_conn *c, uint64_t key);

/* It goes on with what was told last under its key. */
bool rr_keyed_tells_on(const struct rr_conn *c, const struct rr_line *line, const struct rr_told *t);

#endif
