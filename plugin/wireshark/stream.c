#include "wireshark/stream.h"

#include <string.h>

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>

#include "wireshark/capture.h"
#include "wireshark/ways.h"

static int proto_tcp;

/* What both ends' segments have for an answer until the next SYN. */
struct rr_known_stream {
    struct rr_way_key key; /* the way from end 0 to end 1 */
    const conversation_t *conversation;
    uint32_t stream;
};

static GHashTable *known_streams;

static void forget_all(void)
{
    g_hash_table_remove_all(known_streams);
}

void rr_stream_handoff(void)
{
    proto_tcp = proto_get_id_by_filter_name("tcp");
    known_streams = rr_ways_new();
    register_cleanup_routine(forget_all);
}

static bool has_key(const struct rr_watched *w)
{
    return rr_way_has_key(&w->src, &w->dst);
}

static struct rr_way_key key_of(const struct rr_watched *w)
{
    if (w->segment.end)
        return rr_way_key_of(&w->dst, w->dst_port, &w->src, w->src_port);
    return rr_way_key_of(&w->src, w->src_port, &w->dst, w->dst_port);
}

static struct rr_known_stream *recall(const struct rr_watched *w)
{
    if (!has_key(w))
        return NULL;
    const struct rr_way_key key = key_of(w);
    return g_hash_table_lookup(known_streams, &key);
}

static uint8_t end_of(const struct rr_watched *w)
{
    int order = cmp_address(&w->src, &w->dst);
    return order > 0 || (order == 0 && w->src_port > w->dst_port);
}

void rr_stream_expect(struct rr_watched *w)
{
    w->segment.end = end_of(w);
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

static void remember(const struct rr_watched *w, const conversation_t *c, uint32_t stream)
{
    struct rr_known_stream *known = recall(w);
    if (!known) {
        known = g_new(struct rr_known_stream, 1);
        known->key = key_of(w);
        g_hash_table_add(known_streams, known);
    }
    known->conversation = c;
    known->stream = stream;
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

bool rr_stream_known(const struct rr_watched *w, uint32_t *stream)
{
    const struct rr_known_stream *known = w->known;
    bool same = known && !known->conversation->next && !(w->segment.flags & RR_SYN) && !rr_deinterlacing();
    if (same)
        *stream = known->stream;
    return same;
}

bool rr_stream_find(packet_info *pinfo, const struct rr_watched *w, uint32_t *stream)
{
    if (rr_stream_known(w, stream))
        return true;
    return rr_deinterlacing() ? ask_deinterlaced(pinfo, w, stream) : ask(pinfo, w, stream);
}
