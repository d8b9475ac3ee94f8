/* Tests of the sqlite driver's unit.c: a change from its beginning to its end, what is told of one
 * that fails, and what is undone.
 *
 * Linked with --wrap for each step. */

#include "blocks.h"
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

PASS("stop", sqldrv_replace_stop, (struct sqldrv_load * load), (load))
PASS("free", sqldrv_replace_free, (struct sqldrv_load * load), (load))
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
ferry_status __real_sqldrv_replace_finish(struct sqldrv_load *load, struct ferry_error *err);
ferry_status __wrap_sqldrv_replace_finish(struct sqldrv_load *load, struct ferry_error *err);
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

static int reset(void **state)
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

ferry_status __wrap_sqldrv_replace_finish(struct sqldrv_load *load, struct ferry_error *err)
{
    ferry_status status = step_status("finish", err);
    return status == FERRY_OK ? __real_sqldrv_replace_finish(load, err) : status;
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
static void plan(const char *old, uint32_t staging)
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
static void load(void)
{
    assert_int_equal(begin_load(&change), FERRY_OK);
    assert_int_equal(load_rows(&change, 1, 3), FERRY_OK);
    assert_int_equal(end_load(&change), FERRY_OK);
    steps[0] = '\0';
    holder = NULL; /* the commit has a time of its own */
    settles = true;
}

static void end(void)
{
    settles = false;
    end_plan(&change);
    free(path);
    remove_folder(folder);
}

static void assert_rows(const char *expected)
{
    assert_file(path, "SELECT group_concat(n) FROM t", expected);
}

static void test_the_write_lock(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_DIRECT);
    assert_int_equal(begin_load(&change), FERRY_OK);
    assert_steps("make begin");
    assert_true(((struct sqldrv_unit *)change.unit)->began);
    end();
}

static void test_commit(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_DIRECT);
    load();
    assert_int_equal(commit_change(&change), FERRY_OK);
    assert_steps("finish record commit settle journal stop unstage " ENDED);
    assert_int_equal(change.outcome, FERRY_OUTCOME_NEW);
    assert_rows("1,2,3");
    end();
}

static void test_abort(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_DIRECT);
    load();
    abort_change(&change);
    assert_steps("stop rollback look unstage " ENDED);
    assert_rows("7,8");
    end();
}

/* Nothing was written: there is nothing to write into the file. */
static void test_abort_before_the_write_lock(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_APART);
    assert_int_equal(begin_load(&change), FERRY_OK);
    assert_steps("make install"); /* for the staging file */
    settles = true;
    abort_change(&change);
    assert_steps("stop rollback look unstage install free forget");
    end();
    plan(OLD, FERRY_STAGING_APART);
    settles = true;
    abort_change(&change); /* nor was a load begun */
    assert_steps("stop rollback look unstage install free forget");
    end();
}

/* ---- A file that is made ---- */

static void test_a_new_file(void **state)
{
    (void)state;
    static const char *const before[] = {NULL, ""};
    for (size_t i = 0; i < COUNT(before); i++) {
        plan(before[i], FERRY_STAGING_DIRECT);
        assert_int_equal(change.conn->db == NULL, before[i] == NULL);
        load();
        assert_true(is_there(path, ""));
        abort_change(&change);
        assert_steps("stop rollback look unstage unmake rollback free forget");
        assert_int_equal(is_there(path, ""), before[i] != NULL); /* as it was */
        end();

        plan(before[i], FERRY_STAGING_DIRECT);
        load();
        assert_int_equal(commit_change(&change), FERRY_OK);
        assert_steps("finish record commit settle journal stop unstage " ENDED);
        assert_rows("1,2,3");
        end();
    }
    plan(NULL, FERRY_STAGING_DIRECT); /* none was made */
    abort_change(&change);
    assert_steps("stop unstage free forget");
    assert_null(change.conn->db);
    end();
}

static void test_a_new_file_that_cannot_be_made(void **state)
{
    (void)state;
    plan(NULL, FERRY_STAGING_APART);
    bad_step = "make";
    assert_int_equal(begin_load(&change), FERRY_ERR_TARGET_IO);
    assert_error(&change.error, FERRY_ERR_TARGET_IO, "step make");
    assert_false(((struct sqldrv_unit *)change.unit)->staged);
    assert_steps("make");
    end();
}

