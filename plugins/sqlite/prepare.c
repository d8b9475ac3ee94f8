/* What is to be read, compiled: one SELECT, and nothing that changes anything. */

#include "source.h"

#include <stdlib.h>
#include <string.h>

/* Why a statement does not compile, in the contract's classes. */
/* A view may be of a table that is gone: it counts as gone, too. */
static bool prepare_is_missing(const char *why)
{
    return strncmp(why, "no such table", 13) == 0;
}

static ferry_status prepare_fail(struct sqldrv_conn *conn, const struct ferry_read *read, int rc,
                                 struct ferry_error *err)
{
    int64_t found = 0;
    const char *text = sqlite3_errmsg(conn->db);
    if (rc != SQLITE_ERROR) {
        return sqldrv_fail(conn, conn->db, rc, err, "reading '%s'", read->text);
    }
    if (read->kind == FERRY_READ_QUERY) {
        return ferry_fail(err, prepare_is_missing(text) ? FERRY_ERR_NOT_FOUND : FERRY_ERR_CONFIG,
                          "'%s': the query does not compile: %s", conn->path, text);
    }
    ferry_status class = prepare_is_missing(text) ? FERRY_ERR_NOT_FOUND : FERRY_ERR_SCHEMA;
    char *why = strdup(text);
    rc = sqldrv_query_int(conn->db, &found,
                          "SELECT count(*) FROM main.sqlite_schema WHERE type IN ('table', 'view') "
                          "AND name = %Q COLLATE NOCASE",
                          read->text);
    ferry_status status =
        rc != SQLITE_OK ? sqldrv_fail(conn, conn->db, rc, err, "looking for '%s'", read->text)
        : found == 0
            ? ferry_fail(err, FERRY_ERR_NOT_FOUND,
                         "'%s' has no table or view '%s'; see '.tables' of the sqlite3 shell",
                         conn->path, read->text)
            : ferry_fail(err, class, "'%s': '%s' cannot be read: %s", conn->path, read->text,
                         why != NULL ? why : "out of memory");
    free(why);
    return status;
}

/* 1 if nothing but white space, comments and semicolons follows a statement. */
static bool prepare_tail_empty(sqlite3 *db, const char *tail)
{
    sqlite3_stmt *next = NULL;
    while (*tail != '\0') {
        const char *after = tail;
        int rc = sqlite3_prepare_v2(db, tail, -1, &next, &after);
        sqlite3_finalize(next);
        if (rc != SQLITE_OK || next != NULL) {
            return false;
        }
        if (after == tail) {
            return true;
        }
        tail = after;
    }
    return true;
}

ferry_status sqldrv_read_prepare(struct sqldrv_conn *conn, const struct ferry_read *read,
                                 sqlite3_stmt **ret_stmt, struct ferry_error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = "";
    int rc;
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    if (read->kind == FERRY_READ_QUERY) {
        rc = sqlite3_prepare_v2(conn->db, read->text, -1, &stmt, &tail);
    } else {
        rc = sqldrv_prepare(conn->db, &stmt, "SELECT * FROM main.\"%w\"", read->text);
    }
    if (rc != SQLITE_OK) {
        return prepare_fail(conn, read, rc, err);
    }
    const char *why = stmt == NULL                              ? "it is empty"
                      : !prepare_tail_empty(conn->db, tail)     ? "it is more than one statement"
                      : !sqlite3_stmt_readonly(stmt)            ? "it would change the database"
                      : sqlite3_column_count(stmt) == 0         ? "it gives no columns"
                      : sqlite3_bind_parameter_count(stmt) != 0 ? "it has parameters"
                                                                : NULL;
    if (why != NULL) {
        sqlite3_finalize(stmt);
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "'%s': the query cannot be used: %s; give one SELECT statement",
                          conn->path, why);
    }
    *ret_stmt = stmt;
    return FERRY_OK;
}

char *sqldrv_read_bare_sql(sqlite3_stmt *stmt)
{
    const char *sql = sqlite3_sql(stmt);
    char *copy = strdup(sql == NULL ? "" : sql);
    size_t length = copy == NULL ? 0 : strlen(copy);
    while (length > 0 && strchr("; \t\r\n\f", copy[length - 1]) != NULL) {
        copy[--length] = '\0';
    }
    return copy;
}
