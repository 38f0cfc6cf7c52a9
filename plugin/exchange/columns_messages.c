/* What is told of a message. */
#include "exchange/cells.h"

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

/* clang-format off */
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

static const struct rr_column message_columns[] = {
    NUMBER,
    { "message", NULL, RR_TEXT, "Message", "`request`, `response` or `push`.", read_message, RR_ALWAYS },
    { "part", NULL, RR_COUNT, "Part", "How often the message was reported; the highest part is the truth.",
      read_message_part, RR_ALWAYS },
    ID,
    STREAM,
    { "protocol", NULL, RR_TEXT, "Protocol",
      "The innermost protocol above TCP or UDP on the first of the message's frames that has one.",
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
    TRANSPORT,
};

const struct rr_columns rr_message_columns = RR_COLUMNS("messages", message_columns);
