/* The first line of a message, fit for a table cell. */
#ifndef RR_SUMMARY_H
#define RR_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

enum { RR_SUMMARY_CHARS = 80, RR_SUMMARY_SIZE = RR_SUMMARY_CHARS * 4 + 1 };

/* Writes the first line of `bytes` as printable UTF-8 of at most RR_SUMMARY_CHARS characters, or the words
 * of the command where they are RESP; a NUL ends it.  Returns its length, 0 where there is nothing to show.
 */
size_t rr_summary(const uint8_t *bytes, size_t length, char text[RR_SUMMARY_SIZE]);

struct rr_words {
    const char *text; /* no NUL ends it */
    size_t length;
};

/* The same, not copied where the line can be shown as it is: it lies in `bytes` or in `room`. */
struct rr_words rr_summary_words(const uint8_t *bytes, size_t length, char room[RR_SUMMARY_SIZE]);

#endif
