/* The target half: one table's rows replaced in one transaction.
 *
 *   directly     begin: lock, BEGIN, empty the table   end: indexes         commit: record, COMMIT
 *   by a stage   begin: lock, make the stage           end: index it,       commit: empty the
 * table, BEGIN, count         copy, record, COMMIT
 */

#include "guard.h"

#include <stdlib.h>

/* Fail with BUSY if the file that we have open is no longer the one at its path. */
static ferry_status replace_check_moved(struct sqlite_conn *conn, struct ferry_error *err)
{
    int moved = 0;
    (void)sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved || sqlite_guard_has_moved(conn->guard)
               ? ferry_fail(err, FERRY_ERR_BUSY,
                            "'%s' was moved or replaced while it was open: run again", conn->path)
               : FERRY_OK;
}

static ferry_status replace_begin_transaction(struct sqlite_load *load, struct ferry_error *err)
{
    struct sqlite_conn *conn = load->conn;
    sqlite_wait_begin(conn, load->spec->lock_wait_ms, SQLITE_HOLDER_WRITER);
    int rc = sqlite_run(conn->db, "BEGIN IMMEDIATE");
    if (rc != SQLITE_OK) {
        conn->wait.gave_up = conn->wait.gave_up || (rc & 0xff) == SQLITE_BUSY;
        return sqlite_fail(conn, conn->db, rc, err, "taking the write lock");
    }
    load->began = true;
    ferry_status status = replace_check_moved(conn, err);
    if (status == FERRY_OK) {
        status = sqlite_table_confirm(load, err);
    }
    if (status == FERRY_OK) {
        status = sqlite_objects_save(load, err);
    }
    sqlite_wait_begin(conn, load->spec->lock_wait_ms, SQLITE_HOLDER_READER);
    return status;
}

/* Make the table empty and of the wanted shape, without indexes and, if made anew, triggers. */
static ferry_status replace_empty_table(struct sqlite_load *load, struct ferry_error *err)
{
    struct sqlite_conn *conn = load->conn;
    const struct ferry_load_spec *spec = load->spec;
    ferry_status status = FERRY_OK;
    int rc = SQLITE_OK;
    if (spec->action == FERRY_TABLE_REBUILD) {
        status = sqlite_watch_begin(load, err);
    }
    if (status == FERRY_OK && spec->action != FERRY_TABLE_CREATE) {
        status = sqlite_objects_drop_indexes(load, err);
    }
    if (status != FERRY_OK) {
        return status;
    }
    if (spec->action != FERRY_TABLE_CREATE) {
        rc = sqlite_run(conn->db, "DELETE FROM main.\"%w\"", spec->table);
        load->rows_before = rc == SQLITE_OK ? (uint64_t)sqlite3_changes64(conn->db) : 0;
    }
    if (rc == SQLITE_OK && spec->action == FERRY_TABLE_REBUILD) {
        rc = sqlite_run(conn->db, "DROP TABLE main.\"%w\"", spec->table);
    }
    if (rc == SQLITE_OK && spec->action != FERRY_TABLE_KEEP) {
        rc = sqlite3_exec(conn->db, load->create_sql, NULL, NULL, NULL);
    }
    return rc == SQLITE_OK
               ? FERRY_OK
               : sqlite_fail(conn, conn->db, rc, err, "emptying table '%s'", spec->table);
}

/* What a table that was made anew needs besides its rows and indexes. */
static ferry_status replace_finish_table(struct sqlite_load *load, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    if (load->spec->action == FERRY_TABLE_REBUILD) {
        status = sqlite_objects_make_triggers(load, err);
        if (status == FERRY_OK) {
            status = sqlite_watch_end(load, err);
        }
    }
    if (status == FERRY_OK) {
        status = sqlite_stale_rebuild(load, err);
    }
    return status == FERRY_OK ? sqlite_objects_analyze(load, err) : status;
}

/* In rollback mode a load that spills the page cache locks every reader out for its whole time. */
static bool replace_wants_stage(const struct sqlite_load *load)
{
    const struct ferry_load_spec *spec = load->spec;
    return spec->staging == FERRY_STAGING_FILE ||
           (spec->staging == FERRY_STAGING_AUTO &&
            (spec->shared_target || !(sqlite_is_wal(load->conn->db) || load->conn->wal_later)));
}

