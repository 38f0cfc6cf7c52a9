/* Totals of exchanges and connections, by server, client, connection, verb or port.
 *
 * Memory: some 700 bytes and the latencies (latency.h) a group.  There are at most RR_GROUPS_MAX groups, of
 * verbs RR_VERBS_MAX, whatever a capture holds: what comes after that is counted in one more, "(other)".  By
 * verb also 16 bytes for each connection and verb.
 */
#ifndef RR_GROUPS_H
#define RR_GROUPS_H

#include <stddef.h>

#include "exchange/exchange.h"
#include "measure/buckets.h"
#include "measure/latency.h"

enum { RR_GROUPS_MAX = 10000, RR_VERBS_MAX = 256, RR_VERB_BYTES = 24 };

enum rr_grouping {
    RR_BY_SERVER, /* address and port */
    RR_BY_CLIENT, /* address */
    RR_BY_CONNECTION,
    RR_BY_VERB, /* see rr_verb */
    RR_BY_PORT, /* the server's */
    RR_GROUPING_COUNT
};

/* "server" and so on. */
const char *rr_grouping_name(enum rr_grouping by);
bool rr_grouping_named(const char *name, enum rr_grouping *by);

struct rr_totals {
    uint64_t connections;
    uint64_t exchanges; /* the sum of these five: */
    uint64_t answered, unanswered, unasked, open, oneway;
    uint64_t pushes;
    uint64_t slow;                /* latency above the threshold */
    uint64_t requests, responses; /* of which a byte was captured */
    uint64_t request_bytes, response_bytes, push_bytes;
    uint64_t segments; /* that brought new bytes ... */
    uint64_t repeats;  /* ... and that brought none */
    uint64_t buckets[RR_BUCKETS];
    uint64_t request_sizes[RR_SIZES], response_sizes[RR_SIZES];
    struct rr_latency latency; /* of exchanges with both messages */
};

/* Repeats among all segments that carried bytes, 0 to 1. */
double rr_totals_repeat_share(const struct rr_totals *t);

struct rr_group {
    char *name;    /* what it is by, "10.0.0.2:80"; "(other)" where there were too many ... */
    char *host;    /* ... else, by server: its address */
    uint16_t port; /* by server or port */
    struct rr_totals totals;
};

struct rr_groups;

/* `slow`: ns above which a latency counts as slow; 0: none does. */
struct rr_groups *rr_groups_new(enum rr_grouping by, int64_t slow);
void rr_groups_free(struct rr_groups *g);
enum rr_grouping rr_groups_by(const struct rr_groups *g);

/* Each exchange, push and connection once, as it stands. */
void rr_groups_exchange(struct rr_groups *g, const struct rr_exchange *x);
void rr_groups_connection(struct rr_groups *g, const struct rr_connection *c);

/* Adds all of `from`, which is by the same.  Nothing of its connections need live any more. */
void rr_groups_merge(struct rr_groups *into, const struct rr_groups *from);

/* Those with the most exchanges first, "(other)" last; pointers live as long as nothing is added. */
size_t rr_groups_count(const struct rr_groups *g);
struct rr_group *rr_groups_at(struct rr_groups *g, size_t i);
void rr_groups_sort(struct rr_groups *g);

/* All together; named "total". */
struct rr_group *rr_groups_total(struct rr_groups *g);

/* The first word of a request, where it is one (a letter, then letters, digits, '_', '-' or '.'), in
 * capitals: GET, SET, SELECT; "(no word)" else, "(no request)" where none was captured, "(push)".  At most
 * RR_VERB_BYTES with the 0. */
void rr_verb(const struct rr_exchange *x, char verb[RR_VERB_BYTES]);

#endif
