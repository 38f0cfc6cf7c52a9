#include "rules/rules.h"

#include <string.h>

static const struct {
    const char *name, *help;
    enum { CONDITION, FIELDS, LISTS } form; /* LISTS: of fields; the first that is there counts */
    enum { NEVER_OPEN, MAY_BE_OPEN, MUST_BE_OPEN } openness;
} parts[RR_RULE_PART_COUNT] = {
    [RR_RULE_PDU] = { "pdu", "Fields that each are a message within the protocol's layer", FIELDS },
    [RR_RULE_REQUEST] = { "request", "What a message of the client has that begins a request", CONDITION },
    [RR_RULE_REQUEST_END] = { "request-end", "What the message has that ends a request", CONDITION },
    [RR_RULE_RESPONSE] = { "response", "What a message of the server has that begins a response", CONDITION },
    [RR_RULE_RESPONSE_END] = { "response-end", "What the message has that ends a response, or: next begins",
                               CONDITION, MAY_BE_OPEN },
    [RR_RULE_INTERIM] = { "interim", "What a message has that comes before the response proper", CONDITION },
    [RR_RULE_ONEWAY] = { "oneway", "What a message of the client has that is owed no answer", CONDITION },
    [RR_RULE_PUSH] = { "push", "What a message of the server has that answers none", CONDITION },
    [RR_RULE_IGNORE] = { "ignore", "What a message has that is neither asked nor answered", CONDITION },
    [RR_RULE_KEY] = { "key", "Fields that tie a response to its request", LISTS },
    [RR_RULE_RESPONSE_KEY] = { "response-key", "Those of the response, where they are others", LISTS },
    [RR_RULE_SUMMARY] = { "summary", "Fields that tell what the message is about", LISTS },
    [RR_RULE_SUMMARY_END] = { "summary-end", "Fields of its last part that tell more of that", FIELDS },
    [RR_RULE_ONLY] = { "only", "What all messages have that the rule is for", CONDITION },
    [RR_RULE_QUIET] = { "quiet", "What a message of the client has that perhaps is owed no answer",
                        CONDITION },
    [RR_RULE_ONEWAY_END] = { "oneway-end", "Where a one-way message goes on in others: next begins",
                             CONDITION, MUST_BE_OPEN },
    [RR_RULE_PUSH_END] = { "push-end", "Where a push goes on in others: next begins", CONDITION,
                           MUST_BE_OPEN },
    [RR_RULE_CANCEL] = { "cancel", "What a message of the client has that takes a request back", CONDITION },
    [RR_RULE_CANCEL_KEY] = { "cancel-key", "The key of that request, where its own is another", LISTS },
    [RR_RULE_UNDECIDED] = { "undecided", "What a message has that leaves open what will follow", CONDITION },
    [RR_RULE_OPEN] = { "response-open", "What a response has that goes on until the next begins", CONDITION },
    [RR_RULE_PARTIAL] = { "part", "What the begin of a message has that is shown whole later", CONDITION },
    [RR_RULE_COUNT] = { "count", "Fields that tell how many further ones a message consists of", FIELDS },
    [RR_RULE_COUNTED] = { "counted", "These, where they are not the message fields", FIELDS },
};

static const char goes_on[] = "next begins", none_counted[] = "none counted";

const char *rr_rule_part_help(enum rr_rule_part part)
{
    return parts[part].help;
}

static void free_condition(struct rr_condition *c)
{
    for (size_t i = 0; i < c->count; i++) {
        for (size_t k = 0; k < c->clause[i].count; k++) {
            g_free(c->clause[i].term[k].field);
            g_free(c->clause[i].term[k].value);
            g_free(c->clause[i].term[k].where);
            g_free(c->clause[i].term[k].is);
        }
        g_free(c->clause[i].term);
    }
    g_free(c->clause);
    *c = (struct rr_condition){ 0 };
}

struct rr_rule *rr_rule_new(const char *protocol)
{
    struct rr_rule *rule = g_new0(struct rr_rule, 1);
    rule->protocol = g_strdup(protocol);
    rule->pairing = RR_BY_ORDER;
    return rule;
}

void rr_rule_free(struct rr_rule *rule)
{
    for (int part = 0; part < RR_RULE_PART_COUNT; part++)
        free_condition(&rule->part[part]);
    g_free(rule->protocol);
    g_free(rule);
}

