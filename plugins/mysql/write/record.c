/* The record of the run: one row per target table in _dbferry_sync. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

#define RECORD_DUPLICATE_COLUMN 1060

/* A table that an older release has made has no data_from. */
static ferry_status record_add_column(struct mydrv_conn *conn, struct ferry_error *err)
{
    static const char add[] = "ALTER TABLE _dbferry_sync ADD COLUMN data_from VARCHAR(32)";
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    uint64_t there = 0;
    mydrv_text_add(&sql, "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = "
                         "DATABASE() AND TABLE_NAME = '_dbferry_sync' AND COLUMN_NAME = "
                         "'data_from'");
    ferry_status status =
        mydrv_ask_number(conn, &sql, "look at the table of runs, _dbferry_sync", &there, err);
    if (status != FERRY_OK || there != 0)
        return status;
    if (mysql_real_query(conn->native, add, sizeof add - 1) != 0 &&
        mysql_errno(conn->native) != RECORD_DUPLICATE_COLUMN) /* another run was faster */
        return mydrv_fail_conn(conn, MYDRV_LOADING,
                               "add the column data_from to the table of runs, _dbferry_sync", err);
    return FERRY_OK;
}

ferry_status mydrv_record_prepare(struct mydrv_conn *conn, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_add(
        &sql, "CREATE TABLE IF NOT EXISTS _dbferry_sync (target_table VARCHAR(64) NOT NULL "
              "PRIMARY KEY, job TEXT, run_id VARCHAR(64), source TEXT, fallback TINYINT, "
              "started VARCHAR(32), finished VARCHAR(32), `rows` BIGINT UNSIGNED, "
              "digest VARCHAR(128), schema_hash VARCHAR(64), data_from VARCHAR(32)) ENGINE=InnoDB "
              "DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin "
              "COMMENT='the last run into each table; written by dbferry'");
    ferry_status status = mydrv_run(conn, &sql, "create the table of runs, _dbferry_sync", err);
    if (status == FERRY_OK)
        status = record_add_column(conn, err);
    /* No row has such a name.  A right that is missing shows before rows are loaded. */
    mydrv_text_add(&sql, "DELETE FROM _dbferry_sync WHERE target_table = ''");
    return status == FERRY_OK ? mydrv_run(conn, &sql, "write to _dbferry_sync", err) : status;
}

static void record_add(struct mydrv_text *sql, const char *value)
{
    mydrv_text_add(sql, ", ");
    if (value == NULL)
        mydrv_text_add(sql, "NULL");
    else
        mydrv_text_add_quoted(sql, value, strlen(value));
}

static void record_write_sql(const struct ferry_run_record *record, struct mydrv_text *sql)
{
    mydrv_text_add(sql, "REPLACE INTO _dbferry_sync (target_table, job, run_id, source, started, "
                        "finished, digest, schema_hash, data_from, fallback, `rows`) VALUES (");
    mydrv_text_add_quoted(sql, record->table, strlen(record->table));
    record_add(sql, record->job);
    record_add(sql, record->run_id);
    record_add(sql, record->source);
    record_add(sql, record->started);
    record_add(sql, record->finished);
    record_add(sql, record->digest);
    record_add(sql, record->schema_hash);
    record_add(sql, record->data_from);
    mydrv_text_addf(sql, ", %d, %" PRIu64 ")", record->fallback != 0 ? 1 : 0, record->rows);
}

ferry_status mydrv_record_write(struct mydrv_conn *conn, const struct ferry_run_record *record,
                                struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    record_write_sql(record, &sql);
    return mydrv_run(conn, &sql, "write the record of the run to _dbferry_sync", err);
}

void mydrv_record_note(struct mydrv_conn *conn, const struct ferry_run_record *record)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    record_write_sql(record, &sql);
    if (sql.failed || mysql_real_query(conn->native, sql.data, sql.length) != 0)
        ferry_log(FERRY_LOG_WARNING,
                  "%s: table '%s' is replaced, but the record of the run could not be written to "
                  "_dbferry_sync (error %u); the next run writes it anew",
                  conn->label, record->table, mysql_errno(conn->native));
}
