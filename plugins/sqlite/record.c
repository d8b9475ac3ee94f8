/* The record of the run: one row per target table in _dbferry_sync, written in its transaction. */

#include "table.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_CREATE                                                                              \
    "CREATE TABLE IF NOT EXISTS main._dbferry_sync ("                                              \
    "target_table TEXT PRIMARY KEY COLLATE NOCASE NOT NULL"

static const char *record_type(const struct ferry_field *field)
{
    return field->type == FERRY_FIELD_TEXT ? "TEXT" : "INTEGER";
}

static char *record_create_sql(void)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendall(sql, RECORD_CREATE);
    for (size_t i = 0; i < ferry_field_count(); i++) {
        sqlite3_str_appendf(sql, ", %s %s", ferry_field(i)->name, record_type(ferry_field(i)));
    }
    sqlite3_str_appendall(sql, ")");
    return sqlite3_str_finish(sql);
}

static char *record_insert_sql(void)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendall(sql, "INSERT OR REPLACE INTO main._dbferry_sync (target_table");
    for (size_t i = 0; i < ferry_field_count(); i++) {
        sqlite3_str_appendf(sql, ", %s", ferry_field(i)->name);
    }
    sqlite3_str_appendall(sql, ") VALUES (?1");
    for (size_t i = 0; i < ferry_field_count(); i++) {
        sqlite3_str_appendf(sql, ", ?%d", (int)i + 2);
    }
    sqlite3_str_appendall(sql, ")");
    return sqlite3_str_finish(sql);
}

/* The column's type makes a number of a number's digits. */
static int record_bind(sqlite3_stmt *stmt, const struct ferry_record *record)
{
    int rc = sqlite3_bind_text(stmt, 1, ferry_record_table(record), -1, SQLITE_STATIC);
    for (size_t i = 0; rc == SQLITE_OK && i < ferry_field_count(); i++) {
        rc = sqlite3_bind_text(stmt, (int)i + 2, ferry_record_value(record, ferry_field(i)->name),
                               -1, SQLITE_STATIC);
    }
    return rc;
}

/* A table that an older release has made lacks the younger fields. */
static int record_add_columns(sqlite3 *db)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < ferry_field_count(); i++) {
        const struct ferry_field *field = ferry_field(i);
        int64_t there = 0;
        rc = sqldrv_query_int(db, &there,
                              "SELECT count(*) FROM pragma_table_info('_dbferry_sync', 'main') "
                              "WHERE name = %Q COLLATE NOCASE",
                              field->name);
        if (rc == SQLITE_OK && there == 0) {
            rc = sqldrv_run(db, "ALTER TABLE main._dbferry_sync ADD COLUMN %s %s", field->name,
                            record_type(field));
        }
    }
    return rc;
}

static int record_make_table(sqlite3 *db)
{
    char *sql = record_create_sql();
    int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? record_add_columns(db) : rc;
}

/* A statement that compiles has its table and all columns; else they are asked for one by one. */
static int record_prepare(sqlite3 *db, sqlite3_stmt **ret_stmt)
{
    char *sql = record_insert_sql();
    int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(db, sql, -1, ret_stmt, NULL);
    if (rc == SQLITE_ERROR && (rc = record_make_table(db)) == SQLITE_OK) {
        rc = sqlite3_prepare_v2(db, sql, -1, ret_stmt, NULL);
    }
    sqlite3_free(sql);
    return rc;
}

