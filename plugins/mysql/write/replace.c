/* One table of a change: its rows replaced, by way of a stage table beside it.
 *
 *   begin   lock, leftovers, look at the table and what hangs on it, make the stage
 *   batch   rows into the stage, with commits of bounded size
 *   end     indexes and mark of the stage, counts; where the unit goes in place: DELETE and INSERT
 *           in the table, in a transaction that stays open
 */

#include "write/target.h"

#include <string.h>

/* Bytes between two commits to the stage.  MySQL waits a tenth of a second for the disk at each;
 * and what is not committed must be undone (some 0.8 s) before a cancelled load's stage can be
 * dropped. */
#define REPLACE_COMMIT ((uint64_t)64 << 20)

ferry_status mydrv_load_count(struct mydrv_load *load, const char *table, uint64_t *ret_rows,
                              struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT COUNT(*) FROM ");
    mydrv_text_add_name(&sql, table);
    return mydrv_ask_number(load->unit->conn, &sql, "count the rows", ret_rows, err);
}

/* ---- Begin ---- */

/* The table must still be what the plan was made for. */
static ferry_status replace_confirm(struct mydrv_load *load, struct ferry_error *err)
{
    const char *name = load->layout->table;
    ferry_status status = mydrv_table_load(load->unit->conn, name, &load->table, err);
    if (status == FERRY_OK)
        status = mydrv_table_check(load->unit->conn, name, &load->table, err);
    return status == FERRY_OK ? mydrv_table_confirm(load->unit->conn, load->spec, &load->table, err)
                              : status;
}

static ferry_status replace_make_stage(struct mydrv_load *load, struct ferry_error *err)
{
    load->stage = (struct mydrv_stage){
        .unit = load->unit, .spec = load->spec, .live = &load->table, .name = load->names.stage};
    ferry_status status = mydrv_stage_create(&load->stage, err);
    return status == FERRY_OK ? mydrv_lane_learn(&load->lane, load->stage.name, err) : status;
}

ferry_status mydrv_load_take(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->unit->conn;
    const char *table = load->layout->table;
    bool taken = mydrv_joint_hand_over(load);
    ferry_status status = taken ? FERRY_OK : mydrv_names_make(conn, table, &load->names, err);
    if (status == FERRY_OK && !taken)
        status = mydrv_lock_take(&load->lock, conn, load->names.lock, table, err);
    if (status == FERRY_OK)
        status = replace_confirm(load, err);
    if (status == FERRY_OK && !taken)
        status = mydrv_leftovers_clear(conn, &load->names, table, load->table.exists, err);
    if (status == FERRY_OK) /* what comes later is seen before the commit */
        status = mydrv_dependents_look(load, err);
    if (status == FERRY_OK)
        status = mydrv_dependents_check_right(load, err);
    return status;
}

static ferry_status replace_begin(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->unit->conn;
    ferry_status status = mydrv_load_take(load, err);
    if (status == FERRY_OK && load->unit->in_place)
        status =
            mydrv_unit_check_joined(load->unit, load->layout->table, load->unit->hung.data, err);
    if (status == FERRY_OK)
        status = mydrv_leftovers_check_drop(conn, &load->names, err);
    if (status == FERRY_OK)
        status = mydrv_lane_begin(&load->lane, conn, load->names.stage, load->layout, err);
    if (status == FERRY_OK)
        status = mydrv_record_prepare(conn, err);
    if (status == FERRY_OK)
        status = mydrv_foreign_keys_check_right(load, err);
    if (status == FERRY_OK)
        status = replace_make_stage(load, err);
    if (status == FERRY_OK)
        status = mydrv_run_text(conn, "START TRANSACTION", "begin a transaction", err);
    return status;
}

void mydrv_replace_free(struct mydrv_load *load)
{
    if (load == NULL)
        return;
    mydrv_stage_drop(&load->stage);
    mydrv_lock_release(&load->lock);
    mydrv_lane_free(&load->lane);
    mydrv_table_clear(&load->table);
    mydrv_names_clear(&load->names);
    part_text_clear(&load->part);
    free(load);
}

/* What failed to begin is ended with its change, too. */
ferry_status mydrv_replace_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                                 struct ferry_error *err)
{
    struct mydrv_load *load = mydrv_unit_add_load(change, spec);
    if (load == NULL)
        return mydrv_fail_memory(err);
    load->lane.commit_bytes = REPLACE_COMMIT;
    ferry_status status =
        load->unit->joint.open
            ? ferry_fail(err, FERRY_ERR_INTERNAL,
                         "%s: a table that is replaced, among others that are not",
                         load->unit->conn->label)
            : replace_begin(load, err);
    if (status == FERRY_OK)
        *ret_load = load;
    return status;
}

ferry_status mydrv_replace_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                                 struct ferry_error *err)
{
    (void)operation; /* FERRY_OP_INSERT: a load that replaces has no other */
    return mydrv_lane_batch(&((struct mydrv_load *)load)->lane, batch, err);
}

/* ---- End ---- */

static void replace_add_columns(const struct mydrv_load *load, struct part_text *sql)
{
    for (size_t i = 0; i < ferry_schema_count(load->layout->schema); i++) {
        if (i > 0)
            part_text_add(sql, ", ");
        mydrv_text_add_name(sql, ferry_schema_column(load->layout->schema, i)->name);
    }
}

