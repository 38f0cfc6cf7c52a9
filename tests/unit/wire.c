#include "wire.h"

#include <string.h>

static const int64_t MS = 1000000;
static const int64_t LAST_EVENT = INT64_C(60) * 1000000000;

enum { CLIENT, SERVER };

enum event_kind { ARRIVES, RETRANSMITS, ACKS, ASKS, ANSWERS, GREETS, PROBES };

struct event {
    int64_t time;
    uint32_t order; /* among those of the same time */
    enum event_kind kind;
    int host;
    struct wire_segment segment;
    int64_t bytes;
};

struct host {
    int64_t una, nxt, written; /* sent and acknowledged; sent; to be sent */
    int64_t fin;               /* offset of its FIN, or -1 */
    int64_t received;          /* in order, the FIN included */
    int64_t peer_fin;          /* or -1 */
    bool here[WIRE_BYTES_MAX];
    int duplicates;
    int64_t timer; /* when it retransmits; -1: not */
    int64_t timeout;
    bool owes_ack, dead;
    int64_t arrives_last; /* at the other end: a wire that does not reorder is first in, first out */
};

struct wire {
    const struct wire_plan *plan;
    GRand *rand;
    struct wire_captures captures;
    GSequence *events;
    uint32_t order;
    int64_t now;
    struct host host[2];
    int asked, answered;
    int64_t *request_end, *response_end; /* offsets, by request */
    bool closing;
};

static int64_t some(struct wire *w, int64_t least, int64_t most)
{
    return most <= least ? least : least + (int64_t)(g_rand_double(w->rand) * (double)(most - least + 1));
}

static bool chance(struct wire *w, double p)
{
    return p > 0 && g_rand_double(w->rand) < p;
}

