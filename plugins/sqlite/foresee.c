/* What a load will come upon: what a table made anew would lose, and what hangs on the rows and
 * does not follow them.
 */

#include "target.h"

ferry_status sqldrv_foresee(void *argument, const struct ferry_load_spec *spec,
                            struct ferry_notes *losses, struct ferry_notes *stale,
                            struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    struct sqldrv_table table = {0};
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status != FERRY_OK || conn->db == NULL) {
        return status;
    }
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    int rc = sqldrv_table_load(conn->db, spec->layout->table, &table);
    if (rc == SQLITE_OK && !table.exists && spec->action != FERRY_TABLE_CREATE) {
        rc = SQLITE_SCHEMA; /* it was there a moment ago */
    }
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "looking at table '%s'", spec->layout->table);
    }
    if (table.exists && table.obstacle == NULL && spec->action == FERRY_TABLE_REBUILD) {
        status = sqldrv_losses_find(conn, spec, &table, losses, err);
    }
    if (status == FERRY_OK && table.exists && table.obstacle == NULL) {
        status = sqldrv_stale_find(conn, spec, stale, err);
    }
    sqldrv_table_clear(&table);
    return status;
}
