/* The target half: a change, from its beginning to its end, in one transaction of SQLite.
 *
 * The file is opened by the first load, once that has its table's lock: two runs do not make it at
 * one moment.
 */

#include "file.h"
#include "guard.h"
#include "target.h"
#include "values.h"

#include <stdlib.h>

/* clang-format off */
/*                begin                     the rows go        end                commit
 *   directly     open, BEGIN IMMEDIATE     into the table                        records, COMMIT
 *   by a stage   open, make the staging    into the staging   attach it, BEGIN   the loads copy,
 *                file                      file               IMMEDIATE          records, COMMIT
 */
/* clang-format on */

/* Fail with BUSY if the file that we have open is no longer the one at its path. */
static ferry_status unit_check_moved(struct sqlite_conn *conn, struct ferry_error *err)
{
    int moved = 0;
    (void)sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved || sqlite_guard_has_moved(conn->guard)
               ? ferry_fail(err, FERRY_ERR_BUSY,
                            "'%s' was moved or replaced while it was open: run again", conn->path)
               : FERRY_OK;
}

/* In rollback mode a load that spills the page cache locks every reader out for its whole time. */
static bool unit_wants_stage(const struct sqlite_unit *unit)
{
    const struct ferry_change_spec *spec = unit->spec;
    return spec->staging == FERRY_STAGING_APART ||
           (spec->staging == FERRY_STAGING_AUTO &&
            (spec->shared_target || !(sqlite_is_wal(unit->conn->db) || unit->conn->wal_later)));
}

ferry_status sqlite_unit_open(struct sqlite_unit *unit, struct ferry_error *err)
{
    sqlite_wait_begin(unit->conn, unit->spec->lock_wait_ms, SQLITE_HOLDER_ANY);
    ferry_status status = sqlite_make_for_load(unit->conn, &unit->created, err);
    if (status == FERRY_OK) {
        unit->staged = unit_wants_stage(unit);
    }
    return status;
}

ferry_status sqlite_unit_write(struct sqlite_unit *unit, struct ferry_error *err)
{
    struct sqlite_conn *conn = unit->conn;
    sqlite_wait_begin(conn, unit->spec->lock_wait_ms, SQLITE_HOLDER_WRITER);
    int rc = sqlite_run(conn->db, "BEGIN IMMEDIATE");
    if (rc != SQLITE_OK) {
        conn->wait.gave_up = conn->wait.gave_up || (rc & 0xff) == SQLITE_BUSY;
        return sqlite_fail(conn, conn->db, rc, err, "taking the write lock");
    }
    unit->began = true;
    return unit_check_moved(conn, err);
}

/* After a failed write SQLite undoes nothing by itself: it leaves the journal to whoever reads the
 * file next, which had better be us. */
static void unit_undo(sqlite3 *db)
{
    int64_t objects = 0;
    sqlite_rollback(db);
    (void)sqlite_query_int(db, &objects, "SELECT count(*) FROM main.sqlite_schema");
}

/* End a change: nothing of it is left but what was committed. */
static void unit_free(struct sqlite_unit *unit, bool committed)
{
    struct sqlite_conn *conn = unit->conn;
    sqlite_replace_stop(unit->load);
    if (conn->db != NULL && !committed) {
        unit_undo(conn->db);
    }
    sqlite_stage_remove(unit);
    if (!committed && unit->created != SQLITE_MADE_NOTHING) {
        sqlite_unmake(conn, unit->created);
    }
    if (conn->db != NULL) {
        sqlite_wait_install(conn, conn->db);
    }
    if (conn->db != NULL && unit->began) {
        sqlite_journal_checkpoint(conn); /* after a failure too: the WAL may have filled the disk */
        (void)sqlite3_db_release_memory(conn->db);
    }
    sqlite_replace_free(unit->load);
    sqlite_watch_clear(unit);
    free(unit);
}

static ferry_status unit_change_begin(void *conn, const struct ferry_change_spec *spec,
                                      void **ret_change, struct ferry_error *err)
{
    struct sqlite_unit *unit = calloc(1, sizeof *unit);
    if (unit == NULL) {
        return sqlite_fail_memory(err);
    }
    unit->conn = conn;
    unit->spec = spec;
    *ret_change = unit;
    return FERRY_OK;
}

