/* Tests of the sqlite driver's loads of changes: which rows are there afterwards, and what counts.
 */

#include "changes.h"

static const struct ferry_column three[] = {INT_COLUMN("id"), TEXT_COLUMN("name"),
                                            TEXT_COLUMN("code")};
static const char *const three_natives[] = {"INTEGER", "TEXT", "TEXT"};

/* Tables that hold the same rows, whose key "id" is found in another way each. */
static const char *const shapes[] = {
    "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, code TEXT UNIQUE)",
    "CREATE TABLE t(id INTEGER, name TEXT, code TEXT UNIQUE)",
    "CREATE TABLE t(id INTEGER UNIQUE, name TEXT, code TEXT UNIQUE)",
    "CREATE TABLE t(code TEXT UNIQUE, name TEXT, id INTEGER PRIMARY KEY DESC)",
    "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, code TEXT UNIQUE) WITHOUT ROWID",
    "CREATE TABLE t(id INTEGER, name TEXT, code TEXT UNIQUE, PRIMARY KEY(code)) WITHOUT ROWID",
    "CREATE TABLE t(id INTEGER, name TEXT, code TEXT UNIQUE, rowid TEXT, _rowid_ TEXT)",
    "CREATE TABLE t(id INTEGER, name TEXT, code TEXT UNIQUE, n INT AS (id + 1)); CREATE INDEX i ON "
    "t(n); CREATE INDEX j ON t(upper(name)); CREATE INDEX k ON t(name) WHERE code > 'c'",
    "CREATE TABLE t(id INTEGER UNIQUE ON CONFLICT REPLACE, name TEXT, code TEXT UNIQUE ON CONFLICT "
    "REPLACE)",
    "CREATE TABLE t(id INT, name TEXT, code TEXT, UNIQUE(code)) STRICT",
};

static char *folder;

static char *make_shape(const char *journal, const char *shape)
{
    folder = make_folder();
    char sql[1024];
    (void)snprintf(
        sql, sizeof sql,
        "PRAGMA journal_mode=%s; %s; INSERT INTO t(id, name, code) VALUES(1, 'Ada', 'a'), "
        "(2, 'Bo', 'b'), (3, 'Cy', 'c'), (4, NULL, 'd'), (5, '', 'e')",
        journal, shape);
    return make_database(folder, "x.db", sql);
}

static void drop(char *path)
{
    free(path);
    remove_folder(folder);
}

static const char *const all_rows =
    "SELECT group_concat(id || '|' || coalesce(name, 'NULL') || '|' || code, ';') FROM (SELECT * "
    "FROM t ORDER BY id)";

static void test_shapes(void **state)
{
    (void)state;
    static const char *const journals[] = {"WAL", "DELETE"};
    for (size_t i = 0; i < 2 * COUNT(shapes); i++) {
        struct changes changes;
        char *path = make_shape(journals[i % 2], shapes[i / 2]);
        plan_changes(&changes, path, three, three_natives, 3, "0");
        begin_changes(&changes);
        assert_int_equal(send(&changes, FERRY_OP_INSERT, "6|Fay|f;7|Gus|g"), FERRY_OK);
        assert_int_equal(send(&changes, FERRY_OP_UPDATE, "1|ada|a;5|NULL|e"), FERRY_OK);
        assert_int_equal(send(&changes, FERRY_OP_DELETE, "2"), FERRY_OK);
        assert_int_equal(send(&changes, FERRY_OP_UPDATE, "4||d"), FERRY_OK);
        assert_int_equal(end_changes(&changes), FERRY_OK);
        assert_totals(&changes, "5 +2 ~3 -1 =6");
        commit_changes(&changes);
        assert_file(path, all_rows, "1|ada|a;3|Cy|c;4||d;5|NULL|e;6|Fay|f;7|Gus|g");
        assert_file(path, "PRAGMA integrity_check", "ok");
        end_changes_plan(&changes);
        drop(path);
    }
}

/* Rows that swap a unique value, and a chain of such. */
static void test_unique_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct changes changes;
        char *path = make_shape("WAL", shapes[i]);
        plan_changes(&changes, path, three, three_natives, 3, "0");
        begin_changes(&changes);
        assert_int_equal(send(&changes, FERRY_OP_UPDATE, "1|Ada|b;2|Bo|a;3|Cy|d;4|NULL|e;5||f"),
                         FERRY_OK);
        assert_int_equal(send(&changes, FERRY_OP_INSERT, "6|Fay|c"), FERRY_OK);
        assert_int_equal(end_changes(&changes), FERRY_OK);
        assert_totals(&changes, "5 +1 ~5 -0 =6");
        commit_changes(&changes);
        assert_file(path, all_rows, "1|Ada|b;2|Bo|a;3|Cy|d;4|NULL|e;5||f;6|Fay|c");
        assert_file(path, "PRAGMA integrity_check", "ok");
        end_changes_plan(&changes);
        drop(path);
    }
}

