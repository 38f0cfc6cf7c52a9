#include "track/datagrams.h"

#include "track/messages.h"
#include "track/sides.h"

/* A message on its way into an exchange. */
struct arrival {
    const struct rr_datagram *datagram;
    int side;
    uint16_t does;
    uint64_t key;
    uint64_t hash; /* of its bytes */
    struct rr_range at;
    bool fresh;
};

void rr_datagrams_begin(struct rr_conn *c, bool asks)
{
    const struct rr_segment first = { .end = 0 };
    struct rr_sides sides = { 0, RR_FROM_RULE };
    if (!asks)
        sides = rr_sides_guess(c->facts.end, &first, c->shared->settings.udp_port_kind);
    const struct rr_endpoint ends[2] = { c->facts.end[sides.client], c->facts.end[!sides.client] };
    c->datagrams = g_new0(struct rr_datagrams, 1);
    rr_pending_init(&c->datagrams->pending, rr_pending_was_told);
    c->client = sides.client;
    c->facts.transport = RR_UDP;
    c->facts.direction_from = (uint8_t)sides.from;
    c->facts.end[RR_CLIENT] = ends[RR_CLIENT];
    c->facts.end[RR_SERVER] = ends[RR_SERVER];
    c->facts.seed = rr_endpoints_seed(RR_UDP, &ends[RR_CLIENT], &ends[RR_SERVER]);
}

void rr_datagrams_free(struct rr_datagrams *d)
{
    if (!d)
        return;
    for (int side = 0; side < 2; side++)
        rr_spans_release(&d->spans[side]);
    rr_list_release(&d->all);
    rr_pending_release(&d->pending);
    g_free(d);
}

static uint64_t hash_of(const struct rr_datagram *d)
{
    uint64_t hash = rr_mix(0, d->len);
    for (uint32_t i = 0; i < d->captured; i++)
        hash = (hash ^ d->payload[i]) * UINT64_C(0x100000001b3);
    return rr_mix(hash, 0);
}

/* What makes the id of x: the key, the bytes where they are all there, and how often these were sent before.
 */
static void identify(struct rr_conn *c, struct rr_exchange *x, const struct arrival *a)
{
    bool whole = a->datagram->captured == a->datagram->len;
    uint64_t what = rr_mix(rr_mix((uint64_t)a->side, a->key), whole ? a->hash : 0);
    uint64_t which = rr_mix(what, rr_keys_times(&c->shared->keys, rr_mix(c->facts.seed, what)));
    rr_add_note(c, x, RR_NOTE_DATAGRAM, (int64_t)which, 0);
}

static bool is_keyed(const struct arrival *a)
{
    return a->does & RR_PDU_KEYED;
}

static bool waits(const struct rr_exchange *x)
{
    return x->status == RR_OPEN && rr_seen(&x->request);
}

static bool is_recent(const struct rr_conn *c, const struct rr_exchange *x, struct rr_point now)
{
    int64_t patience = c->shared->settings.patience;
    return !patience || rr_span(x->request.first_time, now.time) <= patience;
}

static bool is_alone(const struct arrival *a)
{
    return a->does & RR_PDU_ALONE;
}

/* What stands alone is kept apart from what is answered under the same key; of that only a request with a key
 * can be told from one that says the same. */
static uint64_t place_of(const struct arrival *a)
{
    return is_alone(a) ? rr_mix(rr_mix(1, ~a->key), 1) : a->key;
}

static struct rr_asked *find_asked(const struct rr_conn *c, const struct arrival *a)
{
    bool kept = !is_alone(a) || (is_keyed(a) && a->side == RR_CLIENT);
    return kept ? rr_keys_find(&c->shared->keys, c, place_of(a)) : NULL;
}

static struct rr_asked *use_key(struct rr_conn *c, const struct arrival *a, struct rr_exchange *x)
{
    return rr_keys_use(&c->shared->keys, c, place_of(a), x, c->facts.exchanges);
}

