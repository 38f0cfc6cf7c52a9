#include "talk.h"

#include <string.h>

#include <glib.h>

#include "audit.h"

enum { ISN = 1000, WINDOW = 1000 };

static enum rr_port_kind plain(uint16_t port)
{
    return port == 80 ? RR_PORT_PREFERRED : RR_PORT_PLAIN;
}

static const struct {
    char letter;
    uint16_t adds, drops; /* of what the message does */
} letters[] = {
    { 'a', RR_PDU_ALONE, 0 },                          /* it stands alone */
    { 'i', RR_PDU_INTERIM, 0 },                        /* it is an interim answer */
    { 'n', 0, RR_PDU_BEGINS },                         /* it does not begin anything */
    { 'm', 0, RR_PDU_ENDS },                           /* more is to come */
    { 'w', RR_PDU_NEWEST, 0 },                         /* it takes the place of those with its key */
    { 'o', RR_PDU_OPEN, RR_PDU_ENDS },                 /* it goes on until the next begins */
    { 'q', RR_PDU_QUIET, 0 },                          /* perhaps it is owed no answer */
    { 'x', RR_PDU_IGNORED, UINT16_MAX },               /* it is not shown */
    { 'b', RR_PDU_BLANK, UINT16_MAX },                 /* it is nothing by itself */
    { 't', RR_PDU_OUTSIDE, UINT16_MAX },               /* it is no message */
    { 'k', RR_PDU_UNFINISHED, UINT16_MAX },            /* it is not whole */
    { 'd', RR_PDU_OUTSIDE | RR_PDU_ENDS, UINT16_MAX }, /* it is whole, and does not decide on the rule */
};

static uint16_t follow_letter(char letter, uint16_t does)
{
    for (size_t i = 0; i < G_N_ELEMENTS(letters); i++)
        if (letters[i].letter == letter)
            return (uint16_t)((does & ~letters[i].drops) | letters[i].adds);
    g_assert_not_reached();
}

/* Reads one message; true where another follows. */
static bool read_pdu(const char **at, struct rr_pdu *pdu, bool *understood)
{
    char *end;
    *pdu = (struct rr_pdu){ .does = RR_PDU_BEGINS | RR_PDU_ENDS };
    pdu->length = (uint32_t)g_ascii_strtoull(*at, &end, 10);
    *understood = true;
    while (!strchr("+@", *end)) {
        char mark = *end++;
        if (mark == '=') {
            pdu->does |= RR_PDU_KEYED;
            pdu->key = g_ascii_strtoull(end, &end, 10);
        } else if (mark == '*')
            pdu->owes = (uint32_t)g_ascii_strtoull(end, &end, 10);
        else if (mark == 'c') {
            pdu->does |= RR_PDU_CANCELS;
            pdu->cancels = g_ascii_strtoull(end, &end, 10);
        } else if (mark == 'u')
            pdu->decrypted = (uint32_t)g_ascii_strtoull(end, &end, 10);
        else if (mark == '?')
            *understood = false;
        else
            pdu->does = follow_letter(mark, pdu->does);
    }
    *at = end + 1;
    return *end == '+';
}

/* Reads what stands behind a segment's messages, of which the first is `first`; false where it is not
 * captured. */
static bool read_segment(const char *at, struct rr_segment *s, struct rr_pdu *first)
{
    char *end;
    bool captured = true;
    s->at.time = (int64_t)(g_ascii_strtod(at, &end) * 1000000);
    while (*end) {
        char mark = *end++;
        uint32_t number = g_ascii_isdigit(*end) ? (uint32_t)g_ascii_strtoull(end, &end, 10) : 0;
        if (mark == '/')
            s->ack = ISN + 1 + number;
        else if (mark == '^')
            s->seq = ISN + 1 + number;
        else if (mark == 'z')
            s->window = 0;
        else if (mark == '!')
            captured = false;
        else if (mark == '#') {
            first->at -= number;
            first->length += number;
        } else
            g_assert_not_reached();
    }
    return captured;
}

