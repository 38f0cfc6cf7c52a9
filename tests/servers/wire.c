/* A wire between two network interfaces, of user space: what comes in at one goes out at the other, so much
 * later, with what a plan (plan.h) does to TCP packets.  It logs each, with the times of its own.
 *
 *     wire --delay MS --plan FILE --log FILE [--mirror INTERFACE VLAN] A B
 *
 * Prints "ready" when it is, ends on SIGTERM.  A line of the log is a packet that was passed on or dropped:
 *
 *     SIDE PORT SEQ ACK FLAGS PAYLOAD FATE IN BEFORE AFTER
 *
 * IN is when the wire had read it, BEFORE and AFTER are taken around the call that sent it on
 * (0 where it was dropped): nanoseconds since the epoch, as in captures of the same machine.
 * --mirror sends a copy of each packet that comes in to a third interface, as the mirror port of a switch
 * does; VLAN tags it, 0 does not.
 */
#define _GNU_SOURCE
#include "plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_MAX = 1 << 16, TAG_BYTES = 4, ADDRESSES_BYTES = 12, SOCKET_BUFFER = 8 << 20 };
enum { SECOND = 1000000000, MILLISECOND = 1000000 };

/* A frame under way. */
struct travel {
    int64_t due;    /* on the monotonic clock */
    uint64_t order; /* of arrival: frames due together keep it */
    int64_t in;
    struct packet packet;
    bool is_tcp;
    enum fate_kind fate;
    enum wire_side to;
    size_t size;
    unsigned char *frame;
};

struct wire {
    int socket[2], mirror; /* -1: none */
    uint16_t vlan;
    int64_t delay;
    struct plan *plan;
    FILE *log;
    struct travel *heap; /* the soonest on top */
    size_t under_way, room;
    uint64_t arrived;
};

static volatile sig_atomic_t ended;

static void end(int signal_number)
{
    (void)signal_number;
    ended = 1;
}

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

/* ---- frames under way ---- */

static bool sooner(const struct travel *a, const struct travel *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void swap(struct travel *a, struct travel *b)
{
    struct travel t = *a;
    *a = *b;
    *b = t;
}

static void depart(struct wire *w, struct travel t)
{
    if (w->under_way == w->room) {
        w->room = w->room ? 2 * w->room : 256;
        w->heap = realloc(w->heap, w->room * sizeof *w->heap);
        if (!w->heap)
            die("memory");
    }
    size_t i = w->under_way++;
    w->heap[i] = t;
    for (; i && sooner(&w->heap[i], &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&w->heap[i], &w->heap[(i - 1) / 2]);
}

static struct travel next(struct wire *w)
{
    struct travel first = w->heap[0];
    size_t n = --w->under_way;
    w->heap[0] = w->heap[n];
    for (size_t i = 0, child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && sooner(&w->heap[child + 1], &w->heap[child]))
            child++;
        if (sooner(&w->heap[i], &w->heap[child]))
            break;
        swap(&w->heap[i], &w->heap[child]);
    }
    return first;
}

/* ---- what a frame is ---- */

static uint16_t get16(const unsigned char *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const unsigned char *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Where TCP begins and how long it is with its payload; 0: it is not TCP. */
static size_t find_tcp(const unsigned char *frame, size_t size, size_t *length)
{
    const unsigned char *ip = frame + ETH_HLEN;
    if (size < ETH_HLEN + 40)
        return 0;
    if (get16(frame + 12) == ETH_P_IP && ip[9] == IPPROTO_TCP) {
        size_t head = (size_t)(ip[0] & 15) * 4;
        *length = get16(ip + 2) - head;
        return ETH_HLEN + head;
    }
    if (get16(frame + 12) == ETH_P_IPV6 && ip[6] == IPPROTO_TCP) {
        *length = get16(ip + 4);
        return ETH_HLEN + 40;
    }
    return 0;
}

static bool read_packet(const unsigned char *frame, size_t size, enum wire_side from, struct packet *p)
{
    size_t length, at = find_tcp(frame, size, &length);
    if (!at || size < at + 20 || length > size - at)
        return false;
    const unsigned char *tcp = frame + at;
    size_t head = (size_t)(tcp[12] >> 4) * 4;
    if (head > length)
        return false;
    *p = (struct packet){ .side = from,
                          .port = get16(tcp + (from == WIRE_A ? 0 : 2)),
                          .seq = get32(tcp + 4),
                          .ack = get32(tcp + 8),
                          .payload = (uint32_t)(length - head),
                          .flags = tcp[13] };
    return true;
}

/* ---- in and out ---- */

static void note(const struct wire *w, const struct travel *t, int64_t before, int64_t after)
{
    const struct packet *p = &t->packet;
    if (t->is_tcp)
        fprintf(w->log, "%c %u %u %u %u %u %s %lld %lld %lld\n", "ab"[p->side], p -> port, p -> seq, p -> ack,
                p -> flags, p -> payload, fate_name(t->fate), (long long)t -> in, (long long)before,
                (long long)after);
}

static void deliver(struct wire *w, struct travel t)
{
    int64_t before = now(CLOCK_REALTIME);
    if (send(w->socket[t.to], t.frame, t.size, 0) < 0)
        die("send");
    note(w, &t, before, now(CLOCK_REALTIME));
    free(t.frame);
}

static unsigned char *copied(const unsigned char *frame, size_t size)
{
    unsigned char *copy = malloc(size);
    if (!copy)
        die("memory");
    return memcpy(copy, frame, size);
}

static void show_mirror(const struct wire *w, const unsigned char *frame, size_t size)
{
    static unsigned char tagged[FRAME_MAX + TAG_BYTES];
    size_t tag = w->vlan ? TAG_BYTES : 0;
    memcpy(tagged, frame, ADDRESSES_BYTES);
    memcpy(tagged + ADDRESSES_BYTES + tag, frame + ADDRESSES_BYTES, size - ADDRESSES_BYTES);
    if (tag) {
        uint16_t head[2] = { htons(ETH_P_8021Q), htons(w->vlan) };
        memcpy(tagged + ADDRESSES_BYTES, head, sizeof head);
    }
    if (send(w->mirror, tagged, size + tag, 0) < 0)
        die("send to the mirror");
}

static void arrive(struct wire *w, enum wire_side from, const unsigned char *frame, size_t size, int64_t in)
{
    struct travel t = { .due = now(CLOCK_MONOTONIC) + w->delay,
                        .order = w->arrived++,
                        .in = in,
                        .to = from == WIRE_A ? WIRE_B : WIRE_A,
                        .size = size };
    struct fate fate = { FATE_PASS, 0 };
    t.is_tcp = read_packet(frame, size, from, &t.packet);
    if (t.is_tcp)
        fate = plan_decide(w->plan, &t.packet);
    if (w->mirror >= 0)
        show_mirror(w, frame, size);
    if (fate.kind == FATE_DROP) {
        t.fate = FATE_DROP;
        note(w, &t, 0, 0);
        return;
    }
    if (fate.kind != FATE_LATE) {
        t.frame = copied(frame, size);
        depart(w, t);
    }
    if (fate.kind != FATE_PASS) {
        t.fate = fate.kind;
        t.due += fate.delay;
        t.frame = copied(frame, size);
        depart(w, t);
    }
}

/* The kernel's time of a packet's arrival. */
static int64_t stamp(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
        }
    }
    fprintf(stderr, "the kernel gives no time stamps\n");
    exit(1);
}