/* A client that has asked so many others since goes through its keys anew. */
static bool may_come_again(const struct rr_conn *c, const struct rr_said *s)
{
    enum { OTHERS = 32768 };
    return c->facts.exchanges - s->nth < OTHERS;
}

/* A request is the same as long as an answer to it may come, and even then, as that may be lost behind the
 * capture; not without a key, or where one is used again at once. */
static bool is_again(const struct rr_conn *c, const struct rr_said *s, const struct arrival *a)
{
    if (s->at[a->side].begin == s->at[a->side].end || s->hash[a->side] != a->hash)
        return false;
    if (a->side == RR_SERVER)
        return true;
    return is_recent(c, s->exchange, a->datagram->at) && may_come_again(c, s) &&
           (waits(s->exchange) || (is_keyed(a) && !(a->does & RR_PDU_NEWEST)));
}

/* A late copy of what was said before the key's newest exchange, which is about something else. */
static bool is_late(const struct rr_conn *c, const struct rr_asked *k, const struct arrival *a)
{
    bool told_apart = is_keyed(a) && !(a->does & RR_PDU_NEWEST);
    return told_apart && k->before.hash[RR_CLIENT] != k->newest.hash[RR_CLIENT] && is_again(c, &k->before, a);
}

/* In what it was said already; NULL where it is new. */
static const struct rr_said *said_in(const struct rr_conn *c, const struct rr_asked *k,
                                     const struct arrival *a)
{
    if (!k)
        return NULL;
    if (is_again(c, &k->newest, a))
        return &k->newest;
    return is_late(c, k, a) ? &k->before : NULL;
}

static void note_arrival(struct rr_asked *k, const struct arrival *a)
{
    k->newest.at[a->side] = a->at;
    k->newest.hash[a->side] = a->hash;
}

static const char *summary_of(struct rr_conn *c, const struct rr_datagram *d)
{
    const char *text = d->summary ? d->summary(d->of) : NULL;
    return text ? rr_store_text(c->shared->store, text, strlen(text)) : NULL;
}

/* The next bytes of the direction are those of the message. */
static void take(struct rr_conn *c, struct arrival *a, struct rr_exchange *x)
{
    int64_t *next = &c->datagrams->next[a->side];
    a->at = (struct rr_range){ *next, *next + a->datagram->len };
    a->fresh = true;
    *next = a->at.end;
    rr_spans_add(&c->datagrams->spans[a->side], (struct rr_span){ a->at.begin, a->at.end, x });
    *(rr_is_push(x) ? &c->facts.push_bytes : &c->facts.bytes[a->side]) += a->datagram->len;
}

/* The message becomes the request or response of x. */
static void become(struct rr_conn *c, struct arrival *a, struct rr_exchange *x)
{
    const struct rr_datagram *d = a->datagram;
    struct rr_message *m = rr_side_of(x, a->side);
    rr_changes(c, x, !a->side);
    rr_changes(c, x, a->side);
    take(c, a, x);
    m->begin = a->at.begin;
    m->end = a->at.end;
    m->bytes = d->len;
    const struct rr_piece sum = { .begin = a->at.begin,
                                  .first_time = d->at.time,
                                  .last_time = d->at.time,
                                  .first_frame = d->at.frame,
                                  .last_frame = d->at.frame,
                                  .segments = 1,
                                  .summary = summary_of(c, d),
                                  .protocol = rr_store_protocol(c->shared->store, d->protocol),
                                  .cut = d->captured < d->len };
    rr_add_facts(m, &sum);
    rr_judge(c, x);
}

static struct rr_exchange *enlist(struct rr_conn *c, struct rr_exchange *x, const struct arrival *a)
{
    x->pairing = is_keyed(a) ? RR_BY_KEY : RR_BY_TURN;
    identify(c, x, a);
    rr_list_add(&c->datagrams->all, x);
    rr_pending_add(&c->datagrams->pending, x);
    return x;
}

static void give_up(struct rr_conn *c, struct rr_exchange *x, enum rr_ended_by why)
{
    c->datagrams->waiting--;
    rr_give_up(c, x, why);
    rr_due_request(c, x);
}

