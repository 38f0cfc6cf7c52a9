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

static void check_options(const struct rr_options *o)
{
    g_assert_cmpint(o->rows, <, RR_NOUN_COUNT);
    g_assert_nonnull(o->format);
    for (size_t i = 0; i < o->column_count; i++)
        g_assert_nonnull(o->columns[i]->name);
    for (size_t i = 0; i < o->tag_count; i++)
        g_assert_true(o->tags[i].name && o->tags[i].value);
    g_assert_true(o->slower == RR_NEVER || o->slower >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = g_strndup((const char *)bytes, length), *error = NULL;
    struct rr_options *o = rr_options_parse(text, &error);
    if (o) {
        g_assert_null(error);
        check_options(o);
        rr_options_free(o);
    } else {
        check_refusal(error);
    }
    g_free(error);
    g_free(text);
    return 0;
}
