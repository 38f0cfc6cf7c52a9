/* What lives as long as the open capture file: the tracker, and what it said of each frame. */
#ifndef RR_CAPTURE_H
#define RR_CAPTURE_H

#include "track/tracker.h"

void rr_capture_register(void);

/* NULL while no file is open. */
struct rr_tracker *rr_capture_tracker(void);

/* Remembering: begin a frame, then add a verdict for each segment of it.  A frame's number can come again
 * (`tshark -2 -R` gives that of a rejected frame to the next one): the last one counts. */
void rr_capture_begin_frame(uint32_t frame);
void rr_capture_remember(uint32_t frame, const struct rr_verdict *v);

/* `first` is good until the next frame is begun or looked up. */
struct rr_verdicts {
    const struct rr_verdict *first;
    size_t count;
};
struct rr_verdicts rr_capture_verdicts(uint32_t frame);

/* The highest that was begun; 0 where there was none. */
uint32_t rr_capture_last_frame(void);

/* A number came again: frames that were told of need not have their own. */
bool rr_capture_is_renumbered(void);

/* Calls `ended` when the capture goes: all reports are in, the tracker still there. */
void rr_capture_on_end(void (*ended)(void *user), void *user);

#endif
