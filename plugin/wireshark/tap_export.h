/* tshark -z reqresp,export[,OPTION...][,FILTER]: rows on standard output or into a file, each as it becomes
 * due. */
#ifndef RR_TAP_EXPORT_H
#define RR_TAP_EXPORT_H

void rr_tap_export_register(void);

#endif