static struct rr_exchange *open_request(struct rr_conn *c, struct arrival *a)
{
    struct rr_exchange *x = enlist(c, rr_new_exchange(c), a);
    x->as.after = c->datagrams->waiting ? RR_NEVER : c->answer_end;
    become(c, a, x);
    x->request.ended_by = RR_BY_PDU;
    return x;
}

static void tell(struct rr_conn *c, struct arrival *a)
{
    struct rr_exchange *x = open_request(c, a);
    rr_prove(x, RR_PROOF_ALONE);
    rr_judge(c, x);
    rr_due(c, x, RR_ROW_REQUEST | RR_ROW_EXCHANGE);
    if (is_keyed(a))
        note_arrival(use_key(c, a, x), a);
}

/* What waited with the same key is not waited for any more. */
static void ask(struct rr_conn *c, struct arrival *a, const struct rr_asked *before)
{
    bool waited = before && waits(before->newest.exchange);
    if (waited)
        give_up(c, before->newest.exchange, RR_BY_NEXT);
    struct rr_exchange *x = open_request(c, a);
    struct rr_asked *k = use_key(c, a, x);
    k->doubtful = waited && !(a->does & RR_PDU_NEWEST);
    if (a->does & RR_PDU_QUIET)
        rr_prove(x, RR_PROOF_QUIET);
    note_arrival(k, a);
    c->datagrams->waiting++;
    if (is_keyed(a))
        x->request.depth = (uint16_t)MIN(c->datagrams->waiting, UINT16_MAX);
    if (!rr_timer_is_set(&c->waiting))
        rr_timer_set(&c->shared->waiting, c, x->request.last_time);
}

static uint8_t proof_of(const struct rr_asked *k, const struct arrival *a)
{
    if (k->doubtful)
        return RR_PROOF_LOST;
    return is_keyed(a) ? RR_PROOF_ACK | RR_PROOF_ALL | RR_PROOF_FIRST | RR_PROOF_SAW : 0;
}

static void answer(struct rr_conn *c, struct arrival *a, struct rr_asked *k)
{
    struct rr_exchange *x = k->newest.exchange;
    c->datagrams->waiting -= waits(x);
    become(c, a, x);
    rr_prove(x, proof_of(k, a));
    rr_end(c, RR_SERVER, x, RR_BY_PDU);
    rr_due_request(c, x);
    c->answer_end = x->response.last_time;
}

static void answer_unasked(struct rr_conn *c, struct arrival *a)
{
    struct rr_exchange *x = enlist(c, rr_new_exchange(c), a);
    x->request.begin = x->request.end = c->datagrams->next[RR_CLIENT];
    x->request.ended_by = RR_BY_RESPONSE;
    become(c, a, x);
    rr_end(c, RR_SERVER, x, RR_BY_PDU);
    note_arrival(use_key(c, a, x), a);
}

static void push(struct rr_conn *c, struct arrival *a, const struct rr_exchange *before)
{
    struct rr_exchange *x = enlist(c, rr_new_push(c, c->datagrams->next[RR_CLIENT], before), a);
    become(c, a, x);
    rr_end(c, RR_SERVER, x, RR_BY_PDU);
}

/* Its bytes are in the connection's sum alone.  One that comes after the answer was overtaken by that. */
static void note_interim(struct rr_conn *c, struct arrival *a, struct rr_exchange *x)
{
    if (!rr_noted(x, RR_NOTE_INTERIM) && !rr_exists(&x->response)) {
        rr_changes(c, x, RR_SERVER);
        rr_add_note(c, x, RR_NOTE_INTERIM, a->datagram->at.time, a->datagram->at.time);
    }
    take(c, a, x);
}

/* An answer to what was answered differently before is a push, as is an interim one to nothing. */
static void hear(struct rr_conn *c, struct arrival *a, struct rr_asked *k)
{
    bool interim = a->does & RR_PDU_INTERIM;
    struct rr_exchange *x = k ? k->newest.exchange : NULL;
    bool answered = x && rr_exists(&x->response);
    if (!k && !interim)
        answer_unasked(c, a);
    else if (k && interim)
        note_interim(c, a, x);
    else if (!k || answered)
        push(c, a, x);
    else
        answer(c, a, k);
    if (k && !(interim && answered))
        note_arrival(k, a);
}

