#include "track/pdus.h"

#include "exchange/summary.h"
#include "track/alone.h"
#include "track/keyed.h"
#include "track/messages.h"
#include "track/order.h"

/* A turn's message that was not over when the rule came is none: its bytes are told anew.  A request's
 * exchange, which has its number, is kept for the first that is asked. */
static void withdraw_turn(struct rr_conn *c, int side)
{
    struct rr_pdus *p = c->pdus;
    struct rr_exchange *x = rr_last(c, side);
    bool goes_on = side == RR_CLIENT ? x && x == rr_pending(c) : x && rr_is_push(x) && !x->response.part;
    p->upto[side] = x ? rr_side_of(x, side)->end : 0;
    if (!goes_on)
        return;
    p->upto[side] = rr_side_of(x, side)->begin;
    rr_withdraw_last(c, side);
    if (side == RR_CLIENT)
        p->spare = x;
}

void rr_pdus_rule(struct rr_conn *c)
{
    struct rr_pdus *p = c->pdus = g_new0(struct rr_pdus, 1);
    p->keyed = rr_keyed_new();
    withdraw_turn(c, RR_CLIENT);
    withdraw_turn(c, RR_SERVER);
    p->last = rr_last(c, RR_SERVER);
    if (p->last)
        rr_end(c, RR_SERVER, p->last, RR_BY_NEXT);
    rr_order_init(c);
    rr_quiet_init(&p->quiet);
}

void rr_pdus_free(struct rr_pdus *p)
{
    if (!p)
        return;
    for (int side = 0; side < 2; side++)
        rr_spans_release(&p->spans[side]);
    rr_list_release(&p->all);
    rr_list_release(&p->line.waiting);
    rr_order_release(&p->order);
    rr_quiet_release(&p->quiet);
    g_hash_table_destroy(p->keyed);
    g_free(p);
}

/* The message that bytes at `offset` lie in, or NULL. */
static struct rr_exchange *holder(const struct rr_conn *c, int side, int64_t offset)
{
    const struct rr_spans *s = &c->pdus->spans[side];
    guint i = rr_spans_find(s, offset);
    return i < s->count && s->at[i].begin <= offset ? s->at[i].exchange : NULL;
}

void rr_pdus_gain(struct rr_conn *c, int side, struct rr_piece *piece)
{
    struct rr_exchange *x = holder(c, side, piece->begin);
    rr_flow_add(&c->flow[side], piece);
    c->facts.bytes[side] += (uint64_t)piece->bytes;
    if (!x)
        return;
    rr_changes(c, x, side);
    struct rr_message *m = rr_side_of(x, side);
    rr_add_facts(m, piece);
    m->bytes = MIN(m->bytes + (uint64_t)piece->bytes, (uint64_t)(m->end - m->begin));
    rr_judge(c, x);
}

void rr_pdus_repeat(struct rr_conn *c, int side, int64_t offset)
{
    struct rr_exchange *x = holder(c, side, offset);
    c->facts.repeats[side]++;
    if (!x)
        return;
    rr_thaw(c, x, side);
    rr_side_of(x, side)->repeats++;
}

/* Where the message lies, and what the flow knows of it; false where all of it was told before. */
static bool locate(const struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu,
                   struct rr_told *t)
{
    const struct rr_pdus *p = c->pdus;
    const struct rr_flow *f = &c->flow[v->side];
    int64_t segment_end = v->begin + v->len, begin = p->upto[v->side], end = segment_end - pdu->left;
    if (pdu->placed) {
        begin = v->begin + pdu->at;
        end = MIN(begin + pdu->length, f->next);
    } else if (begin >= segment_end || begin < f->floor)
        begin = v->begin;
    end = MAX(end, begin + 1);
    rr_spans_clip(&p->spans[v->side], &begin, &end);
    if (begin >= end || !v->fresh)
        return false;
    *t = (struct rr_told){ .begin = begin, .end = end, .does = pdu->does, .sum = rr_flow_sum(f, begin, end) };
    t->bytes = pdu->placed ? t->sum.bytes : pdu->length;
    return t->sum.bytes > 0;
}

