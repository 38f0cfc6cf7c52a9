#ifdef RR_HAS_SQLITE

#include "write/schema.h"

static const struct table {
    const char *key;
    const char *indexes[5]; /* of columns: "a:b"; NULL ends them */
} tables[RR_NOUN_COUNT] = {
    [RR_MESSAGES] = { "stream:message:id", { "exchange", "id", "start" } },
    [RR_EXCHANGES] = { "exchange", { "id", "latency", "status", "server:server_port" } },
    [RR_CONNECTIONS] = { "transport:stream:start", { "id", "server:server_port" } },
};

static const char *const types[RR_KIND_COUNT] = {
    [RR_COUNT] = "INTEGER",      [RR_ID] = "TEXT",
    [RR_PORT] = "INTEGER",       [RR_FRAME] = "INTEGER",
    [RR_REQUEST_IN] = "INTEGER", [RR_RESPONSE_IN] = "INTEGER",
    [RR_TIME] = "TEXT",          [RR_SPAN] = "REAL",
    [RR_FLAG] = "INTEGER",       [RR_TEXT] = "TEXT",
    [RR_BYTES] = "BLOB",
};

static const char captures_table[] =
    "CREATE TABLE IF NOT EXISTS captures(capture INTEGER PRIMARY KEY, file TEXT, started TEXT, frames "
    "INTEGER, "
    "options TEXT, exported TEXT, complete INTEGER NOT NULL DEFAULT 0, digest TEXT, run TEXT UNIQUE)";

static const char *const views[] = {
    "CREATE VIEW IF NOT EXISTS slowest AS SELECT c.file, e.* FROM exchanges e JOIN captures c USING(capture) "
    "WHERE e.latency IS NOT NULL ORDER BY e.latency DESC",

    "CREATE VIEW IF NOT EXISTS unanswered AS SELECT c.file, e.* FROM exchanges e JOIN captures c "
    "USING(capture) "
    "WHERE e.status = 'unanswered' ORDER BY e.request_start",

    "CREATE VIEW IF NOT EXISTS servers AS WITH placed AS (SELECT *, "
    "row_number() OVER (PARTITION BY server, server_port ORDER BY latency IS NULL, latency) AS place, "
    "count(latency) OVER (PARTITION BY server, server_port) AS known FROM exchanges) "
    "SELECT server, server_port, count(*) AS exchanges, sum(status = 'answered') AS answered, "
    "sum(status = 'unanswered') AS unanswered, min(latency) AS min_latency, avg(latency) AS mean_latency, "
    "min(CASE WHEN place >= 0.5 * known THEN latency END) AS median_latency, "
    "min(CASE WHEN place >= 0.95 * known THEN latency END) AS p95_latency, max(latency) AS max_latency, "
    "sum(request_bytes) AS request_bytes, sum(response_bytes) AS response_bytes "
    "FROM placed GROUP BY server, server_port ORDER BY exchanges DESC",
};

static bool fail(sqlite3 *db, char **why)
{
    *why = g_strdelimit(g_strdup(sqlite3_errmsg(db)), "\r\n", ' ');
    return false;
}

bool rr_sql(sqlite3 *db, char **why, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    bool done = sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_free(sql);
    return done || fail(db, why);
}

/* -1 where it cannot be known. */
static int holds(sqlite3 *db, const char *table, const char *column, char **why)
{
    sqlite3_stmt *s;
    int found = -1;
    const char *sql = column ? "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2 COLLATE NOCASE"
                             : "SELECT count(*) FROM sqlite_master WHERE name = ?1 COLLATE NOCASE";
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
        sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
        if (column)
            sqlite3_bind_text(s, 2, column, -1, SQLITE_STATIC);
        if (sqlite3_step(s) == SQLITE_ROW)
            found = sqlite3_column_int(s, 0) != 0;
    }
    if (found < 0)
        fail(db, why);
    sqlite3_finalize(s);
    return found;
}

/* Its key does not tell streams of TCP and UDP apart. */
static bool is_old(sqlite3 *db, char **why)
{
    return holds(db, "connections", NULL, why) == 1 && holds(db, "connections", "transport", why) == 0;
}

/* Tables that have our names and are another's stay as they are. */
static bool is_ours(sqlite3 *db, enum rr_noun asked, char **why)
{
    int has_captures = holds(db, "captures", NULL, why);
    if (has_captures < 0)
        return false;
    const char *foreign = has_captures && holds(db, "captures", "digest", why) != 1 ? "captures" : NULL;
    for (int noun = 0; noun < RR_NOUN_COUNT && !has_captures; noun++)
        if (holds(db, rr_columns[noun]->name, NULL, why) != 0)
            foreign = rr_columns[noun]->name;
    if (foreign && !*why)
        *why = g_strdup_printf("has a table \"%s\" that is not of this plugin", foreign);
    if (!*why && asked == RR_CONNECTIONS && is_old(db, why))
        *why = g_strdup("has a table \"connections\" of an earlier version, which knows TCP only");
    return !*why;
}

static bool is_in_table(const struct rr_column *c)
{
    return c->name && c->when == RR_ALWAYS;
}

