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
 *   by a stage   open, make the staging    into the staging   attach it, BEGIN   the load copies,
 *                file                      file               IMMEDIATE          records, COMMIT
 *
 * A change of many tables goes directly: one table after another, all in one transaction.
 */
/* clang-format on */

/* Fail with BUSY if the file that we have open is no longer the one at its path. */
static ferry_status unit_check_moved(struct sqldrv_conn *conn, struct ferry_error *err)
{
    int moved = 0;
    (void)sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved || sqldrv_guard_has_moved(conn->guard)
               ? ferry_fail(err, FERRY_ERR_BUSY,
                            "'%s' was moved or replaced while it was open: run again", conn->path)
               : FERRY_OK;
}

/* In rollback mode a load that spills the page cache locks every reader out for its whole time. */
static bool unit_wants_stage(const struct sqldrv_unit *unit)
{
    const struct ferry_change_spec *spec = unit->spec;
    return spec->load_count <= 1 &&
           (spec->staging == FERRY_STAGING_APART ||
            (spec->staging == FERRY_STAGING_AUTO &&
             (spec->shared_target || !(sqldrv_is_wal(unit->conn->db) || unit->conn->wal_later))));
}

ferry_status sqldrv_unit_open(struct sqldrv_unit *unit, struct ferry_error *err)
{
    if (unit->opened) {
        return FERRY_OK;
    }
    sqldrv_wait_begin(unit->conn, unit->spec->lock_wait_ms, SQLDRV_HOLDER_ANY);
    ferry_status status = sqldrv_make_for_load(unit->conn, &unit->created, err);
    if (status == FERRY_OK) {
        unit->staged = unit_wants_stage(unit);
        unit->opened = true;
    }
    return status;
}

ferry_status sqldrv_unit_write(struct sqldrv_unit *unit, struct ferry_error *err)
{
    struct sqldrv_conn *conn = unit->conn;
    if (unit->began) {
        return FERRY_OK;
    }
    sqldrv_wait_begin(conn, unit->spec->lock_wait_ms, SQLDRV_HOLDER_WRITER);
    int rc = sqldrv_run(conn->db, "BEGIN IMMEDIATE");
    if (rc != SQLITE_OK) {
        conn->wait.gave_up = conn->wait.gave_up || (rc & 0xff) == SQLITE_BUSY;
        return sqldrv_fail(conn, conn->db, rc, err, "taking the write lock");
    }
    unit->began = true;
    return unit_check_moved(conn, err);
}

/* After a failed write SQLite undoes nothing by itself: it leaves the journal to whoever reads the
 * file next, which had better be us. */
static void unit_undo(sqlite3 *db)
{
    int64_t objects = 0;
    sqldrv_rollback(db);
    (void)sqldrv_query_int(db, &objects, "SELECT count(*) FROM main.sqlite_schema");
}

/* End a change: nothing of it is left but what was committed. */
void sqldrv_unit_free(struct sqldrv_unit *unit, bool committed)
{
    struct sqldrv_conn *conn = unit->conn;
    for (size_t i = 0; i < unit->load_count; i++) {
        sqldrv_load_stop(unit->loads[i]);
    }
    if (conn->db != NULL && !committed) {
        unit_undo(conn->db);
    }
    sqldrv_stage_remove(unit);
    sqldrv_take_end(unit);
    if (!committed && unit->created != SQLDRV_MADE_NOTHING) {
        sqldrv_unmake(conn, unit->created);
    }
    if (conn->db != NULL) {
        sqldrv_wait_install(conn, conn->db);
    }
    if (conn->db != NULL && unit->began) {
        sqldrv_journal_checkpoint(conn); /* after a failure too: the WAL may have filled the disk */
        (void)sqlite3_db_release_memory(conn->db);
    }
    for (size_t i = 0; i < unit->load_count; i++) {
        sqldrv_load_free(unit->loads[i]);
    }
    free(unit->loads);
    sqldrv_lock_release(unit);
    sqldrv_dependents_clear(unit);
    free(unit);
}

/* In rollback mode a page that the cache has no room for waits until our own reader is gone, which
 * reads until the last table; how much has room says nothing of how the tables will grow. */
static ferry_status unit_check_reader(const struct sqldrv_conn *conn,
                                      const struct ferry_change_spec *spec, struct ferry_error *err)
{
    if (spec->reads_here == 0 || spec->load_count <= 1 || conn->db == NULL ||
        sqldrv_is_wal(conn->db)) {
        return FERRY_OK;
    }
    return ferry_fail(
        err, FERRY_ERR_UNSUPPORTED,
        "'%s' is read and written by this job, and in its journal mode no reader lets "
        "many tables change in one step; give it the other mode by \"PRAGMA "
        "journal_mode = WAL\", or choose commit = \"each\"",
        conn->path);
}

ferry_status sqldrv_unit_begin(void *conn, const struct ferry_change_spec *spec, void **ret_change,
                               struct ferry_error *err)
{
    ferry_status status = unit_check_reader(conn, spec, err);
    if (status != FERRY_OK) {
        return status;
    }
    struct sqldrv_unit *unit = calloc(1, sizeof *unit);
    if (unit == NULL) {
        return sqldrv_fail_memory(err);
    }
    unit->conn = conn;
    unit->spec = spec;
    unit->lock = (struct sqldrv_lock){.fd = -1, .line = -1};
    *ret_change = unit;
    return FERRY_OK;
}

/* A COMMIT may report a failure after it has taken effect: the journal is gone, but the folder
 * cannot be synced.  So what is in the file is looked up, and never guessed. */
