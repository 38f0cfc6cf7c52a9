/* A conversation before the tracker, with what is known of it. */
#ifndef RR_RUN_H
#define RR_RUN_H

#include "dissector.h"
#include "track/payload.h"
#include "unit/audit.h"

enum { SEGMENTS_MAX = 4096 };

struct span {
    uint32_t way; /* stream and end */
    int64_t begin, end;
};

struct run {
    struct conversation talk;
    struct dissector dissector;
    const struct rr_connection *connection[CONVERSATION_CONNECTIONS];
    uint32_t place[CONVERSATION_CONNECTIONS]; /* of those by datagrams */
    struct rr_tracker *tracker;
    struct audit *audit;
    struct rr_payload *payload;
    size_t report; /* the first whose bytes were not looked at */
    struct span span[SEGMENTS_MAX];
    struct rr_verdict verdict[SEGMENTS_MAX];
    uint32_t seq[SEGMENTS_MAX]; /* of the verdict's payload */
    size_t segments;
    bool told;
};

/* What a direction of a connection says at `offset`. */
uint8_t run_byte(const struct run *run, const struct rr_connection *c, int side, int64_t offset);

/* Those by turns tile their directions; others take stretches of them. */
bool run_is_by_turns(const struct run *run, const struct rr_connection *c);

/* How many different bytes of a way were captured from `begin` to `end`, once the spans are in order. */
int64_t run_captured(const struct run *run, uint32_t way, int64_t begin, int64_t end);

/* Nothing made it doubtful where a direction begins or whether it goes on: every byte is told of. */
bool run_is_plain(const struct talk *talk, const struct rr_connection *c);

/* Of messages by rule, what holds instead of the tiling: of those that a segment shows, and of all. */
void told_check_shown(const struct run *run, const struct rr_verdict *v);
void told_check_books(const struct run *run, uint32_t stream);

#endif
