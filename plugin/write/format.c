#include "write/format.h"

const struct rr_format *const rr_formats[] = { &rr_format_csv,    &rr_format_ndjson, &rr_format_text,
                                               &rr_format_sqlite, &rr_format_gor,    NULL };
