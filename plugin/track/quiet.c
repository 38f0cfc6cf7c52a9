#include "track/quiet.h"

#include "track/joins.h"
#include "track/messages.h"

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

static void pass_over(struct rr_conn *c, const struct rr_quiet_one *one)
{
    struct rr_line *line = g_hash_table_lookup(c->pdus->keyed, &one->key);
    guint i = 0, n = line ? rr_line_length(line) : 0;
    while (i < n && rr_line_nth(line, i) != one->exchange)
        i++;
    if (i == n)
        return;
    rr_joins_give_up(c, rr_joins_take_out(c, line, i), RR_BY_NEXT);
    if (n == 1 && !line->telling)
        g_hash_table_remove(c->pdus->keyed, &one->key);
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
