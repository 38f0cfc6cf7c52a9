#include "wireshark/objects.h"

#include <epan/export_object.h>
#include <epan/tap.h>

#include "exchange/endpoint.h"
#include "wireshark/assembly.h"
#include "wireshark/prefs.h"

/* Of one message: sizes of some of the host's interfaces are int. */
enum { LARGEST = G_MAXINT32 };

/* What the host and this file need for an entry beside its bytes, about. */
enum { ENTRY_COST = 256 };

static const char LEFT_OUT[] = "left-out.txt";

/* Fills one list of the host's. */
struct collector {
    export_object_list_t *list;
    uint32_t frame; /* the last one heard of */
    size_t next;    /* report to be told */
    size_t held;    /* memory that its entries take */
    uint64_t left_out;
    GPtrArray *waiting; /* entries that the host has not got yet */
};

static int tap;

static struct {
    GPtrArray *collectors;
    bool from_first_frame; /* lists were there as the first frame was read: tshark's, which are drawn when all
                              is */
    bool again;            /* the frame had been read before */
} objects;

static void free_entry(gpointer entry)
{
    eo_free_entry(entry);
}

static void free_collector(gpointer collector)
{
    struct collector *c = collector;
    g_ptr_array_set_free_func(c->waiting, free_entry);
    g_ptr_array_free(c->waiting, TRUE);
    g_free(c);
}

static struct collector *find_or_make(export_object_list_t *list)
{
    for (guint i = 0; i < objects.collectors->len; i++) {
        struct collector *c = g_ptr_array_index(objects.collectors, i);
        if (c->list == list)
            return c;
    }
    struct collector *c = g_new0(struct collector, 1);
    c->list = list;
    c->waiting = g_ptr_array_new();
    g_ptr_array_add(objects.collectors, c);
    return c;
}

static const char *kind_of(const struct rr_exchange *x, int side)
{
    if (rr_is_push(x))
        return "push";
    return side == RR_CLIENT ? "request" : "response";
}

/* Unique: a message has one row for each part, and pushes, which have no number of their own, an id. */
static char *file_name(const struct rr_exchange *x, int side, unsigned part, bool cut)
{
    const struct rr_exchange *numbered = rr_is_push(x) ? x->as.follows : x;
    char id[18] = "";
    if (rr_is_push(x))
        snprintf(id, sizeof id, "-%016" PRIx64, rr_exchange_id(x));
    return g_strdup_printf("exchange-%06u-%s%s-part-%u%s.bin", numbered ? numbered->number : 0,
                           kind_of(x, side), id, part, cut ? "-incomplete" : "");
}

static export_object_entry_t *entry_new(uint32_t frame, const char *kind, const void *bytes, size_t length)
{
    export_object_entry_t *entry = g_new0(export_object_entry_t, 1);
    entry->pkt_num = frame;
    entry->content_type = g_strdup(kind);
    entry->payload_len = length;
    entry->payload_data = g_memdup2(bytes, length);
    return entry;
}

static bool has_room(const struct collector *c, const struct rr_message *m)
{
    size_t most = rr_prefs_objects_max();
    return m->bytes <= LARGEST && m->bytes <= most && c->held + ENTRY_COST <= most - m->bytes;
}

/* Whole or not at all, as far as it was captured. */
static void add(struct collector *c, const struct rr_connection *connection, const struct rr_exchange *x,
                int side, unsigned part)
{
    const struct rr_message *m = side == RR_CLIENT ? &x->request : &x->response;
    if (!m->bytes)
        return;
    struct rr_bytes bytes = rr_assembly_bytes(x, connection, side, LARGEST);
    bool kept_all = bytes.length >= m->bytes || !rr_assembly_refused();
    if (!kept_all || !has_room(c, m)) {
        c->left_out++;
        return;
    }
    if (!bytes.length)
        return;
    export_object_entry_t *entry = entry_new(m->first_frame, kind_of(x, side), bytes.at, bytes.length);
    entry->hostname = rr_endpoint_text(&connection->end[RR_SERVER]);
    entry->filename = file_name(x, side, part, bytes.cut);
    g_ptr_array_add(c->waiting, entry);
    c->held += bytes.length + ENTRY_COST;
}

static void add_what_is_left_out(struct collector *c)
{
    if (!c->left_out)
        return;
    char *text = g_strdup_printf("%" PRIu64 " messages are not among these files, which may take %zu MB of "
                                 "memory (preference reqresp.objects_max).\n"
                                 "tshark -z reqresp,export,payload=base64 has no such limit.\n",
                                 c->left_out, rr_prefs_objects_max() >> 20);
    export_object_entry_t *entry = entry_new(c->frame, "text/plain", text, strlen(text));
    entry->hostname = g_strdup("");
    entry->filename = g_strdup(LEFT_OUT);
    g_ptr_array_add(c->waiting, entry);
    g_free(text);
}

