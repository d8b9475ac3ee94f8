/* The record of the run: one row per target table in _dbferry_sync. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define RECORD_TABLE "_dbferry_sync"

/* ROWS, which is one, is a word of its own in some databases. */
static void record_add_field(const struct odrv_conn *conn, const struct ferry_field *field,
                             struct part_text *sql)
{
    const char name[] = {conn->quote, '\0'};
    part_text_addf(sql, "%s%s%s", name, field->name, name);
}

static void record_add_type(const struct odrv_conn *conn, const struct ferry_field *field,
                            struct part_text *sql)
{
    const struct odrv_writing *writing = conn->dialect->writing;
    part_text_add(sql, field->type == FERRY_FIELD_TEXT     ? writing->text
                       : field->type == FERRY_FIELD_NUMBER ? writing->number
                                                           : writing->flag);
}

static ferry_status record_write_make(const struct odrv_conn *conn, struct part_text *sql,
                                      struct ferry_error *err)
{
    part_text_add(sql, "CREATE TABLE IF NOT EXISTS ");
    ferry_status status = odrv_table_add_path(conn, RECORD_TABLE, sql, err);
    part_text_addf(sql, " (target_table %s", conn->dialect->writing->record_key);
    for (size_t i = 0; status == FERRY_OK && i < ferry_field_count(); i++) {
        part_text_add(sql, ", ");
        record_add_field(conn, ferry_field(i), sql);
        part_text_add(sql, " ");
        record_add_type(conn, ferry_field(i), sql);
    }
    part_text_addf(sql, ")%s", conn->dialect->writing->make_options);
    return status == FERRY_OK && sql->failed ? odrv_fail_memory(err) : status;
}

/* The names of its columns, each in a text of its own line; NULL: there is no such table. */
static ferry_status record_columns(struct odrv_conn *conn, struct part_text *names,
                                   struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    static const char doing[] = "look at the table of runs, " RECORD_TABLE;
    bool row = true;
    ferry_status status =
        odrv_table_question(conn, conn->dialect->writing->ask_columns, RECORD_TABLE, &sql, err);
    if (status == FERRY_OK)
        status = odrv_statement_new(conn, &stmt, err);
    if (status == FERRY_OK)
        status = odrv_statement_run(conn, stmt, sql.data, ODRV_LOADING, doing, err);
    while (status == FERRY_OK) {
        PART_AUTO_STRING char *name = NULL;
        status = odrv_statement_next(conn, stmt, doing, &row, err);
        if (status != FERRY_OK || !row)
            break;
        status = odrv_statement_text(conn, stmt, 1, doing, &name, err);
        part_text_addf(names, "\n%s\n", name == NULL ? "" : name);
    }
    odrv_statement_free(&stmt);
    if (status == FERRY_OK)
        status = odrv_conn_confirm(conn, doing, err);
    return status == FERRY_OK && names->failed ? odrv_fail_memory(err) : status;
}

static bool record_has(const struct part_text *names, const char *name)
{
    char line[128];
    (void)snprintf(line, sizeof line, "\n%s\n", name);
    return names->data != NULL && strstr(names->data, line) != NULL;
}

/* Two runs that make it at the same moment are in each other's way, also with IF NOT EXISTS: only
 * the second attempt tells why it fails. */
static ferry_status record_make(struct odrv_conn *conn, struct part_text *names,
                                struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = record_write_make(conn, &sql, err);
    if (status != FERRY_OK)
        return status;
    odrv_try(conn, sql.data);
    status = record_columns(conn, names, err);
    if (status == FERRY_OK && names->length == 0)
        status =
            odrv_run(conn, sql.data, ODRV_LOADING, "create the table of runs, " RECORD_TABLE, err);
    if (status == FERRY_OK && names->length == 0)
        status = record_columns(conn, names, err);
    return status;
}

static ferry_status record_add_column(struct odrv_conn *conn, const struct ferry_field *field,
                                      struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "ALTER TABLE ");
    ferry_status status = odrv_table_add_path(conn, RECORD_TABLE, &sql, err);
    part_text_addf(&sql, " %s ", conn->dialect->writing->add_column);
    record_add_field(conn, field, &sql);
    part_text_add(&sql, " ");
    record_add_type(conn, field, &sql);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    return status == FERRY_OK ? odrv_run(conn, sql.data, ODRV_LOADING,
                                         "add a column to the table of runs, " RECORD_TABLE, err)
                              : status;
}

/* A table that an older release has made lacks the younger fields. */
ferry_status odrv_record_prepare(struct odrv_conn *conn, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text names = {0};
    bool exists = false;
    ferry_status status = odrv_table_look(conn, RECORD_TABLE, NULL, &exists, NULL, err);
    if (status == FERRY_OK && exists)
        status = record_columns(conn, &names, err);
    else if (status == FERRY_OK)
        status = record_make(conn, &names, err);
    for (size_t i = 0; status == FERRY_OK && i < ferry_field_count(); i++)
        if (!record_has(&names, ferry_field(i)->name))
            status = record_add_column(conn, ferry_field(i), err);
    return status;
}

/* ---- Writing ---- */

ferry_status odrv_record_follow(struct odrv_conn *conn, const struct ferry_record *record,
                                struct ferry_error *err)
{
    const char *follows = ferry_record_follows(record);
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *run_id = NULL;
    if (follows == NULL)
        return FERRY_OK;
    part_text_add(&sql, "SELECT run_id FROM ");
    ferry_status status = odrv_table_add_path(conn, RECORD_TABLE, &sql, err);
    part_text_add(&sql, " WHERE target_table = ");
    odrv_text_add(conn, ferry_record_table(record), &sql);
    part_text_add(&sql, conn->dialect->writing->for_update);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    if (status == FERRY_OK)
        status = odrv_ask(conn, sql.data, "read the record of the last run", &run_id, err);
    if (status == FERRY_OK && strcmp(run_id == NULL ? "" : run_id, follows) != 0)
        status = ferry_record_fail_overtaken(record, conn->label, err);
    return status;
}

