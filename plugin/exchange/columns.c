#include "exchange/columns.h"

/* A cell of each kind, empty unless it is known. */

static struct rr_cell count(bool known, uint64_t n)
{
    return (struct rr_cell){ .present = known, .as.count = n };
}

static struct rr_cell ns(bool known, int64_t t)
{
    return (struct rr_cell){ .present = known, .as.ns = t };
}

static struct rr_cell flag(bool known, bool f)
{
    return (struct rr_cell){ .present = known, .as.flag = f };
}

/* NULL and "" are both unknown. */
static struct rr_cell text(const char *s)
{
    return (struct rr_cell){ .present = s && *s, .as.text = s };
}

static struct rr_cell payload(const struct rr_row *row, int side, bool exists)
{
    bool known = row->payload && exists;
    return (struct rr_cell){ .present = known, .as.bytes = known ? &row->payload[side] : NULL };
}

static struct rr_cell payload_cut(const struct rr_row *row, int side, bool exists)
{
    return flag(row->payload && exists, row->payload && row->payload[side].cut);
}

/* Facts of a message: alike in its own row and among an exchange's. */

static struct rr_cell start(const struct rr_message *m)
{
    return ns(rr_seen(m), m->first_time);
}

static struct rr_cell end(const struct rr_message *m)
{
    return ns(rr_seen(m), m->last_time);
}

static struct rr_cell first_frame(const struct rr_message *m)
{
    return count(rr_seen(m), m->first_frame);
}

static struct rr_cell last_frame(const struct rr_message *m)
{
    return count(rr_seen(m), m->last_frame);
}

static struct rr_cell spread(const struct rr_message *m)
{
    return ns(rr_seen(m), rr_span(m->first_time, m->last_time));
}

static struct rr_cell bytes(const struct rr_message *m)
{
    return count(rr_exists(m), m->bytes);
}

static struct rr_cell segments(const struct rr_message *m)
{
    return count(rr_exists(m), m->segments);
}

static struct rr_cell missing(const struct rr_message *m)
{
    return count(rr_exists(m), rr_missing(m));
}

static struct rr_cell repeats(const struct rr_message *m)
{
    return count(rr_exists(m), m->repeats);
}

static struct rr_cell complete(const struct rr_message *m)
{
    return flag(rr_exists(m), rr_complete(m));
}

static struct rr_cell protocol(const struct rr_connection *c, const struct rr_message *m)
{
    return text(rr_seen(m) ? c->protocols[m->protocol] : NULL);
}

/* Facts of an exchange. */

/* A push has no number of its own: it goes by the exchange it came after. */
static struct rr_cell number(const struct rr_exchange *x)
{
    const struct rr_exchange *numbered = rr_is_push(x) ? x->as.follows : x;
    return count(numbered, numbered ? numbered->number : 0);
}

static struct rr_cell latency(const struct rr_exchange *x)
{
    return ns(rr_has_both(x), rr_latency(x));
}

static struct rr_cell think(const struct rr_exchange *x)
{
    if (rr_is_push(x) || x->as.after == RR_NEVER)
        return ns(false, 0);
    return ns(rr_seen(&x->request), rr_span(x->as.after, x->request.first_time));
}

/* The handshake that the connection's first request waited for. */
static struct rr_cell handshake(const struct rr_connection *c, const struct rr_exchange *x)
{
    return ns(x->connected, c->connect_time);
}

static struct rr_cell rtt(const struct rr_exchange *x)
{
    return ns(x->rtt && !rr_is_push(x), (int64_t)x->rtt - 1);
}

static struct rr_cell delayed_spread(const struct rr_exchange *x, const struct rr_message *m,
                                     enum rr_delay_kind kind)
{
    return ns(rr_seen(m), rr_delayed(x, kind, m->first_time, m->last_time));
}

static struct rr_cell delayed_latency(const struct rr_exchange *x, enum rr_delay_kind kind)
{
    return ns(rr_has_both(x), rr_latency_delayed(x, kind));
}

