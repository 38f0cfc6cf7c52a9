/* Every fact that leaves this plugin, named once.
 *
 * The packet tree, the display filters, the heads and cells of rows and
 * doc/columns.md are all walks over these tables: to add a fact, add a line.
 */
#ifndef RR_COLUMNS_H
#define RR_COLUMNS_H

#include <stddef.h>

#include "exchange/exchange.h"

enum rr_noun { RR_MESSAGES, RR_EXCHANGES, RR_CONNECTIONS, RR_NOUN_COUNT };

enum rr_kind {
    RR_COUNT,       /* uint64_t */
    RR_ID,          /* uint64_t, written as 16 hex digits */
    RR_PORT,        /* uint64_t */
    RR_FRAME,       /* uint64_t */
    RR_REQUEST_IN,  /* RR_FRAME that links to a request ... */
    RR_RESPONSE_IN, /* ... or to a response */
    RR_TIME,        /* int64_t, nanoseconds since the Unix epoch */
    RR_SPAN,        /* int64_t, nanoseconds */
    RR_FLAG,        /* bool */
    RR_TEXT,
    RR_BYTES, /* captured of a message; in rows only */
    RR_KIND_COUNT
};

struct rr_cell {
    bool present;
    union {
        uint64_t count;
        int64_t ns;
        bool flag;
        const char *text; /* lives as long as what the row is about */
        const struct rr_bytes *bytes;
    } as;
};

/* When a column stands in rows; the last if payload is asked for. */
enum rr_when { RR_ALWAYS, RR_IF_ASKED, RR_WITH_PAYLOAD };

struct rr_column {
    const char *name;  /* in the head of a row; NULL: in the tree only */
    const char *field; /* display filter after "reqresp."; NULL: in rows only */
    enum rr_kind kind;
    const char *title;
    const char *help; /* one sentence, with its full stop */
    struct rr_cell (*read)(const struct rr_row *row);
    enum rr_when when;
};

struct rr_columns {
    const char *name; /* "messages": what rows= takes */
    const struct rr_column *column;
    size_t count;
};

/* The same field can stand in several tables: it then has one kind and meaning. */
extern const struct rr_columns *const rr_columns[RR_NOUN_COUNT];

#endif
