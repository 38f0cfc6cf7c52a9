/* Answers under a key that no request has which waits.  Private to track/.
 *
 * Their requests can be in bytes of the client of which no message was told: the dissector shows them later,
 * when they are whole, or never.  So such answers are set aside until the client says something else that is
 * told, is silent, or nothing more is to come.  Where the request was not told by then, it is taken to be the
 * one stretch of such bytes that the answer acknowledges.  Where there are several, or several answers to
 * one, nobody knows.
 */
#ifndef RR_AHEAD_H
#define RR_AHEAD_H

#include "track/told.h"

struct rr_conn;
struct rr_line;
struct rr_pdus;

/* Answers under a key whose request was not told, or not yet. */
struct rr_ahead {
    GArray *held;        /* of struct rr_told; NULL: there was none */
    guint placed;        /* so many of these have just been placed */
    struct rr_range gap; /* the last of the client's bytes that were passed over, by one with a key */
    int64_t several;     /* of those before, nobody knows which answer is to which */
    int64_t rested;      /* those before wait for none; 0: it is not known of any */
    uint64_t asked;      /* the key of the last request, where it is `keyed` */
    bool keyed, shared;  /* shared: two had one key, at a time or one right after the other */
    const struct rr_exchange *made; /* the last that was made of such bytes, with the key of its answer */
    uint64_t key;
};

/* So many at most are set aside. */
enum { RR_AHEAD_MAX = 128 };

/* A message of the server that bears a key: joined at once, or set aside. */
void rr_ahead_tell(struct rr_conn *c, struct rr_line *line, const struct rr_told *t);

/* What the client said before `upto` is not told any more, if it was not: those that answer no more than that
 * are joined with what waits by now, or with that. */
void rr_ahead_place(struct rr_conn *c, int64_t upto);

/* Those that are too many are joined with what is known. */
void rr_ahead_bound(struct rr_conn *c);

/* Of these bytes of the client no message was told, and one was behind. */
void rr_ahead_missed(struct rr_pdus *p, struct rr_range gap);

/* The client, about to say what begins here, waits for nothing. */
void rr_ahead_rests(struct rr_pdus *p, int64_t begin);

/* A request with the key begins; `waits`: another does, with the same. */
void rr_ahead_asks(struct rr_pdus *p, uint64_t key, bool waits);

/* Before `upto` another request may be that was not told, with the key of one that was. */
bool rr_ahead_hides(const struct rr_conn *c, int64_t upto);

/* x was made of the bytes before an answer, which had that key. */
bool rr_ahead_made(const struct rr_ahead *a, const struct rr_exchange *x, uint64_t key);

/* One of them begins at `begin` or behind: the bytes of several can be one span of nobody's. */
bool rr_ahead_begins(const struct rr_ahead *a, int64_t begin);

/* The server's last message ends at `end`. */
void rr_ahead_cut(struct rr_conn *c, int64_t end);

/* The bytes of a side from here on may become part of a message that is not there yet. */
int64_t rr_ahead_open(const struct rr_pdus *p, int side);

void rr_ahead_release(struct rr_ahead *a);

#endif
