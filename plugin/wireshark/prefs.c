#include "wireshark/prefs.h"

#include "wireshark/compat.h"
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/range.h>

#include "wireshark/rule_table.h"

static range_t *server_ports;
static guint quiet_seconds = 3;
static guint patience_seconds = 60;
static guint slow_milliseconds = 1000;
static gint grouping = RR_BY_SERVER;
static guint slowest = 20;
static gint slow_by = RR_SLOW_BY_LATENCY;
static guint interval_milliseconds = 1000;
static guint objects_megabytes = 1024;

enum { POSITION_NOT_TOLD, POSITION_CLIENT, POSITION_BETWEEN, POSITION_SERVER };

static int position = POSITION_NOT_TOLD;

static dissector_table_t services[RR_TRANSPORT_COUNT];

static void register_statistics(module_t *module)
{
    static enum_val_t groupings[RR_GROUPING_COUNT + 1];
    for (int by = 0; by < RR_GROUPING_COUNT; by++) {
        const char *name = rr_grouping_name((enum rr_grouping)by);
        groupings[by] = (enum_val_t){ name, name, by };
    }
    prefs_register_enum_preference(
        module, "stat_by", "Statistics by",
        "What each row of the statistics is about. On the command line, by=... says "
        "it.",
        &grouping, groupings, FALSE);
    prefs_register_uint_preference(module, "slowest", "Slowest exchanges",
                                   "How many of the slowest exchanges the statistics list.", 10, &slowest);
    static enum_val_t slow_bys[RR_SLOW_BY_COUNT + 1];
    for (int by = 0; by < RR_SLOW_BY_COUNT; by++) {
        const char *name = rr_slow_by_name((enum rr_slow_by)by);
        slow_bys[by] = (enum_val_t){ name, name, by };
    }
    prefs_register_enum_preference(module, "slowest_by", "Slowest exchanges by",
                                   "What makes them slow: how long the answer was waited for (latency), or "
                                   "how long all of it took (duration). On the command line, by=... says it.",
                                   &slow_by, slow_bys, FALSE);
    prefs_register_uint_preference(module, "load_interval", "Load interval (milliseconds)",
                                   "The length of a slice of time in the statistics of the load.", 10,
                                   &interval_milliseconds);
}

static void register_objects(module_t *module)
{
    prefs_register_uint_preference(module, "objects_max", "Export Objects: most memory (megabytes)",
                                   "Export Objects holds all files in memory before they are written. "
                                   "Messages beyond this are left out, and a last file tells how many. 0: "
                                   "none is.",
                                   10, &objects_megabytes);
}

void rr_prefs_register(int proto, void (*changed)(void))
{
    module_t *module = prefs_register_protocol(proto, changed);

    prefs_register_range_preference(
        module, "server_ports", "Server ports",
        "Ports that servers listen on, as in \"6379,8000-8099\". They tell the client from the server "
        "where "
        "the capture has no handshake of the connection; a port that is not listed is judged by the services "
        "that Wireshark knows, then by its number, then by who sends first.",
        &server_ports, 65535);
    prefs_register_uint_preference(
        module, "quiet", "Response quiet time (seconds)",
        "A response that has been quiet for longer than this, with nothing of it missing, unacknowledged or "
        "held up by a full receiver, is over: what the server sends then is a push. 0: never, everything up "
        "to "
        "the next request belongs to the response.",
        10, &quiet_seconds);
    prefs_register_uint_preference(module, "patience", "Longest wait for a response (seconds)",
                                   "A request that has waited for longer than this is reported as "
                                   "unanswered. An answer that comes still "
                                   "later is tied to it all the same, and reported again. 0: never, it stays "
                                   "open until the connection or "
                                   "the capture ends.",
                                   10, &patience_seconds);
    prefs_register_uint_preference(
        module, "slow", "Slow response (milliseconds)",
        "A response that took longer than this to begin gets an expert note. 0: none does.", 10,
        &slow_milliseconds);

    static const enum_val_t positions[] = { { "unknown", "Not told", POSITION_NOT_TOLD },
                                            { "client", "At the client", POSITION_CLIENT },
                                            { "between", "Between client and server", POSITION_BETWEEN },
                                            { "server", "At the server", POSITION_SERVER },
                                            { NULL, NULL, 0 } };
    prefs_register_enum_preference(module, "position", "Capture position",
                                   "Where the capture was made. The details then say beside each latency "
                                   "what it holds: the network, the "
                                   "server, or both. It changes no number.",
                                   &position, positions, FALSE);
    register_statistics(module);
    register_objects(module);
    rr_rule_table_register(module);
}

void rr_prefs_handoff(void)
{
    services[RR_TCP] = find_dissector_table("tcp.port");
    services[RR_UDP] = find_dissector_table("udp.port");
}

static enum rr_port_kind kind_of(enum rr_transport transport, uint16_t port)
{
    if (value_is_in_range(server_ports, port))
        return RR_PORT_PREFERRED;
    return dissector_get_uint_handle(services[transport], port) ? RR_PORT_SERVICE : RR_PORT_PLAIN;
}

static enum rr_port_kind port_kind(uint16_t port)
{
    return kind_of(RR_TCP, port);
}

static enum rr_port_kind udp_port_kind(uint16_t port)
{
    return kind_of(RR_UDP, port);
}

struct rr_settings rr_prefs_settings(void)
{
    return (struct rr_settings){
        .quiet = (int64_t)quiet_seconds * 1000000000,
        .patience = (int64_t)patience_seconds * 1000000000,
        .port_kind = port_kind,
        .udp_port_kind = udp_port_kind,
    };
}

const char *rr_prefs_latency_holds(void)
{
    static const char *const holds[] = {
        [POSITION_NOT_TOLD] = "",
        [POSITION_CLIENT] = "the server, and the way there and back",
        [POSITION_BETWEEN] = "the server, and the way there and back from the capture",
        [POSITION_SERVER] = "the server alone",
    };
    return holds[position];
}

int64_t rr_prefs_slow(void)
{
    return (int64_t)slow_milliseconds * 1000000;
}

enum rr_grouping rr_prefs_grouping(void)
{
    return (enum rr_grouping)grouping;
}

uint32_t rr_prefs_slowest(void)
{
    return slowest;
}

enum rr_slow_by rr_prefs_slow_by(void)
{
    return (enum rr_slow_by)slow_by;
}

int64_t rr_prefs_interval(void)
{
    return (int64_t)MAX(interval_milliseconds, 1) * 1000000;
}

size_t rr_prefs_objects_max(void)
{
    const size_t most = INT32_MAX;
    return objects_megabytes ? (size_t)objects_megabytes << 20 : most << 20;
}
