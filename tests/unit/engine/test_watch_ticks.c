/* Tests of watch.c: what it does for a run five times a second, and the signal that ends all of
 * them. */

#include "two_runs.h"

/* ---- What the watch does for a run five times a second ---- */

struct ticked {
    struct ferry_context *context;
    struct ferry_watch_run watch;
    atomic_int ticks, strange; /* strange: in another context */
};

static void count_tick(void *data)
{
    struct ticked *ticked = data;
    ticked->strange += ferry_context_current() != ticked->context;
    ticked->ticks++;
}

static void test_ticks(void **state)
{
    (void)state;
    struct ticked runs[2] = {0};
    for (size_t i = 0; i < COUNT(runs); i++) {
        runs[i].context = ferry_context_new();
        runs[i].watch.tick = count_tick;
        runs[i].watch.data = &runs[i];
        ferry_context_enter(runs[i].context);
        ferry_watch_begin(&runs[i].watch);
    }
    ferry_context_enter(NULL);
    while (runs[0].ticks < 2 || runs[1].ticks < 2)
        fake_pause(1);
    ferry_watch_end(&runs[1].watch);
    int last = runs[1].ticks, so_far = runs[0].ticks;
    while (runs[0].ticks < so_far + 2)
        fake_pause(1);
    assert_int_equal(runs[1].ticks, last);
    for (size_t i = 0; i < COUNT(runs); i++) {
        ferry_watch_end(&runs[i].watch); /* once more does no harm */
        assert_int_equal(runs[i].strange, 0);
        ferry_context_release(runs[i].context);
    }
}

/* The last one: a signal stays caught. */
static void test_a_signal_ends_both(void **state)
{
    (void)state;
    first->waits_at = "read_batch";
    second->waits_at = "load_batch";
    begin(first);
    begin(second);
    while (!first->waits || !second->waits)
        fake_pause(1);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    wait_for_both();
    for (size_t i = 0; i < COUNT(sides); i++) {
        assert_error(&sides[i].error, FERRY_ERR_CANCELLED, "stopped by signal 15");
        assert_int_equal(sides[i].commits, 0);
    }
}

int main(void)
{
#define WITH_RUNS(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct CMUnitTest tests[] = {
        WITH_RUNS(test_ticks),
        WITH_RUNS(test_a_signal_ends_both),
    };
    if (ferry_watch_start(&error) != FERRY_OK)
        return 1;
    int failures = cmocka_run_group_tests_name("watch, ticks", tests, NULL, NULL);
    ferry_watch_stop();
    return failures;
}
