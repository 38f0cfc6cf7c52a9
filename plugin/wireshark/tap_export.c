#include "wireshark/tap_export.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "wireshark/compat.h"
#include <epan/packet.h>
#include <epan/stat_tap_ui.h>
#include <epan/tap.h>

#include "wireshark/postdissector.h"
#include "write/options.h"
#include "write/writer.h"

static const char command[] = "reqresp,export";

enum { EXIT_REFUSED = 1, EXIT_LOST = 2 };

struct export
{
    enum rr_noun noun;
    struct rr_writer *writer;
    size_t next;          /* report to be printed */
    GHashTable *selected; /* what the filter chose, by key_of(); NULL: everything is */
    bool buffered;        /* nobody waits for a row at the other end ... */
    bool flushed;         /* ... else the head goes out with the first frame */
};

static G_NORETURN void refuse(const char *why)
{
    fprintf(stderr, "tshark: -z %s: %s\n", command, why);
    exit(EXIT_REFUSED);
}

/* What a filter chooses by: a connection where connections are the rows, else an exchange or push. */
static gpointer key_of(const struct export *e, const struct rr_connection *c, const struct rr_exchange *x)
{
    return e->noun == RR_CONNECTIONS ? GUINT_TO_POINTER(c->stream + 1) : (gpointer)x;
}

static void print_report(struct export *e, const struct rr_report *r)
{
    if (e->selected && !g_hash_table_contains(e->selected, key_of(e, r->connection, r->live)))
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
        if (kinds[i].noun != e->noun || !(r->rows & kinds[i].row))
            continue;
        struct rr_row row = { .connection = r->connection, .exchange = r->exchange };
        if (kinds[i].row == RR_ROW_REQUEST)
            row.message = &r->exchange->request;
        if (kinds[i].row == RR_ROW_RESPONSE)
            row.message = &r->exchange->response;
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

static void flush(struct export *e)
{
    char *error;
    e->flushed = true;
    if (rr_writer_flush(e->writer, &error))
        return;
    fprintf(stderr, "tshark: -z %s: standard output: %s\n", command, error);
    exit(EXIT_LOST);
}

static tap_packet_status print(void *exporting, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                               const void *data, tap_flags_t flags _U_)
{
    struct export *e = exporting;
    const struct rr_tapped *tapped = data;
    bool due = print_due(e, tapped->frame);
    if (!e->buffered && (due || !e->flushed))
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
    for (size_t i = 0; i < tapped->verdicts.count; i++) {
        const struct rr_verdict *v = &tapped->verdicts.first[i];
        if (e->noun == RR_CONNECTIONS)
            g_hash_table_add(e->selected, key_of(e, v->connection, NULL));
        else if (v->len)
            rr_verdict_messages(v, select_exchange, e);
    }
    return TAP_PACKET_DONT_REDRAW;
}

static void finish(struct export *e)
{
    if (!rr_capture_tracker())
        return;
    print_due(e, UINT32_MAX);
    flush(e);
}

/* In tshark once, after the last frame. */
static void draw(void *exporting)
{
    if (rr_capture_tracker())
        rr_tracker_finish(rr_capture_tracker(), RR_BY_END);
    finish(exporting);
}

/* The file is closed, or tshark begins a new session within it: frames and reports count from 1 again. */
static void capture_ended(void *exporting)
{
    struct export *e = exporting;
    finish(e);
    e->next = 0;
    if (e->selected)
        g_hash_table_remove_all(e->selected);
}

static bool is_regular_file(FILE *stream)
{
    struct stat s;
    return fstat(fileno(stream), &s) == 0 && S_ISREG(s.st_mode);
}

static void listen(struct export *e, const char *filter, tap_packet_cb packet, tap_draw_cb done)
{
    GString *error = register_tap_listener(RR_TAP, e, filter, TL_REQUIRES_NOTHING, NULL, packet, done, NULL);
    if (error)
        refuse(g_strdelimit(error->str, "\r\n", ' '));
}

static rr_stat_start start(const char *argument, void *user _U_)
{
    static bool taken;
    struct rr_options options;
    char *error;
    if (!rr_options_parse(argument + strlen(command), &options, &error))
        refuse(error);
    if (taken)
        refuse("standard output takes one export; this is the second");
    taken = true;

    struct export *e = g_new0(struct export, 1);
    e->noun = options.rows;
    e->writer = rr_writer_new(stdout, options.rows, options.time);
    e->buffered = is_regular_file(stdout);
    /* The listener that came last is called first: a frame is chosen by before its rows are printed. */
    listen(e, NULL, print, draw);
    if (options.filter) {
        e->selected = g_hash_table_new(NULL, NULL);
        listen(e, options.filter, choose, NULL);
    }
    rr_capture_on_end(capture_ended, e);
    RR_STAT_STARTED;
}

void rr_tap_export_register(void)
{
    static stat_tap_ui ui = { REGISTER_PACKET_STAT_GROUP_UNSORTED, NULL, command, start, 0, NULL };
    register_stat_tap_ui(&ui, NULL);
}