/* ---- Where the rows go first ---- */

static void test_staging(void **state)
{
    (void)state;
    static const struct {
        uint32_t staging;
        bool shared;
        bool wal;
        bool wal_later;
        bool staged;
    } cases[] = {
        {FERRY_STAGING_APART, false, true, false, true},
        {FERRY_STAGING_APART, false, false, true, true},
        {FERRY_STAGING_APART, false, false, false, true},
        {FERRY_STAGING_DIRECT, false, false, false, false},
        {FERRY_STAGING_DIRECT, true, false, false, false},
        {FERRY_STAGING_AUTO, false, true, false, false},
        {FERRY_STAGING_AUTO, false, false, true, false},
        {FERRY_STAGING_AUTO, false, true, true, false},
        {FERRY_STAGING_AUTO, false, false, false, true}, /* readers would wait for all of it */
        {FERRY_STAGING_AUTO, true, true, false, true},   /* so would the other jobs */
        {FERRY_STAGING_AUTO, true, false, true, true},
        {FERRY_STAGING_AUTO, true, false, false, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        plan(OLD, cases[i].staging);
        change.spec.shared_target = cases[i].shared;
        change.conn->wal_later = cases[i].wal_later;
        wal = cases[i].wal ? WAL_YES : WAL_NO;
        struct sqldrv_unit unit = {.conn = change.conn, .spec = &change.spec};
        assert_int_equal(sqldrv_unit_open(&unit, &change.error), FERRY_OK);
        assert_int_equal(unit.staged, cases[i].staged);
        wal = WAL_REAL;
        change.conn->wal_later = false;
        end();
    }
}

/* ---- Failures before the commit ---- */

static void test_the_write_lock_is_taken(void **state)
{
    (void)state;
    static const struct {
        int rc;
        bool gives_up;
        ferry_status status;
    } cases[] = {
        {SQLITE_BUSY, false, FERRY_ERR_BUSY},          {SQLITE_BUSY, true, FERRY_ERR_BUSY},
        {SQLITE_BUSY_SNAPSHOT, false, FERRY_ERR_BUSY}, {SQLITE_INTERRUPT, true, FERRY_ERR_BUSY},
        {SQLITE_IOERR, false, FERRY_ERR_TARGET_IO},    {SQLITE_NOMEM, false, FERRY_ERR_SYSTEM}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool busy = cases[i].status == FERRY_ERR_BUSY;
        plan(OLD, FERRY_STAGING_DIRECT);
        struct sqldrv_unit unit = {.conn = change.conn, .spec = &change.spec};
        begin_rc = cases[i].rc;
        begin_gives_up = cases[i].gives_up;
        assert_int_equal(sqldrv_unit_write(&unit, &change.error), cases[i].status);
        assert_error(&change.error, cases[i].status,
                     busy ? "taking the write lock: another connection was writing"
                          : "x.db': taking the write lock: ");
        assert_int_equal(change.conn->wait.gave_up, busy);
        assert_false(unit.began);
        assert_steps("begin");
        end();

        plan(OLD, FERRY_STAGING_DIRECT);
        begin_rc = cases[i].rc;
        assert_int_not_equal(begin_load(&change), FERRY_OK);
        assert_steps("make begin");
        settles = true;
        abort_change(&change);
        assert_steps("stop rollback look unstage install free forget");
        end();
    }
}

static void test_waiting_was_given_up(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_DIRECT);
    struct sqldrv_unit unit = {.conn = change.conn, .spec = &change.spec};
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqldrv_unit_write(&unit, &change.error), FERRY_ERR_BUSY);
    assert_error(&change.error, FERRY_ERR_BUSY, "another connection was writing (waited 0.0 s)");
    assert_true(change.conn->wait.gave_up);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    end();
}

