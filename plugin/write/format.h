/* What a format must do.  Private to write/. */
#ifndef RR_FORMAT_H
#define RR_FORMAT_H

#include <glib.h>

#include "write/writer.h"

struct rr_format {
    void (*head)(GString *out, const struct rr_columns *columns);
    void (*row)(GString *out, const struct rr_columns *columns, const struct rr_row *row,
                enum rr_time_style style);
};

extern const struct rr_format rr_format_csv;

#endif
