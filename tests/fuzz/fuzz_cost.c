/* A conversation whose second part is said over and over: what a segment costs stays bounded, and so does
 * what is kept of it.
 *
 * Cost is counted, not timed: the tracker is compiled to call a function at every branch it takes, and what
 * it moves in memory counts as well.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "dissector.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
void __wrap___sanitizer_cov_trace_pc(void);
void *__real_memmove(void *to, const void *from, size_t size);
void *__wrap_memmove(void *to, const void *from, size_t size);

/* Beyond the tracker's own bounds, RR_PIECES_MAX and RR_MESSAGES_UNSETTLED_MAX, several times. */
enum { SEGMENTS = 20000, BYTES_A_STEP = 32 };

/* Any one segment may move or merge all that is within those bounds, and may place all the answers that wait
 * (RR_ORDER_HELD_MAX), each among some 3,000 spans that were told and 256 holds; on average it must not, nor
 * must one of its messages by rule. */
enum { STEPS_MAX = 5000000, STEPS_MEAN = 6000, KEPT_MEAN = 1200, KEPT_ALWAYS = 4 << 20 };

static uint64_t steps;

void __wrap___sanitizer_cov_trace_pc(void)
{
    steps++;
}

void *__wrap_memmove(void *to, const void *from, size_t size)
{
    steps += size / BYTES_A_STEP;
    return __real_memmove(to, from, size);
}

static size_t in_use(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

struct bill {
    struct conversation talk;
    struct dissector dissector;
    uint32_t place[CONVERSATION_CONNECTIONS]; /* of those by datagrams */
    struct rr_tracker *tracker;
    uint64_t segments, messages, dearest;
};

/* What the dissector takes is not counted. */
static size_t dissect(struct bill *bill, uint32_t stream, const struct rr_segment *s, struct rr_pdu *pdus)
{
    int64_t begin = (int32_t)(s->seq - bill->talk.talk[stream].end[s->end].isn - 1);
    size_t count = dissector_read(&bill->dissector, stream, begin + (s->flags & RR_SYN ? 1 : 0), s, pdus);
    int side = rr_tracker_ruled_side(bill->tracker, stream, s->end);
    dissector_tell(&bill->dissector, side < 0 ? s->end : side, s, pdus, count);
    return count;
}

static void feed(struct bill *bill, uint32_t stream, const struct rr_segment *s, const struct rr_pdu *pdus,
                 size_t count)
{
    if (count)
        rr_tracker_rule(bill->tracker, stream);
    struct rr_verdict v = rr_tracker_feed(bill->tracker, stream, s);
    if (rr_tracker_is_ruled(bill->tracker, stream))
        rr_tracker_pdus(bill->tracker, &v, pdus, count);
}

static void happens(void *user, enum event what, uint32_t stream, const struct rr_segment *s)
{
    struct bill *bill = user;
    struct rr_pdu pdus[DISSECTOR_PDUS];
    if (what == EVENT_FINISH)
        return;
    bool is_datagram = conversation_is_by_datagrams(&bill->talk, stream);
    size_t count = what == EVENT_SEGMENT && bill->talk.is_ruled ? dissect(bill, stream, s, pdus) : 0;
    uint64_t before = steps;
    rr_tracker_tick(bill->tracker, bill->talk.now);
    bill->segments += what == EVENT_SEGMENT;
    bill->messages += count;
    if (what == EVENT_SEGMENT && !is_datagram)
        feed(bill, stream, s, pdus, count);
    else if (what == EVENT_SEGMENT && s->len) {
        const struct rr_datagram d = dissector_datagram(&bill->dissector, s);
        rr_tracker_datagram(bill->tracker, bill->place[stream], &d);
    }
    bill->dearest = MAX(bill->dearest, steps - before);
}

/* All up to `stop`; a step that sends nothing is followed by one, for the run to come to an end. */
static void talk_until(struct bill *bill, const uint8_t *stop)
{
    struct conversation *c = &bill->talk;
    uint64_t before = bill->segments;
    c->stop = stop;
    while (conversation_step(c))
        ;
    bill->segments += bill->segments == before;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct bill bill;
    if (length < 4)
        return 0;
    const uint8_t *end = bytes + length, *again = bytes + 3 + bytes[0] % (length - 3);
    size_t kept_before = in_use();
    bill.segments = bill.messages = bill.dearest = steps = 0;
    conversation_new(&bill.talk, bytes + 1, length - 1, happens, &bill);
    bill.tracker = rr_tracker_new(&bill.talk.settings);
    conversation_open(&bill.talk, bill.tracker, bill.place);
    dissector_init(&bill.dissector, bill.talk.style);
    talk_until(&bill, again);
    while (bill.segments < SEGMENTS) {
        bill.talk.at = again;
        talk_until(&bill, end);
    }
    size_t kept = in_use() - kept_before;
    if (getenv("RR_TELL"))
        fprintf(stderr,
                "%" G_GUINT64_FORMAT " segments, steps: %" G_GUINT64_FORMAT
                " a segment, at most %" G_GUINT64_FORMAT "; kept: %zu bytes a segment\n",
                bill.segments, steps / bill.segments, bill.dearest, kept / (size_t)bill.segments);
    g_assert_cmpuint(bill.dearest, <=, STEPS_MAX);
    g_assert_cmpuint(steps, <=, STEPS_MEAN * (bill.segments + bill.messages));
    g_assert_cmpuint(kept, <=, KEPT_ALWAYS + KEPT_MEAN * (bill.segments + bill.messages));
    rr_tracker_finish(bill.tracker, RR_BY_END);
    rr_tracker_free(bill.tracker);
    return 0;
}
