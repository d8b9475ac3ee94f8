/* The record of the run: one row per target table in _dbferry_sync. */

#include "write/target.h"

#include <string.h>

#include "parts/printed.h"

#define RECORD_TABLE "_dbferry_sync"
#define RECORD_LOOK "look at the table of runs, " RECORD_TABLE
#define RECORD_READ "read the record of a run"

/* ---- The table ---- */

static void record_add_column(const struct dbidrv_conn *conn, const struct ferry_field *field,
                              struct part_text *sql)
{
    const struct dbidrv_writing *writing = conn->dialect->writing;
    part_text_addf(sql, "%s %s", field->name,
                   field->type == FERRY_FIELD_TEXT     ? writing->text
                   : field->type == FERRY_FIELD_NUMBER ? writing->number
                                                       : writing->flag);
}

/* The fields that the table has; NULL: there is no such table, or none that may be read. */
static ferry_status record_columns(struct dbidrv_conn *conn, bool **ret_has,
                                   struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = true;
    dbidrv_query_question(conn, conn->dialect->writing->ask_columns, RECORD_TABLE, &sql);
    ferry_status status =
        sql.failed ? dbidrv_fail_memory(err)
                   : dbidrv_answer_ask(conn, sql.data, 4, DBIDRV_ASKING, RECORD_LOOK, &answer, err);
    *ret_has = NULL;
    if (status != FERRY_OK || answer.rows == 0)
        return status;
    bool *has = calloc(ferry_field_count() + 1, sizeof *has);
    if (has == NULL)
        return dbidrv_fail_memory(err);
    while (status == FERRY_OK) {
        status = dbidrv_answer_next(conn, &answer, RECORD_LOOK, &row, err);
        if (status != FERRY_OK || !row)
            break;
        const char *name = dbidrv_answer_text(&answer, 0);
        for (size_t i = 0; i < ferry_field_count(); i++)
            has[i] = has[i] || strcmp(ferry_field(i)->name, name) == 0;
    }
    *ret_has = has;
    return status;
}

static ferry_status record_make(struct dbidrv_conn *conn, struct ferry_error *err)
{
    const struct dbidrv_writing *writing = conn->dialect->writing;
    PART_AUTO_TEXT struct part_text sql = {0};
    if (writing->unless != NULL)
        dbidrv_query_question(conn, writing->unless, RECORD_TABLE, &sql);
    part_text_add(&sql, writing->create);
    dbidrv_query_add_path(conn, RECORD_TABLE, &sql);
    part_text_addf(&sql, " (target_table %s NOT NULL PRIMARY KEY", writing->key);
    for (size_t i = 0; i < ferry_field_count(); i++) {
        part_text_add(&sql, ", ");
        record_add_column(conn, ferry_field(i), &sql);
    }
    part_text_add(&sql, ")");
    return sql.failed ? dbidrv_fail_memory(err)
                      : dbidrv_run(conn, sql.data, DBIDRV_LOADING,
                                   "create the table of runs, " RECORD_TABLE, NULL, err);
}

/* A table that an older release has made lacks the younger fields. */
static ferry_status record_complete(struct dbidrv_conn *conn, const bool *has,
                                    struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < ferry_field_count(); i++) {
        PART_AUTO_TEXT struct part_text sql = {0};
        if (has[i])
            continue;
        part_text_add(&sql, "ALTER TABLE ");
        dbidrv_query_add_path(conn, RECORD_TABLE, &sql);
        part_text_add(&sql, conn->dialect->writing->add);
        record_add_column(conn, ferry_field(i), &sql);
        status = sql.failed
                     ? dbidrv_fail_memory(err)
                     : dbidrv_run(conn, sql.data, DBIDRV_LOADING,
                                  "add a column to the table of runs, " RECORD_TABLE, NULL, err);
    }
    return status;
}

ferry_status dbidrv_record_prepare(struct dbidrv_conn *conn, struct ferry_error *err)
{
    bool *has = NULL;
    ferry_status status = record_columns(conn, &has, err);
    if (status == FERRY_OK)
        status = has == NULL ? record_make(conn, err) : record_complete(conn, has, err);
    free(has);
    return status;
}

