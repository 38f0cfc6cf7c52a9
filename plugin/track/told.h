/* A message as a rule told it.  Private to track/. */
#ifndef RR_TOLD_H
#define RR_TOLD_H

#include <glib.h>

#include "track/flow.h"
#include "track/tracker.h"

/* A message with what the flow knows of its bytes. */
struct rr_told {
    int64_t begin, end; /* where it lies in its direction */
    int64_t bytes;      /* as dissected */
    int64_t acked;      /* by its first segment */
    struct rr_piece sum;
    const char *more; /* for the summary, or NULL */
    uint16_t does;    /* RR_PDU_BEGINS and so on */
    bool decrypted;   /* its bytes are not those of the stream */
    bool untold;      /* bytes of which no message was told, taken for one */
    bool anew;        /* it does not go on with what was before it */
    uint32_t owes;    /* as of struct rr_pdu */
    bool tail;        /* its begin is in what was taken for another's */
    uint64_t key;     /* with RR_PDU_KEYED */
};

/* `t` comes next, where so many further parts of the message before it are owed: what it then is, and how
 * many are. */
static inline int64_t rr_told_count(struct rr_told *t, int64_t owed)
{
    bool is_part = owed > 0;
    if (is_part && t->does & RR_PDU_ALONE)
        return owed;
    owed += (int64_t)t->owes - is_part;
    if (is_part)
        t->does &= (uint16_t)~RR_PDU_BEGINS;
    if (owed > 0)
        t->does &= (uint16_t)~RR_PDU_ENDS;
    return owed;
}

/* Bytes that it lacked may have come since it was told; and it ends at `end`. */
void rr_told_refresh(const struct rr_flow *f, struct rr_told *t);
void rr_told_cut(const struct rr_flow *f, struct rr_told *t, int64_t end);

static inline struct rr_told *rr_told_at(const GArray *list, guint i)
{
    return &g_array_index(list, struct rr_told, i);
}

/* What of the range is in none of a list, whose messages are in order and do not overlap: its first stretch.
 */
void rr_told_clip(const GArray *list, struct rr_range *range);

/* Bytes of which no message was told, as one. */
struct rr_told rr_untold(const struct rr_flow *f, struct rr_range range);

#endif
