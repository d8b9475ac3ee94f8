/* The record of the run: one row per target table in _dbferry_sync. */

#include "write/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RECORD_TABLE "_dbferry_sync"
/* A column of this driver's own: the hash of the definition that it gave the table, as long as the
 * table is the driver's. */
#define RECORD_MARK "table_mark"
#define RECORD_MARK_SIZE 17 /* 16 hexadecimal digits */
#define RECORD_TURN_MS "2000"

/* Records of a source are read, too: by them its rows are known to be old or new. */
static enum pgdrv_phase record_phase(const struct pgdrv_conn *conn)
{
    return conn->target ? PGDRV_LOADING : PGDRV_DESCRIBING;
}

static void record_add_path(const struct pgdrv_conn *conn, struct part_text *sql)
{
    pgdrv_text_add_path(sql, conn->schema, RECORD_TABLE);
}

static void record_write_column(const struct ferry_field *field, struct part_text *sql)
{
    static const char *const types[] = {
        [FERRY_FIELD_TEXT] = "text",
        [FERRY_FIELD_NUMBER] = "numeric(20)",
        [FERRY_FIELD_FLAG] = "smallint",
    };
    pgdrv_text_add_name(sql, field->name);
    if (field->type == FERRY_FIELD_TEXT && field->length > 0)
        part_text_addf(sql, " varchar(%" PRIu32 ")", field->length);
    else
        part_text_addf(sql, " %s", types[field->type]);
}

/* ---- Making it ---- */

/* The names of its columns that this account may see; none: there is no such table. */
static ferry_status record_ask_columns(struct pgdrv_conn *conn, PGresult **ret_columns,
                                       struct ferry_error *err)
{
    const char *const values[] = {conn->schema};
    return pgdrv_ask_list(
        conn, PGDRV_LOADING,
        "SELECT a.attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON "
        "c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = $1 AND c.relname = '" RECORD_TABLE
        "' AND a.attnum > 0 AND NOT a.attisdropped",
        values, 1, 1, "look at the table of runs, " RECORD_TABLE, ret_columns, err);
}

static bool record_has_column(const PGresult *columns, const char *name)
{
    for (int i = 0; i < PQntuples(columns); i++)
        if (strcmp(PQgetvalue(columns, i, 0), name) == 0)
            return true;
    return false;
}

/* Two runs may make it at one time, of which one waits for the other and then finds it there, or
 * fails at a key of the catalog. */
static ferry_status record_make(struct pgdrv_conn *conn, struct ferry_error *err)
{
    static const char doing[] = "create the table of runs, " RECORD_TABLE;
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    part_text_add(&sql, "CREATE TABLE IF NOT EXISTS ");
    record_add_path(conn, &sql);
    part_text_add(&sql, " (target_table text NOT NULL PRIMARY KEY");
    for (size_t i = 0; i < ferry_field_count(); i++) {
        part_text_add(&sql, ", ");
        record_write_column(ferry_field(i), &sql);
    }
    part_text_add(&sql, ", " RECORD_MARK " text)");
    ferry_status status = pgdrv_sql_try(conn, &sql, doing, &result, err);
    if (status != FERRY_OK || pgdrv_result_is_good(result))
        return status;
    return strcmp(pgdrv_state(result), "23505") == 0 || strcmp(pgdrv_state(result), "42P07") == 0
               ? FERRY_OK
               : pgdrv_fail_result(conn, PGDRV_LOADING, result, doing, err);
}

/* Whoever reads or writes records waits behind us while we wait for a run that does. */
static ferry_status record_add_column(struct pgdrv_conn *conn, const struct part_text *sql,
                                      struct ferry_error *err)
{
    static const char doing[] = "add a column to the table of runs, " RECORD_TABLE;
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    ferry_status status =
        pgdrv_run(conn, PGDRV_LOADING, "SET lock_timeout = " RECORD_TURN_MS, doing, err);
    if (status == FERRY_OK)
        status = pgdrv_sql_try(conn, sql, doing, &result, err);
    if (status == FERRY_OK)
        status = pgdrv_run(conn, PGDRV_LOADING, "SET lock_timeout = 0", doing, err);
    return status == FERRY_OK && !pgdrv_result_is_good(result)
               ? pgdrv_fail_result(conn, PGDRV_LOADING, result, doing, err)
               : status;
}

