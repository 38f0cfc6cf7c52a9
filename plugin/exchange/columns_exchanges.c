/* What is told of an exchange. */
#include "exchange/cells.h"

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
                                     enum rr_note_kind kind)
{
    return ns(rr_seen(m) && rr_knows_delays(x), rr_delayed(x, kind, m->first_time, m->last_time));
}

static struct rr_cell interim(const struct rr_exchange *x)
{
    const struct rr_note *came = rr_noted(x, RR_NOTE_INTERIM);
    return came ? ns(rr_seen(&x->request), rr_span(x->request.first_time, came->from)) : ns(false, 0);
}

static struct rr_cell delayed_latency(const struct rr_exchange *x, enum rr_note_kind kind)
{
    return ns(rr_has_both(x) && rr_knows_delays(x), rr_latency_delayed(x, kind));
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
READ(pairing, text(rr_is_push(row->exchange) ? NULL : rr_pairing_name(row->exchange->pairing)))
READ(depth, count(row->exchange->request.depth, row->exchange->request.depth))
READ(interim, interim(row->exchange))
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
      "The innermost protocol above TCP or UDP on the first of the request's frames that has one; where no "
      "request "
      "was captured, of the response's or push's.",
      read_protocol, RR_ALWAYS },
    ENDPOINTS,
    { "status", "status", RR_TEXT, "Status",
      "`answered`, `unanswered`, `unasked`, `open`, or `oneway` where no answer is owed.", read_status,
      RR_ALWAYS },
    { "evidence", "evidence", RR_TEXT, "Evidence",
      "How sure it is that the two messages are a pair: `exact`, `acked`, `order` or `lost`.", read_evidence,
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
    { "rtt", "rtt", RR_SPAN, "Round trip to the server so far",
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
    { "pairing", "pairing", RR_TEXT, "Pairing",
      "What tied the response to its request: `turn`, or, by the rule of its protocol, `order` or `key`.",
      read_pairing, RR_ALWAYS },
    { "depth", "depth", RR_COUNT, "Depth",
      "How many requests of the connection waited for their answers when this one was sent, with it; of "
      "turns "
      "it is not known.",
      read_depth, RR_ALWAYS },
    { "interim", "interim", RR_SPAN, "Interim answer after",
      "First new byte of the request to first byte of what came before the response proper, such as HTTP's "
      "100.",
      read_interim, RR_ALWAYS },
    TRANSPORT,
};

const struct rr_columns rr_exchange_columns = RR_COLUMNS("exchanges", exchange_columns);
