/* Runs a fuzz target on files, without a fuzzer: what was found once must not come back. */
#include <glib.h>

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize length);

/* A file, or all in a folder; how many they were. */
static guint replay(const char *path)
{
    guint count = 0;
    GDir *folder = g_dir_open(path, 0, NULL);
    if (folder) {
        for (const char *name; (name = g_dir_read_name(folder));) {
            char *inside = g_build_filename(path, name, NULL);
            count += replay(inside);
            g_free(inside);
        }
        g_dir_close(folder);
        return count;
    }
    char *bytes;
    gsize length;
    GError *error = NULL;
    if (!g_file_get_contents(path, &bytes, &length, &error))
        g_error("%s", error->message);
    LLVMFuzzerTestOneInput((const guint8 *)bytes, length);
    g_free(bytes);
    return 1;
}

int main(int argc, char **argv)
{
    guint count = 0;
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    g_print("%u inputs\n", count);
    return count ? 0 : 1;
}
