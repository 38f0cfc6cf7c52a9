#include "play.h"

#include <stdio.h>
#include <string.h>

#include "track/tracker.h"

static const int64_t MS = 1000000;

static void add(struct play *p, struct play_segment s)
{
    g_assert_cmpint(p->count, <, PLAY_SEGMENTS_MAX);
    p->segment[p->count++] = s;
}

struct parser {
    struct play *play;
    int64_t next[2];
    bool fin[2];
};

static void handshake(struct parser *p)
{
    add(p->play, (struct play_segment){ .captured = true, .flags = RR_SYN });
    add(p->play, (struct play_segment){ .captured = true, .flags = RR_SYN | RR_ACK, .from_server = true });
    add(p->play, (struct play_segment){ .captured = true, .flags = RR_ACK });
}

static void segment(struct parser *p, const char *word)
{
    struct play_segment s = { .captured = true, .flags = RR_ACK | RR_PSH, .from_server = *word == '<' };
    int way = s.from_server;
    const char *at = word + 1;
    char *rest;
    s.begin = s.end = p->next[way];
    s.ack = p->next[!way];
    s.acks_fin = p->fin[!way];
    if (at[0] == '-') {
        s.begin = s.end = p->next[way] - 1;
        at += 2;
    } else if (g_ascii_isdigit(*at)) {
        int64_t n = g_ascii_strtoll(at, &rest, 10);
        s.end = s.begin + n;
        if (*rest == '-') {
            s.begin = n;
            s.end = g_ascii_strtoll(rest + 1, &rest, 10);
        }
        at = rest;
    }
    for (; *at && *at != '@'; at++)
        s.flags |= *at == 'F' ? RR_FIN : *at == 'R' ? RR_RST : 0;
    g_assert_cmpint(*at, ==, '@');
    s.time = (int64_t)(g_ascii_strtod(at + 1, &rest) * (double)MS);
    if (*rest == '/') {
        s.ack = g_ascii_strtoll(rest + 1, &rest, 10);
        s.acks_fin = false;
    }
    for (; *rest; rest++) {
        s.captured &= *rest != '!';
        s.shut |= *rest == 'w';
    }
    p->next[way] = MAX(p->next[way], s.end);
    p->fin[way] |= (s.flags & RR_FIN) != 0;
    add(p->play, s);
}

void play_parse(struct play *p, const char *script)
{
    struct parser parser = { .play = p };
    char **words = g_strsplit(script, " ", 0);
    p->count = 0;
    for (char **w = words; *w; w++) {
        if (!strcmp(*w, "syn"))
            handshake(&parser);
        else if (g_str_has_prefix(*w, "tick@"))
            add(p, (struct play_segment){ .tick = true,
                                          .captured = true,
                                          .time = (int64_t)(g_ascii_strtod(*w + 5, NULL) * (double)MS) });
        else
            segment(&parser, *w);
    }
    g_strfreev(words);
}

/* The longest delay of the wire for which no end acknowledges what it could not have yet. */
static int64_t longest_delay(const struct play *p)
{
    int64_t delay = 100 * MS;
    for (int i = 0; i < p->count; i++)
        for (int j = 0; j < i; j++) {
            const struct play_segment *client = &p->segment[i], *server = &p->segment[j];
            bool depends = !client->from_server && server->from_server && !client->tick && !server->tick &&
                           client->ack >= server->end && server->end > server->begin;
            if (depends)
                delay = MIN(delay, (client->time - server->time) / 2);
        }
    return delay;
}

static int by_time(const void *a, const void *b)
{
    const struct play_segment *x = a, *y = b;
    return x->time < y->time ? -1 : x->time > y->time;
}

static void see_at_client(struct play *p)
{
    int64_t delay = longest_delay(p);
    for (int i = 0; i < p->count; i++)
        if (!p->segment[i].tick)
            p->segment[i].time += p->segment[i].from_server ? delay : -delay;
    g_qsort_with_data(p->segment, p->count, sizeof *p->segment, (GCompareDataFunc)(void (*)(void))by_time,
                      NULL);
}

static void swap_neighbours(struct play *p)
{
    for (int i = 0; i + 1 < p->count; i++) {
        struct play_segment *a = &p->segment[i], *b = a + 1;
        bool both = a->from_server == b->from_server && a->end > a->begin && b->end > b->begin;
        if (!both || a->tick || b->tick || (a->flags | b->flags) & (RR_SYN | RR_FIN | RR_RST))
            continue;
        struct play_segment s = *a;
        *a = *b;
        *b = s;
        i++;
    }
}