/* The message at that place once more. */
static uint32_t repeat(struct rr_conn *c, const struct arrival *a)
{
    struct rr_exchange *x = rr_spans_holder(&c->datagrams->spans[a->side], a->at.begin);
    struct rr_message *m = rr_side_of(x, a->side);
    rr_thaw(c, x, a->side);
    m->repeats++;
    c->facts.repeats[a->side]++;
    int64_t first = rr_seen(m) ? m->first_time : rr_noted(x, RR_NOTE_INTERIM)->from;
    return rr_microseconds(first, a->datagram->at.time);
}

static void note_time(struct rr_conn *c, struct rr_point at)
{
    if (!c->started)
        c->facts.first = at;
    c->facts.last = at;
    c->started = c->stale = true;
}

struct rr_verdict rr_datagrams_feed(struct rr_conn *c, const struct rr_datagram *d)
{
    int side = d->end == c->client ? RR_CLIENT : RR_SERVER;
    struct arrival a = { .datagram = d, .side = side, .does = d->does[side], .hash = hash_of(d) };
    a.key = is_keyed(&a) ? d->key[side] : 0;
    struct rr_asked *k = find_asked(c, &a);
    uint32_t cost = 0;
    note_time(c, d->at);
    const struct rr_said *said = said_in(c, k, &a);
    if (said) {
        a.at = said->at[side];
        cost = repeat(c, &a);
    } else if (is_alone(&a) && side == RR_CLIENT)
        tell(c, &a);
    else if (is_alone(&a))
        push(c, &a, NULL);
    else if (side == RR_CLIENT)
        ask(c, &a, k);
    else
        hear(c, &a, k);
    uint32_t length = (uint32_t)(a.at.end - a.at.begin);
    return (struct rr_verdict){ .connection = &c->facts,
                                .begin = a.at.begin,
                                .len = length,
                                .take = a.fresh ? length : 0,
                                .cost = cost,
                                .side = (uint8_t)side,
                                .fresh = a.fresh,
                                .repeat = !a.fresh };
}

void rr_datagrams_waited(struct rr_conn *c)
{
    struct rr_datagrams *d = c->datagrams;
    struct rr_pending *pending = &d->pending;
    guint i = pending->first;
    for (; i < pending->list.len; i++) {
        struct rr_exchange *x = pending->list.at[i];
        if (!waits(x))
            continue;
        if (rr_span(x->request.last_time, c->shared->now.time) <= c->shared->waiting.wait) {
            rr_timer_set(&c->shared->waiting, c, x->request.last_time);
            break;
        }
        give_up(c, x, RR_BY_QUIET);
    }
    rr_pending_pass(pending, i);
}

/* What was not answered by the end of the capture may be so later: it stays open. */
void rr_datagrams_end(struct rr_conn *c, enum rr_ended_by why)
{
    struct rr_datagrams *d = c->datagrams;
    struct rr_pending *pending = &d->pending;
    for (guint i = pending->first; i < pending->list.len; i++) {
        struct rr_exchange *x = pending->list.at[i];
        if (!waits(x) || x->part)
            continue;
        rr_give_up(c, x, why);
        rr_due_request(c, x);
    }
    rr_timer_clear(&c->waiting);
}

int64_t rr_datagrams_open(struct rr_datagrams *d, int side)
{
    int64_t open = d->next[side];
    struct rr_pending *pending = &d->pending;
    for (guint i = pending->first; i < pending->list.len; i++) {
        const struct rr_exchange *x = pending->list.at[i];
        const struct rr_message *m = side == RR_CLIENT ? &x->request : &x->response;
        if (rr_exists(m) && !(x->part || m->part))
            open = MIN(open, m->begin);
    }
    rr_pending_pass(pending, pending->list.len);
    return open;
}