/* A dissector can take for a part of one message what is the begin of the next. */
static void cut_before(struct rr_conn *c, int side, int64_t begin)
{
    struct rr_spans *s = &c->pdus->spans[side];
    struct rr_span *last = s->count ? &s->at[s->count - 1] : NULL;
    if (side == RR_SERVER)
        rr_order_cut(c, begin);
    if (!last || last->begin >= begin || last->end <= begin)
        return;
    int64_t more = last->end - begin;
    last->end = c->pdus->upto[side] = begin;
    if (side == RR_SERVER)
        c->pdus->order.upto = MIN(c->pdus->order.upto, begin);
    if (!last->exchange)
        return;
    rr_changes(c, last->exchange, side);
    struct rr_message *m = rr_side_of(last->exchange, side);
    m->bytes -= MIN((uint64_t)more, m->bytes);
    m->end -= more;
}

static void take(struct rr_conn *c, int side, const struct rr_told *t, struct rr_exchange *x)
{
    rr_spans_add(&c->pdus->spans[side], (struct rr_span){ t->begin, t->end, x });
    c->pdus->upto[side] = MAX(c->pdus->upto[side], t->end);
}

static const char *say_more(struct rr_conn *c, const char *said, const char *more)
{
    char text[RR_SUMMARY_SIZE];
    char *all = said ? g_strdup_printf("%s %s", said, more) : g_strdup(more);
    rr_summary((const uint8_t *)all, strlen(all), text);
    g_free(all);
    return rr_store_text(c->shared->store, text, strlen(text));
}

/* The message `t` joins that of x, as its first part or a further one. */
static void join(struct rr_conn *c, int side, struct rr_exchange *x, const struct rr_told *t)
{
    struct rr_message *m = rr_side_of(x, side);
    int64_t hole = t->end - t->begin - t->sum.bytes;
    if (!rr_seen(m))
        rr_changes(c, x, !side);
    rr_changes(c, x, side);
    if (!rr_exists(m))
        m->begin = m->end = t->begin;
    rr_add_facts(m, &t->sum);
    if (t->more)
        m->summary = say_more(c, m->summary, t->more);
    m->bytes += (uint64_t)t->bytes;
    m->end += t->bytes + hole;
    m->repeats += t->sum.repeats;
    if (side == RR_SERVER && !rr_is_push(x))
        c->answer_end = m->last_time;
    rr_judge(c, x);
}

static struct rr_exchange *enlist(struct rr_conn *c, struct rr_exchange *x, const struct rr_told *t)
{
    x->pairing = t->does & RR_PDU_KEYED ? RR_BY_KEY : RR_BY_ORDER;
    rr_list_add(&c->pdus->all, x);
    return x;
}

static struct rr_exchange *new_exchange(struct rr_conn *c, const struct rr_told *t)
{
    return enlist(c, rr_new_exchange(c), t);
}

/* The exchange of a turn that the rule came too late for, without what it held. */
static struct rr_exchange *take_over(struct rr_conn *c, const struct rr_told *t)
{
    struct rr_exchange *x = c->pdus->spare;
    uint16_t part = x->request.part;
    c->pdus->spare = NULL;
    rr_changes(c, x, RR_CLIENT);
    x->request = (struct rr_message){ .part = part };
    x->proof = 0;
    return enlist(c, x, t);
}

/* Its row waits for the answer, whose latency it shows; the last time that can be is when it is given up. */
static void end_request(struct rr_exchange *x)
{
    if (x->request.ended_by == RR_GOING_ON)
        x->request.ended_by = RR_BY_PDU;
}

static void report_request(struct rr_conn *c, struct rr_exchange *x)
{
    if (rr_seen(&x->request) && !x->request.part)
        rr_due(c, x, RR_ROW_REQUEST);
}

void rr_pdus_give_up(struct rr_conn *c, struct rr_exchange *x, enum rr_ended_by why)
{
    rr_give_up(c, x, why);
    report_request(c, x);
}

