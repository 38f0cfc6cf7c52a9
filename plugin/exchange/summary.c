#include "exchange/summary.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* What is left to read.  Nothing the bytes claim of themselves moves `at` beyond `end`. */
struct input {
    const uint8_t *at, *end;
};

struct output {
    char *text, *end;
    size_t room; /* for so many characters */
};

static size_t left(const struct input *in)
{
    return (size_t)(in->end - in->at);
}

static struct rr_words written(const struct output *out)
{
    return (struct rr_words){ out->text, (size_t)(out->end - out->text) };
}

/* False where there is no room: a character goes in whole or not at all. */
static bool put(struct output *out, const char *s, size_t length, size_t chars)
{
    if (chars > out->room)
        return false;
    memcpy(out->end, s, length);
    out->end += length;
    out->room -= chars;
    return true;
}

static bool put_escape(struct output *out, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    const char escape[] = { '\\', 'x', digits[byte >> 4], digits[byte & 15] };
    return put(out, escape, sizeof escape, sizeof escape);
}

/* Characters that are not seen, move others about, end a line or are none. */
static bool is_hidden(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        { 0x80, 0x9f },       { 0xad, 0xad },       { 0x34f, 0x34f },     { 0x61c, 0x61c },
        { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },
        { 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x3164, 0x3164 },   { 0xd800, 0xdfff },
        { 0xfdd0, 0xfdef },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },
        { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
    };
    if ((c & 0xfffe) == 0xfffe)
        return true;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (c >= hidden[i].first && c <= hidden[i].last)
            return true;
    return false;
}

