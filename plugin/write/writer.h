/* Rows out: the door of this room.
 *
 * A writer puts rows of one noun on a stream, in the columns of
 * exchange/columns.h that have a name.
 */
#ifndef RR_WRITER_H
#define RR_WRITER_H

#include <stdio.h>

#include "exchange/columns.h"

enum rr_time_style { RR_TIME_ISO, RR_TIME_EPOCH };

struct rr_writer;

/* The head is written at once, to go out with the first rows or flush.  The stream stays the caller's. */
struct rr_writer *rr_writer_new(FILE *stream, enum rr_noun noun, enum rr_time_style style);
void rr_writer_row(struct rr_writer *w, const struct rr_row *row);

/* Hands what was written to the system.  False, and *error set (free with g_free), where a row was ever lost;
 * nothing is written after that. */
bool rr_writer_flush(struct rr_writer *w, char **error);
void rr_writer_free(struct rr_writer *w); /* flush first: drops what was not handed over */

#endif
