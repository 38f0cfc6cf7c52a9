#include "wireshark/stream.h"

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>

static int proto_tcp;

void rr_stream_handoff(void)
{
    proto_tcp = proto_get_id_by_filter_name("tcp");
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
    here.srcport = w->src_port;
    here.destport = w->dst_port;
    return rr_find_deinterlaced(&here, CONVERSATION_TCP);
}

bool rr_stream_find(packet_info *pinfo, const struct rr_watched *w, uint32_t *stream)
{
    const struct tcp_analysis *a = analysis(
        find_conversation(pinfo->num, &w->src, &w->dst, CONVERSATION_TCP, w->src_port, w->dst_port, 0));
    if (!a)
        a = analysis(find_deinterlaced(pinfo, w));
    if (a)
        *stream = a->stream;
    return a;
}

uint8_t rr_stream_end(const struct rr_watched *w)
{
    int order = cmp_address(&w->src, &w->dst);
    return order > 0 || (order == 0 && w->src_port > w->dst_port);
}
