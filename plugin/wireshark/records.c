#include "wireshark/records.h"

#include "wireshark/bytes.h"
#include "wireshark/joined.h"
#include "wireshark/values.h"

/* Behind so many records of a direction without a message, where that began is forgotten. */
enum { MOST_KEPT = 65536 };

enum { HEADER_LENGTH = 5, APPLICATION_DATA = 23 };

/* One of the frame. */
struct record {
    const struct rr_segment *segment; /* it ends in */
    const tvbuff_t *source;           /* its bytes are in ... */
    int begin, end;                   /* ... there */
    uint64_t type;                    /* of what it holds; 0: not known */
    bool ruled;                       /* there is a rule for that */
    const tvbuff_t *plain;            /* that, decrypted, or NULL */
};

/* One of a direction that held some of its messages. */
struct kept {
    uint32_t frame;        /* that it was decrypted in */
    uint32_t length;       /* of what it held */
    int64_t begin, end;    /* where it lies in its direction */
    const tvbuff_t *plain; /* what it held; of the frame alone */
};

/* In its direction. */
struct place {
    int64_t begin, end;
};

/* The end of what was decrypted, which belongs to a message that is not whole. */
struct tail {
    const tvbuff_t *plain;
    int begin; /* there */
};

static struct {
    GArray *all;         /* struct record */
    GArray *tails;       /* struct tail */
    GHashTable *ways;    /* stream and end -> GArray of struct kept: since a message was shown last */
    GHashTable *streams; /* those that a segment of began like a record */
    const GSList *made;  /* by the frame's dissectors: where bytes are in */
    const struct rr_segment *segment;
    const struct rr_verdict *verdict;
    GArray *way; /* of the segment, or NULL */
} records;

static void release(void)
{
    g_array_free(records.all, TRUE);
    g_array_free(records.tails, TRUE);
    g_hash_table_destroy(records.ways);
    g_hash_table_destroy(records.streams);
}

static void free_way(gpointer way)
{
    g_array_free(way, TRUE);
}

static void forget(void)
{
    if (!records.ways)
        return;
    g_hash_table_remove_all(records.ways);
    g_hash_table_remove_all(records.streams);
}

void rr_records_begin(void)
{
    if (!records.all) {
        records.all = g_array_new(FALSE, FALSE, sizeof(struct record));
        records.tails = g_array_new(FALSE, FALSE, sizeof(struct tail));
        records.ways = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_way);
        records.streams = g_hash_table_new(NULL, NULL);
        register_cleanup_routine(forget);
        register_shutdown_routine(release);
    }
    g_array_set_size(records.all, 0);
    g_array_set_size(records.tails, 0);
    records.made = NULL;
}

static struct record *nth(guint i)
{
    return &g_array_index(records.all, struct record, i);
}

void rr_records_note(const field_info *record, const struct rr_segment *s)
{
    struct record r = { s, record->ds_tvb, record->start, record->start + record->length, 0, false, NULL };
    if (r.source && record->length > HEADER_LENGTH)
        g_array_append_val(records.all, r);
}

void rr_records_note_type(const field_info *type)
{
    if (records.all->len)
        rr_value_number(type, &nth(records.all->len - 1)->type);
}

void rr_records_note_ruled(bool ruled)
{
    if (records.all->len)
        nth(records.all->len - 1)->ruled = ruled;
}

/* As its header says: what it holds, the version, and a length that a record may have. */
static bool begins_like_one(const struct rr_segment *s)
{
    enum { FIRST_TYPE = 20, LAST_TYPE = 24, MAJOR = 3, LAST_MINOR = 4, LENGTH_MAX = (1 << 14) + 2048 };
    const uint8_t *header = s->payload;
    if (s->captured < HEADER_LENGTH)
        return false;
    uint16_t length = rr_two_bytes(header + 3);
    return header[0] >= FIRST_TYPE && header[0] <= LAST_TYPE && header[1] == MAJOR &&
           header[2] <= LAST_MINOR && length > 0 && length <= LENGTH_MAX;
}

