/* What is told of a connection. */
#include "exchange/cells.h"

/* What only TCP has. */

static bool is_tcp(const struct rr_row *row)
{
    return row->connection->transport == RR_TCP;
}

static const char *close_name(const struct rr_row *row)
{
    return is_tcp(row) ? rr_close_name(row->connection->close) : NULL;
}

/* clang-format off */
READ(connection_id, count(true, rr_connection_id(row->connection)))
READ(connection_start, ns(row->connection->first.frame, row->connection->first.time))
READ(connection_end, ns(row->connection->last.frame, row->connection->last.time))
READ(connect_time, ns(row->connection->handshake.frame, row->connection->connect_time))
READ(syn_retries, count(is_tcp(row), row->connection->syn_retries))
READ(synack_retries, count(is_tcp(row), row->connection->synack_retries))
READ(exchanges, count(true, row->connection->exchanges))
READ(unanswered, count(true, row->connection->unanswered))
READ(pushes, count(true, row->connection->pushes))
READ(all_request_bytes, count(true, row->connection->bytes[RR_CLIENT]))
READ(all_response_bytes, count(true, row->connection->bytes[RR_SERVER]))
READ(all_push_bytes, count(true, row->connection->push_bytes))
READ(client_missing, count(is_tcp(row), row->connection->missing[RR_CLIENT]))
READ(server_missing, count(is_tcp(row), row->connection->missing[RR_SERVER]))
READ(client_repeats, count(true, row->connection->repeats[RR_CLIENT]))
READ(server_repeats, count(true, row->connection->repeats[RR_SERVER]))
READ(closed_by, text(rr_side_name(row->connection->closed_by)))
READ(close, text(close_name(row)))
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
    TRANSPORT,
};

const struct rr_columns rr_connection_columns = RR_COLUMNS("connections", connection_columns);
