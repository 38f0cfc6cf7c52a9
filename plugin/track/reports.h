/* The queue of rows that became due.  Private to track/.
 *
 * A report shows its exchange as it was: as long as nothing changed that is
 * the exchange itself, and whoever changes a reported one freezes it first.
 * An exchange's `entry` holds the place (from 1) of the newest report of its
 * request and of its answer that still show it live.
 */
#ifndef RR_REPORTS_H
#define RR_REPORTS_H

#include "track/arena.h"
#include "track/tracker.h"

struct rr_reports;

enum { RR_ENTRY_REQUEST, RR_ENTRY_ANSWER };

struct rr_reports *rr_reports_new(struct rr_arena *arena);
void rr_reports_free(struct rr_reports *r);

/* Counts the parts of what is reported. */
void rr_reports_exchange(struct rr_reports *r, struct rr_exchange *x, uint8_t rows, uint32_t frame);
void rr_reports_connection(struct rr_reports *r, struct rr_connection *c, uint32_t frame);

/* To be called before a change to a fact that a reported row of x shows. */
void rr_reports_freeze(struct rr_reports *r, struct rr_exchange *x);

size_t rr_reports_count(const struct rr_reports *r);
struct rr_report rr_reports_get(const struct rr_reports *r, size_t i);

#endif
