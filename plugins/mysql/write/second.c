/* The second connection of a target: it goes on where the first one was cut off.
 *
 * The server lets go of the table's lock when it has noticed the end of the first connection and
 * has undone, or finished, what that was doing.  So whoever gets the lock here sees how it ended.
 */

#include "write/target.h"

#include <string.h>

/* Seconds; a read_timeout may be as short as three. */
#define SECOND_TURN 2

/* A server with much to do has taken more than one turn until it saw that the first connection was
 * gone; and somebody may have pressed a key and be waiting. */
#define SECOND_TURNS 3

/* 1 once it is this connection's, 0 if another keeps it, -1 if it cannot be asked for */
static int second_ask_for(struct mydrv_conn *second, const char *name)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT GET_LOCK(");
    mydrv_text_add_quoted(&sql, name, strlen(name));
    part_text_addf(&sql, ", %d)", SECOND_TURN);
    return mydrv_try_number(second, &sql);
}

static bool second_take_lock(struct mydrv_conn *second, struct mydrv_lock *lock)
{
    int taken = 0;
    if (lock->name == NULL) /* a load that failed before it had one */
        return true;
    for (int turn = 0; taken == 0 && turn < SECOND_TURNS; turn++)
        taken = second_ask_for(second, lock->name);
    if (taken != 1)
        return false;
    lock->holder = second;
    return true;
}

static bool second_take_all(struct mydrv_conn *second, const struct mydrv_unit *unit)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_addf(&sql, "SET SESSION lock_wait_timeout = %d", SECOND_TURN);
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
