/* Running SQL: short helpers around prepare, step and finalize. */

#include "sqlite_driver.h"

#include <stdarg.h>
#include <string.h>

static int statement_prepare(sqlite3 *db, sqlite3_stmt **ret_stmt, const char *format,
                             va_list arguments)
{
    *ret_stmt = NULL;
    char *sql = sqlite3_vmprintf(format, arguments);
    if (sql == NULL) {
        return SQLITE_NOMEM;
    }
    int rc = sqlite3_prepare_v2(db, sql, -1, ret_stmt, NULL);
    sqlite3_free(sql);
    return rc;
}

int sqldrv_prepare(sqlite3 *db, sqlite3_stmt **ret_stmt, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int rc = statement_prepare(db, ret_stmt, format, arguments);
    va_end(arguments);
    return rc;
}

int sqldrv_run(sqlite3 *db, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    if (sql == NULL) {
        return SQLITE_NOMEM;
    }
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return rc;
}

int sqldrv_run_saved(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, &tail);
    if (rc != SQLITE_OK) {
        return rc;
    }
    /* A schema text with a second statement in it can only come from a forged file. */
    if (stmt == NULL || tail[strspn(tail, " \t\r\n;")] != '\0') {
        sqlite3_finalize(stmt);
        return SQLITE_CORRUPT;
    }
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* No row is no answer: whoever took it for 0 would weaken what is there. */
static int statement_answer(int rc)
{
    return rc == SQLITE_ROW ? SQLITE_OK : rc == SQLITE_DONE ? SQLITE_CORRUPT : rc;
}

int sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...)
{
    sqlite3_stmt *stmt = NULL;
    va_list arguments;
    va_start(arguments, format);
    int rc = statement_prepare(db, &stmt, format, arguments);
    va_end(arguments);
    if (rc != SQLITE_OK) {
        return rc;
    }
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        *ret_value = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_finalize(stmt);
    return statement_answer(rc);
}

int sqldrv_query_text(sqlite3 *db, char **ret_value, const char *format, ...)
{
    sqlite3_stmt *stmt = NULL;
    va_list arguments;
    va_start(arguments, format);
    int rc = statement_prepare(db, &stmt, format, arguments);
    va_end(arguments);
    if (rc != SQLITE_OK) {
        return rc;
    }
    char *value = NULL;
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW && (value = sqldrv_copy_text(stmt, 0)) == NULL) {
        rc = SQLITE_NOMEM;
    }
    sqlite3_finalize(stmt);
    if (rc == SQLITE_ROW) {
        *ret_value = value;
    }
    return statement_answer(rc);
}

char *sqldrv_copy_text(sqlite3_stmt *stmt, int column)
{
    if (sqlite3_column_type(stmt, column) == SQLITE_NULL) {
        return strdup("");
    }
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    return text == NULL ? NULL : strdup(text);
}

void sqldrv_rollback(sqlite3 *db)
{
    if (db != NULL && sqlite3_get_autocommit(db) == 0) {
        /* A cancelled connection must still be able to roll back. */
        sqlite3_progress_handler(db, 0, NULL, NULL);
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
}