static int record_insert(sqlite3_stmt *stmt, const struct ferry_record *record)
{
    int rc = record_bind(stmt, record);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Whether there is another record by now than the one that this follows. */
static int record_is_overtaken(sqlite3 *db, const struct ferry_record *record, bool *ret_overtaken)
{
    const char *follows = ferry_record_follows(record);
    char *run_id = NULL;
    if (follows == NULL) {
        return SQLITE_OK;
    }
    int rc = sqldrv_query_text(db, &run_id,
                               "SELECT max(run_id) FROM main._dbferry_sync WHERE target_table = %Q",
                               ferry_record_table(record));
    *ret_overtaken = rc == SQLITE_OK && strcmp(run_id == NULL ? "" : run_id, follows) != 0;
    free(run_id);
    return rc;
}

static ferry_status record_judge(struct sqldrv_conn *conn, const struct ferry_record *record,
                                 int rc, bool overtaken, struct ferry_error *err)
{
    if (rc == SQLITE_OK) {
        return overtaken ? ferry_record_fail_overtaken(record, conn->path, err) : FERRY_OK;
    }
    return rc == SQLITE_ERROR
               ? ferry_fail(err, FERRY_ERR_SCHEMA,
                            "'%s': the record of the run cannot be written to _dbferry_sync: %s; "
                            "drop or rename that table (it only holds such records)",
                            conn->path, sqlite3_errmsg(conn->db))
               : sqldrv_fail(conn, conn->db, rc, err, "writing the record of the run");
}

ferry_status sqldrv_record_write(struct sqldrv_conn *conn, const struct ferry_record *record,
                                 struct ferry_error *err)
{
    bool overtaken = false;
    sqlite3_stmt *stmt = NULL;
    int rc = record_prepare(conn->db, &stmt);
    if (rc == SQLITE_OK) {
        rc = record_is_overtaken(conn->db, record, &overtaken);
    }
    if (rc == SQLITE_OK && !overtaken) {
        rc = record_insert(stmt, record);
    }
    ferry_status status = record_judge(conn, record, rc, overtaken, err);
    sqlite3_finalize(stmt);
    return status;
}

int sqldrv_record_find(struct sqldrv_conn *conn, const struct ferry_record *record, bool *ret_found)
{
    char *run_id = NULL;
    sqlite3_stmt *stmt = NULL;
    int rc = sqldrv_prepare(conn->db, &stmt,
                            "SELECT 1 FROM main.sqlite_schema WHERE name = '_dbferry_sync'");
    bool exists = rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW;
    sqlite3_finalize(stmt);
    if (exists) {
        rc = sqldrv_query_text(conn->db, &run_id,
                               "SELECT max(run_id) FROM main._dbferry_sync WHERE target_table = %Q",
                               ferry_record_table(record));
    }
    if (rc != SQLITE_OK && rc != SQLITE_DONE) {
        return rc;
    }
    *ret_found = run_id != NULL && strcmp(run_id, ferry_record_value(record, "run_id")) == 0;
    free(run_id);
    return SQLITE_OK;
}

ferry_status sqldrv_record_drop(struct sqldrv_conn *conn, const struct ferry_record *record,
                                struct ferry_error *err)
{
    bool overtaken = false;
    int rc = record_is_overtaken(conn->db, record, &overtaken);
    if (rc == SQLITE_OK && overtaken) {
        return ferry_record_fail_overtaken(record, conn->path, err);
    }
    if (rc == SQLITE_OK) {
        rc = sqldrv_run(conn->db, "DELETE FROM main._dbferry_sync WHERE target_table = %Q",
                        ferry_record_table(record));
    }
    return rc == SQLITE_OK ? FERRY_OK
                           : sqldrv_fail(conn, conn->db, rc, err, "dropping the record of a run");
}

/* ---- Reading ---- */

static ferry_status record_read_row(sqlite3_stmt *stmt, struct ferry_record *record,
                                    struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (int i = 0; status == FERRY_OK && i < sqlite3_column_count(stmt); i++) {
        const char *name = sqlite3_column_name(stmt, i);
        status = name == NULL ? sqldrv_fail_memory(err)
                              : ferry_record_set(record, name,
                                                 (const char *)sqlite3_column_text(stmt, i), err);
    }
    return status;
}

/* Each row, by its table, is one more record. */
static ferry_status record_add(sqlite3_stmt *stmt, struct ferry_records *records,
                               struct ferry_error *err)
{
    struct ferry_record *record = NULL;
    const char *table = (const char *)sqlite3_column_text(stmt, 0);
    if (table == NULL) {
        return sqldrv_fail_memory(err);
    }
    ferry_status status = ferry_records_add(records, table, &record, err);
    return status == FERRY_OK ? record_read_row(stmt, record, err) : status;
}

ferry_status sqldrv_records(void *argument, const char *prefix, struct ferry_records *records,
                            struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    sqlite3_stmt *stmt = NULL;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status != FERRY_OK || conn->db == NULL) {
        return status;
    }
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    int rc = sqldrv_prepare(conn->db, &stmt,
                            "SELECT target_table, * FROM main._dbferry_sync WHERE "
                            "CAST(substr(job, 1, length(%Q)) AS BLOB) = CAST(%Q AS BLOB)",
                            prefix, prefix);
    while (status == FERRY_OK && (rc == SQLITE_OK || rc == SQLITE_ROW) &&
           (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        status = record_add(stmt, records, err);
    }
    sqlite3_finalize(stmt);
    return status != FERRY_OK || rc == SQLITE_DONE || rc == SQLITE_ERROR /* a table of another's */
               ? status
               : sqldrv_fail(conn, conn->db, rc, err, "reading the records of runs");
}

ferry_status sqldrv_record_read(void *argument, const char *table, struct ferry_record *record,
                                struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    sqlite3_stmt *stmt = NULL;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status != FERRY_OK || conn->db == NULL) {
        return status;
    }
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    int rc = sqldrv_prepare(conn->db, &stmt,
                            "SELECT * FROM main._dbferry_sync WHERE target_table = %Q", table);
    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        status = record_read_row(stmt, record, err);
    }
    sqlite3_finalize(stmt);
    bool none = rc == SQLITE_DONE || rc == SQLITE_ERROR;
    return rc == SQLITE_ROW || none
               ? status
               : sqldrv_fail(conn, conn->db, rc, err, "reading the record of a run");
}
