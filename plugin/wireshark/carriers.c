#include "wireshark/carriers.h"

#include "wireshark/values.h"

enum { UDP_HEADER_LENGTH = 8 };

enum part { SRC, DST, SRC_PORT, DST_PORT, LENGTH, STREAM };

static const struct {
    const char *name;
    enum rr_role role;
    enum part part;
} known[] = {
    { "tcp", RR_ROLE_TCP, 0 },
    { "tcp.segment", RR_ROLE_JOINED, 0 },
    { "tcp.segment_data", RR_ROLE_KEPT, 0 },
    { "udp", RR_ROLE_UDP, 0 },
    { "ip.src", RR_ROLE_OF_UDP, SRC },
    { "ip.dst", RR_ROLE_OF_UDP, DST },
    { "ipv6.src", RR_ROLE_OF_UDP, SRC },
    { "ipv6.dst", RR_ROLE_OF_UDP, DST },
    { "udp.srcport", RR_ROLE_OF_UDP, SRC_PORT },
    { "udp.dstport", RR_ROLE_OF_UDP, DST_PORT },
    { "udp.length", RR_ROLE_OF_UDP, LENGTH },
    { "udp.stream", RR_ROLE_OF_UDP, STREAM },
    { "icmp", RR_ROLE_ELSEWHERE, 0 },
    { "icmpv6", RR_ROLE_ELSEWHERE, 0 },
    { "sctp", RR_ROLE_ELSEWHERE, 0 },
    { "dccp", RR_ROLE_ELSEWHERE, 0 },
    { "quic", RR_ROLE_ELSEWHERE, 0 },
};

static struct {
    uint8_t *places; /* in `known`, from 1, by field */
    int room;
    address ends[2]; /* of the packet that was seen last: source and destination */
    GArray *udps;
} carriers;

static void release(void)
{
    g_free(carriers.places);
    g_array_free(carriers.udps, TRUE);
}

void rr_carriers_ask(GArray *fields)
{
    g_free(carriers.places);
    carriers.places = NULL;
    carriers.room = 0;
    for (size_t i = 0; i < array_length(known); i++) {
        int id = proto_registrar_get_id_byname(known[i].name);
        if (id < 0)
            continue;
        if (id >= carriers.room) {
            carriers.places = g_realloc(carriers.places, (size_t)id + 1);
            memset(carriers.places + carriers.room, 0, (size_t)(id + 1 - carriers.room));
            carriers.room = id + 1;
        }
        carriers.places[id] = (uint8_t)(i + 1);
        g_array_append_val(fields, id);
    }
    if (carriers.udps)
        return;
    carriers.udps = g_array_new(FALSE, FALSE, sizeof(struct rr_udp));
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
    clear_address(&carriers.ends[SRC]);
    clear_address(&carriers.ends[DST]);
}

static void note_address(enum part part, const field_info *fi)
{
    address_type type = fi->hfinfo->type == FT_IPv4 ? AT_IPv4 : AT_IPv6;
    int length;
    const uint8_t *bytes = rr_value_bytes(fi, &length);
    if (bytes)
        set_address(&carriers.ends[part], type, length, bytes);
}

static void begin_udp(const field_info *fi)
{
    struct rr_udp u = { .source = fi->ds_tvb, .begin = fi->start + UDP_HEADER_LENGTH };
    u.end = fi->ds_tvb ? (int)tvb_reported_length(fi->ds_tvb) : u.begin;
    copy_address_shallow(&u.src, &carriers.ends[SRC]);
    copy_address_shallow(&u.dst, &carriers.ends[DST]);
    g_array_append_val(carriers.udps, u);
}

/* A length of 0 is that of a jumbogram. */
static void note_part(struct rr_udp *u, enum part part, uint32_t value)
{
    if (part == SRC_PORT)
        u->src_port = (uint16_t)value;
    else if (part == DST_PORT)
        u->dst_port = (uint16_t)value;
    else if (part == STREAM)
        u->stream = value;
    else if (value >= UDP_HEADER_LENGTH)
        u->end = u->begin + (int)MIN(value, UINT16_MAX) - UDP_HEADER_LENGTH;
}

void rr_carriers_note(const field_info *fi)
{
    uint8_t place = carriers.places[fi->hfinfo->id];
    enum part part = known[place - 1].part;
    uint32_t number = rr_carriers_udp();
    if (known[place - 1].role == RR_ROLE_UDP)
        begin_udp(fi);
    else if (part <= DST)
        note_address(part, fi);
    else if (number)
        note_part(&g_array_index(carriers.udps, struct rr_udp, number - 1), part,
                  fvalue_get_uinteger(rr_value(fi)));
}

uint32_t rr_carriers_udp(void)
{
    return carriers.udps->len;
}

const struct rr_udp *rr_carriers_nth_udp(uint32_t number)
{
    return &g_array_index(carriers.udps, struct rr_udp, number - 1);
}
