/* The target half: one table's rows replaced, by way of a stage table beside it.
 *
 *   begin   lock, leftovers, look at the table and what hangs on it, make the stage
 *   batch   rows into the stage, with commits of bounded size
 *   end     indexes and mark of the stage, counts; where triggers or foreign keys hang on the
 *           table: DELETE and INSERT in it, in a transaction that stays open
 *   commit  RENAME TABLE live TO old, stage TO live; drop old; record.  Or: record, COMMIT
 */

#include "write/target.h"

#include <string.h>

static ferry_status replace_run(struct mydrv_conn *conn, const char *statement, const char *doing,
                                struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_add(&sql, statement);
    return mydrv_run(conn, &sql, doing, err);
}

static ferry_status replace_count(struct mydrv_load *load, const char *table, uint64_t *ret_rows,
                                  struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_add(&sql, "SELECT COUNT(*) FROM ");
    mydrv_text_add_name(&sql, table);
    return mydrv_ask_number(load->conn, &sql, "count the rows", ret_rows, err);
}

/* ---- Begin ---- */

/* That nothing else has changed since it was looked at is seen by its hash. */
static bool replace_matches(const struct mydrv_load *load)
{
    const struct ferry_load_spec *spec = load->spec;
    for (size_t i = 0; i < ferry_schema_count(spec->source); i++) {
        const struct mydrv_live_column *column =
            mydrv_table_find(&load->table, ferry_schema_column(spec->source, i)->name);
        if (column == NULL || strcmp(column->native, spec->natives[i]) != 0)
            return false;
    }
    return true;
}

static ferry_status replace_fail_changed(const struct mydrv_load *load, struct ferry_error *err)
{
    ferry_status status = ferry_fail(
        err, FERRY_ERR_BUSY,
        "%s: table '%s' was changed by another connection meanwhile; this run has left it "
        "as it is; run again",
        load->conn->label, load->spec->table);
    ferry_error_may_pass(err);
    return status;
}

/* The table must still be what the plan was made for. */
static ferry_status replace_confirm(struct mydrv_load *load, struct ferry_error *err)
{
    const struct ferry_load_spec *spec = load->spec;
    ferry_status status = mydrv_table_load(load->conn, spec->table, &load->table, err);
    if (status == FERRY_OK)
        status = mydrv_table_check(load->conn, spec->table, &load->table, err);
    if (status != FERRY_OK)
        return status;
    bool fine = spec->action == FERRY_TABLE_CREATE ? !load->table.exists
                : spec->action == FERRY_TABLE_KEEP ? load->table.exists && replace_matches(load)
                                                   : load->table.exists;
    bool same = spec->definition == 0 || load->table.definition == NULL ||
                spec->definition == mydrv_table_hash(load->table.definition);
    return fine && same ? FERRY_OK : replace_fail_changed(load, err);
}

/* What an earlier load of the same connection may have left otherwise. */
static ferry_status replace_set_up(struct mydrv_load *load, struct ferry_error *err)
{
    mydrv_wait_begin(load);
    ferry_status status = mydrv_wait_rest(load, err);
    if (status == FERRY_OK)
        status = replace_run(load->conn, "SET SESSION foreign_key_checks = 1",
                             "set foreign_key_checks", err);
    if (status == FERRY_OK)
        status = replace_run(load->conn, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                             "set the isolation level", err);
    return status;
}

static ferry_status replace_make_forms(struct mydrv_load *load, struct ferry_error *err)
{
    size_t count = ferry_schema_count(load->spec->source);
    load->forms = calloc(count, sizeof *load->forms);
    if (load->forms == NULL)
        return mydrv_fail_memory(err);
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++)
        status = mydrv_form_make(&load->forms[i], ferry_schema_column(load->spec->source, i),
                                 load->spec->natives[i], err);
    return status;
}

/* The database that was not there when the connection was opened.  Another run may have made it
 * meanwhile, which is as good. */