struct rr_exchange *rr_pdus_take_out(struct rr_conn *c, struct rr_line *line, guint i)
{
    struct rr_exchange *x = rr_line_nth(line, i);
    struct rr_exchange **first = (struct rr_exchange **)&line->waiting.at[line->head];
    memmove(first + 1, first, i * sizeof *first);
    line->head++;
    if (!i)
        line->interim = (struct rr_range){ 0 };
    if (--c->pdus->waiting == 0)
        rr_timer_clear(&c->waiting);
    return x;
}

static struct rr_exchange *leave(struct rr_conn *c, struct rr_line *line)
{
    return rr_pdus_take_out(c, line, 0);
}

/* The oldest is given up where too many wait. */
static void wait_in(struct rr_conn *c, struct rr_line *line, struct rr_exchange *x)
{
    struct rr_list *l = &line->waiting;
    if (line->head > l->len / 2) {
        l->len -= line->head;
        memmove(l->at, l->at + line->head, l->len * sizeof *l->at);
        line->head = 0;
    }
    if (rr_line_length(line) == RR_PDUS_WAITING_MAX)
        rr_pdus_give_up(c, leave(c, line), RR_BY_NEXT);
    rr_list_add(l, x);
    c->pdus->waiting++;
    x->depth = (uint16_t)MIN(c->pdus->waiting, UINT16_MAX);
    rr_timer_set(&c->shared->waiting, c, x->request.last_time);
}

static void ask(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    struct rr_pdus *p = c->pdus;
    bool first = p->all.len == 0 && !c->last[RR_CLIENT];
    struct rr_exchange *x = p->spare ? take_over(c, t) : new_exchange(c, t);
    x->as.after = p->waiting ? RR_NEVER : c->answer_end;
    x->connected = first && c->facts.handshake.frame;
    join(c, RR_CLIENT, x, t);
    take(c, RR_CLIENT, t, x);
    line->asking = x;
    if (t->does & RR_PDU_ALONE) {
        rr_prove(x, RR_PROOF_ALONE);
        rr_judge(c, x);
        if (t->does & RR_PDU_OPEN)
            rr_alone_goes_on(c, t);
        else
            rr_alone_end(c, x, RR_BY_PDU);
    } else {
        while (t->does & RR_PDU_NEWEST && rr_line_length(line))
            rr_pdus_give_up(c, leave(c, line), RR_BY_NEXT);
        wait_in(c, line, x);
    }
    if (t->does & RR_PDU_ENDS)
        end_request(x);
}

struct rr_told rr_pdus_untold(const struct rr_conn *c, int side, struct rr_range range)
{
    struct rr_told t = { .begin = range.begin,
                         .end = range.end,
                         .does = RR_PDU_BEGINS | RR_PDU_ENDS,
                         .sum = rr_flow_sum(&c->flow[side], range.begin, range.end) };
    t.bytes = t.sum.bytes;
    return t;
}

/* True where the request told last in the line is not whole, or `t` begins none. */
static bool asks_on(const struct rr_line *line, const struct rr_told *t)
{
    const struct rr_exchange *x = line->asking;
    return x && !(t->does & RR_PDU_ALONE) &&
           ((x->request.ended_by == RR_GOING_ON && x->status != RR_ONEWAY) || !(t->does & RR_PDU_BEGINS));
}

static void tell_request(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    const struct rr_piece *first = rr_flow_piece(&c->flow[RR_CLIENT], t->begin);
    if (asks_on(line, t)) {
        join(c, RR_CLIENT, line->asking, t);
        take(c, RR_CLIENT, t, line->asking);
        if (t->does & RR_PDU_ENDS && line->asking->status != RR_ONEWAY)
            end_request(line->asking);
        return;
    }
    rr_alone_end(c, line->asking, RR_BY_NEXT);
    if (!(t->does & RR_PDU_KEYED))
        rr_order_asks(c, t->begin, first ? first->acked : RR_NEVER);
    else if (line->telling && line->open)
        rr_end(c, RR_SERVER, line->telling, RR_BY_NEXT);
    ask(c, line, t);
    rr_order_advance(c, false);
}

