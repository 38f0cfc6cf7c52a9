#include "wireshark/rule_table.h"

#include <epan/packet.h>
#include <epan/uat.h>
#include <wsutil/report_message.h>

static rr_bool wanted;
static const char *file;

/* The cells of a row that say what a part of the rule is: member, name, title, part. */
/* clang-format off */
#define PARTS(X) \
    X(pdu, "pdu", "Message fields", RR_RULE_PDU)                          \
    X(request, "request", "Request", RR_RULE_REQUEST)                     \
    X(request_end, "request-end", "Request end", RR_RULE_REQUEST_END)     \
    X(response, "response", "Response", RR_RULE_RESPONSE)                 \
    X(response_end, "response-end", "Response end", RR_RULE_RESPONSE_END) \
    X(interim, "interim", "Interim", RR_RULE_INTERIM)                     \
    X(oneway, "oneway", "One-way", RR_RULE_ONEWAY)                        \
    X(push, "push", "Push", RR_RULE_PUSH)                                 \
    X(ignore, "ignore", "Ignore", RR_RULE_IGNORE)                         \
    X(key, "key", "Key", RR_RULE_KEY)                                     \
    X(response_key, "response-key", "Response key", RR_RULE_RESPONSE_KEY) \
    X(summary, "summary", "Summary", RR_RULE_SUMMARY)                     \
    X(summary_end, "summary-end", "Summary end", RR_RULE_SUMMARY_END)     \
    X(quiet, "quiet", "Quiet", RR_RULE_QUIET)                             \
    X(oneway_end, "oneway-end", "One-way end", RR_RULE_ONEWAY_END)        \
    X(push_end, "push-end", "Push end", RR_RULE_PUSH_END)                 \
    X(only, "only", "Only", RR_RULE_ONLY)                                 \
    X(part, "part", "Part", RR_RULE_PARTIAL)                              \
    X(cancel, "cancel", "Cancel", RR_RULE_CANCEL)                         \
    X(cancel_key, "cancel-key", "Cancel key", RR_RULE_CANCEL_KEY)         \
    X(count, "count", "Count", RR_RULE_COUNT)                             \
    X(counted, "counted", "Counted", RR_RULE_COUNTED)                     \
    X(undecided, "undecided", "Undecided", RR_RULE_UNDECIDED)             \
    X(response_open, "response-open", "Response open", RR_RULE_OPEN)
/* clang-format on */

/* A rule as a row of the table in the preferences. */
struct row {
    char *protocol, *pair;
#define MEMBER(member, name, title, part) char *member;
    PARTS(MEMBER)
#undef MEMBER
};

static const struct {
    const char *name;
    size_t offset;
} cells[] = { { "pair", offsetof(struct row, pair) },
#define PLACE(member, name, title, part) { name, offsetof(struct row, member) },
              PARTS(PLACE)
#undef PLACE
};

static struct row *rows;
static guint row_count;

static struct {
    GPtrArray *rules;  /* of struct rr_rule */
    GPtrArray *active; /* of struct rr_active_rule */
    GArray *fields;    /* int, by slot - 1; -1: one among others */
    GArray *among;     /* of struct rr_among */
    uint16_t *slots;   /* by field */
    int slot_room;
    const struct rr_active_rule **by_slot;
    wmem_allocator_t *scope;
} table;

UAT_CSTRING_CB_DEF(rows, protocol, struct row)
UAT_CSTRING_CB_DEF(rows, pair, struct row)
#define ACCESS(member, name, title, part) UAT_CSTRING_CB_DEF(rows, member, struct row)
PARTS(ACCESS)
#undef ACCESS

static char **cell_of(struct row *row, size_t i)
{
    return (char **)((char *)row + cells[i].offset);
}

static void *copy_row(void *to, const void *from, size_t length _U_)
{
    struct row *copy = to, was = *(const struct row *)from;
    copy->protocol = g_strdup(was.protocol);
    for (size_t i = 0; i < array_length(cells); i++)
        *cell_of(copy, i) = g_strdup(*cell_of(&was, i));
    return to;
}

