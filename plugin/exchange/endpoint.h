/* Endpoints as people write them: 10.0.0.2:80, [::1]:80. */
#ifndef RR_ENDPOINT_H
#define RR_ENDPOINT_H

#include <glib.h>

#include "exchange/exchange.h"

void rr_put_endpoint(GString *out, const struct rr_endpoint *e);

/* To be freed. */
char *rr_endpoint_text(const struct rr_endpoint *e);

#endif
