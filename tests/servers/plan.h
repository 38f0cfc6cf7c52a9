/* What is to happen to which packet.
 *
 * A plan is text, a rule a line; the first that fits a packet decides its fate:
 *
 *     PORTS SIDE WHAT WHICH FATE [MS]
 *
 * PORTS  the client's: N, N-M, or * for all
 * SIDE   where the packet comes from: a (the clients) or b
 * WHAT   syn, data (has payload), ack (none, and no SYN, FIN or RST), any
 * WHICH  of those of that port and side, counted from 1: N, N-M, * for all, P% for that many, drawn by
 *        the seed and the packet's number alone; or >N, those that acknowledge more than N bytes
 * FATE   drop, late MS, copy MS (passes, and once more so much later)
 *
 * `seed N` is a line of its own, as is `# ...`.
 */
#ifndef RR_SERVERS_PLAN_H
#define RR_SERVERS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum wire_side { WIRE_A, WIRE_B };

struct packet {
    enum wire_side side;
    uint16_t port; /* the client's */
    uint32_t seq, ack, payload;
    uint8_t flags;
};

enum fate_kind { FATE_PASS, FATE_DROP, FATE_LATE, FATE_COPY };

struct fate {
    enum fate_kind kind;
    int64_t delay; /* ns */
};

struct plan;

/* Says on stderr what is wrong with a plan, and returns NULL. */
struct plan *plan_read(const char *path);
void plan_free(struct plan *plan);

/* Counts the packet, so call it once for each. */
struct fate plan_decide(struct plan *plan, const struct packet *p);

const char *fate_name(enum fate_kind kind);

#endif
