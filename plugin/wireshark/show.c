#include "wireshark/show.h"

#include "exchange/columns.h"
#include "wireshark/experts.h"
#include "wireshark/line.h"
#include "wireshark/prefs.h"

/* Where a field stands: right under the line that says it all, or in a subtree of its own subject. */
enum subject {
    ABOUT_EXCHANGE,
    ABOUT_HANDSHAKE, /* on segments that tell of the connection itself */
    ABOUT_REQUEST,
    ABOUT_RESPONSE,
    ABOUT_PUSH,
    ABOUT_CONNECTION,
    SUBJECT_COUNT
};

/* A column's field; there is one for each name, whatever tables it stands in. */
struct field {
    const struct rr_column *column;
    int id;
};

static struct {
    struct field *field;
    size_t count;
    int subtree; /* its field, where there is one */
    int type;
} about[SUBJECT_COUNT];

static int proto;
static int tree_type = -1;
static int hf_request = -1, hf_response = -1, hf_push = -1, hf_repeat = -1;
static int hf_phase = -1, hf_state[2] = { -1, -1 }, hf_cost = -1;

static const struct {
    enum ftenum type;
    int display;
    const void *link;
} shapes[RR_KIND_COUNT] = {
    [RR_COUNT] = { FT_UINT64, BASE_DEC, NULL },
    [RR_ID] = { FT_STRING, BASE_NONE, NULL },
    [RR_PORT] = { FT_UINT16, BASE_DEC, NULL },
    [RR_FRAME] = { FT_FRAMENUM, BASE_NONE, NULL },
    [RR_REQUEST_IN] = { FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST) },
    [RR_RESPONSE_IN] = { FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE) },
    [RR_TIME] = { FT_ABSOLUTE_TIME, ABSOLUTE_TIME_LOCAL, NULL },
    [RR_SPAN] = { FT_RELATIVE_TIME, BASE_NONE, NULL },
    [RR_FLAG] = { FT_BOOLEAN, BASE_NONE, NULL },
    [RR_TEXT] = { FT_STRING, BASE_NONE, NULL },
};

/* What the beginning of a field's name says of its subject. */
static const struct {
    const char *prefix;
    enum subject subject;
} prefixes[] = {
    { "request.", ABOUT_REQUEST },     { "response.", ABOUT_RESPONSE },        { "push.", ABOUT_PUSH },
    { "client.", ABOUT_CONNECTION },   { "server.", ABOUT_CONNECTION },        { "stream", ABOUT_CONNECTION },
    { "transport", ABOUT_CONNECTION }, { "direction_from", ABOUT_CONNECTION },
};

static enum subject subject_of(const char *field, enum subject otherwise)
{
    for (size_t i = 0; i < array_length(prefixes); i++)
        if (g_str_has_prefix(field, prefixes[i].prefix))
            return prefixes[i].subject;
    return otherwise;
}

static bool has(enum subject subject, const char *name)
{
    for (size_t i = 0; i < about[subject].count; i++)
        if (strcmp(about[subject].field[i].column->field, name) == 0)
            return true;
    return false;
}

static void collect(enum rr_noun noun, enum subject otherwise)
{
    for (size_t i = 0; i < rr_columns[noun]->count; i++) {
        const struct rr_column *c = &rr_columns[noun]->column[i];
        if (!c->field)
            continue;
        enum subject subject = subject_of(c->field, otherwise);
        if (has(subject, c->field) || has(ABOUT_EXCHANGE, c->field))
            continue;
        size_t n = about[subject].count++;
        about[subject].field =
            wmem_realloc(wmem_epan_scope(), about[subject].field, (n + 1) * sizeof(struct field));
        about[subject].field[n] = (struct field){ c, -1 };
    }
}

/* The columns' help is written for a page, where `backticks` quote. */
static const char *plain(const char *help)
{
    return g_strdelimit(wmem_strdup(wmem_epan_scope(), help), "`", '"');
}

static void register_fields(enum subject subject)
{
    size_t count = about[subject].count;
    hf_register_info *hf = wmem_alloc_array(wmem_epan_scope(), hf_register_info, count);
    for (size_t i = 0; i < count; i++) {
        struct field *f = &about[subject].field[i];
        const struct rr_column *c = f->column;
        hf[i] = (hf_register_info){
            &f->id,
            { c->title, wmem_strdup_printf(wmem_epan_scope(), "reqresp.%s", c->field), shapes[c->kind].type,
              shapes[c->kind].display, shapes[c->kind].link, 0, plain(c->help), HFILL },
        };
    }
    proto_register_field_array(proto, hf, (int)count);
}

