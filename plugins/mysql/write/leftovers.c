/* What a run that was killed has left beside a table: a stage, or the table's old rows.
 *
 * A run has the table's lock from before it makes its stage until that is dropped or renamed.  The
 * server takes the lock back only with the run's connection, and the run's second one goes on only
 * where it gets the lock.  So whoever has the lock knows that nobody is at work on what stands
 * under these names, whatever run the mark of a stage names; one that was killed at once has no
 * mark.
 *
 * This proves nothing of a stage that is to outlive the connection which made it, nor of another
 * load of the same change: the server gives a lock once more to the connection that has it.  Before
 * such a stage is dropped, the run that its mark names (mydrv_table_read_mark) has to be asked
 * after.
 */

#include "write/target.h"

#include <string.h>

#define LEFTOVERS_NO_TABLE 1146

static ferry_status leftovers_exist(struct mydrv_conn *conn, const char *name, bool *ret_exist,
                                    struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t count = 0;
    part_text_add(&sql, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
                        "DATABASE() AND TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, name, strlen(name));
    ferry_status status = mydrv_ask_number(conn, &sql, "look for leftovers", &count, err);
    *ret_exist = count > 0;
    return status;
}

/* A key goes with the table that it refers to, whatever name that gets.  One that this account does
 * not see is told as such. */
static ferry_status leftovers_fail_referred(struct mydrv_conn *conn, const char *name,
                                            struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    part_text_add(&sql, "SELECT MIN(CONCAT('foreign key ''', CONSTRAINT_NAME, ''' of table ''', "
                        "TABLE_SCHEMA, '.', TABLE_NAME, '''')) FROM "
                        "information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA = "
                        "DATABASE() AND REFERENCED_TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, name, strlen(name));
    ferry_status status = mydrv_ask(conn, &sql, 1, "look for foreign keys", &rows, err);
    MYSQL_ROW row = status == FERRY_OK ? mysql_fetch_row(rows) : NULL;
    if (status != FERRY_OK)
        return status;
    return ferry_fail(
        err, FERRY_ERR_SCHEMA,
        "%s: '%s', which an earlier run left behind, cannot be dropped: the %s refers "
        "to it; drop that key, run again, and add it to the new table then",
        conn->label, name,
        row != NULL && row[0] != NULL ? row[0]
                                      : "foreign key of a table that this account may not see");
}

static ferry_status leftovers_drop(struct mydrv_conn *conn, const char *name,
                                   struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_log(FERRY_LOG_WARNING, "%s: dropping '%s', which an earlier run left behind", conn->label,
              name);
    ferry_status status = mydrv_foreign_keys_let_go(conn, name, err);
    if (status != FERRY_OK)
        return status;
    part_text_add(&sql, "DROP TABLE ");
    mydrv_text_add_name(&sql, name);
    if (sql.failed)
        return mydrv_fail_memory(err);
    if (mydrv_query(conn, &sql))
        return FERRY_OK;
    return mydrv_dependents_hold(mysql_errno(conn->native))
               ? leftovers_fail_referred(conn, name, err)
               : mydrv_fail_conn(conn, MYDRV_LOADING, "drop what an earlier run left behind", err);
}

/* Servers of today do both renames of a commit or none.  Where one died between them, the old table
 * is all that there is. */
static ferry_status leftovers_bring_back(struct mydrv_conn *conn, const char *old,
                                         const char *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "RENAME TABLE ");
    mydrv_text_add_name(&sql, old);
    part_text_add(&sql, " TO ");
    mydrv_text_add_name(&sql, table);
    ferry_status status = mydrv_run(conn, &sql, "bring the old table back", err);
    if (status != FERRY_OK)
        return status;
    status = ferry_fail(err, FERRY_ERR_BUSY,
                        "%s: table '%s' was missing, and its old rows were found where an "
                        "interrupted run had left them: they are back; run again",
                        conn->label, table);
    ferry_error_may_pass(err);
    return status;
}

/* Without the right DROP nothing could be cleared away later on, so it shows here: the server looks
 * at the right before it looks for the table, which is not there.  A DROP TABLE IF EXISTS would be
 * written to the log of its DDL. */
ferry_status mydrv_leftovers_check_drop(struct mydrv_conn *conn, const struct mydrv_names *names,
                                        struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "TRUNCATE TABLE ");
    mydrv_text_add_name(&sql, names->old);
    return mydrv_run_despite(conn, &sql, LEFTOVERS_NO_TABLE, "make room for the new rows", err);
}

ferry_status mydrv_leftovers_clear(struct mydrv_conn *conn, const struct mydrv_names *names,
                                   const char *table, bool table_exists, struct ferry_error *err)
{
    bool staged = false;
    bool old = false;
    ferry_status status = leftovers_exist(conn, names->stage, &staged, err);
    if (status == FERRY_OK && staged)
        status = leftovers_drop(conn, names->stage, err);
    if (status == FERRY_OK)
        status = leftovers_exist(conn, names->old, &old, err);
    if (status == FERRY_OK && old && !table_exists)
        return leftovers_bring_back(conn, names->old, table, err);
    if (status == FERRY_OK && old)
        status = leftovers_drop(conn, names->old, err);
    return status;
}