/* Length of the printable character of several bytes that starts here, 0 where none does. */
static size_t wide_character(const struct input *in)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t lead = *in->at;
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || length > left(in))
        return 0;
    uint32_t c = lead & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((in->at[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (in->at[i] & 0x3f);
    }
    return c >= smallest[length] && c <= 0x10ffff && !is_hidden(c) ? length : 0;
}

/* How many of eight bytes are plain ASCII, ' ' to '~', before the first that is not.  What that one carries
 * into the sums is told of the bytes behind it only.
 */
static size_t plain_of_eight(const uint8_t *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x;
    memcpy(&x, bytes, sizeof x);
    x = GUINT64_FROM_LE(x);
    uint64_t below_space = x - ones * ' ', above_tilde = x + ones;
    uint64_t others = (x | below_space | above_tilde) & ones * 0x80;
    return others ? (size_t)__builtin_ctzll(others) / 8 : 8;
}

/* The length of the plain ASCII that comes next, `most` at most. */
static size_t plain_run(const struct input *in, size_t most)
{
    size_t length = 0;
    if (most > left(in))
        most = left(in);
    while (length + 8 <= most) {
        size_t plain = plain_of_eight(in->at + length);
        length += plain;
        if (plain < 8)
            return length;
    }
    while (length < most && (uint8_t)(in->at[length] - ' ') <= '~' - ' ')
        length++;
    return length;
}

/* The plain ASCII that comes next, as far as it fits. */
static void put_plain(struct output *out, struct input *in)
{
    size_t length = plain_run(in, out->room);
    memcpy(out->end, in->at, length);
    in->at += length;
    out->end += length;
    out->room -= length;
}

/* All of the input, the unprintable as \xNN.  False where it did not fit. */
static bool put_printable(struct output *out, struct input in)
{
    for (put_plain(out, &in); in.at < in.end; put_plain(out, &in)) {
        size_t wide = wide_character(&in);
        if (!(wide ? put(out, (const char *)in.at, wide, 1) : put_escape(out, *in.at)))
            return false;
        in.at += wide ? wide : 1;
    }
    return true;
}

static bool ends_line(uint8_t byte)
{
    return byte == '\r' || byte == '\n';
}

/* Up to the end of a line or of the input; the line's end is passed over. */
static struct input take_line(struct input *in)
{
    const uint8_t *feed = memchr(in->at, '\n', left(in));
    struct input line = { in->at, feed ? feed : in->end };
    const uint8_t *carriage = memchr(line.at, '\r', left(&line));
    if (carriage)
        line.end = carriage;
    in->at = line.end;
    if (left(in) >= 2 && in->at[0] == '\r' && in->at[1] == '\n')
        in->at++;
    if (in->at < in->end)
        in->at++;
    return line;
}

static struct input take_bytes(struct input *in, uint64_t count)
{
    struct input bytes = { in->at, in->at + (count < left(in) ? (size_t)count : left(in)) };
    in->at = bytes.end;
    if (left(in) >= 2 && in->at[0] == '\r' && in->at[1] == '\n')
        in->at += 2;
    return bytes;
}

/* RESP: a value is a mark, a line and, for some marks, bytes or values in the number that the line says. */

enum shape { NO_VALUE, LINE, NOTHING, BYTES, VALUES, PAIRS, PAIRS_BEFORE };

static enum shape shape_of(uint8_t mark)
{
    static const uint8_t shapes[256] = {
        ['+'] = LINE,   ['-'] = LINE,    [':'] = LINE,   [','] = LINE,  ['('] = LINE,
        ['#'] = LINE,   ['_'] = NOTHING, ['$'] = BYTES,  ['!'] = BYTES, ['='] = BYTES,
        ['*'] = VALUES, ['~'] = VALUES,  ['>'] = VALUES, ['%'] = PAIRS, ['|'] = PAIRS_BEFORE,
    };
    return (enum shape)shapes[mark];
}

struct head {
    enum shape shape;
    struct input line;
    uint64_t count;
};

static bool take_byte(struct input *in, uint8_t byte)
{
    if (in->at == in->end || *in->at != byte)
        return false;
    in->at++;
    return true;
}

/* A number on a line of its own. */
static bool take_count(struct input *in, uint64_t *count)
{
    enum { DIGITS = 10 };
    const uint8_t *first = in->at;
    *count = 0;
    for (; in->at < in->end && *in->at >= '0' && *in->at <= '9' && in->at - first < DIGITS; in->at++)
        *count = *count * 10 + (uint64_t)(*in->at - '0');
    bool any = in->at > first;
    take_byte(in, '\r');
    return any && take_byte(in, '\n');
}

/* False where no whole head of a RESP value is there. */
static bool take_head(struct input *in, struct head *head)
{
    if (in->at == in->end)
        return false;
    head->shape = shape_of(*in->at++);
    if (head->shape < BYTES) {
        head->line = take_line(in);
        return head->shape != NO_VALUE;
    }
    bool none = left(in) >= 2 && memcmp(in->at, "-1", 2) == 0;
    if (!none)
        return take_count(in, &head->count);
    head->shape = NOTHING;
    in->at++;
    return take_count(in, &head->count) && head->count == 1;
}

static bool put_word(struct output *out, struct input word, const char *if_empty)
{
    if (out->end > out->text && !put(out, " ", 1, 1))
        return false;
    return left(&word) ? put_printable(out, word) : put(out, if_empty, strlen(if_empty), strlen(if_empty));
}

static bool put_value(struct output *out, struct input *in, const struct head *head)
{
    const struct input none = { in->at, in->at };
    switch (head->shape) {
    case LINE:
        return put_word(out, head->line, "\"\"");
    case NOTHING:
        return put_word(out, none, "(nil)");
    case BYTES:
        return (head->count == 0 || left(in)) && put_word(out, take_bytes(in, head->count), "\"\"");
    default:
        return head->count || put_word(out, none, "()");
    }
}

static uint64_t values_owed(const struct head *head)
{
    switch (head->shape) {
    case VALUES:
        return head->count;
    case PAIRS:
        return 2 * head->count;
    case PAIRS_BEFORE:
        return 2 * head->count + 1;
    default:
        return 0;
    }
}

/* The words of the first value, the nested ones one after the other.  Writes nothing where it is not RESP,
 * and where it is of one line. */
static void put_resp(struct output *out, struct input in)
{
    enum { MOST_VALUES = 2 * RR_SUMMARY_CHARS }; /* a limit to nesting, which takes no room */
    struct head head;
    if (shape_of(*in.at) < BYTES)
        return;
    uint64_t owed = 1;
    for (int i = 0; i < MOST_VALUES && owed && take_head(&in, &head); i++) {
        if (!put_value(out, &in, &head))
            return;
        owed += values_owed(&head) - 1;
    }
}

/* What is too long for the cell is not looked at.  With a NUL in it, it is no text, and has no lines. */
static void put_line(struct output *out, struct input in)
{
    if (left(&in) > RR_SUMMARY_SIZE)
        in.end = in.at + RR_SUMMARY_SIZE;
    struct input rest = in, line = take_line(&rest);
    put_printable(out, memchr(line.at, '\0', left(&line)) ? in : line);
}

/* The line that comes next where it can be shown as it is; of no length where it cannot. */
static struct rr_words plain_line(const struct input *in)
{
    size_t length = plain_run(in, RR_SUMMARY_CHARS);
    bool whole = length == RR_SUMMARY_CHARS || length == left(in) || ends_line(in->at[length]);
    return (struct rr_words){ (const char *)in->at, whole ? length : 0 };
}

struct rr_words rr_summary_words(const uint8_t *bytes, size_t length, char room[RR_SUMMARY_SIZE])
{
    struct output out = { room, room, RR_SUMMARY_CHARS };
    struct input in = { bytes, bytes + length };
    while (in.at < in.end && ends_line(*in.at))
        in.at++;
    if (in.at == in.end)
        return written(&out);
    put_resp(&out, in);
    if (written(&out).length)
        return written(&out);
    struct rr_words line = plain_line(&in);
    if (line.length)
        return line;
    put_line(&out, in);
    return written(&out);
}

size_t rr_summary(const uint8_t *bytes, size_t length, char text[RR_SUMMARY_SIZE])
{
    struct rr_words s = rr_summary_words(bytes, length, text);
    if (s.text != text)
        memcpy(text, s.text, s.length);
    text[s.length] = '\0';
    return s.length;
}
