#include "exchange/cells.h"

struct rr_cell rr_read_stream(const struct rr_row *row)
{
    return count(true, row->connection->stream);
}

struct rr_cell rr_read_transport(const struct rr_row *row)
{
    return text(rr_transport_name(row->connection->transport));
}

struct rr_cell rr_read_client(const struct rr_row *row)
{
    return text(row->connection->end[RR_CLIENT].host);
}

struct rr_cell rr_read_client_port(const struct rr_row *row)
{
    return count(true, row->connection->end[RR_CLIENT].port);
}

struct rr_cell rr_read_server(const struct rr_row *row)
{
    return text(row->connection->end[RR_SERVER].host);
}

struct rr_cell rr_read_server_port(const struct rr_row *row)
{
    return count(true, row->connection->end[RR_SERVER].port);
}

struct rr_cell rr_read_direction_from(const struct rr_row *row)
{
    return text(rr_direction_from_name(row->connection->direction_from));
}

struct rr_cell rr_read_number(const struct rr_row *row)
{
    return number(row->exchange);
}

struct rr_cell rr_read_id(const struct rr_row *row)
{
    return count(true, rr_exchange_id(row->exchange));
}

struct rr_cell rr_read_latency(const struct rr_row *row)
{
    return latency(row->exchange);
}

const struct rr_columns *const rr_columns[RR_NOUN_COUNT] = {
    [RR_MESSAGES] = &rr_message_columns,
    [RR_EXCHANGES] = &rr_exchange_columns,
    [RR_CONNECTIONS] = &rr_connection_columns,
};
