/* A message in one line of text. */
#ifndef RR_LINE_H
#define RR_LINE_H

#include <glib.h>

#include "track/segment.h"

/* `fresh`: the frame brings bytes of it that were not captured before.  Appends. */
void rr_line_message(GString *line, const struct rr_exchange *x, const struct rr_message *m, bool fresh);
void rr_line_segment(GString *line, const struct rr_verdict *v);

/* "Request, 86 bytes in 2 segments, frames 4 to 6", and who is connected to whom. */
void rr_line_about_message(GString *line, const char *title, const struct rr_connection *c,
                           const struct rr_message *m);
void rr_line_about_connection(GString *line, const struct rr_connection *c);

/* "73 µs": a span for people, to three digits or more; and to the nanosecond. */
void rr_line_span(GString *line, int64_t ns);
void rr_line_exact_span(GString *line, int64_t ns);

#endif
