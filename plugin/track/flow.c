#include "track/flow.h"

#include <glib.h>
#include <string.h>

void rr_flow_init(struct rr_flow *f)
{
    *f = (struct rr_flow){ .fin = RR_NO_OFFSET, .fin_guess = RR_NO_OFFSET, .settle_at = RR_PIECES_LAZY };
}

void rr_flow_release(struct rr_flow *f)
{
    f->floor = MAX(f->floor, f->next);
    f->top = MAX(f->top, f->floor);
    f->over = f->floor;
    g_free(f->pieces);
    f->pieces = NULL;
    f->head = f->count = f->room = 0;
    f->settle_at = RR_PIECES_LAZY;
}

static struct rr_piece *piece_at(const struct rr_flow *f, uint32_t i)
{
    return &f->pieces[f->head + i];
}

/* How many pieces begin at or before `offset`. */
static uint32_t rank(const struct rr_flow *f, int64_t offset)
{
    uint32_t low = 0, high = f->count;
    if (high && piece_at(f, high - 1)->begin <= offset)
        return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (piece_at(f, middle)->begin <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool rr_flow_gap(const struct rr_flow *f, int64_t at, int64_t end, struct rr_range *gap)
{
    if (at >= f->top) {
        *gap = (struct rr_range){ at, end };
        return at < end;
    }
    if (at < f->floor)
        at = f->floor;
    if (at >= end)
        return false;
    uint32_t i = rank(f, at);
    if (i && piece_at(f, i - 1)->end > at)
        at = piece_at(f, i - 1)->end;
    for (; at < end && i < f->count && piece_at(f, i)->begin <= at; i++)
        at = piece_at(f, i)->end;
    if (at >= end)
        return false;
    *gap = (struct rr_range){ at, end };
    if (i < f->count && piece_at(f, i)->begin < end)
        gap->end = piece_at(f, i)->begin;
    return true;
}

struct rr_piece *rr_flow_piece(const struct rr_flow *f, int64_t offset)
{
    uint32_t i = rank(f, offset);
    return i && piece_at(f, i - 1)->end > offset ? piece_at(f, i - 1) : NULL;
}

const struct rr_piece *rr_flow_piece_after(const struct rr_flow *f, int64_t offset)
{
    uint32_t i = rank(f, offset - 1);
    return i < f->count ? piece_at(f, i) : NULL;
}

/* The first piece that lies in the bytes from `offset` on, at least partly. */
static uint32_t first_from(const struct rr_flow *f, int64_t offset)
{
    uint32_t i = rank(f, offset);
    return i && piece_at(f, i - 1)->end > offset ? i - 1 : i;
}

bool rr_flow_since(const struct rr_flow *f, int64_t offset, struct rr_range *range)
{
    uint32_t i = first_from(f, range->begin);
    while (i < f->count && piece_at(f, i)->begin < range->end && piece_at(f, i)->acked <= offset)
        i++;
    if (i == f->count)
        return false;
    range->begin = MAX(range->begin, piece_at(f, i)->begin);
    return range->begin < range->end;
}

/* Room for one more at the end, by moving back where that is little to move for what lies idle before the
 * head. */
static void make_room(struct rr_flow *f)
{
    if (f->head && (f->head >= f->count || f->count <= RR_PIECES_LAZY)) {
        memmove(f->pieces, f->pieces + f->head, f->count * sizeof *f->pieces);
        f->head = 0;
        return;
    }
    f->room = f->room ? f->room * 2 : RR_PIECES_FIRST;
    f->pieces = g_renew(struct rr_piece, f->pieces, f->room);
}

/* Where a piece that begins at `offset` goes: those above make way. */
static struct rr_piece *place_for(struct rr_flow *f, int64_t offset)
{
    uint32_t i = offset >= f->top ? f->count : rank(f, offset);
    if (i == 0 && f->head) {
        f->head--;
    } else {
        if (f->head + f->count == f->room)
            make_room(f);
        if (i < f->count)
            memmove(piece_at(f, i + 1), piece_at(f, i), (f->count - i) * sizeof *f->pieces);
    }
    f->count++;
    return piece_at(f, i);
}

void rr_flow_add(struct rr_flow *f, const struct rr_piece *piece)
{
    *place_for(f, piece->begin) = *piece;
    f->top = MAX(f->top, piece->end);
    f->seen += piece->bytes;
    if (f->next < piece->end)
        f->next = piece->end;
}

/* Adds `bytes` of `piece` to a sum of pieces below it. */
static void merge(struct rr_piece *sum, const struct rr_piece *piece, int64_t bytes)
{
    bool same_frame = sum->last_frame == piece->first_frame;
    if (!sum->first_frame || piece->first_frame < sum->first_frame) {
        sum->first_frame = piece->first_frame;
        sum->first_time = piece->first_time;
    }
    if (sum->last_frame <= piece->last_frame) {
        sum->last_frame = piece->last_frame;
        sum->last_time = piece->last_time;
    }
    sum->end = piece->end;
    sum->bytes += bytes;
    sum->acked = piece->acked;
    sum->segments += piece->segments - (same_frame && piece->segments ? 1 : 0);
    sum->repeats += piece->repeats;
    sum->cut |= piece->cut;
    if (!sum->protocol)
        sum->protocol = piece->protocol;
}

/* What `piece` has of a range that lies within it. */
static struct rr_piece part_of(const struct rr_piece *piece, int64_t begin, int64_t end)
{
    struct rr_piece part = *piece;
    part.begin = begin;
    part.end = end;
    part.bytes = MIN(end - begin, piece->bytes);
    if (begin != piece->begin)
        part.summary = NULL;
    return part;
}

struct rr_piece rr_flow_sum(const struct rr_flow *f, int64_t begin, int64_t end)
{
    uint32_t i = first_from(f, begin);
    if (i < f->count && piece_at(f, i)->begin <= begin && piece_at(f, i)->end >= end && begin < end)
        return part_of(piece_at(f, i), begin, end);
    struct rr_piece sum = { .begin = begin, .end = begin };
    for (; i < f->count && piece_at(f, i)->begin < end; i++) {
        const struct rr_piece *p = piece_at(f, i);
        int64_t within = MIN(p->end, end) - MAX(p->begin, begin);
        if (p->begin == begin)
            sum.summary = p->summary;
        merge(&sum, p, MIN(within, p->bytes));
    }
    sum.end = end;
    return sum;
}

int64_t rr_flow_forgotten(const struct rr_flow *f)
{
    return f->count ? MIN(f->floor, piece_at(f, 0)->begin) : f->floor;
}

int64_t rr_flow_dropped(const struct rr_flow *f, int64_t begin, int64_t end)
{
    return MAX(MIN(rr_flow_forgotten(f), end) - MAX(begin, f->over), 0);
}

bool rr_flow_saw(const struct rr_flow *f, int64_t begin, int64_t end)
{
    uint32_t i = first_from(f, begin);
    while (i < f->count && piece_at(f, i)->begin < end && !piece_at(f, i)->bytes)
        i++;
    bool kept = i < f->count && piece_at(f, i)->begin < end;
    return kept || rr_flow_dropped(f, begin, end);
}

int64_t rr_flow_solid(const struct rr_flow *f)
{
    struct rr_range gap;
    bool lacks = rr_flow_missing(f) > 0 && rr_flow_gap(f, f->floor, f->next, &gap);
    return lacks ? gap.begin : f->next;
}

void rr_flow_settle(struct rr_flow *f, int64_t keep, int64_t upto)
{
    while (f->count && piece_at(f, 0)->end <= keep) {
        f->floor = MAX(f->floor, piece_at(f, 0)->end);
        f->head++;
        f->count--;
    }
    while (f->count > 1 && piece_at(f, 1)->end <= upto) {
        struct rr_piece sum = *piece_at(f, 0);
        merge(&sum, piece_at(f, 1), piece_at(f, 1)->bytes);
        *piece_at(f, 1) = sum;
        f->head++;
        f->count--;
    }
    if (f->count && piece_at(f, 0)->end <= upto)
        f->floor = MAX(f->floor, piece_at(f, 0)->end);
}

void rr_flow_squeeze(struct rr_flow *f, int64_t upto)
{
    int64_t acked = f->count ? piece_at(f, 0)->acked : 0;
    rr_flow_settle(f, INT64_MIN, upto);
    if (f->count)
        piece_at(f, 0)->acked = acked;
}