/* The first message that does not leave it open makes the connection the rule's. */
static void decide(struct talk *p, const struct rr_segment *s, struct rr_pdu *pdus, size_t count)
{
    bool undecided = rr_tracker_is_undecided(p->tracker, 0, s->end);
    for (size_t i = 0; i < count; i++) {
        if (pdus[i].does & (RR_PDU_OUTSIDE | RR_PDU_UNFINISHED))
            continue;
        if (undecided)
            pdus[i].does = RR_PDU_OUTSIDE | RR_PDU_ENDS;
        else
            rr_tracker_rule(p->tracker, 0);
    }
}

static void feed(struct talk *p, struct rr_segment *s, struct rr_pdu *pdus, size_t count)
{
    rr_tracker_tick(p->tracker, s->at);
    decide(p, s, pdus, count);
    struct rr_verdict v = rr_tracker_feed(p->tracker, 0, s);
    rr_tracker_pdus(p->tracker, &v, pdus, count);
}

void talk_segment(struct talk *p, const char *at)
{
    static const uint8_t payload[1000];
    struct rr_pdu pdus[16] = { 0 };
    size_t count = 0;
    int side = *at++ == '<';
    p->now.frame++;
    struct rr_segment s = { .at = p->now,
                            .payload = payload,
                            .end = (uint8_t)side,
                            .flags = RR_ACK,
                            .window = WINDOW,
                            .seq = (uint32_t)(ISN + 1 + p->sent[side]),
                            .ack = (uint32_t)(ISN + 1 + p->sent[!side]) };
    for (bool more = true, understood; more;) {
        more = read_pdu(&at, &pdus[count], &understood);
        pdus[count].at = s.len;
        s.len += pdus[count].length;
        count += understood;
    }
    g_assert_cmpuint(s.len, <=, sizeof payload);
    s.captured = s.len;
    bool captured = read_segment(at, &s, &pdus[0]);
    p->now = s.at;
    p->sent[side] = MAX(p->sent[side], (int64_t)(s.seq - ISN - 1) + s.len);
    if (captured)
        feed(p, &s, pdus, count);
}

void talk_shake_hands(struct talk *p)
{
    static const uint8_t flags[] = { RR_SYN, RR_SYN | RR_ACK, RR_ACK };
    for (int i = 0; i < 3; i++) {
        p->now.frame++;
        struct rr_segment s = { .at = p->now,
                                .end = i == 1,
                                .flags = flags[i],
                                .window = WINDOW,
                                .seq = (uint32_t)(ISN + (i == 2)),
                                .ack = ISN + 1 };
        feed(p, &s, NULL, 0);
    }
}

static void finish(struct talk *p, int side)
{
    p->now.frame++;
    struct rr_segment s = { .at = p->now,
                            .end = (uint8_t)side,
                            .flags = RR_ACK | RR_FIN,
                            .window = WINDOW,
                            .seq = (uint32_t)(ISN + 1 + p->sent[side]),
                            .ack = (uint32_t)(ISN + 1 + p->sent[!side]) };
    feed(p, &s, NULL, 0);
}

