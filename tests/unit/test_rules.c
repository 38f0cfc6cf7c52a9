/* Rules as text: what is understood, and what is refused with which words. */
#include <glib.h>
#include <string.h>

#include "rules/rules.h"

static struct {
    GPtrArray *rules, *errors;
} read;

static void parse(const char *text)
{
    read.rules = rr_rules_new();
    read.errors = g_ptr_array_new_with_free_func(g_free);
    rr_rules_parse(text, read.rules, read.errors);
}

static void forget(void)
{
    g_ptr_array_free(read.rules, TRUE);
    g_ptr_array_free(read.errors, TRUE);
}

static const struct rr_rule *rule(guint i)
{
    return g_ptr_array_index(read.rules, i);
}

static char *described(const struct rr_condition *c)
{
    GString *all = g_string_new(NULL);
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->clause[i].count; k++) {
            const struct rr_term *t = &c->clause[i].term[k];
            g_string_append_printf(all, "%s%s%s%s%s",
                                   k   ? " & "
                                   : i ? " | "
                                       : "",
                                   t->negated ? "!" : "", t->field,
                                   !t->value ? ""
                                   : t->less ? " < "
                                             : " == ",
                                   t->value ? t->value : "");
        }
    return g_string_free(all, FALSE);
}

static void assert_part(const struct rr_rule *r, enum rr_rule_part part, const char *wanted)
{
    char *got = described(&r->part[part]);
    g_assert_cmpstr(got, ==, wanted);
    g_free(got);
}

static void whole_rule(void)
{
    parse("# a comment\n"
          "rule  shop   # another\n"
          "  pdu:\t shop.order  shop.reply\n"
          "  request: shop.kind == 1 & !shop.again|shop.kind==\"a b\"\n"
          "  response-end: next begins\n"
          "  interim: !shop.code < 0x64&shop.code<200\n"
          "  oneway-end: next begins\n"
          "  key: shop.id shop.part\n"
          "  summary-end: shop.value(shop.name=fruit-kind) shop.end\n"
          "  pair: key\n"
          "\n"
          "rule plain\n"
          "  count: plain.many plain.more\n"
          "  counted: plain.one\n"
          "  summary: plain.words plain.end|plain.kind\n"
          "  part: plain.begun|none counted | plain.rest == 1\n"
          "rule again\n"
          "  key: again.id\n"
          "  pair: newest\n");
    g_assert_cmpuint(read.errors->len, ==, 0);
    g_assert_cmpuint(read.rules->len, ==, 3);
    g_assert_cmpstr(rule(0)->protocol, ==, "shop");
    g_assert_cmpint(rule(0)->pairing, ==, RR_BY_KEY);
    g_assert_true(rule(0)->open[RR_RULE_RESPONSE_END]);
    g_assert_true(rule(0)->open[RR_RULE_ONEWAY_END]);
    g_assert_false(rule(0)->open[RR_RULE_PUSH_END]);
    const struct rr_term *among = rule(0)->part[RR_RULE_SUMMARY_END].clause[0].term;
    g_assert_cmpstr(among[0].field, ==, "shop.value");
    g_assert_cmpstr(among[0].where, ==, "shop.name");
    g_assert_cmpstr(among[0].is, ==, "fruit-kind");
    g_assert_null(among[1].where);
    assert_part(rule(0), RR_RULE_PDU, "shop.order & shop.reply");
    assert_part(rule(0), RR_RULE_REQUEST, "shop.kind == 1 & !shop.again | shop.kind == a b");
    assert_part(rule(0), RR_RULE_INTERIM, "!shop.code < 0x64 & shop.code < 200");
    assert_part(rule(0), RR_RULE_KEY, "shop.id & shop.part");
    assert_part(rule(0), RR_RULE_RESPONSE, "");
    g_assert_cmpstr(rule(1)->protocol, ==, "plain");
    g_assert_cmpint(rule(1)->pairing, ==, RR_BY_ORDER);
    assert_part(rule(1), RR_RULE_COUNT, "plain.many & plain.more");
    assert_part(rule(1), RR_RULE_SUMMARY, "plain.words & plain.end | plain.kind");
    assert_part(rule(1), RR_RULE_PARTIAL, "plain.begun | plain.rest == 1");
    g_assert_true(rule(1)->none_counted);
    g_assert_false(rule(0)->none_counted);
    g_assert_false(rule(0)->newest);
    g_assert_cmpint(rule(2)->pairing, ==, RR_BY_KEY);
    g_assert_true(rule(2)->newest);
    forget();
}

