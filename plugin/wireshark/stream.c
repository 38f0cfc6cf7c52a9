#include "wireshark/stream.h"

#include <string.h>

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>

static int proto_tcp;

/* Who sends to whom, as far as it tells conversations apart. */
struct way {
    uint8_t src[16], dst[16];
    uint16_t src_port, dst_port;
    uint32_t address_length;
};

struct known {
    struct way way;
    const conversation_t *conversation;
    uint32_t stream;
};

static GHashTable *known_ways;

static unsigned hash(gconstpointer key)
{
    uint64_t words[sizeof(struct way) / sizeof(uint64_t)], mixed = 0;
    memcpy(words, key, sizeof words);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        mixed = (mixed ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15), mixed ^= mixed >> 32;
    return (unsigned)mixed;
}
G_STATIC_ASSERT(sizeof(struct way) % sizeof(uint64_t) == 0);

static gboolean equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct way)) == 0;
}

static void forget_all(void)
{
    g_hash_table_remove_all(known_ways);
}

void rr_stream_handoff(void)
{
    proto_tcp = proto_get_id_by_filter_name("tcp");
    known_ways = g_hash_table_new_full(hash, equal, NULL, g_free);
    register_cleanup_routine(forget_all);
}

static bool way_of(const struct rr_watched *w, struct way *way)
{
    unsigned length = (unsigned)w->src.len;
    if (length > sizeof way->src || (unsigned)w->dst.len != length)
        return false;
    *way = (struct way){ .src_port = w->src_port, .dst_port = w->dst_port, .address_length = length };
    memcpy(way->src, w->src.data, length);
    memcpy(way->dst, w->dst.data, length);
    return true;
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

/* Asks Wireshark, and remembers the answer where the same question has it until the next SYN. */
static bool ask(packet_info *pinfo, const struct rr_watched *w, const struct way *way, uint32_t *stream)
{
    const conversation_t *c =
        find_conversation(pinfo->num, &w->src, &w->dst, CONVERSATION_TCP, w->src_port, w->dst_port, 0);
    const struct tcp_analysis *a = analysis(c);
    if (!a)
        return false;
    *stream = a->stream;
    if (way) {
        struct known *k = g_new(struct known, 1);
        *k = (struct known){ *way, c, a->stream };
        g_hash_table_replace(known_ways, &k->way, k);
    }
    return true;
}

bool rr_stream_find(packet_info *pinfo, const struct rr_watched *w, uint32_t *stream)
{
    struct way way;
    if (rr_deinterlacing())
        return ask_deinterlaced(pinfo, w, stream);
    if (!way_of(w, &way))
        return ask(pinfo, w, NULL, stream);
    const struct known *k = g_hash_table_lookup(known_ways, &way);
    bool newer = !k || k->conversation->next || w->segment.flags & RR_SYN;
    if (newer)
        return ask(pinfo, w, &way, stream);
    *stream = k->stream;
    return true;
}

uint8_t rr_stream_end(const struct rr_watched *w)
{
    int order = cmp_address(&w->src, &w->dst);
    return order > 0 || (order == 0 && w->src_port > w->dst_port);
}
