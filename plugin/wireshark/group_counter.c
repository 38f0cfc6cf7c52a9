#include "measure/groups.h"
#include "wireshark/tables.h"

static void exchange(void *groups, const struct rr_exchange *x)
{
    rr_groups_exchange(groups, x);
}

static void connection(void *groups, const struct rr_connection *c)
{
    rr_groups_connection(groups, c);
}

static void merge(void *into, const void *from)
{
    rr_groups_merge(into, from);
}

static void release(void *groups)
{
    rr_groups_free(groups);
}

const struct rr_counter rr_group_counter = {
    .exchange = exchange,
    .connection = connection,
    .merge = merge,
    .release = release,
};
