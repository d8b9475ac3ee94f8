/* Journal modes, the -wal and -shm files beside the database, and checkpoints. */

#include "file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_MIB INT64_C(1048576)
#define JOURNAL_WAL_LARGE (64 * JOURNAL_MIB)

bool sqldrv_is_wal(sqlite3 *db)
{
    char *mode = NULL;
    bool wal = sqldrv_query_text(db, &mode, "PRAGMA main.journal_mode") == SQLITE_OK &&
               mode != NULL && strcasecmp(mode, "wal") == 0;
    free(mode);
    return wal;
}

static int journal_set_mode(struct sqldrv_conn *conn)
{
    char *mode = NULL;
    int rc =
        sqldrv_query_text(conn->db, &mode, "PRAGMA main.journal_mode=%s", conn->file.journal_mode);
    if (rc == SQLITE_OK && (mode == NULL || strcasecmp(mode, conn->file.journal_mode) != 0)) {
        ferry_log(FERRY_LOG_WARNING, "'%s': journal_mode stays '%s': '%s' is not possible here",
                  conn->path, mode != NULL ? mode : "", conn->file.journal_mode);
    }
    free(mode);
    return rc;
}

/* A new file becomes a WAL file after its first load: nobody reads it yet, and its rows need not be
 * written twice, into the journal and then into the file. */
ferry_status sqldrv_journal_set_up(struct sqldrv_conn *conn, bool fresh, struct ferry_error *err)
{
    sqlite3 *db = conn->db;
    char *mode = NULL;
    int rc = SQLITE_OK;
    if (fresh) {
        conn->wal_later = strcasecmp(conn->file.journal_mode, "wal") == 0;
        rc = sqldrv_run(db, "PRAGMA main.page_size=%lld", (long long)conn->file.page_size);
    }
    if (rc == SQLITE_OK && (fresh || conn->file.journal_set) && !conn->wal_later) {
        rc = journal_set_mode(conn);
    }
    if (rc == SQLITE_OK) {
        rc = sqldrv_query_text(db, &mode, "PRAGMA main.journal_mode");
    }
    if (rc == SQLITE_OK && mode != NULL &&
        (strcasecmp(mode, "off") == 0 || strcasecmp(mode, "memory") == 0)) {
        rc = sqldrv_run(db, "PRAGMA main.journal_mode=DELETE"); /* these two lose data in a crash */
    }
    free(mode);
    return rc == SQLITE_OK ? FERRY_OK : sqldrv_fail(conn, db, rc, err, "setting its journal mode");
}

void sqldrv_journal_finish(struct sqldrv_conn *conn)
{
    if (!conn->wal_later) {
        return;
    }
    int rc = journal_set_mode(conn);
    if (rc != SQLITE_OK) {
        ferry_log(
            FERRY_LOG_WARNING,
            "'%s' is complete, but could not become a WAL file: %s; readers will wait for each "
            "load until PRAGMA journal_mode=WAL is run on it",
            conn->path, sqlite3_errstr(rc));
    }
    conn->wal_later = false;
}

/* A reader without write permission on the folder can open a WAL file only if -wal and -shm are
 * there.  Keeping them by SQLITE_FCNTL_PERSIST_WAL would not do: the last connection then still
 * locks every reader out while it closes, and writes to the file even if it only looked. */
void sqldrv_journal_leave(sqlite3 *db)
{
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

void sqldrv_journal_checkpoint(struct sqldrv_conn *conn)
{
    struct stat wal;
    char *name = NULL;
    if (!sqldrv_is_wal(conn->db)) {
        return;
    }
    sqldrv_wait_begin(conn, 0, SQLDRV_HOLDER_ANY); /* a reader in the way is no reason to wait */
    int rc = sqlite3_wal_checkpoint_v2(conn->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (rc != SQLITE_OK) {
        rc = sqlite3_wal_checkpoint_v2(conn->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    if (asprintf(&name, "%s-wal", conn->real) < 0) {
        return;
    }
    if (fstatat(conn->folder, sqldrv_path_base(name), &wal, 0) == 0 &&
        wal.st_size > JOURNAL_WAL_LARGE) {
        ferry_log(FERRY_LOG_WARNING,
                  "'%s' holds %lld MiB that a reader keeps from being emptied (%s); close "
                  "long-running readers of the database",
                  name, (long long)(wal.st_size / JOURNAL_MIB), sqlite3_errstr(rc));
    }
    free(name);
}
