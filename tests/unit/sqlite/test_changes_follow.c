/* Tests of what follows the rows that the sqlite driver changes: indexes, full-text indexes,
 * statistics, definitions; and of what is not written where nothing changes. */

#include "changes.h"

#include <sys/stat.h>

static const struct ferry_column three[] = {INT_COLUMN("id"), TEXT_COLUMN("name"),
                                            TEXT_COLUMN("code")};
static const char *const three_natives[] = {"INTEGER", "TEXT", "TEXT"};
static const char *const names[] = {"name"};
static const char *const codes[] = {"code"};
static const struct ferry_index by_name = {.columns = names, .column_count = 1};
static const struct ferry_index by_code = {.columns = codes, .column_count = 1, .unique = 1};
static const struct ferry_index *const both[] = {&by_name, &by_code};
static const struct ferry_index *const first[] = {&by_name};
static char *folder;
static char *path;

static void make_target(struct changes *changes, const char *journal, const char *more)
{
    char sql[1024];
    (void)snprintf(
        sql, sizeof sql,
        "PRAGMA journal_mode=%s; CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, code "
        "TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
        "50) INSERT INTO t SELECT i, 'name ' || i, 'code ' || i FROM n; %s",
        journal, more);
    folder = make_folder();
    path = make_database(folder, "x.db", sql);
    plan_changes(changes, path, three, three_natives, 3, "0");
}

static void drop_target(struct changes *changes)
{
    end_changes_plan(changes);
    free(path);
    remove_folder(folder);
}

/* Sends the rows by an operation, and commits. */
static void change(struct changes *changes, uint32_t operation, const char *rows)
{
    begin_changes(changes);
    assert_int_equal(send(changes, operation, rows), FERRY_OK);
    assert_int_equal(end_changes(changes), FERRY_OK);
    commit_changes(changes);
}

#define INDEXES                                                                                    \
    "SELECT group_concat(substr(name, 1, 14), ' ') FROM (SELECT name FROM sqlite_schema WHERE "    \
    "type = 'index' "                                                                              \
    "AND "                                                                                         \
    "tbl_name = 't' ORDER BY name)"

/* Those that the job wants are there, made once; others of its kind go, and a user's stay. */
static void test_indexes(void **state)
{
    (void)state;
    struct changes changes;
    make_target(&changes, "WAL", "CREATE INDEX mine ON t(code)");
    changes.load_spec.keep_definition = 0;
    changes.load_spec.indexes = both;
    changes.load_spec.index_count = 2;
    change(&changes, FERRY_OP_UPSERT, "1|name 1|code 1");
    assert_file(path, INDEXES, "dbferry_t_code dbferry_t_name mine");
    changes.load_spec.indexes = first;
    changes.load_spec.index_count = 1;
    change(&changes, FERRY_OP_UPSERT, "1|name 1|code 1");
    assert_file(path, INDEXES, "dbferry_t_name mine");
    assert_file(path, "PRAGMA integrity_check", "ok");
    changes.load_spec.keep_definition = 1;
    changes.load_spec.index_count = 0;
    change(&changes, FERRY_OP_UPSERT, "1|name 1|code 2");
    assert_file(path, INDEXES, "dbferry_t_name mine");
    drop_target(&changes);
}

/* What the source says of its columns is written where it is not there already. */
static void test_definitions(void **state)
{
    (void)state;
    struct changes changes;
    make_target(&changes, "WAL", "");
    changes.load_spec.keep_definition = 0;
    change(&changes, FERRY_OP_UPSERT, "1|name 1|code 1");
    assert_file(path, "SELECT group_concat(name || ' ' || type, ', ') FROM _dbferry_columns",
                "id int, name text, code text");
    sqlite3 *db = NULL; /* a row that is the same is not written again: it keeps its mark */
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER w AFTER INSERT ON _dbferry_columns BEGIN SELECT "
                                  "RAISE(ABORT, 'written'); END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    change(&changes, FERRY_OP_UPSERT, "1|name 1|code 1");
    changes.load_spec.indexes = both;
    changes.load_spec.index_count = 2;
    change(&changes, FERRY_OP_UPSERT, "1|name 1|code 1");
    assert_file(path, "SELECT group_concat(column_name, ', ') FROM _dbferry_indexes", "name, code");
    drop_target(&changes);
}

/* A full-text index is made anew only with rows that change. */
static void test_fulltext(void **state)
{
    (void)state;
    static const char found[] = "SELECT count(*) FROM f WHERE f MATCH 'Ada'";
    struct changes changes;
    make_target(&changes, "WAL",
                "CREATE VIRTUAL TABLE f USING fts5(name, content=t, content_rowid=id)");
    changes.load_spec.on_stale = FERRY_STALE_REBUILD;
    change(&changes, FERRY_OP_UPSERT, "1|name 1|code 1");
    assert_file(path, "SELECT count(*) FROM f WHERE f MATCH 'name'", "0"); /* never filled */
    change(&changes, FERRY_OP_UPSERT, "1|Ada|code 1");
    assert_file(path, found, "1");
    assert_file(path, "SELECT count(*) FROM f WHERE f MATCH 'name'", "49");
    change(&changes, FERRY_OP_DELETE, "1");
    assert_file(path, found, "0");
    drop_target(&changes);
}