static void replace_write_copy(const struct mydrv_load *load, struct part_text *sql)
{
    part_text_add(sql, "INSERT INTO ");
    mydrv_text_add_name(sql, load->layout->table);
    part_text_add(sql, " (");
    replace_add_columns(load, sql);
    part_text_add(sql, ") SELECT ");
    replace_add_columns(load, sql);
    part_text_add(sql, " FROM ");
    mydrv_text_add_name(sql, load->stage.name);
}

/* One try.  False: the connection has the error; the transaction is still open. */
static bool replace_try_rows(struct mydrv_load *load, const struct part_text *clear,
                             const struct part_text *copy)
{
    MYSQL *native = load->unit->conn->native;
    static const char begin[] = "START TRANSACTION";
    if (mysql_real_query(native, begin, sizeof begin - 1) != 0 ||
        mysql_real_query(native, clear->data, clear->length) != 0)
        return false;
    load->rows_before = mysql_affected_rows(native);
    return mydrv_query(load->unit->conn, copy);
}

/* The stage is complete, so a try that others' locks have stopped costs no second read. */
static ferry_status replace_rows(struct mydrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text clear = {0};
    PART_AUTO_TEXT struct part_text copy = {0};
    mydrv_wait_begin(load->unit);
    ferry_status status = mydrv_wait_turn(load->unit, err);
    if (status != FERRY_OK)
        return status;
    part_text_add(&clear, "DELETE FROM ");
    mydrv_text_add_name(&clear, load->layout->table);
    replace_write_copy(load, &copy);
    if (clear.failed || copy.failed)
        return mydrv_fail_memory(err);
    while (!replace_try_rows(load, &clear, &copy)) {
        if (!mydrv_wait_again(load->unit))
            return mydrv_wait_fail(load->unit, load->layout->table, "replace the rows", err);
        (void)mysql_rollback(load->unit->conn->native);
    }
    return FERRY_OK;
}

/* With foreign_key_checks on, DELETE would take other tables' rows along (ON DELETE CASCADE). */
static ferry_status replace_in_place(struct mydrv_load *load, struct ferry_error *err)
{
    struct mydrv_conn *conn = load->unit->conn;
    uint64_t rows = 0;
    ferry_status status = mydrv_set_key_checks(conn, false, err);
    if (status == FERRY_OK)
        status = mydrv_set_read_committed(conn, err);
    if (status == FERRY_OK)
        status = replace_rows(load, err);
    if (status == FERRY_OK)
        status = mydrv_load_count(load, load->layout->table, &rows, err);
    if (status == FERRY_OK && rows != load->lane.rows)
        status = ferry_fail(err, FERRY_ERR_DATA,
                            "%s: table '%s' holds %llu rows after %llu were written; a trigger "
                            "may have changed them; drop it",
                            conn->label, load->layout->table, (unsigned long long)rows,
                            (unsigned long long)load->lane.rows);
    return status == FERRY_OK ? mydrv_dependents_check(load, err) : status;
}

/* What the statements have taken is added up; where the table's own count is cheap, it decides. */
static ferry_status replace_check_count(struct mydrv_load *load, struct ferry_error *err)
{
    uint64_t rows = 0;
    if (!load->stage.like || !mydrv_engine_counts(load->table.engine))
        return FERRY_OK;
    ferry_status status = mydrv_load_count(load, load->stage.name, &rows, err);
    if (status == FERRY_OK && rows != load->lane.rows)
        status = ferry_fail(err, FERRY_ERR_TARGET_IO,
                            "%s: the new table '%s' (engine %s) holds %llu rows after %llu were "
                            "written; convert it to InnoDB",
                            load->unit->conn->label, load->layout->table, load->table.engine,
                            (unsigned long long)rows, (unsigned long long)load->lane.rows);
    return status;
}

static ferry_status replace_end(struct mydrv_load *load, struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(load->unit->conn, err);
    if (status == FERRY_OK)
        status = mydrv_lane_end(&load->lane, err);
    if (status == FERRY_OK)
        status = mydrv_run_text(load->unit->conn, "COMMIT", "commit rows to the stage", err);
    if (status == FERRY_OK)
        status = mydrv_stage_finish(&load->stage, err);
    if (status == FERRY_OK)
        status = replace_check_count(load, err);
    if (status != FERRY_OK || !load->table.exists)
        return status;
    return load->unit->in_place
               ? replace_in_place(load, err)
               : mydrv_load_count(load, load->layout->table, &load->rows_before, err);
}

ferry_status mydrv_replace_end(void *argument, struct ferry_load_totals *ret_totals,
                               struct ferry_error *err)
{
    struct mydrv_load *load = argument;
    ferry_status status = replace_end(load, err);
    if (status != FERRY_OK)
        return status;
    ret_totals->before = load->rows_before;
    ret_totals->inserted = load->lane.rows;
    ret_totals->after = load->lane.rows;
    ret_totals->bytes = load->lane.bytes;
    mydrv_lane_free(&load->lane); /* there may be many loads */
    return FERRY_OK;
}
