/* What a field of the tree holds. */
#ifndef RR_VALUES_H
#define RR_VALUES_H

#include "wireshark/compat.h"
#include <epan/packet.h>

#include "wireshark/rule_table.h"

/* For a person. */
const char *rr_value_text(wmem_allocator_t *pool, const field_info *fi);

/* As a number; false where the field is none. */
bool rr_value_number(const field_info *fi, uint64_t *number);

/* As a number of things, which is never beyond INT32_MAX; 0 where it is none. */
uint32_t rr_value_count(const field_info *fi);

/* What a rule wants of it.  *text is its text, once that was needed. */
bool rr_value_passes(const struct rr_test *test, const field_info *fi, wmem_allocator_t *pool,
                     const char **text);

/* The bytes that the field was read from; NULL where there are none. */
const uint8_t *rr_value_bytes(const field_info *fi, int *length);

/* The hash of what it says too; NULL: of a field that is not there, which is as one that is 0. */
uint64_t rr_value_mix(uint64_t hash, const field_info *fi);

#endif