static void tell(const struct rr_exchange *x, void *user)
{
    GString *told = user;
    g_string_append_printf(told, "%s", told->len ? "; " : "");
    if (rr_is_push(x)) {
        g_string_append_printf(told, "push %" G_GUINT64_FORMAT, x->response.bytes);
        return;
    }
    g_string_append_printf(told, ">%" G_GUINT64_FORMAT "<%" G_GUINT64_FORMAT " %s", x->request.bytes,
                           x->response.bytes, rr_status_name(x->status));
    if (x->evidence != RR_NO_PAIR)
        g_string_append_printf(told, " %s", rr_evidence_name(x->evidence));
    if (rr_has_both(x))
        g_string_append_printf(told, " %g", (double)rr_latency(x) / 1e6);
    const struct rr_note *interim = rr_noted(x, RR_NOTE_INTERIM);
    if (interim)
        g_string_append_printf(told, " i%g", (double)(interim->from - x->request.first_time) / 1e6);
    if (rr_latency_delayed(x, RR_DELAY_ANY))
        g_string_append_printf(told, " h%g", (double)rr_latency_delayed(x, RR_DELAY_ANY) / 1e6);
    if (x->request.depth > 1)
        g_string_append_printf(told, " d%u", x->request.depth);
    if (x->request.repeats + x->response.repeats)
        g_string_append_printf(told, " c%u", x->request.repeats + x->response.repeats);
    if (x->request.torn || x->response.torn)
        g_string_append(told, x->response.torn ? " <torn" : " >torn");
}

static void skip(const struct rr_connection *c, void *user)
{
    (void)c;
    (void)user;
}

/* The rows' messages have no byte twice, and the pushes' are those of their connection. */
static void check_sums(const struct rr_exchange *x, void *user)
{
    struct rr_connection *left = user;
    left->bytes[RR_CLIENT] -= x->request.bytes;
    *(rr_is_push(x) ? &left->push_bytes : &left->bytes[RR_SERVER]) -= x->response.bytes;
}

static void check_books(const struct rr_tracker *t)
{
    static const struct rr_visitor visitor = { skip, check_sums };
    struct rr_connection left = *rr_tracker_connection(t, 0);
    rr_tracker_visit(t, &visitor, &left);
    g_assert_cmpint((gint64)left.bytes[RR_CLIENT], >=, 0);
    g_assert_cmpint((gint64)left.bytes[RR_SERVER], >=, 0);
    g_assert_cmpint((gint64)left.push_bytes, ==, 0);
}

struct talk talk_begin(void)
{
    static const struct rr_endpoint ends[2] = { { "10.0.0.1", 50000 }, { "10.0.0.2", 80 } };
    const struct rr_settings settings = { .quiet = INT64_C(3000000000),
                                          .patience = INT64_C(60000000000),
                                          .port_kind = plain };
    struct talk p = { .tracker = rr_tracker_new(&settings) };
    rr_tracker_open(p.tracker, 0, ends);
    return p;
}

char *talk_end(struct talk *p)
{
    static const struct rr_visitor visitor = { skip, tell };
    GString *told = g_string_new(NULL);
    rr_tracker_finish(p->tracker, RR_BY_END);
    rr_tracker_visit(p->tracker, &visitor, told);
    return g_string_free(told, FALSE);
}

char *talk_perform(const char *script)
{
    struct talk p = talk_begin();
    struct audit *audit = audit_new(p.tracker);
    char **words = g_strsplit(script, " ", -1);
    for (char **w = words; *w; w++) {
        if (strcmp(*w, "syn") == 0)
            talk_shake_hands(&p);
        else if (strcmp(*w, "<F") == 0 || strcmp(*w, ">F") == 0)
            finish(&p, **w == '<');
        else if (g_str_has_prefix(*w, "tick@"))
            rr_tracker_tick(p.tracker,
                            (struct rr_point){ g_ascii_strtoll(*w + 5, NULL, 10) * 1000000, ++p.now.frame });
        else
            talk_segment(&p, *w);
        audit_look(audit);
    }
    char *told = talk_end(&p);
    audit_close(audit);
    audit_free(audit);
    check_books(p.tracker);
    rr_tracker_free(p.tracker);
    g_strfreev(words);
    return told;
}

static void test_play(gconstpointer data)
{
    const struct talk_play *play = data;
    char *told = talk_perform(play->script);
    g_assert_cmpstr(told, ==, play->told);
    g_free(told);
}

void talk_add_tests(const struct talk_play *plays, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *path = g_strconcat("/", plays[i].name, NULL);
        g_test_add_data_func(path, &plays[i], test_play);
        g_free(path);
    }
}
