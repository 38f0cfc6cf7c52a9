/* What a writer makes of rows. */
#ifndef RR_WRITTEN_H
#define RR_WRITTEN_H

#include "write/writer.h"

struct rr_options *options_of(const char *text);

/* All that is in a file once `write` was done, or `rows` times the same row was written; free with g_free. */
char *written_by(const char *options, void (*write)(struct rr_writer *w, void *user), void *user);
char *written(const char *options, const struct rr_row *row, int rows);

#endif
