#include "conversation.h"

#include <string.h>

static const int64_t US = 1000, MS = 1000000, SECOND = 1000000000;

/* What a byte says is told by its sequence number, so that all copies of it agree; line ends and marks of
 * RESP come up among them. */
static const uint8_t *payload_from(uint32_t seq)
{
    static uint8_t bytes[256 + 65536];
    if (!bytes[1])
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = conversation_byte((uint32_t)i);
    return &bytes[seq % 256];
}

static enum rr_port_kind port_kind(uint16_t port)
{
    return port == 80 ? RR_PORT_PREFERRED : port == 443 ? RR_PORT_SERVICE : RR_PORT_PLAIN;
}

static uint8_t byte(struct conversation *c)
{
    return c->at < c->stop ? *c->at++ : 0;
}

/* Mostly short, so that lengths meet again. */
static uint32_t length_of(uint8_t b)
{
    static const uint32_t longer[] = { 100, 536, 1460, 65495 };
    return b < 200 ? 1 + b % 16u : b < 248 ? b : longer[b % G_N_ELEMENTS(longer)];
}

static void capture(struct conversation *c, uint32_t stream, const struct rr_segment *s)
{
    c->now.time += MS;
    c->now.frame += c->same_frame ? 0 : 1;
    c->same_frame = false;
    c->copy = *s;
    c->copy_of = stream;
    c->has_copy = true;
    c->copy.at = c->now;
    c->tell(c->user, EVENT_SEGMENT, stream, &c->copy);
    c->talk[stream].begun = true;
}

/* One end of a connection, as an instruction names it. */
struct actor {
    struct conversation *conversation;
    struct talk *talk;
    struct sender *own, *other;
    uint32_t stream;
    uint8_t end;
    bool stale;
};

/* What honest books know after a segment was captured. */
static void keep_books(const struct actor *a, int64_t begin, uint32_t len, uint8_t flags, int64_t acked)
{
    struct sender *own = a->own;
    own->shown = MAX(own->shown, begin + len);
    if (len)
        own->captured_end = MAX(own->captured_end, begin + len);
    own->fin |= (flags & RR_FIN) != 0;
    if (flags & RR_ACK) {
        own->acked = acked;
        a->other->shown = MAX(a->other->shown, acked);
        a->other->acknowledged = MAX(a->other->acknowledged, acked);
    }
}

/* A segment of `len` bytes at `begin`.  A FIN takes a number after the last byte, and is acknowledged with
 * it. */
static void say(const struct actor *a, int64_t begin, uint32_t len, uint8_t flags, int64_t acked)
{
    bool fin_acked = a->other->fin && acked == a->other->next;
    bool after_fin = a->own->fin && begin >= a->own->next && !(flags & (RR_FIN | RR_SYN));
    const uint32_t first = a->own->isn + 1 + (uint32_t)begin;
    const struct rr_segment s = {
        .end = a->end,
        .flags = flags,
        .window = a->own->window,
        .seq = flags & RR_SYN ? first - 1 : first + after_fin,
        .ack = flags & RR_ACK ? a->other->isn + 1 + (uint32_t)acked + fin_acked : 0,
        .len = len,
        .payload = payload_from(first + (flags & RR_SYN ? 0 : after_fin)),
        .captured = len > 60000 ? 96 : len,
        .protocol = len & 1 ? "odd" : "even",
    };
    keep_books(a, begin, len, flags, acked);
    capture(a->conversation, a->stream, &s);
}

static int64_t current_ack(const struct actor *a)
{
    return a->stale ? a->own->acked : a->other->next;
}

static void say_next(const struct actor *a, uint32_t len, uint8_t flags)
{
    int64_t begin = a->own->next;
    a->own->last_begin = begin;
    a->own->next += len;
    say(a, begin, len, flags, current_ack(a));
}

static struct actor other_end(const struct actor *a)
{
    return (struct actor){ a->conversation, a->talk, a->other, a->own, a->stream, !a->end, false };
}

static void says(const struct actor *a)
{
    say_next(a, length_of(byte(a->conversation)), RR_ACK);
}

static void says_and_pushes(const struct actor *a)
{
    say_next(a, length_of(byte(a->conversation)), RR_ACK | RR_PSH);
}

static void acknowledges(const struct actor *a)
{
    say(a, a->own->next, 0, RR_ACK, current_ack(a));
}

