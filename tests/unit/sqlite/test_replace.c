/* Tests of the sqlite driver's replace.c: which steps one table of a change takes, in which order,
 * and that none follows on one that has failed.
 *
 * Linked with --wrap for each step. */

#include "blocks.h"
#include "change.h"

/* ---- The steps ---- */

#define STEP(name, function, parameters, arguments)                                                \
    ferry_status __real_##function parameters;                                                     \
    ferry_status __wrap_##function parameters;                                                     \
    ferry_status __wrap_##function parameters                                                      \
    {                                                                                              \
        ferry_status status = step_status(name, err);                                              \
        return status == FERRY_OK ? __real_##function arguments : status;                          \
    }

STEP("lock", sqldrv_lock_take, (struct sqldrv_load * load, struct ferry_error *err), (load, err))
STEP("open", sqldrv_unit_open, (struct sqldrv_unit * unit, struct ferry_error *err), (unit, err))
STEP("write", sqldrv_unit_write, (struct sqldrv_unit * unit, struct ferry_error *err), (unit, err))
STEP("confirm", sqldrv_table_confirm, (struct sqldrv_load * load, struct ferry_error *err),
     (load, err))
STEP("save", sqldrv_objects_save, (struct sqldrv_load * load, struct ferry_error *err), (load, err))
STEP("compile", sqldrv_dependents_begin, (struct sqldrv_unit * unit, struct ferry_error *err),
     (unit, err))
STEP("again", sqldrv_dependents_end,
     (struct sqldrv_unit * unit, const char *table, struct ferry_error *err), (unit, table, err))
STEP("strip", sqldrv_objects_drop_indexes, (struct sqldrv_load * load, struct ferry_error *err),
     (load, err))
STEP("triggers", sqldrv_objects_make_triggers, (struct sqldrv_load * load, struct ferry_error *err),
     (load, err))
STEP("stale", sqldrv_stale_rebuild, (struct sqldrv_load * load, struct ferry_error *err),
     (load, err))
STEP("analyze", sqldrv_objects_analyze, (struct sqldrv_load * load, struct ferry_error *err),
     (load, err))
STEP("rows", sqldrv_rows_open,
     (const struct sqldrv_rows_into *into, struct sqldrv_rows **ret_rows, struct ferry_error *err),
     (into, ret_rows, err))
STEP("stage", sqldrv_stage_begin,
     (struct sqldrv_unit * unit, const char *table, struct ferry_error *err), (unit, table, err))
STEP("attach", sqldrv_stage_end, (struct sqldrv_unit * unit, struct ferry_error *err), (unit, err))
STEP("metadata", sqldrv_metadata_write,
     (struct sqldrv_conn * conn, const struct ferry_load_spec *spec, struct ferry_error *err),
     (conn, spec, err))

ferry_status __real_sqldrv_rows_insert(struct sqldrv_rows *rows, const struct ferry_batch *batch,
                                       struct ferry_error *err);
ferry_status __wrap_sqldrv_rows_insert(struct sqldrv_rows *rows, const struct ferry_batch *batch,
                                       struct ferry_error *err);
ferry_status __real_sqldrv_objects_make_indexes(struct sqldrv_load *load, sqlite3 *db,
                                                struct ferry_error *err);
ferry_status __wrap_sqldrv_objects_make_indexes(struct sqldrv_load *load, sqlite3 *db,
                                                struct ferry_error *err);
int __real_sqldrv_run_saved(sqlite3 *db, const char *sql);
int __wrap_sqldrv_run_saved(sqlite3 *db, const char *sql);
int __real_sqldrv_run(sqlite3 *db, const char *format, ...);
int __wrap_sqldrv_run(sqlite3 *db, const char *format, ...);
int __real_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...);
int __wrap_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...);
int __real_sqlite3_exec(sqlite3 *db, const char *sql, int (*call)(void *, int, char **, char **),
                        void *data, char **ret_error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*call)(void *, int, char **, char **),
                        void *data, char **ret_error);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
