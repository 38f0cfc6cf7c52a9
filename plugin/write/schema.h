/* The tables of a database of rows, made from the tables of columns.  Private to write/. */
#ifndef RR_SCHEMA_H
#define RR_SCHEMA_H

#include <sqlite3.h>

#include "write/format.h"

/* Runs a statement; false, and *why set (free with g_free), where it fails. */
bool rr_sql(sqlite3 *db, char **why, const char *format, ...);

/* Creates what is not there yet: tables, columns, indexes, views. */
bool rr_schema_create(sqlite3 *db, const struct rr_layout *layout, enum rr_noun noun, char **why);

/* "INSERT ..." of a row, whose highest part stays: the capture, then the layout's columns and tags. */
char *rr_schema_insert(const struct rr_layout *layout, enum rr_noun noun);

#endif
