/* Every exchange of the capture, and what they point to.  Private to track/. */
#ifndef RR_STORE_H
#define RR_STORE_H

#include <stddef.h>

#include "exchange/exchange.h"
#include "track/arena.h"

struct rr_store;

/* What it hands out lives as long as the arena. */
struct rr_store *rr_store_new(struct rr_arena *arena);
void rr_store_free(struct rr_store *s);

/* Zeroed. */
struct rr_exchange *rr_store_exchange(struct rr_store *s);

/* `before` and one more; the same where it holds all delays it can. */
const struct rr_note *rr_store_note(struct rr_store *s, const struct rr_note *before, struct rr_note more);
const char *rr_store_text(struct rr_store *s, const char *text, size_t length);
const char *rr_store_summary(struct rr_store *s, const uint8_t *bytes, size_t length);

/* Names get numbers, so that a message can hold one in two bytes. */
uint16_t rr_store_protocol(struct rr_store *s, const char *name);
const char *const *rr_store_protocols(const struct rr_store *s);

#endif
