/* Which columns there are.  Private to write/. */
#ifndef RR_SELECTION_H
#define RR_SELECTION_H

#include "exchange/columns.h"

/* "a:b:c" as columns, "+a:b" as the usual columns and these, NULL as the usual ones; free with g_free.  With
 * payload those that show it are among them, and *with_payload tells if they are; those in `needs`, too.
 * Where that cannot be, *why tells it (free with g_free, too). */
const struct rr_column **rr_choose_columns(enum rr_noun noun, const char *text, const char *needs,
                                           bool *with_payload, size_t *count, char **why);

#endif
