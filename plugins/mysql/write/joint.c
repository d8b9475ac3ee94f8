/* Single rows of many tables, changed in one transaction, whichever of them is at work.
 *
 * Nothing may end that transaction but the commit.  So what would, a lock's leftovers that are
 * dropped or the table of records that is made, is done for all tables before it begins; changes
 * gather in temporary tables alone; and a table whose statements others' locks have stopped goes
 * back to a savepoint of its own.
 */

#include "write/target.h"

#define JOINT_SAVEPOINT "dbferry_table"
#define JOINT_DEADLOCK 1213     /* error numbers: the server has rolled back all ... */
#define JOINT_NO_SAVEPOINT 1305 /* ... as shows when the savepoint is asked for */

bool mydrv_joint_is_asked(const struct mydrv_unit *unit)
{
    return unit->spec->load_count > 1;
}

/* ---- Begin ---- */

static ferry_status joint_take(struct mydrv_unit *unit, struct mydrv_joint_table *of,
                               const char *name, struct ferry_error *err)
{
    struct mydrv_table table = {0};
    ferry_status status = mydrv_names_make(unit->conn, name, &of->names, err);
    if (status == FERRY_OK)
        status = mydrv_lock_take(&of->lock, unit->conn, of->names.lock, name, err);
    if (status == FERRY_OK)
        status = mydrv_table_load(unit->conn, name, &table, err);
    if (status == FERRY_OK)
        status = mydrv_leftovers_clear(unit->conn, &of->names, name, table.exists, err);
    mydrv_table_clear(&table);
    return status;
}

static ferry_status joint_take_all(struct mydrv_unit *unit, struct ferry_error *err)
{
    struct mydrv_joint *joint = &unit->joint;
    ferry_status status = FERRY_OK;
    joint->tables = calloc(unit->spec->load_count, sizeof *joint->tables);
    if (joint->tables == NULL)
        return mydrv_fail_memory(err);
    for (; joint->count < unit->spec->load_count && status == FERRY_OK; joint->count++)
        status =
            joint_take(unit, &joint->tables[joint->count], unit->spec->tables[joint->count], err);
    return status;
}

ferry_status mydrv_joint_begin(struct mydrv_unit *unit, struct ferry_error *err)
{
    struct mydrv_conn *conn = unit->conn;
    if (unit->joint.open)
        return FERRY_OK;
    if (unit->load_count > 1)
        return ferry_fail(err, FERRY_ERR_INTERNAL,
                          "%s: tables of one change that are replaced, "
                          "and others that are not",
                          conn->label);
    ferry_status status = joint_take_all(unit, err);
    if (status == FERRY_OK)
        status = mydrv_record_prepare(conn, err);
    /* Else the foreign keys would be checked against the rows of an earlier moment. */
    if (status == FERRY_OK)
        status = mydrv_set_read_committed(conn, err);
    if (status == FERRY_OK)
        status = mydrv_run_text(conn, "START TRANSACTION", "begin a transaction", err);
    unit->joint.open = status == FERRY_OK;
    return status;
}

bool mydrv_joint_hand_over(struct mydrv_load *load)
{
    struct mydrv_joint *joint = &load->unit->joint;
    if (!joint->open)
        return false;
    struct mydrv_joint_table *of = &joint->tables[load->unit->load_count - 1];
    load->names = of->names;
    load->lock = of->lock;
    *of = (struct mydrv_joint_table){0};
    return true;
}

/* The counts of rows around a trigger's work would be others' rows, too. */
ferry_status mydrv_joint_check_load(const struct mydrv_load *load, struct ferry_error *err)
{
    return load->triggered ? mydrv_unit_check_joined(load->unit, load->layout->table,
                                                     load->unit->hung.data, err)
                           : FERRY_OK;
}

/* ---- One table after another ---- */

ferry_status mydrv_joint_mark(struct mydrv_unit *unit, struct ferry_error *err)
{
    return mydrv_run_text(unit->conn, "SAVEPOINT " JOINT_SAVEPOINT, "set a savepoint", err);
}

const char *mydrv_joint_return(void)
{
    return "ROLLBACK TO SAVEPOINT " JOINT_SAVEPOINT;
}

bool mydrv_joint_is_undone(const struct mydrv_unit *unit)
{
    unsigned code = mysql_errno(unit->conn->native);
    return unit->joint.open && (code == JOINT_DEADLOCK || code == JOINT_NO_SAVEPOINT);
}

ferry_status mydrv_joint_fail_undone(const struct mydrv_load *load, struct ferry_error *err)
{
    const struct mydrv_conn *conn = load->unit->conn;
    ferry_status status =
        ferry_fail(err, FERRY_ERR_BUSY,
                   "%s: while rows of table '%s' were being changed, the server undid the changes "
                   "of all %zu tables for the sake of another transaction (error %u); run again",
                   conn->label, load->layout->table, (size_t)load->unit->spec->load_count,
                   mysql_errno(conn->native));
    ferry_error_may_pass(err);
    return status;
}

/* What is left of the last turn would be too short for whatever comes: it is not tried again. */
ferry_status mydrv_joint_go_on(struct mydrv_unit *unit, struct ferry_error *err)
{
    mydrv_wait_begin(unit);
    return mydrv_wait_rest(unit, err);
}

/* ---- End ---- */

/* Keys that refer from one of the tables to another hold once all of them are done. */
ferry_status mydrv_joint_check(struct mydrv_unit *unit, struct ferry_error *err)
{
    ferry_status status = mydrv_foreign_keys_check(unit, err);
    if (status == FERRY_OK)
        status = mydrv_dependents_gather(unit, err);
    for (size_t i = 0; i < unit->load_count && status == FERRY_OK; i++)
        status = unit->loads[i]->changes->hung ? mydrv_dependents_check(unit->loads[i], err)
                                               : mydrv_apply_confirm_free(unit->loads[i], err);
    return status;
}

void mydrv_joint_free(struct mydrv_unit *unit)
{
    for (size_t i = 0; i < unit->joint.count; i++) {
        mydrv_lock_release(&unit->joint.tables[i].lock);
        mydrv_names_clear(&unit->joint.tables[i].names);
    }
    free(unit->joint.tables);
    unit->joint = (struct mydrv_joint){0};
}
