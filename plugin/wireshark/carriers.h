/* What carries the messages of a frame, as its tree tells: TCP, or datagrams of UDP with their addresses. */
#ifndef RR_CARRIERS_H
#define RR_CARRIERS_H

#include "wireshark/compat.h"
#include <epan/packet.h>

/* What a field of the tree says of that. */
enum rr_role {
    RR_ROLE_NONE,
    RR_ROLE_TCP,
    RR_ROLE_JOINED,           /* which frames were put together */
    RR_ROLE_KEPT,             /* what of this one is kept for later */
    RR_ROLE_JOINED_DECRYPTED, /* the same of what was decrypted */
    RR_ROLE_KEPT_DECRYPTED,
    RR_ROLE_RECORD,          /* of TLS ... */
    RR_ROLE_RECORD_TYPE,     /* ... of what it holds ... */
    RR_ROLE_RECORD_PROTOCOL, /* ... and whose that is */
    RR_ROLE_UDP,
    RR_ROLE_UDP_STREAM,
    RR_ROLE_ELSEWHERE /* what stands in it is neither in a segment nor a datagram: a quote, a stream in
                         datagrams */
};

/* A datagram. */
struct rr_udp {
    address src, dst;
    uint16_t src_port, dst_port;
    uint32_t stream;
    tvbuff_t *source; /* its bytes are in ... */
    int begin, end;   /* ... there */
};

/* A handle of this plugin stands in front of UDP, as watch.h tells of TCP. */
void rr_carriers_register(void);
void rr_carriers_handoff(void);

/* The fields that tell: those that come before TCP or UDP, or are these, and those after. */
void rr_carriers_ask(GArray *before, GArray *after);
enum rr_role rr_carriers_role(int field);

/* While a tree is read: it begins; a field that is UDP, and its stream; the number of the datagram that was
 * noted last, from 1. */
void rr_carriers_begin(void);
void rr_carriers_note_udp(const field_info *fi);
void rr_carriers_note_stream(const field_info *fi);
uint32_t rr_carriers_udp(void);
const struct rr_udp *rr_carriers_nth_udp(uint32_t number);

#endif
