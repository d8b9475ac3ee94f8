/* Tests of wait.c: what is slept is taken from the budget, and what ends a pause before its time.
 */

#include "unit.h"

#include <signal.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/signals.h"
#include "dbferry/driver.h"

static void test_the_budget_is_slept(void **state)
{
    (void)state;
    struct ferry_wait wait;
    int64_t before = ferry_clock_ms();
    ferry_wait_begin(&wait, 120);
    assert_int_equal(ferry_wait_left(&wait), 120);
    assert_int_equal(ferry_wait_pause(&wait, 51, NULL, NULL), 1); /* more than a step, by one */
    assert_int_equal(ferry_wait_left(&wait), 69);
    assert_int_equal(ferry_wait_pause(&wait, 1000, NULL, NULL), 1); /* what is left */
    assert_int_equal(ferry_wait_left(&wait), 0);
    assert_int_equal(wait.waited_ms, 120);
    assert_true(ferry_clock_ms() - before >= 119);
    before = ferry_clock_ms();
    assert_int_equal(ferry_wait_pause(&wait, 10000, NULL, NULL), 0);
    assert_true(ferry_clock_ms() - before < 5000);
}

static void test_no_budget(void **state)
{
    (void)state;
    struct ferry_wait wait;
    ferry_wait_begin(&wait, 0);
    assert_int_equal(ferry_wait_left(&wait), 0);
    assert_int_equal(ferry_wait_pause(&wait, 1, NULL, NULL), 0);
}

/* Work in between costs nothing, unless it is said to have been waiting. */
static void test_what_counts(void **state)
{
    (void)state;
    struct ferry_wait wait;
    ferry_wait_begin(&wait, 60000);
    const struct timespec work = {.tv_nsec = 20000000};
    (void)nanosleep(&work, NULL);
    assert_int_equal(ferry_wait_left(&wait), 60000);
    ferry_wait_count_all(&wait);
    assert_in_range(ferry_wait_left(&wait), 1, 60000 - 19);
    wait.limit_ms = 10;
    assert_int_equal(ferry_wait_left(&wait), 0); /* more than there was */
}

static int cancelled_after(void *data)
{
    int *calls = data;
    return --*calls < 0;
}

static void test_a_cancel_ends_it(void **state)
{
    (void)state;
    struct ferry_wait wait;
    int calls = 0;
    ferry_wait_begin(&wait, 60000);
    assert_int_equal(ferry_wait_pause(&wait, 60000, cancelled_after, &calls), 0);
    assert_int_equal(ferry_wait_left(&wait), 60000);
    calls = 2;
    assert_int_equal(ferry_wait_pause(&wait, 60000, cancelled_after, &calls), 0);
    assert_int_equal(ferry_wait_left(&wait), 60000 - 100);
}

static void test_a_signal_ends_it(void **state)
{
    (void)state;
    struct ferry_wait wait;
    ferry_wait_begin(&wait, 60000);
    ferry_signal_note(SIGTERM);
    assert_int_equal(ferry_wait_pause(&wait, 60000, NULL, NULL), 0);
    ferry_signal_note(0);
}

static void test_the_end_of_a_run_ends_it(void **state)
{
    (void)state;
    struct ferry_wait wait;
    struct ferry_context *context = ferry_context_new();
    assert_non_null(context);
    ferry_context_enter(context);
    ferry_context_stop_at(context, ferry_clock_ms() + 60);
    ferry_wait_begin(&wait, 60000);
    assert_int_equal(ferry_wait_pause(&wait, 60000, NULL, NULL), 0);
    assert_in_range(ferry_wait_left(&wait), 1, 59999);
    ferry_context_enter(NULL);
    ferry_context_release(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_budget_is_slept), cmocka_unit_test(test_no_budget),
        cmocka_unit_test(test_what_counts),         cmocka_unit_test(test_a_cancel_ends_it),
        cmocka_unit_test(test_a_signal_ends_it),    cmocka_unit_test(test_the_end_of_a_run_ends_it),
    };
    return cmocka_run_group_tests_name("wait", tests, NULL, NULL);
}
