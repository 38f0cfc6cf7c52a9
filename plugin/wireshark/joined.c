#include "wireshark/joined.h"

#include "wireshark/capture.h"
#include "wireshark/values.h"

struct join {
    const tvbuff_t *source;
    uint32_t frame; /* the first bytes are the end of its segment ... */
    int64_t length; /* ... so long */
    int end;
};

static GArray *joins;
static const uint8_t *kept; /* the end of a segment, which belongs to a message that is not whole */

static void release(void)
{
    g_array_free(joins, TRUE);
}

void rr_joined_begin(void)
{
    if (!joins) {
        joins = g_array_new(FALSE, FALSE, sizeof(struct join));
        register_shutdown_routine(release);
    }
    g_array_set_size(joins, 0);
    kept = NULL;
}

static struct join *join_of(const tvbuff_t *source)
{
    for (guint i = joins->len; i-- > 0;) {
        struct join *j = &g_array_index(joins, struct join, i);
        if (j->source == source)
            return j;
    }
    return NULL;
}

void rr_joined_note(const field_info *segment)
{
    struct join *known = join_of(segment->ds_tvb);
    struct join first = { segment->ds_tvb, fvalue_get_uinteger(rr_value(segment)), segment->length,
                          segment->length };
    if (known)
        known->end = MAX(known->end, segment->start + segment->length);
    else if (segment->start == 0 && segment->length > 0)
        g_array_append_val(joins, first);
}

void rr_joined_note_kept(const field_info *field)
{
    int length;
    kept = rr_value_bytes(field, &length);
}

bool rr_joined_begin_of(const tvbuff_t *source, const struct rr_verdict *v, int64_t *begin)
{
    const struct join *j = join_of(source);
    struct rr_verdicts verdicts = j ? rr_capture_verdicts(j->frame) : (struct rr_verdicts){ 0 };
    for (size_t k = 0; k < verdicts.count; k++) {
        const struct rr_verdict *first = &verdicts.first[k];
        *begin = first->begin + first->len - j->length;
        if (first->connection == v->connection && first->side == v->side && first->len >= j->length)
            return true;
    }
    return false;
}

int rr_joined_end_of(const tvbuff_t *source)
{
    const struct join *j = join_of(source);
    int length = (int)tvb_reported_length(source);
    return j ? MIN(j->end, length) : length;
}

int64_t rr_joined_not_kept(const struct rr_segment *s, int64_t at)
{
    if (!kept || !s->payload || kept < s->payload || kept > s->payload + s->captured)
        return -1;
    int64_t most = kept - s->payload - at;
    return most > 0 ? most : -1; /* what completes a message is shown likewise, from its begin on */
}
