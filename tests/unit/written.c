#include "written.h"

#include <glib/gstdio.h>
#include <unistd.h>

struct rr_options *options_of(const char *text)
{
    char *error = NULL;
    struct rr_options *o = rr_options_parse(text, &error);
    g_assert_cmpstr(error, ==, NULL);
    g_assert_nonnull(o);
    return o;
}

char *written_by(const char *options, void (*write)(struct rr_writer *w, void *user), void *user)
{
    char *error = NULL, *text = NULL, *path = NULL;
    int fd = g_file_open_tmp("reqresp-XXXXXX", &path, NULL);
    char *all = g_strdup_printf(",to=%s%s", path, options);
    struct rr_options *o = options_of(all);
    struct rr_writer *w = rr_writer_new(o, NULL, &error);
    g_assert_cmpstr(error, ==, NULL);
    write(w, user);
    g_assert_true(rr_writer_finish(w, &error));
    rr_writer_free(w, true);
    rr_options_free(o);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_unlink(path);
    close(fd);
    g_free(path);
    g_free(all);
    return text;
}

struct repetition {
    const struct rr_row *row;
    int times;
};

static void repeat(struct rr_writer *w, void *user)
{
    const struct repetition *r = user;
    for (int i = 0; i < r->times; i++)
        rr_writer_row(w, r->row);
}

char *written(const char *options, const struct rr_row *row, int rows)
{
    return written_by(options, repeat, &(struct repetition){ row, rows });
}