static ferry_status record_add_columns(struct pgdrv_conn *conn, const PGresult *columns,
                                       struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i <= ferry_field_count() && status == FERRY_OK; i++) {
        const struct ferry_field *field = i < ferry_field_count() ? ferry_field(i) : NULL;
        PART_AUTO_TEXT struct part_text sql = {0};
        if (record_has_column(columns, field == NULL ? RECORD_MARK : field->name))
            continue;
        part_text_add(&sql, "ALTER TABLE ");
        record_add_path(conn, &sql);
        part_text_add(&sql, " ADD COLUMN IF NOT EXISTS ");
        if (field == NULL)
            part_text_add(&sql, RECORD_MARK " text");
        else
            record_write_column(field, &sql);
        status = record_add_column(conn, &sql, err);
    }
    return status;
}

/* Nothing is written where all is there. */
ferry_status pgdrv_record_prepare(struct pgdrv_conn *conn, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *columns = NULL;
    ferry_status status = record_ask_columns(conn, &columns, err);
    if (status == FERRY_OK)
        status = PQntuples(columns) == 0 ? record_make(conn, err)
                                         : record_add_columns(conn, columns, err);
    /* No row has such a name.  A right that is missing shows before rows are loaded. */
    part_text_add(&sql, "DELETE FROM ");
    record_add_path(conn, &sql);
    part_text_add(&sql, " WHERE target_table = ''");
    return status == FERRY_OK ? pgdrv_sql_run(conn, &sql, "write to " RECORD_TABLE, err) : status;
}

/* ---- Writing ---- */

static void record_write_value(const struct ferry_field *field, const char *value,
                               struct part_text *sql)
{
    if (value == NULL)
        part_text_add(sql, "NULL");
    else if (field->type == FERRY_FIELD_TEXT)
        pgdrv_text_add_quoted(sql, value, strlen(value));
    else
        part_text_add(sql, value);
}

static void record_write_sets(struct part_text *sql)
{
    for (size_t i = 0; i < ferry_field_count(); i++) {
        pgdrv_text_add_name(sql, ferry_field(i)->name);
        part_text_add(sql, " = excluded.");
        pgdrv_text_add_name(sql, ferry_field(i)->name);
        part_text_add(sql, ", ");
    }
    part_text_add(sql, RECORD_MARK " = excluded." RECORD_MARK);
}

ferry_status pgdrv_record_write(struct pgdrv_conn *conn, const struct ferry_record *record,
                                uint64_t hash, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    const char *table = ferry_record_table(record);
    part_text_add(&sql, "INSERT INTO ");
    record_add_path(conn, &sql);
    part_text_add(&sql, " (target_table");
    for (size_t i = 0; i < ferry_field_count(); i++) {
        part_text_add(&sql, ", ");
        pgdrv_text_add_name(&sql, ferry_field(i)->name);
    }
    part_text_add(&sql, ", " RECORD_MARK ") VALUES (");
    pgdrv_text_add_quoted(&sql, table, strlen(table));
    for (size_t i = 0; i < ferry_field_count(); i++) {
        const struct ferry_field *field = ferry_field(i);
        part_text_add(&sql, ", ");
        record_write_value(field, ferry_record_value(record, field->name), &sql);
    }
    if (hash != 0)
        part_text_addf(&sql, ", '%016" PRIx64 "'", hash);
    else
        part_text_add(&sql, ", NULL");
    part_text_add(&sql, ") ON CONFLICT (target_table) DO UPDATE SET ");
    record_write_sets(&sql);
    return pgdrv_sql_run(conn, &sql, "write the record of the run to " RECORD_TABLE, err);
}

/* ---- Reading ---- */

/* Whether there is one that this account may read.  It is asked beforehand, since a question that
 * fails ends the transaction. */
static ferry_status record_is_there(struct pgdrv_conn *conn, bool *ret_there,
                                    struct ferry_error *err)
{
    static const char sql[] =
        "SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND "
        "pg_catalog.has_table_privilege(c.oid, 'SELECT') FROM pg_catalog.pg_class c JOIN "
        "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = "
        "'" RECORD_TABLE "' AND c.relkind = 'r'";
    const char *const values[] = {conn->schema};
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status =
        pgdrv_ask_list(conn, record_phase(conn), sql, values, 1, 1,
                       "look for the record of a run in " RECORD_TABLE, &rows, err);
    const char *may = status == FERRY_OK ? pgdrv_value(rows, 0, 0) : NULL;
    if (status == FERRY_OK)
        *ret_there = may != NULL && *may == 't';
    return status;
}

