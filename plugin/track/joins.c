#include "track/joins.h"

#include "track/alone.h"
#include "track/holds.h"
#include "track/messages.h"
#include "track/tears.h"

void rr_joins_take(struct rr_conn *c, int side, const struct rr_told *t, struct rr_exchange *x)
{
    rr_spans_add(&c->pdus->spans[side], (struct rr_span){ t->begin, t->end, x });
    c->pdus->upto[side] = MAX(c->pdus->upto[side], t->end);
    if (x)
        rr_holds_join(c, side, t, x);
}

void rr_joins_miss(struct rr_conn *c, int side, struct rr_range range)
{
    c->pdus->missed[side] = range;
    if (side == RR_CLIENT)
        rr_order_missed(&c->pdus->order, range);
}

void rr_joins_ignore(struct rr_conn *c, int side, const struct rr_told *t)
{
    rr_joins_take(c, side, t, NULL);
    rr_joins_miss(c, side, (struct rr_range){ t->begin, t->end });
}

bool rr_joins_is_next_part(const struct rr_conn *c, int side, const struct rr_line *line,
                           const struct rr_told *t, bool goes_on)
{
    return (t->does & RR_PDU_KEYED && goes_on) || c->pdus->missed[side].end <= line->upto[side];
}

static const char *say_more(struct rr_conn *c, const char *said, const char *more)
{
    char *all = said ? g_strdup_printf("%s %s", said, more) : g_strdup(more);
    const char *text = rr_store_summary(c->shared->store, (const uint8_t *)all, strlen(all));
    g_free(all);
    return text;
}

/* The message `t` joins that of x, as its first part or a further one. */
static void join(struct rr_conn *c, int side, struct rr_exchange *x, const struct rr_told *t)
{
    struct rr_message *m = rr_side_of(x, side);
    int64_t hole = t->end - t->begin - t->sum.bytes;
    bool captured = t->sum.first_frame != 0;
    if (captured && (!rr_seen(m) || t->sum.first_frame < m->first_frame))
        rr_changes(c, x, !side);
    rr_changes(c, x, side);
    if (!rr_exists(m))
        m->begin = m->end = t->begin;
    rr_add_facts(m, &t->sum);
    if (t->more)
        m->summary = say_more(c, m->summary, t->more);
    m->sealed |= t->decrypted;
    m->bytes += (uint64_t)t->bytes;
    m->end += t->bytes + hole;
    m->repeats += t->sum.repeats;
    if (side == RR_SERVER && !rr_is_push(x))
        c->answer_end = m->last_time;
    rr_judge(c, x);
}

void rr_joins_end_turn(struct rr_conn *c, struct rr_exchange *x, const struct rr_told *t)
{
    join(c, RR_SERVER, x, t);
    rr_joins_ignore(c, RR_SERVER, t);
    rr_end(c, RR_SERVER, x, RR_BY_PDU);
}

