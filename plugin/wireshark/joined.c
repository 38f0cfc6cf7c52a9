#include "wireshark/joined.h"

#include "wireshark/capture.h"
#include "wireshark/values.h"

struct join {
    const tvbuff_t *source;
    struct rr_parts parts; /* of TCP the first is the end of the frame's segment */
    bool decrypted;
    uint32_t last_frame; /* that the last is of */
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

static void begin_join(const field_info *segment, bool decrypted)
{
    uint32_t frame = fvalue_get_uinteger(rr_value(segment));
    struct join first = {
        segment->ds_tvb, { frame, 1, segment->length, 0 }, decrypted, frame, segment->length
    };
    if (segment->start == 0)
        g_array_append_val(joins, first);
}

static void go_on(struct join *known, const field_info *segment)
{
    uint32_t frame = fvalue_get_uinteger(rr_value(segment));
    known->parts.in_first += frame == known->parts.frame;
    if (segment->start > known->parts.last) {
        known->parts.last = segment->start;
        known->last_frame = frame;
    }
    known->end = MAX(known->end, segment->start + segment->length);
}

void rr_joined_note(const field_info *segment, bool decrypted)
{
    struct join *known = join_of(segment->ds_tvb);
    if (segment->length <= 0)
        return;
    if (known)
        go_on(known, segment);
    else
        begin_join(segment, decrypted);
}

void rr_joined_note_kept(const field_info *field)
{
    int length;
    kept = rr_value_bytes(field, &length);
}

int64_t rr_joined_in_payload(const tvbuff_t *source, int offset, const struct rr_segment *s)
{
    bool captured = (unsigned)offset < tvb_captured_length(source);
    const uint8_t *at = captured ? tvb_get_ptr((tvbuff_t *)(uintptr_t)source, offset, 1) : NULL;
    return at && s->payload && at >= s->payload && at < s->payload + s->captured ? at - s->payload : -1;
}

/* What the frame's own segment has of it stands there in its payload. */
static bool stands_at(const struct join *j, const struct rr_segment *s, int64_t at)
{
    int length = MIN(j->parts.first, (int)tvb_captured_length(j->source));
    return at >= 0 && at + length <= s->captured &&
           tvb_memeql((tvbuff_t *)(uintptr_t)j->source, 0, s->payload + at, (size_t)length) == 0;
}

/* Of a segment that fills a hole, with what came early behind it, the part can be the begin. */
static bool find_in_own(const struct join *j, const struct rr_segment *s, const struct rr_verdict *v,
                        int64_t *begin)
{
    int64_t end = (int64_t)s->len - j->parts.first;
    bool ends = stands_at(j, s, end);
    *begin = v->begin + (ends ? end : 0);
    return ends || stands_at(j, s, 0);
}

/* Where its first byte lies in the direction. */
static bool find_begin(const struct join *j, const struct rr_segment *s, const struct rr_verdict *v,
                       int64_t *begin)
{
    if (j->parts.frame == s->at.frame) /* which is not remembered yet */
        return find_in_own(j, s, v, begin);
    const struct rr_verdicts verdicts = rr_capture_verdicts(j->parts.frame);
    for (size_t k = 0; k < verdicts.count; k++) {
        const struct rr_verdict *first = &verdicts.first[k];
        *begin = first->begin + first->len - j->parts.first;
        if (first->connection == v->connection && first->side == v->side &&
            first->len >= (unsigned)j->parts.first)
            return true;
    }
    return false;
}

bool rr_joined_find(const tvbuff_t *source, int offset, const struct rr_segment *s,
                    const struct rr_verdict *v, int64_t *at)
{
    const struct join *j = join_of(source);
    int64_t begin;
    *at = rr_joined_in_payload(source, offset, s);
    if (*at >= 0)
        return true;
    bool found = j && !j->decrypted && find_begin(j, s, v, &begin);
    if (found)
        *at = begin + offset - v->begin;
    return found;
}

bool rr_joined_parts(const tvbuff_t *source, struct rr_parts *parts)
{
    const struct join *j = join_of(source);
    if (!j || !j->decrypted)
        return false;
    *parts = j->parts;
    return true;
}

int rr_joined_end_of(const tvbuff_t *source)
{
    const struct join *j = join_of(source);
    int length = (int)tvb_reported_length(source);
    return j ? MIN(j->end, length) : length;
}

/* The same field shows what completed a message. */
static bool completes(const struct join *j, const struct rr_segment *s)
{
    int last = j->end - j->parts.last;
    bool fits = !j->decrypted && j->last_frame == s->at.frame && last <= s->payload + s->captured - kept &&
                j->end <= (int)tvb_captured_length(j->source);
    return fits && tvb_memeql((tvbuff_t *)(uintptr_t)j->source, j->parts.last, kept, (size_t)last) == 0;
}

int64_t rr_joined_kept(const struct rr_segment *s)
{
    if (!kept || !s->payload || kept < s->payload || kept >= s->payload + s->captured)
        return -1;
    for (guint i = 0; i < joins->len; i++)
        if (completes(&g_array_index(joins, struct join, i), s))
            return -1;
    return kept - s->payload;
}

int64_t rr_joined_not_kept(const struct rr_segment *s, int64_t at)
{
    int64_t most = rr_joined_kept(s) - at;
    return most > 0 ? most : -1;
}
