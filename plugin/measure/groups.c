#include "measure/groups.h"

#include <glib.h>
#include <string.h>

#include "exchange/endpoint.h"
#include "measure/stat_options.h"

struct entry {
    struct rr_group group; /* first: what callers see */
    uint32_t place;        /* in order of coming */
    GHashTable *seen;      /* by verb: its connections */
};

struct rr_groups {
    enum rr_grouping by;
    int64_t slow;
    GPtrArray *entries;        /* of struct entry, without `other` */
    GHashTable *by_name;       /* name -> entry */
    GHashTable *by_connection; /* connection -> entry, where it tells the group */
    struct entry *other, *total;
};

static const char *const grouping_names[RR_GROUPING_COUNT] = {
    [RR_BY_SERVER] = "server", [RR_BY_CLIENT] = "client", [RR_BY_CONNECTION] = "connection",
    [RR_BY_VERB] = "verb",     [RR_BY_PORT] = "port",
};

const char *rr_grouping_name(enum rr_grouping by)
{
    return grouping_names[by];
}

bool rr_grouping_named(const char *name, enum rr_grouping *by)
{
    int choice = *by;
    bool known = rr_stat_option_choice(name, grouping_names, RR_GROUPING_COUNT, &choice);
    *by = (enum rr_grouping)choice;
    return known;
}

enum rr_grouping rr_groups_by(const struct rr_groups *g)
{
    return g->by;
}

double rr_totals_repeat_share(const struct rr_totals *t)
{
    uint64_t all = t->segments + t->repeats;
    return all ? (double)t->repeats / (double)all : 0;
}

static struct entry *entry_new(const char *name)
{
    struct entry *e = g_new0(struct entry, 1);
    e->group.name = g_strdup(name);
    return e;
}

static void entry_free(gpointer entry)
{
    struct entry *e = entry;
    if (!e)
        return;
    rr_latency_release(&e->group.totals.latency);
    if (e->seen)
        g_hash_table_destroy(e->seen);
    g_free(e->group.name);
    g_free(e->group.host);
    g_free(e);
}

struct rr_groups *rr_groups_new(enum rr_grouping by, int64_t slow)
{
    struct rr_groups *g = g_new0(struct rr_groups, 1);
    g->by = by;
    g->slow = slow;
    g->entries = g_ptr_array_new_with_free_func(entry_free);
    g->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    g->by_connection = g_hash_table_new(NULL, NULL);
    g->total = entry_new("total");
    return g;
}

void rr_groups_free(struct rr_groups *g)
{
    if (!g)
        return;
    g_hash_table_destroy(g->by_name);
    g_hash_table_destroy(g->by_connection);
    g_ptr_array_free(g->entries, TRUE);
    entry_free(g->other);
    entry_free(g->total);
    g_free(g);
}

static bool goes_on(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
}

void rr_verb(const struct rr_exchange *x, char verb[RR_VERB_BYTES])
{
    const char *word = x->request.summary;
    size_t length = 0;
    if (word && g_ascii_isalpha(*word))
        while (length < RR_VERB_BYTES && goes_on(word[length]))
            length++;
    bool ends = length && length < RR_VERB_BYTES && strchr(" \t;:(/?,<", word[length]);
    if (rr_is_push(x) || !rr_seen(&x->request)) {
        g_strlcpy(verb, rr_is_push(x) ? "(push)" : "(no request)", RR_VERB_BYTES);
    } else if (!ends) {
        g_strlcpy(verb, "(no word)", RR_VERB_BYTES);
    } else {
        for (size_t i = 0; i < length; i++)
            verb[i] = g_ascii_toupper(word[i]);
        verb[length] = '\0';
    }
}

static char *name_of(enum rr_grouping by, const struct rr_connection *c)
{
    if (by == RR_BY_CLIENT)
        return g_strdup(c->end[RR_CLIENT].host);
    if (by == RR_BY_PORT)
        return g_strdup_printf("%u", c->end[RR_SERVER].port);
    char *server = rr_endpoint_text(&c->end[RR_SERVER]);
    if (by == RR_BY_SERVER)
        return server;
    char *client = rr_endpoint_text(&c->end[RR_CLIENT]);
    char *name =
        g_strdup_printf("%s%u: %s > %s", c->transport == RR_UDP ? "udp " : "", c->stream, client, server);
    g_free(client);
    g_free(server);
    return name;
}

static struct entry *find(struct rr_groups *g, const char *name)
{
    struct entry *e = g_hash_table_lookup(g->by_name, name);
    if (e)
        return e;
    if (g->entries->len >= (g->by == RR_BY_VERB ? RR_VERBS_MAX : RR_GROUPS_MAX)) {
        if (!g->other)
            g->other = entry_new("(other)");
        return g->other;
    }
    e = entry_new(name);
    e->place = g->entries->len;
    g_ptr_array_add(g->entries, e);
    g_hash_table_insert(g->by_name, e->group.name, e);
    return e;
}

static void set_endpoint(struct entry *e, enum rr_grouping by, const char *host, uint16_t port)
{
    if (by == RR_BY_SERVER && !e->group.host)
        e->group.host = g_strdup(host);
    e->group.port = port;
}

