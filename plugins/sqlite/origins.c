/* Where rows come from: which tables a statement reads, and when the file last changed. */

#include "file.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a statement reads: tables, and views on the way to them. */
struct origins_tables {
    char **names;
    size_t count;
    bool failed; /* out of memory */
};

static bool origins_has(const struct origins_tables *tables, const char *name)
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
static int origins_take(void *data, int action, const char *table, const char *column,
                        const char *database, const char *inside)
{
    struct origins_tables *tables = data;
    (void)column;
    (void)inside;
    bool ours = database == NULL || strcmp(database, "main") == 0; /* NULL: as the query has it */
    if (action != SQLITE_READ || table == NULL || !ours || origins_has(tables, table)) {
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

static void origins_clear(struct origins_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++) {
        free(tables->names[i]);
    }
    free(tables->names);
}

static ferry_status origins_find_tables(struct sqldrv_conn *conn, const struct ferry_read *read,
                                        struct origins_tables *tables, struct ferry_error *err)
{
    sqlite3_stmt *stmt = NULL;
    (void)sqlite3_set_authorizer(conn->db, origins_take, tables);
    ferry_status status = sqldrv_read_prepare(conn, read, &stmt, err);
    (void)sqlite3_set_authorizer(conn->db, NULL, NULL);
    sqlite3_finalize(stmt);
    if (status == FERRY_OK && tables->failed) {
        return sqldrv_fail_memory(err);
    }
    return status;
}

static int64_t origins_ms(const struct stat *file)
{
    return (int64_t)file->st_mtim.tv_sec * 1000 + file->st_mtim.tv_nsec / 1000000;
}

/* What is newest waits in the -wal file. */
static void origins_add_change(const struct sqldrv_conn *conn, struct ferry_origins *origins)
{
    struct stat file;
    char *wal = NULL;
    if (fstatat(conn->folder, sqldrv_path_base(conn->real), &file, 0) != 0) {
        return;
    }
    int64_t changed = origins_ms(&file);
    if (asprintf(&wal, "%s-wal", conn->real) >= 0) {
        if (fstatat(conn->folder, sqldrv_path_base(wal), &file, 0) == 0 && file.st_size > 0 &&
            origins_ms(&file) > changed) {
            changed = origins_ms(&file);
        }
        free(wal);
    }
    ferry_origins_changed(origins, changed);
}

ferry_status sqldrv_origins(void *argument, const struct ferry_read *read, const char *table,
                            struct ferry_origins *origins, struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    struct origins_tables tables = {0};
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status == FERRY_OK) {
        status = origins_find_tables(conn, read, &tables, err);
    }
    for (size_t i = 0; status == FERRY_OK && i < tables.count; i++) {
        status = ferry_origins_add(origins, tables.names[i], err);
    }
    if (status == FERRY_OK && table != NULL && origins_has(&tables, table)) {
        ferry_origins_include(origins);
    }
    origins_add_change(conn, origins);
    origins_clear(&tables);
    return status;
}
