#include "wireshark/watch.h"

#include <epan/exceptions.h>
#include <epan/ipproto.h>

#include "wireshark/asked.h"
#include "wireshark/bytes.h"
#include "wireshark/layers.h"
#include "wireshark/stream.h"

enum { TCP_HEADER_LENGTH = 20 };

static protocol_t *reqresp;
static int proto_watch;
static dissector_handle_t tcp;
static bool (*in_every_pass)(void);

/* The segments so far of the frame that is being dissected. */
static struct {
    uint32_t frame;
    size_t count, room;
    struct rr_watched *segments;
} passing;

static bool worth_watching(packet_info *pinfo, tvbuff_t *tvb)
{
    return (!PINFO_FD_VISITED(pinfo) || in_every_pass()) && !pinfo->flags.in_error_pkt &&
           !pinfo->fragmented && tvb_captured_length(tvb) >= TCP_HEADER_LENGTH &&
           proto_is_protocol_enabled(reqresp);
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

/* Those of a frame whose dissection broke off before its end were not taken. */
static void forget(void)
{
    passing.count = 0;
}

static struct rr_watched *append(uint32_t frame)
{
    if (passing.frame != frame)
        forget();
    passing.frame = frame;
    if (passing.count == passing.room) {
        passing.room = 2 * passing.room + 4;
        passing.segments =
            wmem_realloc(wmem_epan_scope(), passing.segments, passing.room * sizeof *passing.segments);
    }
    return &passing.segments[passing.count++];
}

/* False where TCP will not take it for a segment either, and where it has no payload. */
static bool note(tvbuff_t *tvb, packet_info *pinfo)
{
    unsigned sent = tvb_reported_length(tvb), captured = tvb_captured_length(tvb);
    const uint8_t *bytes = tvb_get_ptr(tvb, 0, (int)captured);
    unsigned header = (unsigned)(bytes[12] >> 4) * 4;
    if (header < TCP_HEADER_LENGTH || sent < header)
        return false;

    struct rr_watched *w = append(pinfo->num);
    copy_address_shallow(&w->src, &pinfo->src);
    copy_address_shallow(&w->dst, &pinfo->dst);
    if (rr_deinterlacing()) {
        copy_address_shallow(&w->link_src, &pinfo->dl_src);
        copy_address_shallow(&w->link_dst, &pinfo->dl_dst);
        w->vlan = pinfo->vlan_id;
    }
    w->src_port = rr_two_bytes(bytes);
    w->dst_port = rr_two_bytes(bytes + 2);
    w->below = wmem_list_count(pinfo->layers);
    w->segment = (struct rr_segment){
        .at = rr_watch_point(pinfo),
        .seq = rr_four_bytes(bytes + 4),
        .ack = rr_four_bytes(bytes + 8),
        .flags = bytes[13],
        .window = rr_two_bytes(bytes + 14),
        .len = sent - header,
        .captured = captured > header ? MIN(captured, sent) - header : 0,
        .payload = captured > header ? bytes + header : NULL,
    };
    rr_stream_expect(w);
    return w->segment.len > 0;
}

/* A FIN can end a message without bytes of its own. */
static bool may_show_messages(tvbuff_t *tvb)
{
    bool cut = tvb_captured_length(tvb) < TCP_HEADER_LENGTH;
    const uint8_t *header = cut ? NULL : tvb_get_ptr(tvb, 0, TCP_HEADER_LENGTH);
    return cut || tvb_reported_length(tvb) > (unsigned)(header[12] >> 4) * 4 || header[13] != RR_ACK;
}

static int watch(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (may_show_messages(tvb))
        rr_asked_prime(tree);
    if (!worth_watching(pinfo, tvb) || !note(tvb, pinfo))
        return call_dissector_only(tcp, tvb, pinfo, tree, data);

    /* Only now, and also where the dissection of a payload gives up, are its layers the frame's last. */
    const size_t place = passing.count - 1;
    volatile int length = 0;
    TRY
    {
        length = call_dissector_only(tcp, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        struct rr_watched *w = &passing.segments[place];
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
    register_cleanup_routine(forget);
    dissector_add_uint("ip.proto", IP_PROTO_TCP, create_dissector_handle(watch, proto_watch));
}

void rr_watch_in_every_pass_while(bool (*wanted)(void))
{
    in_every_pass = wanted;
}

struct rr_segments rr_watch_take(const packet_info *pinfo)
{
    struct rr_segments taken = { passing.segments, passing.frame == pinfo->num ? passing.count : 0 };
    passing.count = 0;
    return taken;
}