static void record_add_value(const struct odrv_conn *conn, const struct ferry_field *field,
                             const char *value, struct part_text *sql)
{
    if (value == NULL)
        part_text_add(sql, "NULL");
    else if (field->type == FERRY_FIELD_TEXT)
        odrv_text_add(conn, value, sql);
    else
        part_text_add(sql, value);
}

ferry_status odrv_record_drop(struct odrv_conn *conn, const char *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "DELETE FROM ");
    ferry_status status = odrv_table_add_path(conn, RECORD_TABLE, &sql, err);
    part_text_add(&sql, " WHERE target_table = ");
    odrv_text_add(conn, table, &sql);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    return status == FERRY_OK
               ? odrv_run(conn, sql.data, ODRV_LOADING, "replace the record of the last run", err)
               : status;
}

ferry_status odrv_record_move(struct odrv_conn *conn, const char *from, const char *to,
                              struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = odrv_record_drop(conn, to, err);
    part_text_add(&sql, "UPDATE ");
    if (status == FERRY_OK)
        status = odrv_table_add_path(conn, RECORD_TABLE, &sql, err);
    part_text_add(&sql, " SET target_table = ");
    odrv_text_add(conn, to, &sql);
    part_text_add(&sql, " WHERE target_table = ");
    odrv_text_add(conn, from, &sql);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    return status == FERRY_OK
               ? odrv_run(conn, sql.data, ODRV_LOADING, "set the record of the last run aside", err)
               : status;
}

ferry_status odrv_record_write(struct odrv_conn *conn, const struct ferry_record *record,
                               struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = odrv_record_drop(conn, ferry_record_table(record), err);
    part_text_add(&sql, "INSERT INTO ");
    if (status == FERRY_OK)
        status = odrv_table_add_path(conn, RECORD_TABLE, &sql, err);
    part_text_add(&sql, " (target_table");
    for (size_t i = 0; i < ferry_field_count(); i++) {
        part_text_add(&sql, ", ");
        record_add_field(conn, ferry_field(i), &sql);
    }
    part_text_add(&sql, ") VALUES (");
    odrv_text_add(conn, ferry_record_table(record), &sql);
    for (size_t i = 0; i < ferry_field_count(); i++) {
        const struct ferry_field *field = ferry_field(i);
        part_text_add(&sql, ", ");
        record_add_value(conn, field, ferry_record_value(record, field->name), &sql);
    }
    part_text_add(&sql, ")");
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    return status == FERRY_OK
               ? odrv_run(conn, sql.data, ODRV_LOADING, "write the record of the run", err)
               : status;
}

/* ---- Reading ---- */

static ferry_status record_take(struct odrv_conn *conn, SQLHSTMT stmt,
                                const struct part_text *names, struct ferry_record *record,
                                struct ferry_error *err)
{
    SQLUSMALLINT column = 0;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < ferry_field_count(); i++) {
        PART_AUTO_STRING char *value = NULL;
        if (!record_has(names, ferry_field(i)->name))
            continue;
        status = odrv_statement_text(conn, stmt, ++column, "read the record of a run", &value, err);
        if (status == FERRY_OK)
            status = ferry_record_set(record, ferry_field(i)->name, value, err);
    }
    return status;
}

/* Who may not see the table of runs, or has something else of that name, has none. */
static ferry_status record_is_readable(struct odrv_conn *conn, bool *ret_readable,
                                       struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *answer = NULL;
    ferry_status status =
        odrv_table_question(conn, conn->dialect->writing->ask_readable, RECORD_TABLE, &sql, err);
    if (status == FERRY_OK)
        status = odrv_ask(conn, sql.data, "look at the table of runs, " RECORD_TABLE, &answer, err);
    if (status == FERRY_OK)
        *ret_readable = answer != NULL && strcmp(answer, "1") == 0;
    return status;
}

ferry_status odrv_record_read(void *conn, const char *table, struct ferry_record *record,
                              struct ferry_error *err)
{
    struct odrv_conn *c = conn;
    PART_AUTO_TEXT struct part_text names = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    bool row = false;
    if (c->dialect->writing == NULL)
        return FERRY_OK;
    bool readable = false;
    ferry_status status = record_is_readable(c, &readable, err);
    if (status == FERRY_OK && readable)
        status = record_columns(c, &names, err);
    if (status != FERRY_OK || names.length == 0)
        return status;
    for (size_t i = 0; i < ferry_field_count(); i++)
        if (record_has(&names, ferry_field(i)->name)) {
            part_text_add(&sql, sql.length == 0 ? "SELECT " : ", ");
            record_add_field(c, ferry_field(i), &sql);
        }
    part_text_add(&sql, " FROM ");
    status = odrv_table_add_path(c, RECORD_TABLE, &sql, err);
    part_text_add(&sql, " WHERE target_table = ");
    odrv_text_add(c, table, &sql);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    if (status == FERRY_OK)
        status = odrv_statement_new(c, &stmt, err);
    if (status == FERRY_OK)
        status =
            odrv_statement_run(c, stmt, sql.data, ODRV_DESCRIBING, "read the record of a run", err);
    if (status == FERRY_OK)
        status = odrv_statement_next(c, stmt, "read the record of a run", &row, err);
    return status == FERRY_OK && row ? record_take(c, stmt, &names, record, err) : status;
}