static void takes_turn(const struct actor *a)
{
    uint8_t b = byte(a->conversation);
    struct actor other = other_end(a);
    say_next(a, 1 + b % 16u, RR_ACK | RR_PSH);
    say_next(&other, 1 + b / 16u, RR_ACK | RR_PSH);
}

static void says_again(const struct actor *a)
{
    say(a, a->own->last_begin, (uint32_t)(a->own->next - a->own->last_begin) % 65496, RR_ACK, current_ack(a));
}

/* Bytes that end up to 63 before what was sent last, cut anew. */
static void says_piece_again(const struct actor *a)
{
    uint8_t back = byte(a->conversation), len = byte(a->conversation);
    int64_t begin = MAX(a->own->next - back % 64, 0);
    say(a, begin, (uint32_t)MIN(1 + len % 32, a->own->next - begin), RR_ACK, current_ack(a));
}

static void loses(const struct actor *a)
{
    struct sender *own = a->own;
    own->hole_begin = own->next;
    own->hole = length_of(byte(a->conversation));
    own->hole_acked = current_ack(a);
    own->next += own->hole;
}

/* What was lost last, or part of it: the original, late, or (bit 7 clear) sent anew. */
static void finds(const struct actor *a)
{
    struct sender *own = a->own;
    uint8_t b = byte(a->conversation);
    uint32_t len = (uint32_t)MIN(own->hole, 1 + b / 8);
    int64_t begin = own->hole_begin + (b & 1 ? own->hole - len : 0);
    if (!len)
        return;
    if (begin == own->hole_begin)
        own->hole_begin += len;
    own->hole -= len;
    int64_t newest = own->acked;
    say(a, begin, len, RR_ACK, a->stale ? own->hole_acked : a->other->next);
    own->acked = MAX(own->acked, newest);
}

static void greets(const struct actor *a)
{
    uint8_t b = byte(a->conversation);
    struct actor other = other_end(a);
    bool first = !a->talk->begun;
    switch (b % 4) {
    case 0:
        say(a, 0, 0, RR_SYN, 0);
        break;
    case 1:
        say(a, 0, 0, RR_SYN | RR_ACK, 0);
        break;
    case 2:
        say(a, 0, 0, RR_SYN, 0);
        say(&other, 0, 0, RR_SYN | RR_ACK, 0);
        a->talk->met |= first && a->own->next == 0 && !a->own->fin; /* else it answers no SYN */
        break;
    default:
        a->own->next = MAX(a->own->next, b / 4);
        say(a, 0, b / 4, RR_SYN, 0);
    }
}

static void finishes(const struct actor *a)
{
    uint8_t b = byte(a->conversation);
    if (b & 1)
        a->own->fin = true; /* lost */
    else
        say_next(a, b & 2 ? 1 + b / 4u : 0, RR_ACK | RR_FIN);
}

static void may_reset(const struct actor *a)
{
    if (byte(a->conversation) % 8) {
        say_next(a, 1, RR_ACK);
        return;
    }
    a->talk->reset = true;
    say(a, a->own->next, 0, RR_RST | RR_ACK, current_ack(a));
}

static void keeps_alive(const struct actor *a)
{
    say(a, a->own->next - 1, byte(a->conversation) & 1, RR_ACK, current_ack(a));
}

static void opens_or_shuts(const struct actor *a)
{
    a->own->window = byte(a->conversation) & 1 ? 0 : 1000;
    a->talk->shut |= !a->own->window;
    acknowledges(a);
}

static void time_passes(const struct actor *a)
{
    struct conversation *c = a->conversation;
    const int64_t step[] = { 0,           US,          10 * MS,     100 * MS,    199 * MS,  200 * MS,
                             500 * MS,    SECOND,      2999 * MS,   3 * SECOND,  3001 * MS, 59 * SECOND,
                             60 * SECOND, 61 * SECOND, -SECOND / 2, -60 * SECOND };
    uint8_t b = byte(c);
    c->now.time += step[b % 16];
    c->same_frame = b & 32 && c->now.frame;
    if (!(b & 16))
        return;
    c->now.frame++;
    c->tell(c->user, EVENT_TICK, 0, NULL);
}

static void is_copied(const struct actor *a)
{
    struct conversation *c = a->conversation;
    const struct rr_segment s = c->copy;
    if (c->has_copy)
        capture(c, c->copy_of, &s);
}

