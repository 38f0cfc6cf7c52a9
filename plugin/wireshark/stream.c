#include "wireshark/stream.h"

#include <string.h>

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>

#include "wireshark/capture.h"
#include "wireshark/ways.h"

static int proto_tcp;

struct rr_way {
    struct rr_way_key key;
    const conversation_t *conversation;
    uint32_t stream;
    uint8_t end;
};

static GHashTable *known_ways;

static void forget_all(void)
{
    g_hash_table_remove_all(known_ways);
}

void rr_stream_handoff(void)
{
    proto_tcp = proto_get_id_by_filter_name("tcp");
    known_ways = rr_ways_new();
    register_cleanup_routine(forget_all);
}

static bool has_key(const struct rr_watched *w)
{
    return rr_way_has_key(&w->src, &w->dst);
}

static struct rr_way_key key_of(const struct rr_watched *w)
{
    return rr_way_key_of(&w->src, w->src_port, &w->dst, w->dst_port);
}

static struct rr_way *recall(const struct rr_watched *w)
{
    if (!has_key(w))
        return NULL;
    const struct rr_way_key key = key_of(w);
    return g_hash_table_lookup(known_ways, &key);
}

void rr_stream_expect(struct rr_watched *w)
{
    w->known = recall(w);
    if (w->known)
        rr_tracker_expect(rr_capture_tracker(), w->known->stream);
}

static const struct tcp_analysis *analysis(const conversation_t *c)
{
    return c ? conversation_get_proto_data(c, proto_tcp) : NULL;
}

/* After the dissection `pinfo` describes the frame's last segment, which need not be this one. */
static const conversation_t *find_deinterlaced(const packet_info *pinfo, const struct rr_watched *w)
{
    packet_info here = *pinfo;
    copy_address_shallow(&here.src, &w->src);
    copy_address_shallow(&here.dst, &w->dst);
    copy_address_shallow(&here.dl_src, &w->link_src);
    copy_address_shallow(&here.dl_dst, &w->link_dst);
    here.vlan_id = w->vlan;
    here.srcport = w->src_port;
    here.destport = w->dst_port;
    return rr_find_deinterlaced(&here, CONVERSATION_TCP);
}

/* The same addresses and ports are then several streams: an answer is good for this segment only. */
static bool ask_deinterlaced(const packet_info *pinfo, const struct rr_watched *w, uint32_t *stream)
{
    const struct tcp_analysis *a = analysis(find_deinterlaced(pinfo, w));
    if (a)
        *stream = a->stream;
    return a;
}

static uint8_t end_of(const struct rr_watched *w)
{
    int order = cmp_address(&w->src, &w->dst);
    return order > 0 || (order == 0 && w->src_port > w->dst_port);
}

/* A conversation may begin anew with a segment of either end: then it does for both. */
static void remember_back(const struct rr_watched *w, const conversation_t *c, uint32_t stream)
{
    const struct rr_way_key key = rr_way_key_of(&w->dst, w->dst_port, &w->src, w->src_port);
    struct rr_way *back = g_hash_table_lookup(known_ways, &key);
    if (back) {
        back->conversation = c;
        back->stream = stream;
    }
}

/* What the same question will have for an answer until the next SYN. */
static void remember(const struct rr_watched *w, const conversation_t *c, uint32_t stream)
{
    struct rr_way *way = recall(w);
    if (!way) {
        way = g_new(struct rr_way, 1);
        way->key = key_of(w);
        way->end = end_of(w);
        g_hash_table_add(known_ways, way);
    }
    way->conversation = c;
    way->stream = stream;
    remember_back(w, c, stream);
}

/* The dissector of the payload may have begun a conversation of its own, of which TCP does not know yet: this
 * segment was still of the one before. */
static bool ask(const packet_info *pinfo, const struct rr_watched *w, uint32_t *stream)
{
    const conversation_t *c =
        find_conversation(pinfo->num, &w->src, &w->dst, CONVERSATION_TCP, w->src_port, w->dst_port, 0);
    const struct tcp_analysis *a = analysis(c);
    if (a)
        *stream = a->stream;
    else if (w->known)
        *stream = w->known->stream;
    if (a && has_key(w))
        remember(w, c, a->stream);
    return a || w->known;
}

bool rr_stream_known(const struct rr_watched *w, uint32_t *stream, uint8_t *end)
{
    const struct rr_way *way = w->known;
    bool same = way && !way->conversation->next && !(w->segment.flags & RR_SYN) && !rr_deinterlacing();
    if (same) {
        *stream = way->stream;
        *end = way->end;
    }
    return same;
}

bool rr_stream_find(packet_info *pinfo, struct rr_watched *w, uint32_t *stream)
{
    if (rr_stream_known(w, stream, &w->segment.end))
        return true;
    w->segment.end = end_of(w);
    return rr_deinterlacing() ? ask_deinterlaced(pinfo, w, stream) : ask(pinfo, w, stream);
}
