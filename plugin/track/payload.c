#include "track/payload.h"

#include <glib.h>
#include <string.h>

/* What it takes to know what can go is worth so many bytes more that are kept. */
enum { BYTES_A_LOOK = 8 };

/* What one segment brought of the bytes that were not there. */
struct chunk {
    int64_t begin, end;
    uint8_t *bytes;
};

/* What allowed to drop bytes, and where. */
struct trim {
    struct rr_settled settled;
    int64_t at; /* offset of the segment before it */
};

struct direction {
    GArray *chunks; /* of struct chunk, in order, without overlap; NULL: none */
    size_t kept, trim_at;
    GArray *trims; /* in the order in which they were made */
    guint next;    /* of them to be made again */
};

/* A direction that has grown enough. */
struct grown {
    const struct rr_connection *connection;
    int side;
    int64_t at; /* offset of the segment that made it grow */
};

struct rr_payload {
    struct rr_payload_limits limits;
    bool again; /* the tracker is ahead of what is told */
    size_t kept;
    uint64_t refused;
    GPtrArray *connections; /* by place: of struct direction[2] */
    GArray *grown;          /* in this frame: of struct grown */
    size_t report;          /* the first that was not looked at */
    GByteArray *assembled[2];
};

struct rr_payload *rr_payload_new(struct rr_payload_limits limits)
{
    struct rr_payload *p = g_new0(struct rr_payload, 1);
    p->limits = limits;
    p->connections = g_ptr_array_new();
    p->grown = g_array_new(FALSE, FALSE, sizeof(struct grown));
    for (int side = 0; side < 2; side++)
        p->assembled[side] = g_byte_array_new();
    return p;
}

static struct direction *find(const struct rr_payload *p, const struct rr_connection *c)
{
    uint64_t place = rr_connection_place(c);
    return place < p->connections->len ? g_ptr_array_index(p->connections, place) : NULL;
}

static struct direction *find_or_make(struct rr_payload *p, const struct rr_connection *c)
{
    struct direction *d = find(p, c);
    if (d)
        return d;
    uint64_t place = rr_connection_place(c);
    if (place >= p->connections->len)
        g_ptr_array_set_size(p->connections, (gint)place + 1);
    d = g_new0(struct direction, 2);
    d[0].trim_at = d[1].trim_at = p->limits.lazy;
    g_ptr_array_index(p->connections, place) = d;
    return d;
}

static struct chunk *chunk_at(const struct direction *d, guint i)
{
    return &g_array_index(d->chunks, struct chunk, i);
}