static void register_subtrees(void)
{
    static hf_register_info hf[] = {
        { &about[ABOUT_REQUEST].subtree,
          { "About the request", "reqresp.about.request", FT_NONE, BASE_NONE, NULL, 0,
            "What is known of the request.", HFILL } },
        { &about[ABOUT_RESPONSE].subtree,
          { "About the response", "reqresp.about.response", FT_NONE, BASE_NONE, NULL, 0,
            "What is known of the response.", HFILL } },
        { &about[ABOUT_PUSH].subtree,
          { "About the push", "reqresp.about.push", FT_NONE, BASE_NONE, NULL, 0, "What is known of the push.",
            HFILL } },
        { &about[ABOUT_CONNECTION].subtree,
          { "About the connection", "reqresp.about.connection", FT_NONE, BASE_NONE, NULL, 0,
            "Who talks to whom.", HFILL } },
    };
    static int *types[SUBJECT_COUNT + 1] = { &tree_type };
    for (enum subject subject = 0; subject < SUBJECT_COUNT; subject++) {
        about[subject].subtree = about[subject].type = -1;
        types[subject + 1] = &about[subject].type;
    }
    proto_register_field_array(proto, hf, array_length(hf));
    proto_register_subtree_array(types, array_length(types));
}

static void register_marks(void)
{
    static hf_register_info hf[] = {
        { &hf_request,
          { "Request", "reqresp.request", FT_BOOLEAN, BASE_NONE, NULL, 0,
            "This frame brings new bytes of a request.", HFILL } },
        { &hf_response,
          { "Response", "reqresp.response", FT_BOOLEAN, BASE_NONE, NULL, 0,
            "This frame brings new bytes of a response.", HFILL } },
        { &hf_push,
          { "Push", "reqresp.push", FT_BOOLEAN, BASE_NONE, NULL, 0,
            "This frame brings new bytes that the server sent unasked.", HFILL } },
        { &hf_repeat,
          { "Repeat", "reqresp.repeat", FT_BOOLEAN, BASE_NONE, NULL, 0,
            "This frame brings bytes that were captured before, or is a keep-alive.", HFILL } },
        { &hf_phase,
          { "Phase", "reqresp.phase", FT_STRING, BASE_NONE, NULL, 0,
            "What this segment is part of: \"handshake\", \"request\", \"response\", \"push\", \"teardown\" "
            "or "
            "\"none\".",
            HFILL } },
        { &hf_state[RR_CLIENT],
          { "Client's TCP state", "reqresp.client.state", FT_STRING, BASE_NONE, NULL, 0,
            "TCP state of the side that asks, after this segment.", HFILL } },
        { &hf_state[RR_SERVER],
          { "Server's TCP state", "reqresp.server.state", FT_STRING, BASE_NONE, NULL, 0,
            "TCP state of the side that answers, after this segment.", HFILL } },
        { &hf_cost,
          { "Cost of the loss", "reqresp.cost", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
            "What a lost or reordered segment cost: from its first copy, or from when the hole was seen, to "
            "this "
            "one.",
            HFILL } },
    };
    proto_register_field_array(proto, hf, array_length(hf));
}

void rr_show_register(int proto_reqresp)
{
    proto = proto_reqresp;
    collect(RR_EXCHANGES, ABOUT_EXCHANGE);
    collect(RR_MESSAGES, ABOUT_EXCHANGE);
    collect(RR_CONNECTIONS, ABOUT_HANDSHAKE);
    for (enum subject subject = 0; subject < SUBJECT_COUNT; subject++)
        register_fields(subject);
    register_marks();
    register_subtrees();
}

/* One segment on its way into the tree. */
struct showing {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;
    const struct rr_verdict *verdict;
    unsigned messages; /* so far */
};

static nstime_t nstime(int64_t ns)
{
    nstime_t t = { .secs = ns / 1000000000, .nsecs = (int)(ns % 1000000000) };
    return t;
}

/* The point in time: before 1970 too its nanoseconds count upwards. */
static nstime_t instant(int64_t ns)
{
    nstime_t t = nstime(ns);
    if (t.nsecs < 0) {
        t.secs--;
        t.nsecs += 1000000000;
    }
    return t;
}

