/* Where rows go.  Private to write/. */
#ifndef RR_SINK_H
#define RR_SINK_H

#include <glib.h>

#include "write/format.h"

struct rr_sink; /* each kind has its own */

/* Whoever fails sets *why to what is wrong, in one line that is freed with g_free. */
struct rr_sink_kind {
    bool notes_source;
    size_t enough; /* bytes that are worth handing over, unless somebody waits for them */

    struct rr_sink *(*open)(const struct rr_options *o, const struct rr_layout *layout,
                            const struct rr_source *source, char **why);
    bool (*may_wait)(const struct rr_sink *s);

    /* Whole rows, as the format made them. */
    bool (*take)(struct rr_sink *s, const GString *rows, char **why);

    /* All rows of the source's capture were taken. */
    bool (*end_capture)(struct rr_sink *s, char **why);

    /* What was taken so far is whole. */
    bool (*publish)(struct rr_sink *s, char **why);

    /* What was begun and not published is removed if `undo`. */
    void (*close)(struct rr_sink *s, bool undo);
};

extern const struct rr_sink_kind rr_sink_file, rr_sink_sqlite;

#endif
