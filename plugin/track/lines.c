#include "track/lines.h"

static void line_free(gpointer line)
{
    rr_list_release(&((struct rr_line *)line)->waiting);
    g_free(line);
}

GHashTable *rr_lines_new(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, line_free);
}

struct rr_line *rr_lines_find(const struct rr_pdus *p, uint64_t key)
{
    return g_hash_table_lookup(p->keyed, &key);
}

/* All keys are given up where too many are in use. */
struct rr_line *rr_lines_of(struct rr_pdus *p, uint64_t key)
{
    struct rr_line *line = rr_lines_find(p, key);
    if (line)
        return line;
    if (g_hash_table_size(p->keyed) >= RR_PDUS_WAITING_MAX) {
        g_hash_table_remove_all(p->keyed);
        p->waiting = rr_line_length(&p->line);
    }
    line = g_new0(struct rr_line, 1);
    g_hash_table_insert(p->keyed, g_memdup2(&key, sizeof key), line);
    return line;
}

void rr_lines_leave(struct rr_pdus *p, const struct rr_line *line, uint64_t key)
{
    bool goes_on = (line->telling && line->telling->response.ended_by == RR_GOING_ON) ||
                   (line->asking && line->asking->request.ended_by == RR_GOING_ON) ||
                   (line->aside && line->aside->response.ended_by == RR_GOING_ON);
    if (!rr_line_length(line) && !goes_on && !line->shifted && !line->cancelled)
        g_hash_table_remove(p->keyed, &key);
}