char *__real_sqldrv_table_create_sql(const struct ferry_layout *layout);
char *__wrap_sqldrv_table_create_sql(const struct ferry_layout *layout);
char *__wrap_sqlite3_mprintf(const char *format, ...);
char *__real_sqlite3_str_finish(sqlite3_str *text);
char *__wrap_sqlite3_str_finish(sqlite3_str *text);
void __real_sqldrv_guard_stop_writing(const atomic_bool *stop);
void __wrap_sqldrv_guard_stop_writing(const atomic_bool *stop);

static bool short_of_memory; /* at the next call of calloc */
static bool no_copy_sql;
static bool no_names;                   /* no list of them */
static bool no_create_sql;              /* for want of memory, too */
static const atomic_bool *stoppable;    /* what stops the next write */
static const atomic_bool *stoppable_by; /* and what did while rows were inserted */

ferry_status __wrap_sqldrv_rows_insert(struct sqldrv_rows *rows, const struct ferry_batch *batch,
                                       struct ferry_error *err)
{
    ferry_status status = step_status("insert", err);
    stoppable_by = stoppable;
    return status == FERRY_OK ? __real_sqldrv_rows_insert(rows, batch, err) : status;
}

ferry_status __wrap_sqldrv_objects_make_indexes(struct sqldrv_load *load, sqlite3 *db,
                                                struct ferry_error *err)
{
    ferry_status status = step_status(db == load->conn->db ? "indexes" : "staged-indexes", err);
    return status == FERRY_OK ? __real_sqldrv_objects_make_indexes(load, db, err) : status;
}

int __wrap_sqldrv_run_saved(sqlite3 *db, const char *sql)
{
    bool table = strncmp(sql, "CREATE TABLE", 12) == 0; /* else an index or trigger */
    return table && step_fails("shape") ? SQLITE_IOERR : __real_sqldrv_run_saved(db, sql);
}

/* The statements of replace.c itself are steps. */
static bool statement_fails(const char *sql)
{
    static const struct {
        const char *begins;
        const char *step;
    } known[] = {{"DELETE FROM main.\"t\"", "delete"},
                 {"DROP TABLE main.\"t\"", "drop"},
                 {"CREATE TABLE \"t\"", "create"},
                 {"INSERT OR FAIL INTO main.\"t\" SELECT * ", "copy"},
                 {"INSERT OR FAIL INTO main.\"t\" (", "copy-named"},
                 {"SELECT count(*) FROM main.\"t\"", "count"}};
    for (size_t i = 0; i < COUNT(known); i++)
        if (strncmp(sql, known[i].begins, strlen(known[i].begins)) == 0)
            return step_fails(known[i].step);
    return false;
}

int __wrap_sqldrv_run(sqlite3 *db, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    int rc = statement_fails(sql) ? SQLITE_IOERR : __real_sqldrv_run(db, "%s", sql);
    sqlite3_free(sql);
    return rc;
}

int __wrap_sqldrv_query_int(sqlite3 *db, int64_t *ret_value, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    int rc =
        statement_fails(sql) ? SQLITE_IOERR : __real_sqldrv_query_int(db, ret_value, "%s", sql);
    sqlite3_free(sql);
    return rc;
}

/* Only for what replace.c has made into one text before: statement.c's calls come here, too. */
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, int (*call)(void *, int, char **, char **),
                        void *data, char **ret_error)
{
    bool own =
        strncmp(sql, "CREATE TABLE \"t\"", 16) == 0 || strncmp(sql, "INSERT OR FAIL", 14) == 0;
    return own && statement_fails(sql) ? SQLITE_IOERR
                                       : __real_sqlite3_exec(db, sql, call, data, ret_error);
}

void *__wrap_calloc(size_t count, size_t size)
{
    bool fails = short_of_memory;
    short_of_memory = false;
    return fails ? NULL : __real_calloc(count, size);
}

char *__wrap_sqldrv_table_create_sql(const struct ferry_layout *layout)
{
    return no_create_sql ? NULL : __real_sqldrv_table_create_sql(layout);
}

char *__wrap_sqlite3_str_finish(sqlite3_str *text)
{
    char *made = __real_sqlite3_str_finish(text);
    if (!no_names)
        return made;
    sqlite3_free(made);
    return NULL;
}

