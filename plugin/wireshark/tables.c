#include "wireshark/tables.h"

/* A table that had a frame. */
struct table {
    const struct rr_statistic *statistic;
    void *host;
    uint32_t newest; /* frame that passed */
    bool all;        /* every frame up to that one passed: nothing is kept of them */
    GHashTable *chosen;
    GPtrArray *exchanges, *connections; /* chosen, in the order of their first frame that passed */
    void *earlier;                      /* what sessions of the host before this one came to, or NULL */
};

static GPtrArray *tables;
static uint32_t newest_tapped;
static bool any_opened;
static bool drawn_by_listener, drawn;

static void forget_chosen(struct table *t)
{
    g_hash_table_remove_all(t->chosen);
    g_ptr_array_set_size(t->exchanges, 0);
    g_ptr_array_set_size(t->connections, 0);
    t->newest = 0;
    t->all = true;
}

static struct table *table_new(const struct rr_statistic *s, void *host)
{
    struct table *t = g_new0(struct table, 1);
    t->statistic = s;
    t->host = host;
    t->chosen = g_hash_table_new(NULL, NULL);
    t->exchanges = g_ptr_array_new();
    t->connections = g_ptr_array_new();
    t->all = true;
    return t;
}

static void table_free(gpointer table)
{
    struct table *t = table;
    if (t->earlier)
        t->statistic->counter->release(t->earlier);
    g_hash_table_destroy(t->chosen);
    g_ptr_array_free(t->exchanges, TRUE);
    g_ptr_array_free(t->connections, TRUE);
    g_free(t);
}

static struct table *find(void *host)
{
    for (guint i = 0; i < tables->len; i++) {
        struct table *t = g_ptr_array_index(tables, i);
        if (t->host == host)
            return t;
    }
    return NULL;
}

static void choose_exchange(const struct rr_exchange *x, const struct rr_message *m _U_, bool fresh _U_,
                            void *table)
{
    struct table *t = table;
    if (g_hash_table_add(t->chosen, (gpointer)x))
        g_ptr_array_add(t->exchanges, (gpointer)x);
}

static void choose(struct table *t, struct rr_verdicts verdicts)
{
    for (size_t i = 0; i < verdicts.count; i++) {
        const struct rr_verdict *v = &verdicts.first[i];
        if (g_hash_table_add(t->chosen, (gpointer)v->connection))
            g_ptr_array_add(t->connections, (gpointer)v->connection);
        if (v->len)
            rr_verdict_messages(v, choose_exchange, t);
    }
}

/* A frame did not pass: from here on, what does is kept. */
static void begin_to_choose(struct table *t)
{
    t->all = false;
    for (uint32_t frame = 1; frame <= t->newest; frame++)
        choose(t, rr_capture_verdicts(frame));
}

tap_packet_status rr_tables_tapped(const struct rr_statistic *s, void *host, const struct rr_tapped *tapped)
{
    struct table *t = find(host);
    if (!t) {
        t = table_new(s, host);
        g_ptr_array_add(tables, t);
    }
    if (tapped->frame <= t->newest)
        forget_chosen(t);
    if (t->all && tapped->frame > t->newest + 1)
        begin_to_choose(t);
    if (!t->all)
        choose(t,
               rr_capture_verdicts(tapped->frame)); /* looked up last, it is good for other listeners again */
    t->newest = tapped->frame;
    return TAP_PACKET_REDRAW;
}

struct counting {
    const struct rr_counter *counter;
    void *measure;
};

static void count_connection(const struct rr_connection *c, void *counting)
{
    const struct counting *to = counting;
    if (to->counter->connection)
        to->counter->connection(to->measure, c);
}

static void count_exchange(const struct rr_exchange *x, void *counting)
{
    const struct counting *to = counting;
    to->counter->exchange(to->measure, x);
}

static void count_session(struct table *t, void *measure)
{
    static const struct rr_visitor visitor = { count_connection, count_exchange };
    struct counting to = { t->statistic->counter, measure };
    if (t->all && t->newest < newest_tapped)
        begin_to_choose(t);
    if (t->all)
        rr_tracker_visit(rr_capture_tracker(), &visitor, &to);
    for (guint i = 0; i < t->connections->len; i++)
        count_connection(g_ptr_array_index(t->connections, i), &to);
    for (guint i = 0; i < t->exchanges->len; i++)
        count_exchange(g_ptr_array_index(t->exchanges, i), &to);
}

static void *count(struct table *t)
{
    void *measure = t->statistic->begin();
    if (rr_capture_tracker() && t->newest)
        count_session(t, measure);
    if (t->earlier)
        t->statistic->counter->merge(measure, t->earlier);
    return measure;
}

void rr_tables_show(const struct rr_statistic *s, void *host)
{
    struct table *t = find(host);
    void *measure = t ? count(t) : s->begin();
    s->show(host, measure);
    s->counter->release(measure);
}

static void show_all(void)
{
    for (guint i = 0; i < tables->len; i++) {
        struct table *t = g_ptr_array_index(tables, i);
        if (!t->statistic->draws_itself)
            rr_tables_show(t->statistic, t->host);
    }
}

/* The last frame is done with, its listeners included. */
static rr_bool frame_done(wmem_allocator_t *pool _U_, wmem_cb_event_t event _U_, void *user _U_)
{
    show_all();
    return FALSE;
}

static void draw(void *user _U_)
{
    show_all();
    drawn = true;
}

void rr_tables_frame(packet_info *pinfo)
{
    newest_tapped = pinfo->num;
    if (!any_opened)
        return;
    if (PINFO_FD_VISITED(pinfo)) {
        if (pinfo->num == rr_capture_last_frame())
            wmem_register_callback(pinfo->pool, frame_done, NULL);
        return;
    }
    if (!drawn_by_listener) {
        GString *error =
            register_tap_listener(RR_TAP, tables, NULL, TL_REQUIRES_NOTHING, NULL, NULL, draw, NULL);
        drawn_by_listener = true;
        if (error)
            g_string_free(error, TRUE);
    }
}

/* In tshark the host's tables outlive a session, and go on with the next one. */
static void keep_earlier(struct table *t)
{
    void *measure = count(t);
    if (t->earlier)
        t->statistic->counter->release(t->earlier);
    t->earlier = measure;
    forget_chosen(t);
}

static void capture_ended(void *user _U_)
{
    for (guint i = 0; i < tables->len && drawn_by_listener && !drawn; i++)
        keep_earlier(g_ptr_array_index(tables, i));
    if (!drawn_by_listener || drawn)
        g_ptr_array_set_size(tables, 0);
    newest_tapped = 0;
}

void rr_tables_open(void)
{
    any_opened = true;
    g_ptr_array_set_size(tables, 0);
}

void rr_tables_close(void *host)
{
    struct table *t = find(host);
    if (t)
        g_ptr_array_remove(tables, t);
}

void rr_tables_register(void)
{
    tables = g_ptr_array_new_with_free_func(table_free);
    rr_capture_on_end(capture_ended, NULL);
}
