/* Waiting for other connections to the same file, and stopping when the core cancels. */

#include "sqlite_driver.h"

#define WAIT_STEP_MAX_MS 50
#define WAIT_PROGRESS_STEPS 4000 /* virtual machine steps between two looks at the cancel flag */

static int wait_is_cancelled(void *argument)
{
    struct sqldrv_conn *conn = argument;
    return atomic_load(&conn->cancelled);
}

/* SQLite calls this when a lock is taken; 0 makes it give up. */
static int wait_busy(void *argument, int calls)
{
    struct sqldrv_conn *conn = argument;
    struct sqldrv_wait *wait = &conn->wait;
    if (wait_is_cancelled(conn)) {
        return 0;
    }
    if (ferry_wait_left(&wait->budget) == 0) {
        wait->gave_up = true;
        return 0;
    }
    int step = calls < WAIT_STEP_MAX_MS ? calls + 1 : WAIT_STEP_MAX_MS;
    int goes_on = ferry_wait_pause(&wait->budget, step, wait_is_cancelled, conn);
    if (!goes_on) { /* the run is to stop, and sqldrv_cancel() may not have come yet */
        atomic_store(&conn->cancelled, true);
    }
    return goes_on;
}

bool sqldrv_wait_for_index(struct sqldrv_conn *conn, int rc, int *calls)
{
    bool unready = rc == SQLITE_READONLY_RECOVERY || rc == SQLITE_READONLY_CANTINIT;
    return unready && wait_busy(conn, (*calls)++) != 0;
}

/* Not 0 stops the running statement.  Without `gave_up` a cache that cannot be spilled because of a
 * reader would grow with the table instead. */
static int wait_progress(void *argument)
{
    struct sqldrv_conn *conn = argument;
    return atomic_load(&conn->cancelled) || conn->wait.gave_up;
}

void sqldrv_wait_install(struct sqldrv_conn *conn, sqlite3 *db)
{
    (void)sqlite3_busy_handler(db, wait_busy, conn);
    sqlite3_progress_handler(db, WAIT_PROGRESS_STEPS, wait_progress, conn);
}

void sqldrv_wait_begin(struct sqldrv_conn *conn, int64_t limit_ms, const char *holder)
{
    conn->wait = (struct sqldrv_wait){.holder = holder};
    ferry_wait_begin(&conn->wait.budget, limit_ms);
}