char *__wrap_sqlite3_mprintf(const char *format, ...)
{
    if (no_copy_sql && strncmp(format, "INSERT OR FAIL", 14) == 0)
        return NULL;
    va_list arguments;
    va_start(arguments, format);
    char *text = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    return text;
}

void __wrap_sqldrv_guard_stop_writing(const atomic_bool *stop)
{
    stoppable = stop;
    __real_sqldrv_guard_stop_writing(stop);
}

static char *folder;
static char *path;
static struct change change;

static int reset(void **state)
{
    (void)state;
    forget_steps();
    short_of_memory = no_create_sql = no_copy_sql = no_names = false;
    stoppable = stoppable_by = NULL;
    return 0;
}

/* ---- Each way ---- */

/* The table of somebody, with what hangs on it; it holds two rows. */
#define OLD_KEPT                                                                                   \
    "CREATE TABLE t(n INTEGER CHECK(n < 100), twice AS (2 * n), s TEXT); CREATE INDEX i ON t(s); " \
    "INSERT INTO t VALUES(7, 'a'), (8, 'b'); CREATE TABLE log(a); CREATE TRIGGER g AFTER INSERT "  \
    "ON t BEGIN INSERT INTO log VALUES(new.n); END; CREATE VIEW v AS SELECT s FROM t; ANALYZE"
/* One that has other columns than the source. */
#define OLD_REBUILT                                                                                \
    "CREATE TABLE t(old TEXT, s TEXT, twice AS (s || s)); CREATE INDEX i ON t(s); INSERT INTO t "  \
    "VALUES(7, 'a'), (8, "                                                                         \
    "'b'); CREATE TABLE log(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log "         \
    "VALUES(new.s); END; CREATE VIEW v AS SELECT s FROM t"
/* One of which whole records can be copied. */
#define OLD_PLAIN "CREATE TABLE t(n INTEGER, s TEXT); INSERT INTO t VALUES(7, 'a'), (8, 'b')"
#define OLD_NONE "CREATE TABLE log(a)"

static const struct way {
    uint32_t action;
    uint32_t staging;
    const char *old;
    uint64_t before; /* rows */
    const char *steps;
} ways[] = {
    {FERRY_TABLE_CREATE, FERRY_STAGING_DIRECT, OLD_NONE, 0,
     "lock open write confirm save create rows insert indexes stale analyze metadata"},
    {FERRY_TABLE_KEEP, FERRY_STAGING_DIRECT, OLD_KEPT, 2,
     "lock open write confirm save strip delete rows insert indexes stale analyze metadata"},
    {FERRY_TABLE_REBUILD, FERRY_STAGING_DIRECT, OLD_REBUILT, 2,
     "lock open write confirm save compile strip delete drop create rows insert indexes triggers "
     "again stale analyze metadata"},
    {FERRY_TABLE_CREATE, FERRY_STAGING_APART, OLD_NONE, 0,
     "lock open confirm save stage shape rows insert staged-indexes attach write confirm save "
     "create indexes copy stale analyze metadata"},
    {FERRY_TABLE_KEEP, FERRY_STAGING_APART, OLD_KEPT, 2,
     "lock open confirm save stage shape rows insert staged-indexes attach write confirm save "
     "count strip delete indexes copy-named stale analyze metadata"},
    {FERRY_TABLE_KEEP, FERRY_STAGING_APART, OLD_PLAIN, 2,
     "lock open confirm save stage shape rows insert staged-indexes attach write confirm save "
     "count strip delete indexes copy stale analyze metadata"},
    {FERRY_TABLE_REBUILD, FERRY_STAGING_APART, OLD_REBUILT, 2,
     "lock open confirm save stage shape rows insert staged-indexes attach write confirm save "
     "count compile strip delete drop create indexes copy triggers again stale analyze metadata"},
};

