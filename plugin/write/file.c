#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "write/place.h"
#include "write/sink.h"

/* Standard output, or a file that has its name only once it is whole. */
struct file {
    FILE *stream;
    char *target, *partial; /* NULL where it is written in place */
    bool is_regular;
};

/* What the last call has left in errno; never 0. */
static bool fail(char **why)
{
    *why = g_strdup(g_strerror(errno ? errno : EIO));
    return false;
}

/* -1, and errno says why. */
static int open_partial(struct file *f, const struct stat *old)
{
    f->partial = g_strconcat(f->target, ".part", NULL);
    if (old && access(f->target, W_OK) != 0)
        return -1;
    int fd = open(f->partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd >= 0 && old && fchmod(fd, old->st_mode & 0777) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int open_path(struct file *f, const char *path)
{
    struct stat old;
    bool exists = stat(path, &old) == 0;
    if (exists && !S_ISREG(old.st_mode))
        return open(path, O_WRONLY | O_CLOEXEC);
    f->target = rr_place(path);
    return open_partial(f, exists ? &old : NULL);
}

static void file_close(struct rr_sink *s, bool undo)
{
    struct file *f = (struct file *)s;
    if (undo && f->partial)
        unlink(f->partial);
    if (f->stream && f->stream != stdout)
        fclose(f->stream);
    g_free(f->target);
    g_free(f->partial);
    g_free(f);
}

static struct rr_sink *file_open(const struct rr_options *o, const struct rr_layout *layout G_GNUC_UNUSED,
                                 const struct rr_source *source G_GNUC_UNUSED, char **why)
{
    struct stat s;
    struct file *f = g_new0(struct file, 1);
    f->stream = stdout;
    if (o->to) {
        int fd = open_path(f, o->to);
        f->stream = fd < 0 ? NULL : fdopen(fd, "w");
    }
    if (!f->stream) {
        fail(why);
        file_close((struct rr_sink *)f, false);
        return NULL;
    }
    f->is_regular = fstat(fileno(f->stream), &s) == 0 && S_ISREG(s.st_mode);
    return (struct rr_sink *)f;
}

static bool file_may_wait(const struct rr_sink *s)
{
    return ((const struct file *)s)->is_regular;
}

static bool file_take(struct rr_sink *s, const GString *rows, char **why)
{
    struct file *f = (struct file *)s;
    errno = 0;
    return (fwrite(rows->str, 1, rows->len, f->stream) == rows->len && fflush(f->stream) == 0) || fail(why);
}

static bool file_end_capture(struct rr_sink *s G_GNUC_UNUSED, char **why G_GNUC_UNUSED)
{
    return true;
}

static bool file_publish(struct rr_sink *s, char **why)
{
    struct file *f = (struct file *)s;
    if (!f->partial)
        return true;
    errno = 0;
    if (fsync(fileno(f->stream)) != 0 || rename(f->partial, f->target) != 0)
        return fail(why);
    g_free(f->partial);
    f->partial = NULL;
    return true;
}

const struct rr_sink_kind rr_sink_file = {
    .enough = 32 * 1024,
    .open = file_open,
    .may_wait = file_may_wait,
    .take = file_take,
    .end_capture = file_end_capture,
    .publish = file_publish,
    .close = file_close,
};
