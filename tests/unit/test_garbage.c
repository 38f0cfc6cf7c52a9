/* Segments without any sense: whatever goes in, the books balance. */
#include "audit.h"
#include "seeds.h"

enum { STREAMS = 3, SEGMENTS = 120 };

static const int64_t MS = 1000000;

/* How wild a run is. */
struct mood {
    int64_t reach;   /* how far sequence numbers jump */
    int64_t longest; /* payload */
    int64_t pause;   /* ns between segments, at most; a tenth of them go back in time */
    bool flags;      /* any flags, or nearly always a plain ACK */
};

static const struct mood moods[] = {
    { 30, 12, 100000000, false }, { 300, 50, 2000000000, false },          { 20, 8, 20000000000, true },
    { 5, 1, 1000000, false },     { UINT32_MAX, 65535, 1000000000, true }, { 4096, 1500, 4000000000, true },
};

static uint8_t some_flags(GRand *rand, const struct mood *mood)
{
    if (mood->flags)
        return (uint8_t)g_rand_int_range(rand, 0, 256);
    static const uint8_t usual[] = { RR_ACK, RR_ACK,          RR_ACK | RR_PSH, RR_ACK | RR_PSH,
                                     RR_ACK, RR_ACK | RR_FIN, RR_ACK,          RR_ACK,
                                     RR_ACK, RR_SYN,          RR_SYN | RR_ACK, RR_ACK,
                                     0,      RR_ACK,          RR_ACK,          RR_RST | RR_ACK,
                                     RR_ACK, RR_ACK,          RR_ACK,          RR_ACK };
    return usual[g_rand_int_range(rand, 0, G_N_ELEMENTS(usual))];
}

static struct rr_segment some_segment(GRand *rand, const struct mood *mood, const uint32_t base[2])
{
    static const uint8_t payload[65536] = "*1\r\n$4\r\nPING\r\n";
    bool empty = g_rand_int_range(rand, 0, 3) == 0;
    uint32_t len = empty ? 0 : (uint32_t)g_rand_int_range(rand, 1, (gint32)mood->longest + 1);
    uint8_t end = g_rand_boolean(rand);
    bool cut = g_rand_int_range(rand, 0, 10) == 0;
    return (struct rr_segment){
        .end = end,
        .flags = some_flags(rand, mood),
        .window = (uint16_t)(g_rand_int_range(rand, 0, 8) ? 1000 : 0),
        .seq = base[end] + (uint32_t)(g_rand_double(rand) * (double)mood->reach),
        .ack = base[!end] + (uint32_t)(g_rand_double(rand) * (double)mood->reach),
        .len = len,
        .payload = payload,
        .captured = cut ? len / 2 : len,
        .protocol = len & 1 ? "odd" : "even",
    };
}

static void tell(uint32_t stream, const struct rr_segment *s, const uint32_t base[2])
{
    g_printerr("%u: frame %u %.6fs end %d flags %02x seq %d len %u ack %d%s\n", stream, s->at.frame,
               (double)s->at.time / 1e9, s->end, s->flags, (int)(s->seq - base[s->end]), s->len,
               (int)(s->ack - base[!s->end]), s->window ? "" : " window 0");
}

static void open_streams(struct rr_tracker *t, GRand *rand)
{
    static const uint16_t ports[] = { 80, 40000, 443, 50000, 9000 };
    for (uint32_t i = 0; i < STREAMS; i++) {
        const struct rr_endpoint ends[2] = {
            { "192.0.2.1", ports[g_rand_int_range(rand, 0, G_N_ELEMENTS(ports))] },
            { "192.0.2.2", ports[g_rand_int_range(rand, 0, G_N_ELEMENTS(ports))] },
        };
        rr_tracker_open(t, i, ends);
    }
}

static void run(guint32 seed)
{
    GRand *rand = g_rand_new_with_seed(seed);
    const struct mood *mood = &moods[g_rand_int_range(rand, 0, G_N_ELEMENTS(moods))];
    const struct rr_settings settings = { .quiet = g_rand_boolean(rand) ? 3000 * MS : 0,
                                          .patience = g_rand_boolean(rand) ? 60000 * MS : 0 };
    struct rr_tracker *t = rr_tracker_new(&settings);
    struct audit *a = audit_new(t);
    uint32_t base[STREAMS][2];
    for (int i = 0; i < STREAMS; i++)
        for (int end = 0; end < 2; end++)
            base[i][end] = g_rand_boolean(rand) ? g_rand_int(rand) : UINT32_MAX - 10;
    const uint32_t first[STREAMS][2] = { { base[0][0], base[0][1] },
                                         { base[1][0], base[1][1] },
                                         { base[2][0], base[2][1] } };
    open_streams(t, rand);
    struct rr_point now = { 0 };
    for (int i = 0; i < SEGMENTS; i++) {
        uint32_t stream = (uint32_t)g_rand_int_range(rand, 0, STREAMS);
        struct rr_segment s = some_segment(rand, mood, base[stream]);
        now.time += (int64_t)(g_rand_double_range(rand, -0.1, 1) * (double)mood->pause);
        now.frame += (uint32_t)g_rand_int_range(rand, i ? 0 : 1, 3);
        s.at = now;
        for (int side = 0; side < 2; side++)
            base[stream][side] += (uint32_t)g_rand_int_range(rand, 0, 4);
        if (seeds_single())
            tell(stream, &s, first[stream]);
        rr_tracker_tick(t, now);
        audit_look(a);
        rr_tracker_feed(t, stream, &s);
        audit_look(a);
    }
    rr_tracker_finish(t, RR_BY_END);
    audit_close(a);
    audit_free(a);
    rr_tracker_free(t);
    g_rand_free(rand);
}

static void test_garbage(void)
{
    seeds_each(2000, run);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/garbage", test_garbage);
    return g_test_run();
}