static void assert_hangs_on_it(const struct way *way)
{
    bool more = strstr(way->old, "CREATE VIEW v") != NULL;
    assert_file(path, "SELECT group_concat(n || s, ' ') FROM (SELECT n, s FROM t ORDER BY n)",
                "1text 2text 3text");
    assert_file(path,
                "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema WHERE "
                "name IN ('g', 'i', 't', 'v') ORDER BY name)",
                more ? "g i t v" : "t");
    if (more)
        assert_file(path, "SELECT count(*) FROM log", "0"); /* no trigger ran */
    if (way->action != FERRY_TABLE_KEEP)
        assert_file(path, "SELECT sql FROM sqlite_schema WHERE name = 't'",
                    "CREATE TABLE \"t\" (\"n\" INTEGER, \"s\" TEXT)");
    else if (more) {
        assert_file(path, "SELECT sql FROM sqlite_schema WHERE name = 't'",
                    "CREATE TABLE t(n INTEGER CHECK(n < 100), twice AS (2 * n), s TEXT)");
        /* the planner's numbers are those of the new rows */
        assert_file(path, "SELECT stat FROM sqlite_stat1 WHERE tbl = 't'", "3 3");
    }
    assert_file(path, "PRAGMA integrity_check", "ok");
    assert_file(path, "SELECT run_id FROM _dbferry_sync WHERE target_table = 't'", "1f");
    assert_file(path, "SELECT count(*) FROM _dbferry_columns", "2");
}

static void test_each_way(void **state)
{
    for (size_t i = 0; i < COUNT(ways); i++) {
        folder = make_folder();
        path = make_database(folder, "x.db", ways[i].old);
        plan_change(&change, path, ways[i].action, ways[i].staging);
        (void)reset(state);
        assert_int_equal(do_change(&change), FERRY_OK);
        assert_no_error(&change.error);
        assert_steps(ways[i].steps);
        assert_int_equal(change.outcome, FERRY_OUTCOME_NEW);
        assert_int_equal(change.totals.before, ways[i].before);
        assert_int_equal(change.totals.inserted, 3);
        assert_int_equal(change.totals.after, 3);
        assert_hangs_on_it(&ways[i]);
        end_plan(&change);
        free(path);
        remove_folder(folder);
    }
}

/* The table as it was found, and nothing beside it. */
static void assert_as_it_was(const struct way *way)
{
    static const char *const all = "SELECT group_concat(sql, '; ') FROM (SELECT sql FROM "
                                   "sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY rowid)";
    char *other = make_folder();
    char *fresh = make_database(other, "y.db", way->old);
    sqlite3 *db = NULL;
    char *expected = NULL;
    assert_int_equal(sqlite3_open(fresh, &db), SQLITE_OK);
    assert_int_equal(sqldrv_query_text(db, &expected, "%s", all), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_file(path, all, expected);
    if (way->before > 0)
        assert_file(path, "SELECT group_concat(s) FROM t", "a,b");
    free(expected);
    free(fresh);
    remove_folder(other);
}

/* One step after the other fails: none follows, and its failure is what is told. */
static void test_each_failure(void **state)
{
    for (size_t i = 0; i < COUNT(ways); i++) {
        folder = make_folder();
        path = make_database(folder, "x.db", ways[i].old);
        for (const char *at = ways[i].steps; *at != '\0'; at += strspn(at, " ")) {
            char step[32] = "";
            char expected[512] = "";
            size_t length = strcspn(at, " ");
            memcpy(step, at, length);
            memcpy(expected, ways[i].steps, (size_t)(at - ways[i].steps) + length);
            plan_change(&change, path, ways[i].action, ways[i].staging);
            (void)reset(state);
            for (const char *same = strstr(ways[i].steps, step); same != NULL && same < at;
                 same = strstr(same + 1, step))
                bad_step_after += (same == ways[i].steps || same[-1] == ' ') &&
                                          (same[length] == ' ' || same[length] == '\0')
                                      ? 1
                                      : 0;
            bad_step = step;
            assert_int_equal(do_change(&change), FERRY_ERR_TARGET_IO);
            assert_steps(expected);
            assert_non_null(change.error.message);
            end_plan(&change);
            assert_as_it_was(&ways[i]);
            at += length;
        }
        free(path);
        remove_folder(folder);
    }
}

/* ---- One thing at a time ---- */

/* A change of `old`, up to where its load is to begin. */
static void plan(const char *old, uint32_t action, uint32_t staging)
{
    (void)reset(NULL);
    folder = make_folder();
    path = make_database(folder, "x.db", old);
    plan_change(&change, path, action, staging);
    assert_int_equal(begin_change(&change), FERRY_OK);
    (void)reset(NULL);
}

static void end(void)
{
    end_plan(&change);
    free(path);
    remove_folder(folder);
}

/* Whether "x" in a definition is a text where there is no such column, as in the user's own. */
static void assert_quotes(sqlite3 *db, bool kept)
{
    int value = -1;
    assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, -1, &value), SQLITE_OK);
    assert_int_equal(value, kept);
}