static void free_row(void *row)
{
    g_free(((struct row *)row)->protocol);
    for (size_t i = 0; i < array_length(cells); i++)
        g_free(*cell_of(row, i));
}

/* NULL, and the reason in *error, where the row makes no rule. */
static struct rr_rule *rule_of(struct row *row, char **error)
{
    struct rr_rule *rule = rr_rule_new(row->protocol);
    bool good = true;
    for (size_t i = 0; i < array_length(cells) && good; i++)
        good = rr_rule_set(rule, cells[i].name, *cell_of(row, i), error);
    if (good && rr_rule_check(rule, error))
        return rule;
    rr_rule_free(rule);
    return NULL;
}

static rr_bool check_row(void *row, char **error)
{
    struct rr_rule *rule = rule_of(row, error);
    if (rule)
        rr_rule_free(rule);
    return rule != NULL;
}

static void forget(void)
{
    if (!table.rules)
        return;
    g_ptr_array_free(table.rules, TRUE);
    g_ptr_array_free(table.active, TRUE);
    g_array_free(table.fields, TRUE);
    g_array_free(table.among, TRUE);
    g_free(table.slots);
    g_free(table.by_slot);
    wmem_destroy_allocator(table.scope);
    memset(&table, 0, sizeof table);
}

void rr_rule_table_register(module_t *module)
{
    static uat_field_t fields[array_length(cells) + 2];
    const uat_field_t list[] = {
        UAT_FLD_CSTRING(rows, protocol, "Protocol", "The filter name of the protocol"),
        UAT_FLD_CSTRING(rows, pair, "Pair", "order, key or newest: how a response finds its request"),
#define FIELD(member, name, title, part) UAT_FLD_CSTRING(rows, member, title, rr_rule_part_help(part)),
        PARTS(FIELD)
#undef FIELD
            UAT_END_FIELDS,
    };
    memcpy(fields, list, sizeof list);
    static const char *empty[array_length(fields)]; /* rows of before need not have the newer columns */
    for (size_t i = 1; i < array_length(cells) + 1; i++)
        empty[i] = "";
    uat_t *uat =
        uat_new("Request/response rules", sizeof(struct row), "reqresp_rules", TRUE, &rows, &row_count,
                UAT_AFFECTS_DISSECTION, NULL, copy_row, check_row, free_row, NULL, NULL, fields);
    uat_set_default_values(uat, empty);
    prefs_register_bool_preference(
        module, "rules", "Pair messages by the rules of their protocols",
        "Where Wireshark's dissectors tell the messages of a protocol apart, and there is a rule for it, tie "
        "each of them to its answer instead of going by turns. Wireshark dissects more slowly with it.",
        &wanted);
    prefs_register_filename_preference(
        module, "rules_file", "File with rules",
        "Rules as text, as doc/rules.md tells. A rule for a protocol that there is "
        "one for takes its place.",
        &file, FALSE);
    prefs_register_uat_preference(module, "rules_table", "Rules of your own",
                                  "Rules for protocols that there is none for. A rule for one that there is "
                                  "one for takes its place.",
                                  uat);
    register_shutdown_routine(forget);
}

static uint16_t *slot_at(int field)
{
    if (field >= table.slot_room) {
        int room = field + field / 2 + 1;
        table.slots = g_renew(uint16_t, table.slots, room);
        memset(table.slots + table.slot_room, 0, (size_t)(room - table.slot_room) * sizeof *table.slots);
        table.slot_room = room;
    }
    return &table.slots[field];
}

/* Fields of one name are one. */
static uint16_t slot_of(const header_field_info *field)
{
    while (field->same_name_prev_id != -1)
        field = proto_registrar_get_nth((guint)field->same_name_prev_id);
    if (*slot_at(field->id))
        return *slot_at(field->id);
    g_array_append_val(table.fields, field->id);
    uint16_t slot = (uint16_t)table.fields->len;
    for (const header_field_info *same = field; same; same = same->same_name_next)
        *slot_at(same->id) = slot;
    return slot;
}