/* ---- Writing ---- */

static void record_add_where(const struct dbidrv_conn *conn, const char *table,
                             struct part_text *sql)
{
    part_text_add(sql, " WHERE target_table = ");
    (void)dbidrv_put_string(conn->dialect->writing->style, table, sql); /* it was looked at */
}

/* A value of the row, as a string of the caller's. */
static ferry_status record_take_text(const struct dbidrv_conn *conn, struct dbidrv_answer *answer,
                                     unsigned column, char **ret_text, struct ferry_error *err)
{
    struct dbidrv_value value = {0};
    ferry_status status = dbidrv_answer_value(answer, column, &value, err);
    if (status != FERRY_OK)
        return status;
    const char *flaw = dbidrv_decode_text(&conn->dialect->writing->kept, &value, ret_text);
    return flaw == NULL             ? FERRY_OK
           : flaw == part_no_memory ? dbidrv_fail_memory(err)
                                    : ferry_fail(err, FERRY_ERR_DATA, "%s: cannot %s: %s",
                                                 conn->label, RECORD_READ, flaw);
}

static ferry_status record_follow(struct dbidrv_conn *conn, const struct ferry_record *record,
                                  struct ferry_error *err)
{
    const char *follows = ferry_record_follows(record);
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *run_id = NULL;
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = false;
    if (follows == NULL)
        return FERRY_OK;
    part_text_add(&sql, "SELECT ");
    part_text_add_template(&sql, conn->dialect->writing->kept.ask, "run_id");
    part_text_add(&sql, " AS c1 FROM ");
    dbidrv_query_add_path(conn, RECORD_TABLE, &sql);
    record_add_where(conn, ferry_record_table(record), &sql);
    ferry_status status = sql.failed ? dbidrv_fail_memory(err)
                                     : dbidrv_answer_ask(conn, sql.data, 1, DBIDRV_LOADING,
                                                         RECORD_READ, &answer, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_next(conn, &answer, RECORD_READ, &row, err);
    if (status == FERRY_OK && row)
        status = record_take_text(conn, &answer, 0, &run_id, err);
    if (status == FERRY_OK && strcmp(run_id == NULL ? "" : run_id, follows) != 0)
        status = ferry_record_fail_overtaken(record, conn->label, err);
    return status;
}

static ferry_status record_add_value(const struct dbidrv_conn *conn,
                                     const struct ferry_field *field, const char *value,
                                     struct part_text *sql, struct ferry_error *err)
{
    const struct dbidrv_writing *writing = conn->dialect->writing;
    const char *flaw = NULL;
    if (value == NULL)
        part_text_add(sql, "NULL");
    else if (field->type != FERRY_FIELD_TEXT)
        part_text_add(sql, value);
    else if (writing->longest_kept > 0 && strlen(value) > writing->longest_kept)
        flaw = "it is longer than could be read back";
    else
        flaw = dbidrv_put_string(writing->style, value, sql);
    return flaw == NULL ? FERRY_OK
                        : ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                                     "%s: cannot write the field '%s' of the record: %s",
                                     conn->label, field->name, flaw);
}

static ferry_status record_insert(struct dbidrv_conn *conn, const struct ferry_record *record,
                                  struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "INSERT INTO ");
    dbidrv_query_add_path(conn, RECORD_TABLE, &sql);
    part_text_add(&sql, " (target_table");
    for (size_t i = 0; i < ferry_field_count(); i++)
        part_text_addf(&sql, ", %s", ferry_field(i)->name);
    part_text_add(&sql, ") VALUES (");
    (void)dbidrv_put_string(conn->dialect->writing->style, ferry_record_table(record), &sql);
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < ferry_field_count(); i++) {
        part_text_add(&sql, ", ");
        status = record_add_value(conn, ferry_field(i),
                                  ferry_record_value(record, ferry_field(i)->name), &sql, err);
    }
    part_text_add(&sql, ")");
    if (status != FERRY_OK)
        return status;
    return sql.failed ? dbidrv_fail_memory(err)
                      : dbidrv_run(conn, sql.data, DBIDRV_LOADING, "write the record of the run",
                                   NULL, err);
}

