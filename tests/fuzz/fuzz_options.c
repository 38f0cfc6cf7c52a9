/* What a user writes after `-z reqresp,export`: taken, or refused in one printable line. */
#include <string.h>

#include <glib.h>

#include "write/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_refusal(const char *error)
{
    g_assert_nonnull(error);
    g_assert_true(g_utf8_validate(error, -1, NULL));
    for (const char *at = error; *at; at++)
        g_assert_true((uint8_t)*at >= ' ' && *at != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = g_strndup((const char *)bytes, length), *error = NULL;
    struct rr_options o;
    if (rr_options_parse(text, &o, &error)) {
        g_assert_null(error);
        g_assert_cmpint(o.rows, <, RR_NOUN_COUNT);
        if (o.filter)
            g_assert_true(o.filter >= text && o.filter <= text + strlen(text));
    } else {
        check_refusal(error);
    }
    g_free(error);
    g_free(text);
    return 0;
}
