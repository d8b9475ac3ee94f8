/* Waiting for others who use the table: in short turns, so that nobody waits for long behind us.
 *
 * While a RENAME waits for an open transaction, everybody else waits behind that RENAME, readers
 * too.  So each turn is short, and between two turns the others get through.
 */

#include "write/target.h"

#define WAIT_TURN_MS 2000 /* others are held up for so long at once, at most */
#define WAIT_PAUSE_MS 500

static ferry_status wait_set(struct mydrv_unit *unit, int64_t ms, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    int64_t seconds = (ms + 999) / 1000;
    seconds = seconds < 1 ? 1 : seconds > 31536000 ? 31536000 : seconds;
    part_text_addf(&sql, "SET SESSION lock_wait_timeout = %lld, innodb_lock_wait_timeout = %lld",
                   (long long)seconds, (long long)seconds);
    return mydrv_run(unit->conn, &sql, "set the time limits of locks", err);
}

void mydrv_wait_begin(struct mydrv_unit *unit)
{
    ferry_wait_begin(&unit->wait, unit->spec->lock_wait_ms);
}

ferry_status mydrv_wait_rest(struct mydrv_unit *unit, struct ferry_error *err)
{
    ferry_wait_count_all(&unit->wait);
    return wait_set(unit, ferry_wait_left(&unit->wait), err);
}

ferry_status mydrv_wait_turn(struct mydrv_unit *unit, struct ferry_error *err)
{
    int64_t wait = unit->spec->lock_wait_ms;
    return wait_set(unit, wait < WAIT_TURN_MS ? wait : WAIT_TURN_MS, err);
}

/* Lock wait timeout, deadlock: of rows, or of the table; a row that is another one than in the
 * transaction's snapshot (MariaDB's innodb_snapshot_isolation). */
static bool wait_is_for_lock(unsigned code)
{
    return code == 1205 || code == 1213 || code == 1020;
}

static int wait_is_cancelled(void *conn)
{
    return atomic_load(&((struct mydrv_conn *)conn)->cancelled);
}

bool mydrv_wait_again(struct mydrv_unit *unit)
{
    if (!wait_is_for_lock(mysql_errno(unit->conn->native)) || mydrv_conn_is_lost(unit->conn))
        return false;
    ferry_wait_count_all(&unit->wait);
    return ferry_wait_left(&unit->wait) > WAIT_PAUSE_MS &&
           ferry_wait_pause(&unit->wait, WAIT_PAUSE_MS, wait_is_cancelled, unit->conn) != 0;
}

ferry_status mydrv_wait_fail(struct mydrv_unit *unit, const char *table, const char *doing,
                             struct ferry_error *err)
{
    struct mydrv_conn *conn = unit->conn;
    unsigned code = mysql_errno(conn->native);
    PART_AUTO_TEXT struct part_text used = {0};
    if (!wait_is_for_lock(code) || atomic_load(&conn->cancelled))
        return mydrv_fail_conn(conn, MYDRV_LOADING, doing, err);
    if (ferry_should_stop()) /* nobody has cancelled the connection yet */
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    if (table != NULL)
        part_text_addf(&used, "table '%s'", table);
    else
        part_text_addf(&used, "one of the %zu tables", unit->load_count);
    ferry_fail(err, FERRY_ERR_BUSY,
               "%s: cannot %s: others have used %s for all of the %.1f s of lock_wait (%s, "
               "error %u); see who does by SHOW FULL PROCESSLIST, or raise lock_wait",
               conn->label, doing, used.failed ? "a table" : used.data,
               (double)unit->spec->lock_wait_ms / 1000, mysql_error(conn->native), code);
    ferry_error_may_pass(err);
    return FERRY_ERR_BUSY;
}