/* Statistics are renewed where they would be another table's. */
static void test_statistics(void **state)
{
    (void)state;
    static const char rows[] = "SELECT stat FROM sqlite_stat1 WHERE tbl = 't'";
    struct changes changes;
    make_target(&changes, "WAL", "ANALYZE");
    assert_file(path, rows, "50");
    change(&changes, FERRY_OP_DELETE, "1;2;3;48;49");
    assert_file(path, rows, "50");
    change(&changes, FERRY_OP_DELETE, "4;5;6;7;8");
    assert_file(path, rows, "40");
    drop_target(&changes);
}

/* In rollback mode each write begins with a journal. */
static void test_nothing_to_write(void **state)
{
    (void)state;
    struct changes changes;
    make_target(&changes, "DELETE", "");
    change(&changes, FERRY_OP_UPSERT, "1|name 1|code 1"); /* the table of records is there now */
    begin_changes(&changes);
    assert_int_equal(send(&changes, FERRY_OP_UPSERT, "1|name 1|code 1;2|name 2|code 2"), FERRY_OK);
    assert_int_equal(send(&changes, FERRY_OP_ADD, "3|name 3|code 3"), FERRY_OK);
    assert_int_equal(end_changes(&changes), FERRY_OK);
    assert_totals(&changes, "50 +0 ~0 -0 =50");
    assert_false(is_there(path, "-journal"));
    commit_changes(&changes);
    begin_changes(&changes);
    assert_int_equal(send(&changes, FERRY_OP_UPDATE, "4|name 4|code 4"), FERRY_OK);
    assert_int_equal(end_changes(&changes), FERRY_OK);
    assert_totals(&changes, "50 +0 ~1 -0 =50"); /* as it was asked for */
    assert_false(is_there(path, "-journal"));
    abort_changes(&changes);
    begin_changes(&changes); /* nothing came at all */
    assert_int_equal(end_changes(&changes), FERRY_OK);
    assert_totals(&changes, "50 +0 ~0 -0 =50");
    assert_false(is_there(path, "-journal"));
    abort_changes(&changes);
    begin_changes(&changes);
    assert_int_equal(send(&changes, FERRY_OP_UPDATE, "5|another|code 5"), FERRY_OK);
    assert_false(is_there(path, "-journal"));
    assert_int_equal(end_changes(&changes), FERRY_OK);
    assert_true(is_there(path, "-journal"));
    abort_changes(&changes);
    assert_file(path, "SELECT name FROM t WHERE id = 5", "name 5");
    drop_target(&changes);
}

/* Columns that the source has not stay as they are, also where a row is taken out and put back. */
static void test_other_columns(void **state)
{
    (void)state;
    struct changes changes;
    folder = make_folder();
    path = make_database(folder, "x.db",
                         "CREATE TABLE t(note, code TEXT UNIQUE, id INTEGER UNIQUE, n INTEGER "
                         "DEFAULT 7, name TEXT, twice AS (id * 2)); INSERT INTO t(note, code, id, "
                         "n, name) VALUES(x'00', 'a', 1, 1, 'A'), (1.5, 'b', 2, NULL, 'B')");
    plan_changes(&changes, path, three, three_natives, 3, "0");
    change(&changes, FERRY_OP_UPDATE, "1|A|b;2|B|a");
    change(&changes, FERRY_OP_INSERT, "3|C|c");
    assert_file(path,
                "SELECT group_concat(rowid || quote(note) || code || id || quote(n) || name || "
                "twice, ' ') FROM t",
                "1X'00'b11A2 21.5a2NULLB4 3NULLc37C6");
    drop_target(&changes);
}

/* Without a key: rows are inserted, and those are the ones that were touched. */
static void test_no_key(void **state)
{
    (void)state;
    static const char *const definitions[] = {
        "id INTEGER, name TEXT, code TEXT", "id INTEGER PRIMARY KEY, name TEXT, code TEXT",
        "id INTEGER, name TEXT, code TEXT, PRIMARY KEY(code)) WITHOUT ROWID; CREATE TABLE u(x"};
    const struct ferry_scan touched = {.touched = 1};
    for (size_t i = 0; i < COUNT(definitions); i++) {
        struct changes changes;
        char sql[256];
        (void)snprintf(sql, sizeof sql,
                       "CREATE TABLE t(%s); INSERT INTO t(id, name, code) "
                       "VALUES(10, 'a', 'm')",
                       definitions[i]);
        folder = make_folder();
        path = make_database(folder, "x.db", sql);
        plan_changes(&changes, path, three, three_natives, 3, "");
        begin_changes(&changes);
        assert_int_equal(send(&changes, FERRY_OP_INSERT, "5|x|k;12|y|z"), FERRY_OK);
        assert_int_equal(end_changes(&changes), FERRY_OK);
        assert_totals(&changes, "1 +2 ~0 -0 =3");
        assert_string_equal(read_stored_rows(&changes, changes.load, &touched), "5|x|k;12|y|z");
        commit_changes(&changes);
        drop_target(&changes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_indexes, forget_guards),
        cmocka_unit_test_teardown(test_definitions, forget_guards),
        cmocka_unit_test_teardown(test_fulltext, forget_guards),
        cmocka_unit_test_teardown(test_statistics, forget_guards),
        cmocka_unit_test_teardown(test_nothing_to_write, forget_guards),
        cmocka_unit_test_teardown(test_other_columns, forget_guards),
        cmocka_unit_test_teardown(test_no_key, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite what follows changes", tests, NULL, NULL);
}
