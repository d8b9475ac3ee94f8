/* The file of a load: made with the wanted rights where there is none, set up, and taken away again
 * if nothing came of it.
 */

#include "file.h"
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file that was made as `fd` gets its group and mode; if it cannot, it is removed. */
static ferry_status make_give_rights(const struct sqldrv_conn *conn, int fd,
                                     struct ferry_error *err)
{
    const struct sqldrv_file_options *options = &conn->file;
    const char *failed = NULL;
    if (options->group_set && fchown(fd, (uid_t)-1, options->group) != 0) {
        failed = "group";
    } else if (options->mode_set && fchmod(fd, options->mode) != 0) {
        failed = "file_mode";
    }
    if (failed == NULL) {
        return FERRY_OK;
    }
    int cause = errno;
    (void)sqldrv_guard_remove(conn->guard, SQLDRV_FILE_DATABASE);
    return ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                      "'%s' cannot be given its %s: %s; this user must own the file and be a "
                      "member of the group",
                      conn->path, failed, strerror(cause));
}

/* Make an empty file: the umask decides on its mode as with any program, unless `file_mode` is set.
 * SQLite gives -wal and -shm the mode and, as root, the owner of the file. */
static ferry_status make_file(struct sqldrv_conn *conn, bool *ret_made, struct ferry_error *err)
{
    struct stat file;
    ferry_status status = sqldrv_guard_check_orphans(conn->guard, err);
    if (status != FERRY_OK) {
        return status;
    }
    int fd = openat(conn->folder, sqldrv_path_base(conn->real),
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    conn->file.mode_set ? 0600 : 0666);
    if (fd < 0 && errno == EEXIST) { /* another run was faster: a file like any other */
        *ret_made = false;
        return FERRY_OK;
    }
    if (fd < 0) {
        return ferry_fail(err, sqldrv_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                          "'%s' cannot be created: %s", conn->path, strerror(errno));
    }
    if (fstat(fd, &file) == 0) {
        sqldrv_guard_meet(conn->guard, &file, true);
    }
    status = make_give_rights(conn, fd, err);
    (void)close(fd);
    if (status == FERRY_OK) {
        *ret_made = true;
    }
    return status;
}

/* Settings of the connection that a load relies on. */
static ferry_status make_set_up(struct sqldrv_conn *conn, struct ferry_error *err)
{
    sqlite3 *db = conn->db;
    sqldrv_journal_leave(db);
    int rc = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (rc == SQLITE_OK) {
        /* FULL is crash-safe in WAL mode; EXTRA also makes the end of a rollback journal durable.
         * Deleted pages are about to be written again: Debian's default of zeroing them first would
         * double the work. */
        rc = sqldrv_run(db,
                        "PRAGMA synchronous=%s; PRAGMA foreign_keys=OFF; "
                        "PRAGMA secure_delete=FAST; PRAGMA wal_autocheckpoint=0; "
                        "PRAGMA cache_size=-2048",
                        sqldrv_is_wal(db) ? "FULL" : "EXTRA");
    }
    return rc == SQLITE_OK ? FERRY_OK : sqldrv_fail(conn, db, rc, err, "preparing the connection");
}

ferry_status sqldrv_make_for_load(struct sqldrv_conn *conn, int *ret_created,
                                  struct ferry_error *err)
{
    bool exists = false;
    bool made = false;
    int64_t pages = 0;
    ferry_status status = FERRY_OK;
    *ret_created = SQLDRV_MADE_NOTHING;
    sqldrv_guard_tidy(conn->guard);
    if (conn->db == NULL) {
        if ((status = sqldrv_path_check_target(conn, &exists, err)) != FERRY_OK) {
            return status;
        }
        if (!exists && (status = make_file(conn, &made, err)) != FERRY_OK) {
            return status;
        }
        *ret_created = made ? SQLDRV_MADE_FILE : SQLDRV_MADE_NOTHING;
        if ((status = sqldrv_open(conn, err)) != FERRY_OK) {
            return status;
        }
    }
    int rc = sqldrv_query_int(conn->db, &pages, "PRAGMA main.page_count");
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "reading its size");
    }
    if (pages == 0 && !made) {
        *ret_created = SQLDRV_MADE_CONTENT;
    }
    if ((status = sqldrv_journal_set_up(conn, pages == 0, err)) != FERRY_OK) {
        return status;
    }
    return make_set_up(conn, err);
}

/* Nobody else has the file open for more than a moment, and it holds nothing.  By SQLite's own
 * descriptor, and without a transaction, which would have to write where a disk may be full. */
static bool make_is_empty_and_ours(sqlite3_file *file)
{
    sqlite3_int64 size = -1;
    return file->pMethods->xLock(file, SQLITE_LOCK_SHARED) == SQLITE_OK &&
           file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK &&
           file->pMethods->xFileSize(file, &size) == SQLITE_OK && size == 0;
}

void sqldrv_unmake(struct sqldrv_conn *conn, int created)
{
    sqlite3 *db = conn->db;
    sqlite3_file *file = NULL;
    if (created == SQLDRV_MADE_NOTHING) {
        return;
    }
    if (db == NULL) { /* made, but never opened */
        (void)sqldrv_guard_remove(conn->guard, SQLDRV_FILE_DATABASE);
        return;
    }
    sqldrv_rollback(db); /* which cuts a file that was empty to nothing */
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
        file != NULL && file->pMethods != NULL) {
        bool done = make_is_empty_and_ours(file);
        if (done && created == SQLDRV_MADE_FILE) {
            done = sqldrv_guard_remove(conn->guard, SQLDRV_FILE_DATABASE);
        }
        for (size_t i = SQLDRV_FILE_JOURNAL; done && i < SQLDRV_FILES; i++) {
            (void)sqldrv_guard_remove(conn->guard, i);
        }
        (void)file->pMethods->xUnlock(file, SQLITE_LOCK_NONE);
    }
    sqldrv_close(conn);
}
