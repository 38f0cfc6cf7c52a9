#include "wireshark/tap_export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wireshark/compat.h"
#include <epan/packet.h>
#include <epan/stat_tap_ui.h>
#include <epan/tap.h>

#include "wireshark/assembly.h"
#include "wireshark/postdissector.h"
#include "wireshark/source.h"
#include "write/writer.h"

static const char command[] = "reqresp,export";

enum { EXIT_REFUSED = 1, EXIT_LOST = 2 };

/* How long rows wait at most for others to go out with them, while frames come in: where nobody looks before
 * the end, and where somebody may, but what is read happened long ago. */
static const gint64 LONGEST_WAIT_US = 500000, LONGEST_LOOK_US = 50000;

struct export
{
    struct rr_options *options;
    struct rr_writer *writer;
    size_t next;          /* report to be printed */
    GHashTable *selected; /* what the filter chose, by key_of(); NULL: everything is */
    GByteArray *passed;   /* a bit of each frame, from 0: it passes the filter */
    bool flushed;         /* once: the head goes out with the first frame */
    gint64 flushed_at;    /* by the clock of the machine, microseconds */
    gint64 longest_wait;  /* 0: rows go out as they are due */
};

/* All of this run. */
static GPtrArray *exports;

static void say(const char *what)
{
    fprintf(stderr, "tshark: -z %s: %s\n", command, what);
}

/* Nothing that was begun is left. */
static G_NORETURN void refuse(const char *why)
{
    for (guint i = 0; exports && i < exports->len; i++)
        rr_writer_free(((struct export *)exports->pdata[i])->writer, true);
    say(why);
    exit(EXIT_REFUSED);
}

/* What a filter chooses by: a connection where connections are the rows, else an exchange or push. */
static gpointer key_of(const struct export *e, const struct rr_connection *c, const struct rr_exchange *x)
{
    return e->options->rows == RR_CONNECTIONS ? GSIZE_TO_POINTER(rr_connection_place(c) + 1) : (gpointer)x;
}

static bool has_passed(const struct export *e, uint32_t frame)
{
    return frame / 8 < e->passed->len && e->passed->data[frame / 8] & 1 << frame % 8;
}

static void note_passed(struct export *e, uint32_t frame)
{
    guint before = e->passed->len;
    if (frame / 8 >= before) {
        g_byte_array_set_size(e->passed, MAX(frame / 8 + 1, 2 * before));
        memset(e->passed->data + before, 0, e->passed->len - before);
    }
    e->passed->data[frame / 8] |= (guint8)(1 << frame % 8);
}

/* What is known only when its frames are long gone was not there to be chosen with them. */
static bool is_selected(const struct export *e, const struct rr_report *r)
{
    if (!e->selected || g_hash_table_contains(e->selected, key_of(e, r->connection, r->live)))
        return true;
    const struct rr_exchange *x = e->options->rows == RR_CONNECTIONS ? NULL : r->exchange;
    return x && (has_passed(e, x->request.first_frame) || has_passed(e, x->request.last_frame) ||
                 has_passed(e, x->response.first_frame) || has_passed(e, x->response.last_frame));
}

static const struct rr_bytes *assemble(const struct export *e, const struct rr_report *r,
                                       struct rr_bytes payload[2])
{
    for (int side = 0; side < 2; side++)
        payload[side] = rr_assembly_bytes(r->exchange, r->connection, side, e->options->payload_max);
    return payload;
}

static void print_report(struct export *e, const struct rr_report *r)
{
    if (!is_selected(e, r))
        return;
    static const struct {
        enum rr_noun noun;
        uint8_t row;
    } kinds[] = {
        { RR_MESSAGES, RR_ROW_REQUEST },
        { RR_MESSAGES, RR_ROW_RESPONSE },
        { RR_EXCHANGES, RR_ROW_EXCHANGE },
        { RR_CONNECTIONS, RR_ROW_CONNECTION },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].noun != e->options->rows || !(r->rows & kinds[i].row))
            continue;
        struct rr_bytes payload[2];
        struct rr_row row = { .connection = r->connection, .exchange = r->exchange };
        if (kinds[i].row == RR_ROW_REQUEST)
            row.message = &r->exchange->request;
        if (kinds[i].row == RR_ROW_RESPONSE)
            row.message = &r->exchange->response;
        if (e->options->with_payload)
            row.payload = assemble(e, r, payload);
        rr_writer_row(e->writer, &row);
    }
}

/* Prints the reports that were due by a frame, each once: a retap has nothing new to say.  True where there
 * were any. */
static bool print_due(struct export *e, uint32_t frame)
{
    const struct rr_tracker *t = rr_capture_tracker();
    size_t before = e->next, count = rr_tracker_report_count(t);
    for (; e->next < count; e->next++) {
        struct rr_report r = rr_tracker_report(t, e->next);
        if (r.frame > frame)
            break;
        print_report(e, &r);
    }
    return e->next > before;
}

static G_NORETURN void give_up(const char *error)
{
    say(error);
    exit(EXIT_LOST);
}

static void flush(struct export *e)
{
    char *error = NULL;
    e->flushed = true;
    e->flushed_at = g_get_monotonic_time();
    if (!rr_writer_flush(e->writer, &error))
        give_up(error);
}

static bool waited_enough(const struct export *e)
{
    return rr_writer_is_waiting(e->writer) && g_get_monotonic_time() - e->flushed_at >= e->longest_wait;
}

static tap_packet_status print(void *exporting, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                               tap_flags_t flags _U_)
{
    struct export *e = exporting;
    const struct rr_tapped *tapped = data;
    if (rr_writer_notes_source(e->writer))
        rr_source_note(pinfo, edt);
    bool due = print_due(e, tapped->frame);
    bool now = e->longest_wait ? waited_enough(e) : due || !e->flushed;
    if (now)
        flush(e);
    return TAP_PACKET_DONT_REDRAW;
}

