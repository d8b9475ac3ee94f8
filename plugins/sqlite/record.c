/* The record of the run: one row per target table in _dbferry_sync, in its transaction. */

#include "sqlite_driver.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_CREATE                                                                              \
    "CREATE TABLE IF NOT EXISTS main._dbferry_sync ("                                              \
    "target_table TEXT PRIMARY KEY COLLATE NOCASE NOT NULL, job TEXT, run_id TEXT, source TEXT, "  \
    "fallback INTEGER, started TEXT, finished TEXT, rows INTEGER, digest TEXT, schema_hash TEXT, " \
    "data_from TEXT)"

#define RECORD_INSERT                                                                              \
    "INSERT OR REPLACE INTO main._dbferry_sync (target_table, job, run_id, source, fallback, "     \
    "started, finished, rows, digest, schema_hash, data_from) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "    \
    "?7, ?8, ?9, ?10, ?11)"

static int record_bind(sqlite3_stmt *stmt, const struct ferry_run_record *record)
{
    const char *const texts[] = {
        [1] = record->table,  [2] = record->job,          [3] = record->run_id,
        [4] = record->source, [6] = record->started,      [7] = record->finished,
        [9] = record->digest, [10] = record->schema_hash, [11] = record->data_from,
    };
    int rc = sqlite3_bind_int64(stmt, 5, record->fallback);
    if (rc == SQLITE_OK) {
        rc = sqlite3_bind_int64(stmt, 8, (sqlite3_int64)record->rows);
    }
    for (int i = 1; rc == SQLITE_OK && i < (int)(sizeof texts / sizeof *texts); i++) {
        if (texts[i] != NULL) {
            rc = sqlite3_bind_text(stmt, i, texts[i], -1, SQLITE_STATIC);
        }
    }
    return rc;
}

/* A table that an older release has made has no data_from. */
static int record_make_table(sqlite3 *db)
{
    int64_t there = 0;
    int rc = sqlite3_exec(db, RECORD_CREATE, NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite_query_int(db, &there,
                              "SELECT count(*) FROM pragma_table_info('_dbferry_sync', 'main') "
                              "WHERE name = 'data_from'");
    }
    if (rc == SQLITE_OK && there == 0) {
        rc = sqlite3_exec(db, "ALTER TABLE main._dbferry_sync ADD COLUMN data_from TEXT", NULL,
                          NULL, NULL);
    }
    return rc;
}

ferry_status sqlite_record_write(struct sqlite_conn *conn, const struct ferry_run_record *record,
                                 struct ferry_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = record_make_table(conn->db);
    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v2(conn->db, RECORD_INSERT, -1, &stmt, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = record_bind(stmt, record);
    }
    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_DONE) {
        rc = SQLITE_OK;
    }
    ferry_status status = FERRY_OK;
    if (rc == SQLITE_ERROR) {
        status = ferry_fail(err, FERRY_ERR_SCHEMA,
                            "'%s': the record of the run cannot be written to _dbferry_sync: %s; "
                            "drop or rename that table (it only holds such records)",
                            conn->path, sqlite3_errmsg(conn->db));
    } else if (rc != SQLITE_OK) {
        status = sqlite_fail(conn, conn->db, rc, err, "writing the record of the run");
    }
    sqlite3_finalize(stmt);
    return status;
}

int sqlite_record_find(struct sqlite_conn *conn, const struct ferry_run_record *record,
                       bool *ret_found)
{
    char *run_id = NULL;
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn->db, &stmt,
                            "SELECT 1 FROM main.sqlite_schema WHERE name = '_dbferry_sync'");
    bool exists = rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW;
    sqlite3_finalize(stmt);
    if (exists) {
        rc = sqlite_query_text(conn->db, &run_id,
                               "SELECT run_id FROM main._dbferry_sync WHERE target_table = %Q",
                               record->table);
    }
    if (rc != SQLITE_OK && rc != SQLITE_DONE) {
        return rc;
    }
    *ret_found = run_id != NULL && strcmp(run_id, record->run_id) == 0;
    free(run_id);
    return SQLITE_OK;
}
