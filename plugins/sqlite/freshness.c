/* How old rows are: by the records of the runs that wrote their tables, else by the file itself. */

#include "sqlite_driver.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a statement reads: tables, and views on the way to them. */
struct freshness_tables {
    char **names;
    size_t count;
    bool failed; /* out of memory */
};

static bool freshness_has(const struct freshness_tables *tables, const char *name)
{
    for (size_t i = 0; i < tables->count; i++) {
        if (sqlite3_stricmp(tables->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* SQLite asks this while it compiles: for each column that is read, or once with an empty column
 * where a table is read without any. */
static int freshness_take(void *data, int action, const char *table, const char *column,
                          const char *database, const char *inside)
{
    struct freshness_tables *tables = data;
    (void)column;
    (void)inside;
    bool ours = database == NULL || strcmp(database, "main") == 0; /* NULL: as the query has it */
    if (action != SQLITE_READ || table == NULL || !ours || freshness_has(tables, table)) {
        return SQLITE_OK;
    }
    char **names = reallocarray(tables->names, tables->count + 1, sizeof *names);
    if (names != NULL) {
        tables->names = names;
        names[tables->count] = strdup(table);
    }
    if (names == NULL || names[tables->count] == NULL) {
        tables->failed = true;
        return SQLITE_OK;
    }
    tables->count++;
    return SQLITE_OK;
}

static void freshness_clear(struct freshness_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++) {
        free(tables->names[i]);
    }
    free(tables->names);
}

static ferry_status freshness_find_tables(struct sqlite_conn *conn, const struct ferry_read *read,
                                          struct freshness_tables *tables, struct ferry_error *err)
{
    sqlite3_stmt *stmt = NULL;
    (void)sqlite3_set_authorizer(conn->db, freshness_take, tables);
    ferry_status status = sqlite_read_prepare(conn, read, &stmt, err);
    (void)sqlite3_set_authorizer(conn->db, NULL, NULL);
    sqlite3_finalize(stmt);
    if (status == FERRY_OK && tables->failed) {
        return sqlite_fail_memory(err);
    }
    return status;
}

/* The text of the row's column of that name; NULL where there is none. */
static const char *freshness_text(sqlite3_stmt *stmt, const char *name)
{
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        const char *found = sqlite3_column_name(stmt, i);
        if (found != NULL && strcmp(found, name) == 0) {
            return (const char *)sqlite3_column_text(stmt, i);
        }
    }
    return NULL;
}

/* Takes the record of one table into account: the oldest counts, and one that does not say what is
 * asked makes the whole unknown. */
static int freshness_read_record(struct sqlite_conn *conn, const char *table, bool *ret_unknown,
                                 struct ferry_freshness *freshness)
{
    sqlite3_stmt *stmt = NULL;
    int64_t taken = 0;
    /* All columns, as a file of an older release has fewer. */
    int rc = sqlite_prepare(conn->db, &stmt,
                            "SELECT * FROM main._dbferry_sync WHERE target_table = %Q", table);
    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text = freshness_text(stmt, "data_from");
        const char *fallback = freshness_text(stmt, "fallback");
        if (text == NULL && (fallback == NULL || strcmp(fallback, "0") == 0)) {
            text = freshness_text(stmt, "started");
        }
        if (!ferry_time_read(text, &taken)) {
            *ret_unknown = true;
        } else if (freshness->basis == FERRY_FRESHNESS_UNKNOWN || taken < freshness->taken_ms) {
            freshness->basis = FERRY_FRESHNESS_RECORD;
            freshness->taken_ms = taken;
        }
    }
    sqlite3_finalize(stmt);
    /* No such table, or one that is not ours: there are no records. */
    return rc == SQLITE_ROW || rc == SQLITE_DONE || rc == SQLITE_ERROR ? SQLITE_OK : rc;
}

static int64_t freshness_ms(const struct stat *file)
{
    return (int64_t)file->st_mtim.tv_sec * 1000 + file->st_mtim.tv_nsec / 1000000;
}

/* What is newest waits in the -wal file. */
static void freshness_of_file(const struct sqlite_conn *conn, struct ferry_freshness *freshness)
{
    struct stat file;
    char *wal = NULL;
    if (fstatat(conn->folder, sqlite_path_base(conn->real), &file, 0) != 0) {
        return;
    }
    freshness->basis = FERRY_FRESHNESS_CHANGED;
    freshness->taken_ms = freshness_ms(&file);
    if (asprintf(&wal, "%s-wal", conn->real) < 0) {
        return;
    }
    if (fstatat(conn->folder, sqlite_path_base(wal), &file, 0) == 0 && file.st_size > 0 &&
        freshness_ms(&file) > freshness->taken_ms) {
        freshness->taken_ms = freshness_ms(&file);
    }
    free(wal);
}

static ferry_status freshness_ask(struct sqlite_conn *conn, const struct freshness_tables *tables,
                                  struct ferry_freshness *ret_freshness, struct ferry_error *err)
{
    struct ferry_freshness freshness = {0};
    bool unknown = false;
    int rc = SQLITE_OK;
    sqlite_wait_begin(conn, conn->busy_ms, SQLITE_HOLDER_ANY);
    for (size_t i = 0; rc == SQLITE_OK && i < tables->count; i++) {
        rc = freshness_read_record(conn, tables->names[i], &unknown, &freshness);
    }
    if (rc != SQLITE_OK) {
        return sqlite_fail(conn, conn->db, rc, err, "looking for the age of its data");
    }
    if (unknown) {
        ferry_log(FERRY_LOG_INFO, "'%s': _dbferry_sync does not say how old the data are",
                  conn->path);
        freshness.basis = FERRY_FRESHNESS_UNKNOWN;
    } else if (freshness.basis == FERRY_FRESHNESS_UNKNOWN) {
        freshness_of_file(conn, &freshness);
    }
    ret_freshness->basis = freshness.basis;
    ret_freshness->taken_ms = freshness.taken_ms;
    return FERRY_OK;
}

ferry_status sqlite_freshness(void *argument, const struct ferry_read *read, const char *table,
                              struct ferry_freshness *ret_freshness, struct ferry_error *err)
{
    struct sqlite_conn *conn = argument;
    struct freshness_tables tables = {0};
    ferry_status status = sqlite_check_cancelled(conn, err);
    if (status == FERRY_OK) {
        status = freshness_find_tables(conn, read, &tables, err);
    }
    if (status == FERRY_OK) {
        status = freshness_ask(conn, &tables, ret_freshness, err);
    }
    if (status == FERRY_OK && table != NULL) {
        ret_freshness->reads_table = freshness_has(&tables, table) ? 1 : 0;
    }
    freshness_clear(&tables);
    return status;
}
