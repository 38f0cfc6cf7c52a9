/* Made-up conversations to measure on: the same ones each time. */
#ifndef RR_TRAFFIC_H
#define RR_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RR_TRAFFIC_SERVER_PORT = 7001, RR_TRAFFIC_MAX_LEN = 64 };

struct rr_traffic_segment {
    int64_t time; /* nanoseconds since the Unix epoch */
    uint32_t stream, order;
    uint32_t seq, ack;
    uint16_t len;
    uint8_t flags;
    bool from_server;
};

struct rr_traffic {
    struct rr_traffic_segment *segment; /* in order of time */
    size_t count;
    size_t with_data;
    uint32_t streams, exchanges;
};

/* About `segments` of the named shape; `count` is 0 where there is no such shape. */
struct rr_traffic rr_traffic_new(const char *shape, size_t segments);
void rr_traffic_free(struct rr_traffic *t);

/* The names of all shapes, ended by NULL. */
const char *const *rr_traffic_shapes(void);

const uint8_t *rr_traffic_payload(const struct rr_traffic_segment *s);
uint32_t rr_traffic_client_address(uint32_t stream); /* host byte order */
uint16_t rr_traffic_client_port(uint32_t stream);

#endif
