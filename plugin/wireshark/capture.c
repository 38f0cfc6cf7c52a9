#include "wireshark/capture.h"

#include "wireshark/compat.h"
#include <epan/packet.h>

#include "wireshark/prefs.h"

/* Eight bytes for each frame; what does not fit into them is kept elsewhere. */
enum slot_kind { SLOT_EMPTY, SLOT_BARE, SLOT_RUN };

union slot {
    struct { /* the frame's only segment, which has no payload */
        uint64_t kind : 2;
        uint64_t stream : 32;
        uint64_t phase : 3;
        uint64_t side : 1;
        uint64_t client_state : 4;
        uint64_t server_state : 4;
        uint64_t repeat : 1;
        uint64_t handshake : 1;
        uint64_t syn_retry : 1;
        uint64_t refused : 1;
        uint64_t reset : 1;
    } bare;
    struct { /* several, or one with payload */
        uint64_t kind : 2;
        uint64_t count : 22;
        uint64_t index : 40;
    } run;
};
G_STATIC_ASSERT(sizeof(union slot) == 8);
G_STATIC_ASSERT(sizeof(struct rr_verdict) <= 40);

static struct {
    struct rr_tracker *tracker;
    GArray *slots;    /* by frame */
    GArray *verdicts; /* of all runs */
    struct rr_verdict unpacked;
} capture;

struct observer {
    void (*ended)(void *user);
    void *user;
};
static GArray *observers;

static void begin(void)
{
    struct rr_settings settings = rr_prefs_settings();
    capture.tracker = rr_tracker_new(&settings);
    capture.slots = g_array_new(FALSE, TRUE, sizeof(union slot));
    capture.verdicts = g_array_new(FALSE, FALSE, sizeof(struct rr_verdict));
}

static void end(void)
{
    rr_tracker_finish(capture.tracker, RR_BY_SESSION);
    for (guint i = 0; i < observers->len; i++) {
        const struct observer *o = &g_array_index(observers, struct observer, i);
        o->ended(o->user);
    }
    g_array_free(capture.slots, TRUE);
    g_array_free(capture.verdicts, TRUE);
    rr_tracker_free(capture.tracker);
    capture.tracker = NULL;
}

void rr_capture_register(void)
{
    observers = g_array_new(FALSE, FALSE, sizeof(struct observer));
    register_init_routine(begin);
    register_cleanup_routine(end);
}

void rr_capture_on_end(void (*ended)(void *user), void *user)
{
    struct observer o = { ended, user };
    g_array_append_val(observers, o);
}

struct rr_tracker *rr_capture_tracker(void)
{
    return capture.tracker;
}

static union slot *slot_of(uint32_t frame)
{
    return &g_array_index(capture.slots, union slot, frame);
}

static bool fits_slot(const struct rr_verdict *v)
{
    return v->len == 0 && v->cost == 0 && !v->fresh && !v->late;
}

static union slot pack(const struct rr_verdict *v)
{
    union slot s = { .bare = { .kind = SLOT_BARE, .stream = v->connection->stream } };
    s.bare.phase = v->phase & 7u;
    s.bare.side = v->side & 1u;
    s.bare.client_state = v->state[RR_CLIENT] & 15u;
    s.bare.server_state = v->state[RR_SERVER] & 15u;
    s.bare.repeat = v->repeat;
    s.bare.handshake = v->handshake;
    s.bare.syn_retry = v->syn_retry;
    s.bare.refused = v->refused;
    s.bare.reset = v->reset;
    return s;
}
G_STATIC_ASSERT(RR_PHASE_COUNT <= 8 && RR_TCP_STATE_COUNT <= 16);

static struct rr_verdict unpack(union slot s)
{
    return (struct rr_verdict){
        .connection = rr_tracker_connection(capture.tracker, (uint32_t)s.bare.stream),
        .side = s.bare.side,
        .phase = s.bare.phase,
        .state = { s.bare.client_state, s.bare.server_state },
        .repeat = s.bare.repeat,
        .handshake = s.bare.handshake,
        .syn_retry = s.bare.syn_retry,
        .refused = s.bare.refused,
        .reset = s.bare.reset,
    };
}

void rr_capture_begin_frame(uint32_t frame)
{
    if (frame >= capture.slots->len)
        g_array_set_size(capture.slots, frame + 1);
    union slot *s = slot_of(frame);
    if (s->run.kind == SLOT_RUN && s->run.index + s->run.count == capture.verdicts->len)
        g_array_set_size(capture.verdicts, (guint)s->run.index);
    *s = (union slot){ 0 };
}

static void append_to_run(union slot *s, const struct rr_verdict *v)
{
    if (s->run.kind == SLOT_EMPTY)
        s->run.index = capture.verdicts->len & ((UINT64_C(1) << 40) - 1);
    s->run.kind = SLOT_RUN;
    s->run.count = (s->run.count + 1) & ((1u << 22) - 1);
    g_array_append_vals(capture.verdicts, v, 1);
}

void rr_capture_remember(uint32_t frame, const struct rr_verdict *v)
{
    union slot *s = slot_of(frame);
    if (s->bare.kind == SLOT_EMPTY && fits_slot(v)) {
        *s = pack(v);
        return;
    }
    if (s->bare.kind == SLOT_BARE) {
        struct rr_verdict first = unpack(*s);
        *s = (union slot){ 0 };
        append_to_run(s, &first);
    }
    append_to_run(s, v);
}

uint32_t rr_capture_last_frame(void)
{
    return capture.tracker && capture.slots->len ? capture.slots->len - 1 : 0;
}

struct rr_verdicts rr_capture_verdicts(uint32_t frame)
{
    if (!capture.tracker || frame >= capture.slots->len)
        return (struct rr_verdicts){ 0 };
    union slot s = *slot_of(frame);
    switch (s.bare.kind) {
    case SLOT_BARE:
        capture.unpacked = unpack(s);
        return (struct rr_verdicts){ &capture.unpacked, 1 };
    case SLOT_RUN:
        return (struct rr_verdicts){ &g_array_index(capture.verdicts, struct rr_verdict, s.run.index),
                                     s.run.count };
    default:
        return (struct rr_verdicts){ 0 };
    }
}
