/* Requests that the dissector did not show, or not yet.  Private to track/.
 *
 * What a dissector puts together it shows when it is whole.  An answer that came before, or where that never
 * came, is to the bytes that the server had by then.  Where the client broke off and nobody answered, what it
 * had sent is a request all the same.
 */
#ifndef RR_BEGUN_H
#define RR_BEGUN_H

#include "track/told.h"

struct rr_conn;
struct rr_line;

/* The client's bytes from `at`, where its last message ended, as far as one segment had them. */
enum { RR_BEGUN_MAX = 256 };

struct rr_begun {
    int64_t at;
    int64_t before;      /* where the bytes of which `summary` tells began: an answer to those is held */
    const char *summary; /* ... or NULL */
    int64_t unfinished;  /* where a message began that its dissector asked more of, last */
    uint16_t length;
    uint8_t bytes[RR_BEGUN_MAX];
};

/* The client's unseen bytes from `offset` on are these. */
void rr_begun_note(struct rr_conn *c, int64_t offset, const uint8_t *bytes, uint32_t length);

/* The client's bytes, of which no message was told, are a request that waits in the line; `paired`:
 * RR_PDU_KEYED, or 0. */
void rr_begun_ask(struct rr_conn *c, struct rr_line *line, struct rr_range asked, uint16_t paired);

/* The message that begins at `offset` is not whole. */
void rr_begun_unfinished(struct rr_conn *c, int64_t offset);

/* The client's last bytes are a request that it broke off, and that nothing the server said answers.  They
 * are told as one. */
bool rr_begun_broke_off(const struct rr_conn *c);
void rr_begun_end(struct rr_conn *c);

#endif
