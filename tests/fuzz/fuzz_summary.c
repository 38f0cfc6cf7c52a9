/* Payload of any kind: its summary is one line of printable UTF-8 that ends within its bounds. */
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "exchange/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What a terminal, a line or a reader from left to right would not take as a plain character. */
static bool leaves_its_place(gunichar c)
{
    static const struct {
        gunichar first, last;
    } controls[] = { { 0, 0x1f },          { 0x7f, 0x9f },         { 0x61c, 0x61c },   { 0x200b, 0x200f },
                     { 0x2028, 0x202e },   { 0x2060, 0x206f },     { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
                     { 0xe0000, 0xe007f }, { 0x110000, G_MAXUINT } };
    for (size_t i = 0; i < G_N_ELEMENTS(controls); i++)
        if (c >= controls[i].first && c <= controls[i].last)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    /* No byte may be read that a capture does not have: a copy of just that size shows it to a sanitizer. */
    uint8_t *exact = g_memdup2(bytes, length);
    char text[RR_SUMMARY_SIZE], again[RR_SUMMARY_SIZE];
    memset(text, 'x', sizeof text);
    size_t told = rr_summary(exact, length, text);
    g_assert_cmpuint(told, <, RR_SUMMARY_SIZE);
    g_assert_cmpuint(told, ==, strlen(text));
    g_assert_true(g_utf8_validate(text, (gssize)told, NULL));
    g_assert_cmpint(g_utf8_strlen(text, -1), <=, RR_SUMMARY_CHARS);
    for (const char *at = text; *at; at = g_utf8_next_char(at))
        g_assert_false(leaves_its_place(g_utf8_get_char(at)));
    g_assert_cmpuint(rr_summary(exact, length, again), ==, told);
    g_assert_cmpstr(text, ==, again);
    g_free(exact);
    return 0;
}
