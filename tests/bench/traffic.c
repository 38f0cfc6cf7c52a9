#include "traffic.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "track/segment.h"

#define MS (INT64_C(1000000))

static const int64_t start = INT64_C(1700000000) * 1000 * MS;
static const int64_t pace = MS / 100;         /* between two segments of a flight */
static const int64_t served_after = MS / 4;   /* from a request's end to its response */
static const int64_t resent_after = 200 * MS; /* a retransmission timeout */

struct shape {
    const char *name;
    uint32_t streams;            /* at once */
    uint32_t exchanges;          /* of a connection; 0: as many as there is room for */
    uint32_t asked, answered;    /* segments of a request, of a response */
    uint32_t acked_each;         /* segments of a response that one bare ACK answers; 0: none */
    bool whole;                  /* with handshake and teardown */
    uint32_t lost, again, later; /* per mille of data segments: not captured and resent; resent; overtaken */
};

/* The streams-N have no handshake, so that all hold the same number of exchanges. */
static const struct shape shapes[] = {
    { "short", 100, 1, 1, 1, 1, true, 0, 0, 0 },
    { "streams-1000", 1000, 0, 1, 1, 0, false, 0, 0, 0 },
    { "streams-5000", 5000, 0, 1, 1, 0, false, 0, 0, 0 },
    { "streams-20000", 20000, 0, 1, 1, 0, false, 0, 0, 0 },
    { "loss", 1000, 0, 2, 4, 2, false, 20, 10, 0 },
    { "reorder", 1000, 0, 2, 4, 2, false, 0, 0, 50 },
    { "long", 1, 0, 1, 32, 2, true, 0, 0, 0 },
};

static const uint16_t payload_len[] = { 28, RR_TRAFFIC_MAX_LEN };

const char *const *rr_traffic_shapes(void)
{
    static const char *names[G_N_ELEMENTS(shapes) + 1];
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
        names[i] = shapes[i].name;
    return names;
}

const uint8_t *rr_traffic_payload(const struct rr_traffic_segment *s)
{
    static const char asked[] = "*2\r\n$3\r\nGET\r\n$9\r\nitem:0042\r\n";
    static const char answered[] = "an answer of four and sixty bytes, no dissector will claim it.\r\n";
    return (const uint8_t *)(s->from_server ? answered : asked);
}

uint32_t rr_traffic_client_address(uint32_t stream)
{
    return (UINT32_C(10) << 24) + 1 + stream / 20000;
}

uint16_t rr_traffic_client_port(uint32_t stream)
{
    return (uint16_t)(40000 + stream % 20000);
}

/* One connection as its two ends go along. */
struct lane {
    GArray *out;
    const struct shape *shape;
    GRand *chance;
    int64_t clock;
    uint32_t stream;
    uint32_t next[2];  /* sequence numbers, by sender */
    uint32_t known[2]; /* what each end has acknowledged */
    bool held;         /* a segment of this flight is lost ... */
    uint32_t hole;     /* ... this one, ... */
    int64_t resent;    /* ... and comes again then */
};

static bool happens(struct lane *l, uint32_t per_mille)
{
    return per_mille > 0 && g_rand_int_range(l->chance, 0, 1000) < (gint32)per_mille;
}

static void put(struct lane *l, struct rr_traffic_segment s, int64_t time)
{
    s.time = time;
    s.order = l->out->len;
    g_array_append_val(l->out, s);
}

/* When it is captured after all. */
static int64_t lose(struct lane *l, uint32_t seq)
{
    if (!l->held)
        l->hole = seq;
    l->held = true;
    l->resent = l->clock + resent_after;
    return l->resent;
}

static void send(struct lane *l, bool from_server, uint8_t flags, uint16_t len)
{
    const struct rr_traffic_segment s = { .stream = l->stream,
                                          .seq = l->next[from_server],
                                          .ack = l->known[from_server],
                                          .len = len,
                                          .flags = flags,
                                          .from_server = from_server };
    int64_t captured = l->clock;
    if (len > 0 && happens(l, l->shape->lost))
        captured = lose(l, s.seq);
    else if (len > 0 && happens(l, l->shape->later))
        captured += 5 * pace / 2;
    put(l, s, captured);
    if (len > 0 && happens(l, l->shape->again))
        put(l, s, captured + resent_after);
    l->next[from_server] += len + ((flags & (RR_SYN | RR_FIN)) ? 1u : 0u);
    l->clock += pace;
}

