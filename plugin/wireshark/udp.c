#include "wireshark/udp.h"

#include <epan/to_str.h>

#include "wireshark/assembly.h"
#include "wireshark/pdus.h"
#include "wireshark/ways.h"

/* Where both sides ask, each of them has a conversation as client.  Wireshark's own streams do not tell: a
 * dissector can split a conversation into two, or put several into one. */
struct way {
    struct rr_way_key key;
    uint32_t place;
    uint8_t end;
};

static GHashTable *known_ways;

/* Where in its frame the bytes of a message lie: later passes have no tree that tells. */
struct place {
    uint32_t frame, begin;
    uint8_t source; /* which of the frame's; UINT8_MAX: not known */
};

static GArray *places; /* in order */

static void forget_all(void)
{
    g_hash_table_remove_all(known_ways);
    g_array_set_size(places, 0);
}

void rr_udp_handoff(void)
{
    known_ways = rr_ways_new();
    places = g_array_new(FALSE, FALSE, sizeof(struct place));
    register_cleanup_routine(forget_all);
}

static bool has_key(const struct rr_udp *u)
{
    return u->src.len > 0 && rr_way_has_key(&u->src, &u->dst);
}

static struct rr_way_key key_of(const struct rr_udp *u, enum rr_speaker speaker)
{
    struct rr_way_key key = rr_way_key_of(&u->src, u->src_port, &u->dst, u->dst_port);
    key.speaker = (uint16_t)speaker;
    return key;
}

/* What the other side's messages of the conversation have. */
static struct rr_way_key opposite(const struct rr_way_key *k)
{
    static const enum rr_speaker other[] = { [RR_SPEAKER_EITHER] = RR_SPEAKER_EITHER,
                                             [RR_SPEAKER_ASKS] = RR_SPEAKER_ANSWERS,
                                             [RR_SPEAKER_ANSWERS] = RR_SPEAKER_ASKS };
    struct rr_way_key key = *k;
    memcpy(key.src, k->dst, sizeof key.src);
    memcpy(key.dst, k->src, sizeof key.dst);
    key.src_port = k->dst_port;
    key.dst_port = k->src_port;
    key.speaker = other[k->speaker];
    return key;
}

static struct way *add_way(const struct rr_way_key *key, uint32_t place, uint8_t end)
{
    struct way *way = g_new(struct way, 1);
    *way = (struct way){ *key, place, end };
    g_hash_table_add(known_ways, way);
    return way;
}

/* A new conversation, whose first end is the client where the rule tells. */
static const struct way *converse(packet_info *pinfo, struct rr_tracker *t, const struct rr_udp *u,
                                  const struct rr_way_key *key)
{
    uint8_t end = key->speaker == RR_SPEAKER_ANSWERS;
    struct rr_way_key back = opposite(key);
    struct rr_endpoint ends[2];
    ends[end] = (struct rr_endpoint){ address_to_str(pinfo->pool, &u->src), u->src_port };
    ends[!end] = (struct rr_endpoint){ address_to_str(pinfo->pool, &u->dst), u->dst_port };
    uint32_t place = rr_tracker_converse(t, u->stream, ends, key->speaker != RR_SPEAKER_EITHER);
    if (!rr_way_keys_equal(&back, key))
        add_way(&back, place, !end);
    return add_way(key, place, end);
}

/* An answer to a group comes from one of it, under an address that was not asked. */
static bool is_for_many(const address *a)
{
    static const uint8_t all[] = { 255, 255, 255, 255 };
    const uint8_t *bytes = a->data;
    if (a->type == AT_IPv4)
        return (bytes[0] & 0xf0) == 0xe0 || memcmp(bytes, all, sizeof all) == 0;
    return bytes[0] == 0xff;
}

struct feeding {
    packet_info *pinfo;
    struct rr_tracker *tracker;
};

static tvbuff_t *nth_source(const packet_info *pinfo, uint8_t n)
{
    const GSList *at = g_slist_nth(pinfo->data_src, n);
    return at ? get_data_source_tvb(at->data) : NULL;
}

static void note_place(const packet_info *pinfo, const struct rr_found_datagram *d)
{
    struct place place = { pinfo->num, d->begin, 0 };
    tvbuff_t *source;
    while ((source = nth_source(pinfo, place.source)) && source != d->source)
        place.source++;
    if (!source)
        place.source = UINT8_MAX;
    g_array_append_val(places, place);
}

static void feed(struct rr_found_datagram *found, void *user)
{
    const struct feeding *f = user;
    const struct rr_udp *u = found->udp;
    struct rr_datagram *d = &found->datagram;
    if (!has_key(u))
        return;
    const struct rr_way_key key = key_of(u, found->speaker);
    const struct way *way = g_hash_table_lookup(known_ways, &key);
    if (!way)
        way = converse(f->pinfo, f->tracker, u, &key);
    d->end = way->end;
    if (is_for_many(&u->dst))
        d->does[RR_CLIENT] = d->does[RR_SERVER] = RR_PDU_ALONE;
    struct rr_verdict v = rr_tracker_datagram(f->tracker, way->place, d);
    rr_assembly_add(&v, d->payload, d->captured);
    rr_capture_remember(f->pinfo->num, &v);
    note_place(f->pinfo, found);
}

/* With a read filter in the first pass a frame's number can have come before: the last one counts. */
static void forget_frame(uint32_t frame)
{
    while (places->len && g_array_index(places, struct place, places->len - 1).frame >= frame)
        g_array_set_size(places, places->len - 1);
}

void rr_udp_feed(packet_info *pinfo, struct rr_tracker *t)
{
    struct feeding f = { pinfo, t };
    forget_frame(pinfo->num);
    rr_pdus_each_datagram(feed, &f);
}

/* The first of a frame, or of a later one. */
static guint find_place(uint32_t frame)
{
    guint low = 0, high = places->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(places, struct place, middle).frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_again(const packet_info *pinfo, const struct rr_verdict *v, const struct place *place)
{
    tvbuff_t *source = nth_source(pinfo, place->source);
    unsigned captured = source ? tvb_captured_length(source) : 0;
    if (captured <= place->begin)
        return;
    uint32_t length = MIN(v->len, captured - place->begin);
    rr_assembly_add(v, tvb_get_ptr(source, (int)place->begin, (int)length), length);
}

void rr_udp_repeat(const packet_info *pinfo, struct rr_verdicts verdicts)
{
    guint at = find_place(pinfo->num);
    for (size_t i = 0; i < verdicts.count && at < places->len; i++) {
        const struct place *place = &g_array_index(places, struct place, at);
        if (verdicts.first[i].connection->transport != RR_UDP)
            continue;
        if (place->frame != pinfo->num)
            break;
        add_again(pinfo, &verdicts.first[i], place);
        at++;
    }
}
