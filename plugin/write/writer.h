/* Rows out: the door of this room.
 *
 * A writer puts rows of one noun, in the columns and the format that the
 * options name, on standard output, into a file of its own or a database.
 */
#ifndef RR_WRITER_H
#define RR_WRITER_H

#include "write/options.h"

struct rr_writer;

/* The capture that rows are of, as far as it was read: whoever hands out rows keeps it up to date. */
struct rr_source {
    const char *run;    /* what no other run, nor another session of this one, has */
    const char *file;   /* or interface; NULL: not known */
    int64_t started;    /* time of the first frame; RR_NEVER: there was none */
    uint64_t frames;    /* read so far */
    const char *digest; /* of all frames: the same for the same capture; NULL until it ended */
};

/* NULL, and *error set to one line (free with g_free), where rows cannot go where they should.  Options and
 * source must outlive the writer.  What is written first waits for the first rows or flush. */
struct rr_writer *rr_writer_new(const struct rr_options *options, const struct rr_source *source,
                                char **error);

/* What the source says is written, too. */
bool rr_writer_notes_source(const struct rr_writer *w);

/* Nobody waits for a row at the other end: rows may go out in blocks. */
bool rr_writer_may_wait(const struct rr_writer *w);
bool rr_writer_is_waiting(const struct rr_writer *w); /* not all was handed over */

/* A row, where the options select it. */
void rr_writer_row(struct rr_writer *w, const struct rr_row *row);

/* Hands over what was written.  False, and *error set, where a row was ever lost; nothing is written after
 * that. */
bool rr_writer_flush(struct rr_writer *w, char **error);

/* The same, after the last row of a capture; rows of another may follow. */
bool rr_writer_end_capture(struct rr_writer *w, char **error);

/* The same, and a file takes its name: what it holds is whole. */
bool rr_writer_finish(struct rr_writer *w, char **error);

/* What the user must know although nothing failed, in one line, or NULL; free with g_free. */
char *rr_writer_remark(const struct rr_writer *w);

/* Drops what was not handed over; what has no name yet is removed if `undo`. */
void rr_writer_free(struct rr_writer *w, bool undo);

/* Both would write to one place, and cannot share it. */
bool rr_writers_collide(const struct rr_options *a, const struct rr_options *b);

#endif
