#include "wireshark/carriers.h"

#include <epan/ipproto.h>

#include "wireshark/asked.h"
#include "wireshark/bytes.h"
#include "wireshark/values.h"

/* Of the header, in bytes; a field of it costs much more to ask for than to read here. */
enum { SRC_PORT = 0, DST_PORT = 2, LENGTH = 4, UDP_HEADER_LENGTH = 8 };

static const struct {
    const char *name;
    enum rr_role role;
    bool is_layer; /* which can come before TCP or UDP, or is one of these */
} known[] = {
    { "tcp", RR_ROLE_TCP, true },
    { "tcp.segment", RR_ROLE_JOINED, false },
    { "tcp.segment_data", RR_ROLE_KEPT, false },
    { "tls.segment", RR_ROLE_JOINED_DECRYPTED, false },
    { "tls.segment.data", RR_ROLE_KEPT_DECRYPTED, false },
    { "tls.record", RR_ROLE_RECORD, false },
    { "tls.record.content_type", RR_ROLE_RECORD_TYPE, false },
    { "tls.app_data_proto", RR_ROLE_RECORD_PROTOCOL, false },
    { "udp", RR_ROLE_UDP, true },
    { "udp.stream", RR_ROLE_UDP_STREAM, false },
    { "icmp", RR_ROLE_ELSEWHERE, true },
    { "icmpv6", RR_ROLE_ELSEWHERE, true },
    { "sctp", RR_ROLE_ELSEWHERE, true },
    { "dccp", RR_ROLE_ELSEWHERE, true },
    { "quic", RR_ROLE_ELSEWHERE, true },
};

/* A datagram as it passed. */
struct passed {
    const uint8_t *header;
    address src, dst;
};

static struct {
    uint8_t *places; /* in `known`, from 1, by field */
    int room;
    uint32_t frame; /* that datagrams passed in ... */
    GArray *passed; /* ... of struct passed */
    bool was_read;  /* ... whose tree was read since */
    GArray *udps;
} carriers;

static int proto_watch;
static dissector_handle_t udp;

static void note_passing(tvbuff_t *tvb, const packet_info *pinfo)
{
    if (!carriers.passed || tvb_captured_length(tvb) < UDP_HEADER_LENGTH)
        return;
    if (carriers.frame != pinfo->num || carriers.was_read)
        g_array_set_size(carriers.passed, 0);
    carriers.frame = pinfo->num;
    carriers.was_read = false;
    struct passed p = { .header = tvb_get_ptr(tvb, 0, UDP_HEADER_LENGTH) };
    copy_address_shallow(&p.src, &pinfo->src);
    copy_address_shallow(&p.dst, &pinfo->dst);
    g_array_append_val(carriers.passed, p);
}

static int watch(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    rr_asked_prime(tree);
    note_passing(tvb, pinfo);
    return call_dissector_only(udp, tvb, pinfo, tree, data);
}

void rr_carriers_register(void)
{
    proto_watch = proto_register_protocol_in_name_only("Request/Response: the datagrams on their way to UDP",
                                                       "ReqResp UDP", "reqresp_udp",
                                                       proto_get_id_by_filter_name("udp"), FT_PROTOCOL);
}

void rr_carriers_handoff(void)
{
    udp = find_dissector("udp");
    dissector_add_uint("ip.proto", IP_PROTO_UDP, create_dissector_handle(watch, proto_watch));
}

static void release(void)
{
    g_array_free(carriers.passed, TRUE);
    g_free(carriers.places);
    g_array_free(carriers.udps, TRUE);
}

static int same_name_before(int id)
{
    return proto_registrar_get_nth((guint)id)->same_name_prev_id;
}

static void note_place(int id, uint8_t place)
{
    if (id >= carriers.room) {
        carriers.places = g_realloc(carriers.places, (size_t)id + 1);
        memset(carriers.places + carriers.room, 0, (size_t)(id + 1 - carriers.room));
        carriers.room = id + 1;
    }
    carriers.places[id] = place;
}

void rr_carriers_ask(GArray *before, GArray *after)
{
    g_free(carriers.places);
    carriers.places = NULL;
    carriers.room = 0;
    for (size_t i = 0; i < array_length(known); i++)
        for (int id = proto_registrar_get_id_byname(known[i].name); id >= 0; id = same_name_before(id)) {
            note_place(id, (uint8_t)(i + 1));
            g_array_append_val(known[i].is_layer ? before : after, id);
        }
    if (carriers.udps)
        return;
    carriers.udps = g_array_new(FALSE, FALSE, sizeof(struct rr_udp));
    carriers.passed = g_array_new(FALSE, FALSE, sizeof(struct passed));
    register_shutdown_routine(release);
}

enum rr_role rr_carriers_role(int field)
{
    uint8_t place = field < carriers.room ? carriers.places[field] : 0;
    return place ? known[place - 1].role : RR_ROLE_NONE;
}

void rr_carriers_begin(void)
{
    g_array_set_size(carriers.udps, 0);
    carriers.was_read = true;
}

/* Who sent the datagram with this header to whom: as it passed. */
static void find_ends(struct rr_udp *u, const uint8_t *header)
{
    for (guint i = carriers.passed->len; i-- > 0;) {
        const struct passed *p = &g_array_index(carriers.passed, struct passed, i);
        if (p->header != header)
            continue;
        copy_address_shallow(&u->src, &p->src);
        copy_address_shallow(&u->dst, &p->dst);
        return;
    }
}

/* A length of 0 is that of a jumbogram. */
static void read_header(struct rr_udp *u, const uint8_t *header)
{
    uint16_t length = rr_two_bytes(header + LENGTH);
    u->src_port = rr_two_bytes(header + SRC_PORT);
    u->dst_port = rr_two_bytes(header + DST_PORT);
    if (length >= UDP_HEADER_LENGTH)
        u->end = u->begin + length - UDP_HEADER_LENGTH;
    find_ends(u, header);
}

void rr_carriers_note_udp(const field_info *fi)
{
    int length;
    const uint8_t *header = rr_value_bytes(fi, &length);
    struct rr_udp u = { .source = fi->ds_tvb, .begin = fi->start + UDP_HEADER_LENGTH };
    u.end = fi->ds_tvb ? (int)tvb_reported_length(fi->ds_tvb) : u.begin;
    if (header && length >= UDP_HEADER_LENGTH)
        read_header(&u, header);
    g_array_append_val(carriers.udps, u);
}

void rr_carriers_note_stream(const field_info *fi)
{
    uint32_t number = rr_carriers_udp();
    if (number)
        g_array_index(carriers.udps, struct rr_udp, number - 1).stream = fvalue_get_uinteger(rr_value(fi));
}

uint32_t rr_carriers_udp(void)
{
    return carriers.udps->len;
}

const struct rr_udp *rr_carriers_nth_udp(uint32_t number)
{
    return &g_array_index(carriers.udps, struct rr_udp, number - 1);
}