bool rr_pdus_goes_on(const struct rr_line *line, const struct rr_told *t)
{
    const struct rr_exchange *x = line->telling;
    if (line->aside && !(t->does & RR_PDU_BEGINS))
        return true;
    if (!x)
        return false;
    bool over = x->response.ended_by != RR_GOING_ON || line->open;
    return !over || !(t->does & RR_PDU_BEGINS);
}

static void count_push(struct rr_conn *c, const struct rr_told *t)
{
    c->facts.push_bytes += (uint64_t)t->sum.bytes;
    c->facts.bytes[RR_SERVER] -= (uint64_t)t->sum.bytes;
}

void rr_pdus_go_on(struct rr_conn *c, struct rr_line *line, struct rr_told *t)
{
    bool aside = line->aside && !(t->does & RR_PDU_BEGINS);
    struct rr_exchange *x = aside ? line->aside : line->telling;
    join(c, RR_SERVER, x, t);
    take(c, RR_SERVER, t, x);
    if (aside)
        count_push(c, t);
    else if (t->does & RR_PDU_ENDS)
        rr_end(c, RR_SERVER, x, RR_BY_PDU);
}

/* The interim answers before the response are its bytes, too; its time is that of what follows. */
static void include_interim(struct rr_message *m, struct rr_range interim)
{
    int64_t bytes = interim.end - interim.begin, length = m->end - m->begin + bytes;
    m->begin = interim.begin;
    m->end = m->begin + length;
    m->bytes += (uint64_t)bytes;
}

static void begin_response(struct rr_conn *c, struct rr_line *line, struct rr_exchange *x, struct rr_told *t,
                           struct rr_range interim)
{
    struct rr_exchange *before = line->telling;
    rr_alone_end_push(c, line);
    if (before)
        rr_end(c, RR_SERVER, before, RR_BY_NEXT);
    join(c, RR_SERVER, x, t);
    if (interim.begin < interim.end)
        include_interim(&x->response, interim);
    take(c, RR_SERVER, t, x);
    report_request(c, x);
    line->telling = c->pdus->last = x;
    line->open = t->does & RR_PDU_OPEN;
    if (t->does & RR_PDU_ENDS)
        rr_end(c, RR_SERVER, x, RR_BY_PDU);
    else
        rr_alone_goes_on(c, t);
}

/* What the numbers say of the pair; where the request was sent in several pieces, of the first. */
static uint8_t proof_of(const struct rr_conn *c, const struct rr_exchange *x, const struct rr_told *t)
{
    const struct rr_spans *s = &c->pdus->spans[RR_CLIENT];
    guint i = rr_spans_find(s, x->request.begin);
    const struct rr_piece *last = i < s->count ? rr_flow_piece(&c->flow[RR_CLIENT], s->at[i].end - 1) : NULL;
    uint8_t proof = 0;
    if (i < s->count && t->sum.acked >= s->at[i].end)
        proof |= RR_PROOF_ACK;
    if (i < s->count && t->sum.acked == s->at[i].end)
        proof |= RR_PROOF_ALL | RR_PROOF_FIRST;
    if (last && last->acked == t->begin)
        proof |= RR_PROOF_SAW;
    return proof;
}

void rr_pdus_answer(struct rr_conn *c, struct rr_line *line, struct rr_told *t, uint8_t proof)
{
    struct rr_range interim = line->interim;
    struct rr_exchange *x = leave(c, line);
    proof |= proof_of(c, x, t);
    begin_response(c, line, x, t, interim);
    rr_prove(x, proof);
}

void rr_pdus_drop(struct rr_conn *c, struct rr_line *line)
{
    struct rr_exchange *x = leave(c, line);
    rr_changes(c, x, RR_CLIENT);
    rr_changes(c, x, RR_SERVER);
    rr_prove(x, RR_PROOF_LOST);
    rr_judge(c, x);
    if (!x->part)
        rr_due(c, x, RR_ROW_EXCHANGE);
    report_request(c, x);
}

