/* The target half: a change, from its beginning to its end. */

/* clang-format off */
/*   by renames   commit: RENAME TABLE live TO old, stage TO live, for each table; drop the old
 *                ones; records
 *   in place     where triggers or foreign keys hang on a table, or single rows of it were changed:
 *                that was done in a transaction that is open; commit: records, COMMIT
 *
 * A change of many tables goes by renames, all of them in one statement, which the servers do whole
 * or not at all, also where they are killed meanwhile (MySQL since 8.0, MariaDB since 10.6).  Or all
 * are changed in place, in one transaction (joint.c).
 */
/* clang-format on */

#include "write/target.h"

#include <string.h>

/* ---- Begin ---- */

/* What an earlier load of the same connection may have left otherwise. */
ferry_status mydrv_unit_set_up(struct mydrv_unit *unit, struct ferry_error *err)
{
    mydrv_wait_begin(unit);
    ferry_status status = mydrv_wait_rest(unit, err);
    if (status == FERRY_OK)
        status = mydrv_set_key_checks(unit->conn, true, err);
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
    PART_AUTO_TEXT struct part_text sql = {0};
    if (conn->missing_database == NULL)
        return FERRY_OK;
    part_text_add(&sql, "CREATE DATABASE IF NOT EXISTS ");
    mydrv_text_add_name(&sql, conn->missing_database);
    part_text_add(&sql, " DEFAULT CHARACTER SET utf8mb4");
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
    if (status == FERRY_OK)
        status = mydrv_unit_set_up(unit, err);
    if (status == FERRY_OK && unit->spec->load_count > 1)
        status = mydrv_rename_check_length(unit, err);
    return status;
}

/* End a change: nothing of it is left but what was committed. */
static void unit_free(struct mydrv_unit *unit)
{
    for (size_t i = 0; i < unit->load_count; i++)
        mydrv_lane_stop(&unit->loads[i]->lane);
    if (!mydrv_conn_is_lost(unit->conn))
        (void)mysql_rollback(unit->conn->native);
    for (size_t i = 0; i < unit->load_count; i++) {
        mydrv_changes_free(unit->loads[i]);
        mydrv_replace_free(unit->loads[i]);
    }
    mydrv_joint_free(unit);
    part_text_clear(&unit->hung);
    mysql_free_result(unit->keys);
    free(unit->loads);
    free(unit);
}

struct mydrv_load *mydrv_unit_add_load(struct mydrv_unit *unit, const struct ferry_load_spec *spec)
{
    struct mydrv_load **loads = reallocarray(unit->loads, unit->load_count + 1, sizeof(void *));
    struct mydrv_load *load = loads == NULL ? NULL : calloc(1, sizeof *load);
    unit->loads = loads == NULL ? unit->loads : loads;
    if (load == NULL)
        return NULL;
    load->unit = unit;
    load->spec = spec;
    load->layout = spec->layout;
    unit->loads[unit->load_count++] = load;
    return load;
}

ferry_status mydrv_unit_check_joined(const struct mydrv_unit *unit, const char *table,
                                     const char *why, struct ferry_error *err)
{
    return unit->spec->load_count <= 1
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                            "%s: table '%s' cannot change together with others, since %s; %s",
                            unit->conn->label, table, why,
                            unit->spec->foreign_keys != 0
                                ? "drop that, or leave the table out"
                                : "choose commit = \"each\", or leave it out");
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

/* The mark that the record's table has; NULL: none. */
static const char *unit_find_mark(const struct mydrv_unit *unit, const struct ferry_record *record)
{
    for (size_t i = 0; i < unit->load_count; i++)
        if (strcmp(unit->loads[i]->layout->table, ferry_record_table(record)) == 0)
            return unit->loads[i]->table.run_id;
    return NULL;
}

/* Rows and records in the transaction that is open. */
static ferry_status unit_commit_in_place(struct mydrv_unit *unit,
                                         const struct ferry_record *const *records, size_t count,
                                         uint32_t *outcome, struct ferry_error *err)
{
    char mark[MYDRV_RUN_ID_SIZE];
    ferry_status status = unit->joint.open ? mydrv_joint_check(unit, err) : FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        status = mydrv_record_follow(unit->conn, records[i], mark, err);
        if (status == FERRY_OK)
            status =
                mydrv_record_write(unit->conn, records[i], unit_find_mark(unit, records[i]), err);
    }
    if (status != FERRY_OK)
        return status;
    if (mysql_commit(unit->conn->native) != 0)
        return mydrv_commit_fail(unit, outcome, err);
    *outcome = FERRY_OUTCOME_NEW;
    return FERRY_OK;
}

/* The rows are there by now, so a record that is missing is only worth a warning. */
static bool unit_note_record(struct mydrv_unit *unit, const struct ferry_record *record)
{
    bool noted = mydrv_record_note(unit->conn, record);
    if (!noted && mydrv_conn_is_lost(unit->conn) && mydrv_second_take_over(unit))
        noted = mydrv_record_note(unit->conn, record);
    return noted;
}

static void unit_note_records(struct mydrv_unit *unit, const struct ferry_record *const *records,
                              size_t count)
{
    for (size_t i = 0; i < unit->load_count; i++)
        ferry_log(FERRY_LOG_DEBUG, "%s: table '%s' is replaced", unit->conn->label,
                  unit->loads[i]->layout->table);
    for (size_t i = 0; i < count; i++) {
        if (unit_note_record(unit, records[i]))
            continue;
        bool is_lost = mydrv_conn_is_lost(unit->conn);
        ferry_log(FERRY_LOG_WARNING,
                  "%s: table '%s' is replaced, but the record of the run could not be written to "
                  "_dbferry_sync (error %u)%s; the next run writes it anew",
                  unit->conn->label, ferry_record_table(records[i]),
                  mysql_errno(unit->conn->native),
                  is_lost && i + 1 < count ? ", nor those of the tables after it" : "");
        if (is_lost)
            return;
    }
}

/* Until the server was asked to, the old rows are there. */
static ferry_status unit_commit(struct mydrv_unit *unit, const struct ferry_record *const *records,
                                size_t count, uint32_t *outcome, struct ferry_error *err)
{
    *outcome = FERRY_OUTCOME_OLD;
    ferry_status status = mydrv_conn_check(unit->conn, err);
    if (status != FERRY_OK)
        return status;
    if (unit->in_place)
        return unit_commit_in_place(unit, records, count, outcome, err);
    status = mydrv_foreign_keys_make(unit, err);
    if (status == FERRY_OK)
        status = mydrv_commit_rename(unit, outcome, err);
    if (status == FERRY_OK)
        unit_note_records(unit, records, count);
    return status;
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
    ferry_status status = unit->load_count > 0
                              ? unit_commit(unit, records, record_count, outcome, err)
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
    .judge_key = mydrv_judge_key,
    .records = mydrv_records,
    .prune = mydrv_prune,
    .abilities =
        FERRY_SCANS | FERRY_CHANGES | FERRY_TOGETHER | FERRY_TOGETHER_ALIKE | FERRY_SIDE_BY_SIDE,
};
