/* Others that are in the way, where the database is told not to wait by itself: the waiting of
 * SQLite, and of its ODBC driver, cannot be cancelled. */

#include "write/target.h"

#define WAIT_PAUSE_MS 25

static int wait_is_cancelled(void *data)
{
    return atomic_load(&((struct odrv_conn *)data)->watch.cancelled);
}

ferry_status odrv_wait_run(struct odrv_conn *conn, const char *sql, struct ferry_wait *wait,
                           const char *doing, struct ferry_error *err)
{
    for (;;) {
        ODRV_AUTO_DIAGNOSIS struct odrv_diagnosis diagnosis = {0};
        const char *hint = NULL;
        bool may_pass = false;
        ferry_status status = odrv_conn_check(conn, err);
        if (status != FERRY_OK || odrv_try_told(conn, sql, &diagnosis))
            return status;
        if (odrv_fault_class(&diagnosis, ODRV_LOADING, &hint, &may_pass) != FERRY_ERR_BUSY ||
            ferry_wait_pause(wait, WAIT_PAUSE_MS, wait_is_cancelled, conn) == 0)
            return odrv_fail_as(conn, &diagnosis, ODRV_LOADING, doing, err);
    }
}