void rr_pdus_interim(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    struct rr_exchange *x = rr_line_nth(line, 0);
    struct rr_range *interim = &line->interim;
    rr_changes(c, x, RR_SERVER);
    if (!x->interim)
        x->interim = t->sum.first_time;
    if (interim->begin == interim->end)
        interim->begin = interim->end = t->begin;
    interim->end += t->bytes;
    take(c, RR_SERVER, t, x);
}

static void push(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    rr_alone_end_push(c, line);
    struct rr_exchange *x = enlist(c, rr_new_push(c, c->pdus->upto[RR_CLIENT], c->pdus->last), t);
    join(c, RR_SERVER, x, t);
    take(c, RR_SERVER, t, x);
    count_push(c, t);
    if (!(t->does & RR_PDU_ALONE) || !(t->does & RR_PDU_OPEN)) {
        rr_end(c, RR_SERVER, x, RR_BY_PDU);
        return;
    }
    line->aside = x;
    rr_alone_goes_on(c, t);
}

void rr_pdus_unasked(struct rr_conn *c, struct rr_line *line, struct rr_told *t, struct rr_range asked,
                     uint8_t proof)
{
    struct rr_exchange *x = new_exchange(c, t);
    struct rr_told request = rr_pdus_untold(c, RR_CLIENT, asked);
    x->request.begin = x->request.end = asked.begin;
    if (asked.begin < asked.end) {
        join(c, RR_CLIENT, x, &request);
        take(c, RR_CLIENT, &request, x);
    }
    rr_end(c, RR_CLIENT, x, RR_BY_RESPONSE);
    begin_response(c, line, x, t, (struct rr_range){ 0 });
    rr_prove(x, (uint8_t)(proof | RR_PROOF_ACK));
}

void rr_pdus_unowed(struct rr_conn *c, struct rr_line *line, struct rr_told *t, uint8_t proof)
{
    const struct rr_order *o = &c->pdus->order;
    bool all_known = c->flow[RR_SERVER].whole && !rr_flow_missing(&c->flow[RR_CLIENT]) && !o->lost && !proof;
    if (t->does & RR_PDU_ALONE || (all_known && t->sum.acked <= c->pdus->upto[RR_CLIENT])) {
        push(c, line, t);
        return;
    }
    int64_t asked = c->pdus->upto[RR_CLIENT];
    rr_pdus_unasked(c, line, t, (struct rr_range){ asked, asked }, proof);
}

static void tell_keyed(struct rr_conn *c, struct rr_line *line, struct rr_told *t)
{
    if (t->does & RR_PDU_ALONE)
        rr_pdus_unowed(c, line, t, 0);
    else if (rr_pdus_goes_on(line, t))
        rr_pdus_go_on(c, line, t);
    else if (!rr_line_length(line))
        rr_pdus_unowed(c, line, t, 0);
    else if (t->does & RR_PDU_INTERIM)
        rr_pdus_interim(c, line, t);
    else {
        rr_quiet_pass(c, rr_line_nth(line, 0));
        rr_pdus_answer(c, line, t, 0);
    }
}

static const char *text_of(struct rr_conn *c, const struct rr_pdu *pdu, const char *(*tell)(const void *of))
{
    const char *text = tell ? tell(pdu->of) : NULL;
    return text ? rr_store_text(c->shared->store, text, strlen(text)) : NULL;
}

/* False where the message is sure to be a further part of one. */
static bool begins(const struct rr_conn *c, int side, const struct rr_line *line, const struct rr_told *t)
{
    const struct rr_order *o = &c->pdus->order;
    bool in_place = t->does & RR_PDU_KEYED || (!o->held->len && !o->doubt->len && o->upto == t->begin);
    return side == RR_CLIENT ? !asks_on(line, t) : !in_place || !rr_pdus_goes_on(line, t);
}

