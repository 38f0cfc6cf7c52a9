#include "write/writer.h"

#include "write/file.h"
#include "write/format.h"

enum { ENOUGH_TO_HAND_OVER = 32 * 1024 };

struct rr_writer {
    const struct rr_options *options;
    struct rr_layout layout;
    struct rr_file *file;
    GString *waiting;      /* not handed to the system yet ... */
    uint64_t rows_waiting; /* ... with that many rows in it */
    uint64_t rows, lost;
    int error; /* errno of the first loss; 0 while all is well */
};

static enum rr_form form_of(enum rr_kind kind, const struct rr_options *o)
{
    static const enum rr_form payloads[] = {
        [RR_PAYLOAD_HEX] = RR_FORM_HEX,
        [RR_PAYLOAD_BASE64] = RR_FORM_BASE64,
        [RR_PAYLOAD_TEXT] = RR_FORM_READABLE,
    };
    static const enum rr_form times[] = {
        [RR_TIME_ISO] = RR_FORM_UTC,
        [RR_TIME_EPOCH] = RR_FORM_SECONDS,
        [RR_TIME_LOCAL] = RR_FORM_LOCAL,
    };
    static const enum rr_form forms[RR_KIND_COUNT] = {
        [RR_COUNT] = RR_FORM_NUMBER,      [RR_ID] = RR_FORM_ID,
        [RR_PORT] = RR_FORM_NUMBER,       [RR_FRAME] = RR_FORM_NUMBER,
        [RR_REQUEST_IN] = RR_FORM_NUMBER, [RR_RESPONSE_IN] = RR_FORM_NUMBER,
        [RR_SPAN] = RR_FORM_SECONDS,      [RR_FLAG] = RR_FORM_FLAG,
        [RR_TEXT] = RR_FORM_TEXT,
    };
    if (kind == RR_TIME)
        return times[o->time];
    return kind == RR_BYTES ? payloads[o->payload] : forms[kind];
}

static struct rr_layout layout_of(const struct rr_options *o)
{
    struct rr_layout layout = {
        .slots = g_new0(struct rr_slot, o->column_count),
        .slot_count = o->column_count,
        .tags = o->tags,
        .tag_count = o->tag_count,
    };
    for (size_t i = 0; i < o->column_count; i++) {
        layout.slots[i].column = o->columns[i];
        if (o->format->put)
            layout.slots[i].put = o->format->put[form_of(o->columns[i]->kind, o)];
    }
    return layout;
}

/* After a loss nothing more is written: rows that end early mislead less than rows with a gap. */
static void hand_over(struct rr_writer *w)
{
    if (!w->error)
        w->error = rr_file_write(w->file, w->waiting->str, w->waiting->len);
    if (w->error)
        w->lost += w->rows_waiting;
    w->rows_waiting = 0;
    g_string_truncate(w->waiting, 0);
}

struct rr_writer *rr_writer_new(const struct rr_options *options, char **error)
{
    struct rr_file *file = rr_file_open(options->to, error);
    if (!file)
        return NULL;
    struct rr_writer *w = g_new0(struct rr_writer, 1);
    w->options = options;
    w->layout = layout_of(options);
    w->file = file;
    w->waiting = g_string_sized_new(ENOUGH_TO_HAND_OVER + 1024);
    if (options->format->head && !options->headless)
        options->format->head(w->waiting, &w->layout);
    return w;
}

bool rr_writer_may_wait(const struct rr_writer *w)
{
    return rr_file_is_regular(w->file);
}

bool rr_writer_is_waiting(const struct rr_writer *w)
{
    return w->waiting->len > 0;
}

void rr_writer_row(struct rr_writer *w, const struct rr_row *row)
{
    if (w->options->selective && !rr_options_select(w->options, row))
        return;
    w->options->format->row(w->waiting, &w->layout, row);
    w->rows++;
    w->rows_waiting++;
    if (w->waiting->len >= ENOUGH_TO_HAND_OVER)
        hand_over(w);
}

static bool report(const struct rr_writer *w, char **error)
{
    if (w->error)
        *error = g_strdup_printf("%s: %s; up to %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                                 " rows lost, and all after them",
                                 rr_file_name(w->file), g_strerror(w->error), w->lost, w->rows);
    return !w->error;
}

bool rr_writer_flush(struct rr_writer *w, char **error)
{
    hand_over(w);
    return report(w, error);
}

bool rr_writer_finish(struct rr_writer *w, char **error)
{
    hand_over(w);
    if (!w->error)
        w->error = rr_file_publish(w->file);
    return report(w, error);
}

void rr_writer_free(struct rr_writer *w, bool undo)
{
    if (!w)
        return;
    rr_file_close(w->file, undo);
    g_free(w->layout.slots);
    g_string_free(w->waiting, TRUE);
    g_free(w);
}

char *rr_writer_place(const struct rr_options *options)
{
    return rr_file_place(options->to);
}
