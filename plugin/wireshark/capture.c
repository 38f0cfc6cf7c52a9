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
    union slot *slots; /* by frame */
    size_t slot_count, slot_room;
    struct rr_verdict *verdicts; /* of all runs */
    size_t verdict_count, verdict_room;
    struct rr_verdict unpacked;
    bool renumbered;
} capture;

struct observer {
    void (*ended)(void *user);
    void *user;
};
static GArray *observers;

/* Room for one more in an array that holds `count`.  What it grows by is memory only once it is used. */
static void *grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = 2 * *room + 1024;
    return g_realloc_n(array, *room, size);
}

static void begin(void)
{
    struct rr_settings settings = rr_prefs_settings();
    capture.tracker = rr_tracker_new(&settings);
}

static void end(void)
{
    rr_tracker_finish(capture.tracker, RR_BY_SESSION);
    for (guint i = 0; i < observers->len; i++) {
        const struct observer *o = &g_array_index(observers, struct observer, i);
        o->ended(o->user);
    }
    g_free(capture.slots);
    g_free(capture.verdicts);
    rr_tracker_free(capture.tracker);
    memset(&capture, 0, sizeof capture);
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

static bool fits_slot(const struct rr_verdict *v)
{
    return v->connection->transport == RR_TCP && v->len == 0 && v->cost == 0 && !v->fresh && !v->late;
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
    capture.renumbered |= frame < capture.slot_count;
    while (frame >= capture.slot_count) {
        capture.slots = grow(capture.slots, capture.slot_count, &capture.slot_room, sizeof *capture.slots);
        capture.slots[capture.slot_count++] = (union slot){ 0 };
    }
    union slot *s = &capture.slots[frame];
    if (s->run.kind == SLOT_RUN && s->run.index + s->run.count == capture.verdict_count)
        capture.verdict_count = s->run.index;
    *s = (union slot){ 0 };
}

static void append_to_run(union slot *s, const struct rr_verdict *v)
{
    if (s->run.kind == SLOT_EMPTY)
        s->run.index = capture.verdict_count & ((UINT64_C(1) << 40) - 1);
    s->run.kind = SLOT_RUN;
    s->run.count = (s->run.count + 1) & ((1u << 22) - 1);
    capture.verdicts =
        grow(capture.verdicts, capture.verdict_count, &capture.verdict_room, sizeof *capture.verdicts);
    capture.verdicts[capture.verdict_count++] = *v;
}

void rr_capture_remember(uint32_t frame, const struct rr_verdict *v)
{
    union slot *s = &capture.slots[frame];
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
    return capture.slot_count ? (uint32_t)capture.slot_count - 1 : 0;
}

bool rr_capture_is_renumbered(void)
{
    return capture.renumbered;
}

struct rr_verdicts rr_capture_verdicts(uint32_t frame)
{
    if (frame >= capture.slot_count)
        return (struct rr_verdicts){ 0 };
    union slot s = capture.slots[frame];
    switch (s.bare.kind) {
    case SLOT_BARE:
        capture.unpacked = unpack(s);
        return (struct rr_verdicts){ &capture.unpacked, 1 };
    case SLOT_RUN:
        return (struct rr_verdicts){ &capture.verdicts[s.run.index], s.run.count };
    default:
        return (struct rr_verdicts){ 0 };
    }
}
