/* One connection and its exchanges, in each of the forms that rows can be about. */
#ifndef RR_SAMPLE_H
#define RR_SAMPLE_H

#include "exchange/columns.h"

#define RR_SAMPLE_TIME INT64_C(1635394021846121000) /* 2021-10-28 04:07:01.846121 UTC */

static const char *const rr_sample_protocols[] = { "tcp", "http" };

static inline struct rr_connection rr_sample_connection(void)
{
    struct rr_connection c = {
        .stream = 7,
        .part = 1,
        .direction_from = RR_FROM_SYN,
        .close = RR_CLOSE_FIN,
        .state = { RR_TIME_WAIT, RR_CLOSED },
        .closed_by = RR_CLIENT,
        .end = { { "10.0.0.1", 40000 }, { "10.0.0.2", 80 } },
        .origin = { 1001, 9001 },
        .first = { RR_SAMPLE_TIME - 200, 1 },
        .last = { RR_SAMPLE_TIME + 5000, 12 },
        .handshake = { RR_SAMPLE_TIME - 100, 3 },
        .connect_time = 100,
        .rtt = { RR_NEVER, 20 },
        .exchanges = 1,
        .bytes = { 13, 100 },
        .protocols = rr_sample_protocols,
    };
    c.seed = rr_endpoints_seed(RR_TCP, &c.end[RR_CLIENT], &c.end[RR_SERVER]);
    return c;
}

static const struct rr_note rr_sample_delay = {
    .from = RR_SAMPLE_TIME + 1010, .to = RR_SAMPLE_TIME + 3010, .delays = 1, .kind = RR_DELAY_LOSS
};

static inline struct rr_exchange rr_sample_answered(const struct rr_connection *c)
{
    return (struct rr_exchange){
        .connection = c,
        .number = 5,
        .rtt = 21,
        .connected = true,
        .notes = &rr_sample_delay,
        .part = 1,
        .status = RR_ANSWERED,
        .evidence = RR_EXACT,
        .as.after = RR_NEVER,
        .request = { .first_time = RR_SAMPLE_TIME,
                     .last_time = RR_SAMPLE_TIME + 10,
                     .first_frame = 4,
                     .last_frame = 5,
                     .begin = 0,
                     .end = 13,
                     .bytes = 13,
                     .segments = 2,
                     .part = 1,
                     .protocol = 1,
                     .ended_by = RR_BY_RESPONSE,
                     .summary = "GET / HTTP/1.1" },
        .response = { .first_time = RR_SAMPLE_TIME + 85010,
                      .last_time = RR_SAMPLE_TIME + 85510,
                      .first_frame = 7,
                      .last_frame = 9,
                      .begin = 0,
                      .end = 110,
                      .bytes = 100,
                      .segments = 2,
                      .repeats = 3,
                      .part = 1,
                      .protocol = 1,
                      .ended_by = RR_BY_END,
                      .summary = "HTTP/1.1 200 OK" },
    };
}

static inline struct rr_exchange rr_sample_unanswered(const struct rr_connection *c)
{
    struct rr_exchange x = rr_sample_answered(c);
    x.status = RR_UNANSWERED;
    x.evidence = RR_NO_PAIR;
    x.request.ended_by = RR_BY_CLIENT_FIN;
    x.response = (struct rr_message){ 0 };
    return x;
}

static inline struct rr_exchange rr_sample_unasked(const struct rr_connection *c)
{
    struct rr_exchange x = rr_sample_answered(c);
    x.status = RR_UNASKED;
    x.connected = false;
    x.request = (struct rr_message){ .begin = 0, .end = 13 };
    return x;
}

/* Its `follows` is `after`, which can be NULL. */
static inline struct rr_exchange rr_sample_push(const struct rr_connection *c,
                                                const struct rr_exchange *after)
{
    struct rr_exchange x = rr_sample_answered(c);
    x.status = RR_PUSHED;
    x.evidence = RR_NO_PAIR;
    x.number = 0;
    x.connected = false;
    x.as.follows = after;
    x.request = (struct rr_message){ 0 };
    return x;
}

#endif