static struct rr_exchange *enlist(struct rr_conn *c, struct rr_exchange *x, const struct rr_told *t)
{
    x->pairing = t->does & RR_PDU_KEYED ? RR_BY_KEY : RR_BY_ORDER;
    rr_pdus_enlist(c->pdus, x);
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
static void end_request(struct rr_conn *c, struct rr_exchange *x)
{
    if (x->request.ended_by != RR_GOING_ON)
        return;
    rr_thaw(c, x, RR_CLIENT);
    x->request.ended_by = RR_BY_PDU;
}

void rr_joins_give_up(struct rr_conn *c, struct rr_exchange *x, enum rr_ended_by why)
{
    rr_give_up(c, x, why);
    rr_due_request(c, x);
}

static void wait_no_more(struct rr_conn *c, guint requests)
{
    c->pdus->waiting -= requests;
    if (c->pdus->waiting == 0)
        rr_timer_clear(&c->waiting);
}

struct rr_exchange *rr_joins_leave(struct rr_conn *c, struct rr_line *line)
{
    struct rr_exchange *x = rr_line_nth(line, 0);
    line->head++;
    if (line->informed == x)
        line->informed = NULL;
    if (!line->cancelled)
        wait_no_more(c, 1);
    return x;
}

static void take_back(struct rr_conn *c, struct rr_exchange *x)
{
    if (x->part) /* it was given up before */
        return;
    if (!x->request.part) /* what its row says stays */
        x->request.ended_by = RR_BY_CANCEL;
    rr_joins_give_up(c, x, RR_BY_CANCEL);
}

void rr_joins_cancel(struct rr_conn *c, struct rr_line *line)
{
    bool tells = rr_line_is_telling(line);
    if (line->cancelled || (!tells && !rr_line_length(line)))
        return;
    if (tells)
        rr_end(c, RR_SERVER, line->telling, RR_BY_CANCEL);
    for (guint i = 0; i < rr_line_length(line); i++)
        take_back(c, rr_line_nth(line, i));
    wait_no_more(c, rr_line_length(line));
    line->cancelled = true;
}

/* The oldest is given up where too many wait; its answer may come all the same. */
static void make_room(struct rr_conn *c, struct rr_line *line)
{
    rr_joins_give_up(c, rr_joins_leave(c, line), RR_BY_NEXT);
    if (line == &c->pdus->line)
        rr_order_missed(&c->pdus->order, (struct rr_range){ 0 });
    else
        line->shifted = true;
}

/* Where in the line one that begins at `offset` goes: most at the end. */
static guint rank(const struct rr_line *line, int64_t offset)
{
    const struct rr_list *l = &line->waiting;
    guint low = line->head, high = l->len;
    if (high > low && l->at[high - 1]->request.begin <= offset)
        return high;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (l->at[middle]->request.begin <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void wait_in(struct rr_conn *c, struct rr_line *line, struct rr_exchange *x)
{
    struct rr_list *l = &line->waiting;
    if (line->head > l->len / 2) {
        l->len -= line->head;
        memmove(l->at, l->at + line->head, l->len * sizeof *l->at);
        line->head = 0;
    }
    if (rr_line_length(line) == RR_PDUS_WAITING_MAX)
        make_room(c, line);
    rr_list_insert(l, rank(line, x->request.begin), x);
    c->pdus->waiting++;
    x->request.depth = (uint16_t)MIN(c->pdus->waiting, UINT16_MAX);
    if (!rr_timer_is_set(&c->waiting))
        rr_timer_set(&c->shared->waiting, c, x->request.last_time);
}

/* Another takes the place of those that wait, whose answers may come all the same. */
static void take_place(struct rr_conn *c, struct rr_line *line)
{
    line->shifted |= rr_line_length(line) > 0;
    while (rr_line_length(line)) {
        struct rr_exchange *x = rr_joins_leave(c, line);
        if (!line->cancelled)
            rr_joins_give_up(c, x, RR_BY_NEXT);
    }
    line->cancelled = false;
}

void rr_joins_ask(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    struct rr_pdus *p = c->pdus;
    bool first = p->all.len == 0 && !c->last[RR_CLIENT];
    struct rr_exchange *x = p->spare ? take_over(c, t) : new_exchange(c, t);
    x->as.after = p->waiting ? RR_NEVER : c->answer_end;
    x->connected = first && c->facts.handshake.frame;
    join(c, RR_CLIENT, x, t);
    rr_joins_take(c, RR_CLIENT, t, x);
    line->asking = x;
    c->pdus->asked = x;
    line->upto[RR_CLIENT] = t->end;
    if (t->does & RR_PDU_ALONE) {
        rr_prove(x, RR_PROOF_ALONE);
        rr_judge(c, x);
        if (t->does & RR_PDU_OPEN)
            rr_alone_goes_on(c, x, t);
        else
            rr_alone_end(c, x, RR_BY_PDU);
    } else {
        if (t->does & RR_PDU_NEWEST || line->cancelled)
            take_place(c, line);
        wait_in(c, line, x);
    }
    if (t->does & RR_PDU_ENDS)
        end_request(c, x);
}

/* The answer began before the server had `t`, a further part of the request. */
static bool came_early(const struct rr_line *line, const struct rr_told *t)
{
    const struct rr_exchange *x = line->asking;
    return rr_exists(&x->response) && (x != line->telling || line->heard < t->end);
}

/* So no number tells that it is to all of the request. */
static void unprove(struct rr_exchange *x)
{
    x->proof &= (uint8_t) ~(RR_PROOF_ACK | RR_PROOF_ALL);
}

void rr_joins_ask_on(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    if (came_early(line, t))
        unprove(line->asking);
    join(c, RR_CLIENT, line->asking, t);
    rr_joins_take(c, RR_CLIENT, t, line->asking);
    rr_tears_part(c, RR_CLIENT, line, &line->asking->request, t);
    line->upto[RR_CLIENT] = t->end;
    if (t->does & RR_PDU_ENDS && line->asking->status != RR_ONEWAY)
        end_request(c, line->asking);
}

void rr_joins_complete(struct rr_conn *c, struct rr_exchange *x, const struct rr_told *t)
{
    unprove(x);
    join(c, RR_CLIENT, x, t);
    rr_joins_take(c, RR_CLIENT, t, x);
    c->pdus->line.upto[RR_CLIENT] = MAX(c->pdus->line.upto[RR_CLIENT], t->end);
}

void rr_joins_end_asked(struct rr_conn *c, const struct rr_line *line)
{
    struct rr_exchange *x = line->asking;
    if (!x || x->status == RR_ONEWAY || x->request.ended_by != RR_GOING_ON)
        return;
    rr_changes(c, x, RR_CLIENT);
    end_request(c, x);
}

/* The interim answers before the response are its bytes, too; its time is that of what follows. */
static void include_interim(struct rr_message *m, struct rr_range interim)
{
    int64_t bytes = interim.end - interim.begin, length = m->end - m->begin + bytes;
    m->begin = interim.begin;
    m->end = m->begin + length;
    m->bytes += (uint64_t)bytes;
}

static void end_push(struct rr_conn *c, struct rr_line *line, enum rr_ended_by why)
{
    if (line->aside)
        rr_end(c, RR_SERVER, line->aside, why);
    line->aside = NULL;
}

/* What ends an answer of which nobody says that it is whole. */
static enum rr_ended_by untold_by(const struct rr_conn *c)
{
    enum rr_ended_by ending = c->pdus->ending;
    return ending == RR_GOING_ON ? RR_BY_NEXT : ending;
}

static void begin_response(struct rr_conn *c, struct rr_line *line, struct rr_exchange *x,
                           const struct rr_told *t, struct rr_range interim)
{
    struct rr_exchange *before = line->telling;
    end_push(c, line, RR_BY_NEXT);
    if (before)
        rr_end(c, RR_SERVER, before, RR_BY_NEXT);
    join(c, RR_SERVER, x, t);
    if (x->part)
        rr_pending_add(&c->pdus->pending, x);
    if (!rr_range_empty(interim))
        include_interim(&x->response, interim);
    rr_joins_take(c, RR_SERVER, t, x);
    rr_due_request(c, x);
    line->telling = c->pdus->last = x;
    line->heard = t->acked;
    line->upto[RR_SERVER] = t->end;
    line->open = t->does & RR_PDU_OPEN;
    if (t->does & RR_PDU_ENDS)
        rr_end(c, RR_SERVER, x, t->untold ? untold_by(c) : RR_BY_PDU);
    else
        rr_alone_goes_on(c, x, t);
}

/* What the numbers say of the pair; where the request was sent in several pieces, of the first. */
static uint8_t proof_of(const struct rr_conn *c, const struct rr_exchange *x, const struct rr_told *t)
{
    const struct rr_spans *s = &c->pdus->spans[RR_CLIENT];
    const struct rr_span *asked = rr_spans_find(s, x->request.begin).span;
    const struct rr_piece *last = asked ? rr_flow_piece(&c->flow[RR_CLIENT], asked->end - 1) : NULL;
    uint8_t proof = 0;
    if (asked && t->acked >= asked->end)
        proof |= RR_PROOF_ACK;
    if (asked && t->acked == asked->end)
        proof |= RR_PROOF_ALL | RR_PROOF_FIRST;
    if (last && last->acked == t->begin)
        proof |= RR_PROOF_SAW;
    return proof;
}

void rr_joins_answer(struct rr_conn *c, struct rr_line *line, const struct rr_told *t, uint8_t proof)
{
    bool informed =
        line->informed == rr_line_nth(line, 0) && line->interim.begin < t->begin && t->sum.first_frame;
    struct rr_range interim = informed ? line->interim : (struct rr_range){ 0 };
    struct rr_exchange *x = rr_joins_leave(c, line);
    proof |= proof_of(c, x, t);
    rr_tears_asked(c, line, x, t);
    begin_response(c, line, x, t, interim);
    rr_prove(x, proof);
}

void rr_joins_go_on(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    bool aside = rr_line_is_aside(line, t);
    struct rr_exchange *x = aside ? line->aside : line->telling;
    join(c, RR_SERVER, x, t);
    rr_joins_take(c, RR_SERVER, t, x);
    rr_tears_part(c, RR_SERVER, line, &x->response, t);
    line->upto[RR_SERVER] = t->end;
    if (aside)
        rr_count_as_push(c, t->sum.bytes);
    if (t->does & RR_PDU_ENDS && !aside)
        rr_end(c, RR_SERVER, x, RR_BY_PDU);
    if (t->does & RR_PDU_ENDS && aside && !line->aside_open)
        end_push(c, line, RR_BY_PDU);
}

void rr_joins_end_told(struct rr_conn *c, struct rr_line *line)
{
    end_push(c, line, RR_BY_NEXT);
    if (line->telling)
        rr_end(c, RR_SERVER, line->telling, RR_BY_NEXT);
    line->telling = NULL;
}

void rr_joins_interim(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    struct rr_exchange *x = rr_line_nth(line, 0);
    struct rr_range *interim = &line->interim;
    rr_changes(c, x, RR_SERVER);
    if (!rr_noted(x, RR_NOTE_INTERIM))
        rr_add_note(c, x, RR_NOTE_INTERIM, t->sum.first_time, t->sum.first_time);
    if (line->informed != x)
        interim->begin = interim->end = t->begin;
    line->informed = x;
    interim->end += t->bytes;
    rr_joins_take(c, RR_SERVER, t, x);
}

void rr_joins_drop(struct rr_conn *c, struct rr_line *line)
{
    struct rr_exchange *x = rr_joins_leave(c, line);
    rr_changes(c, x, RR_CLIENT);
    rr_changes(c, x, RR_SERVER);
    rr_prove(x, RR_PROOF_LOST);
    rr_judge(c, x);
    if (!x->part)
        rr_due(c, x, RR_ROW_EXCHANGE);
    rr_due_request(c, x);
}

static void push(struct rr_conn *c, struct rr_line *line, const struct rr_told *t)
{
    end_push(c, line, RR_BY_NEXT);
    struct rr_exchange *x = enlist(c, rr_new_push(c, c->pdus->upto[RR_CLIENT], c->pdus->last), t);
    join(c, RR_SERVER, x, t);
    rr_joins_take(c, RR_SERVER, t, x);
    rr_count_as_push(c, t->sum.bytes);
    line->aside = x;
    line->aside_open = t->does & RR_PDU_ALONE && t->does & RR_PDU_OPEN;
    line->upto[RR_SERVER] = t->end;
    if (t->does & RR_PDU_ENDS)
        end_push(c, line, RR_BY_PDU);
    else
        rr_alone_goes_on(c, x, t);
}

void rr_joins_unasked(struct rr_conn *c, struct rr_line *line, const struct rr_told *t, struct rr_range asked,
                      uint8_t proof)
{
    rr_spans_clip(&c->pdus->spans[RR_CLIENT], &asked.begin, &asked.end);
    struct rr_exchange *x = rr_pdus_spare(c->pdus, asked) ? take_over(c, t) : new_exchange(c, t);
    struct rr_told request = rr_untold(&c->flow[RR_CLIENT], asked);
    x->request.begin = x->request.end = asked.begin;
    if (asked.begin < asked.end) {
        join(c, RR_CLIENT, x, &request);
        rr_joins_take(c, RR_CLIENT, &request, x);
    }
    rr_end(c, RR_CLIENT, x, RR_BY_RESPONSE);
    begin_response(c, line, x, t, (struct rr_range){ 0 });
    rr_prove(x, (uint8_t)(proof | RR_PROOF_ACK));
}

void rr_joins_unowed(struct rr_conn *c, struct rr_line *line, const struct rr_told *t, uint8_t proof)
{
    bool all_known = c->flow[RR_SERVER].whole && !rr_flow_missing(&c->flow[RR_CLIENT]) && !proof;
    if (t->does & RR_PDU_ALONE || (all_known && t->acked <= c->pdus->upto[RR_CLIENT])) {
        push(c, line, t);
        return;
    }
    const struct rr_exchange *spare = c->pdus->spare;
    const int64_t upto = c->pdus->upto[RR_CLIENT];
    bool asks = spare && spare->request.begin >= upto && spare->request.end <= t->acked;
    struct rr_range asked = { upto, upto };
    if (asks && proof & RR_PROOF_LOST)
        asked = (struct rr_range){ spare->request.begin, spare->request.end };
    rr_joins_unasked(c, line, t, asked, proof);
}
