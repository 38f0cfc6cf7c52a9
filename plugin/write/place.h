/* Where a file lies.  Private to write/. */
#ifndef RR_PLACE_H
#define RR_PLACE_H

/* Where a path leads, whatever way it is written; NULL is standard output.  Free with g_free. */
char *rr_place(const char *path);

#endif