static const struct rr_message nothing;

static const struct rr_message *request(const struct rr_row *row)
{
    return rr_is_push(row->exchange) ? &nothing : &row->exchange->request;
}

static const struct rr_message *response(const struct rr_row *row)
{
    return rr_is_push(row->exchange) ? &nothing : &row->exchange->response;
}

static const struct rr_message *push(const struct rr_row *row)
{
    return rr_is_push(row->exchange) ? &row->exchange->response : &nothing;
}

/* The message that speaks for an exchange: the request where any of it was captured. */
static const struct rr_message *speaker(const struct rr_exchange *x)
{
    return !rr_is_push(x) && rr_seen(&x->request) ? &x->request : &x->response;
}

/* The message whose end was the exchange's. */
static const struct rr_message *closer(const struct rr_exchange *x)
{
    return rr_exists(&x->response) ? &x->response : &x->request;
}

static const char *status(const struct rr_exchange *x)
{
    return rr_is_push(x) ? NULL : rr_status_name(x->status);
}

/* Facts of a message's own row. */

static bool is_request(const struct rr_row *row)
{
    return row->message == &row->exchange->request;
}

static int side_of(const struct rr_row *row)
{
    return is_request(row) ? RR_CLIENT : RR_SERVER;
}

static const char *message_kind(const struct rr_row *row)
{
    if (rr_is_push(row->exchange))
        return "push";
    return is_request(row) ? "request" : "response";
}

static const struct rr_endpoint *source(const struct rr_row *row)
{
    return &row->connection->end[side_of(row)];
}

static const struct rr_endpoint *destination(const struct rr_row *row)
{
    return &row->connection->end[!side_of(row)];
}

static struct rr_cell peer_frame(const struct rr_row *row)
{
    const struct rr_exchange *x = row->exchange;
    return count(rr_has_both(x), is_request(row) ? x->response.first_frame : x->request.last_frame);
}

#define READ(name, value)                                                                                    \
    static struct rr_cell read_##name(const struct rr_row *row)                                              \
    {                                                                                                        \
        return value;                                                                                        \
    }

/* clang-format off */
READ(stream, count(true, row->connection->stream))
READ(client, text(row->connection->end[RR_CLIENT].host))
READ(client_port, count(true, row->connection->end[RR_CLIENT].port))
READ(server, text(row->connection->end[RR_SERVER].host))
READ(server_port, count(true, row->connection->end[RR_SERVER].port))
READ(direction_from, text(rr_direction_from_name(row->connection->direction_from)))

READ(number, number(row->exchange))
READ(id, count(true, rr_exchange_id(row->exchange)))
READ(latency, latency(row->exchange))

/* Columns that stand in several tables. */

#define NUMBER                                                                                               \
    { "exchange", "exchange", RR_COUNT, "Exchange",                                                          \
      "Number of the exchange in the capture, in order of opening, from 1; of a push, that of the "          \
      "exchange it came after.", read_number, RR_ALWAYS }

#define ID                                                                                                   \
    { "id", "id", RR_ID, "Id",                                                                               \
      "Made from the endpoints and the sequence number of the first byte: the same wherever the "            \
      "capture was made.", read_id, RR_ALWAYS }

#define STREAM                                                                                               \
    { "stream", "stream", RR_COUNT, "Stream", "The connection, as `tcp.stream`.", read_stream, RR_ALWAYS }

#define LATENCY                                                                                              \
    { "latency", "latency", RR_SPAN, "Latency",                                                              \
      "Last new byte of the request to first new byte of the response.", read_latency, RR_ALWAYS }

#define DIRECTION_FROM(when)                                                                                 \
    { "direction_from", "direction_from", RR_TEXT, "Direction from",                                                     \
      "What told the client from the server: `syn`, `synack`, `preference`, `service`, `port` or "           \
      "`first`.", read_direction_from, when }

