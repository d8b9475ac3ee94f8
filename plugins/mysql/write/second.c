/* The second connection of a target: it goes on where the first one was cut off.
 *
 * The server lets go of the table's lock when it has noticed the end of the first connection and
 * has undone, or finished, what that was doing.  So whoever gets the lock here sees how it ended.
 */

#include "write/target.h"

#include <string.h>

#define SECOND_WAIT 2 /* seconds: somebody may have pressed a key and be waiting */

static bool second_take_lock(struct mydrv_conn *second, struct mydrv_lock *lock)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    if (lock->name == NULL) /* a load that failed before it had one */
        return true;
    mydrv_text_add(&sql, "SELECT GET_LOCK(");
    mydrv_text_add_quoted(&sql, lock->name, strlen(lock->name));
    mydrv_text_addf(&sql, ", %d)", SECOND_WAIT);
    if (mydrv_try_number(second, &sql) != 1)
        return false;
    lock->holder = second;
    return true;
}

static bool second_take_all(struct mydrv_conn *second, const struct mydrv_unit *unit)
{
    MYDRV_AUTO_SQL struct mydrv_text sql = {0};
    mydrv_text_addf(&sql, "SET SESSION lock_wait_timeout = %d", SECOND_WAIT);
    if (!mydrv_try(second, &sql))
        return false;
    for (size_t i = 0; i < unit->load_count; i++)
        if (!second_take_lock(second, &unit->loads[i]->lock))
            return false;
    return true;
}

/* Where a line is cut, the server may keep the first connection for hours: one wait tells, and the
 * stages of many tables must not wait each. */
bool mydrv_second_take_over(struct mydrv_unit *unit)
{
    struct mydrv_conn *second = unit->conn->second;
    if (second == NULL || unit->second_failed)
        return false;
    unit->second_failed = !second_take_all(second, unit);
    if (unit->second_failed)
        return false;
    unit->conn->held_lock = NULL;
    unit->conn = second;
    return true;
}
