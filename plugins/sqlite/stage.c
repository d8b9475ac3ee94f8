/* The staging file: rows go into a file beside the target first, and from there into the target in
 * one short transaction, so that readers of a file in rollback mode wait only for that.
 */

#include "guard.h"

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

/* Whatever of ours is there is left over, since we hold the table's lock. */
static ferry_status stage_make_room(const struct sqlite_load *load, struct ferry_error *err)
{
    const char *name = sqlite_path_base(load->unit->stage_path);
    char *gone = NULL; /* see ferry_file_remove */
    if (asprintf(&gone, "%s.gone", name) < 0) {
        return sqlite_fail_memory(err);
    }
    (void)stage_remove_old(load->conn->folder, gone);
    free(gone);
    return stage_remove_old(load->conn->folder, name) == 0
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                            "'%s': '%s' is in the place of the staging file, and no run of this "
                            "user has left it there; move it away",
                            load->conn->path, load->unit->stage_path);
}

static ferry_status stage_make_file(struct sqlite_load *load, struct ferry_error *err)
{
    const char *path = load->conn->path;
    struct stat file;
    load->unit->stage_path = sqlite_name_beside(load->conn->real, load->layout->table, ".stage");
    if (load->unit->stage_path == NULL) {
        return sqlite_fail_memory(err);
    }
    ferry_status status = stage_make_room(load, err);
    if (status == FERRY_OK) {
        status = sqlite_guard_take(load->unit->stage_path, load->conn->folder, true,
                                   &load->unit->stage_guard, err);
    }
    if (status != FERRY_OK) {
        return status;
    }
    int fd = openat(load->conn->folder, sqlite_path_base(load->unit->stage_path),
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return ferry_fail(err, sqlite_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                          "'%s': cannot create the staging file '%s': %s", path,
                          load->unit->stage_path, strerror(errno));
    }
    if (fstat(fd, &file) == 0) {
        sqlite_guard_meet(load->unit->stage_guard, &file, true);
    }
    (void)close(fd);
    return FERRY_OK;
}

static int stage_open(struct sqlite_load *load, const char *encoding)
{
    sqlite3 *db = NULL;
    int rc =
        sqlite3_open_v2(load->unit->stage_path, &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                            SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
                        NULL);
    if (rc != SQLITE_OK) {
        (void)sqlite3_close_v2(db);
        return rc;
    }
    sqlite_set_handle(load->conn, &load->conn->stage, db);
    sqlite_wait_install(load->conn, db);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, load->spec->action == FERRY_TABLE_KEEP,
                            NULL);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    /* Nothing in it needs to outlive a crash.  Attached files must share an encoding. */
    rc = sqlite_run(db,
                    "PRAGMA encoding=%Q; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
                    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-2048; "
                    "PRAGMA application_id=%d; BEGIN",
                    encoding, STAGE_ID);
    /* The table's own text comes from the target's file, which may be forged. */
    return rc != SQLITE_OK
               ? rc
               : sqlite_run_saved(db, load->spec->action == FERRY_TABLE_KEEP ? load->table.sql
                                                                             : load->create_sql);
}

ferry_status sqlite_stage_begin(struct sqlite_load *load, struct ferry_error *err)
{
    struct sqlite_conn *conn = load->conn;
    char *encoding = NULL;
    ferry_status status = stage_make_file(load, err);
    if (status != FERRY_OK) {
        return status;
    }
    int rc = sqlite_query_text(conn->db, &encoding, "PRAGMA encoding");
    if (rc == SQLITE_OK) {
        rc = stage_open(load, encoding != NULL ? encoding : "UTF-8");
    }
    free(encoding);
    return rc == SQLITE_OK ? FERRY_OK
                           : sqlite_fail(conn, conn->stage, rc, err, "making the staging file '%s'",
                                         load->unit->stage_path);
}

static void stage_close(struct sqlite_load *load)
{
    sqlite3 *db = load->conn->stage;
    if (db != NULL) {
        sqlite_set_handle(load->conn, &load->conn->stage, NULL);
        (void)sqlite3_close_v2(db);
    }
}

/* Attached read-only, so that a transaction on the target takes no write lock on it and a commit
 * needs no super-journal. */
