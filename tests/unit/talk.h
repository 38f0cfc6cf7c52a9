/* Messages that a dissector tells apart, as a line of text, and what the tracker makes of them.
 *
 *   syn         the three segments of a handshake; without it the capture begins in the middle
 *   >10+20@5    at 5 ms the client sends two messages of 10 and 20 bytes in one segment
 *   <5@7        the server one
 *   >F <F       the end of a side
 *   tick@99     a frame of another conversation
 *
 * After a message's length:
 *
 *   =7          its key                              *3    three that follow are parts of it
 *   ?           nobody understood it                 u8    it was decrypted: 8 bytes
 *   c7          it takes back what was asked with 7
 *   and the letters of `letters` in talk.c
 *
 * What is told ends with what is out of the ordinary: `d2` its depth, `c1` a copy, `i5` and `h5` ms until an
 * interim answer came, and held up.
 *
 * After the time:
 *
 *   /30         the bytes it acknowledges, instead of all that were sent before
 *   ^10         where its bytes are, instead of behind those before
 *   #2          its first message begins so many bytes before it
 *   !           it is not captured                   z     the window is zero
 */
#ifndef RR_TALK_H
#define RR_TALK_H

#include "track/tracker.h"

/* A conversation of which no message was told yet. */
struct talk {
    struct rr_tracker *tracker;
    int64_t sent[2];
    struct rr_point now;
};

struct talk talk_begin(void);
void talk_shake_hands(struct talk *p);
void talk_segment(struct talk *p, const char *at);

/* What was told of it in all, to be freed; the tracker is still there. */
char *talk_end(struct talk *p);

/* The same of a whole script.  Checks on the way that nothing is told twice and no reported row changes. */
char *talk_perform(const char *script);

/* What is told of a script, as a test of that name. */
struct talk_play {
    const char *name, *script, *told;
};

void talk_add_tests(const struct talk_play *plays, size_t count);

#endif
