/* Waiting for other connections to the same file, and stopping when the core cancels. */

#include "sqlite_driver.h"

#include <time.h>

#define WAIT_STEP_MAX_MS 50
#define WAIT_PROGRESS_STEPS 4000 /* virtual machine steps between two looks at the cancel flag */

/* SQLite calls this when a lock is taken; 0 makes it give up. */
static int wait_busy(void *argument, int calls)
{
    struct sqlite_conn *conn = argument;
    if (atomic_load(&conn->cancelled)) {
        return 0;
    }
    int64_t left = conn->wait.limit_ms - conn->wait.waited_ms;
    if (left <= 0) {
        conn->wait.gave_up = true;
        return 0;
    }
    int64_t step = calls < WAIT_STEP_MAX_MS ? calls + 1 : WAIT_STEP_MAX_MS;
    step = step < left ? step : left;
    struct timespec pause = {.tv_sec = 0, .tv_nsec = (long)step * 1000000};
    (void)nanosleep(&pause, NULL);
    conn->wait.waited_ms += step;
    return 1;
}

bool sqlite_wait_for_index(struct sqlite_conn *conn, int rc, int *calls)
{
    bool unready = rc == SQLITE_READONLY_RECOVERY || rc == SQLITE_READONLY_CANTINIT;
    return unready && wait_busy(conn, (*calls)++) != 0;
}

/* Not 0 stops the running statement.  Without `gave_up` a cache that cannot be spilled because of a
 * reader would grow with the table instead. */
static int wait_progress(void *argument)
{
    struct sqlite_conn *conn = argument;
    return atomic_load(&conn->cancelled) || conn->wait.gave_up;
}

void sqlite_wait_install(struct sqlite_conn *conn, sqlite3 *db)
{
    (void)sqlite3_busy_handler(db, wait_busy, conn);
    sqlite3_progress_handler(db, WAIT_PROGRESS_STEPS, wait_progress, conn);
}

void sqlite_wait_begin(struct sqlite_conn *conn, int64_t limit_ms, const char *holder)
{
    conn->wait = (struct sqlite_wait){.limit_ms = limit_ms, .holder = holder};
}
