#include "write/writer.h"

#include <errno.h>
#include <glib.h>

#include "write/format.h"

enum { ENOUGH_TO_HAND_OVER = 32 * 1024 };

struct rr_writer {
    FILE *stream;
    const struct rr_columns *columns;
    const struct rr_format *format;
    enum rr_time_style style;
    GString *waiting;      /* not handed to the system yet ... */
    uint64_t rows_waiting; /* ... with that many rows in it */
    uint64_t rows, lost;
    int error; /* errno of the first loss; 0 while all is well */
};

/* After a loss nothing more is written: rows that end early mislead less than rows with a gap. */
static void hand_over(struct rr_writer *w)
{
    errno = 0;
    if (!w->error &&
        (fwrite(w->waiting->str, 1, w->waiting->len, w->stream) != w->waiting->len || fflush(w->stream) != 0))
        w->error = errno ? errno : EIO;
    if (w->error)
        w->lost += w->rows_waiting;
    w->rows_waiting = 0;
    g_string_truncate(w->waiting, 0);
}

struct rr_writer *rr_writer_new(FILE *stream, enum rr_noun noun, enum rr_time_style style)
{
    struct rr_writer *w = g_new0(struct rr_writer, 1);
    w->stream = stream;
    w->columns = &rr_columns[noun];
    w->format = &rr_format_csv;
    w->style = style;
    w->waiting = g_string_sized_new(ENOUGH_TO_HAND_OVER + 1024);
    w->format->head(w->waiting, w->columns);
    return w;
}

void rr_writer_row(struct rr_writer *w, const struct rr_row *row)
{
    w->format->row(w->waiting, w->columns, row, w->style);
    w->rows++;
    w->rows_waiting++;
    if (w->waiting->len >= ENOUGH_TO_HAND_OVER)
        hand_over(w);
}

bool rr_writer_flush(struct rr_writer *w, char **error)
{
    hand_over(w);
    if (w->error)
        *error = g_strdup_printf("%s; up to %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " rows lost",
                                 g_strerror(w->error), w->lost, w->rows);
    return !w->error;
}

void rr_writer_free(struct rr_writer *w)
{
    if (!w)
        return;
    g_string_free(w->waiting, TRUE);
    g_free(w);
}