/* tshark goes through the whole list for each that it appends: where no other memory comes between its links
 * that takes a fifth of the time, so there it is done once and for all. */
static void hand_over(struct collector *c)
{
    for (guint i = 0; i < c->waiting->len; i++)
        c->list->add_entry(c->list->gui_data, g_ptr_array_index(c->waiting, i));
    g_ptr_array_set_size(c->waiting, 0);
}

static void add_rows(struct collector *c, const struct rr_exchange *x, const struct rr_connection *connection,
                     uint8_t rows, unsigned further)
{
    if (rows & RR_ROW_REQUEST)
        add(c, connection, x, RR_CLIENT, x->request.part + further);
    if (rows & RR_ROW_RESPONSE)
        add(c, connection, x, RR_SERVER, x->response.part + further);
}

static void add_due(struct collector *c, uint32_t frame)
{
    const struct rr_tracker *t = rr_capture_tracker();
    for (; c->next < rr_tracker_report_count(t); c->next++) {
        struct rr_report r = rr_tracker_report(t, c->next);
        if (r.frame > frame)
            break;
        if (r.exchange)
            add_rows(c, r.exchange, r.connection, r.rows, 0);
    }
}

static void add_owed_of(const struct rr_exchange *x, void *collector)
{
    add_rows(collector, x, x->connection, rr_tracker_owed(x), 1);
}

static void ignore(const struct rr_connection *connection _U_, void *collector _U_)
{
}

/* With what the end of the capture makes due.  A window must not change what others show, so nothing is
 * reported. */
static void add_rest(struct collector *c)
{
    static const struct rr_visitor visitor = { ignore, add_owed_of };
    add_due(c, UINT32_MAX);
    rr_tracker_visit(rr_capture_tracker(), &visitor, c);
    add_what_is_left_out(c);
}

/* Comes before the host's, which writes the files: of listeners the last to be registered is drawn first. */
static void draw(void *user _U_)
{
    for (guint i = 0; i < objects.collectors->len; i++) {
        struct collector *c = g_ptr_array_index(objects.collectors, i);
        if (objects.from_first_frame && rr_capture_tracker())
            add_rest(c);
        hand_over(c);
    }
    if (objects.from_first_frame)
        g_ptr_array_set_size(objects.collectors, 0);
}

static void listen_for_the_end(void)
{
    static bool listening;
    if (listening)
        return;
    GString *error =
        register_tap_listener(RR_TAP, &objects, NULL, TL_REQUIRES_NOTHING, NULL, NULL, draw, NULL);
    if (error)
        g_string_free(error, TRUE);
    listening = true;
}

/* The host emptied its list. */
static void begin_again(struct collector *c)
{
    for (guint i = 0; i < c->waiting->len; i++)
        eo_free_entry(g_ptr_array_index(c->waiting, i));
    g_ptr_array_set_size(c->waiting, 0);
    c->next = 0;
    c->held = 0;
    c->left_out = 0;
}

static tap_packet_status collect(void *list, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                 const void *data, tap_flags_t flags _U_)
{
    struct collector *c = find_or_make(list);
    const struct rr_tapped *tapped = data;
    if (tapped->frame <= c->frame)
        begin_again(c);
    c->frame = tapped->frame;
    add_due(c, tapped->frame);
    if (objects.from_first_frame)
        return TAP_PACKET_DONT_REDRAW;
    if (objects.again && tapped->frame == rr_capture_last_frame())
        add_rest(c);
    hand_over(c);
    return TAP_PACKET_REDRAW;
}

/* The file is closed; or tshark begins another session within it: frames count from 1 again. */
static void capture_ended(void *user _U_)
{
    for (guint i = objects.collectors->len; i-- > 0;) {
        struct collector *c = g_ptr_array_index(objects.collectors, i);
        if (objects.from_first_frame)
            add_due(c, UINT32_MAX);
        c->frame = 0;
        c->next = 0;
        if (!objects.from_first_frame && !c->waiting->len)
            g_ptr_array_remove_index(objects.collectors, i);
    }
    objects.from_first_frame = false;
}

static size_t most_wanted(void)
{
    return have_tap_listener(tap) ? rr_prefs_objects_max() : 0;
}

bool rr_objects_wanted(void)
{
    return have_tap_listener(tap);
}

void rr_objects_tell(packet_info *pinfo, struct rr_tapped *tapped)
{
    objects.again = PINFO_FD_VISITED(pinfo); /* listeners hear of a frame when its flag says so anyhow */
    if (pinfo->num == 1 && !objects.again) {
        objects.from_first_frame = true;
        listen_for_the_end();
    }
    tap_queue_packet(tap, pinfo, tapped);
}

void rr_objects_register(int proto)
{
    objects.collectors = g_ptr_array_new_with_free_func(free_collector);
    tap = register_export_object(proto, collect, NULL);
    rr_assembly_want_while(most_wanted);
    rr_capture_on_end(capture_ended, NULL);
}
