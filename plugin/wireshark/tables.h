/* Statistics about the exchanges that pass a filter.
 *
 * A table is made anew, from the exchanges as they stand, whenever it is to be shown: nothing that was
 * counted is ever taken back.  Its numbers are those of the export's highest parts, and of what the export
 * would print if the capture ended here.  Only which exchanges a filter chose is kept as frames come: nothing
 * as long as every frame passes, else some 50 bytes for each exchange and connection that it chose.
 *
 * Of the tables that the host draws, most are never told that it is about to draw.  They are made:
 * - after the last frame, where frames that were seen before are tapped again: the GUI, sharkd, a second
 * pass;
 * - from a listener that is drawn before the host's, where frames are tapped as they are read: tshark.
 */
#ifndef RR_TABLES_H
#define RR_TABLES_H

#include "wireshark/compat.h"
#include <epan/packet.h>
#include <epan/tap.h>

#include "wireshark/postdissector.h"

/* What counts, from plugin/measure. */
struct rr_counter {
    void (*exchange)(void *measure, const struct rr_exchange *x);
    void (*connection)(void *measure, const struct rr_connection *c); /* may be NULL */
    void (*merge)(void *into, const void *from);
    void (*release)(void *measure);
};

/* What is counted and shown of it. */
struct rr_statistic {
    const struct rr_counter *counter;
    void *(*begin)(void); /* an empty measure */
    void (*show)(void *table, void *measure);
    bool draws_itself; /* by rr_tables_show, which others need not call */
};

/* Counts struct rr_groups. */
extern const struct rr_counter rr_group_counter;

void rr_tables_register(void);

/* The host opens a table and is going to tap all frames again: tables that it had before may be gone. */
void rr_tables_open(void);

/* The frame passes the filter of `table`, which is the host's and tells one from another. */
tap_packet_status rr_tables_tapped(const struct rr_statistic *s, void *table, const struct rr_tapped *tapped);

/* To be called for each frame that is tapped, before its listeners are. */
void rr_tables_frame(packet_info *pinfo);

void rr_tables_show(const struct rr_statistic *s, void *table);

/* The table is no more. */
void rr_tables_close(void *table);

#endif