/* Takes the line over. */
static void set_line(proto_item *item, GString *line)
{
    proto_item_set_text(item, "%s", line->str);
    g_string_free(line, TRUE);
}

/* In a unit of its size, whatever unit this version of Wireshark would take.  The value stays what it is. */
static proto_item *add_span(proto_tree *tree, tvbuff_t *tvb, int id, int64_t ns)
{
    nstime_t t = nstime(ns);
    proto_item *item = proto_tree_add_time(tree, id, tvb, 0, 0, &t);
    if (item && !PROTO_ITEM_IS_HIDDEN(item)) {
        GString *line = g_string_new(proto_registrar_get_name(id));
        g_string_append(line, ": ");
        rr_line_exact_span(line, ns);
        set_line(item, line);
    }
    return item;
}

static proto_item *add_cell(proto_tree *tree, tvbuff_t *tvb, int id, enum rr_kind kind, struct rr_cell cell)
{
    char hex[17];
    nstime_t t;
    switch (kind) {
    case RR_COUNT:
        return proto_tree_add_uint64(tree, id, tvb, 0, 0, cell.as.count);
    case RR_ID:
        snprintf(hex, sizeof hex, "%016" PRIx64, cell.as.count);
        return proto_tree_add_string(tree, id, tvb, 0, 0, hex);
    case RR_TIME:
        t = instant(cell.as.ns);
        return proto_tree_add_time(tree, id, tvb, 0, 0, &t);
    case RR_SPAN:
        return add_span(tree, tvb, id, cell.as.ns);
    case RR_FLAG:
        return proto_tree_add_boolean(tree, id, tvb, 0, 0, cell.as.flag);
    case RR_TEXT:
        return proto_tree_add_string(tree, id, tvb, 0, 0, cell.as.text);
    default: /* ports and frames */
        return proto_tree_add_uint(tree, id, tvb, 0, 0, (uint32_t)cell.as.count);
    }
}

/* A frame does not link to the message it is itself part of. */
static bool links_to_itself(const struct rr_column *c, const struct rr_row *row)
{
    return (c->kind == RR_REQUEST_IN && row->message == &row->exchange->request) ||
           (c->kind == RR_RESPONSE_IN && row->message == &row->exchange->response);
}

static void say_about(GString *line, enum subject subject, const struct rr_row *row)
{
    switch (subject) {
    case ABOUT_CONNECTION:
        rr_line_about_connection(line, row->connection);
        break;
    case ABOUT_REQUEST:
        rr_line_about_message(line, "Request", row->connection, &row->exchange->request);
        break;
    default:
        rr_line_about_message(line, subject == ABOUT_PUSH ? "Push" : "Response", row->connection,
                              &row->exchange->response);
    }
}

/* The tree itself for a subject that has none of its own. */
static proto_tree *add_subtree(const struct showing *s, proto_tree *tree, enum subject subject,
                               const struct rr_row *row)
{
    if (about[subject].subtree < 0)
        return tree;
    proto_item *item = proto_tree_add_item(tree, about[subject].subtree, s->tvb, 0, 0, ENC_NA);
    proto_item_set_generated(item);
    if (!PROTO_ITEM_IS_HIDDEN(item)) {
        GString *line = g_string_new(NULL);
        say_about(line, subject, row);
        set_line(item, line);
    }
    return proto_item_add_subtree(item, about[subject].type);
}

/* Beside a latency, what it holds. */
static void explain(proto_item *item, const struct rr_column *c)
{
    const char *holds = rr_prefs_latency_holds();
    if (*holds && strcmp(c->field, "latency") == 0)
        proto_item_append_text(item, " (%s)", holds);
}

static void add_about(const struct showing *s, proto_tree *tree, enum subject subject,
                      const struct rr_row *row)
{
    proto_tree *subtree = NULL;
    for (size_t i = 0; i < about[subject].count; i++) {
        const struct field *f = &about[subject].field[i];
        if (!proto_field_is_referenced(tree, f->id) || links_to_itself(f->column, row))
            continue;
        struct rr_cell cell = f->column->read(row);
        if (!cell.present)
            continue;
        if (!subtree)
            subtree = add_subtree(s, tree, subject, row);
        proto_item *item = add_cell(subtree, s->tvb, f->id, f->column->kind, cell);
        proto_item_set_generated(item);
        explain(item, f->column);
    }
}

