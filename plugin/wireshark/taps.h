/* The statistics, each registered once for tshark's -z, the GUI and sharkd. */
#ifndef RR_TAPS_H
#define RR_TAPS_H

/* With the protocol: */
void rr_tap_stat_register(void);     /* -z reqresp,stat */
void rr_tap_slowest_register(void);  /* -z reqresp,slowest */
void rr_tap_load_register(void);     /* -z reqresp,load */
void rr_tap_srt_register(int proto); /* -z reqresp,srt */

/* With the tap listeners: */
void rr_tap_tree_register(void);     /* -z reqresp,tree */
void rr_tap_snapshot_register(void); /* -z reqresp,json and reqresp,metrics */

#endif
