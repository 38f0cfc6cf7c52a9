#include "wireshark/watch.h"

#include <epan/exceptions.h>
#include <epan/ipproto.h>
#include <epan/proto_data.h>

#include "wireshark/layers.h"

enum { TCP_HEADER_LENGTH = 20 };

static protocol_t *reqresp;
static int proto_watch;
static dissector_handle_t tcp;
static bool in_every_pass;

static bool worth_watching(packet_info *pinfo, tvbuff_t *tvb)
{
    return (in_every_pass || !PINFO_FD_VISITED(pinfo)) && !pinfo->flags.in_error_pkt && !pinfo->fragmented &&
           tvb_captured_length(tvb) >= TCP_HEADER_LENGTH && proto_is_protocol_enabled(reqresp);
}

static int64_t nanoseconds(const nstime_t *t)
{
    const int64_t most = INT64_MAX / 1000000000 - 1;
    return CLAMP((int64_t)t->secs, -most, most) * 1000000000 + t->nsecs;
}

struct rr_point rr_watch_point(const packet_info *pinfo)
{
    return (struct rr_point){ .time = nanoseconds(&pinfo->abs_ts), .frame = pinfo->num };
}

static void append(packet_info *pinfo, struct rr_watched *w)
{
    struct rr_watched *last = rr_watch_segments(pinfo);
    if (!last) {
        p_add_proto_data(pinfo->pool, pinfo, proto_watch, 0, w);
        return;
    }
    while (last->next)
        last = last->next;
    last->next = w;
}

static uint16_t two_bytes(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t four_bytes(const uint8_t *p)
{
    return (uint32_t)two_bytes(p) << 16 | two_bytes(p + 2);
}

/* NULL where TCP will not take it for a segment either. */
static struct rr_watched *note(tvbuff_t *tvb, packet_info *pinfo)
{
    const uint8_t *tcp_header = tvb_get_ptr(tvb, 0, TCP_HEADER_LENGTH);
    unsigned header = (unsigned)(tcp_header[12] >> 4) * 4;
    unsigned sent = tvb_reported_length(tvb), captured = tvb_captured_length(tvb);
    if (header < TCP_HEADER_LENGTH || sent < header)
        return NULL;

    struct rr_watched *w = wmem_new0(pinfo->pool, struct rr_watched);
    copy_address_shallow(&w->src, &pinfo->src);
    copy_address_shallow(&w->dst, &pinfo->dst);
    if (rr_deinterlacing()) {
        copy_address_shallow(&w->link_src, &pinfo->dl_src);
        copy_address_shallow(&w->link_dst, &pinfo->dl_dst);
        w->vlan = pinfo->vlan_id;
    }
    w->src_port = two_bytes(tcp_header);
    w->dst_port = two_bytes(tcp_header + 2);
    w->below = wmem_list_count(pinfo->layers);

    struct rr_segment *s = &w->segment;
    s->at = rr_watch_point(pinfo);
    s->seq = four_bytes(tcp_header + 4);
    s->ack = four_bytes(tcp_header + 8);
    s->flags = tcp_header[13];
    s->window = two_bytes(tcp_header + 14);
    s->len = sent - header;
    if (captured > header) {
        s->captured = MIN(captured - header, s->len);
        s->payload = tvb_get_ptr(tvb, (int)header, (int)s->captured);
    }
    append(pinfo, w);
    return w;
}

static int watch(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    struct rr_watched *w = worth_watching(pinfo, tvb) ? note(tvb, pinfo) : NULL;
    if (!w || w->segment.len == 0)
        return call_dissector_only(tcp, tvb, pinfo, tree, data);

    /* Only now, and also where the dissection of a payload gives up, are its layers the frame's last. */
    volatile int length = 0;
    TRY
    {
        length = call_dissector_only(tcp, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        w->segment.protocol = rr_layers_protocol(pinfo, w->below);
    }
    ENDTRY;
    return length;
}

void rr_watch_register(int proto)
{
    reqresp = find_protocol_by_id(proto);
    /* A child of TCP, not of this plugin: a disabled parent disables its children, and TCP with them. */
    proto_watch = proto_register_protocol_in_name_only("Request/Response: the segments on their way to TCP",
                                                       "ReqResp TCP", "reqresp_tcp",
                                                       proto_get_id_by_filter_name("tcp"), FT_PROTOCOL);
}

void rr_watch_handoff(void)
{
    tcp = find_dissector("tcp");
    dissector_add_uint("ip.proto", IP_PROTO_TCP, create_dissector_handle(watch, proto_watch));
}

void rr_watch_in_every_pass(void)
{
    in_every_pass = true;
}

struct rr_watched *rr_watch_segments(packet_info *pinfo)
{
    return p_get_proto_data(pinfo->pool, pinfo, proto_watch, 0);
}
