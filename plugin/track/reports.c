#include "track/reports.h"

#include <glib.h>

struct frozen {
    struct rr_exchange copy;
    const struct rr_exchange *live;
};

union subject {
    const struct rr_exchange *live;
    const struct frozen *frozen;
    const struct rr_connection *connection;
    const void *any;
};

enum { BLOCK = 256, IS_FROZEN = 1 << 7 };

/* Entries, field by field: so that none takes room for padding. */
struct block {
    union subject of[BLOCK];
    uint32_t frame[BLOCK];
    uint8_t rows[BLOCK]; /* ... and whether it IS_FROZEN */
};

struct entry {
    union subject *of;
    uint32_t *frame;
    uint8_t *rows;
};

struct rr_reports {
    struct rr_arena *arena; /* also of the copies of exchanges and connections as they were */
    GPtrArray *blocks;      /* of BLOCK entries each */
    size_t count;
};

struct rr_reports *rr_reports_new(struct rr_arena *arena)
{
    struct rr_reports *r = g_new0(struct rr_reports, 1);
    r->arena = arena;
    r->blocks = g_ptr_array_new();
    return r;
}

void rr_reports_free(struct rr_reports *r)
{
    g_ptr_array_free(r->blocks, TRUE);
    g_free(r);
}

static struct entry entry_at(const struct rr_reports *r, size_t i)
{
    struct block *b = g_ptr_array_index(r->blocks, i / BLOCK);
    i %= BLOCK;
    return (struct entry){ &b->of[i], &b->frame[i], &b->rows[i] };
}

static void append(struct rr_reports *r, const void *of, uint8_t rows, uint32_t frame)
{
    if (r->count % BLOCK == 0)
        g_ptr_array_add(r->blocks, rr_arena_take(r->arena, sizeof(struct block)));
    struct entry e = entry_at(r, r->count++);
    e.of->any = of;
    *e.rows = rows;
    *e.frame = frame;
}

void rr_reports_exchange(struct rr_reports *r, struct rr_exchange *x, uint8_t rows, uint32_t frame)
{
    bool again = (rows & RR_ROW_REQUEST && x->request.part) || (rows & RR_ROW_RESPONSE && x->response.part) ||
                 (rows & RR_ROW_EXCHANGE && x->part);
    if (again)
        rr_reports_freeze(r, x);
    if (rows & RR_ROW_REQUEST)
        x->request.part++;
    if (rows & RR_ROW_RESPONSE)
        x->response.part++;
    if (rows & RR_ROW_EXCHANGE)
        x->part++;

    append(r, x, rows, frame);
    if (rows & RR_ROW_REQUEST)
        x->entry[RR_ENTRY_REQUEST] = (uint32_t)r->count;
    if (rows & (RR_ROW_RESPONSE | RR_ROW_EXCHANGE))
        x->entry[RR_ENTRY_ANSWER] = (uint32_t)r->count;
}

void rr_reports_connection(struct rr_reports *r, struct rr_connection *c, uint32_t frame)
{
    c->part++;
    struct rr_connection *copy = rr_arena_take(r->arena, sizeof *c);
    *copy = *c;
    append(r, copy, RR_ROW_CONNECTION, frame);
}

void rr_reports_freeze(struct rr_reports *r, struct rr_exchange *x)
{
    struct frozen *f = NULL;
    for (int i = 0; i < 2; i++) {
        if (!x->entry[i])
            continue;
        struct entry e = entry_at(r, x->entry[i] - 1);
        x->entry[i] = 0;
        if (*e.rows & IS_FROZEN)
            continue;
        if (!f) {
            f = rr_arena_take(r->arena, sizeof *f);
            *f = (struct frozen){ *x, x };
        }
        e.of->frozen = f;
        *e.rows |= IS_FROZEN;
    }
}

size_t rr_reports_count(const struct rr_reports *r)
{
    return r->count;
}

struct rr_report rr_reports_get(const struct rr_reports *r, size_t i)
{
    const struct entry e = entry_at(r, i);
    bool frozen = *e.rows & IS_FROZEN;
    struct rr_report report = { .frame = *e.frame, .rows = *e.rows & (uint8_t)~IS_FROZEN };
    if (report.rows & RR_ROW_CONNECTION) {
        report.connection = e.of->connection;
        return report;
    }
    report.exchange = frozen ? &e.of->frozen->copy : e.of->live;
    report.live = frozen ? e.of->frozen->live : e.of->live;
    report.connection = report.live->connection;
    return report;
}
