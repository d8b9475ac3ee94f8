/* A change of a file from its beginning to its end, as the sqlite driver's unit.c makes it, each of
 * whose steps is noted, and fails if it is told to: linked with --wrap for each. */

#ifndef FERRY_UNIT_SQLITE_WHOLE_CHANGE_H
#define FERRY_UNIT_SQLITE_WHOLE_CHANGE_H

#include "change.h"

/* ---- The steps ---- */

#define PASS(name, function, parameters, arguments)                                                \
    void __real_##function parameters;                                                             \
    void __wrap_##function parameters;                                                             \
    void __wrap_##function parameters                                                              \
    {                                                                                              \
        (void)step_fails(name);                                                                    \
        __real_##function arguments;                                                               \
    }

PASS("stop", sqldrv_load_stop, (struct sqldrv_load * load), (load))
PASS("free", sqldrv_load_free, (struct sqldrv_load * load), (load))
PASS("forget", sqldrv_dependents_clear, (struct sqldrv_unit * unit), (unit))
PASS("rollback", sqldrv_rollback, (sqlite3 * db), (db))
PASS("unstage", sqldrv_stage_remove, (struct sqldrv_unit * unit), (unit))
PASS("unmake", sqldrv_unmake, (struct sqldrv_conn * conn, int created), (conn, created))
PASS("install", sqldrv_wait_install, (struct sqldrv_conn * conn, sqlite3 *db), (conn, db))
PASS("checkpoint", sqldrv_journal_checkpoint, (struct sqldrv_conn * conn), (conn))
PASS("settle", sqldrv_guard_settle, (struct sqldrv_guard * guard), (guard))
PASS("journal", sqldrv_journal_finish, (struct sqldrv_conn * conn), (conn))

ferry_status __real_sqldrv_make_for_load(struct sqldrv_conn *conn, int *ret_created,
                                         struct ferry_error *err);
ferry_status __wrap_sqldrv_make_for_load(struct sqldrv_conn *conn, int *ret_created,
                                         struct ferry_error *err);
ferry_status __real_sqldrv_load_finish(struct sqldrv_load *load, struct ferry_error *err);
ferry_status __wrap_sqldrv_load_finish(struct sqldrv_load *load, struct ferry_error *err);
ferry_status __real_sqldrv_record_write(struct sqldrv_conn *conn, const struct ferry_record *record,
                                        struct ferry_error *err);
ferry_status __wrap_sqldrv_record_write(struct sqldrv_conn *conn, const struct ferry_record *record,
                                        struct ferry_error *err);
int __real_sqldrv_record_find(struct sqldrv_conn *conn, const struct ferry_record *record,
                              bool *ret_found);
int __wrap_sqldrv_record_find(struct sqldrv_conn *conn, const struct ferry_record *record,
                              bool *ret_found);
int __real_sqldrv_run(sqlite3 *db, const char *format, ...);
int __wrap_sqldrv_run(sqlite3 *db, const char *format, ...);
int __real_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...);
int __wrap_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...);
int __real_sqlite3_file_control(sqlite3 *db, const char *name, int control, void *data);
int __wrap_sqlite3_file_control(sqlite3 *db, const char *name, int control, void *data);
bool __real_sqldrv_guard_has_moved(const struct sqldrv_guard *guard);
bool __wrap_sqldrv_guard_has_moved(const struct sqldrv_guard *guard);
bool __real_sqldrv_is_wal(sqlite3 *db);
bool __wrap_sqldrv_is_wal(sqlite3 *db);
void __real_sqldrv_wait_begin(struct sqldrv_conn *conn, int64_t limit_ms, const char *holder);
void __wrap_sqldrv_wait_begin(struct sqldrv_conn *conn, int64_t limit_ms, const char *holder);
int __real_sqlite3_db_release_memory(sqlite3 *db);
int __wrap_sqlite3_db_release_memory(sqlite3 *db);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static int begin_rc;        /* what BEGIN IMMEDIATE comes to */
static bool begin_gives_up; /* as the busy handler would */
static int commit_rc;       /* what COMMIT says ... */
static bool commit_done;    /* ... though it is done */
static bool commit_undone;  /* ... and the transaction is no more */
static int find_rc;         /* what looking for the record comes to */
static bool moved_file;     /* says SQLite */
static bool moves_unknown;  /* to SQLite, as on some file systems */
static bool moved_guard;    /* says guard.c */
static bool settles;        /* that the file is looked at once more: a step */
static enum { WAL_REAL, WAL_NO, WAL_YES } wal;
static const char *holder; /* of the last wait */
static int64_t limit;
static bool short_of_memory; /* at the next call of calloc */

static char *folder;
static char *path;
static struct change change;

static inline int reset(void **state)
{
    (void)state;
    forget_steps();
    begin_rc = commit_rc = find_rc = SQLITE_OK;
    begin_gives_up = commit_done = commit_undone = moves_unknown = moved_file = moved_guard =
        settles = short_of_memory = false;
    wal = WAL_REAL;
    holder = NULL;
    limit = -1;
    return 0;
}

ferry_status __wrap_sqldrv_make_for_load(struct sqldrv_conn *conn, int *ret_created,
                                         struct ferry_error *err)
{
    /* it has its time before it begins */
    assert_string_equal(holder, SQLDRV_HOLDER_ANY);
    assert_int_equal(limit, 40);
    ferry_status status = step_status("make", err);
    return status == FERRY_OK ? __real_sqldrv_make_for_load(conn, ret_created, err) : status;
}