static void feed(struct rr_tracker *t, const struct disguise *d, const struct play_segment *s, uint32_t frame,
                 int64_t begin, int64_t end)
{
    static const uint8_t payload[65536] = { 'x' };
    int way = s->from_server;
    bool syn = s->flags & RR_SYN;
    bool last = end == s->end;
    struct rr_segment segment = {
        .at = { s->time, frame },
        .end = (uint8_t)(way ^ d->swapped_ends),
        .flags = (uint8_t)(s->flags & ~(last ? 0 : RR_FIN)),
        .window = s->shut ? 0 : 1000,
        .seq = d->isn[way] + (uint32_t)begin + !syn,
        .ack = s->flags & RR_ACK ? d->isn[!way] + (uint32_t)s->ack + 1 + s->acks_fin : 0,
        .len = (uint32_t)(end - begin),
        .payload = payload,
        .captured = (uint32_t)MIN(end - begin, (int64_t)sizeof payload),
        .protocol = "x",
    };
    rr_tracker_tick(t, segment.at);
    rr_tracker_feed(t, 0, &segment);
}

static void feed_disguised(struct rr_tracker *t, const struct disguise *d, const struct play_segment *s,
                           uint32_t frame)
{
    int64_t step = d->split ? d->split : MAX(s->end - s->begin, 1);
    if (s->tick) {
        rr_tracker_tick(t, (struct rr_point){ s->time, frame });
        return;
    }
    int64_t begin = s->begin;
    do {
        int64_t end = MIN(begin + step, s->end);
        for (int copy = 0; copy < d->copies; copy++)
            feed(t, d, s, frame, begin, end);
        begin = end;
    } while (begin < s->end);
}

static gint by_bytes(gconstpointer a, gconstpointer b)
{
    const struct rr_exchange *x = *(struct rr_exchange *const *)a, *y = *(struct rr_exchange *const *)b;
    if (x->request.begin != y->request.begin)
        return x->request.begin < y->request.begin ? -1 : 1;
    if (rr_is_push(x) != rr_is_push(y) && x->request.end != y->request.end)
        return x->request.end < y->request.end ? -1 : 1;
    return x->response.begin < y->response.begin ? -1 : x->response.begin > y->response.begin;
}

static GPtrArray *all_exchanges(const struct rr_tracker *t)
{
    GHashTable *seen = g_hash_table_new(NULL, NULL);
    GPtrArray *all = g_ptr_array_new();
    for (size_t i = 0; i < rr_tracker_report_count(t); i++) {
        struct rr_report r = rr_tracker_report(t, i);
        if (r.live && g_hash_table_add(seen, (gpointer)r.live))
            g_ptr_array_add(all, (gpointer)r.live);
    }
    g_hash_table_destroy(seen);
    g_ptr_array_sort(all, by_bytes);
    return all;
}

static void print_message(GString *out, const struct rr_message *m, bool brief)
{
    g_string_append_printf(out, " %d", (int)m->bytes);
    if (rr_missing(m))
        g_string_append_printf(out, "-%d", (int)rr_missing(m));
    if (m->repeats && !brief)
        g_string_append_printf(out, "+%d", (int)m->repeats);
}

static void print_exchange(GString *out, const struct rr_exchange *x, bool brief)
{
    g_string_append_printf(out, "%s%s", out->len ? "; " : "", rr_status_name(x->status));
    if (x->evidence && !brief)
        g_string_append_printf(out, " %s", rr_evidence_name(x->evidence));
    if (!rr_is_push(x))
        print_message(out, &x->request, brief);
    if (rr_exists(&x->response))
        print_message(out, &x->response, brief);
    if (!brief && rr_has_both(x))
        g_string_append_printf(out, " %dms", (int)(rr_latency(x) / MS));
    if (!brief) {
        const struct rr_message *m = rr_exists(&x->response) ? &x->response : &x->request;
        g_string_append_printf(out, " %s", rr_ended_by_name(m->ended_by));
        if (m->part > 1)
            g_string_append_printf(out, " part %d", m->part);
    }
}