static void test_settings_of_a_load(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        bool kept = ways[i].action == FERRY_TABLE_KEEP;
        plan(ways[i].old, ways[i].action, ways[i].staging);
        assert_int_equal(begin_load(&change), FERRY_OK);
        assert_quotes(change.conn->db, kept);
        if (ways[i].staging == FERRY_STAGING_APART)
            assert_quotes(change.conn->stage, kept);
        assert_int_equal(load_rows(&change, 1, 3), FERRY_OK);
        assert_ptr_equal(stoppable_by, &change.conn->cancelled);
        assert_null(stoppable);
        assert_int_equal(end_load(&change), FERRY_OK);
        /* from the write lock on, who is waited for is a reader */
        assert_string_equal(change.conn->wait.holder, SQLDRV_HOLDER_READER);
        assert_int_equal(change.conn->wait.budget.limit_ms, 40);
        end();
    }
}

static void test_a_definition_that_stays(void **state)
{
    (void)state;
    plan(OLD_PLAIN, FERRY_TABLE_KEEP, FERRY_STAGING_DIRECT);
    change.load_spec.keep_definition = 1;
    assert_int_equal(begin_load(&change), FERRY_OK);
    assert_int_equal(load_rows(&change, 1, 3), FERRY_OK);
    assert_int_equal(end_load(&change), FERRY_OK);
    assert_int_equal(commit_change(&change), FERRY_OK);
    assert_steps("lock open write confirm save strip delete rows insert indexes stale analyze");
    assert_file(path, "SELECT count(*) FROM sqlite_schema WHERE name = '_dbferry_columns'", "0");
    end();
}

/* Rows that come and go between the staging file and the table do not go unseen. */
static void test_rows_that_are_lost(void **state)
{
    (void)state;
    plan(OLD_PLAIN, FERRY_TABLE_KEEP, FERRY_STAGING_APART);
    assert_int_equal(begin_load(&change), FERRY_OK);
    assert_int_equal(load_rows(&change, 1, 3), FERRY_OK);
    assert_int_equal(end_load(&change), FERRY_OK);
    ((struct sqldrv_load *)change.load)->rows_loaded = 4;
    assert_int_equal(commit_change(&change), FERRY_ERR_INTERNAL);
    assert_error(&change.error, FERRY_ERR_INTERNAL,
                 "table 't' took 3 rows of 4 in the staging file");
    assert_int_equal(change.outcome, FERRY_OUTCOME_OLD);
    assert_file(path, "SELECT group_concat(s) FROM t", "a,b");
    end();
}

static void test_stopping(void **state)
{
    (void)state;
    struct ferry_load_totals untouched = {.before = 77, .inserted = 78, .after = 79};
    plan(OLD_PLAIN, FERRY_TABLE_KEEP, FERRY_STAGING_DIRECT);
    sqldrv_cancel(change.conn);
    no_create_sql = true;
    assert_int_equal(begin_load(&change), FERRY_ERR_CANCELLED);
    assert_error(&change.error, FERRY_ERR_CANCELLED, "x.db': stopped");
    assert_steps("");
    end();

    plan(OLD_PLAIN, FERRY_TABLE_KEEP, FERRY_STAGING_DIRECT);
    assert_int_equal(begin_load(&change), FERRY_OK);
    sqldrv_cancel(change.conn);
    steps[0] = '\0';
    assert_int_equal(load_rows(&change, 1, 3), FERRY_ERR_CANCELLED);
    assert_error(&change.error, FERRY_ERR_CANCELLED, "x.db': stopped");
    change.totals = untouched;
    assert_int_equal(end_load(&change), FERRY_ERR_CANCELLED);
    assert_error(&change.error, FERRY_ERR_CANCELLED, "x.db': stopped");
    assert_memory_equal(&change.totals, &untouched, sizeof untouched);
    assert_steps("");
    end();
}