/* By SQLite's word, or that of guard.c. */
static void test_a_file_that_has_moved(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++) {
        bool *moved = by == 0 ? &moved_file : &moved_guard;
        plan(OLD, FERRY_STAGING_DIRECT);
        *moved = true;
        assert_int_equal(begin_load(&change), FERRY_ERR_BUSY);
        assert_error(&change.error, FERRY_ERR_BUSY,
                     "x.db' was moved or replaced while it was open: run again");
        *moved = false;
        end();

        plan(OLD, FERRY_STAGING_DIRECT);
        load();
        *moved = true;
        assert_int_equal(commit_change(&change), FERRY_ERR_BUSY);
        *moved = false;
        assert_error(&change.error, FERRY_ERR_BUSY,
                     "x.db' was moved or replaced while it was open: run again");
        assert_steps("finish record stop rollback look unstage " ENDED);
        assert_int_equal(change.outcome, FERRY_OUTCOME_OLD);
        assert_rows("7,8");
        end();
    }
}

static void test_a_file_that_cannot_tell(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_DIRECT);
    moves_unknown = true;
    load();
    assert_int_equal(commit_change(&change), FERRY_OK);
    assert_rows("1,2,3");
    end();
}

static void test_steps_that_fail(void **state)
{
    (void)state;
    static const struct {
        const char *step;
        const char *steps;
    } cases[] = {{"finish", "finish stop rollback look unstage " ENDED},
                 {"record", "finish record stop rollback look unstage " ENDED}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        plan(OLD, FERRY_STAGING_DIRECT);
        load();
        bad_step = cases[i].step;
        assert_int_equal(commit_change(&change), FERRY_ERR_TARGET_IO);
        assert_steps(cases[i].steps);
        assert_error(&change.error, FERRY_ERR_TARGET_IO, cases[i].step);
        assert_int_equal(change.outcome, FERRY_OUTCOME_OLD);
        assert_rows("7,8");
        end();
    }
}

static void test_stopping(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_DIRECT);
    load();
    sqldrv_cancel(change.conn);
    assert_int_equal(commit_change(&change), FERRY_ERR_CANCELLED);
    assert_error(&change.error, FERRY_ERR_CANCELLED, "x.db': stopped");
    assert_steps("stop rollback look unstage " ENDED);
    assert_int_equal(change.outcome, FERRY_OUTCOME_OLD);
    assert_rows("7,8");
    end();
}

/* ---- Records ---- */

static ferry_status commit_records(const struct ferry_record *const *records, size_t count)
{
    ferry_status status =
        sqldrv_target.change_commit(change.unit, records, count, &change.outcome, &change.error);
    change.unit = change.load = NULL;
    return status;
}

static void test_each_record(void **state)
{
    (void)state;
    struct ferry_record other = {0};
    struct ferry_error error = {0};
    assert_int_equal(ferry_record_open(&other, "u", &error), FERRY_OK);
    const struct ferry_record *const records[] = {&change.record, &other};
    plan(OLD, FERRY_STAGING_DIRECT);
    load();
    assert_int_equal(commit_records(records, 2), FERRY_OK);
    assert_steps("finish record record commit settle journal stop unstage " ENDED);
    assert_file(path, "SELECT group_concat(target_table) FROM _dbferry_sync", "t,u");
    end();

    plan(OLD, FERRY_STAGING_DIRECT); /* behind one that fails none is written */
    load();
    bad_step = "record";
    assert_int_equal(commit_records(records, 2), FERRY_ERR_TARGET_IO);
    assert_steps("finish record stop rollback look unstage " ENDED);
    end();

    plan(OLD, FERRY_STAGING_DIRECT);
    load();
    assert_int_equal(commit_records(NULL, 0), FERRY_OK);
    assert_steps("finish commit settle journal stop unstage " ENDED);
    end();
    ferry_record_done(&other);
}

/* ---- A COMMIT that fails ---- */

/* The transaction is still open: it is undone. */
static void test_a_commit_that_is_refused(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_DIRECT);
    load();
    commit_rc = SQLITE_FULL;
    assert_int_equal(commit_change(&change), FERRY_ERR_TARGET_IO);
    assert_error(&change.error, FERRY_ERR_TARGET_IO, "x.db': COMMIT: disk full");
    assert_steps("finish record commit stop rollback look unstage " ENDED);
    assert_int_equal(change.outcome, FERRY_OUTCOME_OLD);
    assert_rows("7,8");
    end();
}