static ferry_status replace_make_database(struct mydrv_conn *conn, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    if (conn->missing_database == NULL)
        return FERRY_OK;
    mydrv_text_add(&sql, "CREATE DATABASE IF NOT EXISTS ");
    mydrv_text_add_name(&sql, conn->missing_database);
    mydrv_text_add(&sql, " DEFAULT CHARACTER SET utf8mb4");
    ferry_status status =
        mydrv_run(conn, &sql, "make the database, which needs the right CREATE on it", err);
    for (struct mydrv_conn *c = conn; c != NULL && status == FERRY_OK; c = c->spare)
        if (mysql_select_db(c->native, conn->missing_database) != 0)
            status = mydrv_fail_conn(c, MYDRV_LOADING, "use the database that was made", err);
    if (status != FERRY_OK)
        return status;
    ferry_log(FERRY_LOG_INFO, "%s: database '%s' is made", conn->label, conn->missing_database);
    free(conn->missing_database);
    conn->missing_database = NULL;
    return FERRY_OK;
}

static ferry_status replace_begin(struct mydrv_load *load, struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(load->conn, err);
    if (status == FERRY_OK)
        status = replace_make_database(load->conn, err);
    if (status == FERRY_OK)
        status = replace_set_up(load, err);
    if (status == FERRY_OK)
        status = mydrv_stage_lock(load, err);
    if (status == FERRY_OK)
        status = replace_confirm(load, err);
    if (status == FERRY_OK)
        status = mydrv_stage_clean(load, err);
    if (status == FERRY_OK)
        status = mydrv_hangers_look(load, err);
    if (status == FERRY_OK)
        status = mydrv_hangers_check_right(load, err);
    if (status == FERRY_OK)
        status = replace_make_forms(load, err);
    if (status == FERRY_OK)
        status = mydrv_lane_choose(load, err);
    if (status == FERRY_OK)
        status = mydrv_record_prepare(load->conn, err);
    if (status == FERRY_OK)
        status = mydrv_stage_create(load, err);
    if (status == FERRY_OK)
        status = replace_run(load->conn, "START TRANSACTION", "begin a transaction", err);
    return status;
}

/* End a load: nothing of it is left but what was committed. */
static void replace_free(struct mydrv_load *load)
{
    mydrv_lane_free(load);
    if (!mydrv_conn_is_lost(load->conn))
        (void)mysql_rollback(load->conn->native);
    mydrv_stage_drop(load);
    mydrv_stage_unlock(load);
    for (size_t i = 0; load->forms != NULL && i < ferry_schema_count(load->spec->source); i++)
        mydrv_form_clear(&load->forms[i]);
    free(load->forms);
    mydrv_table_clear(&load->table);
    free(load->stage);
    free(load->old);
    free(load->lock);
    free(load);
}

static ferry_status replace_load_begin(void *conn, const struct ferry_load_spec *spec,
                                       void **ret_load, struct ferry_error *err)
{
    struct mydrv_load *load = calloc(1, sizeof *load);
    if (load == NULL)
        return mydrv_fail_memory(err);
    load->conn = conn;
    load->spec = spec;
    ferry_status status = replace_begin(load, err);
    if (status != FERRY_OK) {
        replace_free(load);
        return status;
    }
    *ret_load = load;
    return FERRY_OK;
}

static ferry_status replace_load_batch(void *load, const struct ferry_batch *batch,
                                       struct ferry_error *err)
{
    return mydrv_lane_batch(load, batch, err);
}

/* ---- End ---- */

static void replace_add_columns(const struct mydrv_load *load, struct mydrv_text *sql)
{
    for (size_t i = 0; i < ferry_schema_count(load->spec->source); i++) {
        if (i > 0)
            mydrv_text_add(sql, ", ");
        mydrv_text_add_name(sql, ferry_schema_column(load->spec->source, i)->name);
    }
}

