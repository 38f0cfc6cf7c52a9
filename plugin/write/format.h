/* What a format must do.  Private to write/. */
#ifndef RR_FORMAT_H
#define RR_FORMAT_H

#include <glib.h>

#include "write/writer.h"

/* What a cell looks like: its kind, and what the user asked of times and payload. */
enum rr_form {
    RR_FORM_NUMBER,
    RR_FORM_ID,
    RR_FORM_SECONDS,
    RR_FORM_UTC,
    RR_FORM_LOCAL,
    RR_FORM_FLAG,
    RR_FORM_TEXT,
    RR_FORM_HEX,
    RR_FORM_BASE64,
    RR_FORM_READABLE,
    RR_FORM_RAW,
    RR_FORMS
};

typedef void (*rr_put)(GString *out, const struct rr_cell *cell);

struct rr_slot {
    const struct rr_column *column;
    rr_put put; /* NULL where the format has no cells */
};

/* The columns of a writer, made once. */
struct rr_layout {
    struct rr_slot *slots;
    size_t slot_count;
    const struct rr_tag *tags;
    size_t tag_count;
    void *state; /* the format's own */
};

/* What an option can ask of a format. */
enum {
    RR_HAS_COLUMNS = 1,
    RR_HAS_HEADER = 2,
    RR_HAS_TIMES = 4,
    RR_HAS_PAYLOAD = 8,
    RR_HAS_BLOBS = 16,
    RR_HAS_BYTES = 32
};

#define RR_ROWS_OF(noun) (1u << (noun))
#define RR_ROWS_OF_ALL   (RR_ROWS_OF(RR_NOUN_COUNT) - 1)

struct rr_format {
    const char *name;
    unsigned nouns;     /* that it can write rows of: RR_ROWS_OF() each ... */
    enum rr_noun usual; /* ... and which if none is asked for */
    unsigned has;
    const char *missing;              /* why it cannot be used; NULL: it can */
    const struct rr_sink_kind *sink;  /* NULL: a stream of bytes, to any file */
    const char *needs[RR_NOUN_COUNT]; /* columns that are there whatever is chosen: "a:b"; NULL: none */
    void *(*begin)(void);             /* makes the state, where it has one, ... */
    void (*end)(void *state);         /* ... and frees it */
    char *(*remark)(void *state);     /* what the user must know at the end, or NULL; free with g_free */
    const rr_put *put;                /* by form */
    void (*head)(GString *out, const struct rr_layout *layout); /* NULL: none */
    void (*row)(GString *out, const struct rr_layout *layout, const struct rr_row *row);
};

/* Ends with NULL.  The first one is the usual one. */
extern const struct rr_format *const rr_formats[];

extern const struct rr_format rr_format_csv, rr_format_ndjson, rr_format_text, rr_format_sqlite,
    rr_format_gor;

#endif