static void is_wild(const struct actor *a)
{
    struct conversation *c = a->conversation;
    if (!c->may_be_wild) {
        takes_turn(a);
        return;
    }
    uint8_t kind = byte(c), flags = byte(c);
    int64_t jump = (int64_t)(int8_t)byte(c) * (INT64_C(1) << kind % 32 % 25);
    a->talk->wild = true;
    a->talk->reset |= (flags & RR_RST) != 0;
    switch (kind / 64) {
    case 0:
        a->own->next += jump;
        break;
    case 1:
        say(a, a->own->next + jump, flags % 32u, flags, current_ack(a));
        break;
    case 2:
        say(a, a->own->next, flags % 32u, RR_ACK, current_ack(a) + jump);
        break;
    default:
        if (flags == 0)
            c->tell(c->user, EVENT_FINISH, 0, NULL);
        say(a, a->own->next, 0, flags, current_ack(a));
    }
}

static void (*const verbs[])(const struct actor *a) = {
    says,   says_and_pushes, acknowledges, takes_turn,  says_again,     says_piece_again, loses,     finds,
    greets, finishes,        may_reset,    keeps_alive, opens_or_shuts, time_passes,      is_copied, is_wild,
};

bool conversation_step(struct conversation *c)
{
    if (c->at >= c->stop)
        return false;
    uint8_t b = byte(c);
    uint32_t stream = (b >> 5 & 3u) % (uint32_t)c->connections;
    uint8_t end = b >> 4 & 1;
    struct talk *talk = &c->talk[stream];
    const struct actor actor = { c, talk, &talk->end[end], &talk->end[!end], stream, end, b & 0x80 };
    verbs[b & 15](&actor);
    return true;
}

void conversation_new(struct conversation *c, const uint8_t *bytes, size_t length,
                      void (*tell)(void *user, enum event what, uint32_t stream, const struct rr_segment *s),
                      void *user)
{
    static const uint16_t ports[][2] = { { 40000, 80 },  { 80, 40000 }, { 40000, 443 }, { 40000, 9000 },
                                         { 9000, 9001 }, { 80, 443 },   { 9000, 9000 }, { 50000, 40000 } };
    static const uint32_t isn[][2] = {
        { 1000, 9000 }, { UINT32_MAX - 20, 1 }, { 0, UINT32_MAX }, { 0x7ffffff0, 0x80000000 }
    };
    const int64_t quiet[] = { 3 * SECOND, 0, 300 * MS, 1 }, patience[] = { 60 * SECOND, 0, SECOND, 1 };
    *c = (struct conversation){ .at = bytes, .stop = bytes + length, .tell = tell, .user = user };
    uint8_t how = byte(c), who = byte(c);
    c->settings =
        (struct rr_settings){ quiet[how & 3], patience[how >> 2 & 3], how & 16 ? port_kind : NULL, NULL };
    c->connections = 1 + (how >> 5 & 3);
    c->may_be_wild = who & 32;
    c->is_short_of_memory = who & 64;
    c->is_ruled = who & 128;
    c->style = c->is_ruled ? byte(c) : 0;
    for (int i = 0; i < CONVERSATION_CONNECTIONS; i++) {
        struct talk *talk = &c->talk[i];
        for (int end = 0; end < 2; end++) {
            talk->end[end] = (struct sender){ .isn = isn[(who + i) & 3][end], .window = 1000 };
            talk->point[end] =
                (struct rr_endpoint){ end ? "192.0.2.2" : "192.0.2.1", ports[(who / 4 + i) & 7][end] };
        }
    }
    c->now = (struct rr_point){ how & 128 ? 0 : INT64_C(1600000000) * SECOND, 0 };
}

bool conversation_is_by_datagrams(const struct conversation *c, uint32_t stream)
{
    return c->style & (stream % 2 ? 1 : 2);
}

void conversation_open(const struct conversation *c, struct rr_tracker *t,
                       uint32_t place[CONVERSATION_CONNECTIONS])
{
    for (uint32_t i = 0; i < (uint32_t)c->connections; i++)
        if (conversation_is_by_datagrams(c, i))
            place[i] = rr_tracker_converse(t, i, c->talk[i].point, c->style & 32);
        else
            rr_tracker_open(t, i, c->talk[i].point);
}