static void test_upsert(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct changes changes;
        char *path = make_shape("WAL", shapes[i]);
        plan_changes(&changes, path, three, three_natives, 3, "0");
        begin_changes(&changes);
        assert_int_equal(send(&changes, FERRY_OP_UPSERT, "5||e;9|Ida|i;1|ADA|a;2|Bo|b;4|NULL|d"),
                         FERRY_OK);
        assert_int_equal(send(&changes, FERRY_OP_UPSERT, "8|Hal|h"), FERRY_OK);
        assert_int_equal(end_changes(&changes), FERRY_OK);
        assert_totals(&changes, "5 +2 ~1 -0 =7");
        const struct ferry_scan touched = {.touched = 1};
        const char *rows = read_stored_rows(&changes, changes.load, &touched);
        assert_int_equal(strlen(rows), strlen("1|ADA|a;2|Bo|b;4|NULL|d;5||e;8|Hal|h;9|Ida|i"));
        commit_changes(&changes);
        assert_file(path, all_rows, "1|ADA|a;2|Bo|b;3|Cy|c;4|NULL|d;5||e;8|Hal|h;9|Ida|i");
        end_changes_plan(&changes);
        drop(path);
    }
}

static void test_add(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct changes changes;
        char *path = make_shape("WAL", shapes[i]);
        plan_changes(&changes, path, three, three_natives, 3, "0");
        begin_changes(&changes);
        assert_int_equal(send(&changes, FERRY_OP_ADD, "5||e;6|Fay|f"), FERRY_OK);
        assert_int_equal(end_changes(&changes), FERRY_OK);
        assert_totals(&changes, "5 +1 ~0 -0 =6");
        abort_changes(&changes);
        begin_changes(&changes);
        assert_int_equal(send(&changes, FERRY_OP_ADD, "6|Fay|f;1|ada|a"), FERRY_OK);
        assert_int_equal(end_changes(&changes), FERRY_ERR_DATA);
        assert_error(&changes.error, FERRY_ERR_DATA,
                     "table 't': a row that came in is there already, with other values; strategy "
                     "= \"upsert\" would change it (id)");
        abort_changes(&changes);
        assert_file(path, "SELECT count(*) FROM t", "5");
        end_changes_plan(&changes);
        drop(path);
    }
}

/* More columns than an expression is deep. */
static void test_many_columns(void **state)
{
    (void)state;
    static struct ferry_column columns[CHANGES_COLUMNS];
    static char names[CHANGES_COLUMNS][8];
    static const char *natives[CHANGES_COLUMNS];
    char row[2 * CHANGES_COLUMNS + 1] = "1";
    struct changes changes;
    sqlite3_str *sql = sqlite3_str_new(NULL);
    for (size_t i = 0; i < CHANGES_COLUMNS; i++) {
        (void)snprintf(names[i], sizeof names[i], "c%zu", i);
        columns[i] = (struct ferry_column)INT_COLUMN(names[i]);
        natives[i] = "INTEGER";
        sqlite3_str_appendf(sql, "%s%s INTEGER", i == 0 ? "CREATE TABLE t(" : ", ", names[i]);
        memcpy(row + 2 * i, i + 1 < CHANGES_COLUMNS ? "1|" : "2", 2);
    }
    sqlite3_str_appendall(sql, "); INSERT INTO t(c0) VALUES(1)");
    char *text = sqlite3_str_finish(sql);
    folder = make_folder();
    char *path = make_database(folder, "x.db", text);
    plan_changes(&changes, path, columns, natives, CHANGES_COLUMNS, "0");
    for (uint64_t round = 0; round < 2; round++) {
        begin_changes(&changes);
        assert_int_equal(send(&changes, FERRY_OP_UPSERT, row), FERRY_OK);
        assert_int_equal(end_changes(&changes), FERRY_OK);
        assert_totals(&changes, round == 0 ? "1 +0 ~1 -0 =1" : "1 +0 ~0 -0 =1");
        commit_changes(&changes);
    }
    assert_file(path, "SELECT c1 || c1198 || c1199 FROM t", "112");
    end_changes_plan(&changes);
    sqlite3_free(text);
    drop(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_shapes, forget_guards),
        cmocka_unit_test_teardown(test_unique_values, forget_guards),
        cmocka_unit_test_teardown(test_upsert, forget_guards),
        cmocka_unit_test_teardown(test_add, forget_guards),
        cmocka_unit_test_teardown(test_many_columns, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite changes", tests, NULL, NULL);
}