/* Messages tile both directions, and the connection's row adds up. */
static void check_conservation(const GPtrArray *all, const struct rr_tracker *t)
{
    const struct rr_connection *c = rr_tracker_connection(t, 0);
    uint64_t bytes[2] = { 0 }, pushed = 0, missing[2] = { 0 };
    int64_t told = 0, asked = 0;
    for (guint i = 0; i < all->len; i++) {
        const struct rr_exchange *x = g_ptr_array_index(all, i);
        if (!rr_is_push(x) && rr_exists(&x->request)) {
            g_assert_cmpint(x->request.begin, ==, asked);
            asked = x->request.end;
            bytes[0] += x->request.bytes;
            missing[0] += rr_missing(&x->request);
        }
        g_assert_cmpuint(x->request.bytes, <=, (guint64)(x->request.end - x->request.begin));
        if (!rr_exists(&x->response))
            continue;
        g_assert_cmpuint(x->response.bytes, <=, (guint64)(x->response.end - x->response.begin));
        g_assert_cmpint(x->response.begin, ==, told);
        told = x->response.end;
        *(rr_is_push(x) ? &pushed : &bytes[1]) += x->response.bytes;
        missing[1] += rr_missing(&x->response);
    }
    g_assert_cmpuint(bytes[0], ==, c->bytes[0]);
    g_assert_cmpuint(bytes[1], ==, c->bytes[1]);
    g_assert_cmpuint(pushed, ==, c->push_bytes);
    g_assert_cmpuint(missing[0], ==, c->missing[0]);
    g_assert_cmpuint(missing[1], ==, c->missing[1]);
}

struct snapshot {
    struct rr_exchange x;
    uint8_t rows;
};

static void snap(const struct rr_tracker *t, GArray *snapshots)
{
    for (size_t i = snapshots->len; i < rr_tracker_report_count(t); i++) {
        struct rr_report r = rr_tracker_report(t, i);
        struct snapshot s = { .rows = r.rows };
        if (r.exchange)
            s.x = *r.exchange;
        g_array_append_val(snapshots, s);
    }
}

static void assert_same_message(const struct rr_message *was, const struct rr_message *is)
{
    g_assert_cmpint(was->begin, ==, is->begin);
    g_assert_cmpint(was->end, ==, is->end);
    g_assert_cmpuint(was->bytes, ==, is->bytes);
    g_assert_cmpuint(was->repeats, ==, is->repeats);
    g_assert_cmpuint(was->first_frame, ==, is->first_frame);
    g_assert_cmpuint(was->last_frame, ==, is->last_frame);
    g_assert_cmpuint(was->part, ==, is->part);
    g_assert_cmpuint(was->ended_by, ==, is->ended_by);
}

/* A reported row is still as it was. */
static void check_frozen(const struct rr_tracker *t, const GArray *snapshots)
{
    for (guint i = 0; i < snapshots->len; i++) {
        const struct snapshot *s = &g_array_index(snapshots, struct snapshot, i);
        const struct rr_exchange *x = rr_tracker_report(t, i).exchange;
        if (s->rows & (RR_ROW_REQUEST | RR_ROW_EXCHANGE))
            assert_same_message(&s->x.request, &x->request);
        if (s->rows & (RR_ROW_RESPONSE | RR_ROW_EXCHANGE))
            assert_same_message(&s->x.response, &x->response);
        if (s->rows & RR_ROW_EXCHANGE) {
            g_assert_cmpuint(s->x.status, ==, x->status);
            g_assert_cmpuint(s->x.part, ==, x->part);
        }
    }
}

char *play_perform(const struct play *original, const struct disguise *d, bool brief)
{
    struct play p = *original;
    if (d->at_client)
        see_at_client(&p);
    if (d->swap_neighbours)
        swap_neighbours(&p);

    const struct rr_settings settings = { .quiet = 3000 * MS, .patience = 60000 * MS };
    struct rr_endpoint ends[2] = { { "10.0.0.1", 40000 }, { "10.0.0.2", 80 } };
    if (d->swapped_ends) {
        struct rr_endpoint e = ends[0];
        ends[0] = ends[1];
        ends[1] = e;
    }
    struct rr_tracker *t = rr_tracker_new(&settings);
    GArray *snapshots = g_array_new(FALSE, TRUE, sizeof(struct snapshot));
    rr_tracker_open(t, 0, ends);
    for (int i = 0; i < p.count; i++)
        if (p.segment[i].captured) {
            feed_disguised(t, d, &p.segment[i], (uint32_t)i + 1);
            snap(t, snapshots);
        }
    rr_tracker_finish(t, RR_BY_END);
    snap(t, snapshots);
    check_frozen(t, snapshots);

    GString *out = g_string_new(NULL);
    GPtrArray *all = all_exchanges(t);
    check_conservation(all, t);
    for (guint i = 0; i < all->len; i++) {
        print_exchange(out, g_ptr_array_index(all, i), brief);
        if (brief)
            g_string_append_printf(out, " #%" G_GINT64_MODIFIER "x",
                                   rr_exchange_id(g_ptr_array_index(all, i)));
    }
    g_ptr_array_free(all, TRUE);
    g_array_free(snapshots, TRUE);
    rr_tracker_free(t);
    return g_string_free(out, FALSE);
}
