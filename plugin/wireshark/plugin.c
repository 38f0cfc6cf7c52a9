/* The symbols that Wireshark looks for, and the list of what this plugin registers. */
#include "wireshark/compat.h"
#include <epan/packet.h>
#include <epan/proto.h>
#include <epan/tap.h>

#include "wireshark/assembly.h"
#include "wireshark/capture.h"
#include "wireshark/carriers.h"
#include "wireshark/experts.h"
#include "wireshark/follow.h"
#include "wireshark/layers.h"
#include "wireshark/objects.h"
#include "wireshark/postdissector.h"
#include "wireshark/prefs.h"
#include "wireshark/show.h"
#include "wireshark/source.h"
#include "wireshark/stream.h"
#include "wireshark/tables.h"
#include "wireshark/tap_export.h"
#include "wireshark/taps.h"
#include "wireshark/udp.h"
#include "wireshark/watch.h"

WS_DLL_PUBLIC_DEF const char plugin_version[] = RR_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
WS_DLL_PUBLIC void plugin_register(void);

static void register_protocol(void)
{
    int proto = proto_register_protocol("Request/Response", "ReqResp", "reqresp");
    rr_prefs_register(proto, rr_postdissector_prepare);
    rr_watch_register(proto);
    rr_carriers_register();
    rr_show_register(proto);
    rr_experts_register(proto);
    rr_postdissector_register(proto);
    /* The host cleans up last what is registered first: rows that the end of a capture makes show bytes. */
    rr_assembly_register();
    rr_capture_register();
    rr_tables_register();
    rr_tap_stat_register();
    rr_tap_slowest_register();
    rr_tap_load_register();
    rr_tap_srt_register(proto);
    rr_objects_register(proto);
    rr_source_register();
    rr_follow_register();
}

static void hand_off(void)
{
    rr_prefs_handoff();
    rr_layers_handoff();
    rr_stream_handoff();
    rr_udp_handoff();
    rr_watch_handoff();
    rr_carriers_handoff();
}

void plugin_register(void)
{
    static const proto_plugin dissector = { register_protocol, hand_off };
    static const tap_plugin export = { rr_tap_export_register };
    static const tap_plugin tree = { rr_tap_tree_register };
    static const tap_plugin snapshots = { rr_tap_snapshot_register };

    proto_register_plugin(&dissector);
    tap_register_plugin(&export);
    tap_register_plugin(&tree);
    tap_register_plugin(&snapshots);
}

#ifdef RR_HAS_PLUGIN_DESCRIBE
WS_DLL_PUBLIC uint32_t plugin_describe(void);

uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR | WS_PLUGIN_DESC_TAP_LISTENER;
}
#endif
