#include "exchange/endpoint.h"
#include "write/format.h"
#include "write/numbers.h"

static const struct rr_message *speaker(const struct rr_exchange *x)
{
    return rr_seen(&x->request) ? &x->request : &x->response;
}

/* When the answer began; where none was captured, when the request was over. */
static void put_when(GString *out, const struct rr_exchange *x)
{
    if (rr_seen(&x->response))
        rr_put_local_stamp(out, x->response.first_time);
    else if (rr_seen(&x->request))
        rr_put_local_stamp(out, x->request.last_time);
    else
        g_string_append_c(out, '-');
}

/* When | who asks whom | how long it took, or why that is not known | what was asked. */
static void text_row(GString *out, const struct rr_layout *layout G_GNUC_UNUSED, const struct rr_row *row)
{
    const struct rr_exchange *x = row->exchange;
    const char *summary = speaker(x)->summary;
    put_when(out, x);
    g_string_append_c(out, ' ');
    rr_put_endpoint(out, &row->connection->end[RR_CLIENT]);
    g_string_append(out, " => ");
    rr_put_endpoint(out, &row->connection->end[RR_SERVER]);
    g_string_append(out, " | ");
    if (rr_has_both(x)) {
        rr_put_milliseconds(out, rr_latency(x));
        g_string_append(out, " ms");
    } else {
        g_string_append(out, rr_status_name(x->status));
    }
    g_string_append(out, " | ");
    g_string_append(out, summary ? summary : "");
    g_string_append_c(out, '\n');
}

const struct rr_format rr_format_text = {
    .name = "text",
    .nouns = RR_ROWS_OF(RR_EXCHANGES),
    .usual = RR_EXCHANGES,
    .row = text_row,
};
