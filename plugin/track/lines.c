#include "track/lines.h"

static void line_free(gpointer line)
{
    rr_list_release(&((struct rr_line *)line)->waiting);
    g_free(line);
}

static gint by_key(gconstpointer a, gconstpointer b, gpointer user G_GNUC_UNUSED)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

GTree *rr_lines_new(void)
{
    return g_tree_new_full(by_key, NULL, g_free, line_free);
}

struct rr_line *rr_lines_find(const struct rr_pdus *p, uint64_t key)
{
    return g_tree_lookup(p->keyed, &key);
}

/* All keys are given up where too many are in use. */
struct rr_line *rr_lines_of(struct rr_pdus *p, uint64_t key)
{
    struct rr_line *line = rr_lines_find(p, key);
    if (line)
        return line;
    if (g_tree_nnodes(p->keyed) >= (gint)RR_PDUS_WAITING_MAX) {
        g_tree_remove_all(p->keyed);
        p->waiting = rr_line_length(&p->line);
    }
    line = g_new0(struct rr_line, 1);
    g_tree_insert(p->keyed, g_memdup2(&key, sizeof key), line);
    return line;
}

void rr_lines_leave(struct rr_pdus *p, const struct rr_line *line, uint64_t key)
{
    bool goes_on = (line->telling && line->telling->response.ended_by == RR_GOING_ON) ||
                   (line->asking && line->asking->request.ended_by == RR_GOING_ON) ||
                   (line->aside && line->aside->response.ended_by == RR_GOING_ON);
    if (!rr_line_length(line) && !goes_on && !line->shifted && !line->cancelled)
        g_tree_remove(p->keyed, &key);
}
