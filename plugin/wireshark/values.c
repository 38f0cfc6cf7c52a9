#include "wireshark/values.h"

#include "exchange/exchange.h"

/* Without the remark in parentheses that some versions have behind it. */
static const char *plain_name(wmem_allocator_t *pool, const char *name)
{
    const char *remark = strstr(name, " (");
    return remark ? wmem_strndup(pool, name, (size_t)(remark - name)) : name;
}

const char *rr_value_text(wmem_allocator_t *pool, const field_info *fi)
{
    const header_field_info *field = fi->hfinfo;
    bool named = field->strings && (FT_IS_UINT32(field->type) || FT_IS_INT32(field->type));
    bool plainly = !(field->display & (BASE_RANGE_STRING | BASE_VAL64_STRING | BASE_UNIT_STRING)) &&
                   (field->display & FIELD_DISPLAY_E_MASK) != BASE_CUSTOM;
    if (named && plainly) {
        uint32_t value = FT_IS_UINT32(field->type) ? fvalue_get_uinteger(rr_value(fi))
                                                   : (uint32_t)fvalue_get_sinteger(rr_value(fi));
        const char *name = field->display & BASE_EXT_STRING
                               ? try_val_to_str_ext(value, (value_string_ext *)(uintptr_t)field->strings)
                               : try_val_to_str(value, field->strings);
        if (name)
            return plain_name(pool, name);
    }
    if (field->type == FT_NONE || field->type == FT_PROTOCOL)
        return field->name;
    const char *text = fvalue_to_string_repr(pool, rr_value(fi), FTREPR_DISPLAY, field->display);
    return text ? text : "";
}

bool rr_value_number(const field_info *fi, uint64_t *number)
{
    enum ftenum type = fi->hfinfo->type;
    if (FT_IS_UINT32(type))
        *number = fvalue_get_uinteger(rr_value(fi));
    else if (FT_IS_INT32(type))
        *number = (uint64_t)(int64_t)fvalue_get_sinteger(rr_value(fi));
    else if (FT_IS_INT64(type))
        *number = (uint64_t)fvalue_get_sinteger64(rr_value(fi));
    else if (FT_IS_UINT64(type) || type == FT_BOOLEAN)
        *number = fvalue_get_uinteger64(rr_value(fi));
    else
        return false;
    return true;
}

uint32_t rr_value_count(const field_info *fi)
{
    uint64_t number;
    bool is_signed = FT_IS_INT(fi->hfinfo->type);
    if (!rr_value_number(fi, &number) || (is_signed && (int64_t)number < 0))
        return 0;
    return (uint32_t)MIN(number, INT32_MAX);
}

const uint8_t *rr_value_bytes(const field_info *fi, int *length)
{
    *length = fi->length;
    if (!fi->ds_tvb || fi->start < 0 || fi->length <= 0 ||
        (unsigned)fi->start + (unsigned)fi->length > tvb_captured_length(fi->ds_tvb))
        return NULL;
    return tvb_get_ptr(fi->ds_tvb, fi->start, fi->length);
}

static bool is_less(const field_info *fi, uint64_t number, uint64_t limit)
{
    bool is_signed = FT_IS_INT(fi->hfinfo->type);
    return is_signed ? (int64_t)number < (int64_t)limit : number < limit;
}

bool rr_value_passes(const struct rr_test *test, const field_info *fi, wmem_allocator_t *pool,
                     const char **text)
{
    uint64_t number;
    int length;
    if (!test->text)
        return true;
    if (FT_IS_STRING(fi->hfinfo->type))
        return !test->less && strcmp(fvalue_get_string(rr_value(fi)), test->text) == 0;
    if (rr_value_number(fi, &number) && test->number != UINT64_MAX)
        return test->less ? is_less(fi, number, test->number) : number == test->number;
    if (test->less)
        return false;
    if (fi->hfinfo->type == FT_BYTES) {
        const uint8_t *bytes = rr_value_bytes(fi, &length);
        return bytes && (size_t)length == strlen(test->text) &&
               memcmp(bytes, test->text, (size_t)length) == 0;
    }
    if (!*text)
        *text = rr_value_text(pool, fi);
    return strcmp(*text, test->text) == 0;
}

uint64_t rr_value_mix(uint64_t hash, const field_info *fi)
{
    uint64_t number;
    int length;
    if (!fi)
        return rr_mix(hash, 0);
    if (rr_value_number(fi, &number))
        return rr_mix(hash, number);
    const uint8_t *bytes = rr_value_bytes(fi, &length);
    for (int i = 0; bytes && i < length; i++)
        hash = rr_mix(hash, bytes[i]);
    return rr_mix(hash, UINT64_MAX);
}
