#include "write/quantity.h"

#include <glib.h>
#include <string.h>

/* No amount below overflows 64 bits, with its unit. */
enum { DIGITS_MAX = 9 };

/* Reads a number of at most DIGITS_MAX digits; false where there is none. */
static bool take_digits(const char **text, uint64_t *number, int *digits)
{
    *number = 0;
    for (*digits = 0; g_ascii_isdigit(**text); ++*text, ++*digits) {
        if (*digits == DIGITS_MAX)
            return false;
        *number = *number * 10 + (uint64_t)(**text - '0');
    }
    return *digits > 0;
}

bool rr_quantity_bytes(const char *text, uint64_t *bytes)
{
    static const char units[] = "kMG";
    int digits;
    if (!take_digits(&text, bytes, &digits))
        return false;
    const char *unit = *text ? strchr(units, *text) : NULL;
    if (unit) {
        *bytes <<= 10 * (unit - units + 1);
        text++;
    }
    return !*text;
}

bool rr_quantity_time(const char *text, int64_t *ns)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
    uint64_t whole, fraction = 0;
    int digits, decimals = 0;
    if (!take_digits(&text, &whole, &digits))
        return false;
    if (*text == '.') {
        text++;
        if (!take_digits(&text, &fraction, &decimals))
            return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(units[i].name, text) != 0)
            continue;
        int64_t part = (int64_t)fraction * units[i].ns;
        while (decimals--)
            part /= 10;
        *ns = (int64_t)whole * units[i].ns + part;
        return true;
    }
    return false;
}