ferry_status dbidrv_record_write(struct dbidrv_conn *conn, const struct ferry_record *record,
                                 struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "DELETE FROM ");
    dbidrv_query_add_path(conn, RECORD_TABLE, &sql);
    record_add_where(conn, ferry_record_table(record), &sql);
    ferry_status status = record_follow(conn, record, err);
    if (status == FERRY_OK && sql.failed)
        status = dbidrv_fail_memory(err);
    if (status == FERRY_OK)
        status = dbidrv_run(conn, sql.data, DBIDRV_LOADING, "replace the record of the last run",
                            NULL, err);
    return status == FERRY_OK ? record_insert(conn, record, err) : status;
}

/* ---- Reading ---- */

/* The select list of the fields that are there, as texts; their number. */
static unsigned record_add_fields(const struct dbidrv_conn *conn, const bool *has,
                                  struct part_text *sql)
{
    unsigned count = 0;
    for (size_t i = 0; i < ferry_field_count(); i++)
        if (has[i]) {
            part_text_add(sql, count > 0 ? ", " : "");
            part_text_add_template(sql, conn->dialect->writing->kept.ask, ferry_field(i)->name);
            part_text_addf(sql, " AS c%u", ++count);
        }
    return count;
}

static ferry_status record_take(const struct dbidrv_conn *conn, struct dbidrv_answer *answer,
                                const bool *has, struct ferry_record *record,
                                struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    unsigned column = 0;
    for (size_t i = 0; status == FERRY_OK && i < ferry_field_count(); i++) {
        PART_AUTO_STRING char *text = NULL;
        if (!has[i])
            continue;
        status = record_take_text(conn, answer, column++, &text, err);
        if (status == FERRY_OK)
            status = ferry_record_set(record, ferry_field(i)->name, text, err);
    }
    return status;
}

static ferry_status record_read(struct dbidrv_conn *conn, const char *table, const bool *has,
                                struct ferry_record *record, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    bool row = false;
    part_text_add(&sql, "SELECT ");
    unsigned count = record_add_fields(conn, has, &sql);
    part_text_add(&sql, " FROM ");
    dbidrv_query_add_path(conn, RECORD_TABLE, &sql);
    record_add_where(conn, table, &sql);
    if (count == 0)
        return FERRY_OK;
    ferry_status status = sql.failed ? dbidrv_fail_memory(err)
                                     : dbidrv_answer_ask(conn, sql.data, count, DBIDRV_ASKING,
                                                         RECORD_READ, &answer, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_next(conn, &answer, RECORD_READ, &row, err);
    return status == FERRY_OK && row ? record_take(conn, &answer, has, record, err) : status;
}

static ferry_status record_is_readable(struct dbidrv_conn *conn, bool *ret_readable,
                                       struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *answer = NULL;
    *ret_readable = true;
    if (conn->dialect->writing->ask_readable == NULL)
        return FERRY_OK;
    dbidrv_query_question(conn, conn->dialect->writing->ask_readable, RECORD_TABLE, &sql);
    ferry_status status =
        sql.failed ? dbidrv_fail_memory(err)
                   : dbidrv_ask(conn, sql.data, DBIDRV_ASKING, RECORD_LOOK, &answer, err);
    *ret_readable = answer != NULL && strcmp(answer, "1") == 0;
    return status;
}

ferry_status dbidrv_record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err)
{
    struct dbidrv_conn *c = conn;
    bool *has = NULL, readable = false;
    if (c->dialect->writing == NULL)
        return FERRY_OK;
    ferry_status status = record_is_readable(c, &readable, err);
    if (status == FERRY_OK && readable)
        status = record_columns(c, &has, err);
    if (status == FERRY_OK && has != NULL)
        status = record_read(c, table, has, record, err);
    free(has);
    return status;
}
