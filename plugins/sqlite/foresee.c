/* What a load will come upon: what a table made anew would lose, and what hangs on the rows and
 * does not follow them.
 */

#include "target.h"

ferry_status sqlite_foresee(void *argument, const struct ferry_load_spec *spec,
                            struct ferry_notes *losses, struct ferry_notes *stale,
                            struct ferry_error *err)
{
    struct sqlite_conn *conn = argument;
    struct sqlite_table table = {0};
    ferry_status status = sqlite_check_cancelled(conn, err);
    if (status != FERRY_OK || conn->db == NULL) {
        return status;
    }
    sqlite_wait_begin(conn, conn->busy_ms, SQLITE_HOLDER_ANY);
    int rc = sqlite_table_load(conn->db, spec->layout->table, &table);
    if (rc == SQLITE_OK && !table.exists && spec->action != FERRY_TABLE_CREATE) {
        rc = SQLITE_SCHEMA; /* it was there a moment ago */
    }
    if (rc != SQLITE_OK) {
        return sqlite_fail(conn, conn->db, rc, err, "looking at table '%s'", spec->layout->table);
    }
    if (table.exists && table.obstacle == NULL && spec->action == FERRY_TABLE_REBUILD) {
        status = sqlite_losses_find(conn, spec, &table, losses, err);
    }
    if (status == FERRY_OK && table.exists && table.obstacle == NULL) {
        status = sqlite_stale_find(conn, spec, stale, err);
    }
    sqlite_table_clear(&table);
    return status;
}