#define ENDPOINTS                                                                                            \
    { "client", "client.host", RR_TEXT, "Client", "Address of the side that asks.", read_client, RR_ALWAYS },           \
    { "client_port", "client.port", RR_PORT, "Client port", "Port of the side that asks.",                   \
      read_client_port, RR_ALWAYS },                                                                                    \
    { "server", "server.host", RR_TEXT, "Server", "Address of the side that answers.", read_server, RR_ALWAYS },        \
    { "server_port", "server.port", RR_PORT, "Server port", "Port of the side that answers.",                \
      read_server_port, RR_ALWAYS }

READ(message, text(message_kind(row)))
READ(message_part, count(true, row->message->part))
READ(message_protocol, protocol(row->connection, row->message))
READ(src, text(source(row)->host))
READ(src_port, count(true, source(row)->port))
READ(dst, text(destination(row)->host))
READ(dst_port, count(true, destination(row)->port))
READ(start, start(row->message))
READ(end, end(row->message))
READ(first_frame, first_frame(row->message))
READ(last_frame, last_frame(row->message))
READ(segments, segments(row->message))
READ(bytes, bytes(row->message))
READ(missing, missing(row->message))
READ(repeats, repeats(row->message))
READ(complete, complete(row->message))
READ(message_ended_by, text(rr_ended_by_name(row->message->ended_by)))
READ(peer_frame, peer_frame(row))
READ(message_summary, text(row->message->summary))
READ(message_payload, payload(row, side_of(row), rr_exists(row->message)))
READ(message_payload_cut, payload_cut(row, side_of(row), rr_exists(row->message)))
/* clang-format on */

#define HELP_PAYLOAD_CUT                                                                                     \
    "The payload is not all that was sent: cut at `payload-max`, missing, or cut off by the capture."

static const struct rr_column message_columns[] = {
    NUMBER,
    { "message", NULL, RR_TEXT, "Message", "`request`, `response` or `push`.", read_message, RR_ALWAYS },
    { "part", NULL, RR_COUNT, "Part", "How often the message was reported; the highest part is the truth.",
      read_message_part, RR_ALWAYS },
    ID,
    STREAM,
    { "protocol", NULL, RR_TEXT, "Protocol",
      "The innermost protocol above TCP on the first of the message's frames that has one.",
      read_message_protocol, RR_ALWAYS },
    { "src", NULL, RR_TEXT, "Source", "Address of the message's sender.", read_src, RR_ALWAYS },
    { "src_port", NULL, RR_PORT, "Source port", "Port of the message's sender.", read_src_port, RR_ALWAYS },
    { "dst", NULL, RR_TEXT, "Destination", "Address of the message's receiver.", read_dst, RR_ALWAYS },
    { "dst_port", NULL, RR_PORT, "Destination port", "Port of the message's receiver.", read_dst_port,
      RR_ALWAYS },
    { "start", NULL, RR_TIME, "Start", "When the first segment that brought a new byte was captured.",
      read_start, RR_ALWAYS },
    { "end", NULL, RR_TIME, "End", "When the last segment that brought a new byte was captured.", read_end,
      RR_ALWAYS },
    { "first_frame", NULL, RR_FRAME, "First frame", "The first frame that brought a new byte.",
      read_first_frame, RR_ALWAYS },
    { "last_frame", NULL, RR_FRAME, "Last frame", "The last frame that brought a new byte.", read_last_frame,
      RR_ALWAYS },
    { "segments", NULL, RR_COUNT, "Segments", "Segments that brought new bytes.", read_segments, RR_ALWAYS },
    { "bytes", NULL, RR_COUNT, "Bytes", "Captured bytes, each counted once.", read_bytes, RR_ALWAYS },
    { "missing", NULL, RR_COUNT, "Missing bytes", "Bytes that were sent but are not in the capture.",
      read_missing, RR_ALWAYS },
    { "repeats", NULL, RR_COUNT, "Repeats", "Segments that brought no new byte.", read_repeats, RR_ALWAYS },
    { "complete", NULL, RR_FLAG, "Complete", "No byte is missing.", read_complete, RR_ALWAYS },
    { "ended_by", NULL, RR_TEXT, "Ended by", "What ended the message; empty while it may go on.",
      read_message_ended_by, RR_ALWAYS },
    LATENCY,
    { "peer_frame", NULL, RR_FRAME, "Peer frame", "The frame that the latency is measured to or from.",
      read_peer_frame, RR_ALWAYS },
    { "summary", NULL, RR_TEXT, "Summary", "The message's first line.", read_message_summary, RR_ALWAYS },
    { "payload", NULL, RR_BYTES, "Payload", "The message's captured bytes, in order.", read_message_payload,
      RR_WITH_PAYLOAD },
    { "payload_cut", NULL, RR_FLAG, "Payload cut", HELP_PAYLOAD_CUT, read_message_payload_cut,
      RR_WITH_PAYLOAD },
};

