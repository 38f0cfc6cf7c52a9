/* A conversation in a line, as the server sees it, and what the tracker makes of it.
 *
 *   syn           the three segments of a handshake
 *   >100@5        the client sends its next 100 bytes at 5 ms
 *   <50@7         the server likewise
 *   >20-40@9      bytes 20 to 39 (again, or for the first time)
 *   >.@9          no bytes: an ACK
 *   <50@7/60      acknowledging 60 bytes instead of all sent before it in the line
 *   >100@5!       not captured
 *   >F@8 >R@8     FIN, RST; >10F@8 with bytes
 *   >.@9w         with a window of zero
 *   >-1@9         a keep-alive without bytes
 *   tick@99       a frame of another conversation
 */
#ifndef RR_PLAY_H
#define RR_PLAY_H

#include <glib.h>

#include "track/tracker.h"

enum { PLAY_SEGMENTS_MAX = 256 };

struct play_segment {
    bool from_server, captured, shut, tick;
    uint8_t flags;
    int64_t begin, end, ack; /* offsets from 0, SYN and FIN not counted; ack of RR_PLAY_NOTHING: no ACK */
    bool acks_fin;
    int64_t time; /* ns */
};

struct play {
    struct play_segment segment[PLAY_SEGMENTS_MAX];
    int count;
};

/* How a play is put before the tracker. */
struct disguise {
    const char *name;
    bool swapped_ends;
    uint32_t isn[2];
    int split, copies;
    bool swap_neighbours, at_client;
};

void play_parse(struct play *p, const char *script);

/* The conversation's exchanges, one word group each, in order of their bytes.  `brief`: only what no disguise
 * may change.  Checks on the way that no byte is lost and no reported row changes. */
char *play_perform(const struct play *p, const struct disguise *d, bool brief);

#endif