ferry_status __wrap_sqldrv_load_finish(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = step_status("finish", err);
    return status == FERRY_OK ? __real_sqldrv_load_finish(load, err) : status;
}

ferry_status __wrap_sqldrv_record_write(struct sqldrv_conn *conn, const struct ferry_record *record,
                                        struct ferry_error *err)
{
    ferry_status status = step_status("record", err);
    return status == FERRY_OK ? __real_sqldrv_record_write(conn, record, err) : status;
}

int __wrap_sqldrv_record_find(struct sqldrv_conn *conn, const struct ferry_record *record,
                              bool *ret_found)
{
    (void)step_fails("find");
    return find_rc != SQLITE_OK ? find_rc : __real_sqldrv_record_find(conn, record, ret_found);
}

int __wrap_sqldrv_run(sqlite3 *db, const char *format, ...)
{
    bool begin = strcmp(format, "BEGIN IMMEDIATE") == 0;
    bool commit = change.conn != NULL && db == change.conn->db && strcmp(format, "COMMIT") == 0;
    if (begin && begin_gives_up)
        change.conn->wait.gave_up = true;
    if (begin || commit) /* who could be in the way */
        assert_string_equal(holder, begin ? SQLDRV_HOLDER_WRITER : SQLDRV_HOLDER_READER);
    if (begin || commit)
        assert_int_equal(limit, 40);
    if (begin && (step_fails("begin") || begin_rc != SQLITE_OK))
        return begin_rc;
    if (commit && commit_undone)
        assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    if (commit && (step_fails("commit") || (commit_rc != SQLITE_OK && !commit_done)))
        return commit_rc;
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    int rc = __real_sqldrv_run(db, "%s", sql);
    sqlite3_free(sql);
    return commit && commit_rc != SQLITE_OK ? commit_rc : rc;
}

int __wrap_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...)
{
    if (settles && strcmp(format, "SELECT count(*) FROM main.sqlite_schema") == 0)
        (void)step_fails("look");
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    int rc = __real_sqldrv_query_int(db, ret_value, "%s", sql);
    sqlite3_free(sql);
    return rc;
}

int __wrap_sqlite3_file_control(sqlite3 *db, const char *name, int control, void *data)
{
    if (control == SQLITE_FCNTL_HAS_MOVED && moves_unknown)
        return SQLITE_NOTFOUND;
    int rc = __real_sqlite3_file_control(db, name, control, data);
    if (control == SQLITE_FCNTL_HAS_MOVED && moved_file)
        *(int *)data = 1;
    return rc;
}

bool __wrap_sqldrv_guard_has_moved(const struct sqldrv_guard *guard)
{
    return __real_sqldrv_guard_has_moved(guard) || moved_guard;
}

bool __wrap_sqldrv_is_wal(sqlite3 *db)
{
    return wal == WAL_REAL ? __real_sqldrv_is_wal(db) : wal == WAL_YES;
}

void __wrap_sqldrv_wait_begin(struct sqldrv_conn *conn, int64_t limit_ms, const char *who)
{
    holder = who;
    limit = limit_ms;
    __real_sqldrv_wait_begin(conn, limit_ms, who);
}

int __wrap_sqlite3_db_release_memory(sqlite3 *db)
{
    (void)step_fails("release");
    return __real_sqlite3_db_release_memory(db);
}

void *__wrap_calloc(size_t count, size_t size)
{
    bool fails = short_of_memory;
    short_of_memory = false;
    return fails ? NULL : __real_calloc(count, size);
}

/* ---- A change ---- */

#define OLD "CREATE TABLE t(n INTEGER, s TEXT); INSERT INTO t VALUES(7, 'a'), (8, 'b')"
#define ENDED "install checkpoint release free forget"

/* A change of the file, which holds `old`, or is not there (NULL), or is empty (""). */
static inline void plan(const char *old, uint32_t staging)
{
    folder = make_folder();
    if (old != NULL && old[0] != '\0')
        path = make_database(folder, "x.db", old);
    else {
        path = write_file(folder, "x.db", "", 0, 0600);
        if (old == NULL)
            assert_int_equal(unlink(path), 0);
    }
    plan_change(&change, path,
                old == NULL || old[0] == '\0' ? FERRY_TABLE_CREATE : FERRY_TABLE_KEEP, staging);
    (void)reset(NULL);
    assert_int_equal(begin_change(&change), FERRY_OK);
}

/* Up to where the commit is due. */
static inline void load(void)
{
    assert_int_equal(begin_load(&change), FERRY_OK);
    assert_int_equal(load_rows(&change, 1, 3), FERRY_OK);
    assert_int_equal(end_load(&change), FERRY_OK);
    steps[0] = '\0';
    holder = NULL; /* the commit has a time of its own */
    settles = true;
}

static inline void end(void)
{
    settles = false;
    end_plan(&change);
    free(path);
    remove_folder(folder);
}

static inline void assert_rows(const char *expected)
{
    assert_file(path, "SELECT group_concat(n) FROM t", expected);
}

static inline ferry_status commit_records(const struct ferry_record *const *records, size_t count)
{
    ferry_status status =
        sqldrv_target.change_commit(change.unit, records, count, &change.outcome, &change.error);
    change.unit = change.load = NULL;
    return status;
}

#endif