static gint by_time(gconstpointer a, gconstpointer b, gpointer unused)
{
    const struct event *x = a, *y = b;
    (void)unused;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void plan_event(struct wire *w, struct event e)
{
    struct event *copy = g_new(struct event, 1);
    e.order = w->order++;
    *copy = e;
    g_sequence_insert_sorted(w->events, copy, by_time, NULL);
}

static void capture(struct wire *w, int end, struct wire_segment s)
{
    s.time = w->now;
    g_array_append_val(w->captures.at[end], s);
}

static void travel(struct wire *w, int from, struct wire_segment s)
{
    struct host *h = &w->host[from];
    if (chance(w, w->plan->loss))
        return;
    int64_t at = w->now + w->plan->delay;
    if (chance(w, w->plan->reordering))
        at += some(w, 0, 3 * w->plan->delay);
    else
        h->arrives_last = at = MAX(at, h->arrives_last + 1000);
    plan_event(w, (struct event){ .time = at, .kind = ARRIVES, .host = !from, .segment = s });
    if (chance(w, w->plan->duplication))
        plan_event(
            w, (struct event){ .time = at + some(w, 0, MS), .kind = ARRIVES, .host = !from, .segment = s });
}

/* Sends the bytes from `begin` to `end`, with whatever ACK the host has now. */
static void send_bytes(struct wire *w, int from, int64_t begin, int64_t end, uint8_t flags)
{
    struct host *h = &w->host[from];
    bool fin = h->fin >= 0 && end > begin && end == h->fin + 1;
    struct wire_segment s = { .begin = begin,
                              .ack = h->received,
                              .len = (uint32_t)(end - fin - begin),
                              .flags = (uint8_t)(RR_ACK | flags | (fin ? RR_FIN : 0)),
                              .from_server = from == SERVER };
    h->owes_ack = false;
    capture(w, from, s);
    travel(w, from, s);
}

static void send_ack(struct wire *w, int from)
{
    send_bytes(w, from, w->host[from].nxt, w->host[from].nxt, 0);
}

static void set_timer(struct wire *w, int host)
{
    struct host *h = &w->host[host];
    h->timer = w->now + h->timeout;
    plan_event(w, (struct event){ .time = h->timer, .kind = RETRANSMITS, .host = host });
}

static int64_t end_of_stream(const struct host *h)
{
    return h->fin >= 0 ? h->fin + 1 : h->written;
}

static void send_more(struct wire *w, int from)
{
    struct host *h = &w->host[from];
    while (h->nxt < end_of_stream(h) && h->nxt - h->una < 10 * w->plan->mss) {
        int64_t begin = h->nxt;
        h->nxt = MIN(begin + w->plan->mss, h->written);
        if (h->nxt == h->written && h->fin >= 0)
            h->nxt++;
        send_bytes(w, from, begin, h->nxt, RR_PSH);
    }
    if (h->nxt > h->una && h->timer < 0)
        set_timer(w, from);
}

static void retransmit(struct wire *w, int from)
{
    struct host *h = &w->host[from];
    int64_t most = h->una + (chance(w, 0.3) ? some(w, 1, 2 * w->plan->mss) : w->plan->mss);
    int64_t end = MIN(most, MIN(h->nxt, h->written));
    if (end == h->written && h->nxt > h->written)
        end++;
    send_bytes(w, from, h->una, end, RR_PSH);
}

static void put(struct wire *w, int host, int64_t bytes)
{
    w->host[host].written += bytes;
    g_assert_cmpint(w->host[host].written, <, WIRE_BYTES_MAX);
    send_more(w, host);
}

static void close_host(struct wire *w, int host)
{
    struct host *h = &w->host[host];
    if (h->fin >= 0)
        return;
    h->fin = h->written;
    send_more(w, host);
}

static void say_goodbye(struct wire *w)
{
    if (w->closing)
        return;
    w->closing = true;
    switch (w->plan->goodbye) {
    case WIRE_CLIENT_FIN:
        close_host(w, CLIENT);
        break;
    case WIRE_SERVER_FIN:
        close_host(w, SERVER);
        break;
    case WIRE_RESET: {
        int host = g_rand_boolean(w->rand);
        send_bytes(w, host, w->host[host].nxt, w->host[host].nxt, RR_RST);
        w->host[host].dead = true;
        break;
    }
    case WIRE_STAYS:
    case WIRE_HALF_CLOSE:
        break;
    }
}

static void ask(struct wire *w)
{
    const struct wire_plan *p = w->plan;
    if (w->asked == p->requests)
        return;
    int k = w->asked++;
    int64_t bytes = some(w, MAX(p->request_min, 1), p->request_max);
    w->request_end[k] = w->host[CLIENT].written + bytes;
    g_array_append_val(w->captures.message[CLIENT], w->request_end[k]);
    put(w, CLIENT, bytes);
    if (w->asked == p->requests && p->goodbye == WIRE_HALF_CLOSE)
        close_host(w, CLIENT);
    if (p->asking == WIRE_STAGGERED)
        plan_event(w, (struct event){ .time = w->now + some(w, 0, p->think), .kind = ASKS });
    else if (p->asking == WIRE_BURST)
        plan_event(w, (struct event){ .time = w->now, .kind = ASKS });
}

/* What the application of a host does with the bytes that it has now. */
static void consume(struct wire *w, int host)
{
    struct host *h = &w->host[host];
    if (host == SERVER) {
        while (w->answered < w->asked && h->received >= w->request_end[w->answered]) {
            w->answered++;
            plan_event(w, (struct event){ .time = w->now + some(w, 0, w->plan->service),
                                          .kind = ANSWERS,
                                          .host = SERVER,
                                          .bytes = some(w, 1, w->plan->response_max) });
        }
    } else if (w->asked && w->response_end[w->asked - 1] && h->received >= w->response_end[w->asked - 1]) {
        if (w->asked == w->plan->requests)
            say_goodbye(w);
        else if (w->plan->asking == WIRE_IN_TURN) {
            int64_t think = some(w, 0, w->plan->think);
            plan_event(w, (struct event){ .time = w->now + think, .kind = ASKS });
            if (w->plan->keep_alive)
                plan_event(w, (struct event){ .time = w->now + think / 2,
                                              .kind = PROBES,
                                              .host = g_rand_boolean(w->rand) });
        }
    }
    if (h->peer_fin >= 0 && h->received > h->peer_fin &&
        (host == CLIENT || w->answered == w->plan->requests) && h->fin < 0 &&
        (host == CLIENT || w->response_end[w->plan->requests - 1]))
        close_host(w, host);
}

static void answer(struct wire *w, int64_t bytes)
{
    int k = 0;
    while (w->response_end[k])
        k++;
    struct host *h = &w->host[SERVER];
    w->response_end[k] = h->written + bytes;
    g_array_append_val(w->captures.message[SERVER], w->response_end[k]);
    w->captures.answered++;
    put(w, SERVER, bytes);
    if (k + 1 == w->plan->requests)
        consume(w, SERVER);
}

static void note_ack(struct wire *w, int host, const struct wire_segment *s)
{
    struct host *h = &w->host[host];
    if (s->ack > h->una) {
        h->una = s->ack;
        h->duplicates = 0;
        h->timeout = 200 * MS;
        h->timer = -1;
        send_more(w, host);
        if (h->nxt > h->una && h->timer < 0)
            set_timer(w, host);
    } else if (s->ack == h->una && h->nxt > h->una && !s->len && ++h->duplicates == 3) {
        retransmit(w, host);
    }
}

static void acknowledge(struct wire *w, int host, bool at_once)
{
    struct host *h = &w->host[host];
    if (at_once || h->owes_ack || !w->plan->delayed_acks) {
        send_ack(w, host);
        return;
    }
    h->owes_ack = true;
    plan_event(w, (struct event){ .time = w->now + 40 * MS, .kind = ACKS, .host = host });
}

static void take_bytes(struct wire *w, int host, const struct wire_segment *s)
{
    struct host *h = &w->host[host];
    int64_t before = h->received;
    for (int64_t i = MAX(s->begin, 0); i < s->begin + s->len; i++)
        h->here[i] = true;
    if (s->flags & RR_FIN)
        h->peer_fin = s->begin + s->len;
    while (h->received != h->peer_fin && h->received < WIRE_BYTES_MAX && h->here[h->received])
        h->received++;
    if (h->received == h->peer_fin)
        h->received++;
    bool in_order = s->begin == before;
    bool keep_alive = !s->len && s->begin < before;
    if (s->len || s->flags & RR_FIN || keep_alive)
        acknowledge(w, host, !in_order);
    if (h->received > before)
        consume(w, host);
}

static void arrive(struct wire *w, int host, const struct wire_segment *s)
{
    capture(w, host, *s);
    if (s->flags & RR_RST)
        w->host[host].dead = true;
    if (w->host[host].dead)
        return;
    note_ack(w, host, s);
    take_bytes(w, host, s);
}

static void happen(struct wire *w, const struct event *e)
{
    struct host *h = &w->host[e->host];
    w->now = e->time;
    if (e->kind == ARRIVES) {
        arrive(w, e->host, &e->segment);
        return;
    }
    if (h->dead)
        return;
    switch (e->kind) {
    case RETRANSMITS:
        if (h->timer != e->time || h->nxt == h->una)
            break;
        h->timeout *= 2;
        retransmit(w, e->host);
        set_timer(w, e->host);
        break;
    case ACKS:
        if (h->owes_ack)
            send_ack(w, e->host);
        break;
    case ASKS:
        ask(w);
        break;
    case ANSWERS:
        answer(w, e->bytes);
        break;
    case GREETS:
        w->captures.greeting = some(w, 1, w->plan->response_max);
        put(w, SERVER, w->captures.greeting);
        break;
    case PROBES:
        if (h->nxt == h->una && h->nxt > 0 && h->fin < 0)
            send_bytes(w, e->host, h->nxt - 1, h->nxt - 1 + g_rand_boolean(w->rand), 0);
        break;
    case ARRIVES:
        break;
    }
}

static void shake_hands(struct wire *w)
{
    const struct wire_segment syn = { .begin = -1, .flags = RR_SYN };
    const struct wire_segment both = { .begin = -1, .flags = RR_SYN | RR_ACK, .from_server = true };
    capture(w, CLIENT, syn);
    w->now += w->plan->delay;
    capture(w, SERVER, syn);
    capture(w, SERVER, both);
    w->now += w->plan->delay;
    capture(w, CLIENT, both);
    send_ack(w, CLIENT);
}

struct wire_captures wire_run(const struct wire_plan *plan, GRand *rand)
{
    struct wire *w = g_new0(struct wire, 1);
    w->plan = plan;
    w->rand = rand;
    w->events = g_sequence_new(g_free);
    w->request_end = g_new0(int64_t, (gsize)plan->requests + 1);
    w->response_end = g_new0(int64_t, (gsize)plan->requests + 1);
    for (int i = 0; i < 2; i++) {
        w->captures.at[i] = g_array_new(FALSE, FALSE, sizeof(struct wire_segment));
        w->captures.message[i] = g_array_new(FALSE, FALSE, sizeof(int64_t));
        w->host[i].fin = w->host[i].peer_fin = w->host[i].timer = -1;
        w->host[i].timeout = 200 * MS;
    }
    shake_hands(w);
    if (plan->greeting)
        plan_event(w, (struct event){ .time = w->now + plan->delay, .kind = GREETS, .host = SERVER });
    plan_event(w, (struct event){ .time = w->now + some(w, 0, 3 * plan->delay), .kind = ASKS });
    while (g_sequence_get_length(w->events)) {
        GSequenceIter *first = g_sequence_get_begin_iter(w->events);
        const struct event e = *(struct event *)g_sequence_get(first);
        g_sequence_remove(first);
        if (e.time > LAST_EVENT)
            break;
        happen(w, &e);
    }
    struct wire_captures captures = w->captures;
    g_sequence_free(w->events);
    g_free(w->request_end);
    g_free(w->response_end);
    g_free(w);
    return captures;
}

void wire_captures_free(struct wire_captures *c)
{
    for (int i = 0; i < 2; i++) {
        g_array_free(c->at[i], TRUE);
        g_array_free(c->message[i], TRUE);
    }
}

struct rr_segment wire_captured(const struct wire_segment *s, uint32_t frame, const uint32_t isn[2])
{
    int way = s->from_server;
    return (struct rr_segment){
        .at = { s->time, frame },
        .end = (uint8_t)way,
        .flags = s->flags,
        .window = 1000,
        .seq = isn[way] + 1 + (uint32_t)s->begin,
        .ack = s->flags & RR_ACK ? isn[!way] + 1 + (uint32_t)s->ack : 0,
        .len = s->len,
        .captured = s->len,
        .protocol = "x",
    };
}

struct wire_plan wire_some_plan(GRand *rand, bool clean)
{
    static const int mss[] = { 1, 3, 20, 100, 500 };
    static const int sizes[] = { 1, 10, 60, 400 };
    static const double odds[] = { 0, 0.01, 0.05, 0.2 };
    struct wire_plan p = {
        .asking = (enum wire_asking)g_rand_int_range(rand, 0, 3),
        .goodbye = (enum wire_goodbye)g_rand_int_range(rand, 0, 5),
        .requests = g_rand_int_range(rand, 1, 13),
        .request_max = sizes[g_rand_int_range(rand, 0, 4)],
        .response_max = sizes[g_rand_int_range(rand, 0, 4)],
        .mss = mss[g_rand_int_range(rand, 0, 5)],
        .greeting = g_rand_int_range(rand, 0, 3) == 0,
        .keep_alive = g_rand_int_range(rand, 0, 3) == 0,
        .delayed_acks = g_rand_boolean(rand),
        .delay = g_rand_int_range(rand, 1, 51) * MS,
        .service = g_rand_int_range(rand, 0, 3) * 20 * MS,
        .think = g_rand_int_range(rand, 0, 60) * MS,
    };
    if (!clean) {
        p.loss = odds[g_rand_int_range(rand, 0, 4)];
        p.duplication = odds[g_rand_int_range(rand, 0, 4)];
        p.reordering = odds[g_rand_int_range(rand, 0, 4)];
    }
    return p;
}