static bool create_table(sqlite3 *db, enum rr_noun noun, char **why)
{
    const struct rr_columns *all = rr_columns[noun];
    GString *sql = g_string_new(NULL);
    char **key = g_strsplit(tables[noun].key, ":", 0);
    g_string_printf(sql, "CREATE TABLE IF NOT EXISTS \"%s\"(capture INTEGER NOT NULL", all->name);
    for (size_t i = 0; i < all->count; i++)
        if (is_in_table(&all->column[i]))
            g_string_append_printf(sql, ", \"%s\" %s", all->column[i].name, types[all->column[i].kind]);
    g_string_append(sql, ", PRIMARY KEY(capture");
    for (size_t i = 0; key[i]; i++)
        g_string_append_printf(sql, ", \"%s\"", key[i]);
    g_string_append(sql, "))");
    bool done = rr_sql(db, why, "%s", sql->str);
    g_strfreev(key);
    g_string_free(sql, TRUE);
    return done;
}

static bool add_column(sqlite3 *db, enum rr_noun noun, const char *name, const char *type, char **why)
{
    int there = holds(db, rr_columns[noun]->name, name, why);
    if (there)
        return there > 0;
    return rr_sql(db, why, "ALTER TABLE \"%w\" ADD COLUMN \"%w\" %s", rr_columns[noun]->name, name, type);
}

/* A table can have been made with fewer columns: by an older version, or for an export that did not ask for
 * them. */
static bool add_columns(sqlite3 *db, enum rr_noun noun, const struct rr_layout *layout, char **why)
{
    const struct rr_columns *all = rr_columns[noun];
    bool good = true;
    for (size_t i = 0; i < all->count && good; i++)
        good = !is_in_table(&all->column[i]) ||
               add_column(db, noun, all->column[i].name, types[all->column[i].kind], why);
    for (size_t i = 0; i < layout->slot_count && good; i++)
        good = add_column(db, noun, layout->slots[i].column->name, types[layout->slots[i].column->kind], why);
    for (size_t i = 0; i < layout->tag_count && good; i++)
        good = add_column(db, noun, layout->tags[i].name, "TEXT", why);
    return good;
}

static bool create_index(sqlite3 *db, enum rr_noun noun, const char *columns, char **why)
{
    const char *table = rr_columns[noun]->name;
    char *name = g_strdelimit(g_strdup(columns), ":", '_');
    char **each = g_strsplit(columns, ":", 0), *list = g_strjoinv("\", \"", each);
    bool done = rr_sql(db, why, "CREATE INDEX IF NOT EXISTS \"%w_by_%w\" ON \"%w\"(\"%s\")", table, name,
                       table, list);
    g_strfreev(each);
    g_free(name);
    g_free(list);
    return done;
}

static bool create_all(sqlite3 *db, const struct rr_layout *layout, enum rr_noun asked, char **why)
{
    bool good = is_ours(db, asked, why) && rr_sql(db, why, "%s", captures_table);
    for (enum rr_noun noun = 0; noun < RR_NOUN_COUNT && good; noun++) {
        good = create_table(db, noun, why) && (noun != asked || add_columns(db, noun, layout, why));
        for (const char *const *i = tables[noun].indexes; *i && good; i++)
            good = create_index(db, noun, *i, why);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(views) && good; i++)
        good = rr_sql(db, why, "%s", views[i]);
    return good;
}

bool rr_schema_create(sqlite3 *db, const struct rr_layout *layout, enum rr_noun noun, char **why)
{
    for (size_t i = 0; i < layout->tag_count; i++)
        if (g_ascii_strcasecmp(layout->tags[i].name, "capture") == 0) {
            *why = g_strdup("has a column \"capture\" already, which no tag can be");
            return false;
        }
    if (!rr_sql(db, why, "BEGIN IMMEDIATE"))
        return false;
    if (create_all(db, layout, noun, why) && rr_sql(db, why, "COMMIT"))
        return true;
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static const char *name_at(const struct rr_layout *layout, size_t i)
{
    return i < layout->slot_count ? layout->slots[i].column->name : layout->tags[i - layout->slot_count].name;
}

char *rr_schema_insert(const struct rr_layout *layout, enum rr_noun noun)
{
    const char *table = rr_columns[noun]->name;
    size_t count = layout->slot_count + layout->tag_count;
    GString *names = g_string_new("capture"), *values = g_string_new("?"), *updates = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        g_string_append_printf(names, ", \"%s\"", name_at(layout, i));
        g_string_append(values, ", ?");
        g_string_append_printf(updates, "%s\"%s\" = excluded.\"%s\"", i ? ", " : "", name_at(layout, i),
                               name_at(layout, i));
    }
    char **key = g_strsplit(tables[noun].key, ":", 0), *keys = g_strjoinv("\", \"", key);
    char *sql =
        g_strdup_printf("INSERT INTO \"%s\"(%s) VALUES(%s) ON CONFLICT(capture, \"%s\") DO UPDATE SET %s "
                        "WHERE excluded.part >= \"%s\".part",
                        table, names->str, values->str, keys, updates->str, table);
    g_strfreev(key);
    g_free(keys);
    g_string_free(names, TRUE);
    g_string_free(values, TRUE);
    g_string_free(updates, TRUE);
    return sql;
}

#endif