static void take_all(struct wire *w, enum wire_side from)
{
    static unsigned char frame[FRAME_MAX];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec data = { frame, sizeof frame };
    for (;;) {
        struct msghdr m = {
            .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
        };
        ssize_t size = recvmsg(w->socket[from], &m, MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (size < 0)
            die("receive");
        if (size < ETH_HLEN || size > (ssize_t)sizeof frame)
            continue;
        arrive(w, from, frame, (size_t)size, stamp(&m));
    }
}

static void run(struct wire *w)
{
    sigset_t while_waiting;
    sigprocmask(SIG_SETMASK, NULL, &while_waiting);
    sigdelset(&while_waiting, SIGTERM);
    while (!ended) {
        while (w->under_way && w->heap[0].due <= now(CLOCK_MONOTONIC))
            deliver(w, next(w));
        struct timespec wait = { 0, 0 }, *limit = NULL;
        if (w->under_way) {
            int64_t left = w->heap[0].due - now(CLOCK_MONOTONIC);
            if (left > 0)
                wait = (struct timespec){ left / SECOND, left % SECOND };
            limit = &wait;
        }
        struct pollfd in[2] = { { w->socket[0], POLLIN, 0 }, { w->socket[1], POLLIN, 0 } };
        if (ppoll(in, 2, limit, &while_waiting) <= 0)
            continue;
        for (enum wire_side side = WIRE_A; side <= WIRE_B; side++)
            if (in[side].revents)
                take_all(w, side);
    }
}

/* ---- setting up ---- */

static int open_interface(const char *name)
{
    int s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    if (s < 0)
        die("packet socket");
    int on = 1, size = SOCKET_BUFFER;
    struct sockaddr_ll address = { .sll_family = AF_PACKET,
                                   .sll_protocol = htons(ETH_P_ALL),
                                   .sll_ifindex = (int)if_nametoindex(name) };
    if (!address.sll_ifindex || bind(s, (struct sockaddr *)&address, sizeof address) < 0)
        die(name);
    if (setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0 ||
        setsockopt(s, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
        setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0 ||
        setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
        die("setsockopt");
    return s;
}

static int usage(void)
{
    fprintf(stderr, "usage: wire --delay MS --plan FILE --log FILE [--mirror INTERFACE VLAN] A B\n");
    return 2;
}

static void end_on_sigterm(void)
{
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL); /* but while it waits: no signal falls between test and wait */
    sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end }, NULL);
}

int main(int argc, char **argv)
{
    struct wire w = { .mirror = -1 };
    int i = 1;
    for (; i + 2 < argc && argv[i][0] == '-'; i += 2) {
        if (!strcmp(argv[i], "--delay"))
            w.delay = (int64_t)(atof(argv[i + 1]) * MILLISECOND);
        else if (!strcmp(argv[i], "--plan"))
            w.plan = plan_read(argv[i + 1]);
        else if (!strcmp(argv[i], "--log"))
            w.log = fopen(argv[i + 1], "w");
        else if (!strcmp(argv[i], "--mirror") && i + 3 < argc) {
            w.mirror = open_interface(argv[i + 1]);
            w.vlan = (uint16_t)atoi(argv[i++ + 2]);
        } else {
            return usage();
        }
    }
    if (i + 2 != argc || !w.plan || !w.log)
        return usage();
    end_on_sigterm();
    for (enum wire_side side = WIRE_A; side <= WIRE_B; side++)
        w.socket[side] = open_interface(argv[i + (int)side]);
    puts("ready");
    fflush(stdout);
    run(&w);
    while (w.under_way)
        free(next(&w).frame);
    free(w.heap);
    plan_free(w.plan);
    if (fclose(w.log) != 0)
        die("log");
    return 0;
}
