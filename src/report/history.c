/* The file of the history: found or made, checked, opened.
 *
 * It is a SQLite database in WAL mode: a process that is killed leaves it whole, readers never wait
 * for writers, and a commit waits for no disk.  (What the last second before a loss of power has
 * brought may be gone.)
 */

#include "report/history_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/folder.h"

#define APPLICATION_ID 0x64624665 /* "dbFe" */
#define SCHEMA_VERSION 1
#define BUSY_MS 2000 /* others write for a millisecond each */

/* ---- Asking ---- */

ferry_status ferry_history_fail(const struct ferry_history *history, const char *doing,
                                struct ferry_error *error)
{
    int code = sqlite3_errcode(history->db) & 0xFF;
    bool is_broken = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    ferry_status status = code == SQLITE_BUSY || code == SQLITE_LOCKED ? FERRY_ERR_BUSY
                          : code == SQLITE_NOMEM                       ? FERRY_ERR_SYSTEM
                          : is_broken                                  ? FERRY_ERR_TARGET_OPEN
                                                                       : FERRY_ERR_TARGET_IO;
    return ferry_fail(error, status, "the history %s: cannot %s: %s%s", history->path, doing,
                      sqlite3_errmsg(history->db),
                      is_broken ? "; it is safe to delete: a new one is begun then" : "");
}

