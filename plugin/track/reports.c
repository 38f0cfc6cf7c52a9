#include "track/reports.h"

#include <glib.h>

struct frozen {
    struct rr_exchange copy;
    const struct rr_exchange *live;
};

struct entry {
    union {
        const struct rr_exchange *live;
        const struct frozen *frozen;
        const struct rr_connection *connection;
    } of;
    uint32_t frame;
    uint8_t rows;
    bool is_frozen;
};

enum { BLOCK = 1024 };

struct rr_reports {
    GPtrArray *blocks; /* of BLOCK entries each */
    size_t count;
    GPtrArray *copies; /* of exchanges and connections, as they were */
};

struct rr_reports *rr_reports_new(void)
{
    struct rr_reports *r = g_new0(struct rr_reports, 1);
    r->blocks = g_ptr_array_new_with_free_func(g_free);
    r->copies = g_ptr_array_new_with_free_func(g_free);
    return r;
}

void rr_reports_free(struct rr_reports *r)
{
    g_ptr_array_free(r->blocks, TRUE);
    g_ptr_array_free(r->copies, TRUE);
    g_free(r);
}

static struct entry *entry_at(const struct rr_reports *r, size_t i)
{
    struct entry *block = g_ptr_array_index(r->blocks, i / BLOCK);
    return &block[i % BLOCK];
}

static void append(struct rr_reports *r, struct entry e)
{
    if (r->count % BLOCK == 0)
        g_ptr_array_add(r->blocks, g_new(struct entry, BLOCK));
    *entry_at(r, r->count++) = e;
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

    append(r, (struct entry){ .of.live = x, .frame = frame, .rows = rows });
    if (rows & RR_ROW_REQUEST)
        x->entry[RR_ENTRY_REQUEST] = (uint32_t)r->count;
    if (rows & (RR_ROW_RESPONSE | RR_ROW_EXCHANGE))
        x->entry[RR_ENTRY_ANSWER] = (uint32_t)r->count;
}

void rr_reports_connection(struct rr_reports *r, struct rr_connection *c, uint32_t frame)
{
    c->part++;
    struct rr_connection *copy = g_memdup2(c, sizeof *c);
    g_ptr_array_add(r->copies, copy);
    append(r, (struct entry){ .of.connection = copy, .frame = frame, .rows = RR_ROW_CONNECTION });
}

void rr_reports_freeze(struct rr_reports *r, struct rr_exchange *x)
{
    struct frozen *f = NULL;
    for (int i = 0; i < 2; i++) {
        if (!x->entry[i])
            continue;
        struct entry *e = entry_at(r, x->entry[i] - 1);
        x->entry[i] = 0;
        if (e->is_frozen)
            continue;
        if (!f) {
            f = g_new(struct frozen, 1);
            *f = (struct frozen){ *x, x };
            g_ptr_array_add(r->copies, f);
        }
        e->of.frozen = f;
        e->is_frozen = true;
    }
}

size_t rr_reports_count(const struct rr_reports *r)
{
    return r->count;
}

struct rr_report rr_reports_get(const struct rr_reports *r, size_t i)
{
    const struct entry *e = entry_at(r, i);
    struct rr_report report = { .frame = e->frame, .rows = e->rows };
    if (e->rows & RR_ROW_CONNECTION) {
        report.connection = e->of.connection;
        return report;
    }
    report.exchange = e->is_frozen ? &e->of.frozen->copy : e->of.live;
    report.live = e->is_frozen ? e->of.frozen->live : e->of.live;
    report.connection = report.live->connection;
    return report;
}