static uint16_t slot_among(uint16_t field, const struct rr_term *term)
{
    const int none = -1;
    struct rr_among among = { .field = field, .is = term->is };
    among.where = slot_of(proto_registrar_get_byname(term->where));
    g_array_append_val(table.fields, none);
    among.slot = (uint16_t)table.fields->len;
    g_array_append_val(table.among, among);
    return among.slot;
}

static struct rr_test test_of(const struct rr_term *term)
{
    const header_field_info *field = proto_registrar_get_byname(term->field);
    struct rr_test test = {
        .slot = slot_of(field), .negated = term->negated, .less = term->less, .text = term->value
    };
    if (term->where)
        test.slot = slot_among(test.slot, term);
    if (term->value && (FT_IS_UINT(field->type) || FT_IS_INT(field->type) || field->type == FT_BOOLEAN)) {
        char *end;
        test.number = g_ascii_strtoull(term->value, &end, 0);
        if (*end)
            test.number = UINT64_MAX; /* a name: compared as text */
    }
    return test;
}

/* Of a rule whose fields are known. */
static void resolve_part(struct rr_active_rule *active, enum rr_rule_part part)
{
    const struct rr_condition *c = &active->rule->part[part];
    active->clauses[part] = wmem_alloc0_array(table.scope, struct rr_tests, c->count);
    for (size_t i = 0; i < c->count; i++) {
        struct rr_tests *tests = &active->clauses[part][i];
        tests->count = c->clause[i].count;
        tests->test = wmem_alloc0_array(table.scope, struct rr_test, tests->count);
        for (size_t k = 0; k < tests->count; k++)
            tests->test[k] = test_of(&c->clause[i].term[k]);
    }
}

static uint8_t kind_in(const struct rr_rule *rule, enum rr_rule_part part)
{
    switch (part) {
    case RR_RULE_PDU:
        return RR_KIND_PDU | (rule->part[RR_RULE_COUNTED].count ? 0 : RR_KIND_COUNTED);
    case RR_RULE_COUNT:
        return RR_KIND_COUNT;
    case RR_RULE_COUNTED:
        return RR_KIND_COUNTED;
    default:
        return RR_KIND_FACT;
    }
}

/* Once all fields have their slots. */
static void note_kinds(struct rr_active_rule *active)
{
    uint8_t *kinds = wmem_alloc0_array(table.scope, uint8_t, rr_rule_table_slots());
    for (int part = 0; part < RR_RULE_PART_COUNT; part++)
        for (size_t i = 0; i < active->rule->part[part].count; i++)
            for (size_t k = 0; k < active->clauses[part][i].count; k++)
                kinds[active->clauses[part][i].test[k].slot] |=
                    kind_in(active->rule, (enum rr_rule_part)part);
    for (guint i = 0; i < table.among->len; i++) {
        const struct rr_among *among = rr_rule_table_among(i);
        kinds[among->field] |= RR_KIND_AMONG;
        kinds[among->where] |= RR_KIND_AMONG;
    }
    active->kinds = kinds;
}

/* The first name of a field that this Wireshark does not have, or NULL. */
static const char *unknown_field(const struct rr_rule *rule)
{
    for (int part = 0; part < RR_RULE_PART_COUNT; part++)
        for (size_t i = 0; i < rule->part[part].count; i++)
            for (size_t k = 0; k < rule->part[part].clause[i].count; k++) {
                const struct rr_term *term = &rule->part[part].clause[i].term[k];
                if (!proto_registrar_get_byname(term->field))
                    return term->field;
                if (term->where && !proto_registrar_get_byname(term->where))
                    return term->where;
            }
    return NULL;
}

static void refuse(const struct rr_rule *rule, const char *what, const char *name)
{
    report_warning("reqresp: rule %s: this Wireshark has no %s %s; the rule is skipped", rule->protocol, what,
                   name);
}

