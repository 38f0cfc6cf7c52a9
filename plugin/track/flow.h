/* One direction of a connection: which of its bytes the capture has shown.  Private to track/.
 *
 * Pieces are what segments brought, in order of offset; what lies between two
 * pieces is a hole.  They are kept as long as a message's boundary may still
 * fall between them, then merged or dropped, so their number stays small; at
 * RR_PIECES_MAX the lowest are merged all the same, and the holes between them
 * are given up: they stay missing, and what comes for them later is a repeat.
 */
#ifndef RR_FLOW_H
#define RR_FLOW_H

#include "track/rtt.h"

enum { RR_PIECES_MAX = 4096, RR_PIECES_LAZY = 4, RR_PIECES_FIRST = 5 };

struct rr_piece {
    int64_t begin, end;
    int64_t bytes; /* captured: end - begin, unless holes within were given up */
    int64_t acked; /* offset of the other direction that its last segment acknowledged */
    int64_t first_time, last_time;
    uint32_t first_frame, last_frame;
    const char *summary; /* of what begins here, or NULL */
    uint32_t segments, repeats;
    uint16_t protocol;
    bool cut;
};

#define RR_NO_OFFSET INT64_MAX

struct rr_flow {
    int64_t next;                /* end of what was sent, as far as is known */
    int64_t shown;               /* the highest end of a segment captured, without payload too */
    int64_t top;                 /* end of the highest byte captured or given up */
    int64_t floor;               /* no byte below is new */
    int64_t over;                /* which of the bytes below were captured, nobody knows any more */
    int64_t seen;                /* bytes captured; next - seen are missing */
    int64_t acked;               /* by the other side */
    int64_t fin;                 /* offset of the FIN, or RR_NO_OFFSET */
    int64_t fin_guess;           /* offset after what may be an uncaptured FIN, or RR_NO_OFFSET */
    bool heard;                  /* a segment of it was captured */
    bool known;                  /* offset 0 has a sequence number */
    bool whole;                  /* ... by a SYN: offset 0 is the first byte ever sent */
    bool bare;                   /* ... by a segment of its own without payload */
    bool window_shut;            /* its sender's last window was zero */
    bool pushed;                 /* its last new segment had PSH: the next may begin something */
    bool fin_heeded;             /* the FIN ended what its sender said */
    int64_t shut_at;             /* when its sender's window became zero */
    struct rr_rtt_sample sample; /* of its bytes */
    struct rr_piece *pieces;
    uint32_t head, count, room;
    uint32_t settle_at; /* the count at which settling is tried again */
};

struct rr_range {
    int64_t begin, end;
};

static inline bool rr_range_empty(struct rr_range r)
{
    return r.begin >= r.end;
}

static inline bool rr_range_covers(struct rr_range r, struct rr_range other)
{
    return r.begin <= other.begin && r.end >= other.end;
}

void rr_flow_init(struct rr_flow *f);
void rr_flow_release(struct rr_flow *f);

/* The first range of unseen bytes at or after `at` and before `end`; false where there is none. */
bool rr_flow_gap(const struct rr_flow *f, int64_t at, int64_t end, struct rr_range *gap);

/* The piece that `offset` lies in, or NULL; and the first piece that begins at or after it, or NULL. */
struct rr_piece *rr_flow_piece(const struct rr_flow *f, int64_t offset);
const struct rr_piece *rr_flow_piece_after(const struct rr_flow *f, int64_t offset);

/* What of the range came when the other end's byte at `offset` had arrived: from the first piece of it that
 * acknowledges that byte; false where that is nothing. */
bool rr_flow_since(const struct rr_flow *f, int64_t offset, struct rr_range *range);

/* `piece` lies in a gap. */
void rr_flow_add(struct rr_flow *f, const struct rr_piece *piece);

/* What the pieces from `begin` to `end` add up to; a piece that lies partly within counts with that part. */
struct rr_piece rr_flow_sum(const struct rr_flow *f, int64_t begin, int64_t end);

/* End of the bytes whose pieces were dropped. */
int64_t rr_flow_forgotten(const struct rr_flow *f);

/* How many captured bytes of a range lie in pieces that were dropped: all, unless the flow was released. */
int64_t rr_flow_dropped(const struct rr_flow *f, int64_t begin, int64_t end);

/* How many bytes of a range were captured. */
static inline int64_t rr_flow_captured(const struct rr_flow *f, int64_t begin, int64_t end)
{
    return rr_flow_sum(f, begin, end).bytes + rr_flow_dropped(f, begin, end);
}

/* Any of a range was captured: known from the first such byte on. */
bool rr_flow_saw(const struct rr_flow *f, int64_t begin, int64_t end);

/* True where all pieces of the bytes from `begin` on are still there. */
static inline bool rr_flow_remembers(const struct rr_flow *f, int64_t begin)
{
    return begin >= rr_flow_forgotten(f);
}

/* End of the bytes before the first hole. */
int64_t rr_flow_solid(const struct rr_flow *f);

/* Drops pieces below `keep`, and merges those from there to `upto`; floor follows. */
void rr_flow_settle(struct rr_flow *f, int64_t keep, int64_t upto);

/* Merges the pieces before `upto`, as if all had acknowledged what the first did; floor follows. */
void rr_flow_squeeze(struct rr_flow *f, int64_t upto);

static inline int64_t rr_flow_missing(const struct rr_flow *f)
{
    return f->next - f->seen;
}

#endif
