/* The record of the run: one row per target table in _dbferry_sync. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

#define RECORD_DUPLICATE_COLUMN 1060
/* Where many runs make or widen the table at one time, MySQL 9 ends the statement of one for that
 * of another, and then the way is free. */
#define RECORD_DEADLOCK 1213
#define RECORD_TRIES 5

/* A column of this driver's own: the run whose mark the table had when the record was written in a
 * transaction with the rows.  As long as it has that mark, nobody has put another in its place. */
#define RECORD_MARK "table_mark"
#define RECORD_MARK_COLUMN RECORD_MARK " VARCHAR(64)"

static void record_write_column(const struct ferry_field *field, struct part_text *sql)
{
    static const char *const types[] = {
        [FERRY_FIELD_TEXT] = "TEXT",
        [FERRY_FIELD_NUMBER] = "BIGINT UNSIGNED",
        [FERRY_FIELD_FLAG] = "TINYINT",
    };
    mydrv_text_add_name(sql, field->name);
    if (field->type == FERRY_FIELD_TEXT && field->length > 0)
        part_text_addf(sql, " VARCHAR(%" PRIu32 ")", field->length);
    else
        part_text_addf(sql, " %s", types[field->type]);
}

static bool record_has_column(MYSQL_RES *columns, const char *name)
{
    bool found = false;
    MYSQL_ROW row;
    mysql_data_seek(columns, 0);
    while (!found && (row = mysql_fetch_row(columns)) != NULL)
        found = row[0] != NULL && strcasecmp(row[0], name) == 0;
    return found;
}

/* `fine` is an error that is none, or 0. */
static ferry_status record_define(struct mydrv_conn *conn, const struct part_text *sql,
                                  unsigned fine, const char *doing, struct ferry_error *err)
{
    unsigned code = RECORD_DEADLOCK;
    ferry_status status = sql->failed ? mydrv_fail_memory(err) : mydrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    for (int tries = 0; code == RECORD_DEADLOCK && tries < RECORD_TRIES; tries++)
        code = mydrv_query(conn, sql) ? 0 : mysql_errno(conn->native);
    return code == 0 || code == fine ? FERRY_OK : mydrv_fail_conn(conn, MYDRV_LOADING, doing, err);
}

/* `field` NULL: the driver's own. */
static ferry_status record_add_column(struct mydrv_conn *conn, const struct ferry_field *field,
                                      struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "ALTER TABLE _dbferry_sync ADD COLUMN ");
    if (field != NULL)
        record_write_column(field, &sql);
    else
        part_text_add(&sql, RECORD_MARK_COLUMN);
    return record_define(conn, &sql, RECORD_DUPLICATE_COLUMN, /* another run was faster */
                         "add a column to the table of runs, _dbferry_sync", err);
}

static ferry_status record_ask_columns(struct mydrv_conn *conn, MYSQL_RES **ret_columns,
                                       struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = "
                        "DATABASE() AND TABLE_NAME = '_dbferry_sync'");
    return mydrv_ask(conn, &sql, 1, "look at the table of runs, _dbferry_sync", ret_columns, err);
}

/* A table that an older release has made lacks the younger fields. */
static ferry_status record_add_columns(struct mydrv_conn *conn, MYSQL_RES *columns,
                                       struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < ferry_field_count() && status == FERRY_OK; i++)
        if (!record_has_column(columns, ferry_field(i)->name))
            status = record_add_column(conn, ferry_field(i), err);
    if (status == FERRY_OK && !record_has_column(columns, RECORD_MARK))
        status = record_add_column(conn, NULL, err);
    return status;
}

/* Another run may make it at the same time. */
static ferry_status record_make(struct mydrv_conn *conn, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "CREATE TABLE IF NOT EXISTS _dbferry_sync (target_table VARCHAR(64) NOT "
                        "NULL PRIMARY KEY");
    for (size_t i = 0; i < ferry_field_count(); i++) {
        part_text_add(&sql, ", ");
        record_write_column(ferry_field(i), &sql);
    }
    part_text_add(&sql, ", " RECORD_MARK_COLUMN
                        ") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin "
                        "COMMENT='the last run into each table; written by dbferry'");
    return record_define(conn, &sql, 0, "create the table of runs, _dbferry_sync", err);
}

