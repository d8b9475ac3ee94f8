/* Waiting for others who use a table: in short turns, so that nobody waits for long behind us.
 *
 * While we wait for an open transaction, everybody who comes after us waits behind that, readers
 * too.  So each turn is short, and between two turns the others get through.
 *
 * Once the change has locked a table, somebody may wait for that who has one that we want.  The
 * server ends one of two that wait for each other when one has waited for deadlock_timeout, and
 * perhaps not us.  So a turn ends before whoever has begun to wait for us in it has waited for so
 * long, and who waits for us already is in no turn: then a lock is only asked for when it is free.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

/* Others are held up for so long at once, at most; less than deadlock_timeout (1 s). */
#define TURNS_TURN_MS 800
#define TURNS_PAUSE_MS 500
/* The same where somebody waits for us.  A lock that is free is had at once, also before those who
 * wait for it; the time is for who has taken it since we looked. */
#define TURNS_AWAITED_TURN_MS 10
#define TURNS_AWAITED_PAUSE_MS 100
#define TURNS_GONE "42P01"

void pgdrv_turns_begin(struct pgdrv_unit *unit)
{
    ferry_wait_begin(&unit->wait, unit->spec->lock_wait_ms);
}

static int turns_is_cancelled(void *conn)
{
    return atomic_load(&((struct pgdrv_conn *)conn)->cancelled);
}

/* It was not free, two waited for each other, or all of them together took too long. */
static bool turns_is_taken(const char *state)
{
    return strcmp(state, "55P03") == 0 || strcmp(state, "40P01") == 0 ||
           strcmp(state, "57014") == 0;
}

/* Of one lock, and of a statement that asks for many; 0: none. */
static void turns_write_limits(int64_t lock_ms, int64_t statement_ms, struct part_text *sql)
{
    part_text_addf(sql,
                   "SELECT pg_catalog.set_config('lock_timeout', '%" PRId64
                   "', true), pg_catalog.set_config('statement_timeout', '%" PRId64 "', true)",
                   lock_ms, statement_ms);
}

/* Without a limit (0) a stranger's open transaction would hold us up, and who waits for us. */
static int64_t turns_limit(int64_t limit_ms)
{
    return limit_ms < 1 ? 1 : limit_ms > INT32_MAX ? INT32_MAX : limit_ms;
}

ferry_status pgdrv_turns_limit(struct pgdrv_unit *unit, int64_t limit_ms, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    turns_write_limits(turns_limit(limit_ms), 0, &sql);
    return pgdrv_sql_run(unit->conn, &sql, "limit how long locks are waited for", err);
}

static ferry_status turns_fail(struct pgdrv_unit *unit, const char *tables, struct ferry_error *err)
{
    if (turns_is_cancelled(unit->conn) || ferry_should_stop() != 0)
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    ferry_fail(err, FERRY_ERR_BUSY,
               "%s: others have used %s for all of the %.1f s of lock_wait, and the old rows stay; "
               "see who does in pg_stat_activity, or raise lock_wait",
               unit->conn->label, tables, (double)unit->spec->lock_wait_ms / 1000);
    ferry_error_may_pass(err);
    return FERRY_ERR_BUSY;
}

static ferry_status turns_fail_gone(struct pgdrv_unit *unit, const char *tables,
                                    struct ferry_error *err)
{
    ferry_fail(err, FERRY_ERR_BUSY, "%s: somebody has dropped %s meanwhile; run again",
               unit->conn->label, tables);
    ferry_error_may_pass(err);
    return FERRY_ERR_BUSY;
}

/* Whether somebody waits for us, and whether nobody has a lock of these tables that is in the way
 * of this mode. */
