/* Requests that wait, and what was asked and told last.  Private to track/. */
#ifndef RR_TRACK_LINE_H
#define RR_TRACK_LINE_H

#include "track/list.h"
#include "track/told.h"

/* Requests that are answered one after the other: all of a connection, or those of a key. */
struct rr_line {
    struct rr_list waiting; /* by offset; the oldest at `head` */
    guint head;
    struct rr_exchange *asking, *telling; /* whose request, and response, came last, or NULL */
    struct rr_exchange *aside;            /* a push that came after those, or NULL */
    int64_t upto[2];                      /* where these end so far, by enum rr_side */
    int64_t heard;                        /* of the client the server had so much when that response began */
    bool aside_open;                      /* that push goes on until the next message begins */
    bool shifted;                         /* of a key: an answer may be missed, so what waits is not sure */
    bool cancelled;                       /* likewise: who asked wants none, which can come all the same */
    bool open;                            /* that response goes on until the next begins */
    struct rr_range tear[2];              /* of what was asked, and told, last, if that is `torn`: where */
    struct rr_range interim; /* what came before the response proper to `informed`: where it begins, and how
                                much */
    const struct rr_exchange *informed; /* of those that wait, or NULL */
};

/* The message goes on with the response told last, or with the push that came after it. */
bool rr_line_goes_on(const struct rr_line *line, const struct rr_told *t);

static inline guint rr_line_length(const struct rr_line *line)
{
    return line->waiting.len - line->head;
}

static inline struct rr_exchange *rr_line_nth(const struct rr_line *line, guint i)
{
    return line->waiting.at[line->head + i];
}

/* Where in the client's bytes what waits first begins: something does. */
static inline int64_t rr_line_first(const struct rr_line *line)
{
    return rr_line_nth(line, 0)->request.begin;
}

/* What waits first had begun to reach the server when it acknowledged so much. */
static inline bool rr_line_was_asked(const struct rr_line *line, int64_t acked)
{
    return rr_line_length(line) && rr_line_first(line) < acked;
}

/* The answer told last is not over, as far as was told. */
static inline bool rr_line_is_telling(const struct rr_line *line)
{
    return line->telling && line->telling->response.ended_by == RR_GOING_ON;
}

/* The message goes on with a push. */
static inline bool rr_line_is_aside(const struct rr_line *line, const struct rr_told *t)
{
    return line->aside && !(t->does & RR_PDU_BEGINS);
}

#endif