static void select_exchange(const struct rr_exchange *x, const struct rr_message *m _U_, bool fresh _U_,
                            void *exporting)
{
    const struct export *e = exporting;
    g_hash_table_add(e->selected, key_of(e, x->connection, x));
}

/* Called for the frames that pass the filter. */
static tap_packet_status choose(void *exporting, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                const void *data, tap_flags_t flags _U_)
{
    struct export *e = exporting;
    const struct rr_tapped *tapped = data;
    if (tapped->frame)
        note_passed(e, tapped->frame);
    for (size_t i = 0; i < tapped->verdicts.count; i++) {
        const struct rr_verdict *v = &tapped->verdicts.first[i];
        if (e->options->rows == RR_CONNECTIONS)
            g_hash_table_add(e->selected, key_of(e, v->connection, NULL));
        else if (v->len)
            rr_verdict_messages(v, select_exchange, e);
    }
    return TAP_PACKET_DONT_REDRAW;
}

/* In tshark once, after the last frame. */
static void end_capture(struct export *e)
{
    char *error = NULL;
    print_due(e, UINT32_MAX);
    rr_source_end();
    if (!rr_writer_end_capture(e->writer, &error))
        give_up(error);
}

static void remark_on_numbers(void)
{
    if (rr_capture_is_renumbered())
        say("a frame that -R drops has the number of the next: frame numbers, and by rules bytes and times, "
            "can be wrong; give the filter to the export instead");
}

static void draw(void *exporting)
{
    struct export *e = exporting;
    char *error = NULL;
    if (!rr_capture_tracker())
        return;
    rr_tracker_finish(rr_capture_tracker(), RR_BY_END);
    end_capture(e);
    if (!rr_writer_finish(e->writer, &error))
        give_up(error);
    char *remark = rr_writer_remark(e->writer);
    if (remark)
        say(remark);
    g_free(remark);
    remark_on_numbers();
}

/* The file is closed, or tshark begins a new session within it: frames and reports count from 1 again. */
static void capture_ended(void *exporting)
{
    struct export *e = exporting;
    end_capture(e);
    e->next = 0;
    if (e->selected)
        g_hash_table_remove_all(e->selected);
    if (e->passed)
        g_byte_array_set_size(e->passed, 0);
}

static void listen(struct export *e, const char *filter, tap_packet_cb packet, tap_draw_cb done)
{
    GString *error = register_tap_listener(RR_TAP, e, filter, TL_REQUIRES_NOTHING, NULL, packet, done, NULL);
    if (!error)
        return;
    g_strdelimit(error->str, "\r\n", ' ');
    if (error->len && error->str[error->len - 1] == '.')
        g_string_truncate(error, error->len - 1);
    g_string_append(
        error, "; what is no option is taken for the filter, and -z reqresp,export,help lists the options");
    refuse(error->str);
}

static void print_help(void)
{
    char *help = rr_options_help();
    fputs(help, stdout);
    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_LOST);
}

static G_NORETURN void refuse_place(const char *to, const char *why)
{
    char *printable = g_strescape(to, NULL);
    refuse(g_strdup_printf("\"to=%s\" names %s", printable, why));
}

/* Two exports would mix their rows, or the second would overwrite the first. */
static void refuse_same_place(const struct export *e)
{
    for (guint i = 0; i < exports->len; i++) {
        const struct export *other = exports->pdata[i];
        if (!rr_writers_collide(other->options, e->options))
            continue;
        if (e->options->to)
            refuse_place(e->options->to, "a file that another export is written to");
        refuse("standard output takes one export; this is the second");
    }
}

/* The protocol can be switched off for good, in the profile. */
static void remark_on_silence(void)
{
    int proto = proto_get_id_by_filter_name("reqresp");
    if (!proto_is_protocol_enabled(find_protocol_by_id(proto)))
        say("there will be no rows: the protocol reqresp is disabled; to enable it say --enable-protocol "
            "reqresp");
}

static rr_stat_start start(const char *argument, void *user _U_)
{
    char *error = NULL;
    struct export *e = g_new0(struct export, 1);
    e->options = rr_options_parse(argument + strlen(command), &error);
    if (!e->options)
        refuse(error);
    if (e->options->help)
        print_help();
    if (!exports)
        exports = g_ptr_array_new();
    refuse_same_place(e);
    if (rr_source_is(e->options->to))
        refuse_place(e->options->to, "the capture that is read");
    remark_on_silence();

    /* The listener that came last is called first: a frame is chosen by before its rows are printed. */
    listen(e, NULL, print, draw);
    if (e->options->filter) {
        e->selected = g_hash_table_new(NULL, NULL);
        e->passed = g_byte_array_new();
        listen(e, e->options->filter, choose, NULL);
    }
    e->writer = rr_writer_new(e->options, rr_source(), &error);
    if (!e->writer)
        refuse(error);
    if (rr_writer_may_wait(e->writer))
        e->longest_wait = LONGEST_WAIT_US;
    else if (rr_source_is_complete())
        e->longest_wait = LONGEST_LOOK_US;
    if (e->options->with_payload)
        rr_assembly_want(e->options->payload_max);
    g_ptr_array_add(exports, e);
    rr_capture_on_end(capture_ended, e);
    RR_STAT_STARTED;
}

void rr_tap_export_register(void)
{
    static stat_tap_ui ui = { REGISTER_PACKET_STAT_GROUP_UNSORTED, NULL, command, start, 0, NULL };
    register_stat_tap_ui(&ui, NULL);
}
