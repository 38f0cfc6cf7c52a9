#include "track/quiet.h"

#include "track/joins.h"
#include "track/lines.h"
#include "track/messages.h"
#include "track/pdus.h"

struct rr_quiet_one {
    uint64_t key;
    struct rr_exchange *exchange;
};

void rr_quiet_init(struct rr_quiet *q)
{
    *q = (struct rr_quiet){ .asked = g_array_new(FALSE, FALSE, sizeof(struct rr_quiet_one)) };
}

void rr_quiet_release(struct rr_quiet *q)
{
    g_array_free(q->asked, TRUE);
}

void rr_quiet_asked(struct rr_quiet *q, uint64_t key, struct rr_exchange *x)
{
    struct rr_quiet_one one = { key, x };
    rr_prove(x, RR_PROOF_QUIET);
    g_array_append_val(q->asked, one);
}

/* How many wait before x in the line; all where it does not. */
static guint before(const struct rr_line *line, const struct rr_exchange *x)
{
    guint low = 0, n = rr_line_length(line), high = n;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (rr_line_nth(line, middle)->request.begin < x->request.begin)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && rr_line_nth(line, low) == x ? low : n;
}

/* So were those before it with its key, whose answers are then not in the capture. */
static void pass_over(struct rr_conn *c, const struct rr_quiet_one *one)
{
    struct rr_line *line = rr_lines_find(c->pdus, one->key);
    guint n = line ? rr_line_length(line) : 0, first = n ? before(line, one->exchange) : n;
    if (first == n)
        return;
    for (; first > 0; first--)
        rr_joins_drop(c, line);
    rr_joins_give_up(c, rr_joins_leave(c, line), RR_BY_NEXT);
    rr_lines_leave(c->pdus, line, one->key);
}

void rr_quiet_pass(struct rr_conn *c, const struct rr_exchange *x)
{
    struct rr_quiet *q = &c->pdus->quiet;
    for (; q->head < q->asked->len; q->head++) {
        const struct rr_quiet_one *one = &g_array_index(q->asked, struct rr_quiet_one, q->head);
        if (one->exchange->request.begin >= x->request.begin)
            break;
        pass_over(c, one);
    }
    if (q->head == q->asked->len) {
        q->head = 0;
        g_array_set_size(q->asked, 0);
    }
}