/* clang-format off */
#define READ_MESSAGE(of)                                                                                     \
    READ(of##_start, start(of(row)))                                                                         \
    READ(of##_end, end(of(row)))                                                                             \
    READ(of##_first_frame, first_frame(of(row)))                                                             \
    READ(of##_last_frame, last_frame(of(row)))                                                               \
    READ(of##_spread, spread(of(row)))                                                                       \
    READ(of##_bytes, bytes(of(row)))                                                                         \
    READ(of##_segments, segments(of(row)))                                                                   \
    READ(of##_missing, missing(of(row)))                                                                     \
    READ(of##_repeats, repeats(of(row)))                                                                     \
    READ(of##_complete, complete(of(row)))

READ_MESSAGE(request)
READ_MESSAGE(response)
READ_MESSAGE(push)

READ(part, count(true, row->exchange->part))
READ(protocol, protocol(row->connection, speaker(row->exchange)))
READ(status, text(status(row->exchange)))
READ(evidence, text(rr_evidence_name(row->exchange->evidence)))
READ(ended_by, text(rr_ended_by_name(closer(row->exchange)->ended_by)))
READ(duration, ns(rr_has_both(row->exchange), rr_duration(row->exchange)))
READ(think, think(row->exchange))
READ(both_missing, count(true, rr_missing(&row->exchange->request) + rr_missing(&row->exchange->response)))
READ(both_repeats, count(true, (uint64_t)row->exchange->request.repeats + row->exchange->response.repeats))
READ(summary, text(speaker(row->exchange)->summary))
READ(handshake, handshake(row->connection, row->exchange))
READ(rtt, rtt(row->exchange))
READ(server_time, ns(rr_knows_server_time(row->exchange), rr_server_time(row->exchange)))
READ(request_lost, delayed_spread(row->exchange, request(row), RR_DELAY_LOSS))
READ(latency_lost, delayed_latency(row->exchange, RR_DELAY_LOSS))
READ(response_lost, delayed_spread(row->exchange, response(row), RR_DELAY_LOSS))
READ(request_stalled, delayed_spread(row->exchange, request(row), RR_DELAY_STALL))
READ(latency_stalled, delayed_latency(row->exchange, RR_DELAY_STALL))
READ(response_stalled, delayed_spread(row->exchange, response(row), RR_DELAY_STALL))
READ(request_payload, payload(row, RR_CLIENT, rr_exists(request(row))))
READ(request_payload_cut, payload_cut(row, RR_CLIENT, rr_exists(request(row))))
READ(response_payload, payload(row, RR_SERVER, rr_exists(response(row))))
READ(response_payload_cut, payload_cut(row, RR_SERVER, rr_exists(response(row))))
/* clang-format on */

#define HELP_FIRST_FRAME "The first frame that brought a new byte of the "
#define HELP_LAST_FRAME  "The last frame that brought a new byte of the "
#define HELP_START       "When the first segment that brought a new byte was captured, of the "
#define HELP_END         "When the last segment that brought a new byte was captured, of the "
#define HELP_SPREAD      "First to last segment that brought a new byte of the "
#define HELP_BYTES       "Captured bytes, each counted once, of the "
#define HELP_SEGMENTS    "Segments that brought new bytes of the "
#define HELP_MISSING     "Bytes that were sent but are not in the capture, of the "
#define HELP_REPEATS     "Segments that brought no new byte of the "
#define HELP_LOST        "Time in which a lost or late segment was waited for, within "
#define HELP_STALLED     "Time in which the receiver's window was zero, within "
#define HELP_COMPLETE    "No byte is missing of the "

static const struct rr_column exchange_columns[] = {
    NUMBER,
    { "part", NULL, RR_COUNT, "Part", "How often the exchange was reported; the highest part is the truth.",
      read_part, RR_ALWAYS },
    ID,
    STREAM,
    { "protocol", "protocol", RR_TEXT, "Protocol",
      "The innermost protocol above TCP on the first of the request's frames that has one; where no request "
      "was captured, of the response's or push's.",
      read_protocol, RR_ALWAYS },
    ENDPOINTS,
    { "status", "status", RR_TEXT, "Status", "`answered`, `unanswered`, `unasked` or `open`.", read_status,
      RR_ALWAYS },
    { "evidence", "evidence", RR_TEXT, "Evidence",
      "How sure it is that the two messages are a pair: `exact`, `acked` or `order`.", read_evidence,
      RR_ALWAYS },
    { "ended_by", "ended_by", RR_TEXT, "Ended by",
      "What ended the response or push, or the request where there is no response; empty while it may go on.",
      read_ended_by, RR_ALWAYS },
    { "request_start", "request.start", RR_TIME, "Request start", HELP_START "request.", read_request_start,
      RR_ALWAYS },
    { "request_end", "request.end", RR_TIME, "Request end", HELP_END "request.", read_request_end,
      RR_ALWAYS },
    { "response_start", "response.start", RR_TIME, "Response start", HELP_START "response.",
      read_response_start, RR_ALWAYS },
    { "response_end", "response.end", RR_TIME, "Response end", HELP_END "response.", read_response_end,
      RR_ALWAYS },
    LATENCY,
    { "duration", "duration", RR_SPAN, "Duration",
      "First new byte of the request to last new byte of the response.", read_duration, RR_ALWAYS },
    { "request_spread", "request.spread", RR_SPAN, "Request spread", HELP_SPREAD "request.",
      read_request_spread, RR_ALWAYS },
    { "response_spread", "response.spread", RR_SPAN, "Response spread", HELP_SPREAD "response.",
      read_response_spread, RR_ALWAYS },
    { "think", "think", RR_SPAN, "Think time",
      "End of the response before it on the connection to first new byte of the request.", read_think,
      RR_ALWAYS },
    { "request_frame", "request_in", RR_REQUEST_IN, "Request in", HELP_FIRST_FRAME "request.",
      read_request_first_frame, RR_ALWAYS },
    { "response_frame", "response_in", RR_RESPONSE_IN, "Response in", HELP_FIRST_FRAME "response.",
      read_response_first_frame, RR_ALWAYS },
    { "request_bytes", "request.bytes", RR_COUNT, "Request bytes", HELP_BYTES "request.", read_request_bytes,
      RR_ALWAYS },
    { "response_bytes", "response.bytes", RR_COUNT, "Response bytes", HELP_BYTES "response.",
      read_response_bytes, RR_ALWAYS },
    { "request_segments", "request.segments", RR_COUNT, "Request segments", HELP_SEGMENTS "request.",
      read_request_segments, RR_ALWAYS },
    { "response_segments", "response.segments", RR_COUNT, "Response segments", HELP_SEGMENTS "response.",
      read_response_segments, RR_ALWAYS },
    { "missing", "missing", RR_COUNT, "Missing bytes",
      "Bytes that were sent but are not in the capture, of both messages.", read_both_missing, RR_ALWAYS },
    { "repeats", "repeats", RR_COUNT, "Repeats", "Segments that brought no new byte, of both messages.",
      read_both_repeats, RR_ALWAYS },
    { "summary", "summary", RR_TEXT, "Summary",
      "First line of the request; where no request was captured, of the response or push.", read_summary,
      RR_ALWAYS },

    DIRECTION_FROM(RR_IF_ASKED),
    { NULL, "request.first_frame", RR_FRAME, "Request first frame", HELP_FIRST_FRAME "request.",
      read_request_first_frame, RR_ALWAYS },
    { "request_last_frame", "request.last_frame", RR_FRAME, "Request last frame", HELP_LAST_FRAME "request.",
      read_request_last_frame, RR_IF_ASKED },
    { "request_missing", "request.missing", RR_COUNT, "Request missing bytes", HELP_MISSING "request.",
      read_request_missing, RR_IF_ASKED },
    { "request_repeats", "request.repeats", RR_COUNT, "Request repeats", HELP_REPEATS "request.",
      read_request_repeats, RR_IF_ASKED },
    { "request_complete", "request.complete", RR_FLAG, "Request complete", HELP_COMPLETE "request.",
      read_request_complete, RR_IF_ASKED },
    { NULL, "response.first_frame", RR_FRAME, "Response first frame", HELP_FIRST_FRAME "response.",
      read_response_first_frame, RR_ALWAYS },
    { "response_last_frame", "response.last_frame", RR_FRAME, "Response last frame",
      HELP_LAST_FRAME "response.", read_response_last_frame, RR_IF_ASKED },
    { "response_missing", "response.missing", RR_COUNT, "Response missing bytes", HELP_MISSING "response.",
      read_response_missing, RR_IF_ASKED },
    { "response_repeats", "response.repeats", RR_COUNT, "Response repeats", HELP_REPEATS "response.",
      read_response_repeats, RR_IF_ASKED },
    { "response_complete", "response.complete", RR_FLAG, "Response complete", HELP_COMPLETE "response.",
      read_response_complete, RR_IF_ASKED },
    { "request_payload", NULL, RR_BYTES, "Request payload", "The request's captured bytes, in order.",
      read_request_payload, RR_WITH_PAYLOAD },
    { "request_payload_cut", NULL, RR_FLAG, "Request payload cut", HELP_PAYLOAD_CUT, read_request_payload_cut,
      RR_WITH_PAYLOAD },
    { "response_payload", NULL, RR_BYTES, "Response payload", "The response's captured bytes, in order.",
      read_response_payload, RR_WITH_PAYLOAD },
    { "response_payload_cut", NULL, RR_FLAG, "Response payload cut", HELP_PAYLOAD_CUT,
      read_response_payload_cut, RR_WITH_PAYLOAD },
    { NULL, "push.start", RR_TIME, "Push start", HELP_START "push.", read_push_start, RR_ALWAYS },
    { NULL, "push.end", RR_TIME, "Push end", HELP_END "push.", read_push_end, RR_ALWAYS },
    { NULL, "push.first_frame", RR_FRAME, "Push first frame", HELP_FIRST_FRAME "push.", read_push_first_frame,
      RR_ALWAYS },
    { NULL, "push.last_frame", RR_FRAME, "Push last frame", HELP_LAST_FRAME "push.", read_push_last_frame,
      RR_ALWAYS },
    { NULL, "push.spread", RR_SPAN, "Push spread", HELP_SPREAD "push.", read_push_spread, RR_ALWAYS },
    { NULL, "push.bytes", RR_COUNT, "Push bytes", HELP_BYTES "push.", read_push_bytes, RR_ALWAYS },
    { NULL, "push.segments", RR_COUNT, "Push segments", HELP_SEGMENTS "push.", read_push_segments,
      RR_ALWAYS },
    { NULL, "push.missing", RR_COUNT, "Push missing bytes", HELP_MISSING "push.", read_push_missing,
      RR_ALWAYS },
    { NULL, "push.repeats", RR_COUNT, "Push repeats", HELP_REPEATS "push.", read_push_repeats, RR_ALWAYS },
    { NULL, "push.complete", RR_FLAG, "Push complete", HELP_COMPLETE "push.", read_push_complete, RR_ALWAYS },
    { "handshake", "handshake", RR_SPAN, "Handshake before it",
      "How long the handshake took that the connection's first request waited for.", read_handshake,
      RR_ALWAYS },
    { "rtt", "rtt", RR_SPAN, "Round trip to the server",
      "From the capture to the server and back, as known when the request began.", read_rtt, RR_ALWAYS },
    { "server_time", "server_time", RR_SPAN, "Server time, estimated",
      "Latency less the round trip to the server and what is lost and stalled in it: what the server took, "
      "wherever the capture was made.",
      read_server_time, RR_ALWAYS },
    { "request_lost", "request.lost", RR_SPAN, "Request spread lost", HELP_LOST "the request's spread.",
      read_request_lost, RR_ALWAYS },
    { "latency_lost", "latency.lost", RR_SPAN, "Latency lost", HELP_LOST "the latency.", read_latency_lost,
      RR_ALWAYS },
    { "response_lost", "response.lost", RR_SPAN, "Response spread lost", HELP_LOST "the response's spread.",
      read_response_lost, RR_ALWAYS },
    { "request_stalled", "request.stalled", RR_SPAN, "Request spread stalled",
      HELP_STALLED "the request's spread.", read_request_stalled, RR_ALWAYS },
    { "latency_stalled", "latency.stalled", RR_SPAN, "Latency stalled", HELP_STALLED "the latency.",
      read_latency_stalled, RR_ALWAYS },
    { "response_stalled", "response.stalled", RR_SPAN, "Response spread stalled",
      HELP_STALLED "the response's spread.", read_response_stalled, RR_ALWAYS },
};

/* clang-format off */
READ(connection_id, count(true, rr_connection_id(row->connection)))
READ(connection_start, ns(row->connection->first.frame, row->connection->first.time))
READ(connection_end, ns(row->connection->last.frame, row->connection->last.time))
READ(connect_time, ns(row->connection->handshake.frame, row->connection->connect_time))
READ(syn_retries, count(true, row->connection->syn_retries))
READ(synack_retries, count(true, row->connection->synack_retries))
READ(exchanges, count(true, row->connection->exchanges))
READ(unanswered, count(true, row->connection->unanswered))
READ(pushes, count(true, row->connection->pushes))
READ(all_request_bytes, count(true, row->connection->bytes[RR_CLIENT]))
READ(all_response_bytes, count(true, row->connection->bytes[RR_SERVER]))
READ(all_push_bytes, count(true, row->connection->push_bytes))
READ(client_missing, count(true, row->connection->missing[RR_CLIENT]))
READ(server_missing, count(true, row->connection->missing[RR_SERVER]))
READ(client_repeats, count(true, row->connection->repeats[RR_CLIENT]))
READ(server_repeats, count(true, row->connection->repeats[RR_SERVER]))
READ(closed_by, text(rr_side_name(row->connection->closed_by)))
READ(close, text(rr_close_name(row->connection->close)))
READ(client_state, text(rr_tcp_state_name(row->connection->state[RR_CLIENT])))
READ(server_state, text(rr_tcp_state_name(row->connection->state[RR_SERVER])))
READ(connection_part, count(true, row->connection->part))
READ(client_rtt, ns(row->connection->rtt[RR_CLIENT] != RR_NEVER, row->connection->rtt[RR_CLIENT]))
READ(server_rtt, ns(row->connection->rtt[RR_SERVER] != RR_NEVER, row->connection->rtt[RR_SERVER]))
/* clang-format on */

static const struct rr_column connection_columns[] = {
    STREAM,
    { "id", NULL, RR_ID, "Id",
      "Made from the endpoints and the client's first sequence number: the same wherever the capture was "
      "made.",
      read_connection_id, RR_ALWAYS },
    ENDPOINTS,
    DIRECTION_FROM(RR_ALWAYS),
    { "start", NULL, RR_TIME, "Start", "When its first segment was captured.", read_connection_start,
      RR_ALWAYS },
    { "end", NULL, RR_TIME, "End", "When its last segment was captured.", read_connection_end, RR_ALWAYS },
    { "connect_time", "connect_time", RR_SPAN, "Connect time",
      "From the first SYN to the segment that completed the handshake.", read_connect_time, RR_ALWAYS },
    { "syn_retries", "syn_retries", RR_COUNT, "SYN retries", "How often the client sent its SYN again.",
      read_syn_retries, RR_ALWAYS },
    { "synack_retries", "synack_retries", RR_COUNT, "SYN/ACK retries",
      "How often the server sent its SYN/ACK again.", read_synack_retries, RR_ALWAYS },
    { "exchanges", NULL, RR_COUNT, "Exchanges", "How many exchanges there were.", read_exchanges, RR_ALWAYS },
    { "unanswered", NULL, RR_COUNT, "Unanswered", "How many of them were never answered.", read_unanswered,
      RR_ALWAYS },
    { "pushes", NULL, RR_COUNT, "Pushes", "How many pushes there were.", read_pushes, RR_ALWAYS },
    { "request_bytes", NULL, RR_COUNT, "Request bytes", "Captured bytes of all requests.",
      read_all_request_bytes, RR_ALWAYS },
    { "response_bytes", NULL, RR_COUNT, "Response bytes", "Captured bytes of all responses.",
      read_all_response_bytes, RR_ALWAYS },
    { "push_bytes", NULL, RR_COUNT, "Push bytes", "Captured bytes of all pushes.", read_all_push_bytes,
      RR_ALWAYS },
    { "client_missing", NULL, RR_COUNT, "Client's missing bytes",
      "Bytes that the client sent but the capture lacks.", read_client_missing, RR_ALWAYS },
    { "server_missing", NULL, RR_COUNT, "Server's missing bytes",
      "Bytes that the server sent but the capture lacks.", read_server_missing, RR_ALWAYS },
    { "client_repeats", NULL, RR_COUNT, "Client's repeats",
      "Segments of the client that brought no new byte.", read_client_repeats, RR_ALWAYS },
    { "server_repeats", NULL, RR_COUNT, "Server's repeats",
      "Segments of the server that brought no new byte.", read_server_repeats, RR_ALWAYS },
    { "closed_by", NULL, RR_TEXT, "Closed by", "The side that closed first: `client` or `server`.",
      read_closed_by, RR_ALWAYS },
    { "close", NULL, RR_TEXT, "Close",
      "How it was closed: `fin`, `rst`, `refused`, or `open` while it is not.", read_close, RR_ALWAYS },
    { "client_state", NULL, RR_TEXT, "Client's state", "TCP state of the client after the last segment.",
      read_client_state, RR_ALWAYS },
    { "server_state", NULL, RR_TEXT, "Server's state", "TCP state of the server after the last segment.",
      read_server_state, RR_ALWAYS },
    { "part", NULL, RR_COUNT, "Part", "How often the connection was reported; the highest part is the truth.",
      read_connection_part, RR_ALWAYS },
    { "client_rtt", "client.rtt", RR_SPAN, "Round trip to the client",
      "From the capture to the client and back, by the handshake, else the smallest time from bytes to their "
      "bare ACK.",
      read_client_rtt, RR_ALWAYS },
    { "server_rtt", "server.rtt", RR_SPAN, "Round trip to the server",
      "From the capture to the server and back, by the handshake, else the smallest time from bytes to their "
      "bare ACK.",
      read_server_rtt, RR_ALWAYS },
};

#define COLUMNS(name, table)                                                                                 \
    {                                                                                                        \
        name, table, sizeof table / sizeof *table                                                            \
    }

const struct rr_columns rr_columns[RR_NOUN_COUNT] = {
    [RR_MESSAGES] = COLUMNS("messages", message_columns),
    [RR_EXCHANGES] = COLUMNS("exchanges", exchange_columns),
    [RR_CONNECTIONS] = COLUMNS("connections", connection_columns),
};
