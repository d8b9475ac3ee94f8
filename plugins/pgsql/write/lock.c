/* One run at a time into a table: a lock of the database that ends with the transaction, so that a
 * run that was killed leaves none.
 */

#include "write/target.h"

#include <inttypes.h>

/* A run that was stopped may be followed at once by the next, and the server lets go of its lock
 * when it has noticed the end of its connection. */
#define LOCK_GRACE_MS 2000
#define LOCK_PAUSE_MS 100

/* Who holds it, as far as this account may see. */
static ferry_status lock_name_holder(struct pgdrv_conn *conn, int64_t key, struct part_text *ret,
                                     struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    uint64_t number = (uint64_t)key;
    part_text_addf(&sql,
                   "SELECT l.pid, a.client_addr, a.backend_start FROM pg_catalog.pg_locks l LEFT "
                   "JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = "
                   "'advisory' AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE "
                   "datname = pg_catalog.current_database()) AND l.classid = %" PRIu64
                   " AND l.objid = %" PRIu64 " AND l.objsubid = 1 AND l.granted",
                   number >> 32, number & UINT32_MAX);
    ferry_status status = pgdrv_sql_ask(conn, &sql, 3, "look who holds a lock", &rows, err);
    if (status != FERRY_OK || PQntuples(rows) == 0)
        return status;
    const char *pid = pgdrv_value(rows, 0, 0);
    const char *from = pgdrv_value(rows, 0, 1), *since = pgdrv_value(rows, 0, 2);
    part_text_addf(ret, " (process %s of the server", pid == NULL ? "?" : pid);
    if (from != NULL)
        part_text_addf(ret, ", from %s", from);
    if (since != NULL)
        part_text_addf(ret, ", connected since %s", since);
    part_text_add(ret, ")");
    return FERRY_OK;
}

static int lock_is_cancelled(void *conn)
{
    return atomic_load(&((struct pgdrv_conn *)conn)->cancelled);
}

static ferry_status lock_ask_for(struct pgdrv_conn *conn, int64_t key, uint64_t *ret_taken,
                                 struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    struct ferry_wait wait;
    ferry_wait_begin(&wait, LOCK_GRACE_MS);
    part_text_addf(&sql, "SELECT pg_catalog.pg_try_advisory_xact_lock(%" PRId64 ")::int", key);
    ferry_status status;
    do
        status = pgdrv_sql_number(conn, &sql, "lock the table", ret_taken, err);
    while (status == FERRY_OK && *ret_taken == 0 &&
           ferry_wait_pause(&wait, LOCK_PAUSE_MS, lock_is_cancelled, conn) != 0);
    return status;
}

ferry_status pgdrv_lock_take(struct pgdrv_conn *conn, const struct pgdrv_names *names,
                             const char *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text holder = {0};
    uint64_t taken = 0;
    ferry_status status = lock_ask_for(conn, names->lock, &taken, err);
    if (status != FERRY_OK || taken != 0)
        return status;
    status = lock_name_holder(conn, names->lock, &holder, err);
    if (status != FERRY_OK)
        return status;
    ferry_fail(err, FERRY_ERR_BUSY,
               "%s: another run of dbferry is writing table '%s'%s; wait for its end", conn->label,
               table, holder.data == NULL || holder.failed ? "" : holder.data);
    ferry_error_held_by_run(err);
    return FERRY_ERR_BUSY;
}
