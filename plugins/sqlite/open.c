/* Opening a database file safely. */

#include "file.h"
#include "guard.h"
#include "values.h"

#include <fcntl.h>
#include <unistd.h>

/* A database file is input like any other: what it says must not run code, reach other files or
 * make SQLite trust a damaged page. */
static int open_harden(struct sqldrv_conn *conn, sqlite3 *db)
{
    static const struct {
        int option;
        int value;
    } settings[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
        /* Without this, CREATE INDEX ... ("gone") takes a column that is not there for a text. */
        {SQLITE_DBCONFIG_DQS_DDL, 0},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        int rc = sqlite3_db_config(db, settings[i].option, settings[i].value, NULL);
        if (rc != SQLITE_OK) {
            return rc;
        }
    }
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
    sqldrv_wait_install(conn, db);
    return sqldrv_run(db, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0");
}

static int open_with(struct sqldrv_conn *conn, int flags, sqlite3 **ret_db)
{
    int64_t objects = 0;
    int calls = 0;
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW |
             SQLITE_OPEN_EXRESCODE;
    /* stage.c attaches by a URI; the path here is absolute, so it is never taken for one. */
    flags |= SQLITE_OPEN_URI;
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    int rc = sqlite3_open_v2(conn->real, ret_db, flags, NULL);
    if (rc == SQLITE_OK) {
        rc = open_harden(conn, *ret_db);
    }
    if (rc == SQLITE_OK) { /* the file is read only here */
        do {
            rc = sqldrv_query_int(*ret_db, &objects, "SELECT count(*) FROM main.sqlite_schema");
        } while (sqldrv_wait_for_index(conn, rc, &calls));
    }
    return rc;
}

/* Who only looks leaves everything as it was.  A file in WAL mode cannot be opened without -wal and
 * -shm; where they are not there, they are made, and SQLite takes them away again as it closes the
 * file, which it does only for one that may write. */
static int open_to_look(struct sqldrv_conn *conn, sqlite3 **ret_db)
{
    int rc = open_with(conn, SQLITE_OPEN_READONLY, ret_db);
    if (rc == SQLITE_OK || !sqldrv_guard_let_make(conn->guard)) {
        return rc;
    }
    (void)sqlite3_close_v2(*ret_db);
    *ret_db = NULL;
    bool may_write =
        faccessat(conn->folder, sqldrv_path_base(conn->real), R_OK | W_OK, AT_EACCESS) == 0;
    return open_with(conn, may_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, ret_db);
}

ferry_status sqldrv_open(struct sqldrv_conn *conn, struct ferry_error *err)
{
    sqlite3 *db = NULL;
    bool source = conn->role == FERRY_ROLE_SOURCE;
    if (source && !conn->looks) {
        (void)sqldrv_guard_let_make(conn->guard);
    }
    int rc = conn->looks
                 ? open_to_look(conn, &db)
                 : open_with(conn, source ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, &db);
    enum sqldrv_order order = SQLDRV_ORDER_NONE;
    rc = rc == SQLITE_OK ? sqldrv_utf16_order(db, &order) : rc;
    if (rc != SQLITE_OK) {
        ferry_status status = sqldrv_fail(conn, db, rc, err, "opening the database");
        (void)sqlite3_close_v2(db);
        return status;
    }
    conn->utf16 = order != SQLDRV_ORDER_NONE;
    sqldrv_set_handle(conn, &conn->db, db);
    return FERRY_OK;
}

void sqldrv_close(struct sqldrv_conn *conn)
{
    sqlite3 *db = conn->db;
    if (db != NULL && conn->looks && !sqldrv_guard_made_wal(conn->guard)) {
        sqldrv_journal_leave(db); /* not ours to move into the file */
    }
    sqldrv_set_handle(conn, &conn->db, NULL);
    (void)sqlite3_close_v2(db);
}