static int stage_attach(struct sqlite_load *load)
{
    sqlite3 *db = load->conn->db;
    sqlite3_str *uri = sqlite3_str_new(NULL);
    sqlite3_str_appendall(uri, "file:");
    for (const char *at = load->unit->stage_path; *at != '\0'; at++) {
        bool special = strchr("%?# \"'", *at) != NULL || (unsigned char)*at < ' ';
        if (special) {
            sqlite3_str_appendf(uri, "%%%02x", (unsigned char)*at);
        } else {
            sqlite3_str_appendchar(uri, 1, *at);
        }
    }
    sqlite3_str_appendall(uri, "?mode=ro");
    char *name = sqlite3_str_finish(uri);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1);
    int rc =
        name == NULL ? SQLITE_NOMEM : sqlite_run(db, "ATTACH %Q AS " SQLITE_STAGE_SCHEMA, name);
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, rc == SQLITE_OK ? 1 : 0);
    sqlite3_free(name);
    load->unit->attached = rc == SQLITE_OK;
    return rc;
}

ferry_status sqlite_stage_end(struct sqlite_load *load, struct ferry_error *err)
{
    struct sqlite_conn *conn = load->conn;
    ferry_status status = sqlite_objects_make_indexes(load, conn->stage, err);
    if (status != FERRY_OK) {
        return status;
    }
    int rc = sqlite_run(conn->stage, "COMMIT");
    if (rc != SQLITE_OK) {
        return sqlite_fail(conn, conn->stage, rc, err, "writing the staging file '%s'",
                           load->unit->stage_path);
    }
    stage_close(load);
    rc = stage_attach(load);
    return rc == SQLITE_OK ? FERRY_OK
                           : sqlite_fail(conn, conn->db, rc, err, "attaching the staging file '%s'",
                                         load->unit->stage_path);
}

/* SELECT * into a table of the same definition lets SQLite copy whole records and index entries
 * (its transfer optimization).  Generated columns need a list of names, and the slower way. */
static char *stage_copy_sql(const struct sqlite_load *load)
{
    const struct sqlite_table *table = &load->table;
    const char *comma = "";
    bool generated = false;
    sqlite3_str *names = sqlite3_str_new(NULL);
    for (size_t i = 0; load->spec->action == FERRY_TABLE_KEEP && i < table->column_count; i++) {
        generated = generated || table->columns[i].generated;
        if (!table->columns[i].generated) {
            sqlite3_str_appendf(names, "%s\"%w\"", comma, table->columns[i].name);
            comma = ", ";
        }
    }
    char *list = sqlite3_str_finish(names);
    char *sql =
        generated && list != NULL
            ? sqlite3_mprintf(
                  "INSERT OR FAIL INTO main.\"%w\" (%s) SELECT %s FROM " SQLITE_STAGE_SCHEMA
                  ".\"%w\"",
                  load->layout->table, list, list, load->layout->table)
            : sqlite3_mprintf("INSERT OR FAIL INTO main.\"%w\" SELECT * FROM " SQLITE_STAGE_SCHEMA
                              ".\"%w\"",
                              load->layout->table, load->layout->table);
    sqlite3_free(list);
    return sql;
}

ferry_status sqlite_stage_apply(struct sqlite_load *load, struct ferry_error *err)
{
    struct sqlite_conn *conn = load->conn;
    char *sql = stage_copy_sql(load);
    int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    if (rc != SQLITE_OK) {
        return sqlite_fail(conn, conn->db, rc, err, "copying the rows of table '%s'",
                           load->layout->table);
    }
    if ((uint64_t)sqlite3_changes64(conn->db) != load->rows_loaded) {
        return ferry_fail(err, FERRY_ERR_INTERNAL,
                          "'%s': table '%s' took %lld rows of %llu in the staging file", conn->path,
                          load->layout->table, (long long)sqlite3_changes64(conn->db),
                          (unsigned long long)load->rows_loaded);
    }
    return FERRY_OK;
}

void sqlite_stage_remove(struct sqlite_unit *unit)
{
    sqlite3 *db = unit->conn->db;
    if (unit->load != NULL) {
        stage_close(unit->load);
    }
    if (unit->attached && db != NULL) {
        (void)sqlite3_exec(db, "DETACH " SQLITE_STAGE_SCHEMA, NULL, NULL, NULL);
        (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    }
    unit->attached = false;
    if (unit->stage_guard != NULL) {
        (void)sqlite_guard_remove(unit->stage_guard, SQLITE_FILE_DATABASE);
        sqlite_guard_give(unit->stage_guard);
        unit->stage_guard = NULL;
    }
    free(unit->stage_path);
    unit->stage_path = NULL;
}
