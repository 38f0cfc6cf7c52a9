#include "write/numbers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { NS_A_SECOND = 1000000000, SECONDS_A_DAY = 86400 };

/* Right-aligned in `width` places, with zeros in front. */
static void set_digits(char *place, int width, uint32_t n)
{
    for (int i = width - 1; i >= 0; i--, n /= 10)
        place[i] = (char)('0' + n % 10);
}

void rr_put_count(GString *out, uint64_t n)
{
    char digits[20];
    char *first = digits + sizeof digits;
    do
        *--first = (char)('0' + n % 10);
    while (n /= 10);
    rr_put_bytes(out, first, (size_t)(digits + sizeof digits - first));
}

void rr_put_id(GString *out, uint64_t id)
{
    char digits[16];
    for (int i = 0; i < 16; i++)
        digits[i] = "0123456789abcdef"[id >> (60 - 4 * i) & 15];
    rr_put_bytes(out, digits, sizeof digits);
}

void rr_put_seconds(GString *out, int64_t ns)
{
    char fraction[] = ".000000000";
    uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    if (ns < 0)
        g_string_append_c(out, '-');
    rr_put_count(out, size / NS_A_SECOND);
    set_digits(fraction + 1, 9, (uint32_t)(size % NS_A_SECOND));
    rr_put_bytes(out, fraction, sizeof fraction - 1);
}

struct date {
    uint32_t year, month, day;
};

/* The Gregorian date, for years from 1600 on: all that 64 bits of nanoseconds can reach.  Years are taken
 * to begin in March, so that a leap day is the last of its year. */
static struct date date_of(int64_t days_since_1970)
{
    enum { DAYS_A_CENTURY = 36524, DAYS_IN_4_CENTURIES = 146097, FROM_MARCH_1600 = 135080 };
    uint32_t day = (uint32_t)(days_since_1970 + FROM_MARCH_1600);
    uint32_t era = day / DAYS_IN_4_CENTURIES;
    day %= DAYS_IN_4_CENTURIES;
    uint32_t year = (day - day / 1460 + day / DAYS_A_CENTURY - day / (DAYS_IN_4_CENTURIES - 1)) / 365;
    day -= 365 * year + year / 4 - year / 100;
    uint32_t month = (5 * day + 2) / 153; /* March is 0 */
    return (struct date){
        .year = 1600 + 400 * era + year + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day - (153 * month + 2) / 5 + 1,
    };
}

/* "2021-10-28T04:07:01", with `between` in the place of T. */
static void put_second(GString *out, int64_t second, char between)
{
    char text[] = "0000-00-00 00:00:00";
    int64_t day = second / SECONDS_A_DAY - (second % SECONDS_A_DAY < 0);
    uint32_t of_day = (uint32_t)(second - day * SECONDS_A_DAY);
    struct date date = date_of(day);
    set_digits(text, 4, date.year);
    set_digits(text + 5, 2, date.month);
    set_digits(text + 8, 2, date.day);
    text[10] = between;
    set_digits(text + 11, 2, of_day / 3600);
    set_digits(text + 14, 2, of_day / 60 % 60);
    set_digits(text + 17, 2, of_day % 60);
    rr_put_bytes(out, text, sizeof text - 1);
}

struct moment {
    int64_t second;
    uint32_t ns;
};

static struct moment moment_of(int64_t ns)
{
    int64_t second = ns / NS_A_SECOND - (ns % NS_A_SECOND < 0);
    return (struct moment){ second, (uint32_t)((uint64_t)ns - (uint64_t)second * NS_A_SECOND) };
}

/* Of the first `places` of the nine decimals. */
static void put_fraction(GString *out, uint32_t ns, size_t places)
{
    char text[] = ".000000000";
    set_digits(text + 1, 9, ns);
    rr_put_bytes(out, text, 1 + places);
}

void rr_put_time(GString *out, int64_t ns)
{
    struct moment m = moment_of(ns);
    put_second(out, m.second, 'T');
    put_fraction(out, m.ns, 9);
    g_string_append_c(out, 'Z');
}

/* How many minutes local time was ahead of UTC. */
static int minutes_ahead(int64_t second)
{
    time_t t = (time_t)second;
    struct tm local;
    return localtime_r(&t, &local) ? (int)(local.tm_gmtoff / 60) : 0;
}

void rr_put_local_time(GString *out, int64_t ns)
{
    struct moment m = moment_of(ns);
    int ahead = minutes_ahead(m.second);
    char offset[] = "+00:00";
    put_second(out, m.second + ahead * 60, 'T');
    put_fraction(out, m.ns, 9);
    offset[0] = ahead < 0 ? '-' : '+';
    set_digits(offset + 1, 2, (uint32_t)abs(ahead) / 60);
    set_digits(offset + 4, 2, (uint32_t)abs(ahead) % 60);
    rr_put_bytes(out, offset, sizeof offset - 1);
}

void rr_put_local_stamp(GString *out, int64_t ns)
{
    struct moment m = moment_of(ns);
    put_second(out, m.second + minutes_ahead(m.second) * 60, ' ');
    put_fraction(out, m.ns, 6);
}

void rr_put_milliseconds(GString *out, int64_t ns)
{
    char fraction[] = ".000";
    uint64_t us = ((ns < 0 ? -(uint64_t)ns : (uint64_t)ns) + 500) / 1000;
    if (ns < 0)
        g_string_append_c(out, '-');
    rr_put_count(out, us / 1000);
    set_digits(fraction + 1, 3, (uint32_t)(us % 1000));
    rr_put_bytes(out, fraction, sizeof fraction - 1);
}

void rr_put_hex(GString *out, const uint8_t *at, size_t length)
{
    gsize start = out->len;
    g_string_set_size(out, start + 2 * length);
    for (size_t i = 0; i < length; i++) {
        out->str[start + 2 * i] = "0123456789abcdef"[at[i] >> 4];
        out->str[start + 2 * i + 1] = "0123456789abcdef"[at[i] & 15];
    }
}

void rr_put_base64(GString *out, const uint8_t *at, size_t length)
{
    char *text = g_base64_encode(at, length);
    g_string_append(out, text);
    g_free(text);
}

/* Bytes of the character of text that begins here, 0 where none does. */
static size_t text_length(const uint8_t *at, size_t length)
{
    const char *s = (const char *)at;
    gunichar c = g_utf8_get_char_validated(s, (gssize)MIN(length, 4));
    bool is_character = *at && c != (gunichar)-1 && c != (gunichar)-2;
    bool is_text = is_character && (!g_unichar_iscntrl(c) || c == '\t' || c == '\r' || c == '\n');
    return is_text ? (size_t)(g_utf8_next_char(s) - s) : 0;
}

char *rr_readable(const uint8_t *at, size_t length)
{
    GString *text = g_string_sized_new(length);
    for (size_t i = 0; i < length;) {
        size_t character = text_length(at + i, length - i);
        if (character) {
            g_string_append_len(text, (const char *)at + i, (gssize)character);
        } else {
            g_string_append(text, "\\x");
            rr_put_hex(text, at + i, 1);
        }
        i += character ? character : 1;
    }
    return g_string_free(text, FALSE);
}
