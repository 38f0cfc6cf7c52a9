#include "wireshark/assembly.h"

/* Of what may change while a row waits for it, 1 MB is far more than a connection has under way. */
enum { SLACK = 1 << 20, LAZY = 4096 };

static struct {
    size_t most; /* 0: nobody wants any */
    struct rr_payload *payload;
    uint32_t frame; /* the last one told */
} assembly;

/* The capture is over, or a session within it, and its rows are out. */
static void forget(void)
{
    rr_payload_free(assembly.payload);
    assembly.payload = NULL;
    assembly.frame = 0;
}

void rr_assembly_register(void)
{
    register_cleanup_routine(forget);
}

void rr_assembly_want(size_t most)
{
    assembly.most = MAX(assembly.most, most);
    rr_watch_in_every_pass();
}

bool rr_assembly_is_wanted(void)
{
    return assembly.most > 0;
}

void rr_assembly_begin_frame(uint32_t frame)
{
    if (!assembly.most)
        return;
    if (!assembly.payload)
        assembly.payload = rr_payload_new((struct rr_payload_limits){ assembly.most, SLACK, LAZY });
    rr_payload_begin_frame(assembly.payload, rr_capture_tracker(), frame);
    assembly.frame = frame;
}

void rr_assembly_add(const struct rr_verdict *v, const struct rr_segment *s)
{
    if (assembly.most)
        rr_payload_add(assembly.payload, v, s->payload, s->captured);
}

/* Not every segment got a verdict, and with a read filter not every verdict has a segment. */
static bool belong_together(const struct rr_verdict *v, const struct rr_watched *w)
{
    const struct rr_connection *c = v->connection;
    return v->len == w->segment.len && w->src_port == c->end[v->side].port &&
           w->dst_port == c->end[!v->side].port &&
           w->segment.seq + (w->segment.flags & RR_SYN ? 1 : 0) == c->origin[v->side] + (uint32_t)v->begin;
}

void rr_assembly_repeat(uint32_t frame, struct rr_verdicts verdicts, struct rr_segments segments)
{
    if (!assembly.most || !assembly.payload)
        return;
    if (frame <= assembly.frame)
        rr_payload_again(assembly.payload);
    rr_assembly_begin_frame(frame);
    size_t i = 0;
    for (size_t n = 0; n < segments.count; n++) {
        const struct rr_watched *w = &segments.first[n];
        size_t k = i;
        while (k < verdicts.count && !belong_together(&verdicts.first[k], w))
            k++;
        if (k == verdicts.count)
            continue;
        rr_assembly_add(&verdicts.first[k], &w->segment);
        i = k + 1;
    }
}

struct rr_bytes rr_assembly_bytes(const struct rr_exchange *x, const struct rr_connection *c, int side,
                                  size_t most)
{
    return rr_payload_bytes(assembly.payload, c, side, side == RR_CLIENT ? &x->request : &x->response, most);
}