static void replace_write_copy(const struct mydrv_load *load, struct mydrv_text *sql)
{
    mydrv_text_add(sql, "INSERT INTO ");
    mydrv_text_add_name(sql, load->spec->table);
    mydrv_text_add(sql, " (");
    replace_add_columns(load, sql);
    mydrv_text_add(sql, ") SELECT ");
    replace_add_columns(load, sql);
    mydrv_text_add(sql, " FROM ");
    mydrv_text_add_name(sql, load->stage);
}

/* One try.  False: the connection has the error; the transaction is still open. */
static bool replace_try_rows(struct mydrv_load *load, const struct mydrv_text *clear,
                             const struct mydrv_text *copy)
{
    MYSQL *native = load->conn->native;
    static const char begin[] = "START TRANSACTION";
    if (mysql_real_query(native, begin, sizeof begin - 1) != 0 ||
        mysql_real_query(native, clear->data, clear->length) != 0)
        return false;
    load->rows_before = mysql_affected_rows(native);
    return mydrv_query(load->conn, copy);
}

/* The stage is complete, so a try that others' locks have stopped costs no second read. */
static ferry_status replace_rows(struct mydrv_load *load, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text clear = {0};
    MYDRV_AUTO_SQL struct mydrv_text copy = {0};
    mydrv_wait_begin(load);
    ferry_status status = mydrv_wait_turn(load, err);
    if (status != FERRY_OK)
        return status;
    mydrv_text_add(&clear, "DELETE FROM ");
    mydrv_text_add_name(&clear, load->spec->table);
    replace_write_copy(load, &copy);
    if (clear.failed || copy.failed)
        return mydrv_fail_memory(err);
    while (!replace_try_rows(load, &clear, &copy)) {
        if (!mydrv_wait_again(load))
            return mydrv_wait_fail(load, "replace the rows", err);
        (void)mysql_rollback(load->conn->native);
    }
    return FERRY_OK;
}

/* With foreign_key_checks on, DELETE would take other tables' rows along (ON DELETE CASCADE). */
static ferry_status replace_in_place(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->conn;
    uint64_t rows = 0;
    ferry_status status =
        replace_run(conn, "SET SESSION foreign_key_checks = 0", "set foreign_key_checks", err);
    if (status == FERRY_OK)
        status = replace_run(conn, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
                             "set the isolation level", err);
    if (status == FERRY_OK)
        status = replace_rows(load, err);
    if (status == FERRY_OK)
        status = replace_count(load, load->spec->table, &rows, err);
    if (status == FERRY_OK && rows != load->rows_loaded)
        status = ferry_fail(err, FERRY_ERR_DATA,
                            "%s: table '%s' holds %llu rows after %llu were written; a trigger "
                            "may have changed them; drop it",
                            conn->label, load->spec->table, (unsigned long long)rows,
                            (unsigned long long)load->rows_loaded);
    return status == FERRY_OK ? mydrv_hangers_check(load, err) : status;
}

/* What the statements have taken is added up; where the table's own count is cheap, it decides. */
static ferry_status replace_check_count(struct mydrv_load *load, struct ferry_error *err)
{
    uint64_t rows = 0;
    if (!mydrv_stage_is_like(load) || !mydrv_engine_counts(load->table.engine))
        return FERRY_OK;
    ferry_status status = replace_count(load, load->stage, &rows, err);
    if (status == FERRY_OK && rows != load->rows_loaded)
        status = ferry_fail(err, FERRY_ERR_TARGET_IO,
                            "%s: the new table '%s' (engine %s) holds %llu rows after %llu were "
                            "written; convert it to InnoDB",
                            load->conn->label, load->spec->table, load->table.engine,
                            (unsigned long long)rows, (unsigned long long)load->rows_loaded);
    return status;
}

