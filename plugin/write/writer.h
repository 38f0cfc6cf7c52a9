/* Rows out: the door of this room.
 *
 * A writer puts rows of one noun, in the columns and the format that the
 * options name, on standard output or into a file of its own.
 */
#ifndef RR_WRITER_H
#define RR_WRITER_H

#include "write/options.h"

struct rr_writer;

/* NULL, and *error set to one line (free with g_free), where rows cannot go where they should.  The options
 * must outlive the writer.  What is written first waits for the first rows or flush. */
struct rr_writer *rr_writer_new(const struct rr_options *options, char **error);

/* Nobody waits for a row at the other end, as it is a regular file: rows may go out in blocks. */
bool rr_writer_may_wait(const struct rr_writer *w);
bool rr_writer_is_waiting(const struct rr_writer *w); /* not all was handed to the system */

/* A row, where the options select it. */
void rr_writer_row(struct rr_writer *w, const struct rr_row *row);

/* Hands what was written to the system.  False, and *error set, where a row was ever lost; nothing is written
 * after that. */
bool rr_writer_flush(struct rr_writer *w, char **error);

/* The last row is in: flushes, and gives a file its name.  More may follow. */
bool rr_writer_finish(struct rr_writer *w, char **error);

/* Drops what was not handed over; what has no name yet is removed if `undo`. */
void rr_writer_free(struct rr_writer *w, bool undo);

/* The place where rows go, to tell two of them apart; free with g_free. */
char *rr_writer_place(const struct rr_options *options);

#endif