static void activate(const struct rr_rule *rule)
{
    int proto = proto_get_id_by_filter_name(rule->protocol);
    const char *unknown = proto < 0 ? rule->protocol : unknown_field(rule);
    if (unknown) {
        refuse(rule, proto < 0 ? "protocol" : "field", unknown);
        return;
    }
    struct rr_active_rule *active = wmem_new0(table.scope, struct rr_active_rule);
    active->rule = rule;
    active->protocol = proto_get_protocol_filter_name(proto);
    active->title = proto_get_protocol_long_name(find_protocol_by_id(proto));
    active->slot = slot_of(proto_registrar_get_nth((guint)proto));
    for (int part = 0; part < RR_RULE_PART_COUNT; part++)
        resolve_part(active, (enum rr_rule_part)part);
    g_ptr_array_add(table.active, active);
}

/* A later rule for a protocol takes the place of an earlier one. */
static bool is_replaced(guint i)
{
    const struct rr_rule *rule = g_ptr_array_index(table.rules, i);
    for (guint k = i + 1; k < table.rules->len; k++) {
        const struct rr_rule *later = g_ptr_array_index(table.rules, k);
        if (strcmp(rule->protocol, later->protocol) == 0)
            return true;
    }
    return false;
}

static void say_skipped(const char *where, const char *error)
{
    report_warning("reqresp: %s, %s; the rule is skipped", where, error);
}

static void read_text(const char *where, const char *text)
{
    GPtrArray *errors = g_ptr_array_new_with_free_func(g_free);
    rr_rules_parse(text, table.rules, errors);
    for (guint i = 0; i < errors->len; i++)
        say_skipped(where, g_ptr_array_index(errors, i));
    g_ptr_array_free(errors, TRUE);
}

static void read_file(void)
{
    GError *error = NULL;
    char *text = NULL;
    if (!file || !*file)
        return;
    if (g_file_get_contents(file, &text, NULL, &error)) {
        char *where = g_strdup_printf("rules_file %s", file);
        read_text(where, text);
        g_free(where);
    } else {
        report_warning("reqresp: rules_file: %s", error->message);
        g_error_free(error);
    }
    g_free(text);
}

static void read_rules(void)
{
    table.rules = rr_rules_new();
    read_text("builtin.rules", rr_rules_builtin);
    read_file();
    for (guint i = 0; i < row_count; i++) {
        char *error = NULL;
        struct rr_rule *rule = rule_of(&rows[i], &error);
        if (rule)
            g_ptr_array_add(table.rules, rule);
        else
            say_skipped("rules_table", error);
        g_free(error);
    }
}

bool rr_rule_table_wanted(void)
{
    return wanted;
}

void rr_rule_table_begin(void)
{
    forget();
    if (!wanted)
        return;
    read_rules();
    table.scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    table.active = g_ptr_array_new();
    table.fields = g_array_new(FALSE, FALSE, sizeof(int));
    table.among = g_array_new(FALSE, FALSE, sizeof(struct rr_among));
    for (guint i = 0; i < table.rules->len; i++)
        if (!is_replaced(i))
            activate(g_ptr_array_index(table.rules, i));
    table.by_slot = g_new0(const struct rr_active_rule *, rr_rule_table_slots());
    for (guint i = 0; i < table.active->len; i++) {
        struct rr_active_rule *active = g_ptr_array_index(table.active, i);
        note_kinds(active);
        table.by_slot[active->slot] = active;
    }
}

bool rr_rule_table_active(void)
{
    return table.active && table.active->len;
}

bool rr_rule_table_covers(const char *title)
{
    for (guint i = 0; i < table.active->len; i++) {
        const struct rr_active_rule *rule = g_ptr_array_index(table.active, i);
        if (strcmp(rule->title, title) == 0)
            return true;
    }
    return false;
}

GArray *rr_rule_table_fields(void)
{
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(int));
    for (int id = 0; id < table.slot_room; id++)
        if (table.slots[id])
            g_array_append_val(fields, id);
    return fields;
}

uint16_t rr_rule_table_slot(int field)
{
    return field < table.slot_room ? table.slots[field] : 0;
}

uint16_t rr_rule_table_slots(void)
{
    return (uint16_t)(table.fields->len + 1);
}

const struct rr_among *rr_rule_table_among(guint i)
{
    return i < table.among->len ? &g_array_index(table.among, struct rr_among, i) : NULL;
}

const struct rr_active_rule *rr_rule_table_rule(uint16_t slot)
{
    return table.by_slot[slot];
}
