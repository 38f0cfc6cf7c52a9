#include "write/writer.h"

#include "write/format.h"
#include "write/place.h"
#include "write/sink.h"

struct rr_writer {
    const struct rr_options *options;
    struct rr_layout layout;
    const struct rr_sink_kind *kind;
    struct rr_sink *sink;
    char *name;            /* of the sink, for people */
    GString *waiting;      /* not handed over yet ... */
    uint64_t rows_waiting; /* ... with that many rows in it */
    uint64_t rows, lost;
    char *why; /* the first loss; NULL while all is well */
};

static enum rr_form form_of(enum rr_kind kind, const struct rr_options *o)
{
    static const enum rr_form payloads[] = {
        [RR_PAYLOAD_HEX] = RR_FORM_HEX,
        [RR_PAYLOAD_BASE64] = RR_FORM_BASE64,
        [RR_PAYLOAD_TEXT] = RR_FORM_READABLE,
        [RR_PAYLOAD_RAW] = RR_FORM_RAW,
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
        .state = o->format->begin ? o->format->begin() : NULL,
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
    bool taken = !w->why && (!w->waiting->len || w->kind->take(w->sink, w->waiting, &w->why));
    if (!taken)
        w->lost += w->rows_waiting;
    w->rows_waiting = 0;
    g_string_truncate(w->waiting, 0);
}

static char *name_of(const struct rr_options *o)
{
    return o->to ? g_strescape(o->to, NULL) : g_strdup("standard output");
}

struct rr_writer *rr_writer_new(const struct rr_options *options, const struct rr_source *source,
                                char **error)
{
    char *why = NULL;
    struct rr_writer *w = g_new0(struct rr_writer, 1);
    w->options = options;
    w->layout = layout_of(options);
    w->name = name_of(options);
    w->kind = options->format->sink ? options->format->sink : &rr_sink_file;
    w->waiting = g_string_sized_new(w->kind->enough + 1024);
    w->sink = w->kind->open(options, &w->layout, source, &why);
    if (!w->sink) {
        *error = g_strdup_printf("%s: %s", w->name, why);
        g_free(why);
        rr_writer_free(w, false);
        return NULL;
    }
    if (options->format->head && !options->headless)
        options->format->head(w->waiting, &w->layout);
    return w;
}

bool rr_writer_notes_source(const struct rr_writer *w)
{
    return w->kind->notes_source;
}

bool rr_writer_may_wait(const struct rr_writer *w)
{
    return w->kind->may_wait(w->sink);
}

bool rr_writer_is_waiting(const struct rr_writer *w)
{
    return w->waiting->len > 0;
}

void rr_writer_row(struct rr_writer *w, const struct rr_row *row)
{
    if (w->options->selective && !rr_options_select(w->options, row))
        return;
    gsize before = w->waiting->len;
    w->options->format->row(w->waiting, &w->layout, row);
    if (w->waiting->len == before)
        return;
    w->rows++;
    w->rows_waiting++;
    if (w->waiting->len >= w->kind->enough)
        hand_over(w);
}

static bool report(const struct rr_writer *w, char **error)
{
    if (w->why && !w->rows)
        *error = g_strdup_printf("%s: %s; no row is written", w->name, w->why);
    else if (w->why && !w->lost)
        *error = g_strdup_printf("%s: %s", w->name, w->why);
    else if (w->why)
        *error = g_strdup_printf("%s: %s; up to %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                                 " rows lost, and all after them",
                                 w->name, w->why, w->lost, w->rows);
    return !w->why;
}

bool rr_writer_flush(struct rr_writer *w, char **error)
{
    hand_over(w);
    return report(w, error);
}

bool rr_writer_end_capture(struct rr_writer *w, char **error)
{
    hand_over(w);
    if (!w->why)
        w->kind->end_capture(w->sink, &w->why);
    return report(w, error);
}

bool rr_writer_finish(struct rr_writer *w, char **error)
{
    hand_over(w);
    if (!w->why)
        w->kind->publish(w->sink, &w->why);
    return report(w, error);
}

char *rr_writer_remark(const struct rr_writer *w)
{
    char *remark = w->options->format->remark ? w->options->format->remark(w->layout.state) : NULL;
    char *line = remark ? g_strdup_printf("%s: %s", w->name, remark) : NULL;
    g_free(remark);
    return line;
}

void rr_writer_free(struct rr_writer *w, bool undo)
{
    if (!w)
        return;
    if (w->sink)
        w->kind->close(w->sink, undo);
    if (w->options->format->end)
        w->options->format->end(w->layout.state);
    g_free(w->layout.slots);
    g_free(w->name);
    g_free(w->why);
    g_string_free(w->waiting, TRUE);
    g_free(w);
}

bool rr_writers_collide(const struct rr_options *a, const struct rr_options *b)
{
    char *place = rr_place(a->to), *other = rr_place(b->to);
    bool same = g_strcmp0(place, other) == 0;
    bool share = a->format->sink && a->format->sink == b->format->sink;
    g_free(place);
    g_free(other);
    return same && !share;
}
