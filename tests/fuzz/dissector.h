/* What a dissector takes for the messages of a conversation.
 *
 * The conversation's style says how it is done, so that copies of a byte are seen alike mostly:
 *
 *   bits 0-1   connections with odd and even numbers are by datagrams, each of which is a message
 *   bit 2      it is at odds with itself: messages overlap, are told again, or (unless bit 5) lie anywhere
 *   bits 3-4   pairing: by order, by key, by either, or by key where the newest takes the place of others
 *   bits 5-7   where messages begin, and which
 *
 * One that is not at odds with itself cuts a direction into messages, tells each once, when its last byte
 * was captured, and does not understand some.
 */
#ifndef RR_DISSECTOR_H
#define RR_DISSECTOR_H

#include "conversation.h"

/* Of so many bytes of a direction messages are told; so many of a segment at most. */
enum { DISSECTOR_BYTES = 1024, DISSECTOR_PDUS = 64 };

struct dissector {
    uint8_t style;
    uint8_t known[CONVERSATION_CONNECTIONS][2][DISSECTOR_BYTES]; /* of a byte: what of it is known */
    bool behind[CONVERSATION_CONNECTIONS]; /* one was told that lies before one told earlier */
};

void dissector_init(struct dissector *d, uint8_t style);

/* The messages are those of the bytes of their directions, each once. */
bool dissector_is_honest(const struct dissector *d);

/* Nothing was decrypted. */
bool dissector_is_plain(const struct dissector *d);

/* `begin`: where the segment lies in its direction.  How many were put there, the last perhaps not whole. */
size_t dissector_read(struct dissector *d, uint32_t stream, int64_t begin, const struct rr_segment *s,
                      struct rr_pdu pdus[DISSECTOR_PDUS]);

/* One of them is whole. */
bool dissector_found(const struct rr_pdu *pdus, size_t count);

/* What they do, once it is known which side sent them. */
void dissector_tell(const struct dissector *d, int side, const struct rr_segment *s, struct rr_pdu *pdus,
                    size_t count);

struct rr_datagram dissector_datagram(const struct dissector *d, const struct rr_segment *s);

#endif