static bool is_name(const char *s)
{
    size_t length = strspn(s, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-");
    return length > 0 && !s[length];
}

static struct rr_clause *add_clause(struct rr_condition *c)
{
    c->clause = g_renew(struct rr_clause, c->clause, c->count + 1);
    c->clause[c->count] = (struct rr_clause){ 0 };
    return &c->clause[c->count++];
}

/* Its field can be "FIELD", or "FIELD(OTHER=TEXT)". */
static bool add_term(struct rr_clause *clause, struct rr_term term)
{
    char **words = g_regex_split_simple("^([^(]+)\\((.+)=(.+)\\)$", term.field, 0, 0);
    bool among = g_strv_length(words) > 3;
    term.field = g_strdup(among ? words[1] : term.field);
    term.where = g_strdup(among ? words[2] : NULL);
    term.is = g_strdup(among ? words[3] : NULL);
    term.value = g_strdup(term.value);
    bool good = is_name(term.field) && (!among || is_name(term.where));
    clause->term = g_renew(struct rr_term, clause->term, clause->count + 1);
    clause->term[clause->count++] = term;
    g_strfreev(words);
    return good;
}

/* A value without the quotes it may have; NULL where it is none. */
static char *parse_value(char *value)
{
    g_strstrip(value);
    size_t length = strlen(value);
    if (length < 2 || value[0] != '"' || value[length - 1] != '"')
        return length ? value : NULL;
    value[length - 1] = '\0';
    return value + 1;
}

static bool is_number(const char *text)
{
    char *end;
    g_ascii_strtoull(text, &end, 0);
    return end > text && !*end && *text != '-';
}

/* "FIELD", "FIELD == VALUE", "FIELD < NUMBER", and all with ! in front. */
static bool parse_term(char *text, struct rr_clause *clause)
{
    const char *name_end = strchr(text, ')');
    size_t least = name_end ? (size_t)(name_end - text) : 0, length = least + strcspn(text + least, "=<");
    struct rr_term term = { .less = text[length] == '<', .negated = *text == '!' };
    if (text[length]) {
        if (!term.less && text[length + 1] != '=')
            return false;
        term.value = parse_value(text + length + (term.less ? 1 : 2));
        if (!term.value || (term.less && !is_number(term.value)))
            return false;
        text[length] = '\0';
    }
    term.field = g_strstrip(text + term.negated);
    return add_term(clause, term);
}

/* "TERM & TERM | TERM". */
static bool parse_condition(const char *text, struct rr_condition *c)
{
    char **alternatives = g_strsplit(text, "|", -1);
    bool good = true;
    for (char **a = alternatives; *a && good; a++) {
        char **terms = g_strsplit(*a, "&", -1);
        struct rr_clause *clause = add_clause(c);
        for (char **t = terms; *t && good; t++)
            good = parse_term(g_strstrip(*t), clause);
        g_strfreev(terms);
    }
    g_strfreev(alternatives);
    return good;
}

static bool parse_list(const char *text, struct rr_condition *c)
{
    char **fields = g_strsplit_set(text, " \t", -1);
    struct rr_clause *clause = add_clause(c);
    bool good = true;
    for (char **f = fields; *f && good; f++) {
        if (!**f)
            continue;
        good = add_term(clause, (struct rr_term){ .field = *f });
    }
    g_strfreev(fields);
    return good;
}

/* Lists with | between: the first of which any field is there counts. */
static bool parse_lists(const char *text, struct rr_condition *c)
{
    char **lists = g_strsplit(text, "|", 0);
    bool good = true;
    for (char **list = lists; *list && good; list++)
        good = parse_list(*list, c);
    g_strfreev(lists);
    return good;
}

static bool parse_part(enum rr_rule_part part, const char *text, struct rr_condition *c)
{
    switch (parts[part].form) {
    case LISTS:
        return parse_lists(text, c);
    case FIELDS:
        return parse_list(text, c);
    default:
        return parse_condition(text, c);
    }
}

/* What is left of the condition where that was one of its alternatives; to be freed. */
static char *take_none_counted(const char *value, bool *found)
{
    char **alternatives = g_strsplit(value, "|", -1);
    GString *rest = g_string_new(NULL);
    *found = false;
    for (char **a = alternatives; *a; a++) {
        bool is_it = strcmp(g_strstrip(*a), none_counted) == 0;
        *found |= is_it;
        if (!is_it)
            g_string_append_printf(rest, "%s%s", rest->len ? "|" : "", **a ? *a : " ");
    }
    g_strfreev(alternatives);
    return g_string_free(rest, FALSE);
}

static bool set_part(struct rr_rule *rule, enum rr_rule_part part, const char *value, char **error)
{
    struct rr_condition *c = &rule->part[part];
    free_condition(c);
    rule->open[part] = parts[part].openness != NEVER_OPEN && strcmp(value, goes_on) == 0;
    if (rule->open[part])
        return true;
    if (parts[part].openness == MUST_BE_OPEN) {
        *error = g_strdup_printf("rule %s: %s is \"%s\", not \"%s\"", rule->protocol, parts[part].name,
                                 goes_on, value);
        return false;
    }
    char *condition =
        part == RR_RULE_PARTIAL ? take_none_counted(value, &rule->none_counted) : g_strdup(value);
    bool good = !*condition || parse_part(part, condition, c);
    g_free(condition);
    if (good)
        return true;
    *error =
        g_strdup_printf("rule %s: \"%s\" is no %s for %s", rule->protocol, value,
                        parts[part].form == CONDITION ? "condition" : "list of fields", parts[part].name);
    return false;
}

static bool set_pairing(struct rr_rule *rule, const char *value, char **error)
{
    static const struct {
        const char *name;
        enum rr_pairing pairing;
        bool newest;
    } known[] = { { "order", RR_BY_ORDER, false },
                  { "key", RR_BY_KEY, false },
                  { "newest", RR_BY_KEY, true } };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(value, known[i].name) == 0) {
            rule->pairing = known[i].pairing;
            rule->newest = known[i].newest;
            return true;
        }
    *error = g_strdup_printf("rule %s: pair is order, key or newest, not \"%s\"", rule->protocol, value);
    return false;
}

