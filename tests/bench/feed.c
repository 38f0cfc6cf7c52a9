/* feed SHAPE SEGMENTS: what the tracker alone takes, in time and memory. */
#include <glib.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "track/tracker.h"
#include "traffic.h"

static enum rr_port_kind port_kind(uint16_t port)
{
    return port == RR_TRAFFIC_SERVER_PORT ? RR_PORT_SERVICE : RR_PORT_PLAIN;
}

static int64_t cpu_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static size_t allocated(void)
{
    const struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static char **clients_of(const struct rr_traffic *t)
{
    char **hosts = g_new0(char *, t->streams + 1);
    for (uint32_t i = 0; i < t->streams; i++) {
        const uint32_t a = rr_traffic_client_address(i);
        hosts[i] = g_strdup_printf("%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
    }
    return hosts;
}

static void open_stream(struct rr_tracker *tracker, uint32_t stream, const char *client)
{
    const struct rr_endpoint ends[2] = { { client, rr_traffic_client_port(stream) },
                                         { "192.0.2.1", RR_TRAFFIC_SERVER_PORT } };
    rr_tracker_open(tracker, stream, ends);
}

static void feed(struct rr_tracker *tracker, const struct rr_traffic *t, char *const *clients)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct rr_traffic_segment *from = &t->segment[i];
        const struct rr_segment s = { .at = { from->time, (uint32_t)i + 1 },
                                      .end = from->from_server,
                                      .flags = from->flags,
                                      .window = 65000,
                                      .seq = from->seq,
                                      .ack = from->ack,
                                      .len = from->len,
                                      .payload = rr_traffic_payload(from),
                                      .captured = from->len,
                                      .protocol = "tcp" };
        rr_tracker_tick(tracker, s.at);
        if (!rr_tracker_knows(tracker, from->stream))
            open_stream(tracker, from->stream, clients[from->stream]);
        rr_tracker_feed(tracker, from->stream, &s);
    }
    rr_tracker_finish(tracker, RR_BY_END);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: feed SHAPE SEGMENTS\n", stderr);
        return 2;
    }
    struct rr_traffic t = rr_traffic_new(argv[1], strtoul(argv[2], NULL, 10));
    if (t.count == 0) {
        fprintf(stderr, "feed: no shape %s\n", argv[1]);
        return 1;
    }
    const struct rr_settings settings = { 3 * G_GINT64_CONSTANT(1000000000),
                                          60 * G_GINT64_CONSTANT(1000000000), port_kind, NULL };
    char **clients = clients_of(&t);
    const size_t before = allocated();
    const int64_t begin = cpu_time();
    struct rr_tracker *tracker = rr_tracker_new(&settings);
    feed(tracker, &t, clients);
    const int64_t took = cpu_time() - begin;
    const size_t kept = allocated() - before;
    printf("segments=%zu exchanges=%u reports=%zu ns_per_segment=%.1f bytes_per_exchange=%.1f\n", t.count,
           t.exchanges, rr_tracker_report_count(tracker), (double)took / (double)t.count,
           (double)kept / (double)t.exchanges);
    rr_tracker_free(tracker);
    g_strfreev(clients);
    rr_traffic_free(&t);
    return 0;
}