/* `*ret_rows` stays NULL where there is nothing to be read. */
static ferry_status record_ask(struct pgdrv_conn *conn, const char *columns, const char *condition,
                               const char *value, PGresult **ret_rows, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    const char *const values[] = {value};
    bool there = false;
    ferry_status status = record_is_there(conn, &there, err);
    if (status != FERRY_OK || !there)
        return status;
    part_text_addf(&sql, "SELECT %s FROM ", columns);
    record_add_path(conn, &sql);
    part_text_addf(&sql, " %s", condition);
    return sql.failed ? pgdrv_fail_memory(err)
                      : pgdrv_ask(conn, record_phase(conn), sql.data, values, 1,
                                  "read the record of a run from " RECORD_TABLE, ret_rows, err);
}

static ferry_status record_take(const PGresult *rows, int row, struct ferry_record *record,
                                struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (int i = 0; i < PQnfields(rows) && status == FERRY_OK; i++)
        status = ferry_record_set(record, PQfname(rows, i), pgdrv_value(rows, row, i), err);
    return status;
}

/* All columns, as a table of an older release has fewer. */
ferry_status pgdrv_record_read(void *conn, const char *table, struct ferry_record *record,
                               struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status = record_ask(conn, "*", "WHERE target_table = $1", table, &rows, err);
    return status == FERRY_OK && rows != NULL && PQntuples(rows) > 0
               ? record_take(rows, 0, record, err)
               : status;
}

ferry_status pgdrv_records(void *conn, const char *prefix, struct ferry_records *records,
                           struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status =
        record_ask(conn, "target_table AS of_table, *",
                   "WHERE pg_catalog.starts_with(job::text, $1)", prefix, &rows, err);
    for (int i = 0; status == FERRY_OK && rows != NULL && i < PQntuples(rows); i++) {
        struct ferry_record *record = NULL;
        const char *table = pgdrv_value(rows, i, 0);
        if (table == NULL)
            continue;
        status = ferry_records_add(records, table, &record, err);
        if (status == FERRY_OK)
            status = record_take(rows, i, record, err);
    }
    return status;
}

/* The mark as a number; 0: none. */
static uint64_t record_read_mark(const char *mark)
{
    return mark == NULL || strlen(mark) != RECORD_MARK_SIZE - 1 ||
                   strspn(mark, "0123456789abcdef") != RECORD_MARK_SIZE - 1
               ? 0
               : (uint64_t)strtoumax(mark, NULL, 16);
}

ferry_status pgdrv_record_definition(struct pgdrv_conn *conn, const char *table, uint64_t *ret_hash,
                                     struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status = record_ask(conn, "*", "WHERE target_table = $1", table, &rows, err);
    if (status != FERRY_OK)
        return status;
    int at = rows == NULL ? -1 : PQfnumber(rows, RECORD_MARK);
    *ret_hash = record_read_mark(pgdrv_value(rows, 0, at));
    return FERRY_OK;
}

ferry_status pgdrv_record_follow(struct pgdrv_conn *conn, const struct ferry_record *record,
                                 uint64_t *ret_hash, struct ferry_error *err)
{
    const char *follows = ferry_record_follows(record);
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status =
        record_ask(conn, "run_id, " RECORD_MARK, "WHERE target_table = $1 FOR UPDATE",
                   ferry_record_table(record), &rows, err);
    if (status != FERRY_OK)
        return status;
    const char *run_id = pgdrv_value(rows, 0, 0);
    if (follows != NULL && strcmp(run_id == NULL ? "" : run_id, follows) != 0)
        return ferry_record_fail_overtaken(record, conn->label, err);
    *ret_hash = record_read_mark(pgdrv_value(rows, 0, 1));
    return FERRY_OK;
}

ferry_status pgdrv_record_drop(struct pgdrv_conn *conn, const char *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "DELETE FROM ");
    record_add_path(conn, &sql);
    part_text_add(&sql, " WHERE target_table = ");
    pgdrv_text_add_quoted(&sql, table, strlen(table));
    return pgdrv_sql_run(conn, &sql, "remove a record from " RECORD_TABLE, err);
}