static void acknowledge(struct lane *l, bool from_server)
{
    l->known[from_server] = l->held ? l->hole : l->next[!from_server];
}

/* The other side has all of it. */
static void end_flight(struct lane *l)
{
    if (l->held)
        l->clock = l->resent + pace;
    l->held = false;
}

static void bare_ack(struct lane *l, bool from_server)
{
    acknowledge(l, from_server);
    send(l, from_server, RR_ACK, 0);
}

static void shake_hands(struct lane *l)
{
    send(l, false, RR_SYN, 0);
    acknowledge(l, true);
    send(l, true, RR_SYN | RR_ACK, 0);
    bare_ack(l, false);
}

static void take_leave(struct lane *l)
{
    send(l, false, RR_FIN | RR_ACK, 0);
    acknowledge(l, true);
    send(l, true, RR_FIN | RR_ACK, 0);
    bare_ack(l, false);
}

static void exchange(struct lane *l)
{
    for (uint32_t i = 0; i < l->shape->asked; i++)
        send(l, false, RR_PSH | RR_ACK, payload_len[0]);
    end_flight(l);
    acknowledge(l, true);
    l->clock += served_after;
    for (uint32_t i = 1; i <= l->shape->answered; i++) {
        send(l, true, RR_PSH | RR_ACK, payload_len[1]);
        if (l->shape->acked_each && i % l->shape->acked_each == 0)
            bare_ack(l, false);
    }
    end_flight(l);
    acknowledge(l, false);
}

static void connection(struct lane *l, uint32_t exchanges, int64_t begin, int64_t period)
{
    l->clock = begin;
    if (l->shape->whole)
        shake_hands(l);
    for (uint32_t i = 0; i < exchanges; i++) {
        l->clock = MAX(l->clock, begin + i * period);
        exchange(l);
    }
    if (l->shape->whole)
        take_leave(l);
}

static uint32_t segments_of_exchange(const struct shape *s)
{
    return s->asked + s->answered + (s->acked_each ? s->answered / s->acked_each : 0);
}

static int by_time(const void *a, const void *b)
{
    const struct rr_traffic_segment *s = a, *t = b;
    if (s->time != t->time)
        return s->time < t->time ? -1 : 1;
    return (s->order > t->order) - (s->order < t->order);
}

static struct rr_traffic make(const struct shape *shape, size_t segments)
{
    const uint32_t around = shape->whole ? 6 : 0, each = segments_of_exchange(shape);
    const uint32_t total = (uint32_t)segments;
    const uint32_t streams = shape->exchanges ? total / (around + shape->exchanges * each) : shape->streams;
    const uint32_t exchanges =
        shape->exchanges ? shape->exchanges : MAX(1, (total / streams - MIN(around, total / streams)) / each);
    const int64_t turn = each * pace, period = shape->streams * turn;
    GArray *out = g_array_sized_new(FALSE, FALSE, sizeof(struct rr_traffic_segment), total);
    GRand *chance = g_rand_new_with_seed(7);
    for (uint32_t i = 0; i < streams; i++) {
        struct lane l = { .out = out,
                          .shape = shape,
                          .chance = chance,
                          .stream = i,
                          .next = { 1000 + i, UINT32_MAX - 5000 - i } };
        if (!shape->whole)
            l.known[0] = l.next[1];
        connection(&l, exchanges, start + i * turn, period);
    }
    g_rand_free(chance);
    struct rr_traffic t = { .count = out->len, .streams = streams, .exchanges = streams * exchanges };
    t.segment = (struct rr_traffic_segment *)(void *)g_array_free(out, FALSE);
    qsort(t.segment, t.count, sizeof *t.segment, by_time);
    for (size_t i = 0; i < t.count; i++)
        t.with_data += t.segment[i].len > 0;
    return t;
}

struct rr_traffic rr_traffic_new(const char *shape, size_t segments)
{
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++)
        if (strcmp(shapes[i].name, shape) == 0)
            return make(&shapes[i], segments);
    return (struct rr_traffic){ 0 };
}

void rr_traffic_free(struct rr_traffic *t)
{
    g_free(t->segment);
}
