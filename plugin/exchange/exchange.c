#include "exchange/exchange.h"

const char *rr_status_name(enum rr_status status)
{
    static const char *const names[RR_STATUS_COUNT] = {
        [RR_OPEN] = "open",       [RR_ANSWERED] = "answered", [RR_UNANSWERED] = "unanswered",
        [RR_UNASKED] = "unasked", [RR_PUSHED] = "pushed",     [RR_ONEWAY] = "oneway",
    };
    return names[status];
}

const char *rr_evidence_name(enum rr_evidence evidence)
{
    static const char *const names[RR_EVIDENCE_COUNT] = {
        [RR_NO_PAIR] = "",    [RR_EXACT] = "exact", [RR_ACKED] = "acked",
        [RR_ORDER] = "order", [RR_LOST] = "lost",
    };
    return names[evidence];
}

const char *rr_pairing_name(enum rr_pairing pairing)
{
    static const char *const names[RR_PAIRING_COUNT] = {
        [RR_BY_TURN] = "turn",
        [RR_BY_ORDER] = "order",
        [RR_BY_KEY] = "key",
    };
    return names[pairing];
}

const char *rr_ended_by_name(enum rr_ended_by ended_by)
{
    static const char *const names[RR_ENDED_BY_COUNT] = {
        [RR_GOING_ON] = "",
        [RR_BY_RESPONSE] = "response",
        [RR_BY_NEXT] = "next",
        [RR_BY_QUIET] = "quiet",
        [RR_BY_CLIENT_FIN] = "client-fin",
        [RR_BY_SERVER_FIN] = "server-fin",
        [RR_BY_CLIENT_RST] = "client-rst",
        [RR_BY_SERVER_RST] = "server-rst",
        [RR_BY_SESSION] = "session",
        [RR_BY_END] = "end",
        [RR_BY_PDU] = "pdu",
        [RR_BY_CANCEL] = "cancel",
    };
    return names[ended_by];
}

const char *rr_tcp_state_name(enum rr_tcp_state state)
{
    static const char *const names[RR_TCP_STATE_COUNT] = {
        [RR_STATE_UNKNOWN] = "",          [RR_SYN_SENT] = "SYN_SENT",   [RR_SYN_RCVD] = "SYN_RCVD",
        [RR_ESTABLISHED] = "ESTABLISHED", [RR_FIN_WAIT1] = "FIN_WAIT1", [RR_FIN_WAIT2] = "FIN_WAIT2",
        [RR_CLOSE_WAIT] = "CLOSE_WAIT",   [RR_LAST_ACK] = "LAST_ACK",   [RR_CLOSING] = "CLOSING",
        [RR_TIME_WAIT] = "TIME_WAIT",     [RR_CLOSED] = "CLOSED",
    };
    return names[state];
}

const char *rr_direction_from_name(enum rr_direction_from from)
{
    static const char *const names[RR_DIRECTION_FROM_COUNT] = {
        [RR_FROM_NOTHING] = "",        [RR_FROM_SYN] = "syn",
        [RR_FROM_SYNACK] = "synack",   [RR_FROM_PREFERENCE] = "preference",
        [RR_FROM_SERVICE] = "service", [RR_FROM_PORT] = "port",
        [RR_FROM_FIRST] = "first",     [RR_FROM_RULE] = "rule",
    };
    return names[from];
}

const char *rr_close_name(enum rr_close close)
{
    static const char *const names[RR_CLOSE_COUNT] = {
        [RR_CLOSE_OPEN] = "open",
        [RR_CLOSE_FIN] = "fin",
        [RR_CLOSE_RST] = "rst",
        [RR_CLOSE_REFUSED] = "refused",
    };
    return names[close];
}

const char *rr_side_name(int side)
{
    static const char *const names[] = { [RR_CLIENT] = "client", [RR_SERVER] = "server" };
    return side < 0 ? "" : names[side];
}

const char *rr_transport_name(enum rr_transport transport)
{
    static const char *const names[RR_TRANSPORT_COUNT] = { [RR_TCP] = "tcp", [RR_UDP] = "udp" };
    return names[transport];
}

/* FNV-1a; a NUL goes in after each text, so that no two lists of texts read alike. */
static uint64_t hash_byte(uint64_t hash, uint8_t byte)
{
    return (hash ^ byte) * UINT64_C(0x100000001b3);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = hash_byte(hash, (uint8_t)*text);
    return hash_byte(hash, 0);
}

static uint64_t hash_endpoint(uint64_t hash, const struct rr_endpoint *end)
{
    hash = hash_text(hash, end->host);
    hash = hash_byte(hash, (uint8_t)(end->port >> 8));
    return hash_byte(hash, (uint8_t)end->port);
}

/* The finalizer of splitmix64.  Each step can be undone, so different numbers stay different. */
static uint64_t mix(uint64_t n)
{
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return n ^ n >> 31;
}

static uint64_t byte_id(const struct rr_connection *c, enum rr_side side, int64_t offset)
{
    uint32_t seq = (uint32_t)(c->origin[side] + (uint64_t)offset);
    return mix(c->seed ^ ((uint64_t)side << 32 | seq));
}

uint64_t rr_endpoints_seed(enum rr_transport transport, const struct rr_endpoint *client,
                           const struct rr_endpoint *server)
{
    uint64_t hash = hash_text(UINT64_C(0xcbf29ce484222325), rr_transport_name(transport));
    return mix(hash_endpoint(hash_endpoint(hash, client), server));
}

uint64_t rr_exchange_id(const struct rr_exchange *x)
{
    if (x->connection->transport == RR_UDP)
        return mix(x->connection->seed ^ (uint64_t)rr_noted(x, RR_NOTE_DATAGRAM)->from);
    if (!rr_is_push(x) && rr_exists(&x->request))
        return byte_id(x->connection, RR_CLIENT, x->request.begin);
    return byte_id(x->connection, RR_SERVER, x->response.begin);
}

uint64_t rr_connection_id(const struct rr_connection *c)
{
    return byte_id(c, RR_CLIENT, 0);
}

const struct rr_note *rr_noted(const struct rr_exchange *x, enum rr_note_kind kind)
{
    const struct rr_note *n = x->notes;
    while (n && n->kind != kind)
        n = n->before;
    return n;
}

int64_t rr_delayed(const struct rr_exchange *x, enum rr_note_kind kinds, int64_t from, int64_t to)
{
    uint64_t sum = 0;
    int64_t upto = to;
    for (const struct rr_note *d = x->notes; d; d = d->before) {
        if (!(d->kind & kinds) || d->to > to)
            continue;
        int64_t begin = d->from > from ? d->from : from, end = d->to < upto ? d->to : upto;
        if (begin >= end)
            continue;
        sum += (uint64_t)end - (uint64_t)begin;
        upto = begin;
    }
    return (int64_t)sum;
}

/* Round trips differ: so much of one may lack before an answer that a copy brought about. */
static int64_t least_way(const struct rr_exchange *x)
{
    int64_t way = x->rtt ? (int64_t)x->rtt - 1 : 0;
    return way - way / 8;
}

int64_t rr_latency_delayed(const struct rr_exchange *x, enum rr_note_kind kinds)
{
    return rr_delayed(x, kinds, x->request.last_time, rr_span(least_way(x), x->response.first_time));
}

int64_t rr_server_time(const struct rr_exchange *x)
{
    return rr_span((int64_t)x->rtt - 1 + rr_latency_delayed(x, RR_DELAY_ANY), rr_latency(x));
}
