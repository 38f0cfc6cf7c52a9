/* generate SHAPE SEGMENTS FILE: writes a capture and says what is in it. */
#include <stdio.h>
#include <stdlib.h>

#include "traffic.h"

enum { ETHERNET = 14, IPV4 = 20, TCP = 20, HEADERS = ETHERNET + IPV4 + TCP };

static const uint32_t server_address = (192u << 24) + (2u << 8) + 1; /* 192.0.2.1 */

static uint8_t *put16(uint8_t *p, uint32_t v)
{
    *p++ = (uint8_t)(v >> 8);
    *p++ = (uint8_t)v;
    return p;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    return put16(put16(p, v >> 16), v & 0xffff);
}

static void write_headers(uint8_t *p, const struct rr_traffic_segment *s)
{
    const uint32_t address[] = { rr_traffic_client_address(s->stream), server_address };
    const uint16_t port[] = { rr_traffic_client_port(s->stream), RR_TRAFFIC_SERVER_PORT };
    p = put32(p, 0x02000000); /* to 02:00:00:00:00:01 */
    p = put16(p, 1);
    p = put32(p, 0x02000000);
    p = put16(p, 2);
    p = put16(p, 0x0800);
    p = put16(p, 0x4500);
    p = put16(p, IPV4 + TCP + s->len);
    p = put32(p, 0x00004000); /* not to be fragmented */
    p = put32(p, 0x40060000); /* checksum left out, as by offloading cards */
    p = put32(p, address[s->from_server]);
    p = put32(p, address[!s->from_server]);
    p = put16(p, port[s->from_server]);
    p = put16(p, port[!s->from_server]);
    p = put32(p, s->seq);
    p = put32(p, s->ack);
    p = put16(p, 0x5000 | s->flags);
    p = put16(p, 65000);
    put32(p, 0);
}

static void write_segment(FILE *f, const struct rr_traffic_segment *s)
{
    const uint32_t len = HEADERS + (uint32_t)s->len;
    const uint32_t record[] = { (uint32_t)(s->time / 1000000000), (uint32_t)(s->time % 1000000000), len,
                                len };
    uint8_t headers[HEADERS];
    write_headers(headers, s);
    fwrite(record, sizeof record, 1, f);
    fwrite(headers, sizeof headers, 1, f);
    fwrite(rr_traffic_payload(s), s->len, 1, f);
}

static bool write_capture(const char *path, const struct rr_traffic *t)
{
    static const uint32_t head[] = {
        0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535, 1
    }; /* pcap, nanoseconds, Ethernet */
    FILE *f = fopen(path, "wb");
    if (!f)
        return false;
    fwrite(head, sizeof head, 1, f);
    for (size_t i = 0; i < t->count; i++)
        write_segment(f, &t->segment[i]);
    const bool written = !ferror(f);
    return fclose(f) == 0 && written;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: generate SHAPE SEGMENTS FILE\nshapes:", stderr);
        for (const char *const *name = rr_traffic_shapes(); *name; name++)
            fprintf(stderr, " %s", *name);
        fputs("\n", stderr);
        return 2;
    }
    struct rr_traffic t = rr_traffic_new(argv[1], strtoul(argv[2], NULL, 10));
    if (t.count == 0 || !write_capture(argv[3], &t)) {
        fprintf(stderr, "generate: could not write %s of shape %s\n", argv[3], argv[1]);
        return 1;
    }
    printf("frames=%zu with_data=%zu streams=%u exchanges=%u\n", t.count, t.with_data, t.streams,
           t.exchanges);
    rr_traffic_free(&t);
    return 0;
}
