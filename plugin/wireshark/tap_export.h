/* tshark -z reqresp,export[,rows=…][,time=…][,FILTER]: rows on standard output, each as it becomes due. */
#ifndef RR_TAP_EXPORT_H
#define RR_TAP_EXPORT_H

void rr_tap_export_register(void);

#endif
