/* What a payload looks like in a table cell. */
#include <glib.h>
#include <string.h>

#include "exchange/summary.h"

#define TEN    "0123456789"
#define EIGHTY TEN TEN TEN TEN TEN TEN TEN TEN
#define WIDE   "\xf0\x9f\x90\xa2" /* a tortoise: one character, four bytes */
#define WIDE10 WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE
#define WIDE80 WIDE10 WIDE10 WIDE10 WIDE10 WIDE10 WIDE10 WIDE10 WIDE10

struct example {
    const char *name, *bytes;
    size_t length;
    const char *summary;
};

#define EXAMPLE(name, bytes, summary)                                                                        \
    {                                                                                                        \
        name, bytes, sizeof bytes - 1, summary                                                               \
    }

static const struct example examples[] = {
    EXAMPLE("line/http", "GET /cart HTTP/1.1\r\nHost: x\r\n\r\n", "GET /cart HTTP/1.1"),
    EXAMPLE("line/lf", "stats\nmore", "stats"),
    EXAMPLE("line/cr", "a\rb", "a"),
    EXAMPLE("line/no-end", "hello?", "hello?"),
    EXAMPLE("line/after-empty-ones", "\r\n\r\nGET / HTTP/1.0\r\n", "GET / HTTP/1.0"),
    EXAMPLE("line/only-empty-ones", "\r\n\n\r", ""),
    EXAMPLE("line/nothing", "", ""),
    EXAMPLE("line/spaces-stay", "  a \r\n", "  a "),
    EXAMPLE("line/formula-stays", "=1+1\r\n", "=1+1"),
    EXAMPLE("line/quote-and-comma", "say \"a,b\"\n", "say \"a,b\""),

    EXAMPLE("printable/control", "a\tb\0c\x1b[0m\x7f", "a\\x09b\\x00c\\x1b[0m\\x7f"),
    EXAMPLE("printable/binary", "\x16\x03\x01\x02\x00\x01", "\\x16\\x03\\x01\\x02\\x00\\x01"),
    EXAMPLE("printable/binary-with-text", "\x21\0\0\0\x03select 1", "!\\x00\\x00\\x00\\x03select 1"),
    EXAMPLE("printable/binary-has-no-lines", "J\0\0\0\n5.5.5\0", "J\\x00\\x00\\x00\\x0a5.5.5\\x00"),
    EXAMPLE("printable/utf-8", "caf\xc3\xa9 \xe2\x82\xac " WIDE, "caf\xc3\xa9 \xe2\x82\xac " WIDE),
    EXAMPLE("printable/latin-1", "caf\xe9 au", "caf\\xe9 au"),
    EXAMPLE("printable/cut-character", "a\xe2\x82", "a\\xe2\\x82"),
    EXAMPLE("printable/overlong", "\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf",
            "\\xc0\\xaf\\xe0\\x80\\xaf\\xf0\\x80\\x80\\xaf"),
    EXAMPLE("printable/surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"),
    EXAMPLE("printable/beyond-unicode", "\xf4\x90\x80\x80\xf5", "\\xf4\\x90\\x80\\x80\\xf5"),
    EXAMPLE("printable/no-character", "\xef\xbf\xbf\xf0\x9f\xbf\xbe", "\\xef\\xbf\\xbf\\xf0\\x9f\\xbf\\xbe"),
    EXAMPLE("printable/c1", "\xc2\x85", "\\xc2\\x85"),
    EXAMPLE("printable/right-to-left-override",
            "a\xe2\x80\xae"
            "b",
            "a\\xe2\\x80\\xaeb"),
    EXAMPLE("printable/line-separator",
            "a\xe2\x80\xa8"
            "b",
            "a\\xe2\\x80\\xa8b"),
    EXAMPLE("printable/byte-order-mark", "\xef\xbb\xbfhi", "\\xef\\xbb\\xbfhi"),

    EXAMPLE("cut/not-at-80", EIGHTY "\r\n", EIGHTY),
    EXAMPLE("cut/at-80", EIGHTY "x\r\n", EIGHTY),
    EXAMPLE("cut/characters-not-bytes", WIDE80 WIDE, WIDE80),
    EXAMPLE("cut/escape-in-whole", TEN TEN TEN TEN TEN TEN TEN "01234567\x01",
            TEN TEN TEN TEN TEN TEN TEN "01234567"),

    EXAMPLE("resp/command", "*3\r\n$3\r\nSET\r\n$3\r\nfoo\r\n$3\r\nbar\r\n", "SET foo bar"),
    EXAMPLE("resp/first-of-a-pipeline", "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "PING"),
    EXAMPLE("resp/inline", "PING\r\n", "PING"),
    EXAMPLE("resp/simple-reply-is-a-line", "+OK\r\n", "+OK"),
    EXAMPLE("resp/error-reply-is-a-line", "-ERR unknown command\r\n", "-ERR unknown command"),
    EXAMPLE("resp/number-reply-is-a-line", ":1000\r\n", ":1000"),
    EXAMPLE("resp/bulk-reply", "$5\r\nhello\r\n", "hello"),
    EXAMPLE("resp/no-value", "$-1\r\n", "(nil)"),
    EXAMPLE("resp/no-array", "*-1\r\n", "(nil)"),
    EXAMPLE("resp/empty-bulk", "$0\r\n\r\n", "\"\""),
    EXAMPLE("resp/empty-argument", "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$1\r\nx\r\n", "SET \"\" x"),
    EXAMPLE("resp/empty-array", "*0\r\n", "()"),
    EXAMPLE("resp/nested", "*2\r\n*2\r\n:1\r\n+a\r\n*2\r\n$1\r\nb\r\n$-1\r\n", "1 a b (nil)"),
    EXAMPLE("resp/line-end-within", "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n", "GET a\\x0d\\x0ab"),
    EXAMPLE("resp/cut-word", "*3\r\n$3\r\nSET\r\n$3\r\nfoo\r\n$500\r\nbarbar", "SET foo barbar"),
    EXAMPLE("resp/cut-before-word", "*3\r\n$3\r\nSET\r\n$3\r\n", "SET"),
    EXAMPLE("resp/cut-in-a-length", "*3\r\n$3\r\nSET\r\n$1", "SET"),
    EXAMPLE("resp/cut-before-first-word", "*3\r\n$3\r\n", "*3"),
    EXAMPLE("resp/long", "*2\r\n$3\r\nSET\r\n$90\r\n" EIGHTY TEN "\r\n",
            "SET " TEN TEN TEN TEN TEN TEN TEN "012345"),
    EXAMPLE("resp/pubsub", "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$2\r\nhi\r\n", "message ch hi"),
    EXAMPLE("resp3/map", "%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n#t\r\n*1\r\n+no\r\n", "a 1 b t"),
    EXAMPLE("resp3/push", ">2\r\n$10\r\ninvalidate\r\n_\r\n", "invalidate (nil)"),
    EXAMPLE("resp3/attribute", "|1\r\n+ttl\r\n:9\r\n$1\r\nx\r\n+no\r\n", "ttl 9 x"),
    EXAMPLE("resp3/set-and-doubles", "~2\r\n,1.5\r\n(12345678901234567890\r\n", "1.5 12345678901234567890"),

    EXAMPLE("hostile/huge-length", "$9999999999\r\nab\r\n", "ab\\x0d\\x0a"),
    EXAMPLE("hostile/longer-length", "$99999999999999999999\r\nab\r\n", "$99999999999999999999"),
    EXAMPLE("hostile/negative-length", "$-5\r\nab\r\n", "$-5"),
    EXAMPLE("hostile/huge-count", "*9999999999\r\n$1\r\na\r\n", "a"),
    EXAMPLE("hostile/no-resp-at-all", "* 3 items\r\n", "* 3 items"),
    EXAMPLE("hostile/price", "$5 off\r\n", "$5 off"),
    EXAMPLE("hostile/array-of-nothing", "*2\r\nhello\r\n", "*2"),
    EXAMPLE("hostile/mark-alone", "*", "*"),
};

/* The payload ends where memory does: AddressSanitizer sees any byte read beyond it. */
static size_t summary_of(const void *bytes, size_t length, char text[RR_SUMMARY_SIZE])
{
    uint8_t *copy = length ? g_memdup2(bytes, length) : NULL;
    size_t written = rr_summary(copy, length, text);
    g_free(copy);
    g_assert_cmpuint(written, ==, strlen(text));
    g_assert_true(g_utf8_validate(text, (gssize)written, NULL));
    g_assert_cmpint(g_utf8_strlen(text, -1), <=, RR_SUMMARY_CHARS);
    return written;
}

static void test_example(const void *data)
{
    const struct example *e = data;
    char text[RR_SUMMARY_SIZE];
    summary_of(e->bytes, e->length, text);
    g_assert_cmpstr(text, ==, e->summary);
}

static void test_cut_anywhere(void)
{
    char text[RR_SUMMARY_SIZE];
    for (size_t i = 0; i < G_N_ELEMENTS(examples); i++)
        for (size_t length = 0; length <= examples[i].length; length++)
            summary_of(examples[i].bytes, length, text);
}

static void test_any_bytes(void)
{
    static const char likely[] = "*$%|>_+:-1290\r\n\r\na\xc3\xa9\xe2\x80\xae";
    char text[RR_SUMMARY_SIZE];
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[300];
        size_t length = (size_t)g_test_rand_int_range(0, sizeof bytes);
        for (size_t i = 0; i < length; i++)
            bytes[i] = round % 2 ? (uint8_t)g_test_rand_int()
                                 : (uint8_t)likely[g_test_rand_int_range(0, sizeof likely - 1)];
        summary_of(bytes, length, text);
    }
}

/* Time goes with the length of the payload, whatever it says of itself. */
static void test_deep_nesting(void)
{
    GString *deep = g_string_new(NULL);
    char text[RR_SUMMARY_SIZE];
    for (int i = 0; i < 200000; i++)
        g_string_append(deep, "*1\r\n");
    summary_of(deep->str, deep->len, text);
    g_assert_cmpstr(text, ==, "*1");
    g_string_free(deep, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(examples); i++) {
        char *path = g_strconcat("/summary/", examples[i].name, NULL);
        g_test_add_data_func(path, &examples[i], test_example);
        g_free(path);
    }
    g_test_add_func("/summary/cut-anywhere", test_cut_anywhere);
    g_test_add_func("/summary/any-bytes", test_any_bytes);
    g_test_add_func("/summary/deep-nesting", test_deep_nesting);
    return g_test_run();
}
