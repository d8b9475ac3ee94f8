/* The target half: a change, from its beginning to its end.
 *
 *   by renames   commit: RENAME TABLE live TO old, stage TO live; drop old; records
 *   in place     where triggers or foreign keys hang on a table, or single rows of it were changed:
 *                that was done in a transaction that is open; commit: records, COMMIT
 */

#include "write/target.h"

#include <string.h>

/* ---- Begin ---- */

/* What an earlier load of the same connection may have left otherwise. */
static ferry_status unit_set_up(struct mydrv_unit *unit, struct ferry_error *err)
{
    mydrv_wait_begin(unit);
    ferry_status status = mydrv_wait_rest(unit, err);
    if (status == FERRY_OK)
        status = mydrv_run_text(unit->conn, "SET SESSION foreign_key_checks = 1",
                                "set foreign_key_checks", err);
    if (status == FERRY_OK)
        status =
            mydrv_run_text(unit->conn, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                           "set the isolation level", err);
    return status;
}

/* The database that was not there when the connection was opened.  Another run may have made it
 * meanwhile, which is as good. */
static ferry_status unit_make_database(struct mydrv_conn *conn, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    if (conn->missing_database == NULL)
        return FERRY_OK;
    mydrv_text_add(&sql, "CREATE DATABASE IF NOT EXISTS ");
    mydrv_text_add_name(&sql, conn->missing_database);
    mydrv_text_add(&sql, " DEFAULT CHARACTER SET utf8mb4");
    ferry_status status =
        mydrv_run(conn, &sql, "make the database, which needs the right CREATE on it", err);
    for (struct mydrv_conn *c = conn; c != NULL && status == FERRY_OK; c = c->second)
        if (mysql_select_db(c->native, conn->missing_database) != 0)
            status = mydrv_fail_conn(c, MYDRV_LOADING, "use the database that was made", err);
    if (status != FERRY_OK)
        return status;
    ferry_log(FERRY_LOG_INFO, "%s: database '%s' is made", conn->label, conn->missing_database);
    free(conn->missing_database);
    conn->missing_database = NULL;
    return FERRY_OK;
}

static ferry_status unit_begin(struct mydrv_unit *unit, struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(unit->conn, err);
    if (status == FERRY_OK)
        status = unit_make_database(unit->conn, err);
    return status == FERRY_OK ? unit_set_up(unit, err) : status;
}

/* End a change: nothing of it is left but what was committed. */
static void unit_free(struct mydrv_unit *unit)
{
    if (unit->load != NULL)
        mydrv_lane_stop(&unit->load->lane);
    if (!mydrv_conn_is_lost(unit->conn))
        (void)mysql_rollback(unit->conn->native);
    mydrv_changes_free(unit->load);
    mydrv_replace_free(unit->load);
    free(unit);
}

static ferry_status unit_change_begin(void *conn, const struct ferry_change_spec *spec,
                                      void **ret_change, struct ferry_error *err)
{
    struct mydrv_unit *unit = calloc(1, sizeof *unit);
    if (unit == NULL)
        return mydrv_fail_memory(err);
    unit->conn = conn;
    unit->spec = spec;
    ferry_status status = unit_begin(unit, err);
    if (status != FERRY_OK) {
        unit_free(unit);
        return status;
    }
    *ret_change = unit;
    return FERRY_OK;
}

/* ---- Commit ---- */

/* Somebody may have altered the table, or hung something on it, since the load began. */
static ferry_status unit_confirm_again(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_table now = {0};
    ferry_status status = mydrv_table_load(load->unit->conn, load->layout->table, &now, err);
    if (status != FERRY_OK)
        return status;
    status = mydrv_table_confirm(load->unit->conn, load->spec, &now, err);
    mydrv_table_clear(&now);
    if (status == FERRY_OK)
        status = mydrv_dependents_look(load, err);
    if (status == FERRY_OK && load->unit->in_place)
        status = ferry_load_fail_changed(load->spec, load->unit->conn->label, err);
    return status;
}

static void unit_write_rename(const struct mydrv_load *load, bool back, struct mydrv_text *sql)
{
    mydrv_text_add(sql, "RENAME TABLE ");
    if (load->table.exists) {
        mydrv_text_add_name(sql, load->layout->table);
        mydrv_text_add(sql, " TO ");
        mydrv_text_add_name(sql, back ? load->names.stage : load->names.old);
        mydrv_text_add(sql, ", ");
    }
    mydrv_text_add_name(sql, back ? load->names.old : load->names.stage);
    mydrv_text_add(sql, " TO ");
    mydrv_text_add_name(sql, load->layout->table);
}