/* Nothing is written where all is there. */
ferry_status mydrv_record_prepare(struct mydrv_conn *conn, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *columns = NULL;
    ferry_status status = record_ask_columns(conn, &columns, err);
    if (status == FERRY_OK && mysql_num_rows(columns) == 0)
        status = record_make(conn, err);
    else if (status == FERRY_OK)
        status = record_add_columns(conn, columns, err);
    /* No row has such a name.  A right that is missing shows before rows are loaded. */
    part_text_add(&sql, "DELETE FROM _dbferry_sync WHERE target_table = ''");
    return status == FERRY_OK ? mydrv_run(conn, &sql, "write to _dbferry_sync", err) : status;
}

static void record_write_value(const struct ferry_field *field, const char *value,
                               struct part_text *sql)
{
    if (value == NULL)
        part_text_add(sql, "NULL");
    else if (field->type == FERRY_FIELD_TEXT)
        mydrv_text_add_quoted(sql, value, strlen(value));
    else
        part_text_add(sql, value);
}

static void record_write_sql(const struct ferry_record *record, const char *mark,
                             struct part_text *sql)
{
    const char *table = ferry_record_table(record);
    part_text_add(sql, "REPLACE INTO _dbferry_sync (target_table");
    for (size_t i = 0; i < ferry_field_count(); i++) {
        part_text_add(sql, ", ");
        mydrv_text_add_name(sql, ferry_field(i)->name);
    }
    part_text_add(sql, ", " RECORD_MARK ") VALUES (");
    mydrv_text_add_quoted(sql, table, strlen(table));
    for (size_t i = 0; i < ferry_field_count(); i++) {
        const struct ferry_field *field = ferry_field(i);
        part_text_add(sql, ", ");
        record_write_value(field, ferry_record_value(record, field->name), sql);
    }
    part_text_add(sql, ", ");
    if (mark == NULL)
        part_text_add(sql, "NULL");
    else
        mydrv_text_add_quoted(sql, mark, strlen(mark));
    part_text_add(sql, ")");
}

ferry_status mydrv_record_write(struct mydrv_conn *conn, const struct ferry_record *record,
                                const char *mark, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    record_write_sql(record, mark, &sql);
    return mydrv_run(conn, &sql, "write the record of the run to _dbferry_sync", err);
}

ferry_status mydrv_record_follow(struct mydrv_conn *conn, const struct ferry_record *record,
                                 char ret_mark[MYDRV_RUN_ID_SIZE], struct ferry_error *err)
{
    const char *follows = ferry_record_follows(record), *table = ferry_record_table(record);
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    ret_mark[0] = '\0';
    if (follows == NULL)
        return FERRY_OK;
    part_text_add(&sql, "SELECT run_id, " RECORD_MARK " FROM _dbferry_sync WHERE target_table = ");
    mydrv_text_add_quoted(&sql, table, strlen(table));
    part_text_add(&sql, " FOR UPDATE");
    ferry_status status =
        mydrv_ask(conn, &sql, 2, "read the record of the last run from _dbferry_sync", &rows, err);
    if (status != FERRY_OK)
        return status;
    MYSQL_ROW row = mysql_fetch_row(rows);
    const char *run_id = row == NULL || row[0] == NULL ? "" : row[0];
    if (strcmp(run_id, follows) != 0)
        return ferry_record_fail_overtaken(record, conn->label, err);
    if (row != NULL && row[1] != NULL)
        (void)snprintf(ret_mark, MYDRV_RUN_ID_SIZE, "%s", row[1]);
    return FERRY_OK;
}

bool mydrv_record_note(struct mydrv_conn *conn, const struct ferry_record *record)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    record_write_sql(record, NULL, &sql);
    return !sql.failed && mydrv_query(conn, &sql);
}

/* ---- Reading ---- */

/* What says no more than that there is no record to be read here. */
static bool record_has_none(unsigned code)
{
    static const unsigned codes[] = {1044, 1046, 1142, 1143, 1146}; /* no right, database, table */
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* `*ret_rows` stays NULL where there is nothing to be read. */
static ferry_status record_ask_for(struct mydrv_conn *conn, const struct part_text *sql,
                                   MYSQL_RES **ret_rows, struct ferry_error *err)
{
    if (sql->failed)
        return mydrv_fail_memory(err);
    if (mysql_real_query(conn->native, sql->data, sql->length) == 0)
        *ret_rows = mysql_store_result(conn->native);
    return *ret_rows != NULL || record_has_none(mysql_errno(conn->native))
               ? FERRY_OK
               : mydrv_fail_conn(conn, MYDRV_DESCRIBING,
                                 "read the record of a run from _dbferry_sync", err);
}

static ferry_status record_ask(struct mydrv_conn *conn, const char *question, const char *table,
                               MYSQL_RES **ret_rows, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, question);
    mydrv_text_add_quoted(&sql, table, strlen(table));
    return record_ask_for(conn, &sql, ret_rows, err);
}