ferry_status ferry_history_do(struct ferry_history *history, const char *sql,
                              struct ferry_error *error)
{
    return sqlite3_exec(history->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? FERRY_OK
               : ferry_history_fail(history, "write it", error);
}

ferry_status ferry_history_prepare(struct ferry_history *history, const char *sql,
                                   sqlite3_stmt **ret_statement, struct ferry_error *error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(history->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return ferry_history_fail(history, "read it", error);
    *ret_statement = statement;
    return FERRY_OK;
}

ferry_status ferry_history_step(struct ferry_history *history, sqlite3_stmt *statement,
                                struct ferry_error *error)
{
    return sqlite3_step(statement) == SQLITE_DONE ? FERRY_OK
                                                  : ferry_history_fail(history, "write it", error);
}

ferry_status ferry_history_commit(struct ferry_history *history, ferry_status status,
                                  struct ferry_error *error)
{
    if (status == FERRY_OK)
        status = ferry_history_do(history, "COMMIT", error);
    if (status != FERRY_OK)
        (void)sqlite3_exec(history->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* ---- Making it ---- */

/* Who may look into the folder may read the file, who may put files there may write it: but never
 * everybody. */
static mode_t mode_of_file(const struct stat *folder)
{
    return 0600 | (folder->st_mode & (S_IRGRP | S_IROTH | S_IWGRP));
}

static ferry_status make_file(const struct ferry_history *history, const struct stat *folder,
                              struct ferry_error *error)
{
    FERRY_AUTO_FD int fd =
        open(history->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return FERRY_OK;
    if (fd < 0 || fchmod(fd, mode_of_file(folder)) != 0)
        return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                          "cannot make the history %s: %s; correct state_dir or its folder",
                          history->path, strerror(errno));
    return FERRY_OK;
}

/* SQLite would wait for a writer of a FIFO for ever. */
static ferry_status check_file(const struct ferry_history *history, struct ferry_error *error)
{
    struct stat found;
    if (lstat(history->path, &found) != 0)
        return errno == ENOENT
                   ? ferry_fail(error, FERRY_ERR_NOT_FOUND, "there is no history yet: no file %s",
                                history->path)
                   : ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                                "cannot use the history %s: %s", history->path, strerror(errno));
    if (!S_ISREG(found.st_mode))
        return ferry_fail(error, FERRY_ERR_TARGET_OPEN,
                          "the history %s is no plain file; correct state_dir, or move it away",
                          history->path);
    return FERRY_OK;
}

static ferry_status name_file(const char *folder, bool to_write, struct ferry_history *history,
                              struct ferry_error *error)
{
    struct stat found;
    ferry_status status = to_write ? ferry_folder_make(folder, NULL, error) : FERRY_OK;
    if (status != FERRY_OK)
        return status;
    /* a folder of systemd's is a link; the file itself must be none */
    FERRY_AUTO_FREE char *real = realpath(folder, NULL);
    if (real == NULL && errno == ENOENT)
        return ferry_fail(error, FERRY_ERR_NOT_FOUND, "there is no history yet: no folder %s",
                          folder);
    if (real == NULL || stat(real, &found) != 0)
        return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                          "cannot use the folder of the history, %s: %s", folder, strerror(errno));
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    ferry_strbuf_addf(&path, "%s/%s", real, FERRY_HISTORY_FILE);
    history->path = ferry_strbuf_steal(&path);
    if (history->path == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the history");
    status = to_write ? make_file(history, &found, error) : FERRY_OK;
    return status == FERRY_OK ? check_file(history, error) : status;
}

/* ---- Opening it ---- */

/* Whoever else may write the file must not have anything done by it. */
static bool harden(sqlite3 *db)
{
    static const struct {
        int option, value;
    } settings[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},   {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},          {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}, /* which would wait for the disk */
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (sqlite3_db_config(db, settings[i].option, settings[i].value, NULL) != SQLITE_OK)
            return false;
    return true;
}

static ferry_status open_database(struct ferry_history *history, bool to_write,
                                  struct ferry_error *error)
{
    int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (to_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    if (sqlite3_open_v2(history->path, &history->db, flags, NULL) != SQLITE_OK)
        return history->db == NULL ? ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for SQLite")
                                   : ferry_history_fail(history, "open it", error);
    (void)sqlite3_busy_timeout(history->db, BUSY_MS);
    return harden(history->db) ? FERRY_OK : ferry_history_fail(history, "open it", error);
}

static ferry_status ask_number(struct ferry_history *history, const char *sql, int64_t *ret_number,
                               struct ferry_error *error)
{
    FERRY_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    ferry_status status = ferry_history_prepare(history, sql, &statement, error);
    if (status != FERRY_OK)
        return status;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return ferry_history_fail(history, "read it", error);
    *ret_number = sqlite3_column_int64(statement, 0);
    return FERRY_OK;
}

static const char *column_type(const struct ferry_report_field *field)
{
    return field->type == FERRY_REPORT_NUMBER    ? "INTEGER"
           : field->type == FERRY_REPORT_SECONDS ? "REAL"
                                                 : "TEXT";
}

/* A column for each field; and of each job which are its last runs, so that nobody has to search.
 */
static ferry_status make_schema(struct ferry_history *history, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf sql = {0};
    ferry_strbuf_add(&sql, "CREATE TABLE run (id INTEGER PRIMARY KEY");
    for (size_t i = 0; i < ferry_report_field_count; i++)
        ferry_strbuf_addf(&sql, ", %s %s", ferry_report_fields[i].name,
                          column_type(&ferry_report_fields[i]));
    ferry_strbuf_addf(
        &sql,
        ") STRICT;"
        "CREATE INDEX run_by_job ON run (job, id);"
        "CREATE INDEX run_open ON run (job) WHERE state = 'running';"
        "CREATE TABLE job (name TEXT PRIMARY KEY, last_run INTEGER, last_success INTEGER,"
        " runs INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "PRAGMA application_id = %d; PRAGMA user_version = %d",
        APPLICATION_ID, SCHEMA_VERSION);
    return sql.failed ? ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the history")
                      : ferry_history_do(history, ferry_strbuf_text(&sql), error);
}

/* Another process may be making the file at this moment, for which SQLite does not wait here. */
static ferry_status begin_wal(struct ferry_history *history, struct ferry_error *error)
{
    struct ferry_wait wait;
    ferry_wait_begin(&wait, BUSY_MS);
    ferry_status status;
    while ((status = ferry_history_do(history, "PRAGMA journal_mode = WAL", error)) ==
               FERRY_ERR_BUSY &&
           ferry_wait_pause(&wait, 10, NULL, NULL) != 0)
        ferry_error_clear(error);
    return status;
}

static const char count_tables[] = "SELECT COUNT(*) FROM sqlite_schema";

static ferry_status make_if_empty(struct ferry_history *history, struct ferry_error *error)
{
    int64_t tables = 0;
    ferry_status status = begin_wal(history, error);
    if (status == FERRY_OK)
        status = ferry_history_do(history, "BEGIN IMMEDIATE", error);
    if (status != FERRY_OK)
        return status;
    status = ask_number(history, count_tables, &tables, error);
    if (status == FERRY_OK && tables == 0)
        status = make_schema(history, error);
    return ferry_history_commit(history, status, error);
}

/* A process that makes the file, or found no room to, has come no further. */
static ferry_status refuse_if_empty(struct ferry_history *history, struct ferry_error *error)
{
    int64_t tables = 0;
    ferry_status status = ask_number(history, count_tables, &tables, error);
    if (status == FERRY_OK && tables == 0)
        status = ferry_fail(error, FERRY_ERR_NOT_FOUND,
                            "there is no history yet: the file %s is empty", history->path);
    return status;
}

/* Both as they were at one moment: another process may be making the file. */
static ferry_status read_marks(struct ferry_history *history, int64_t *ret_id, int64_t *ret_version,
                               struct ferry_error *error)
{
    ferry_status status = ferry_history_do(history, "BEGIN", error);
    if (status != FERRY_OK)
        return status;
    status = ask_number(history, "PRAGMA application_id", ret_id, error);
    if (status == FERRY_OK)
        status = ask_number(history, "PRAGMA user_version", ret_version, error);
    return ferry_history_commit(history, status, error);
}

static ferry_status check_schema(struct ferry_history *history, bool to_write,
                                 struct ferry_error *error)
{
    int64_t id = 0, version = 0;
    ferry_status status = read_marks(history, &id, &version, error);
    bool is_blank = status == FERRY_OK && id == 0 && version == 0;
    if (is_blank && !to_write)
        status = refuse_if_empty(history, error);
    if (is_blank && to_write) {
        status = make_if_empty(history, error);
        if (status == FERRY_OK)
            status = read_marks(history, &id, &version, error);
    }
    if (status != FERRY_OK)
        return status;
    if (id != APPLICATION_ID)
        return ferry_fail(error, FERRY_ERR_TARGET_OPEN,
                          "%s is no history of dbferry's; correct state_dir, or move it away",
                          history->path);
    if (version != SCHEMA_VERSION)
        return ferry_fail(error, FERRY_ERR_TARGET_OPEN,
                          "the history %s was written by a later version of dbferry; use that one, "
                          "or another state_dir",
                          history->path);
    return FERRY_OK;
}

/* The WAL is short, since whoever opens the file as the only one reads all of it: with the 1,000
 * pages of SQLite's default a small job took half as long again. */
static const char tuning[] = "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 50";

ferry_status ferry_history_open(const char *folder, bool to_write,
                                struct ferry_history **ret_history, struct ferry_error *error)
{
    struct ferry_history *history = calloc(1, sizeof *history);
    if (history == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the history");
    ferry_status status = name_file(folder, to_write, history, error);
    if (status == FERRY_OK)
        status = open_database(history, to_write, error);
    if (status == FERRY_OK)
        status = check_schema(history, to_write, error);
    if (status == FERRY_OK && to_write)
        status = ferry_history_do(history, tuning, error);
    if (status != FERRY_OK) {
        ferry_history_close(history);
        return status;
    }
    *ret_history = history;
    return FERRY_OK;
}

void ferry_history_close(struct ferry_history *history)
{
    if (history == NULL)
        return;
    (void)sqlite3_close(history->db);
    free(history->path);
    free(history);
}
