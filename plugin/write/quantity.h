/* Sizes and times as people write them.  Private to write/. */
#ifndef RR_QUANTITY_H
#define RR_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* "10", "64k", "1M", "2G": whole, a k being 1024. */
bool rr_quantity_bytes(const char *text, uint64_t *bytes);

/* "500us", "10ms", "1.5s", "20ns": the unit is part of it. */
bool rr_quantity_time(const char *text, int64_t *ns);

#endif
