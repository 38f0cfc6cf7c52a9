#include "write/place.h"

#include <glib.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Links followed, as far as there are any. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL);
    char *copy = g_strdup(real ? real : path);
    free(real);
    return copy;
}

char *rr_place(const char *path)
{
    struct stat s;
    if (!path)
        path = "/dev/stdout";
    if (stat(path, &s) == 0)
        return resolve(path);
    char *folder = g_path_get_dirname(path), *name = g_path_get_basename(path), *real = resolve(folder);
    char *place = g_build_filename(real, name, NULL);
    g_free(folder);
    g_free(name);
    g_free(real);
    return place;
}
