/* Standard output, or a file that has its name only once it is whole.  Private to write/. */
#ifndef RR_FILE_H
#define RR_FILE_H

#include <glib.h>
#include <stdbool.h>

struct rr_file;

/* `path`: NULL for standard output.  A regular file is written under its name with ".part" behind it.  NULL,
 * and *error set to one line, where it cannot be written. */
struct rr_file *rr_file_open(const char *path, char **error);
const char *rr_file_name(const struct rr_file *f); /* for people */
bool rr_file_is_regular(const struct rr_file *f);

/* 0, or errno. */
int rr_file_write(struct rr_file *f, const char *bytes, size_t length);
int rr_file_publish(struct rr_file *f); /* what is written so far is whole: it takes its name */

void rr_file_close(struct rr_file *f, bool undo); /* undo: removes a file that was not published */

/* Where a path leads, whatever way it is written; free with g_free. */
char *rr_file_place(const char *path);

#endif
