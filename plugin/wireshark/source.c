#include "wireshark/source.h"

#include <glib/gstdio.h>
#include <string.h>

#include <epan/packet.h>
#include <epan/tvbuff.h>

#include "wireshark/watch.h"

/* Headers with their checksums tell frames apart; what lies behind is not worth the time. */
enum { BYTES_OF_A_FRAME = 128 };

static struct {
    struct rr_source told;
    unsigned session;
    char *run, *file, *digest;
    bool is_complete; /* the file is there as a whole */
    GChecksum *sum;   /* of the frames so far; NULL: none */
    uint32_t frame;   /* the last one noted */
} source;

static bool takes_value(char letter)
{
    return letter && strchr("aAbBcCdeEfFGHijJKMNoOrRsStTuUwWXyYz", letter);
}

/* The value of -r or --read-file, or of -i or --interface, among the words of a command; NULL: there is none.
 */
static const char *value_of(char **words, char letter, const char *name)
{
    for (char **word = words; *word; word++) {
        const char *w = *word;
        if (g_str_has_prefix(w, "--")) {
            size_t length = strlen(name);
            bool is_it = strncmp(w + 2, name, length) == 0;
            if (is_it && w[2 + length] == '=')
                return w + 2 + length + 1;
            if (is_it && !w[2 + length])
                return word[1];
            continue;
        }
        size_t i = *w == '-' ? 1 : 0;
        while (i && w[i] && !takes_value(w[i]))
            i++;
        if (!i || !w[i])
            continue;
        if (w[i] == letter)
            return w[i + 1] ? w + i + 1 : word[1];
        if (!w[i + 1] && word[1])
            word++;
    }
    return NULL;
}

/* Standard input, where it is a file. */
static char *standard_input(void)
{
    char *path = g_file_read_link("/proc/self/fd/0", NULL);
    bool is_file = path && g_file_test(path, G_FILE_TEST_IS_REGULAR);
    if (!is_file)
        g_clear_pointer(&path, g_free);
    return path;
}

/* The host does not tell its plugins what it reads: the system has the words it was started with.  NULL where
 * it does not. */
static char *name_of_source(void)
{
    char *line = NULL, *name = NULL;
    gsize length = 0;
    if (!g_file_get_contents("/proc/self/cmdline", &line, &length, NULL) || !length)
        return NULL;
    GPtrArray *words = g_ptr_array_new();
    for (gsize at = strlen(line) + 1; at < length; at += strlen(line + at) + 1)
        g_ptr_array_add(words, line + at);
    g_ptr_array_add(words, NULL);
    char **all = (char **)(void *)words->pdata;
    const char *file = value_of(all, 'r', "read-file"), *interface = value_of(all, 'i', "interface");
    if (file && strcmp(file, "-") == 0)
        name = standard_input();
    else if (file)
        name = g_canonicalize_filename(file, NULL);
    else
        name = g_strdup(interface);
    source.is_complete = file && name && g_file_test(name, G_FILE_TEST_IS_REGULAR);
    char *valid = name ? g_utf8_make_valid(name, -1) : NULL;
    g_free(name);
    g_ptr_array_free(words, TRUE);
    g_free(line);
    return valid;
}

/* Lives as long as the host knows its plugins; NULL stays NULL. */
static char *keep(char *text)
{
    if (!text)
        return NULL;
    char *kept = wmem_strdup(wmem_epan_scope(), text);
    g_free(text);
    return kept;
}

/* A new capture, or a new session within it. */
static void begin(void)
{
    static char *id;
    if (!id)
        id = keep(g_uuid_string_random());
    source.frame = 0;
    wmem_free(wmem_epan_scope(), source.run);
    wmem_free(wmem_epan_scope(), source.digest);
    source.digest = NULL;
    source.run = keep(g_strdup_printf("%s/%u", id, ++source.session));
    source.told = (struct rr_source){ .run = source.run, .file = source.file, .started = RR_NEVER };
}

void rr_source_register(void)
{
    register_init_routine(begin);
}

const struct rr_source *rr_source(void)
{
    if (!source.file)
        source.told.file = source.file = keep(name_of_source());
    if (!source.run)
        begin();
    return &source.told;
}

bool rr_source_is_complete(void)
{
    return rr_source()->file && source.is_complete;
}

bool rr_source_is(const char *path)
{
    GStatBuf one, other;
    return path && rr_source_is_complete() && g_stat(path, &one) == 0 && g_stat(source.file, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static void add_number(uint64_t number)
{
    number = GUINT64_TO_LE(number);
    g_checksum_update(source.sum, (const guchar *)&number, sizeof number);
}

void rr_source_note(const packet_info *pinfo, const epan_dissect_t *edt)
{
    if (source.frame == pinfo->num)
        return;
    int64_t time = rr_watch_point(pinfo).time;
    if (!source.told.frames++)
        source.told.started = time;
    source.frame = pinfo->num;
    if (!source.sum)
        source.sum = g_checksum_new(G_CHECKSUM_SHA256);
    unsigned length = MIN(tvb_captured_length(edt->tvb), BYTES_OF_A_FRAME);
    add_number((uint64_t)time);
    add_number(tvb_reported_length(edt->tvb));
    g_checksum_update(source.sum, tvb_get_ptr(edt->tvb, 0, (int)length), length);
}

void rr_source_end(void)
{
    if (!source.sum)
        return;
    source.told.digest = source.digest = keep(g_strdup(g_checksum_get_string(source.sum)));
    g_checksum_free(source.sum);
    source.sum = NULL;
}