/* A COMMIT may report a failure after it has taken effect: the journal is gone, but the folder
 * cannot be synced.  So what is in the file is looked up, and never guessed. */
static ferry_status unit_fail_commit(struct sqlite_unit *unit, const struct ferry_record *record,
                                     int rc, uint32_t *outcome, struct ferry_error *err)
{
    struct sqlite_conn *conn = unit->conn;
    const char *reason = sqlite3_errstr(rc);
    bool found = false;
    if (sqlite3_get_autocommit(conn->db) == 0 || record == NULL) {
        return sqlite_fail(conn, conn->db, rc, err, "COMMIT"); /* still open: it will be undone */
    }
    int look = sqlite_record_find(conn, record, &found);
    if (look == SQLITE_OK && !found) {
        return sqlite_fail(conn, conn->db, rc, err, "COMMIT");
    }
    *outcome = look == SQLITE_OK ? FERRY_OUTCOME_NEW : FERRY_OUTCOME_UNKNOWN;
    return ferry_fail(
        err, FERRY_ERR_BUSY,
        look == SQLITE_OK
            ? "'%s': COMMIT: %s, but the new rows are in the file; a loss of power now "
              "may bring the old ones back; look at the disk, then run again"
            : "'%s': COMMIT: %s; whether the old or the new rows are in the file is "
              "unknown; look at the disk, then run again",
        conn->path, reason);
}

static ferry_status unit_write_records(struct sqlite_unit *unit,
                                       const struct ferry_record *const *records, size_t count,
                                       struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < count; i++) {
        status = sqlite_record_write(unit->conn, records[i], err);
    }
    return status;
}

/* Until COMMIT has been tried the old rows are there. */
static ferry_status unit_commit(struct sqlite_unit *unit, const struct ferry_record *const *records,
                                size_t count, uint32_t *outcome, struct ferry_error *err)
{
    struct sqlite_conn *conn = unit->conn;
    ferry_status status = sqlite_check_cancelled(conn, err);
    *outcome = FERRY_OUTCOME_OLD;
    sqlite_wait_begin(conn, unit->spec->lock_wait_ms, SQLITE_HOLDER_READER);
    if (status == FERRY_OK) {
        status = sqlite_replace_finish(unit->load, err);
    }
    if (status == FERRY_OK) {
        status = unit_write_records(unit, records, count, err);
    }
    if (status == FERRY_OK) {
        status = unit_check_moved(conn, err);
    }
    if (status != FERRY_OK) {
        return status;
    }
    /* In rollback mode a reader may hold the file: the busy handler waits, and COMMIT then fails
     * with the transaction still open. */
    int rc = sqlite_run(conn->db, "COMMIT");
    if (rc != SQLITE_OK) {
        return unit_fail_commit(unit, count > 0 ? records[0] : NULL, rc, outcome, err);
    }
    *outcome = FERRY_OUTCOME_NEW;
    sqlite_guard_settle(conn->guard);
    sqlite_journal_finish(conn);
    return FERRY_OK;
}

static ferry_status unit_change_commit(void *argument, const struct ferry_record *const *records,
                                       size_t record_count, uint32_t *outcome,
                                       struct ferry_error *err)
{
    struct sqlite_unit *unit = argument;
    ferry_status status = unit_commit(unit, records, record_count, outcome, err);
    unit_free(unit, status == FERRY_OK);
    return status;
}

static void unit_change_abort(void *argument)
{
    unit_free(argument, false);
}

const struct ferry_target sqlite_target = {
    .map_column = sqlite_map_column,
    .inspect = sqlite_table_inspect,
    .change_begin = unit_change_begin,
    .load_begin = sqlite_replace_begin,
    .load_batch = sqlite_replace_batch,
    .load_end = sqlite_replace_end,
    .change_commit = unit_change_commit,
    .change_abort = unit_change_abort,
    .stored_begin = sqlite_stored_rows_begin,
    .stored_batch = sqlite_stored_rows_batch,
    .stored_end = sqlite_stored_rows_end,
    .hold_column = sqlite_hold_column,
    .foresee = sqlite_foresee,
};