/* A connection lost in the commit says nothing about what the server did: the second one is asked.
 * FERRY_OK: the new rows are there after all. */
static ferry_status unit_fail_commit(struct mydrv_load *load, uint32_t *outcome,
                                     struct ferry_error *err)
{
    struct mydrv_conn *conn = load->unit->conn;
    mydrv_conn_give_up(conn, mysql_errno(conn->native));
    if (!mydrv_conn_is_lost(conn))
        return mydrv_wait_fail(load->unit, load->layout->table,
                               "replace the table, whose old rows stay", err);
    *outcome = mydrv_outcome_find(load->unit);
    if (*outcome == FERRY_OUTCOME_NEW) {
        ferry_log(FERRY_LOG_WARNING,
                  "%s: the connection was lost while table '%s' was being replaced; a second one "
                  "found the new rows there",
                  conn->label, load->layout->table);
        return FERRY_OK;
    }
    ferry_status status;
    if (*outcome == FERRY_OUTCOME_OLD) {
        status = ferry_fail(err, FERRY_ERR_TARGET_IO,
                            "%s: the connection was lost while table '%s' was being replaced; a "
                            "second one found the old rows there; run again",
                            conn->label, load->layout->table);
    } else {
        load->stage.there = false; /* it may be the table by now */
        status = ferry_fail(
            err, FERRY_ERR_BUSY,
            "%s: the connection was lost while table '%s' was being replaced; whether it "
            "holds the old or the new rows is unknown (the new ones have run id %s in "
            "the table's comment, or in _dbferry_sync); running again is safe",
            conn->label, load->layout->table, load->unit->spec->run_id);
    }
    ferry_error_may_pass(err);
    return status;
}

/* Keys of tables that this account cannot see show up here: the server refuses to drop what they
 * refer to.  Then both tables get their names back. */
static ferry_status unit_drop_old(struct mydrv_load *load, uint32_t *outcome,
                                  struct ferry_error *err)
{
    struct mydrv_conn *conn = load->unit->conn;
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    MYDRV_AUTO_SQL struct mydrv_text back = {0};
    mydrv_text_add(&sql, "DROP TABLE ");
    mydrv_text_add_name(&sql, load->names.old);
    if (sql.failed || mydrv_query(conn, &sql))
        return FERRY_OK;
    unsigned code = mysql_errno(conn->native);
    if (code != 1217 && code != 1451 && code != 3730) {
        ferry_log(FERRY_LOG_WARNING,
                  "%s: table '%s' is replaced, but the old one cannot be dropped (error %u); it is "
                  "left as '%s' until the next run",
                  conn->label, load->layout->table, code, load->names.old);
        return FERRY_OK;
    }
    unit_write_rename(load, true, &back);
    ferry_status status = mydrv_run(conn, &back, "give the tables their names back", err);
    if (status != FERRY_OK) {
        *outcome = mydrv_conn_is_lost(conn) ? FERRY_OUTCOME_UNKNOWN : FERRY_OUTCOME_NEW;
        return status;
    }
    *outcome = FERRY_OUTCOME_OLD;
    load->stage.there = true;
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: a foreign key of a table that this account may not see refers to table "
                      "'%s'; grant SELECT on that table, so that the key can be kept, or drop it",
                      conn->label, load->layout->table);
}

/* Between two turns somebody may have altered the table, too. */
static ferry_status unit_confirm_meanwhile(struct mydrv_load *load, struct ferry_error *err)
{
    ferry_status status = mydrv_wait_rest(load->unit, err);
    if (status == FERRY_OK)
        status = unit_confirm_again(load, err);
    if (status == FERRY_OK)
        status = mydrv_wait_turn(load->unit, err);
    return status;
}

static ferry_status unit_rename(struct mydrv_load *load, uint32_t *outcome, struct ferry_error *err)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    ferry_status status = unit_confirm_again(load, err);
    unit_write_rename(load, false, &sql);
    if (status == FERRY_OK && sql.failed)
        status = mydrv_fail_memory(err);
    if (status == FERRY_OK)
        status = mydrv_wait_turn(load->unit, err);
    mydrv_wait_begin(load->unit);
    while (status == FERRY_OK && !mydrv_query(load->unit->conn, &sql)) {
        if (!mydrv_wait_again(load->unit)) {
            status = unit_fail_commit(load, outcome, err);
            break;
        }
        status = unit_confirm_meanwhile(load, err);
    }
    if (status != FERRY_OK)
        return status;
    *outcome = FERRY_OUTCOME_NEW;
    load->stage.there = false;
    return load->table.exists ? unit_drop_old(load, outcome, err) : FERRY_OK;
}