static ferry_status unit_fail_commit(struct sqldrv_unit *unit, const struct ferry_record *record,
                                     int rc, uint32_t *outcome, struct ferry_error *err)
{
    struct sqldrv_conn *conn = unit->conn;
    const char *reason = sqlite3_errstr(rc);
    bool found = false;
    if (sqlite3_get_autocommit(conn->db) == 0 || record == NULL) {
        return sqldrv_fail(conn, conn->db, rc, err, "COMMIT"); /* still open: it will be undone */
    }
    int look = sqldrv_record_find(conn, record, &found);
    if (look == SQLITE_OK && !found) {
        return sqldrv_fail(conn, conn->db, rc, err, "COMMIT");
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

static ferry_status unit_write_records(struct sqldrv_unit *unit,
                                       const struct ferry_record *const *records, size_t count,
                                       struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < count; i++) {
        status = sqldrv_record_write(unit->conn, records[i], err);
    }
    return status;
}

/* Tables stay as they are: nobody's lock is needed for the records alone. */
static ferry_status unit_begin_records(struct sqldrv_unit *unit, struct ferry_error *err)
{
    ferry_status status = sqldrv_unit_open(unit, err);
    return status == FERRY_OK ? sqldrv_unit_write(unit, err) : status;
}

/* A view of several tables fits, or does not, once all of them have their new columns. */
static ferry_status unit_finish_loads(struct sqldrv_unit *unit, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < unit->load_count; i++) {
        status = sqldrv_load_finish(unit->loads[i], err);
    }
    return status == FERRY_OK && unit->load_count > 1 ? sqldrv_dependents_end(unit, err) : status;
}

ferry_status sqldrv_unit_commit(struct sqldrv_unit *unit, const struct ferry_record *record,
                                uint32_t *outcome, struct ferry_error *err)
{
    struct sqldrv_conn *conn = unit->conn;
    ferry_status status = unit_check_moved(conn, err);
    if (status != FERRY_OK) {
        return status;
    }
    /* In rollback mode a reader may hold the file: the busy handler waits, and COMMIT then fails
     * with the transaction still open. */
    int rc = sqldrv_run(conn->db, "COMMIT");
    if (rc != SQLITE_OK) {
        return unit_fail_commit(unit, record, rc, outcome, err);
    }
    *outcome = FERRY_OUTCOME_NEW;
    sqldrv_guard_settle(conn->guard);
    sqldrv_journal_finish(conn);
    return FERRY_OK;
}

/* Until COMMIT has been tried the old rows are there. */
static ferry_status unit_commit(struct sqldrv_unit *unit, const struct ferry_record *const *records,
                                size_t count, uint32_t *outcome, struct ferry_error *err)
{
    struct sqldrv_conn *conn = unit->conn;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    *outcome = FERRY_OUTCOME_OLD;
    sqldrv_wait_begin(conn, unit->spec->lock_wait_ms, SQLDRV_HOLDER_READER);
    if (status == FERRY_OK) {
        status =
            unit->load_count > 0 ? unit_finish_loads(unit, err) : unit_begin_records(unit, err);
    }
    if (status == FERRY_OK && unit->load_count > 0) {
        status = sqldrv_foreign_check(unit, err);
    }
    if (status == FERRY_OK) {
        status = unit_write_records(unit, records, count, err);
    }
    return status == FERRY_OK
               ? sqldrv_unit_commit(unit, count > 0 ? records[0] : NULL, outcome, err)
               : status;
}

static ferry_status unit_change_commit(void *argument, const struct ferry_record *const *records,
                                       size_t record_count, uint32_t *outcome,
                                       struct ferry_error *err)
{
    struct sqldrv_unit *unit = argument;
    ferry_status status = unit_commit(unit, records, record_count, outcome, err);
    sqldrv_unit_free(unit, status == FERRY_OK);
    return status;
}

static void unit_change_abort(void *argument)
{
    sqldrv_unit_free(argument, false);
}

/* SQLite compares by the affinity of the columns: it takes each key that has a unique index. */
static ferry_status unit_judge_key(void *conn, const struct ferry_load_spec *spec,
                                   const struct ferry_foreign_key *key,
                                   const struct ferry_load_spec *referred,
                                   struct ferry_notes *against, struct ferry_error *err)
{
    (void)conn;
    (void)spec;
    (void)key;
    (void)referred;
    (void)against;
    (void)err;
    return FERRY_OK;
}

const struct ferry_target sqldrv_target = {
    .map_column = sqldrv_map_column,
    .inspect = sqldrv_table_inspect,
    .change_begin = sqldrv_unit_begin,
    .load_begin = sqldrv_load_begin,
    .load_batch = sqldrv_load_batch,
    .load_end = sqldrv_load_end,
    .change_commit = unit_change_commit,
    .change_abort = unit_change_abort,
    .stored_begin = sqldrv_stored_rows_begin,
    .stored_batch = sqldrv_stored_rows_batch,
    .stored_end = sqldrv_stored_rows_end,
    .hold_column = sqldrv_hold_column,
    .foresee = sqldrv_foresee,
    .judge_key = unit_judge_key,
    .records = sqldrv_records,
    .prune = sqldrv_prune,
    .load_take = sqldrv_load_take,
    .abilities = FERRY_SCANS | FERRY_CHANGES | FERRY_TOGETHER | FERRY_TOGETHER_CHANGES |
                 FERRY_TELLS_RESTRICT,
};