bool rr_rule_set(struct rr_rule *rule, const char *name, const char *value, char **error)
{
    char *trimmed = g_strstrip(g_strdup(value));
    bool good = true;
    int part = 0;
    while (part < RR_RULE_PART_COUNT && strcmp(parts[part].name, name) != 0)
        part++;
    if (*trimmed && strcmp(name, "pair") == 0) {
        good = set_pairing(rule, trimmed, error);
    } else if (part == RR_RULE_PART_COUNT && strcmp(name, "pair") != 0) {
        *error = g_strdup_printf("rule %s: nothing is called \"%s\"", rule->protocol, name);
        good = false;
    } else if (*trimmed) {
        good = set_part(rule, (enum rr_rule_part)part, trimmed, error);
    }
    g_free(trimmed);
    return good;
}

bool rr_rule_check(const struct rr_rule *rule, char **error)
{
    bool has_key = rule->part[RR_RULE_KEY].count > 0;
    if (!is_name(rule->protocol))
        *error = g_strdup_printf("\"%s\" is no protocol", rule->protocol);
    else if (rule->pairing == RR_BY_KEY && !has_key)
        *error = g_strdup_printf("rule %s: pairs by key, but names none", rule->protocol);
    else if (rule->pairing == RR_BY_ORDER && (has_key || rule->part[RR_RULE_RESPONSE_KEY].count))
        *error = g_strdup_printf("rule %s: names a key, but pairs by order", rule->protocol);
    else if (rule->pairing == RR_BY_KEY && rule->part[RR_RULE_COUNT].count)
        *error = g_strdup_printf("rule %s: count, but pairs by key", rule->protocol);
    else if (!rule->part[RR_RULE_COUNT].count && (rule->none_counted || rule->part[RR_RULE_COUNTED].count))
        *error = g_strdup_printf("rule %s: counted, but names no count", rule->protocol);
    else if (rule->pairing == RR_BY_ORDER && rule->part[RR_RULE_CANCEL].count)
        *error = g_strdup_printf("rule %s: cancel, but pairs by order", rule->protocol);
    else if (!rule->part[RR_RULE_CANCEL].count && rule->part[RR_RULE_CANCEL_KEY].count)
        *error = g_strdup_printf("rule %s: cancel-key, but no cancel", rule->protocol);
    else if (rule->pairing == RR_BY_ORDER && rule->part[RR_RULE_QUIET].count)
        *error = g_strdup_printf("rule %s: quiet, but pairs by order", rule->protocol);
    else
        return true;
    return false;
}

struct reading {
    GPtrArray *rules, *errors;
    struct rr_rule *rule; /* being read, or NULL */
    unsigned line;
    bool bad; /* it is skipped */
};

static void refuse(struct reading *r, char *why)
{
    r->bad = true;
    g_ptr_array_add(r->errors, g_strdup_printf("line %u: %s", r->line, why));
    g_free(why);
}

static void end_rule(struct reading *r)
{
    char *error = NULL;
    if (!r->rule)
        return;
    if (!r->bad && !rr_rule_check(r->rule, &error))
        refuse(r, error);
    if (r->bad)
        rr_rule_free(r->rule);
    else
        g_ptr_array_add(r->rules, r->rule);
    r->rule = NULL;
}

static void begin_rule(struct reading *r, char *protocol)
{
    end_rule(r);
    r->bad = false;
    r->rule = rr_rule_new(g_strstrip(protocol));
}

static void read_setting(struct reading *r, char *line)
{
    char *error = NULL, *colon = strchr(line, ':');
    if (!colon) {
        refuse(r, g_strdup_printf("\"%s\" is neither \"rule PROTOCOL\" nor \"NAME: VALUE\"", line));
        return;
    }
    *colon = '\0';
    if (!r->rule)
        refuse(r, g_strdup_printf("%s: stands before the first rule", line));
    else if (!rr_rule_set(r->rule, g_strstrip(line), colon + 1, &error))
        refuse(r, error);
}

void rr_rules_parse(const char *text, GPtrArray *rules, GPtrArray *errors)
{
    struct reading r = { .rules = rules, .errors = errors };
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        r.line++;
        char *comment = strchr(*line, '#');
        if (comment)
            *comment = '\0';
        g_strstrip(*line);
        if (g_str_has_prefix(*line, "rule ") || g_str_has_prefix(*line, "rule\t"))
            begin_rule(&r, *line + strlen("rule "));
        else if (**line)
            read_setting(&r, *line);
    }
    end_rule(&r);
    g_strfreev(lines);
}

static void free_rule(gpointer rule)
{
    rr_rule_free(rule);
}

GPtrArray *rr_rules_new(void)
{
    return g_ptr_array_new_with_free_func(free_rule);
}
