#include "wireshark/assembly.h"

/* Of what may change while a row waits for it, 1 MB is far more than a connection has under way. */
enum { SLACK = 1 << 20, LAZY = 4096 };

static struct {
    size_t most;           /* of those who stay; 0: there are none */
    size_t (*asked)(void); /* of those who come and go */
    struct rr_payload *payload;
    uint32_t frame;       /* the last one told */
    bool from_first_pass; /* what is told again is a pass, and nothing else */
} assembly;

/* The capture is over, or a session within it, and its rows are out; or nobody wants them any more. */
static void forget(void)
{
    rr_payload_free(assembly.payload);
    assembly.payload = NULL;
    assembly.frame = 0;
    assembly.from_first_pass = false;
}

static bool is_wanted(void)
{
    return assembly.most || assembly.asked();
}

void rr_assembly_register(void)
{
    register_cleanup_routine(forget);
    rr_watch_in_every_pass_while(is_wanted);
}

void rr_assembly_want(size_t most)
{
    assembly.most = MAX(assembly.most, most);
}

void rr_assembly_want_while(size_t (*most)(void))
{
    assembly.asked = most;
}

static bool wanted_now(void)
{
    if (!is_wanted()) {
        if (assembly.payload)
            forget();
        return false;
    }
    if (!assembly.payload) {
        size_t asked = assembly.asked();
        assembly.payload = rr_payload_new((struct rr_payload_limits){
            .most = MAX(assembly.most, asked),
            .slack = SLACK,
            .lazy = LAZY,
            .total = assembly.most ? 0 : asked,
        });
    }
    return true;
}

static void tell_frame(uint32_t frame)
{
    rr_payload_begin_frame(assembly.payload, rr_capture_tracker(), frame);
    assembly.frame = frame;
}

void rr_assembly_begin_frame(uint32_t frame)
{
    if (!wanted_now())
        return;
    assembly.from_first_pass |= frame == 1;
    tell_frame(frame);
}

void rr_assembly_add(const struct rr_verdict *v, const uint8_t *payload, uint32_t captured)
{
    if (assembly.payload)
        rr_payload_add(assembly.payload, v, payload, captured);
}

/* Not every segment got a verdict, and with a read filter not every verdict has a segment. */
static bool belong_together(const struct rr_verdict *v, const struct rr_watched *w)
{
    const struct rr_connection *c = v->connection;
    return c->transport == RR_TCP && v->len == w->segment.len && w->src_port == c->end[v->side].port &&
           w->dst_port == c->end[!v->side].port &&
           w->segment.seq + (w->segment.flags & RR_SYN ? 1 : 0) == c->origin[v->side] + (uint32_t)v->begin;
}

static void add_again(struct rr_verdicts verdicts, struct rr_segments segments)
{
    size_t i = 0;
    for (size_t n = 0; n < segments.count; n++) {
        const struct rr_watched *w = &segments.first[n];
        size_t k = i;
        while (k < verdicts.count && !belong_together(&verdicts.first[k], w))
            k++;
        if (k == verdicts.count)
            continue;
        rr_assembly_add(&verdicts.first[k], w->segment.payload, w->segment.captured);
        i = k + 1;
    }
}

/* Where frames are looked at as the user likes, only those of a pass over all of them count; a pass of
 * tshark's may leave some out. */
static bool is_of_a_pass(uint32_t frame)
{
    return assembly.from_first_pass || frame == 1 || frame == assembly.frame + 1;
}

bool rr_assembly_repeat(uint32_t frame, struct rr_verdicts verdicts, struct rr_segments segments)
{
    if (!wanted_now() || !is_of_a_pass(frame))
        return false;
    if (frame <= assembly.frame || !assembly.frame)
        rr_payload_again(assembly.payload);
    tell_frame(frame);
    add_again(verdicts, segments);
    return true;
}

struct rr_bytes rr_assembly_bytes(const struct rr_exchange *x, const struct rr_connection *c, int side,
                                  size_t most)
{
    return rr_payload_bytes(assembly.payload, c, side, side == RR_CLIENT ? &x->request : &x->response, most);
}

uint64_t rr_assembly_refused(void)
{
    return assembly.payload ? rr_payload_refused(assembly.payload) : 0;
}
