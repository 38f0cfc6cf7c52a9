#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4 };
enum { PORTS = 65536, RULES_MAX = 256, LINE_MAX_BYTES = 256 };

enum what { WHAT_SYN, WHAT_DATA, WHAT_ACK, WHAT_ANY, WHAT_COUNT };
static const char *const what_names[WHAT_COUNT] = { "syn", "data", "ack", "any" };

static const char *const fate_names[] = { "pass", "drop", "late", "copy" };
enum { FATE_COUNT = sizeof fate_names / sizeof *fate_names };

enum which { WHICH_RANGE, WHICH_CHANCE, WHICH_BEYOND };

struct rule {
    unsigned first_port, last_port;
    enum wire_side side;
    enum what what;
    enum which which;
    unsigned first, last; /* WHICH_BEYOND: more bytes than `first` */
    double chance;
    struct fate fate;
};

struct port {
    uint32_t origin[2]; /* sequence number of a side's first byte */
    unsigned count[2][WHAT_COUNT];
};

struct plan {
    uint64_t seed;
    unsigned rules;
    struct rule rule[RULES_MAX];
    struct port port[PORTS];
};

const char *fate_name(enum fate_kind kind)
{
    return fate_names[kind];
}

static bool find_name(const char *word, const char *const *names, unsigned count, unsigned *found)
{
    for (*found = 0; *found < count; (*found)++)
        if (!strcmp(word, names[*found]))
            return true;
    return false;
}

/* "*", "N" or "N-M". */
static bool read_range(const char *word, unsigned most, unsigned *first, unsigned *last)
{
    char rest;
    if (!strcmp(word, "*")) {
        *first = 0;
        *last = most;
        return true;
    }
    if (sscanf(word, "%u-%u%c", first, last, &rest) == 2)
        return *first <= *last && *last <= most;
    *last = 0;
    if (sscanf(word, "%u%c", first, &rest) != 1 || *first > most)
        return false;
    *last = *first;
    return true;
}

static bool read_which(const char *word, struct rule *r)
{
    char sign, rest;
    if (sscanf(word, "%lf%c%c", &r->chance, &sign, &rest) == 2 && sign == '%') {
        r->which = WHICH_CHANCE;
        return r->chance >= 0 && r->chance <= 100;
    }
    if (sscanf(word, ">%u%c", &r->first, &rest) == 1) {
        r->which = WHICH_BEYOND;
        return r->what == WHAT_ACK;
    }
    r->which = WHICH_RANGE;
    return read_range(word, UINT32_MAX, &r->first, &r->last);
}

static bool read_rule(const char *line, struct rule *r)
{
    char ports[24], side[4], what[8], which[24], fate[8];
    double ms = 0;
    int words = sscanf(line, "%23s %3s %7s %23s %7s %lf", ports, side, what, which, fate, &ms);
    if (words < 5 || (strcmp(side, "a") != 0 && strcmp(side, "b") != 0))
        return false;
    unsigned at;
    r->side = side[0] == 'a' ? WIRE_A : WIRE_B;
    if (!find_name(what, what_names, WHAT_COUNT, &at))
        return false;
    r->what = (enum what)at;
    if (!find_name(fate, fate_names, FATE_COUNT, &at))
        return false;
    r->fate = (struct fate){ (enum fate_kind)at, (int64_t)(ms * 1e6) };
    bool wants_ms = r->fate.kind == FATE_LATE || r->fate.kind == FATE_COPY;
    return wants_ms == (words == 6) && ms >= 0 &&
           read_range(ports, PORTS - 1, &r->first_port, &r->last_port) && read_which(which, r);
}

static bool read_line(struct plan *plan, const char *line)
{
    char word[8] = "";
    unsigned long long seed;
    if (sscanf(line, "%7s", word) != 1 || word[0] == '#')
        return true;
    if (sscanf(line, "seed %llu", &seed) == 1) {
        plan->seed = seed;
        return true;
    }
    return plan->rules < RULES_MAX && read_rule(line, &plan->rule[plan->rules++]);
}

static bool read_lines(struct plan *plan, const char *path, FILE *file)
{
    char line[LINE_MAX_BYTES];
    for (unsigned number = 1; fgets(line, sizeof line, file); number++) {
        if (!read_line(plan, line)) {
            fprintf(stderr, "%s:%u: not a rule: %s", path, number, line);
            return false;
        }
    }
    return true;
}

struct plan *plan_read(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        return NULL;
    }
    struct plan *plan = calloc(1, sizeof *plan);
    bool good = plan && read_lines(plan, path, file);
    fclose(file);
    if (!good) {
        free(plan);
        return NULL;
    }
    return plan;
}

void plan_free(struct plan *plan)
{
    free(plan);
}

/* splitmix64: one number of the sequence, without those before it. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* 0 to 100, the same for the same packet in every run. */
static double draw(const struct plan *plan, const struct packet *p, unsigned rule)
{
    uint64_t number = plan->port[p->port].count[p->side][WHAT_ANY];
    uint64_t which = (uint64_t)p->port << 48 | (uint64_t)p->side << 47 | (uint64_t)rule << 32 | number;
    return (double)(mix(mix(plan->seed) ^ which) >> 11) * 0x1p-53 * 100;
}

static bool is(enum what what, const struct packet *p)
{
    switch (what) {
    case WHAT_SYN:
        return p->flags & TCP_SYN;
    case WHAT_DATA:
        return p->payload > 0;
    case WHAT_ACK:
        return p->payload == 0 && !(p->flags & (TCP_SYN | TCP_FIN | TCP_RST));
    default:
        return true;
    }
}

static bool fits(const struct plan *plan, unsigned i, const struct packet *p)
{
    const struct rule *r = &plan->rule[i];
    const struct port *port = &plan->port[p->port];
    if (p->port < r->first_port || p->port > r->last_port || p->side != r->side || !is(r->what, p))
        return false;
    if (r->which == WHICH_CHANCE)
        return draw(plan, p, i) < r->chance;
    if (r->which == WHICH_BEYOND) {
        uint32_t acked = p->ack - port->origin[!p->side];
        return acked > r->first && acked < UINT32_MAX / 2;
    }
    unsigned number = port->count[p->side][r->what];
    return number >= r->first && number <= r->last;
}

struct fate plan_decide(struct plan *plan, const struct packet *p)
{
    struct port *port = &plan->port[p->port];
    if (p->flags & TCP_SYN)
        port->origin[p->side] = p->seq + 1;
    for (enum what what = 0; what < WHAT_COUNT; what++)
        port->count[p->side][what] += is(what, p);
    for (unsigned i = 0; i < plan->rules; i++)
        if (fits(plan, i, p))
            return plan->rule[i].fate;
    return (struct fate){ FATE_PASS, 0 };
}
