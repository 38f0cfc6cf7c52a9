/* The records of TLS: where on the wire lies what was decrypted of them, and which bytes are about the
 * encryption alone. */
#ifndef RR_RECORDS_H
#define RR_RECORDS_H

#include "wireshark/compat.h"
#include <epan/packet.h>

#include "track/tracker.h"

/* While a tree is read: it begins; a field that is a record of the segment; of the one that was noted last
 * the type of what it holds, and whether there is a rule for that; what of it, decrypted, is kept for later;
 * and it is over. */
void rr_records_begin(void);
void rr_records_note(const field_info *record, const struct rr_segment *s);
void rr_records_note_type(const field_info *type);
void rr_records_note_ruled(bool ruled);
void rr_records_note_kept(const field_info *kept);
void rr_records_end(const packet_info *pinfo);

/* The stream's segments are records of TLS: this one begins like one, or one before did.  To be asked of
 * each. */
bool rr_records_are_encrypted(const struct rr_segment *s, uint32_t stream);

/* A record of the segment was decrypted; and there is a rule for what it holds. */
bool rr_records_were_decrypted(const struct rr_segment *s);
bool rr_records_are_ruled(const struct rr_segment *s);

/* The frame's segment, which was fed. */
void rr_records_fed(const struct rr_segment *s, const struct rr_verdict *v);

/* Adds what of it is about the encryption to an array of struct rr_pdu. */
void rr_records_add_outside(GArray *pdus);

/* Where in the segment's payload begins what of its records, decrypted, is kept for later; -1: nowhere. */
int64_t rr_records_kept(void);

/* What was decrypted from `begin` to `end` in `source`, or to what of that is kept for later: where that
 * lies, from the begin of the segment's payload; false where that is not known. */
bool rr_records_find(const tvbuff_t *source, int begin, int *end, int64_t *at, int64_t *length);

/* What came before the segment is in none of the messages to come. */
void rr_records_shown(void);

#endif
