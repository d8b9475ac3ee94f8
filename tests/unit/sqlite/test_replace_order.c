/* Tests of the sqlite driver's replace.c: which steps one table of a change takes, in which order,
 * and what is left where one fails. */

#include "replace_steps.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_each_way, forget_guards),
        cmocka_unit_test_teardown(test_each_failure, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite replace, the order", tests, NULL, NULL);
}