/* The first chunk that ends behind `offset`. */
static guint find_chunk(const struct direction *d, int64_t offset)
{
    guint low = 0, high = d->chunks->len;
    if (high && chunk_at(d, high - 1)->end <= offset)
        return high;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (chunk_at(d, middle)->end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct rr_payload *p, struct direction *d, guint i, struct chunk c)
{
    size_t length = (size_t)(c.end - c.begin);
    c.bytes = g_memdup2(c.bytes, length);
    g_array_insert_val(d->chunks, i, c);
    d->kept += length;
    p->kept += length;
}

/* The first captured copy of a byte stays. */
static void fill(struct rr_payload *p, struct direction *d, int64_t begin, int64_t end, const uint8_t *bytes)
{
    if (!d->chunks)
        d->chunks = g_array_new(FALSE, FALSE, sizeof(struct chunk));
    guint i = find_chunk(d, begin);
    for (int64_t at = begin; at < end; i++) {
        bool is_there = i < d->chunks->len && chunk_at(d, i)->begin <= at;
        if (!is_there) {
            int64_t stop = i < d->chunks->len ? MIN(end, chunk_at(d, i)->begin) : end;
            insert(p, d, i, (struct chunk){ at, stop, (uint8_t *)bytes + (at - begin) });
        }
        at = chunk_at(d, i)->end;
    }
}

/* Drops the chunks that lie within. */
static void drop(struct rr_payload *p, struct direction *d, int64_t begin, int64_t end)
{
    if (!d->chunks || begin >= end)
        return;
    guint first = begin == INT64_MIN ? 0 : find_chunk(d, begin), after;
    if (first < d->chunks->len && chunk_at(d, first)->begin < begin)
        first++;
    for (after = first; after < d->chunks->len && chunk_at(d, after)->end <= end; after++) {
        size_t length = (size_t)(chunk_at(d, after)->end - chunk_at(d, after)->begin);
        g_free(chunk_at(d, after)->bytes);
        d->kept -= length;
        p->kept -= length;
    }
    g_array_remove_range(d->chunks, first, after - first);
}

/* Drops what no row will show, and what is beyond the bounds. */
static void drop_settled(struct rr_payload *p, struct direction *d, const struct rr_settled *s)
{
    int64_t most = (int64_t)p->limits.most, slack = (int64_t)p->limits.slack,
            top = d->chunks->len ? chunk_at(d, d->chunks->len - 1)->end : 0;
    drop(p, d, INT64_MIN, MAX(s->from, s->open - slack));
    drop(p, d, s->floored + most, s->floor);
    drop(p, d, s->last + most, top - slack);
    d->trim_at = d->kept + MAX(MAX(d->kept / 2, p->limits.lazy), s->cost * BYTES_A_LOOK);
}

/* What the tracker allows; when told again, what it allowed at that place, as now it is ahead.  NULL where
 * other segments are told than the first time. */
static const struct rr_settled *settled(const struct rr_payload *p, struct direction *d,
                                        const struct grown *g)
{
    if (!p->again) {
        struct trim t = { rr_tracker_settled(g->connection, g->side), g->at };
        if (!d->trims)
            d->trims = g_array_new(FALSE, FALSE, sizeof t);
        g_array_append_val(d->trims, t);
    }
    bool known = d->trims && d->next < d->trims->len;
    const struct trim *t = known ? &g_array_index(d->trims, struct trim, d->next) : NULL;
    d->next++;
    return t && t->at == g->at ? &t->settled : NULL;
}

static void trim(struct rr_payload *p, const struct grown *g)
{
    struct direction *d = find(p, g->connection) + g->side;
    const struct rr_settled *s = d->chunks ? settled(p, d, g) : NULL;
    if (s)
        drop_settled(p, d, s);
    else
        d->trim_at = SIZE_MAX;
}

/* The connection is over, and all its rows are out. */
static void forget(struct rr_payload *p, const struct rr_connection *c)
{
    struct direction *d = find(p, c);
    for (int side = 0; side < 2 && d; side++)
        drop(p, &d[side], INT64_MIN, INT64_MAX);
}

void rr_payload_begin_frame(struct rr_payload *p, const struct rr_tracker *t, uint32_t frame)
{
    for (guint i = 0; i < p->grown->len; i++)
        trim(p, &g_array_index(p->grown, struct grown, i));
    g_array_set_size(p->grown, 0);
    for (; p->report < rr_tracker_report_count(t); p->report++) {
        struct rr_report r = rr_tracker_report(t, p->report);
        if (r.frame >= frame)
            break;
        if (r.rows & RR_ROW_CONNECTION)
            forget(p, r.connection);
    }
}

void rr_payload_add(struct rr_payload *p, const struct rr_verdict *v, const uint8_t *payload,
                    uint32_t captured)
{
    uint32_t begin = v->held ? 0 : v->skip, end = MIN(v->held ? 1 : v->skip + v->take, captured);
    if (begin >= end)
        return;
    if (p->limits.total && end - begin > p->limits.total - MIN(p->kept, p->limits.total)) {
        p->refused += end - begin;
        return;
    }
    struct direction *d = find_or_make(p, v->connection) + v->side;
    fill(p, d, v->begin + begin, v->begin + end, payload + begin);
    if (d->kept < d->trim_at)
        return;
    struct grown g = { v->connection, v->side, v->begin };
    g_array_append_val(p->grown, g);
    d->trim_at = SIZE_MAX;
}

struct gathering {
    const struct direction *from;
    GByteArray *all;
    int64_t left; /* of the message's first bytes, captured or not, that are wanted */
};

static void gather(int64_t begin, int64_t end, void *gathering)
{
    struct gathering *g = gathering;
    const GArray *chunks = g->from->chunks;
    end = MIN(end, begin + g->left);
    g->left -= end - begin;
    for (guint i = find_chunk(g->from, begin); i < chunks->len; i++) {
        const struct chunk *k = chunk_at(g->from, i);
        int64_t from = MAX(k->begin, begin), upto = MIN(k->end, end);
        if (from >= upto)
            break;
        g_byte_array_append(g->all, k->bytes + (from - k->begin), (guint)(upto - from));
    }
}

struct rr_bytes rr_payload_bytes(struct rr_payload *p, const struct rr_connection *c, int side,
                                 const struct rr_message *m, size_t most)
{
    const struct direction *d = find(p, c);
    int64_t length = m->end - m->begin; /* when reported: by now there may be more of it */
    int64_t wanted = most < (uint64_t)length ? (int64_t)most : length;
    if (m->sealed)
        return (struct rr_bytes){ .cut = true };
    struct gathering g = { d ? &d[side] : NULL, p->assembled[side], wanted };
    g_byte_array_set_size(g.all, 0);
    if (d && d[side].chunks)
        rr_message_ranges(c, side, m, gather, &g);
    bool cut = m->torn || g.all->len != (uint64_t)(m->end - m->begin);
    return (struct rr_bytes){ g.all->data, g.all->len, cut };
}

size_t rr_payload_kept(const struct rr_payload *p)
{
    return p->kept;
}

uint64_t rr_payload_refused(const struct rr_payload *p)
{
    return p->refused;
}

static void release(struct rr_payload *p, struct direction *d)
{
    drop(p, d, INT64_MIN, INT64_MAX);
    if (d->chunks)
        g_array_free(d->chunks, TRUE);
    d->chunks = NULL;
    d->trim_at = p->limits.lazy;
    d->next = 0;
}

void rr_payload_again(struct rr_payload *p)
{
    p->again = true;
    p->report = 0;
    p->refused = 0;
    g_array_set_size(p->grown, 0);
    for (guint i = 0; i < p->connections->len; i++) {
        struct direction *d = g_ptr_array_index(p->connections, i);
        for (int side = 0; side < 2 && d; side++)
            release(p, &d[side]);
    }
}

void rr_payload_free(struct rr_payload *p)
{
    if (!p)
        return;
    for (guint i = 0; i < p->connections->len; i++) {
        struct direction *d = g_ptr_array_index(p->connections, i);
        for (int side = 0; side < 2 && d; side++) {
            release(p, &d[side]);
            if (d[side].trims)
                g_array_free(d[side].trims, TRUE);
        }
        g_free(d);
    }
    for (int side = 0; side < 2; side++)
        g_byte_array_free(p->assembled[side], TRUE);
    g_ptr_array_free(p->connections, TRUE);
    g_array_free(p->grown, TRUE);
    g_free(p);
}