static ferry_status replace_begin_load(struct sqlite_load *load, struct ferry_error *err)
{
    struct sqlite_conn *conn = load->conn;
    ferry_status status = sqlite_check_cancelled(conn, err);
    if (status == FERRY_OK && (load->create_sql = sqlite_table_create_sql(load->spec)) == NULL) {
        status = sqlite_fail_memory(err);
    }
    if (status == FERRY_OK) {
        status = sqlite_lock_take(load, err);
    }
    if (status == FERRY_OK) {
        sqlite_wait_begin(conn, load->spec->lock_wait_ms, SQLITE_HOLDER_ANY);
        status = sqlite_open_for_load(conn, &load->created, err);
    }
    if (status != FERRY_OK) {
        return status;
    }
    load->staged = replace_wants_stage(load);
    (void)sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DDL,
                            load->spec->action == FERRY_TABLE_KEEP, NULL);
    if (load->staged) {
        status = sqlite_table_confirm(load, err);
        if (status == FERRY_OK) {
            status = sqlite_objects_save(load, err);
        }
        return status == FERRY_OK ? sqlite_stage_begin(load, err) : status;
    }
    status = replace_begin_transaction(load, err);
    if (status == FERRY_OK) {
        status = replace_empty_table(load, err);
    }
    if (status == FERRY_OK) {
        status = sqlite_rows_open(load, conn->db, err);
    }
    return status;
}

/* After a failed write SQLite undoes nothing by itself: it leaves the journal to whoever reads the
 * file next, which had better be us. */
static void replace_undo(sqlite3 *db)
{
    int64_t objects = 0;
    sqlite_rollback(db);
    (void)sqlite_query_int(db, &objects, "SELECT count(*) FROM main.sqlite_schema");
}

/* End a load: nothing of it is left but what was committed. */
static void replace_free(struct sqlite_load *load, bool committed)
{
    struct sqlite_conn *conn = load->conn;
    if (!load->staged) {
        sqlite_rows_close(load, conn->db);
    }
    if (conn->db != NULL && !committed) {
        replace_undo(conn->db);
    }
    sqlite_stage_remove(load);
    if (!committed && load->created != SQLITE_MADE_NOTHING) {
        sqlite_unmake(conn, load->created);
    }
    if (conn->db != NULL) {
        sqlite_wait_install(conn, conn->db);
    }
    if (conn->db != NULL && load->began) {
        sqlite_journal_checkpoint(conn); /* after a failure too: the WAL may have filled the disk */
        (void)sqlite3_db_release_memory(conn->db);
    }
    sqlite_lock_release(load);
    sqlite_objects_clear(&load->objects);
    sqlite_table_clear(&load->table);
    sqlite3_free(load->create_sql);
    free(load);
}

static ferry_status replace_load_begin(void *argument, const struct ferry_load_spec *spec,
                                       void **ret_load, struct ferry_error *err)
{
    struct sqlite_load *load = calloc(1, sizeof *load);
    if (load == NULL) {
        return sqlite_fail_memory(err);
    }
    load->conn = argument;
    load->spec = spec;
    load->lock = -1;
    ferry_status status = replace_begin_load(load, err);
    if (status != FERRY_OK) {
        replace_free(load, false);
        return status;
    }
    *ret_load = load;
    return FERRY_OK;
}

static ferry_status replace_load_batch(void *argument, const struct ferry_batch *batch,
                                       struct ferry_error *err)
{
    struct sqlite_load *load = argument;
    struct sqlite_conn *conn = load->conn;
    ferry_status status = sqlite_check_cancelled(conn, err);
    if (status == FERRY_OK) {
        sqlite_guard_stop_writing(&conn->cancelled);
        status = sqlite_rows_insert(load, load->staged ? conn->stage : conn->db, batch, err);
        sqlite_guard_stop_writing(NULL);
    }
    return status;
}

static ferry_status replace_end_stage(struct sqlite_load *load, struct ferry_error *err)
{
    struct sqlite_conn *conn = load->conn;
    int64_t rows = 0;
    ferry_status status = sqlite_stage_end(load, err);
    if (status == FERRY_OK) {
        status = replace_begin_transaction(load, err);
    }
    if (status == FERRY_OK && load->spec->action != FERRY_TABLE_CREATE) {
        int rc = sqlite_query_int(conn->db, &rows, "SELECT count(*) FROM main.\"%w\"",
                                  load->spec->table);
        load->rows_before = (uint64_t)rows;
        status = rc == SQLITE_OK ? FERRY_OK
                                 : sqlite_fail(conn, conn->db, rc, err, "counting table '%s'",
                                               load->spec->table);
    }
    return status;
}