/* It says that it failed, and has taken effect all the same. */
static void test_a_commit_that_took_effect(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_DIRECT);
    load();
    commit_rc = SQLITE_IOERR_DIR_FSYNC;
    commit_done = true;
    assert_int_equal(commit_change(&change), FERRY_ERR_BUSY);
    assert_error(&change.error, FERRY_ERR_BUSY,
                 "x.db': COMMIT: disk I/O error, but the new rows are in the file");
    assert_steps("finish record commit find stop rollback look unstage " ENDED);
    assert_int_equal(change.outcome, FERRY_OUTCOME_NEW);
    assert_rows("1,2,3");
    end();
}

/* SQLite has undone it by itself: the record is not there. */
static void test_a_commit_that_was_undone(void **state)
{
    (void)state;
    for (size_t count = 0; count < 2; count++) { /* without one there is none to look for */
        const struct ferry_record *const records[] = {&change.record};
        plan(OLD, FERRY_STAGING_DIRECT);
        load();
        commit_rc = SQLITE_IOERR_FSYNC;
        commit_undone = true;
        assert_int_equal(commit_records(records, count), FERRY_ERR_TARGET_IO);
        assert_error(&change.error, FERRY_ERR_TARGET_IO, "x.db': COMMIT: disk I/O error");
        assert_steps(count == 0 ? "finish commit stop rollback look unstage " ENDED
                                : "finish record commit find stop rollback look unstage " ENDED);
        assert_int_equal(change.outcome, FERRY_OUTCOME_OLD);
        assert_rows("7,8");
        end();
    }
}

static void test_a_commit_that_cannot_be_looked_up(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_DIRECT);
    load();
    commit_rc = SQLITE_IOERR_FSYNC;
    commit_done = true;
    find_rc = SQLITE_IOERR;
    assert_int_equal(commit_change(&change), FERRY_ERR_BUSY);
    assert_error(&change.error, FERRY_ERR_BUSY,
                 "x.db': COMMIT: disk I/O error; whether the old or the new rows are in the file "
                 "is unknown");
    assert_int_equal(change.outcome, FERRY_OUTCOME_UNKNOWN);
    end();
}

/* ---- What is left ---- */

static void test_no_memory(void **state)
{
    (void)state;
    plan(OLD, FERRY_STAGING_DIRECT);
    abort_change(&change);
    short_of_memory = true;
    assert_int_equal(begin_change(&change), FERRY_ERR_SYSTEM);
    assert_error(&change.error, FERRY_ERR_SYSTEM, "out of memory");
    end();
}

static void test_memory(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        long before = blocks_in_use;
        plan(OLD, FERRY_STAGING_APART);
        load();
        assert_int_equal(commit_change(&change), FERRY_OK);
        assert_int_equal(begin_change(&change), FERRY_OK);
        abort_change(&change);
        end();
        if (round > 0)
            assert_int_equal(blocks_in_use, before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_the_write_lock, forget_guards),
        cmocka_unit_test_teardown(test_commit, forget_guards),
        cmocka_unit_test_teardown(test_abort, forget_guards),
        cmocka_unit_test_teardown(test_abort_before_the_write_lock, forget_guards),
        cmocka_unit_test_teardown(test_a_new_file, forget_guards),
        cmocka_unit_test_teardown(test_a_new_file_that_cannot_be_made, forget_guards),
        cmocka_unit_test_teardown(test_staging, forget_guards),
        cmocka_unit_test_teardown(test_the_write_lock_is_taken, forget_guards),
        cmocka_unit_test_teardown(test_waiting_was_given_up, forget_guards),
        cmocka_unit_test_teardown(test_a_file_that_has_moved, forget_guards),
        cmocka_unit_test_teardown(test_a_file_that_cannot_tell, forget_guards),
        cmocka_unit_test_teardown(test_steps_that_fail, forget_guards),
        cmocka_unit_test_teardown(test_stopping, forget_guards),
        cmocka_unit_test_teardown(test_each_record, forget_guards),
        cmocka_unit_test_teardown(test_a_commit_that_is_refused, forget_guards),
        cmocka_unit_test_teardown(test_a_commit_that_took_effect, forget_guards),
        cmocka_unit_test_teardown(test_a_commit_that_was_undone, forget_guards),
        cmocka_unit_test_teardown(test_a_commit_that_cannot_be_looked_up, forget_guards),
        cmocka_unit_test_teardown(test_no_memory, forget_guards),
        cmocka_unit_test_teardown(test_memory, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite unit", tests, NULL, NULL);
}