static void add_mark(const struct showing *s, proto_tree *tree, int id)
{
    proto_item_set_generated(proto_tree_add_boolean(tree, id, s->tvb, 0, 0, TRUE));
}

static void add_text(const struct showing *s, proto_tree *tree, int id, const char *text)
{
    if (*text)
        proto_item_set_generated(proto_tree_add_string(tree, id, s->tvb, 0, 0, text));
}

static void add_segment(const struct showing *s, proto_tree *tree, enum rr_phase phase)
{
    const struct rr_verdict *v = s->verdict;
    if (v->repeat)
        add_mark(s, tree, hf_repeat);
    if (v->connection->transport == RR_TCP)
        add_text(s, tree, hf_phase, rr_phase_name(phase));
    add_text(s, tree, hf_state[RR_CLIENT], rr_tcp_state_name(v->state[RR_CLIENT]));
    add_text(s, tree, hf_state[RR_SERVER], rr_tcp_state_name(v->state[RR_SERVER]));
    if (v->cost)
        proto_item_set_generated(add_span(tree, s->tvb, hf_cost, (int64_t)v->cost * 1000));
    if (v->handshake || v->syn_retry)
        add_about(s, tree, ABOUT_HANDSHAKE, &(struct rr_row){ .connection = v->connection });
}

static proto_item *add_top(const struct showing *s)
{
    if (!proto_field_is_referenced(s->tree, proto))
        return NULL;
    proto_item *top = proto_tree_add_item(s->tree, proto, s->tvb, 0, 0, ENC_NA);
    proto_item_set_generated(top);
    return top;
}

static const struct {
    int *mark;
    enum rr_phase phase;
} kinds[] = { { &hf_request, RR_PHASE_REQUEST },
              { &hf_response, RR_PHASE_RESPONSE },
              { &hf_push, RR_PHASE_PUSH } };

static size_t kind_of(const struct rr_exchange *x, const struct rr_message *m)
{
    return rr_is_push(x) ? 2 : m == &x->request ? 0 : 1;
}

static void add_message(struct showing *s, proto_item *top, const struct rr_exchange *x,
                        const struct rr_message *m, bool fresh)
{
    if (!PROTO_ITEM_IS_HIDDEN(top)) {
        GString *line = g_string_new(NULL);
        rr_line_message(line, x, m, fresh);
        set_line(top, line);
    }
    proto_tree *tree = proto_item_add_subtree(top, tree_type);
    size_t kind = kind_of(x, m);
    if (fresh)
        add_mark(s, tree, *kinds[kind].mark);
    struct rr_row row = { s->verdict->connection, x, m, NULL };
    add_about(s, tree, ABOUT_EXCHANGE, &row);
    if (s->messages == 1)
        add_segment(s, tree, s->verdict->phase ? s->verdict->phase : kinds[kind].phase);
    for (enum subject subject = ABOUT_REQUEST; subject < SUBJECT_COUNT; subject++)
        add_about(s, tree, subject, &row);
}

static void show_message(const struct rr_exchange *x, const struct rr_message *m, bool fresh, void *showing)
{
    struct showing *s = showing;
    proto_item *top = add_top(s);
    s->messages++;
    if (top)
        add_message(s, top, x, m, fresh);
    proto_item *remarked = top ? top : s->tree;
    if (s->messages == 1)
        rr_experts_segment(s->pinfo, remarked, s->verdict);
    rr_experts_message(s->pinfo, remarked, x, m);
}

static void show_bare(const struct showing *s)
{
    proto_item *top = add_top(s);
    if (top) {
        if (!PROTO_ITEM_IS_HIDDEN(top)) {
            GString *line = g_string_new(NULL);
            rr_line_segment(line, s->verdict);
            set_line(top, line);
        }
        add_segment(s, proto_item_add_subtree(top, tree_type), s->verdict->phase);
    }
    rr_experts_segment(s->pinfo, top ? top : s->tree, s->verdict);
}

bool rr_show_wanted(proto_tree *tree)
{
    return proto_field_is_referenced(tree, proto) || rr_experts_wanted(tree);
}

void rr_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, struct rr_verdicts verdicts)
{
    for (size_t i = 0; i < verdicts.count; i++) {
        struct showing s = { tvb, pinfo, tree, &verdicts.first[i], 0 };
        if (s.verdict->len)
            rr_verdict_messages(s.verdict, show_message, &s);
        if (s.messages == 0)
            show_bare(&s);
    }
}
