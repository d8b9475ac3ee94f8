/* Tests of context.c: a thread works for the run of the thread that started it, and ends with that
 * run alone. */

#include "unit.h"

#include "base/clock.h"
#include "base/context.h"
#include "base/signals.h"

#include <time.h>

static struct ferry_context *new_context(void)
{
    struct ferry_context *context = ferry_context_new();
    assert_non_null(context);
    return context;
}

static void *ask_for_context(void *data)
{
    (void)data;
    return ferry_context_current();
}

static void *found_by_thread(bool plain)
{
    pthread_t thread;
    void *found = NULL;
    assert_int_equal(plain ? pthread_create(&thread, NULL, ask_for_context, NULL)
                           : ferry_thread_create(&thread, ask_for_context, NULL),
                     0);
    assert_int_equal(pthread_join(thread, &found), 0);
    return found;
}

static void test_threads(void **state)
{
    (void)state;
    struct ferry_context *programs = ferry_context_current();
    assert_non_null(programs);
    assert_ptr_equal(found_by_thread(false), programs);
    struct ferry_context *context = new_context();
    ferry_context_enter(context);
    assert_ptr_equal(ferry_context_current(), context);
    assert_ptr_equal(found_by_thread(false), context);
    assert_ptr_equal(found_by_thread(true), programs);
    ferry_context_enter(NULL);
    assert_ptr_equal(ferry_context_current(), programs);
    ferry_context_release(context);
    ferry_context_release(programs); /* it stays */
    assert_ptr_equal(found_by_thread(false), programs);
    ferry_context_release(NULL);
}

/* What is handed over is also what the thread was started with. */
static void *add_one(void *data)
{
    ++*(int *)data;
    return data;
}

static void test_arguments(void **state)
{
    (void)state;
    pthread_t thread;
    int number = 41;
    void *result = NULL;
    assert_int_equal(ferry_thread_create(&thread, add_one, &number), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &number);
    assert_int_equal(number, 42);
}

/* A thread that is left behind holds its context: a sanitizer sees whether it is still there. */

static atomic_bool run_is_over;

static void *outlive_the_run(void *data)
{
    (void)data;
    while (!atomic_load(&run_is_over))
        (void)nanosleep(&(const struct timespec){.tv_nsec = 1000000}, NULL);
    return ferry_context_is_late(ferry_context_current()) ? ferry_context_current() : NULL;
}

static void test_a_thread_outlives_its_run(void **state)
{
    (void)state;
    pthread_t thread;
    void *found = NULL;
    struct ferry_context *context = new_context();
    ferry_context_enter(context);
    ferry_context_stop_at(context, ferry_clock_ms() - 1);
    assert_int_equal(ferry_thread_create(&thread, outlive_the_run, NULL), 0);
    ferry_context_enter(NULL);
    ferry_context_release(context);
    atomic_store(&run_is_over, true);
    assert_int_equal(pthread_join(thread, &found), 0);
    assert_ptr_equal(found, context);
}

static void *ask_to_stop(void *data)
{
    *(int *)data = ferry_should_stop();
    return NULL;
}

static int thread_should_stop(struct ferry_context *context)
{
    pthread_t thread;
    int answer = -1;
    ferry_context_enter(context);
    assert_int_equal(ferry_thread_create(&thread, ask_to_stop, &answer), 0);
    ferry_context_enter(NULL);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return answer;
}

static void test_a_deadline_is_one_runs(void **state)
{
    (void)state;
    struct ferry_context *late = new_context(), *other = new_context();
    ferry_context_stop_at(other, ferry_clock_ms() + 600000);
    assert_int_equal(thread_should_stop(late), 0); /* never */
    ferry_context_stop_at(late, ferry_clock_ms() + 600000);
    assert_int_equal(thread_should_stop(late), 0);
    ferry_context_stop_at(late, ferry_clock_ms() - 1);
    assert_int_equal(thread_should_stop(late), 1);
    assert_true(ferry_context_is_late(late));
    assert_int_equal(thread_should_stop(other), 0);
    assert_int_equal(ferry_should_stop(), 0); /* the program's */
    ferry_context_stop_at(late, 0);
    assert_int_equal(thread_should_stop(late), 0);
    ferry_context_release(late);
    ferry_context_release(other);
}

/* The last one: a signal stays caught. */
static void test_a_signal_is_everybodys(void **state)
{
    (void)state;
    struct ferry_context *context = new_context();
    ferry_signal_note(15);
    assert_int_equal(thread_should_stop(context), 1);
    assert_false(ferry_context_is_late(context));
    assert_int_equal(ferry_should_stop(), 1);
    ferry_context_release(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_a_thread_outlives_its_run),
        cmocka_unit_test(test_a_deadline_is_one_runs),
        cmocka_unit_test(test_a_signal_is_everybodys),
    };
    return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
