/* Tests of the sqlite driver's unit.c: a change from its beginning to its end, and what is undone
 * of one that is given up. */

#include "blocks.h"
#include "whole_change.h"

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
    assert_steps("rollback look unstage install forget");
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
    assert_steps("unstage forget");
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

/* In one step, its own reader is in the way of any page that the cache has no room for. */
static void test_a_file_that_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        uint32_t reads_here;
        uint32_t loads;
        bool wal;
        ferry_status status;
    } cases[] = {
        {OLD, 1, 2, false, FERRY_ERR_UNSUPPORTED},
        {OLD, 1, 2, true, FERRY_OK},
        {OLD, 1, 1, false, FERRY_OK},
        {OLD, 0, 2, false, FERRY_OK},
        {NULL, 1, 2, false, FERRY_OK}, /* nobody reads what is not there */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        void *unit = NULL;
        plan(cases[i].old, FERRY_STAGING_AUTO);
        abort_change(&change);
        settles = true;
        change.spec.reads_here = cases[i].reads_here;
        change.spec.load_count = cases[i].loads;
        wal = cases[i].wal ? WAL_YES : WAL_NO;
        assert_int_equal(
            sqldrv_target.change_begin(change.conn, &change.spec, &unit, &change.error),
            cases[i].status);
        wal = WAL_REAL;
        assert_int_equal(unit != NULL, cases[i].status == FERRY_OK);
        if (unit != NULL)
            sqldrv_target.change_abort(unit);
        else
            assert_error(&change.error, FERRY_ERR_UNSUPPORTED, "PRAGMA journal_mode = WAL");
        end();
    }
}

/* ---- Records ---- */

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
        cmocka_unit_test_teardown(test_a_file_that_is_read, forget_guards),
        cmocka_unit_test_teardown(test_each_record, forget_guards),
        cmocka_unit_test_teardown(test_no_memory, forget_guards),
        cmocka_unit_test_teardown(test_memory, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite unit", tests, NULL, NULL);
}
