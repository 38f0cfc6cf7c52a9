#include "write/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char standard_output[] = "/dev/stdout";

struct rr_file {
    FILE *stream;
    char *name;
    char *target, *partial; /* NULL where it is written in place */
    bool is_regular;
};

/* Links followed, as far as there are any. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL);
    char *copy = g_strdup(real ? real : path);
    free(real);
    return copy;
}

char *rr_file_place(const char *path)
{
    struct stat s;
    if (!path)
        path = standard_output;
    if (stat(path, &s) == 0)
        return resolve(path);
    char *folder = g_path_get_dirname(path), *name = g_path_get_basename(path), *real = resolve(folder);
    char *place = g_build_filename(real, name, NULL);
    g_free(folder);
    g_free(name);
    g_free(real);
    return place;
}

/* -1, and errno says why. */
static int open_partial(struct rr_file *f, const struct stat *old)
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

static int open_path(struct rr_file *f, const char *path)
{
    struct stat old;
    bool exists = stat(path, &old) == 0;
    if (exists && !S_ISREG(old.st_mode))
        return open(path, O_WRONLY | O_CLOEXEC);
    f->target = resolve(path);
    return open_partial(f, exists ? &old : NULL);
}

struct rr_file *rr_file_open(const char *path, char **error)
{
    struct stat s;
    struct rr_file *f = g_new0(struct rr_file, 1);
    f->name = g_strdup(path ? path : "standard output");
    if (path) {
        int fd = open_path(f, path);
        f->stream = fd < 0 ? NULL : fdopen(fd, "w");
    } else {
        f->stream = stdout;
    }
    if (!f->stream) {
        char *printable = g_strescape(f->name, NULL);
        *error = g_strdup_printf("%s: %s", printable, g_strerror(errno));
        g_free(printable);
        rr_file_close(f, false);
        return NULL;
    }
    f->is_regular = fstat(fileno(f->stream), &s) == 0 && S_ISREG(s.st_mode);
    return f;
}

const char *rr_file_name(const struct rr_file *f)
{
    return f->name;
}

bool rr_file_is_regular(const struct rr_file *f)
{
    return f->is_regular;
}

/* What the last call has left in errno; never 0. */
static int reason(void)
{
    return errno ? errno : EIO;
}

int rr_file_write(struct rr_file *f, const char *bytes, size_t length)
{
    errno = 0;
    return fwrite(bytes, 1, length, f->stream) != length || fflush(f->stream) != 0 ? reason() : 0;
}

int rr_file_publish(struct rr_file *f)
{
    if (!f->partial)
        return 0;
    errno = 0;
    if (fsync(fileno(f->stream)) != 0 || rename(f->partial, f->target) != 0)
        return reason();
    g_free(f->partial);
    f->partial = NULL;
    return 0;
}

void rr_file_close(struct rr_file *f, bool undo)
{
    if (!f)
        return;
    if (undo && f->partial)
        unlink(f->partial);
    if (f->stream && f->stream != stdout)
        fclose(f->stream);
    g_free(f->name);
    g_free(f->target);
    g_free(f->partial);
    g_free(f);
}
