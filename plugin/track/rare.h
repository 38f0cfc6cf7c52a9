/* Marks what few segments need, so that the code all of them run through lies together.  Private to track/.
 */
#ifndef RR_RARE_H
#define RR_RARE_H

#define RR_RARE __attribute__((cold, noinline))

#endif
