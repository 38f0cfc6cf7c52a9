#include "exchange/endpoint.h"

#include <string.h>

void rr_put_endpoint(GString *out, const struct rr_endpoint *e)
{
    bool brackets = strchr(e->host, ':') != NULL;
    g_string_append_printf(out, brackets ? "[%s]:%u" : "%s:%u", e->host, e->port);
}

char *rr_endpoint_text(const struct rr_endpoint *e)
{
    GString *text = g_string_new(NULL);
    rr_put_endpoint(text, e);
    return g_string_free(text, FALSE);
}