bool rr_records_are_encrypted(const struct rr_segment *s, uint32_t stream)
{
    if (g_hash_table_contains(records.streams, GUINT_TO_POINTER(stream)))
        return true;
    bool are = begins_like_one(s);
    if (are)
        g_hash_table_add(records.streams, GUINT_TO_POINTER(stream));
    return are;
}

/* Any of the segment; `ruled`: of what there is a rule for. */
static bool were_decrypted(const struct rr_segment *s, bool ruled)
{
    for (guint i = 0; i < records.all->len; i++)
        if (nth(i)->segment == s && nth(i)->plain && (nth(i)->ruled || !ruled))
            return true;
    return false;
}

bool rr_records_were_decrypted(const struct rr_segment *s)
{
    return were_decrypted(s, false);
}

bool rr_records_are_ruled(const struct rr_segment *s)
{
    return were_decrypted(s, true);
}

void rr_records_note_kept(const field_info *kept)
{
    struct tail tail = { kept->ds_tvb, kept->start };
    if (tail.plain)
        g_array_append_val(records.tails, tail);
}

static bool is_decrypted(const struct data_source *made)
{
    char *name = rr_data_source_name(made);
    bool is = g_str_has_prefix(name, "Decrypted TLS");
    wmem_free(NULL, name);
    return is;
}

/* Encrypted, it is longer. */
static bool may_hold(const struct record *r, const tvbuff_t *plain)
{
    return r->type && tvb_reported_length(plain) < (unsigned)(r->end - r->begin - HEADER_LENGTH);
}

/* Both are in the order in which they were dissected, and once a side encrypts it goes on with that. */
void rr_records_end(const packet_info *pinfo)
{
    records.made = pinfo->data_src;
    guint i = records.all->len;
    GSList *made = i ? g_slist_reverse(g_slist_copy(pinfo->data_src)) : NULL;
    for (const GSList *one = made; one && i; one = one->next) {
        if (!is_decrypted(one->data))
            continue;
        const tvbuff_t *plain = get_data_source_tvb(one->data);
        while (i && !may_hold(nth(i - 1), plain))
            i--;
        if (i)
            nth(--i)->plain = plain;
    }
    g_slist_free(made);
}

/* Where it begins, from the begin of the segment's payload. */
static bool begins_at(const struct record *r, int64_t *at)
{
    return r->segment == records.segment &&
           rr_joined_find(r->source, r->begin, records.segment, records.verdict, at);
}

static GArray *way_of(const struct rr_verdict *v, bool make)
{
    gint64 key = (gint64)v->connection->stream << 1 | v->side;
    GArray *way = g_hash_table_lookup(records.ways, &key);
    if (way || !make)
        return way;
    way = g_array_new(FALSE, FALSE, sizeof(struct kept));
    g_hash_table_insert(records.ways, g_memdup2(&key, sizeof key), way);
    return way;
}

/* What there is to keep of it; false where it holds no part of a message, as far as is known. */
static bool kept_of(const struct record *r, struct kept *k)
{
    int64_t at;
    if (!r->plain || r->type != APPLICATION_DATA || !begins_at(r, &at))
        return false;
    int64_t begin = records.verdict->begin + at;
    *k = (struct kept){ records.segment->at.frame, tvb_reported_length(r->plain), begin,
                        begin + r->end - r->begin, r->plain };
    return true;
}

static void keep(const struct record *r)
{
    struct kept k;
    if (!kept_of(r, &k))
        return;
    records.way = way_of(records.verdict, true);
    if (records.way->len == MOST_KEPT)
        g_array_set_size(records.way, 0);
    g_array_append_val(records.way, k);
}

void rr_records_fed(const struct rr_segment *s, const struct rr_verdict *v)
{
    records.segment = s;
    records.verdict = v;
    records.way = g_hash_table_size(records.ways) ? way_of(v, false) : NULL;
    for (guint i = 0; i < records.all->len; i++)
        keep(nth(i));
}

void rr_records_add_outside(GArray *pdus)
{
    for (guint i = 0; i < records.all->len; i++) {
        const struct record *r = nth(i);
        struct rr_pdu pdu = { .length = (uint32_t)(r->end - r->begin), .does = RR_PDU_OUTSIDE };
        if (r->type && r->type != APPLICATION_DATA && begins_at(r, &pdu.at))
            g_array_append_val(pdus, pdu);
    }
}

