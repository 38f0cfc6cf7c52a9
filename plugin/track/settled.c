/* Which messages no row will show otherwise than it did. */
#include "track/datagrams.h"
#include "track/messages.h"
#include "track/pdus.h"

static int64_t begin_of(const struct rr_conn *c, int side, int i)
{
    return i < 0 ? 0 : rr_side_of(rr_nth(c, side, (guint)i), side)->begin;
}

/* The first message of a side from which on all are to be kept: the first whose exchange waits to be
 * reported. */
static int first_open(const struct rr_conn *c, int side)
{
    int i = (int)c->messages[side].len;
    while (i > 0) {
        struct rr_exchange *x = rr_nth(c, side, (guint)i - 1);
        const struct rr_message *m = rr_side_of(x, side);
        bool told = (m->part || !rr_exists(m)) && (x->part || rr_is_push(x));
        if (told)
            break;
        i--;
    }
    return i;
}

static int64_t open_at(const struct rr_conn *c, int side)
{
    int i = first_open(c, side);
    return i < (int)c->messages[side].len ? begin_of(c, side, i) : c->flow[side].next;
}

/* A late segment can give the bytes of a message of the server to the one before it, and can give the older
 * of two requests an answer of its own: so the last but one that is settled still counts. */
static int first_told(const struct rr_conn *c)
{
    int i = rr_find(c, RR_SERVER, c->flow[RR_SERVER].floor) - 1;
    return MAX(i, 0);
}

/* The client's bytes before this are in requests that are over and done with, and so are their answers. */
static int64_t asked_from(const struct rr_conn *c)
{
    int64_t from = begin_of(c, RR_CLIENT, rr_find(c, RR_CLIENT, c->flow[RR_CLIENT].floor - 1));
    if (rr_last(c, RR_SERVER))
        from = MIN(from, rr_nth(c, RR_SERVER, (guint)first_told(c))->request.begin);
    return MIN(from, open_at(c, RR_CLIENT));
}

static int64_t told_from(const struct rr_conn *c)
{
    int i = first_told(c);
    int64_t asked = asked_from(c);
    if (!rr_last(c, RR_SERVER))
        return 0;
    while (i > 0 && rr_nth(c, RR_SERVER, (guint)i - 1)->request.end > asked)
        i--;
    return MIN(begin_of(c, RR_SERVER, i), open_at(c, RR_SERVER));
}

/* Under a rule a message changes as long as it was not reported, and no more. */
static struct rr_settled ruled(int64_t open, int64_t end, const struct rr_pending *pending)
{
    return (struct rr_settled){ open, open, open, open, end, pending->list.len - pending->first };
}

struct rr_settled rr_tracker_settled(const struct rr_connection *connection, int side)
{
    const struct rr_conn *c = (const struct rr_conn *)connection;
    int64_t floor = c->flow[side].floor;
    if (c->datagrams)
        return ruled(rr_datagrams_open(c->datagrams, side), c->datagrams->next[side], &c->datagrams->pending);
    if (c->pdus)
        return ruled(rr_pdus_open(c->pdus, side), c->pdus->upto[side], &c->pdus->pending);
    int64_t from = side == RR_CLIENT ? asked_from(c) : told_from(c);
    return (struct rr_settled){
        .from = from,
        .open = open_at(c, side),
        .floor = floor,
        .floored = begin_of(c, side, rr_find(c, side, floor - 1)),
        .last = begin_of(c, side, (int)c->messages[side].len - 1),
        .cost = c->messages[side].len - (size_t)MAX(rr_find(c, side, from), 0),
    };
}
