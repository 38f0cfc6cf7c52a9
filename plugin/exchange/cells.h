/* What the tables of columns share: how a cell is made, what a message tells, columns that stand in several
 * tables.  Private to exchange/. */
#ifndef RR_CELLS_H
#define RR_CELLS_H

#include "exchange/columns.h"

/* A cell of each kind, empty unless it is known. */

static inline struct rr_cell count(bool known, uint64_t n)
{
    return (struct rr_cell){ .present = known, .as.count = n };
}

static inline struct rr_cell ns(bool known, int64_t t)
{
    return (struct rr_cell){ .present = known, .as.ns = t };
}

static inline struct rr_cell flag(bool known, bool f)
{
    return (struct rr_cell){ .present = known, .as.flag = f };
}

/* NULL and "" are both unknown. */
static inline struct rr_cell text(const char *s)
{
    return (struct rr_cell){ .present = s && *s, .as.text = s };
}

static inline struct rr_cell payload(const struct rr_row *row, int side, bool exists)
{
    bool known = row->payload && exists;
    return (struct rr_cell){ .present = known, .as.bytes = known ? &row->payload[side] : NULL };
}

static inline struct rr_cell payload_cut(const struct rr_row *row, int side, bool exists)
{
    return flag(row->payload && exists, row->payload && row->payload[side].cut);
}

/* Facts of a message: alike in its own row and among an exchange's. */

static inline struct rr_cell start(const struct rr_message *m)
{
    return ns(rr_seen(m), m->first_time);
}

static inline struct rr_cell end(const struct rr_message *m)
{
    return ns(rr_seen(m), m->last_time);
}

static inline struct rr_cell first_frame(const struct rr_message *m)
{
    return count(rr_seen(m), m->first_frame);
}

static inline struct rr_cell last_frame(const struct rr_message *m)
{
    return count(rr_seen(m), m->last_frame);
}

static inline struct rr_cell spread(const struct rr_message *m)
{
    return ns(rr_seen(m), rr_span(m->first_time, m->last_time));
}

static inline struct rr_cell bytes(const struct rr_message *m)
{
    return count(rr_exists(m), m->bytes);
}

static inline struct rr_cell segments(const struct rr_message *m)
{
    return count(rr_exists(m), m->segments);
}

static inline struct rr_cell missing(const struct rr_message *m)
{
    return count(rr_exists(m), rr_missing(m));
}

static inline struct rr_cell repeats(const struct rr_message *m)
{
    return count(rr_exists(m), m->repeats);
}

static inline struct rr_cell complete(const struct rr_message *m)
{
    return flag(rr_exists(m), rr_complete(m));
}

static inline struct rr_cell protocol(const struct rr_connection *c, const struct rr_message *m)
{
    return text(rr_seen(m) ? c->protocols[m->protocol] : NULL);
}

/* A push has no number of its own: it goes by the exchange it came after. */
static inline struct rr_cell number(const struct rr_exchange *x)
{
    const struct rr_exchange *numbered = rr_is_push(x) ? x->as.follows : x;
    return count(numbered, numbered ? numbered->number : 0);
}

static inline struct rr_cell latency(const struct rr_exchange *x)
{
    return ns(rr_has_both(x), rr_latency(x));
}

#define READ(name, value)                                                                                    \
    static inline struct rr_cell read_##name(const struct rr_row *row)                                       \
    {                                                                                                        \
        return value;                                                                                        \
    }

/* What stands in several tables is read by one function. */
struct rr_cell rr_read_stream(const struct rr_row *row);
struct rr_cell rr_read_transport(const struct rr_row *row);
struct rr_cell rr_read_client(const struct rr_row *row);
struct rr_cell rr_read_client_port(const struct rr_row *row);
struct rr_cell rr_read_server(const struct rr_row *row);
struct rr_cell rr_read_server_port(const struct rr_row *row);
struct rr_cell rr_read_direction_from(const struct rr_row *row);
struct rr_cell rr_read_number(const struct rr_row *row);
struct rr_cell rr_read_id(const struct rr_row *row);
struct rr_cell rr_read_latency(const struct rr_row *row);

/* Columns that stand in several tables. */

/* clang-format off */
#define NUMBER                                                                                               \
    { "exchange", "exchange", RR_COUNT, "Exchange",                                                          \
      "Number of the exchange in the capture, in order of opening, from 1; of a push, that of the "          \
      "exchange it came after.", rr_read_number, RR_ALWAYS }

#define ID                                                                                                   \
    { "id", "id", RR_ID, "Id",                                                                               \
      "Made from the endpoints and the sequence number of the first byte: the same wherever the "            \
      "capture was made.", rr_read_id, RR_ALWAYS }

#define STREAM                                                                                               \
    { "stream", "stream", RR_COUNT, "Stream", "The connection, as `tcp.stream` or `udp.stream`.", rr_read_stream, RR_ALWAYS }

#define TRANSPORT                                                                                            \
    { "transport", "transport", RR_TEXT, "Transport", "Whose stream that is: `tcp` or `udp`.",               \
      rr_read_transport, RR_ALWAYS }

#define LATENCY                                                                                              \
    { "latency", "latency", RR_SPAN, "Latency",                                                              \
      "Last new byte of the request to first new byte of the response.", rr_read_latency, RR_ALWAYS }

#define DIRECTION_FROM(when)                                                                                 \
    { "direction_from", "direction_from", RR_TEXT, "Direction from",                                                     \
      "What told the client from the server: `syn`, `synack`, `preference`, `service`, `port`, "              \
      "`first` or `rule`.", rr_read_direction_from, when }

#define ENDPOINTS                                                                                            \
    { "client", "client.host", RR_TEXT, "Client", "Address of the side that asks.", rr_read_client, RR_ALWAYS },           \
    { "client_port", "client.port", RR_PORT, "Client port", "Port of the side that asks.",                   \
      rr_read_client_port, RR_ALWAYS },                                                                                    \
    { "server", "server.host", RR_TEXT, "Server", "Address of the side that answers.", rr_read_server, RR_ALWAYS },        \
    { "server_port", "server.port", RR_PORT, "Server port", "Port of the side that answers.",                \
      rr_read_server_port, RR_ALWAYS }
/* clang-format on */

#define HELP_PAYLOAD_CUT                                                                                     \
    "The payload is not all that was sent: cut at `payload-max`, missing, or cut off by the capture."

extern const struct rr_columns rr_message_columns, rr_exchange_columns, rr_connection_columns;

#define RR_COLUMNS(name, table)                                                                              \
    {                                                                                                        \
        name, table, sizeof table / sizeof *table                                                            \
    }

#endif
