/* The staging file: rows go into a file beside the target first, and from there into the target in
 * one short transaction, so that readers of a file in rollback mode wait only for that.
 */

#include "file.h"
#include "guard.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By this number in its header, a staging file is known (PRAGMA application_id): "ferr". */
#define STAGE_ID 0x66657272
#define STAGE_ID_OFFSET 68

static bool stage_is_ours(int fd, const struct stat *file)
{
    static const unsigned char id[] = {'f', 'e', 'r', 'r'};
    unsigned char found[sizeof id];
    return S_ISREG(file->st_mode) && file->st_nlink == 1 && file->st_uid == geteuid() &&
           (file->st_size == 0 ||
            (pread(fd, found, sizeof found, STAGE_ID_OFFSET) == (ssize_t)sizeof found &&
             memcmp(found, id, sizeof id) == 0));
}

/* Remove what a killed run has left; 0 if nothing is there now. */
static int stage_remove_old(int folder, const char *name)
{
    struct stat file;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    bool ours = fstat(fd, &file) == 0 && stage_is_ours(fd, &file);
    (void)close(fd);
    return ours ? ferry_file_remove(folder, name, &file) : -1;
}

/* Whatever of ours is there is left over, since we hold the lock of the table that names it. */
static ferry_status stage_make_room(const struct sqldrv_unit *unit, struct ferry_error *err)
{
    const char *name = sqldrv_path_base(unit->stage.path);
    char *gone = NULL; /* see ferry_file_remove */
    if (asprintf(&gone, "%s.gone", name) < 0) {
        return sqldrv_fail_memory(err);
    }
    (void)stage_remove_old(unit->conn->folder, gone);
    free(gone);
    return stage_remove_old(unit->conn->folder, name) == 0
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                            "'%s': '%s' is in the place of the staging file, and no run of this "
                            "user has left it there; move it away",
                            unit->conn->path, unit->stage.path);
}

static ferry_status stage_make_file(struct sqldrv_unit *unit, const char *table,
                                    struct ferry_error *err)
{
    const struct sqldrv_conn *conn = unit->conn;
    struct sqldrv_stage *stage = &unit->stage;
    struct stat file;
    stage->path = sqldrv_name_beside(conn->real, table, ".stage");
    if (stage->path == NULL) {
        return sqldrv_fail_memory(err);
    }
    ferry_status status = stage_make_room(unit, err);
    if (status == FERRY_OK) {
        status = sqldrv_guard_take(stage->path, conn->folder, true, &stage->guard, err);
    }
    if (status != FERRY_OK) {
        return status;
    }
    int fd = openat(conn->folder, sqldrv_path_base(stage->path),
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return ferry_fail(err, sqldrv_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                          "'%s': cannot create the staging file '%s': %s", conn->path, stage->path,
                          strerror(errno));
    }
    if (fstat(fd, &file) == 0) {
        sqldrv_guard_meet(stage->guard, &file, true);
    }
    (void)close(fd);
    return FERRY_OK;
}

static int stage_open(struct sqldrv_unit *unit, const char *encoding)
{
    sqlite3 *db = NULL;
    int rc =
        sqlite3_open_v2(unit->stage.path, &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
                            SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
                        NULL);
    if (rc != SQLITE_OK) {
        (void)sqlite3_close_v2(db);
        return rc;
    }
    sqldrv_set_handle(unit->conn, &unit->conn->stage, db);
    sqldrv_wait_install(unit->conn, db);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    /* Nothing in it needs to outlive a crash.  Attached files must share an encoding. */
    return sqldrv_run(db,
                      "PRAGMA encoding=%Q; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
                      "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-2048; "
                      "PRAGMA application_id=%d; BEGIN",
                      encoding, STAGE_ID);
}

ferry_status sqldrv_stage_begin(struct sqldrv_unit *unit, const char *table,
                                struct ferry_error *err)
{
    struct sqldrv_conn *conn = unit->conn;
    char *encoding = NULL;
    if (unit->stage.path != NULL) {
        return FERRY_OK;
    }
    ferry_status status = stage_make_file(unit, table, err);
    if (status != FERRY_OK) {
        return status;
    }
    int rc = sqldrv_query_text(conn->db, &encoding, "PRAGMA encoding");
    if (rc == SQLITE_OK) {
        rc = stage_open(unit, encoding != NULL ? encoding : "UTF-8");
    }
    free(encoding);
    return rc == SQLITE_OK ? FERRY_OK
                           : sqldrv_fail(conn, conn->stage, rc, err, "making the staging file '%s'",
                                         unit->stage.path);
}

static void stage_close(struct sqldrv_conn *conn)
{
    sqlite3 *db = conn->stage;
    if (db != NULL) {
        sqldrv_set_handle(conn, &conn->stage, NULL);
        (void)sqlite3_close_v2(db);
    }
}

char *sqldrv_read_only_uri(const char *path)
{
    sqlite3_str *uri = sqlite3_str_new(NULL);
    sqlite3_str_appendall(uri, "file:");
    for (const char *at = path; *at != '\0'; at++) {
        bool special = strchr("%?# \"'", *at) != NULL || (unsigned char)*at < ' ';
        if (special) {
            sqlite3_str_appendf(uri, "%%%02x", (unsigned char)*at);
        } else {
            sqlite3_str_appendchar(uri, 1, *at);
        }
    }
    sqlite3_str_appendall(uri, "?mode=ro");
    return sqlite3_str_finish(uri);
}

/* Read-only, so that a transaction on the target takes no write lock on it and a commit needs no
 * super-journal. */
static int stage_attach(struct sqldrv_unit *unit)
{
    sqlite3 *db = unit->conn->db;
    char *uri = sqldrv_read_only_uri(unit->stage.path);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1);
    int rc = uri == NULL ? SQLITE_NOMEM : sqldrv_run(db, "ATTACH %Q AS " SQLDRV_STAGE_SCHEMA, uri);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, rc == SQLITE_OK ? 1 : 0);
    sqlite3_free(uri);
    unit->stage.attached = rc == SQLITE_OK;
    return rc;
}

ferry_status sqldrv_stage_end(struct sqldrv_unit *unit, struct ferry_error *err)
{
    struct sqldrv_conn *conn = unit->conn;
    int rc = sqldrv_run(conn->stage, "COMMIT");
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->stage, rc, err, "writing the staging file '%s'",
                           unit->stage.path);
    }
    stage_close(conn);
    rc = stage_attach(unit);
    return rc == SQLITE_OK ? FERRY_OK
                           : sqldrv_fail(conn, conn->db, rc, err, "attaching the staging file '%s'",
                                         unit->stage.path);
}

void sqldrv_stage_remove(struct sqldrv_unit *unit)
{
    struct sqldrv_stage *stage = &unit->stage;
    sqlite3 *db = unit->conn->db;
    stage_close(unit->conn);
    if (stage->attached && db != NULL) {
        (void)sqlite3_exec(db, "DETACH " SQLDRV_STAGE_SCHEMA, NULL, NULL, NULL);
        (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    }
    if (stage->guard != NULL) {
        (void)sqldrv_guard_remove(stage->guard, SQLDRV_FILE_DATABASE);
        sqldrv_guard_give(stage->guard);
    }
    free(stage->path);
    *stage = (struct sqldrv_stage){0};
}
