#include "track/guesses.h"

void rr_guesses_forget(struct rr_order *o)
{
    o->guess = o->taken = o->crossed = (struct rr_range){ 0 };
}

bool rr_guesses_confirm(struct rr_order *o, int64_t begin, int64_t end)
{
    bool right = !rr_range_empty(o->guess) && o->guess.begin == begin && o->guess.end <= end;
    if (right) {
        o->guess = o->gap = (struct rr_range){ 0 };
        o->sure = true;
    }
    return right;
}

bool rr_guesses_complete(struct rr_order *o, int64_t begin)
{
    bool right =
        !rr_range_empty(o->taken) && o->taken.begin == begin && o->taken.end == o->upto && !o->held->len;
    o->sure |= right;
    o->overlaps |= !right;
    o->guessed &= !right;
    o->broken &= !right;
    o->taken = (struct rr_range){ 0 };
    return right;
}

void rr_guesses_cross(struct rr_order *o, struct rr_range said)
{
    bool sure = rr_order_is_sure(o);
    rr_order_missed(o, (struct rr_range){ 0 });
    if (sure)
        o->crossed = said;
}

void rr_guesses_uncross(struct rr_order *o, struct rr_range told)
{
    if (rr_range_empty(o->crossed) || told.begin > o->crossed.begin || told.end < o->crossed.end)
        return;
    o->crossed = (struct rr_range){ 0 };
    o->sure = true;
}
