#include "wireshark/asked.h"

#include <epan/epan.h>
#include <epan/epan_dissect.h>

static GPtrArray *asked; /* of header_field_info; NULL: none */

static void release(void)
{
    if (asked)
        g_ptr_array_free(asked, TRUE);
    asked = NULL;
}

/* Its protocol as well: what is asked of that goes when any field of it does. */
static void ask(int id)
{
    header_field_info *field = proto_registrar_get_nth((guint)id);
    header_field_info *protocol = field->parent >= 0 ? proto_registrar_get_nth((guint)field->parent) : NULL;
    g_ptr_array_add(asked, field);
    if (protocol && !g_ptr_array_find(asked, protocol, NULL))
        g_ptr_array_add(asked, protocol);
}

void rr_asked_begin(const GArray *fields)
{
    static bool registered;
    release();
    if (!fields)
        return;
    if (!registered)
        register_shutdown_routine(release);
    registered = true;
    asked = g_ptr_array_new();
    for (guint i = 0; i < fields->len; i++)
        ask(g_array_index(fields, int, i));
}

void rr_asked_prime(proto_tree *tree)
{
    if (!tree || !asked)
        return;
    epan_dissect_t dissection = { .tree = tree }; /* all that is looked at */
    const header_field_info *const *field = (const void *)asked->pdata, *const *end = field + asked->len;
    for (; field < end; field++)
        if ((*field)->ref_type < HF_REF_TYPE_DIRECT)
            epan_dissect_prime_with_hfid(&dissection, (*field)->id);
}