static ferry_status turns_look(struct pgdrv_unit *unit, const char *oids, const char *mode,
                               bool *ret_awaited, bool *ret_free, struct ferry_error *err)
{
    static const char doing[] = "look who uses the table";
    PART_AUTO_TEXT struct part_text awaited = {0};
    PART_AUTO_TEXT struct part_text used = {0};
    uint64_t waiting = 0, others = 0;
    part_text_add(&awaited,
                  "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE NOT granted AND "
                  "pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(pid))");
    part_text_addf(&used,
                   "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE granted AND "
                   "locktype = 'relation' AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid() "
                   "AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
                   "pg_catalog.current_database()) AND relation IN (%s)%s",
                   oids,
                   strcmp(mode, PGDRV_LOCK_WRITERS) == 0
                       ? " AND mode NOT IN ('AccessShareLock', 'RowShareLock')"
                       : "");
    ferry_status status = pgdrv_sql_number(unit->conn, &awaited, doing, &waiting, err);
    if (status == FERRY_OK && waiting > 0)
        status = pgdrv_sql_number(unit->conn, &used, doing, &others, err);
    if (status != FERRY_OK)
        return status;
    *ret_awaited = waiting > 0;
    *ret_free = others == 0;
    return FERRY_OK;
}

/* One try, in a savepoint: a lock that was not to be had would end the transaction. */
static ferry_status turns_try(struct pgdrv_unit *unit, const struct part_text *lock, int64_t turn,
                              const char *tables, bool *ret_taken, struct ferry_error *err)
{
    static const char doing[] = "lock the table";
    struct pgdrv_conn *conn = unit->conn;
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    PART_AUTO_TEXT struct part_text limits = {0};
    PART_AUTO_TEXT struct part_text after = {0};
    int64_t left = ferry_wait_left(&unit->wait);
    turns_write_limits(left < 1 ? 1 : left < turn ? left : turn, TURNS_TURN_MS, &limits);
    turns_write_limits(turns_limit(unit->spec->lock_wait_ms), 0, &after);
    ferry_status status = pgdrv_run(conn, PGDRV_LOADING, "SAVEPOINT dbferry_turn", doing, err);
    if (status == FERRY_OK)
        status = pgdrv_sql_run(conn, &limits, doing, err);
    if (status == FERRY_OK)
        status = pgdrv_sql_try(conn, lock, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    *ret_taken = pgdrv_result_is_good(result);
    if (strcmp(pgdrv_state(result), TURNS_GONE) == 0)
        return turns_fail_gone(unit, tables, err);
    if (!*ret_taken && !turns_is_taken(pgdrv_state(result)))
        return pgdrv_fail_result(conn, PGDRV_LOADING, result, doing, err);
    /* A savepoint that was gone back to is there still: the next would be one within it. */
    status = *ret_taken
                 ? pgdrv_sql_run(conn, &after, doing, err)
                 : pgdrv_run(conn, PGDRV_LOADING, "ROLLBACK TO SAVEPOINT dbferry_turn", doing, err);
    return status == FERRY_OK
               ? pgdrv_run(conn, PGDRV_LOADING, "RELEASE SAVEPOINT dbferry_turn", doing, err)
               : status;
}

ferry_status pgdrv_turns_lock(struct pgdrv_unit *unit, const char *paths, const char *oids,
                              const char *mode, const char *tables, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text lock = {0};
    int64_t pause = 0;
    ferry_status status = FERRY_OK;
    bool taken = false;
    part_text_addf(&lock, "LOCK TABLE %s IN %s MODE", paths, mode);
    while (status == FERRY_OK && !taken) {
        bool awaited = false, is_free = true;
        if (pause > 0 &&
            (ferry_wait_left(&unit->wait) <= pause ||
             ferry_wait_pause(&unit->wait, pause, turns_is_cancelled, unit->conn) == 0))
            return turns_fail(unit, tables, err);
        if (unit->holds)
            status = turns_look(unit, oids, mode, &awaited, &is_free, err);
        if (status == FERRY_OK && is_free)
            status = turns_try(unit, &lock, awaited ? TURNS_AWAITED_TURN_MS : TURNS_TURN_MS, tables,
                               &taken, err);
        pause = awaited ? TURNS_AWAITED_PAUSE_MS : TURNS_PAUSE_MS;
        if (!taken)
            ferry_wait_count_all(&unit->wait);
    }
    unit->holds = unit->holds || taken;
    return status;
}

ferry_status pgdrv_turns_lock_one(struct pgdrv_unit *unit, const char *path, const char *oid,
                                  const char *mode, const char *table, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text name = {0};
    part_text_addf(&name, "table '%s'", table);
    return name.failed ? pgdrv_fail_memory(err)
                       : pgdrv_turns_lock(unit, path, oid, mode, name.data, err);
}