void rr_pdus_tell(struct rr_conn *c, const struct rr_verdict *v, const struct rr_pdu *pdu)
{
    struct rr_pdus *p = c->pdus;
    struct rr_told t;
    if (pdu->placed && v->fresh)
        cut_before(c, v->side, v->begin + pdu->at);
    if (!locate(c, v, pdu, &t))
        return;
    if (pdu->does & RR_PDU_IGNORED) {
        take(c, v->side, &t, NULL);
        return;
    }
    t.sum.protocol = rr_store_protocol(c->shared->store, pdu->protocol);
    struct rr_line *line = pdu->does & RR_PDU_KEYED ? rr_keyed_line(p, pdu->key) : &p->line;
    if (begins(c, v->side, line, &t))
        t.sum.summary = text_of(c, pdu, pdu->summary);
    else
        t.more = text_of(c, pdu, pdu->more);
    if (v->side == RR_CLIENT) {
        tell_request(c, line, &t);
        if (t.does & RR_PDU_QUIET)
            rr_quiet_asked(&p->quiet, pdu->key, line->asking);
    } else if (pdu->does & RR_PDU_KEYED)
        tell_keyed(c, line, &t);
    else
        rr_order_told(c, &t);
    if (pdu->does & RR_PDU_KEYED)
        rr_keyed_leave(p, line, pdu->key);
}

void rr_pdus_done(struct rr_conn *c)
{
    struct rr_pdus *p = c->pdus;
    enum rr_ended_by why = p->ending;
    rr_order_advance(c, false);
    if (why == RR_GOING_ON)
        return;
    p->ending = RR_GOING_ON;
    rr_pdus_end(c, why);
}

static bool was_told(const struct rr_exchange *x)
{
    return x->part || (rr_is_push(x) && x->response.ended_by != RR_GOING_ON);
}

/* Passes over those that were reported. */
static struct rr_exchange *oldest(struct rr_pdus *p)
{
    while (p->told < p->all.len && was_told(p->all.at[p->told]))
        p->told++;
    return p->told < p->all.len ? p->all.at[p->told] : NULL;
}

static bool waits(const struct rr_exchange *x)
{
    return x->status == RR_OPEN && !x->part;
}

void rr_pdus_waited(struct rr_conn *c)
{
    struct rr_pdus *p = c->pdus;
    oldest(p);
    for (guint i = p->told; i < p->all.len; i++) {
        struct rr_exchange *x = p->all.at[i];
        if (!waits(x))
            continue;
        if (rr_span(x->request.last_time, c->shared->now.time) <= c->shared->waiting.wait) {
            rr_timer_set(&c->shared->waiting, c, x->request.last_time);
            break;
        }
        rr_pdus_give_up(c, x, RR_BY_QUIET);
    }
}

void rr_pdus_quiet(struct rr_conn *c)
{
    const struct rr_line *line = &c->pdus->line;
    rr_order_advance(c, true);
    if (line->telling && line->open)
        rr_end(c, RR_SERVER, line->telling, RR_BY_QUIET);
    rr_alone_quiet(c);
}

void rr_pdus_end(struct rr_conn *c, enum rr_ended_by why)
{
    struct rr_pdus *p = c->pdus;
    rr_order_advance(c, true);
    oldest(p);
    for (guint i = p->told; i < p->all.len; i++) {
        struct rr_exchange *x = p->all.at[i];
        if (rr_exists(&x->response))
            rr_end(c, RR_SERVER, x, why);
        else if (!rr_alone_end(c, x, why) && waits(x))
            rr_pdus_give_up(c, x, why);
    }
    rr_timer_clear(&c->waiting);
    rr_timer_clear(&c->quiet);
}

int64_t rr_pdus_keep(struct rr_conn *c, int side)
{
    const struct rr_exchange *x = oldest(c->pdus);
    int64_t keep = c->pdus->upto[side];
    return side == RR_CLIENT && x && rr_seen(&x->request) ? MIN(keep, x->request.begin) : keep;
}

int64_t rr_pdus_open(const struct rr_pdus *p, int side)
{
    int64_t open = side == RR_CLIENT ? p->upto[side] : MIN(p->upto[side], p->order.upto);
    for (guint i = p->told; i < p->all.len; i++) {
        const struct rr_exchange *x = p->all.at[i];
        const struct rr_message *m = side == RR_CLIENT ? &x->request : &x->response;
        if (rr_exists(m) && !(x->part || m->part))
            open = MIN(open, m->begin);
    }
    return open;
}