static ferry_status replace_end(struct mydrv_load *load, struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(load->conn, err);
    if (status == FERRY_OK)
        status = mydrv_lane_end(load, err);
    if (status == FERRY_OK)
        status = replace_run(load->conn, "COMMIT", "commit rows to the stage", err);
    if (status == FERRY_OK)
        status = mydrv_stage_finish(load, err);
    if (status == FERRY_OK)
        status = replace_check_count(load, err);
    if (status != FERRY_OK || !load->table.exists)
        return status;
    return load->in_place ? replace_in_place(load, err)
                          : replace_count(load, load->spec->table, &load->rows_before, err);
}

static ferry_status replace_load_end(void *argument, struct ferry_load_totals *ret_totals,
                                     struct ferry_error *err)
{
    struct mydrv_load *load = argument;
    ferry_status status = replace_end(load, err);
    if (status != FERRY_OK)
        return status;
    ret_totals->rows_loaded = load->rows_loaded;
    ret_totals->rows_before = load->rows_before;
    ret_totals->bytes = load->bytes;
    return FERRY_OK;
}

/* ---- Commit ---- */

/* Somebody may have altered the table, or hung something on it, since the load began. */
static ferry_status replace_confirm_again(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_table now = {0};
    ferry_status status = mydrv_table_load(load->conn, load->spec->table, &now, err);
    if (status != FERRY_OK)
        return status;
    bool same = now.exists == load->table.exists &&
                (!now.exists ||
                 (now.definition != NULL && load->table.definition != NULL &&
                  mydrv_table_hash(now.definition) == mydrv_table_hash(load->table.definition)));
    mydrv_table_clear(&now);
    if (!same)
        return replace_fail_changed(load, err);
    status = mydrv_hangers_look(load, err);
    if (status == FERRY_OK && load->in_place)
        status = replace_fail_changed(load, err);
    return status;
}

static void replace_write_rename(const struct mydrv_load *load, bool back, struct mydrv_text *sql)
{
    mydrv_text_add(sql, "RENAME TABLE ");
    if (load->table.exists) {
        mydrv_text_add_name(sql, load->spec->table);
        mydrv_text_add(sql, " TO ");
        mydrv_text_add_name(sql, back ? load->stage : load->old);
        mydrv_text_add(sql, ", ");
    }
    mydrv_text_add_name(sql, back ? load->old : load->stage);
    mydrv_text_add(sql, " TO ");
    mydrv_text_add_name(sql, load->spec->table);
}

/* A connection lost in the commit says nothing about what the server did: the second one is asked.
 * FERRY_OK: the new rows are there after all. */
static ferry_status replace_fail_commit(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->conn;
    mydrv_conn_give_up(conn, mysql_errno(conn->native));
    if (!mydrv_conn_is_lost(conn))
        return mydrv_wait_fail(load, "replace the table, whose old rows stay", err);
    enum mydrv_outcome outcome = mydrv_spare_find_outcome(load);
    if (outcome == MYDRV_OUTCOME_NEW) {
        ferry_log(FERRY_LOG_WARNING,
                  "%s: the connection was lost while table '%s' was being replaced; a second one "
                  "found the new rows there",
                  conn->label, load->spec->table);
        return FERRY_OK;
    }
    ferry_status status;
    if (outcome == MYDRV_OUTCOME_OLD) {
        status = ferry_fail(err, FERRY_ERR_TARGET_IO,
                            "%s: the connection was lost while table '%s' was being replaced; a "
                            "second one found the old rows there; run again",
                            conn->label, load->spec->table);
    } else {
        load->staged = false; /* it may be the table by now */
        status = ferry_fail(
            err, FERRY_ERR_BUSY,
            "%s: the connection was lost while table '%s' was being replaced; whether it "
            "holds the old or the new rows is unknown (the new ones have run id %s in "
            "the table's comment, or in _dbferry_sync); running again is safe",
            conn->label, load->spec->table, load->spec->run_id);
    }
    ferry_error_may_pass(err);
    return status;
}

/* Keys of tables that this account cannot see show up here: the server refuses to drop what they
 * refer to.  Then both tables get their names back. */