/* All columns, as a table of an older release has fewer. */
static ferry_status record_read_row(struct mydrv_conn *conn, const char *table,
                                    struct ferry_record *record, char ret_mark[MYDRV_RUN_ID_SIZE],
                                    struct ferry_error *err)
{
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    ferry_status status =
        record_ask(conn, "SELECT * FROM _dbferry_sync WHERE target_table = ", table, &rows, err);
    MYSQL_ROW row = rows == NULL ? NULL : mysql_fetch_row(rows);
    for (unsigned i = 0; row != NULL && status == FERRY_OK && i < mysql_num_fields(rows); i++) {
        const char *name = mysql_fetch_fields(rows)[i].name;
        if (strcmp(name, RECORD_MARK) == 0 && row[i] != NULL)
            (void)snprintf(ret_mark, MYDRV_RUN_ID_SIZE, "%s", row[i]);
        status = ferry_record_set(record, name, row[i], err);
    }
    return status;
}

/* The record of a run that replaced the table is written after the rename that brings the rows in;
 * the table's comment comes with it.  One that changed rows of it leaves that comment, and names in
 * its record the run that it is of: `known`. */
static ferry_status record_read_mark(struct mydrv_conn *conn, const char *table, const char *known,
                                     struct ferry_record *record, struct ferry_error *err)
{
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    char run_id[MYDRV_RUN_ID_SIZE];
    ferry_status status = record_ask(conn,
                                     "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE "
                                     "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ",
                                     table, &rows, err);
    MYSQL_ROW row = rows == NULL ? NULL : mysql_fetch_row(rows);
    if (row == NULL || row[0] == NULL || mydrv_table_read_mark(row[0], run_id, NULL) == NULL)
        return status;
    const char *recorded = ferry_record_value(record, "run_id");
    bool changed_since = strcmp(run_id, known) == 0 && recorded != NULL;
    return ferry_record_set_mark(record, changed_since ? recorded : run_id, err);
}

ferry_status mydrv_record_read(void *conn, const char *table, struct ferry_record *record,
                               struct ferry_error *err)
{
    char mark[MYDRV_RUN_ID_SIZE] = "";
    ferry_status status = mydrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = record_read_row(conn, table, record, mark, err);
    return status == FERRY_OK ? record_read_mark(conn, table, mark, record, err) : status;
}

/* ---- Those of many tables ---- */

static ferry_status record_take_row(MYSQL_RES *rows, MYSQL_ROW row, struct ferry_records *records,
                                    struct ferry_error *err)
{
    struct ferry_record *record = NULL;
    ferry_status status = ferry_records_add(records, row[0], &record, err);
    for (unsigned i = 1; status == FERRY_OK && i < mysql_num_fields(rows); i++)
        status = ferry_record_set(record, mysql_fetch_fields(rows)[i].name, row[i], err);
    return status;
}

/* In one piece: the server gives all of a SELECT or an error, and no row comes without a table. */
ferry_status mydrv_records(void *conn, const char *prefix, struct ferry_records *records,
                           struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    MYSQL_ROW row = NULL;
    part_text_add(&sql, "SELECT target_table AS of_table, _dbferry_sync.* FROM _dbferry_sync WHERE "
                        "CAST(LEFT(job, CHAR_LENGTH(");
    mydrv_text_add_quoted(&sql, prefix, strlen(prefix));
    part_text_add(&sql, ")) AS BINARY) = CAST(");
    mydrv_text_add_quoted(&sql, prefix, strlen(prefix));
    part_text_add(&sql, " AS BINARY)");
    ferry_status status = mydrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = record_ask_for(conn, &sql, &rows, err);
    while (status == FERRY_OK && rows != NULL && (row = mysql_fetch_row(rows)) != NULL)
        if (row[0] != NULL)
            status = record_take_row(rows, row, records, err);
    return status;
}
