#include "track/messages.h"

#include "track/rtt.h"

/* Bits of rr_exchange.due and .proof beside those in the headers. */
enum { DUE_TOUCHED = 0x80, DUE_SPILLED = 0x40, PROOF_GIVEN_UP = 0x80 };

enum { ANSWER_ROWS = RR_ROW_RESPONSE | RR_ROW_EXCHANGE };

static void enlist(struct rr_conn *c, int side, guint i, struct rr_exchange *x)
{
    if (i == c->messages[side].len)
        c->last[side] = x;
    rr_list_insert(&c->messages[side], i, x);
}

static void enlist_last(struct rr_conn *c, int side, struct rr_exchange *x)
{
    c->last[side] = x;
    rr_list_add(&c->messages[side], x);
}

/* Segments mostly belong to the newest messages: the search widens from there. */
int rr_search(const struct rr_conn *c, int side, int64_t offset)
{
    guint n = c->messages[side].len, low = 0, high = n;
    for (guint step = 1; step <= n; step *= 2) {
        guint i = n - step;
        if (rr_side_of(rr_nth(c, side, i), side)->begin <= offset) {
            low = i + 1;
            break;
        }
        high = i;
    }
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (rr_side_of(rr_nth(c, side, middle), side)->begin <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return (int)low - 1;
}

int64_t rr_covered(const struct rr_conn *c)
{
    const struct rr_exchange *told = rr_last(c, RR_SERVER);
    return told ? told->request.end : 0;
}

struct rr_exchange *rr_pending(const struct rr_conn *c)
{
    struct rr_exchange *x = rr_last(c, RR_CLIENT);
    bool waits = x && x->request.begin >= rr_covered(c) && x->request.ended_by == RR_GOING_ON;
    return waits ? x : NULL;
}

static void touch(struct rr_conn *c, struct rr_exchange *x)
{
    if (x->due & DUE_TOUCHED)
        return;
    x->due |= DUE_TOUCHED;
    rr_list_add(&c->shared->touched, x);
}

void rr_due(struct rr_conn *c, struct rr_exchange *x, uint8_t rows)
{
    x->due |= rows;
    touch(c, x);
}

void rr_due_request(struct rr_conn *c, struct rr_exchange *x)
{
    if (rr_seen(&x->request) && !x->request.part)
        rr_due(c, x, RR_ROW_REQUEST);
}

static bool was_reported(const struct rr_exchange *x)
{
    return x->request.part | x->response.part | x->part;
}

/* Facts of the rows named are about to change, beyond bytes joining: nothing is restated for that alone. */
void rr_thaw(struct rr_conn *c, struct rr_exchange *x, int side)
{
    if (x->entry[RR_ENTRY_ANSWER] || (side == RR_CLIENT && x->entry[RR_ENTRY_REQUEST]))
        rr_reports_freeze(c->shared->reports, x);
}

/* Bytes are about to join or leave a message: rows that showed it are to be restated. */
void rr_changes(struct rr_conn *c, struct rr_exchange *x, int side)
{
    if (!was_reported(x))
        return;
    rr_thaw(c, x, side);
    uint8_t shown = 0;
    if (side == RR_CLIENT && x->request.part)
        shown |= RR_ROW_REQUEST;
    if (x->response.part && (side == RR_SERVER || rr_seen(&x->response)))
        shown |= RR_ROW_RESPONSE;
    if (x->part)
        shown |= RR_ROW_EXCHANGE;
    if (shown)
        rr_due(c, x, shown);
}

/* The answer is about to begin elsewhere: its request's row shows the latency. */
static void begins_elsewhere(struct rr_conn *c, struct rr_exchange *x)
{
    rr_changes(c, x, RR_CLIENT);
    rr_changes(c, x, RR_SERVER);
}

static void count_bytes(struct rr_conn *c, const struct rr_exchange *x, int side, int64_t bytes)
{
    uint64_t *sum = rr_is_push(x) ? &c->facts.push_bytes : &c->facts.bytes[side];
    *sum += (uint64_t)bytes;
}

static enum rr_status status_of(const struct rr_exchange *x)
{
    if (rr_is_push(x))
        return RR_PUSHED;
    if (!rr_seen(&x->request))
        return RR_UNASKED;
    if (x->proof & RR_PROOF_ALONE)
        return RR_ONEWAY;
    if (rr_exists(&x->response) || x->proof & RR_PROOF_LOST)
        return RR_ANSWERED;
    if (x->proof & PROOF_GIVEN_UP)
        return x->proof & RR_PROOF_QUIET ? RR_ONEWAY : RR_UNANSWERED;
    return RR_OPEN;
}

static enum rr_evidence evidence_of(const struct rr_exchange *x)
{
    const uint8_t all = RR_PROOF_ACK | RR_PROOF_ALL | RR_PROOF_FIRST | RR_PROOF_SAW;
    bool unasked = x->connection->transport == RR_UDP && !rr_seen(&x->request); /* no number tells of it */
    if (rr_is_push(x) || unasked || (!rr_exists(&x->response) && !(x->proof & RR_PROOF_LOST)))
        return RR_NO_PAIR;
    if (x->proof & RR_PROOF_LOST)
        return RR_LOST;
    if (!(x->proof & RR_PROOF_ACK))
        return RR_ORDER;
    return (x->proof & all) == all && rr_seen(&x->request) ? RR_EXACT : RR_ACKED;
}

/* Brings what follows from an exchange's messages up to date. */
void rr_judge(struct rr_conn *c, struct rr_exchange *x)
{
    enum rr_status status = status_of(x);
    c->facts.unanswered += status == RR_UNANSWERED;
    c->facts.unanswered -= x->status == RR_UNANSWERED;
    x->status = (uint8_t)status;
    x->evidence = (uint8_t)evidence_of(x);
}

void rr_prove(struct rr_exchange *x, uint8_t proof)
{
    x->proof |= proof;
    x->evidence = (uint8_t)evidence_of(x);
}

struct rr_exchange *rr_new_exchange(struct rr_conn *c)
{
    struct rr_exchange *x = rr_store_exchange(c->shared->store);
    x->connection = &c->facts;
    x->number = ++c->shared->opened;
    x->as.after = RR_NEVER;
    x->rtt = rr_rtt_kept(c->facts.rtt[RR_SERVER]);
    c->facts.exchanges++;
    return x;
}

struct rr_exchange *rr_new_push(struct rr_conn *c, int64_t covered, const struct rr_exchange *before)
{
    struct rr_exchange *x = rr_store_exchange(c->shared->store);
    x->connection = &c->facts;
    x->status = RR_PUSHED;
    x->request.begin = x->request.end = covered;
    x->as.follows = before && rr_is_push(before) ? before->as.follows : before;
    c->facts.pushes++;
    return x;
}

struct rr_exchange *rr_open_request(struct rr_conn *c)
{
    bool turn = c->flow[RR_CLIENT].next == rr_covered(c);
    struct rr_exchange *before = rr_last(c, RR_CLIENT);
    if (before && before->request.begin >= rr_covered(c) && !before->part)
        rr_give_up(c, before, RR_BY_CLIENT_FIN);
    struct rr_exchange *x = rr_new_exchange(c);
    x->request.begin = x->request.end = c->flow[RR_CLIENT].next;
    x->connected = !before && c->facts.handshake.frame;
    x->as.after = turn ? c->answer_end : RR_NEVER;
    enlist_last(c, RR_CLIENT, x);
    return x;
}

void rr_count_as_push(struct rr_conn *c, int64_t bytes)
{
    c->facts.push_bytes += (uint64_t)bytes;
    c->facts.bytes[RR_SERVER] -= (uint64_t)bytes;
}

void rr_withdraw_last(struct rr_conn *c, int side)
{
    struct rr_list *l = &c->messages[side];
    struct rr_exchange *x = l->at[--l->len];
    c->last[side] = l->len ? l->at[l->len - 1] : NULL;
    x->due &= DUE_TOUCHED;
    if (!rr_is_push(x))
        return;
    c->facts.pushes--;
    rr_count_as_push(c, -(int64_t)x->response.bytes);
}

struct rr_exchange *rr_open_response(struct rr_conn *c, struct rr_exchange *x)
{
    struct rr_exchange *before = rr_last(c, RR_SERVER);
    if (before)
        rr_end(c, RR_SERVER, before, RR_BY_NEXT);
    if (x)
        rr_changes(c, x, RR_CLIENT);
    else
        x = rr_new_push(c, rr_covered(c), before);
    x->response.begin = x->response.end = c->flow[RR_SERVER].next;
    enlist_last(c, RR_SERVER, x);
    if (!rr_is_push(x))
        rr_end(c, RR_CLIENT, x, RR_BY_RESPONSE);
    c->hushed = false;
    return x;
}

struct rr_exchange *rr_open_unasked(struct rr_conn *c)
{
    struct rr_exchange *x = rr_new_exchange(c);
    x->request.begin = x->request.end = rr_covered(c);
    x->request.ended_by = RR_BY_RESPONSE;
    x->response.begin = x->response.end = c->flow[RR_SERVER].next;
    enlist_last(c, RR_SERVER, x);
    return x;
}

void rr_stretch(struct rr_conn *c, int side, int64_t end)
{
    struct rr_exchange *x = rr_last(c, side);
    struct rr_message *m = rr_side_of(x, side);
    bool existed = rr_exists(m);
    rr_changes(c, x, side);
    m->end = end;
    if (side == RR_SERVER && c->facts.close != RR_CLOSE_RST)
        m->ended_by = RR_GOING_ON;
    c->flow[side].next = end;
    if (!existed)
        rr_judge(c, x);
}

/* Adds what a sum of pieces tells to a message; bytes apart. */
void rr_add_facts(struct rr_message *m, const struct rr_piece *sum)
{
    if (!sum->first_frame)
        return;
    bool first = !m->first_frame || sum->first_frame < m->first_frame;
    if (first) {
        m->first_frame = sum->first_frame;
        m->first_time = sum->first_time;
    }
    if (sum->protocol && (first || !m->protocol))
        m->protocol = sum->protocol;
    m->segments += sum->segments - (m->last_frame == sum->first_frame && sum->segments ? 1 : 0);
    if (m->last_frame <= sum->last_frame) {
        m->last_frame = sum->last_frame;
        m->last_time = sum->last_time;
    }
    m->cut |= sum->cut;
    if (m->begin == sum->begin)
        m->summary = sum->summary;
}

void rr_gain(struct rr_conn *c, int side, struct rr_exchange *x, struct rr_piece *piece)
{
    struct rr_message *m = rr_side_of(x, side);
    bool seen = rr_seen(m);
    if (!seen || piece->first_frame < m->first_frame)
        begins_elsewhere(c, x);
    else
        rr_changes(c, x, side);
    rr_flow_add(&c->flow[side], piece);
    rr_add_facts(m, piece);
    m->bytes += (uint64_t)piece->bytes;
    count_bytes(c, x, side, piece->bytes);
    if (side == RR_SERVER && !rr_is_push(x))
        c->answer_end = m->last_time;
    if (side == RR_CLIENT && piece->end == m->end && rr_exists(&x->response) &&
        piece->acked == x->response.begin)
        rr_prove(x, RR_PROOF_SAW);
    if (!seen)
        rr_judge(c, x);
}

void rr_count_repeat(struct rr_conn *c, int side, int64_t offset)
{
    c->facts.repeats[side]++;
    int i = rr_find(c, side, offset);
    if (i < 0)
        return;
    struct rr_exchange *x = rr_nth(c, side, (guint)i);
    struct rr_piece *piece = rr_flow_piece(&c->flow[side], offset);
    rr_thaw(c, x, side);
    rr_side_of(x, side)->repeats++;
    if (piece)
        piece->repeats++;
}

void rr_add_note(struct rr_conn *c, struct rr_exchange *x, enum rr_note_kind kind, int64_t from, int64_t to)
{
    struct rr_note more = { .from = from, .to = to, .kind = (uint8_t)kind };
    x->notes = rr_store_note(c->shared->store, x->notes, more);
}

void rr_hold_up(struct rr_conn *c, struct rr_exchange *x, enum rr_note_kind kind, int64_t from, int64_t to)
{
    if (to <= from)
        return;
    rr_thaw(c, x, RR_SERVER);
    rr_add_note(c, x, kind, from, to);
}

/* Parts `left` at `offset`.  The pieces tell what each part has; what they cannot tell stays on the right. */
static void split(const struct rr_flow *f, struct rr_message *left, struct rr_message *right, int64_t offset)
{
    struct rr_message whole = *left;
    struct rr_piece sum[2] = { rr_flow_sum(f, whole.begin, offset), rr_flow_sum(f, offset, whole.end) };
    struct rr_message part[2] = { { .begin = whole.begin, .end = offset },
                                  { .begin = offset, .end = whole.end } };
    for (int i = 0; i < 2; i++)
        rr_add_facts(&part[i], &sum[i]);
    part[0].bytes = (uint64_t)sum[0].bytes;
    part[1].bytes = whole.bytes - part[0].bytes;
    part[0].repeats = MIN(sum[0].repeats, whole.repeats);
    part[1].repeats = whole.repeats - part[0].repeats;
    part[0].ended_by = part[1].ended_by = whole.ended_by;
    part[0].part = whole.part;
    *left = part[0];
    *right = part[1];
}

struct rr_exchange *rr_cut_request(struct rr_conn *c, struct rr_exchange *x, int64_t offset)
{
    int i = rr_find(c, RR_CLIENT, x->request.begin);
    rr_changes(c, x, RR_CLIENT);
    struct rr_exchange *y = rr_new_exchange(c);
    split(&c->flow[RR_CLIENT], &x->request, &y->request, offset);
    y->proof = x->proof & PROOF_GIVEN_UP;
    x->proof &= (uint8_t)~RR_PROOF_ALL;
    enlist(c, RR_CLIENT, (guint)i + 1, y);
    if (y->request.ended_by != RR_GOING_ON)
        rr_due(c, y, RR_ROW_REQUEST | (x->part || y->proof & PROOF_GIVEN_UP ? RR_ROW_EXCHANGE : 0));
    rr_judge(c, x);
    rr_judge(c, y);
    return y;
}

/* Moves the bytes before `offset` out of a server's message; `into` had none, or ends where it begins. */
static void move_front(struct rr_conn *c, struct rr_exchange *from, int64_t offset, struct rr_exchange *into)
{
    struct rr_message *m = &from->response, *to = &into->response, front = *m;
    begins_elsewhere(c, from);
    begins_elsewhere(c, into);
    struct rr_message rest;
    split(&c->flow[RR_SERVER], &front, &rest, offset);
    rest.part = m->part;
    *m = rest;
    from->proof &= (uint8_t) ~(RR_PROOF_SAW | RR_PROOF_ALL);

    count_bytes(c, from, RR_SERVER, -(int64_t)front.bytes);
    count_bytes(c, into, RR_SERVER, (int64_t)front.bytes);
    if (to->end == to->begin)
        to->begin = front.begin;
    struct rr_piece sum = { .begin = front.begin,
                            .first_time = front.first_time,
                            .last_time = front.last_time,
                            .first_frame = front.first_frame,
                            .last_frame = front.last_frame,
                            .segments = front.segments,
                            .summary = front.summary,
                            .protocol = front.protocol,
                            .cut = front.cut };
    rr_add_facts(to, &sum);
    to->end = offset;
    to->bytes += front.bytes;
    to->repeats += front.repeats;
    rr_judge(c, from);
    rr_judge(c, into);
}

void rr_give_to_previous(struct rr_conn *c, int i, int64_t offset)
{
    move_front(c, rr_nth(c, RR_SERVER, (guint)i), offset, rr_nth(c, RR_SERVER, (guint)i - 1));
}

void rr_give_to_new(struct rr_conn *c, int i, int64_t offset, struct rr_exchange *x)
{
    struct rr_exchange *before = i ? rr_nth(c, RR_SERVER, (guint)i - 1) : NULL;
    if (!x)
        x = rr_new_push(c, before ? before->request.end : 0, before);
    enlist(c, RR_SERVER, (guint)i, x);
    move_front(c, rr_nth(c, RR_SERVER, (guint)i + 1), offset, x);
    x->proof |= RR_PROOF_ACK;
    rr_judge(c, x);
    rr_end(c, RR_CLIENT, x, RR_BY_RESPONSE);
    rr_end(c, RR_SERVER, x, RR_BY_NEXT);
}

void rr_wait_again(struct rr_conn *c, struct rr_exchange *x)
{
    x->request.ended_by = RR_GOING_ON;
    rr_judge(c, x);
    rr_timer_set(&c->shared->waiting, c, c->shared->now.time);
}

void rr_withdraw_answer(struct rr_conn *c, struct rr_exchange *x)
{
    const uint8_t proven = RR_PROOF_ACK | RR_PROOF_ALL | RR_PROOF_FIRST | RR_PROOF_SAW;
    rr_withdraw_last(c, RR_SERVER);
    x->response = (struct rr_message){ 0 };
    x->proof &= (uint8_t)~proven;
    rr_wait_again(c, x);
}

void rr_split_answer(struct rr_conn *c, int i, int64_t offset, struct rr_exchange *y)
{
    struct rr_exchange *x = rr_nth(c, RR_SERVER, (guint)i);
    bool over = x->response.ended_by != RR_GOING_ON;
    begins_elsewhere(c, x);
    split(&c->flow[RR_SERVER], &x->response, &y->response, offset);
    y->proof |= x->proof & RR_PROOF_ACK;
    x->proof &= (uint8_t) ~(RR_PROOF_ALL | RR_PROOF_FIRST);
    enlist(c, RR_SERVER, (guint)i + 1, y);
    y->request.ended_by = RR_GOING_ON;
    rr_end(c, RR_CLIENT, y, RR_BY_RESPONSE);
    if (over)
        rr_due(c, y, ANSWER_ROWS);
    x->response.ended_by = RR_GOING_ON;
    rr_end(c, RR_SERVER, x, RR_BY_NEXT);
    rr_judge(c, x);
    rr_judge(c, y);
}

void rr_end(struct rr_conn *c, int side, struct rr_exchange *x, enum rr_ended_by why)
{
    struct rr_message *m = rr_side_of(x, side);
    if (m->ended_by != RR_GOING_ON)
        return;
    rr_thaw(c, x, side);
    m->ended_by = (uint8_t)why;
    if (side == RR_CLIENT)
        rr_due(c, x, RR_ROW_REQUEST | (x->part && !rr_exists(&x->response) ? RR_ROW_EXCHANGE : 0));
    else if (rr_is_push(x))
        rr_due(c, x, m->part ? 0 : RR_ROW_RESPONSE);
    else
        rr_due(c, x, (m->part ? 0 : RR_ROW_RESPONSE) | (x->part ? 0 : RR_ROW_EXCHANGE));
}

void rr_give_up(struct rr_conn *c, struct rr_exchange *x, enum rr_ended_by why)
{
    bool last_word = why == RR_BY_END || why == RR_BY_SESSION;
    rr_end(c, RR_CLIENT, x, why);
    rr_thaw(c, x, RR_SERVER);
    if (!last_word)
        x->proof |= PROOF_GIVEN_UP;
    uint8_t before = x->status;
    rr_judge(c, x);
    if (!x->part || x->status != before)
        rr_due(c, x, RR_ROW_EXCHANGE);
}

/* A push has no request and an unseen message no row of its own. */
static uint8_t there(const struct rr_exchange *x, uint8_t rows)
{
    if (!rr_exists(&x->response))
        rows &= (uint8_t)~RR_ROW_RESPONSE;
    if (!rr_exists(&x->request) || rr_is_push(x))
        rows &= (uint8_t)~RR_ROW_REQUEST;
    if (rr_is_push(x))
        rows &= (uint8_t)~RR_ROW_EXCHANGE;
    return rows;
}

static bool spills(const struct rr_exchange *x)
{
    return x->connection->close == RR_CLOSE_RST && x->response.part && x->pairing == RR_BY_TURN;
}

/* A row waits as long as its message goes on; so do the rows that restate an answer whose bytes still come in
 * after a reset. */
static uint8_t ripe(const struct rr_exchange *x, bool last_word)
{
    uint8_t rows = x->due & (RR_ROW_REQUEST | ANSWER_ROWS);
    bool goes_on = rr_exists(&x->response) && x->response.ended_by == RR_GOING_ON;
    if (goes_on || (spills(x) && !last_word))
        rows &= (uint8_t)~ANSWER_ROWS;
    return there(x, rows);
}

uint8_t rr_tracker_owed(const struct rr_exchange *x)
{
    uint8_t rows = x->due & (RR_ROW_REQUEST | RR_ROW_RESPONSE);
    if (!x->request.part)
        rows |= RR_ROW_REQUEST;
    if (!x->response.part)
        rows |= RR_ROW_RESPONSE;
    return there(x, rows);
}

/* Where the rows of an answer still wait for the last word. */
static void hold_back(struct rr_exchange *x)
{
    if (!(x->due & ANSWER_ROWS) || x->due & DUE_SPILLED || !spills(x))
        return;
    x->due |= DUE_SPILLED;
    rr_list_add(&((struct rr_conn *)x->connection)->spilled, x);
}

static void flush(struct rr_shared *shared, bool last_word)
{
    for (guint i = 0; i < shared->touched.len; i++) {
        struct rr_exchange *x = shared->touched.at[i];
        uint8_t rows = ripe(x, last_word);
        x->due &= (uint8_t) ~(rows | DUE_TOUCHED);
        if (rows)
            rr_reports_exchange(shared->reports, x, rows, shared->now.frame);
        hold_back(x);
    }
    shared->touched.len = 0;
}

void rr_flush(struct rr_shared *shared)
{
    flush(shared, false);
}

void rr_flush_last(struct rr_conn *c)
{
    for (guint i = 0; i < c->spilled.len; i++) {
        c->spilled.at[i]->due &= (uint8_t)~DUE_SPILLED;
        touch(c, c->spilled.at[i]);
    }
    c->spilled.len = 0;
    flush(c->shared, true);
}