/* The rows are there by now: what is missing is only the record, which the next run mends. */
static void unit_record_after(struct mydrv_load *load, const struct ferry_record *record)
{
    ferry_log(FERRY_LOG_DEBUG, "%s: table '%s' is replaced", load->unit->conn->label,
              load->layout->table);
    if (record != NULL)
        mydrv_record_note(load->unit->conn, record);
}

/* Until the server was asked to, the old rows are there. */
static ferry_status unit_commit(struct mydrv_unit *unit, const struct ferry_record *record,
                                uint32_t *outcome, struct ferry_error *err)
{
    struct mydrv_load *load = unit->load;
    char mark[MYDRV_RUN_ID_SIZE];
    *outcome = FERRY_OUTCOME_OLD;
    ferry_status status = mydrv_conn_check(unit->conn, err);
    if (status != FERRY_OK)
        return status;
    if (!unit->in_place) {
        status = unit_rename(load, outcome, err);
        if (status == FERRY_OK)
            unit_record_after(load, record);
        return status;
    }
    if (record != NULL)
        status = mydrv_record_follow(unit->conn, record, mark, err);
    if (status == FERRY_OK && record != NULL)
        status = mydrv_record_write(unit->conn, record, load->table.run_id, err);
    if (status != FERRY_OK)
        return status;
    if (mysql_commit(unit->conn->native) != 0)
        return unit_fail_commit(load, outcome, err);
    *outcome = FERRY_OUTCOME_NEW;
    return FERRY_OK;
}

/* Tables stay as they are, each with the mark that it has. */
static ferry_status unit_commit_records(struct mydrv_unit *unit,
                                        const struct ferry_record *const *records, size_t count,
                                        uint32_t *outcome, struct ferry_error *err)
{
    struct mydrv_conn *conn = unit->conn;
    char mark[MYDRV_RUN_ID_SIZE];
    *outcome = FERRY_OUTCOME_OLD;
    ferry_status status = mydrv_record_prepare(conn, err);
    if (status == FERRY_OK)
        status = mydrv_run_text(conn, "START TRANSACTION", "begin a transaction", err);
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        status = mydrv_record_follow(conn, records[i], mark, err);
        if (status == FERRY_OK)
            status = mydrv_record_write(conn, records[i], mark[0] == '\0' ? NULL : mark, err);
    }
    if (status == FERRY_OK)
        status = mydrv_run_text(conn, "COMMIT", "commit the record of the run", err);
    if (status == FERRY_OK)
        *outcome = FERRY_OUTCOME_NEW;
    return status;
}

static ferry_status unit_change_commit(void *change, const struct ferry_record *const *records,
                                       size_t record_count, uint32_t *outcome,
                                       struct ferry_error *err)
{
    struct mydrv_unit *unit = change;
    ferry_status status =
        unit->load != NULL ? unit_commit(unit, record_count > 0 ? records[0] : NULL, outcome, err)
                           : unit_commit_records(unit, records, record_count, outcome, err);
    unit_free(change);
    return status;
}

static void unit_change_abort(void *change)
{
    unit_free(change);
}

/* ---- Loads of each kind ---- */

static ferry_status unit_load_begin(void *change, const struct ferry_load_spec *spec,
                                    void **ret_load, struct ferry_error *err)
{
    return spec->kind == FERRY_LOAD_CHANGES ? mydrv_changes_begin(change, spec, ret_load, err)
                                            : mydrv_replace_begin(change, spec, ret_load, err);
}

static ferry_status unit_load_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                                    struct ferry_error *err)
{
    return ((struct mydrv_load *)load)->changes != NULL
               ? mydrv_changes_batch(load, operation, batch, err)
               : mydrv_replace_batch(load, operation, batch, err);
}

static ferry_status unit_load_end(void *load, struct ferry_load_totals *ret_totals,
                                  struct ferry_error *err)
{
    return ((struct mydrv_load *)load)->changes != NULL ? mydrv_changes_end(load, ret_totals, err)
                                                        : mydrv_replace_end(load, ret_totals, err);
}

const struct ferry_target mydrv_target = {
    .map_column = mydrv_map_column,
    .inspect = mydrv_inspect,
    .change_begin = unit_change_begin,
    .load_begin = unit_load_begin,
    .load_batch = unit_load_batch,
    .load_end = unit_load_end,
    .change_commit = unit_change_commit,
    .change_abort = unit_change_abort,
    .stored_begin = mydrv_stored_begin,
    .stored_batch = mydrv_stored_batch,
    .stored_end = mydrv_stored_end,
    .note_indexes = mydrv_note_indexes,
    .hold_column = mydrv_hold_column,
    .foresee = mydrv_foresee,
    .abilities = FERRY_SCANS | FERRY_CHANGES,
};
