#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "measure/snapshot.h"
#include "measure/stat_options.h"
#include "wireshark/compat.h"
#include <epan/stat_tap_ui.h>

#include "wireshark/prefs.h"
#include "wireshark/source.h"
#include "wireshark/tables.h"
#include "wireshark/taps.h"

enum { EXIT_REFUSED = 1, EXIT_LOST = 2 };

/* A snapshot takes no more than one part of the time in so many. */
enum { TIME_SHARE = 10 };

struct kind {
    const char *command;
    void (*write)(GString *out, struct rr_groups *by_server);
    const char *end; /* what else stands at the end of the text */
    bool needs_file;
};

static const struct kind kinds[] = {
    { "reqresp,json", rr_snapshot_json, "\n", false },
    { "reqresp,metrics", rr_snapshot_openmetrics, "", true },
};

struct snapshot {
    const struct kind *kind;
    char *file;    /* NULL: standard output */
    int64_t every; /* ns; 0: at the end only */
    gint64 due;    /* us, on the clock that never goes back */
};

static G_NORETURN void stop(const struct kind *kind, const char *why, int status)
{
    fprintf(stderr, "tshark: -z %s: %s\n", kind->command, why);
    exit(status);
}

/* A reader sees the old file or the new one, whole. */
static void replace(const struct snapshot *s, const GString *text, int status_of_failure)
{
    struct stat there;
    GError *error = NULL;
    if (stat(s->file, &there) == 0 && !S_ISREG(there.st_mode)) {
        char *why = g_strdup_printf("%s is not a regular file", s->file);
        stop(s->kind, why, status_of_failure);
    }
    if (!g_file_set_contents_full(s->file, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
                                  &error))
        stop(s->kind, g_strdelimit(error->message, "\r\n", ' '), status_of_failure);
}

static void print(const struct snapshot *s, const GString *text)
{
    if (fwrite(text->str, 1, text->len, stdout) == text->len && fflush(stdout) == 0)
        return;
    stop(s->kind, "standard output takes no more", EXIT_LOST);
}

static void *begin(void)
{
    return rr_groups_new(RR_BY_SERVER, rr_prefs_slow());
}

static void write_snapshot(const struct snapshot *s, struct rr_groups *by_server, int status_of_failure)
{
    GString *text = g_string_new(NULL);
    rr_groups_sort(by_server);
    s->kind->write(text, by_server);
    g_string_append(text, s->kind->end);
    if (s->file)
        replace(s, text, status_of_failure);
    else
        print(s, text);
    g_string_free(text, TRUE);
}

static void show(void *snapshot, void *by_server)
{
    write_snapshot(snapshot, by_server, EXIT_LOST);
}

static const struct rr_statistic statistic = { &rr_group_counter, begin, show, true };

static tap_packet_status tapped(void *snapshot, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                const void *frame, tap_flags_t flags _U_)
{
    return rr_tables_tapped(&statistic, snapshot, frame);
}

static void draw(void *snapshot)
{
    rr_tables_show(&statistic, snapshot);
}

static tap_packet_status tick(void *ticking, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                              const void *frame _U_, tap_flags_t flags _U_)
{
    struct snapshot *s = *(struct snapshot **)ticking;
    gint64 now = g_get_monotonic_time();
    if (now < s->due)
        return TAP_PACKET_DONT_REDRAW;
    rr_tables_show(&statistic, s);
    gint64 took = g_get_monotonic_time() - now;
    s->due = now + MAX(s->every / 1000, TIME_SHARE * took);
    return TAP_PACKET_DONT_REDRAW;
}

static void listen(const struct kind *kind, void *data, const char *filter, tap_packet_cb packet,
                   tap_draw_cb drawn)
{
    GString *error =
        register_tap_listener(RR_TAP, data, filter, TL_REQUIRES_NOTHING, NULL, packet, drawn, NULL);
    if (error)
        stop(kind, g_strdelimit(error->str, "\r\n", ' '), EXIT_REFUSED);
}

static bool set_every(void *snapshot, const char *value)
{
    return rr_stat_option_interval(value, &((struct snapshot *)snapshot)->every);
}

static bool set_file(void *snapshot, const char *value)
{
    struct snapshot *s = snapshot;
    g_free(s->file);
    s->file = g_strdup(value);
    return *value != '\0';
}

static const struct rr_stat_option options[] = {
    { "every", "an interval such as 10s, 500ms or 250us", set_every },
    { "to", "the name of a file", set_file },
};

static rr_stat_start start(const char *argument, void *user)
{
    const struct kind *kind = user;
    struct snapshot *s = g_new0(struct snapshot, 1);
    const char *filter;
    char *error;
    s->kind = kind;
    if (!rr_stat_options_parse(argument + strlen(kind->command), options, G_N_ELEMENTS(options), s, &filter,
                               &error))
        stop(kind, error, EXIT_REFUSED);
    if (kind->needs_file && !s->file)
        stop(kind, "wants a file: to=FILE", EXIT_REFUSED);
    if (rr_source_is(s->file))
        stop(kind, "to= names the capture that is read", EXIT_REFUSED);

    rr_tables_open();
    listen(kind, s, filter, tapped, draw);
    if (s->every) {
        struct snapshot **ticking = g_memdup2(&s, sizeof s); /* a listener goes by its data */
        s->due = g_get_monotonic_time() + s->every / 1000;
        listen(kind, ticking, NULL, tick, NULL);
    }
    if (s->file) {
        struct rr_groups *nothing = begin();
        write_snapshot(s, nothing, EXIT_REFUSED);
        rr_groups_free(nothing);
    }
    RR_STAT_STARTED;
}

void rr_tap_snapshot_register(void)
{
    static stat_tap_ui uis[G_N_ELEMENTS(kinds)];
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        uis[i] = (stat_tap_ui){ REGISTER_PACKET_STAT_GROUP_UNSORTED, NULL, kinds[i].command, start, 0, NULL };
        register_stat_tap_ui(&uis[i], (void *)&kinds[i]);
    }
}