static struct entry *find_by_connection(struct rr_groups *g, const struct rr_connection *c)
{
    struct entry *e = g_hash_table_lookup(g->by_connection, c);
    if (e)
        return e;
    char *name = name_of(g->by, c);
    e = find(g, name);
    g_free(name);
    if (e != g->other)
        set_endpoint(e, g->by, c->end[RR_SERVER].host, c->end[RR_SERVER].port);
    g_hash_table_insert(g->by_connection, (gpointer)c, e);
    return e;
}

static struct entry *find_by_verb(struct rr_groups *g, const struct rr_exchange *x)
{
    char verb[RR_VERB_BYTES];
    rr_verb(x, verb);
    struct entry *e = find(g, verb);
    if (!e->seen)
        e->seen = g_hash_table_new(NULL, NULL);
    if (g_hash_table_add(e->seen, (gpointer)x->connection))
        e->group.totals.connections++;
    return e;
}

static void count_message(struct rr_totals *t, const struct rr_message *m)
{
    t->segments += m->segments;
    t->repeats += m->repeats;
}

static void count_status(struct rr_totals *t, const struct rr_exchange *x)
{
    uint64_t *const sums[RR_STATUS_COUNT] = {
        [RR_OPEN] = &t->open,       [RR_ANSWERED] = &t->answered, [RR_UNANSWERED] = &t->unanswered,
        [RR_UNASKED] = &t->unasked, [RR_ONEWAY] = &t->oneway,
    };
    t->exchanges++;
    ++*sums[x->status];
}

static void count_exchange(struct rr_totals *t, const struct rr_exchange *x, int64_t slow)
{
    count_message(t, &x->request);
    count_message(t, &x->response);
    if (rr_is_push(x)) {
        t->pushes++;
        t->push_bytes += x->response.bytes;
        return;
    }
    count_status(t, x);
    t->request_bytes += x->request.bytes;
    t->response_bytes += x->response.bytes;
    if (rr_seen(&x->request)) {
        t->requests++;
        t->request_sizes[rr_size(x->request.bytes)]++;
    }
    if (rr_seen(&x->response)) {
        t->responses++;
        t->response_sizes[rr_size(x->response.bytes)]++;
    }
    if (!rr_has_both(x))
        return;
    int64_t latency = rr_latency(x);
    rr_latency_add(&t->latency, latency);
    t->buckets[rr_bucket(latency)]++;
    t->slow += slow && latency > slow;
}

void rr_groups_exchange(struct rr_groups *g, const struct rr_exchange *x)
{
    struct entry *e = g->by == RR_BY_VERB ? find_by_verb(g, x) : find_by_connection(g, x->connection);
    count_exchange(&e->group.totals, x, g->slow);
    count_exchange(&g->total->group.totals, x, g->slow);
}

void rr_groups_connection(struct rr_groups *g, const struct rr_connection *c)
{
    if (g->by != RR_BY_VERB)
        find_by_connection(g, c)->group.totals.connections++;
    g->total->group.totals.connections++;
}

static void add_counts(uint64_t *into, const uint64_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        into[i] += from[i];
}

static void merge_totals(struct rr_totals *into, const struct rr_totals *from)
{
    into->connections += from->connections;
    into->exchanges += from->exchanges;
    into->answered += from->answered;
    into->unanswered += from->unanswered;
    into->unasked += from->unasked;
    into->oneway += from->oneway;
    into->open += from->open;
    into->pushes += from->pushes;
    into->slow += from->slow;
    into->request_bytes += from->request_bytes;
    into->response_bytes += from->response_bytes;
    into->push_bytes += from->push_bytes;
    into->segments += from->segments;
    into->repeats += from->repeats;
    into->requests += from->requests;
    into->responses += from->responses;
    add_counts(into->buckets, from->buckets, RR_BUCKETS);
    add_counts(into->request_sizes, from->request_sizes, RR_SIZES);
    add_counts(into->response_sizes, from->response_sizes, RR_SIZES);
    rr_latency_merge(&into->latency, &from->latency);
}

void rr_groups_merge(struct rr_groups *into, const struct rr_groups *from)
{
    for (guint i = 0; i < from->entries->len; i++) {
        const struct entry *f = g_ptr_array_index(from->entries, i);
        struct entry *e = find(into, f->group.name);
        if (e != into->other)
            set_endpoint(e, into->by, f->group.host, f->group.port);
        merge_totals(&e->group.totals, &f->group.totals);
    }
    if (from->other) {
        if (!into->other)
            into->other = entry_new("(other)");
        merge_totals(&into->other->group.totals, &from->other->group.totals);
    }
    merge_totals(&into->total->group.totals, &from->total->group.totals);
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const struct entry *left = *(struct entry *const *)a, *right = *(struct entry *const *)b;
    uint64_t x = left->group.totals.exchanges, y = right->group.totals.exchanges;
    if (x != y)
        return x < y ? 1 : -1;
    return (left->place > right->place) - (left->place < right->place);
}

void rr_groups_sort(struct rr_groups *g)
{
    g_ptr_array_sort(g->entries, compare);
}

size_t rr_groups_count(const struct rr_groups *g)
{
    return g->entries->len + (g->other != NULL);
}

struct rr_group *rr_groups_at(struct rr_groups *g, size_t i)
{
    struct entry *e = i < g->entries->len ? g_ptr_array_index(g->entries, (guint)i) : g->other;
    return &e->group;
}

struct rr_group *rr_groups_total(struct rr_groups *g)
{
    return &g->total->group;
}
