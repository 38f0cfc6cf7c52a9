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
    struct stat before;     /* what was at the target; st_nlink is 0 where nothing was */
    bool is_regular;
};

/* What the last call has left in errno; never 0. */
static bool fail(char **why)
{
    *why = g_strdup(g_strerror(errno ? errno : EIO));
    return false;
}

/* What is the matter with the name that it has so far, where its own is as it should be. */
static bool fail_partial(const struct file *f, char **why)
{
    char *name = g_path_get_basename(f->partial);
    *why = g_strdup_printf("%s beside it: %s", name, g_strerror(errno));
    g_free(name);
    return false;
}

static bool open_partial(struct file *f, int *fd, char **why)
{
    bool exists = f->before.st_nlink > 0;
    f->partial = g_strconcat(f->target, ".part", NULL);
    if (exists && access(f->target, W_OK) != 0)
        return fail(why);
    *fd = open(f->partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (*fd < 0)
        return exists || errno == EISDIR || errno == ELOOP ? fail_partial(f, why) : fail(why);
    return !exists || fchmod(*fd, f->before.st_mode & 0777) == 0 || fail(why);
}

static bool open_path(struct file *f, const char *path, int *fd, char **why)
{
    if (stat(path, &f->before) != 0)
        f->before.st_nlink = 0;
    else if (!S_ISREG(f->before.st_mode)) {
        *fd = open(path, O_WRONLY | O_CLOEXEC);
        return *fd >= 0 || fail(why);
    }
    f->target = rr_place(path);
    return open_partial(f, fd, why);
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
    int fd = -1;
    bool opened = !o->to || open_path(f, o->to, &fd, why);
    f->stream = fd < 0 ? stdout : fdopen(fd, "w");
    if (opened && !f->stream)
        opened = fail(why);
    if (!opened) {
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

/* Nothing else wrote there meanwhile, such as tshark itself (-w). */
static bool is_as_before(const struct file *f)
{
    const struct stat *b = &f->before;
    struct stat now;
    if (stat(f->target, &now) != 0)
        return true;
    return b->st_nlink > 0 && now.st_dev == b->st_dev && now.st_ino == b->st_ino &&
           now.st_size == b->st_size && now.st_mtim.tv_sec == b->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool file_publish(struct rr_sink *s, char **why)
{
    struct file *f = (struct file *)s;
    if (!f->partial)
        return true;
    if (!is_as_before(f)) {
        *why =
            g_strdup_printf("something else wrote it meanwhile, as -w would; the rows are in %s", f->partial);
        return false;
    }
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
