/* Tests of the sqlite driver's fingerprint.c: when a source says that it is in another state. */

#include "changes.h"

#include <sys/stat.h>

#include "driver/fingerprint.h"

#include "../../../plugins/sqlite/source.h"

static char *folder;
static char *path;

static void make_source(const char *sql)
{
    folder = make_folder();
    path = make_database(folder, "s.db", sql);
}

static void drop_source(void)
{
    free(path);
    remove_folder(folder);
}

/* From malloc; "" where nothing is told. */
static char *ask(const char *text, uint32_t kind)
{
    const struct ferry_read read = {.text = text, .kind = kind};
    struct ferry_fingerprint fingerprint = {0};
    struct ferry_error error = {0};
    struct sqldrv_conn *conn = connect_to(path, FERRY_ROLE_SOURCE);
    assert_int_equal(sqldrv_source.snapshot_begin(conn, &error), FERRY_OK);
    assert_int_equal(sqldrv_source.fingerprint(conn, &read, &fingerprint, &error), FERRY_OK);
    sqldrv_source.snapshot_end(conn);
    sqldrv_disconnect(conn);
    char *answer = strdup(fingerprint.text == NULL ? "" : fingerprint.text);
    assert_non_null(answer);
    ferry_fingerprint_done(&fingerprint);
    return answer;
}

static void run(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void assert_state(const char *before, const char *after, bool same)
{
    assert_string_not_equal(before, "");
    assert_string_not_equal(after, "");
    assert_int_equal(strcmp(before, after) == 0, same);
}

/* The file's time of change is put back each time: its counter alone tells. */
static void put_back_time(const struct stat *file)
{
    const struct timespec times[] = {file->st_atim, file->st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_changes(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "INSERT INTO t VALUES(2)",
        "UPDATE t SET x = 3 WHERE x = 2",
        "DELETE FROM t WHERE x = 3",
        "CREATE INDEX i ON t(x)",
        "CREATE VIEW v AS SELECT * FROM t",
        "ALTER TABLE t ADD COLUMN y",
        "VACUUM",
        "INSERT INTO u VALUES(1)",
        "PRAGMA locking_mode=EXCLUSIVE; INSERT INTO t(x) VALUES(4)",
    };
    static const char *const journals[] = {"delete", "truncate", "persist", "off", "memory"};
    for (size_t j = 0; j < COUNT(journals); j++) {
        make_source("CREATE TABLE t(x); CREATE TABLE u(x); INSERT INTO t VALUES(1)");
        for (size_t i = 0; i < COUNT(changes); i++) {
            struct stat file;
            char sql[160];
            char *before = ask("t", FERRY_READ_TABLE);
            char *again = ask("t", FERRY_READ_TABLE);
            assert_state(before, again, true);
            assert_int_equal(stat(path, &file), 0);
            (void)snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s; %s", journals[j], changes[i]);
            run(sql);
            put_back_time(&file);
            char *after = ask("t", FERRY_READ_TABLE);
            assert_state(before, after, false);
            free(before);
            free(again);
            free(after);
        }
        drop_source();
    }
}

/* A file of the same content in the place of the other, and one that was touched. */
static void test_another_file(void **state)
{
    (void)state;
    char bytes[16384];
    struct stat old;
    make_source("CREATE TABLE t(x); INSERT INTO t VALUES(1)");
    char *before = ask("t", FERRY_READ_TABLE);
    assert_int_equal(stat(path, &old), 0);
    FILE *from = fopen(path, "rb");
    assert_non_null(from);
    size_t size = fread(bytes, 1, sizeof bytes, from);
    assert_int_equal(size, old.st_size);
    assert_int_equal(fclose(from), 0);
    char *copy = write_file(folder, "copy", bytes, size, 0600);
    assert_int_equal(rename(copy, path), 0);
    put_back_time(&old);
    char *after = ask("t", FERRY_READ_TABLE);
    assert_state(before, after, false);
    const struct stat file = {.st_mtim = {.tv_sec = 1000000000}};
    put_back_time(&file);
    char *touched = ask("t", FERRY_READ_TABLE);
    assert_state(after, touched, false);
    free(copy);
    free(before);
    free(after);
    free(touched);
    drop_source();
}

/* Nothing is told of files in WAL mode, nor of what hangs on the time or on chance. */
static void test_not_told(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "SELECT x, random() AS r FROM t",
        "SELECT x FROM t WHERE x > date('now', '-1 day')",
        "SELECT x FROM t WHERE x > CURRENT_TIMESTAMP",
        "SELECT * FROM fickle",
        "SELECT * FROM behind",
        "SELECT x FROM t ORDER BY hex(randomblob(8))",
        "SELECT x FROM t WHERE x IN (SELECT unixepoch() FROM t)",
    };
    make_source("CREATE TABLE t(x); INSERT INTO t VALUES(1); CREATE VIEW fickle AS SELECT x, "
                "strftime('%Y', 'now') AS y FROM t; CREATE VIEW behind AS SELECT x FROM fickle; "
                "CREATE VIEW still AS SELECT x, upper(x) AS y FROM t");
    for (size_t i = 0; i < COUNT(queries); i++) {
        char *text = ask(queries[i], FERRY_READ_QUERY);
        assert_string_equal(text, "");
        free(text);
    }
    char *text = ask("still", FERRY_READ_VIEW);
    assert_string_not_equal(text, "");
    free(text);
    run("PRAGMA journal_mode=WAL");
    text = ask("t", FERRY_READ_TABLE);
    assert_string_equal(text, "");
    free(text);
    drop_source();
}

static void test_failures(void **state)
{
    (void)state;
    const struct ferry_read gone = {.text = "gone", .kind = FERRY_READ_TABLE};
    struct ferry_fingerprint fingerprint = {0};
    struct ferry_error error = {0};
    make_source("CREATE TABLE t(x)");
    struct sqldrv_conn *conn = connect_to(path, FERRY_ROLE_SOURCE);
    assert_int_equal(sqldrv_source.fingerprint(conn, &gone, &fingerprint, &error),
                     FERRY_ERR_NOT_FOUND);
    assert_error(&error, FERRY_ERR_NOT_FOUND, "has no table or view 'gone'");
    sqldrv_cancel(conn);
    assert_int_equal(sqldrv_source.fingerprint(conn, &gone, &fingerprint, &error),
                     FERRY_ERR_CANCELLED);
    assert_error(&error, FERRY_ERR_CANCELLED, "stopped");
    assert_null(fingerprint.text);
    sqldrv_disconnect(conn);
    drop_source();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_changes, forget_guards),
        cmocka_unit_test_teardown(test_another_file, forget_guards),
        cmocka_unit_test_teardown(test_not_told, forget_guards),
        cmocka_unit_test_teardown(test_failures, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite fingerprint", tests, NULL, NULL);
}