static ferry_status replace_load_end(void *argument, struct ferry_load_totals *ret_totals,
                                     struct ferry_error *err)
{
    struct sqlite_load *load = argument;
    struct sqlite_conn *conn = load->conn;
    ferry_status status = sqlite_check_cancelled(conn, err);
    if (status == FERRY_OK && load->staged) {
        status = replace_end_stage(load, err);
    } else if (status == FERRY_OK) {
        sqlite_rows_close(load, conn->db);
        status = sqlite_objects_make_indexes(load, conn->db, err);
        if (status == FERRY_OK) {
            status = replace_finish_table(load, err);
        }
    }
    if (status == FERRY_OK) {
        ret_totals->rows_loaded = load->rows_loaded;
        ret_totals->rows_before = load->rows_before;
        ret_totals->bytes = 0;
    }
    return status;
}

static ferry_status replace_apply_stage(struct sqlite_load *load, struct ferry_error *err)
{
    ferry_status status = replace_empty_table(load, err);
    if (status == FERRY_OK) {
        status = sqlite_objects_make_indexes(load, load->conn->db, err);
    }
    if (status == FERRY_OK) {
        status = sqlite_stage_apply(load, err);
    }
    return status == FERRY_OK ? replace_finish_table(load, err) : status;
}

/* A COMMIT may report a failure after it has taken effect: the journal is gone, but the folder
 * cannot be synced.  So what is in the file is looked up, and never guessed. */
static ferry_status replace_fail_commit(struct sqlite_load *load,
                                        const struct ferry_run_record *record, int rc,
                                        struct ferry_error *err)
{
    struct sqlite_conn *conn = load->conn;
    const char *reason = sqlite3_errstr(rc);
    bool found = false;
    if (sqlite3_get_autocommit(conn->db) == 0 || record == NULL) {
        return sqlite_fail(conn, conn->db, rc, err, "COMMIT"); /* still open: it will be undone */
    }
    int look = sqlite_record_find(load, record, &found);
    if (look == SQLITE_OK && !found) {
        return sqlite_fail(conn, conn->db, rc, err, "COMMIT");
    }
    return ferry_fail(
        err, FERRY_ERR_BUSY,
        look == SQLITE_OK
            ? "'%s': COMMIT: %s, but the new rows are in the file; a loss of power now "
              "may bring the old ones back; look at the disk, then run again"
            : "'%s': COMMIT: %s; whether the old or the new rows are in the file is "
              "unknown; look at the disk, then run again",
        conn->path, reason);
}

static ferry_status replace_commit(struct sqlite_load *load, const struct ferry_run_record *record,
                                   struct ferry_error *err)
{
    struct sqlite_conn *conn = load->conn;
    ferry_status status = sqlite_check_cancelled(conn, err);
    sqlite_wait_begin(conn, load->spec->lock_wait_ms, SQLITE_HOLDER_READER);
    if (status == FERRY_OK && load->staged) {
        status = replace_apply_stage(load, err);
    }
    if (status == FERRY_OK && load->spec->keep_definition == 0) {
        status = sqlite_metadata_write(load, err);
    }
    if (status == FERRY_OK && record != NULL) {
        status = sqlite_record_write(load, record, err);
    }
    if (status == FERRY_OK) {
        status = replace_check_moved(conn, err);
    }
    if (status != FERRY_OK) {
        return status;
    }
    /* In rollback mode a reader may hold the file: the busy handler waits, and COMMIT then fails
     * with the transaction still open. */
    int rc = sqlite_run(conn->db, "COMMIT");
    if (rc != SQLITE_OK) {
        return replace_fail_commit(load, record, rc, err);
    }
    sqlite_guard_settle(conn->guard);
    sqlite_journal_finish(conn);
    return FERRY_OK;
}

static ferry_status replace_load_commit(void *argument, const struct ferry_run_record *record,
                                        struct ferry_error *err)
{
    struct sqlite_load *load = argument;
    ferry_status status = replace_commit(load, record, err);
    replace_free(load, status == FERRY_OK);
    return status;
}

static void replace_load_abort(void *argument)
{
    replace_free(argument, false);
}

const struct ferry_target sqlite_target = {
    .map_column = sqlite_map_column,
    .inspect = sqlite_table_inspect,
    .load_begin = replace_load_begin,
    .load_batch = replace_load_batch,
    .load_end = replace_load_end,
    .load_commit = replace_load_commit,
    .load_abort = replace_load_abort,
    .read_back = sqlite_read_back,
    .hold_column = sqlite_hold_column,
    .foresee = sqlite_foresee,
};
