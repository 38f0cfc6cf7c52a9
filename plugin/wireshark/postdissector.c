#include "wireshark/postdissector.h"

#include "wireshark/compat.h"
#include <epan/packet.h>
#include <epan/tap.h>
#include <epan/to_str.h>

#include "wireshark/assembly.h"
#include "wireshark/objects.h"
#include "wireshark/pdus.h"
#include "wireshark/show.h"
#include "wireshark/stream.h"
#include "wireshark/tables.h"
#include "wireshark/udp.h"
#include "wireshark/watch.h"

static int tap;
static dissector_handle_t postdissector;

static void begin(void)
{
    rr_pdus_begin(postdissector);
}

void rr_postdissector_prepare(void)
{
    rr_pdus_prepare(postdissector);
}

static void make_known(struct rr_tracker *t, uint32_t stream, packet_info *pinfo, const struct rr_watched *w)
{
    struct rr_endpoint ends[2];
    uint8_t sender = w->segment.end;
    ends[sender] = (struct rr_endpoint){ address_to_str(pinfo->pool, &w->src), w->src_port };
    ends[!sender] = (struct rr_endpoint){ address_to_str(pinfo->pool, &w->dst), w->dst_port };
    rr_tracker_open(t, stream, ends);
}

static void feed_segment(struct rr_tracker *t, packet_info *pinfo, struct rr_watched *w)
{
    uint32_t stream;
    if (!rr_stream_find(pinfo, w, &stream))
        return;
    if (!rr_tracker_knows(t, stream))
        make_known(t, stream, pinfo, w);
    if (!rr_tracker_is_ruled(t, stream) && rr_pdus_decide(w, stream))
        rr_tracker_rule(t, stream);
    struct rr_verdict v = rr_tracker_feed(t, stream, &w->segment);
    rr_pdus_tell_tracker(t, w, &v);
    rr_assembly_add(&v, w->segment.payload, w->segment.captured);
    rr_capture_remember(pinfo->num, &v);
}

static void feed(packet_info *pinfo, proto_tree *tree, struct rr_segments segments)
{
    struct rr_tracker *t = rr_capture_tracker();
    rr_pdus_read(pinfo, tree, segments);
    rr_capture_begin_frame(pinfo->num);
    rr_assembly_begin_frame(pinfo->num);
    rr_tracker_tick(t, rr_watch_point(pinfo));
    for (size_t i = 0; i < segments.count; i++)
        feed_segment(t, pinfo, &segments.first[i]);
    rr_udp_feed(pinfo, t);
}

static struct rr_tapped *tapped_of(packet_info *pinfo, struct rr_verdicts verdicts)
{
    struct rr_tapped *tapped = wmem_new(pinfo->pool, struct rr_tapped);
    *tapped = (struct rr_tapped){ pinfo->num, verdicts };
    return tapped;
}

static int dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    struct rr_segments segments = rr_watch_take(pinfo);
    if (!PINFO_FD_VISITED(pinfo))
        feed(pinfo, tree, segments);

    bool listened = have_tap_listener(tap), collected = rr_objects_wanted(), shown = rr_show_wanted(tree);
    if (!listened && !collected && !shown)
        return 0;
    struct rr_verdicts verdicts = rr_capture_verdicts(pinfo->num);
    if (PINFO_FD_VISITED(pinfo) && rr_assembly_repeat(pinfo->num, verdicts, segments))
        rr_udp_repeat(pinfo, verdicts);
    if (shown)
        rr_show(tvb, pinfo, tree, verdicts);
    if (listened) {
        tap_queue_packet(tap, pinfo, tapped_of(pinfo, verdicts));
        rr_tables_frame(pinfo);
    }
    if (collected)
        rr_objects_tell(pinfo, tapped_of(pinfo, verdicts));
    return 0;
}

void rr_postdissector_register(int proto)
{
    tap = register_tap(RR_TAP);
    postdissector = register_dissector("reqresp", dissect, proto);
    register_postdissector(postdissector);
    register_init_routine(begin);
}
