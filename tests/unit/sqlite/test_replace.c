/* Tests of the sqlite driver's replace.c: what one table of a change needs, is told and leaves. */

#include "blocks.h"
#include "replace_steps.h"

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

/* Rows are staged in a table of the user's own definition where that stays, so that each is held to
 * it as it comes. */
static void test_the_staged_table(void **state)
{
    (void)state;
    static const char *const made =
        "SELECT ifnull(max(sql), 'none') FROM sqlite_schema WHERE name = 't'";
    for (size_t i = 0; i < COUNT(ways); i++) {
        if (ways[i].staging != FERRY_STAGING_APART)
            continue;
        char *staged = NULL;
        char *old = NULL;
        plan(ways[i].old, ways[i].action, ways[i].staging);
        assert_int_equal(begin_load(&change), FERRY_OK);
        assert_int_equal(sqldrv_query_text(change.conn->stage, &staged, "%s", made), SQLITE_OK);
        assert_int_equal(sqldrv_query_text(change.conn->db, &old, "%s", made), SQLITE_OK);
        if (ways[i].action == FERRY_TABLE_KEEP)
            assert_string_equal(staged, old);
        else
            assert_string_not_equal(staged, old);
        free(staged);
        free(old);
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
        cmocka_unit_test_teardown(test_settings_of_a_load, forget_guards),
        cmocka_unit_test_teardown(test_the_staged_table, forget_guards),
        cmocka_unit_test_teardown(test_a_definition_that_stays, forget_guards),
        cmocka_unit_test_teardown(test_rows_that_are_lost, forget_guards),
        cmocka_unit_test_teardown(test_stopping, forget_guards),
        cmocka_unit_test_teardown(test_no_memory, forget_guards),
        cmocka_unit_test_teardown(test_no_load, forget_guards),
        cmocka_unit_test_teardown(test_one_after_the_other, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite replace", tests, NULL, NULL);
}
