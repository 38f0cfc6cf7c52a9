/* Numbers and bytes as text, the same in every format.  Private to write/. */
#ifndef RR_NUMBERS_H
#define RR_NUMBERS_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

/* As g_string_append_len, for the many short texts of a row: mostly there is room. */
static inline void rr_put_bytes(GString *out, const char *text, size_t length)
{
    if (length >= out->allocated_len - out->len) {
        g_string_append_len(out, text, (gssize)length);
        return;
    }
    memcpy(out->str + out->len, text, length);
    out->len += length;
    out->str[out->len] = '\0';
}

void rr_put_count(GString *out, uint64_t n);
void rr_put_id(GString *out, uint64_t id);          /* 00c0ffee00c0ffee */
void rr_put_seconds(GString *out, int64_t ns);      /* -0.000085000 */
void rr_put_milliseconds(GString *out, int64_t ns); /* -0.085 */

void rr_put_time(GString *out, int64_t ns);        /* 2021-10-28T04:07:01.846121000Z */
void rr_put_local_time(GString *out, int64_t ns);  /* 2021-10-28T12:07:01.846121000+08:00 */
void rr_put_local_stamp(GString *out, int64_t ns); /* 2021-10-28 12:07:01.846121 */

void rr_put_hex(GString *out, const uint8_t *at, size_t length);
void rr_put_base64(GString *out, const uint8_t *at, size_t length);

/* UTF-8: what is text as it is, with tabs and line ends, the rest as \xNN.  Free with g_free. */
char *rr_readable(const uint8_t *at, size_t length);

#endif
