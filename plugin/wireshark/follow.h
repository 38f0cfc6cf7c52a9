/* Right-click on a packet, Conversation Filter: its exchange. */
#ifndef RR_FOLLOW_H
#define RR_FOLLOW_H

void rr_follow_register(void);

#endif
