#include "write/numbers.h"

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
    g_string_append_len(out, first, digits + sizeof digits - first);
}

void rr_put_id(GString *out, uint64_t id)
{
    char digits[16];
    for (int i = 0; i < 16; i++)
        digits[i] = "0123456789abcdef"[id >> (60 - 4 * i) & 15];
    g_string_append_len(out, digits, sizeof digits);
}

void rr_put_seconds(GString *out, int64_t ns)
{
    char fraction[] = ".000000000";
    uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    if (ns < 0)
        g_string_append_c(out, '-');
    rr_put_count(out, size / NS_A_SECOND);
    set_digits(fraction + 1, 9, (uint32_t)(size % NS_A_SECOND));
    g_string_append_len(out, fraction, sizeof fraction - 1);
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

void rr_put_time(GString *out, int64_t ns)
{
    char text[] = "0000-00-00T00:00:00.000000000Z";
    int64_t second = ns / NS_A_SECOND - (ns % NS_A_SECOND < 0);
    int64_t day = second / SECONDS_A_DAY - (second % SECONDS_A_DAY < 0);
    uint32_t fraction = (uint32_t)((uint64_t)ns - (uint64_t)second * NS_A_SECOND);
    uint32_t of_day = (uint32_t)(second - day * SECONDS_A_DAY);
    struct date date = date_of(day);
    set_digits(text, 4, date.year);
    set_digits(text + 5, 2, date.month);
    set_digits(text + 8, 2, date.day);
    set_digits(text + 11, 2, of_day / 3600);
    set_digits(text + 14, 2, of_day / 60 % 60);
    set_digits(text + 17, 2, of_day % 60);
    set_digits(text + 20, 9, fraction);
    g_string_append_len(out, text, sizeof text - 1);
}
