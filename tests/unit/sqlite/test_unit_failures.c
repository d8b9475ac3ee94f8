/* Tests of the sqlite driver's unit.c: what is told of a change that fails, before its COMMIT or by
 * it, and what is undone. */

#include "whole_change.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_the_write_lock_is_taken, forget_guards),
        cmocka_unit_test_teardown(test_waiting_was_given_up, forget_guards),
        cmocka_unit_test_teardown(test_a_file_that_has_moved, forget_guards),
        cmocka_unit_test_teardown(test_a_file_that_cannot_tell, forget_guards),
        cmocka_unit_test_teardown(test_steps_that_fail, forget_guards),
        cmocka_unit_test_teardown(test_stopping, forget_guards),
        cmocka_unit_test_teardown(test_a_commit_that_is_refused, forget_guards),
        cmocka_unit_test_teardown(test_a_commit_that_took_effect, forget_guards),
        cmocka_unit_test_teardown(test_a_commit_that_was_undone, forget_guards),
        cmocka_unit_test_teardown(test_a_commit_that_cannot_be_looked_up, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite unit, failures", tests, NULL, NULL);
}