static const struct kept *kept(guint i)
{
    return &g_array_index(records.way, struct kept, i);
}

/* How many earlier frames showed. */
static guint kept_earlier(void)
{
    guint i = 0;
    while (i < records.way->len && kept(i)->frame != records.segment->at.frame)
        i++;
    return i;
}

/* How many there are up to the one that holds `source`, or was decrypted last before that was made. */
static guint kept_before(const tvbuff_t *source)
{
    guint count = kept_earlier();
    for (const GSList *one = records.made; one; one = one->next) {
        const tvbuff_t *made = get_data_source_tvb(one->data);
        count += count < records.way->len && kept(count)->plain == made;
        if (made == source)
            return count;
    }
    return 0;
}

/* Where a byte of what a record held lies: encryption keeps their order. */
static int64_t place_in(const struct kept *k, int64_t offset)
{
    if (offset <= 0)
        return k->begin;
    return offset < k->length ? MIN(k->begin + HEADER_LENGTH + offset, k->end) : k->end;
}

/* The segment's last that holds a part of a message, or NULL. */
static const struct record *last_of_segment(void)
{
    for (guint i = records.all->len; i-- > 0;)
        if (nth(i)->segment == records.segment && nth(i)->type == APPLICATION_DATA)
            return nth(i);
    return NULL;
}

int64_t rr_records_kept(void)
{
    const guint tails = records.tails->len;
    const struct record *last = tails ? last_of_segment() : NULL;
    struct kept k;
    if (!last || !kept_of(last, &k))
        return -1;
    const struct tail *tail = &g_array_index(records.tails, struct tail, tails - 1);
    return tail->plain == k.plain ? MAX(place_in(&k, tail->begin) - records.verdict->begin, 0) : -1;
}

/* What was put together from records, of which the last is before `count`, begins in one that an earlier
 * frame can have shown. */
static const struct kept *first_of(const struct rr_parts *parts, guint count)
{
    int left = parts->in_first;
    for (guint i = count; i-- > 0;)
        if (kept(i)->frame == parts->frame && --left == 0)
            return kept(i)->length >= (unsigned)parts->first ? kept(i) : NULL;
    return NULL;
}

/* What of it is whole from `begin` on ends there. */
static int whole_end(const tvbuff_t *plain, int begin, int end)
{
    for (guint i = 0; i < records.tails->len; i++) {
        const struct tail *tail = &g_array_index(records.tails, struct tail, i);
        if (tail->plain == plain && tail->begin > begin)
            end = MIN(end, tail->begin);
    }
    return end;
}

static bool find_joined(const struct rr_parts *parts, guint count, int begin, int end, struct place *place)
{
    const struct kept *first = first_of(parts, count), *last = kept(count - 1);
    if (begin < parts->first && first)
        place->begin = place_in(first, (int64_t)first->length - parts->first + begin);
    else if (begin >= parts->last)
        place->begin = place_in(last, begin - parts->last);
    else
        return false;
    place->end = end > parts->last ? place_in(last, end - parts->last) : last->begin;
    return true;
}

bool rr_records_find(const tvbuff_t *source, int begin, int *end, int64_t *at, int64_t *length)
{
    guint count = records.way ? kept_before(source) : 0;
    struct place place;
    struct rr_parts parts;
    if (!count)
        return false;
    const struct kept *last = kept(count - 1);
    const tvbuff_t *plain = count > kept_earlier() ? last->plain : NULL;
    if (plain == source) {
        *end = whole_end(plain, begin, *end);
        place = (struct place){ place_in(last, begin), place_in(last, *end) };
    } else if (rr_joined_parts(source, &parts)) {
        *end = parts.last + whole_end(plain, MAX(begin - parts.last, 0), *end - parts.last);
        if (!find_joined(&parts, count, begin, *end, &place))
            return false;
    } else
        return false;
    *at = place.begin - records.verdict->begin;
    *length = place.end - place.begin;
    return true;
}

void rr_records_shown(void)
{
    guint earlier = records.way ? kept_earlier() : 0;
    if (earlier)
        g_array_remove_range(records.way, 0, earlier);
}