static ferry_status replace_drop_old(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->conn;
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    MYDRV_AUTO_SQL struct mydrv_text back = {0};
    mydrv_text_add(&sql, "DROP TABLE ");
    mydrv_text_add_name(&sql, load->old);
    if (sql.failed || mydrv_query(conn, &sql))
        return FERRY_OK;
    unsigned code = mysql_errno(conn->native);
    if (code != 1217 && code != 1451 && code != 3730) {
        ferry_log(FERRY_LOG_WARNING,
                  "%s: table '%s' is replaced, but the old one cannot be dropped (error %u); it is "
                  "left as '%s' until the next run",
                  conn->label, load->spec->table, code, load->old);
        return FERRY_OK;
    }
    replace_write_rename(load, true, &back);
    ferry_status status = mydrv_run(conn, &back, "give the tables their names back", err);
    if (status != FERRY_OK)
        return status;
    load->staged = true;
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: a foreign key of a table that this account may not see refers to table "
                      "'%s'; grant SELECT on that table, so that the key can be kept, or drop it",
                      conn->label, load->spec->table);
}

/* Between two turns somebody may have altered the table, too. */
static ferry_status replace_confirm_meanwhile(struct mydrv_load *load, struct ferry_error *err)
{
    ferry_status status = mydrv_wait_rest(load, err);
    if (status == FERRY_OK)
        status = replace_confirm_again(load, err);
    if (status == FERRY_OK)
        status = mydrv_wait_turn(load, err);
    return status;
}

static ferry_status replace_rename(struct mydrv_load *load, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    ferry_status status = replace_confirm_again(load, err);
    replace_write_rename(load, false, &sql);
    if (status == FERRY_OK && sql.failed)
        status = mydrv_fail_memory(err);
    if (status == FERRY_OK)
        status = mydrv_wait_turn(load, err);
    mydrv_wait_begin(load);
    while (status == FERRY_OK && !mydrv_query(load->conn, &sql)) {
        if (!mydrv_wait_again(load)) {
            status = replace_fail_commit(load, err);
            break;
        }
        status = replace_confirm_meanwhile(load, err);
    }
    if (status != FERRY_OK)
        return status;
    load->staged = false;
    return load->table.exists ? replace_drop_old(load, err) : FERRY_OK;
}

/* The rows are there by now: what is missing is only the record, which the next run mends. */
static void replace_record_after(struct mydrv_load *load, const struct ferry_run_record *record)
{
    ferry_log(FERRY_LOG_DEBUG, "%s: table '%s' is replaced", load->conn->label, load->spec->table);
    if (record != NULL)
        mydrv_record_note(load->conn, record);
}

static ferry_status replace_commit(struct mydrv_load *load, const struct ferry_run_record *record,
                                   struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(load->conn, err);
    if (status != FERRY_OK)
        return status;
    if (!load->in_place) {
        status = replace_rename(load, err);
        if (status == FERRY_OK)
            replace_record_after(load, record);
        return status;
    }
    if (record != NULL)
        status = mydrv_record_write(load->conn, record, err);
    if (status == FERRY_OK && mysql_commit(load->conn->native) != 0)
        status = replace_fail_commit(load, err);
    return status;
}

static ferry_status replace_load_commit(void *load, const struct ferry_run_record *record,
                                        struct ferry_error *err)
{
    ferry_status status = replace_commit(load, record, err);
    replace_free(load);
    return status;
}

static void replace_load_abort(void *load)
{
    replace_free(load);
}

const struct ferry_target mydrv_target = {
    .map_column = mydrv_map_column,
    .inspect = mydrv_inspect,
    .load_begin = replace_load_begin,
    .load_batch = replace_load_batch,
    .load_end = replace_load_end,
    .load_commit = replace_load_commit,
    .load_abort = replace_load_abort,
    .read_back = mydrv_read_back,
    .note_indexes = mydrv_note_indexes,
    .hold_column = mydrv_hold_column,
    .foresee = mydrv_foresee,
};
