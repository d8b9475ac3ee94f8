/* Tests of watch.c, and of all that belongs to a run: two runs in one process do not know of each
 * other.  One of them waits until it is ended; the other goes on until that has happened, and then
 * succeeds. */

#include "two_runs.h"

static void test_stalled_source(void **state)
{
    (void)state;
    first->stall_timeout = "100ms";
    first_is_ended("read_batch", "source 'one' sent nothing for 100 ms");
    assert_false(first->told_to_stop);
}

static void test_stall_before_the_first_row(void **state)
{
    (void)state;
    first->stall_timeout = "100ms";
    first_is_ended("read_begin", "source 'one' sent nothing for 100 ms");
}

#define TOO_LONG "the run from source 'one' took longer than 100 ms"

static void test_deadline_while_reading(void **state)
{
    (void)state;
    first->run_timeout = "100ms";
    first_is_ended("read_batch", TOO_LONG);
}

static void test_deadline_while_loading(void **state)
{
    (void)state;
    first->run_timeout = "100ms";
    first_is_ended("load_batch", TOO_LONG);
}

/* Where nothing can be cancelled, the driver asks whether its run is to end; it may do so before
 * the watch has looked. */

static void test_asking_while_connecting(void **state)
{
    (void)state;
    first->run_timeout = "100ms";
    first->asks = true;
    first_is_ended("source", TOO_LONG);
    assert_int_equal(first->cancels, 0);
}

static void test_asking_while_the_source_is_open(void **state)
{
    (void)state;
    first->run_timeout = "100ms";
    first->asks = true;
    first_is_ended("target", TOO_LONG);
}

static void test_asking_while_loading(void **state)
{
    (void)state;
    first->run_timeout = "100ms";
    first->asks = true;
    first_is_ended("load_batch", TOO_LONG);
}

/* The one that began last has long ended when the limit of the other passes. */
static void test_one_ends_before(void **state)
{
    (void)state;
    first->waits_at = "read_batch";
    first->run_timeout = "400ms";
    begin(first);
    while (!first->waits)
        fake_pause(1);
    begin(second);
    wait_for_both();
    assert_no_error(&second->error);
    assert_error(&first->error, FERRY_ERR_STREAM, "took longer than 400 ms");
}

/* 0 is no limit, however long it takes: the watch has looked by then. */
static void test_no_limits(void **state)
{
    (void)state;
    first->run_timeout = first->stall_timeout = "0s";
    first->pause_ms = 500;
    begin(first);
    begin(second);
    wait_for_both();
    assert_no_error(&first->error);
    assert_false(first->told_to_stop);
    assert_int_equal(first->cancels, 0);
}

static void test_both_succeed(void **state)
{
    (void)state;
    begin(first);
    begin(second);
    wait_for_both();
    for (size_t i = 0; i < COUNT(sides); i++) {
        assert_no_error(&sides[i].error);
        assert_int_equal(sides[i].result.rows, ROWS);
        assert_int_equal(sides[i].cancels, 0);
        assert_int_equal(count_lines_of(&sides[i]), 10);
    }
}

int main(void)
{
#define WITH_RUNS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct CMUnitTest tests[] = {
        WITH_RUNS(test_both_succeed),
        WITH_RUNS(test_stalled_source),
        WITH_RUNS(test_stall_before_the_first_row),
        WITH_RUNS(test_deadline_while_reading),
        WITH_RUNS(test_deadline_while_loading),
        WITH_RUNS(test_asking_while_connecting),
        WITH_RUNS(test_asking_while_the_source_is_open),
        WITH_RUNS(test_asking_while_loading),
        WITH_RUNS(test_one_ends_before),
        WITH_RUNS(test_no_limits),
    };
    if (ferry_watch_start(&error) != FERRY_OK)
        return 1;
    int failures = cmocka_run_group_tests_name("watch", tests, NULL, NULL);
    ferry_watch_stop();
    return failures;
}