static const struct {
    const char *text, *error;
} refused[] = {
    { "rule a\n pair: luck\n", "line 2: rule a: pair is order, key or newest, not \"luck\"" },
    { "rule a\n pair: key\n", "line 3: rule a: pairs by key, but names none" },
    { "rule a\n key: a.id\n", "line 3: rule a: names a key, but pairs by order" },
    { "rule a\n push-end: a.b\n", "line 2: rule a: push-end is \"next begins\", not \"a.b\"" },
    { "rule a\n quiet: a.b\n", "line 3: rule a: quiet, but pairs by order" },
    { "rule a\n key: a.id\n pair: key\n count: a.b\n", "line 5: rule a: count, but pairs by key" },
    { "rule a\n counted: a.b\n", "line 3: rule a: counted, but names no count" },
    { "rule a\n part: none counted\n", "line 3: rule a: counted, but names no count" },
    { "rule a\n part: a.b | none\n count: a.c\n part: a.b | | none counted\n",
      "line 4: rule a: \"a.b | | none counted\" is no condition for part" },
    { "rule a\n summary: a.b(a c=d)\n", "line 2: rule a: \"a.b(a c=d)\" is no list of fields for summary" },
    { "rule a\n summary: a.b(=d)\n", "line 2: rule a: \"a.b(=d)\" is no list of fields for summary" },
    { "rule a\n colour: red\n", "line 2: rule a: nothing is called \"colour\"" },
    { "rule a\n request: a.b ==\n", "line 2: rule a: \"a.b ==\" is no condition for request" },
    { "rule a\n request: a.b = 1\n", "line 2: rule a: \"a.b = 1\" is no condition for request" },
    { "rule a\n request: a.b < many\n", "line 2: rule a: \"a.b < many\" is no condition for request" },
    { "rule a\n request: a.b <\n", "line 2: rule a: \"a.b <\" is no condition for request" },
    { "rule a\n request: a.b &\n", "line 2: rule a: \"a.b &\" is no condition for request" },
    { "rule a\n pdu: a.b | a.c\n", "line 2: rule a: \"a.b | a.c\" is no list of fields for pdu" },
    { "rule a b\n", "line 2: \"a b\" is no protocol" },
    { "rule a\n nonsense\n", "line 2: \"nonsense\" is neither \"rule PROTOCOL\" nor \"NAME: VALUE\"" },
    { "pair: order\n", "line 1: pair: stands before the first rule" },
};

static void bad_rules(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        char *text = g_strconcat(refused[i].text, "rule good\n", NULL);
        parse(text);
        g_assert_cmpuint(read.errors->len, ==, 1);
        g_assert_cmpstr(g_ptr_array_index(read.errors, 0), ==, refused[i].error);
        g_assert_cmpuint(read.rules->len, ==, 1);
        g_assert_cmpstr(rule(0)->protocol, ==, "good");
        forget();
        g_free(text);
    }
}

static void set_twice(void)
{
    char *error = NULL;
    struct rr_rule *r = rr_rule_new("a");
    g_assert_true(rr_rule_set(r, "request", "a.b | a.c", &error));
    g_assert_true(rr_rule_set(r, "request", "  ", &error));
    assert_part(r, RR_RULE_REQUEST, "a.b | a.c");
    g_assert_true(rr_rule_set(r, "request", "a.d", &error));
    assert_part(r, RR_RULE_REQUEST, "a.d");
    rr_rule_free(r);
}

/* The rules that come along are good ones, and no protocol has two. */
static void builtin(void)
{
    parse(rr_rules_builtin);
    g_assert_cmpuint(read.errors->len, ==, 0);
    g_assert_cmpuint(read.rules->len, >, 0);
    for (guint i = 0; i < read.rules->len; i++)
        for (guint k = 0; k < i; k++)
            g_assert_cmpstr(rule(i)->protocol, !=, rule(k)->protocol);
    forget();
}

/* Any text is read, or refused. */
static void garbage(void)
{
    static const char *const words[] = { "rule ", "a", "\n", ":",    "==",  "|", "&",
                                         "<",     "!", "\"", "pair", "key", " ", "#" };
    GRand *random = g_rand_new_with_seed(1);
    for (int run = 0; run < 2000; run++) {
        GString *text = g_string_new(NULL);
        for (int i = g_rand_int_range(random, 0, 40); i > 0; i--)
            g_string_append(text, words[g_rand_int_range(random, 0, G_N_ELEMENTS(words))]);
        parse(text->str);
        forget();
        g_string_free(text, TRUE);
    }
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/whole", whole_rule);
    g_test_add_func("/refused", bad_rules);
    g_test_add_func("/set", set_twice);
    g_test_add_func("/builtin", builtin);
    g_test_add_func("/garbage", garbage);
    return g_test_run();
}