static void test_no_memory(void **state)
{
    (void)state;
    plan(OLD_PLAIN, FERRY_TABLE_KEEP, FERRY_STAGING_DIRECT);
    short_of_memory = true;
    assert_int_equal(begin_load(&change), FERRY_ERR_SYSTEM);
    assert_error(&change.error, FERRY_ERR_SYSTEM, "out of memory");
    assert_steps("");
    end();

    plan(OLD_PLAIN, FERRY_TABLE_KEEP, FERRY_STAGING_DIRECT);
    no_create_sql = true;
    assert_int_equal(begin_load(&change), FERRY_ERR_SYSTEM);
    assert_error(&change.error, FERRY_ERR_SYSTEM, "out of memory");
    assert_steps("");
    end();
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) /* no lock was taken, nor given back */
        assert_true(fcntl(fd, F_GETFD) >= 0);

    plan(OLD_PLAIN, FERRY_TABLE_KEEP, FERRY_STAGING_APART);
    assert_int_equal(begin_load(&change), FERRY_OK);
    assert_int_equal(load_rows(&change, 1, 3), FERRY_OK);
    assert_int_equal(end_load(&change), FERRY_OK);
    no_copy_sql = true;
    assert_int_equal(commit_change(&change), FERRY_ERR_SYSTEM);
    assert_error(&change.error, FERRY_ERR_SYSTEM, "copying the rows of table 't': out of memory");
    end();

    plan(OLD_KEPT, FERRY_TABLE_KEEP, FERRY_STAGING_APART);
    assert_int_equal(begin_load(&change), FERRY_OK);
    assert_int_equal(load_rows(&change, 1, 3), FERRY_OK);
    assert_int_equal(end_load(&change), FERRY_OK);
    no_names = true;
    assert_int_equal(commit_change(&change), FERRY_ERR_SYSTEM);
    assert_error(&change.error, FERRY_ERR_SYSTEM, "copying the rows of table 't': out of memory");
    end();
}

static void test_no_load(void **state)
{
    (void)state;
    plan(OLD_PLAIN, FERRY_TABLE_KEEP, FERRY_STAGING_DIRECT);
    abort_change(&change);
    assert_steps("");
    end();
}

/* Once a change has ended, the next one finds the table free; and nothing of it is kept. */
static void test_one_after_the_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        for (int round = 0; round < 2; round++) {
            long before = blocks_in_use;
            plan(ways[i].old, ways[i].action, ways[i].staging);
            assert_int_equal(begin_load(&change), FERRY_OK);
            assert_int_equal(load_rows(&change, 1, 3), FERRY_OK);
            abort_change(&change);
            assert_int_equal(begin_change(&change), FERRY_OK);
            assert_int_equal(begin_load(&change), FERRY_OK);
            assert_int_equal(load_rows(&change, 1, 3), FERRY_OK);
            assert_int_equal(end_load(&change), FERRY_OK);
            assert_int_equal(commit_change(&change), FERRY_OK);
            end();
            if (round > 0)
                assert_int_equal(blocks_in_use, before);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_each_way, forget_guards),
        cmocka_unit_test_teardown(test_each_failure, forget_guards),
        cmocka_unit_test_teardown(test_settings_of_a_load, forget_guards),
        cmocka_unit_test_teardown(test_a_definition_that_stays, forget_guards),
        cmocka_unit_test_teardown(test_rows_that_are_lost, forget_guards),
        cmocka_unit_test_teardown(test_stopping, forget_guards),
        cmocka_unit_test_teardown(test_no_memory, forget_guards),
        cmocka_unit_test_teardown(test_no_load, forget_guards),
        cmocka_unit_test_teardown(test_one_after_the_other, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite replace", tests, NULL, NULL);
}
