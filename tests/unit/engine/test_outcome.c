/* Tests of outcome.c: what is said of the runs that a signal has found under way, and of others. */

#include "unit.h"

#include "base/context.h"
#include "base/log.h"
#include "engine/outcome.h"

static char *folder, *path;

static int setup(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    folder = make_folder();
    assert_true(asprintf(&path, "%s/log", folder) > 0);
    const struct ferry_log_settings settings = {.file = path};
    assert_int_equal(ferry_log_open(&settings, &error), FERRY_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ferry_outcome_clear();
    ferry_log_close();
    remove_folder(folder);
    free(path);
    return 0;
}

/* The log's only line after "main: ", or "" where there is none; "dbferry: " goes to nobody. */
static char *tell(int number)
{
    int saved = dup(STDERR_FILENO);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(saved >= 0 && nowhere >= 0);
    (void)dup2(nowhere, STDERR_FILENO);
    ferry_outcome_tell(number);
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    (void)close(nowhere);
    return read_file(path);
}

static void assert_told(int number, const char *text)
{
    char *told = tell(number);
    size_t end = strlen(told), length = strlen(text);
    if (end < length || strcmp(told + end - length, text) != 0)
        fail_msg("expected '%s', found '%s'", text, told);
    free(told);
}

/* A run, as the thread that works for it sees it. */
static struct ferry_context *begin(const char *job)
{
    struct ferry_context *run = ferry_context_new();
    assert_non_null(run);
    ferry_context_enter(run);
    ferry_log_set_job(job);
    ferry_log_set_phase("load");
    ferry_outcome_begin(job);
    return run;
}

static void end(struct ferry_context *run)
{
    ferry_context_enter(NULL);
    ferry_context_release(run);
}

static void test_nothing_to_say(void **state)
{
    (void)state;
    char *told = tell(15);
    assert_string_equal(told, "");
    free(told);
    struct ferry_context *run = begin("a");
    ferry_outcome_end(); /* an error has been reported */
    end(run);
    told = tell(15);
    assert_string_equal(told, "");
    free(told);
}

/* It is told as a line of that run. */
static void test_one_run(void **state)
{
    (void)state;
    struct ferry_context *run = begin("a");
    ferry_context_enter(NULL); /* another thread says it */
    assert_told(15,
                " error   a load: ended by signal 15 (Terminated); the target of a is unchanged\n");
    ferry_context_enter(run);
    ferry_log_set_phase("commit");
    ferry_outcome_commit();
    ferry_context_enter(NULL);
    assert_told(2,
                " a commit: ended by signal 2 (Interrupt); it came in the middle of the commit of "
                "a: whether its table holds the old or the new rows is unknown; running again is "
                "safe\n");
    ferry_context_enter(run);
    ferry_outcome_done(1);
    end(run);
    assert_told(2,
                " - main: ended by signal 2 (Interrupt); the new rows are in place: a (1 row)\n");
}

/* Another attempt has the old rows again. */
static void test_next_attempt(void **state)
{
    (void)state;
    struct ferry_context *run = begin("a");
    ferry_outcome_commit();
    ferry_outcome_begin("a");
    assert_told(15, "; the target of a is unchanged\n");
    end(run);
}

static void test_several_runs(void **state)
{
    (void)state;
    struct ferry_context *a = begin("a"), *b = begin("b"), *c = begin("c"), *d = begin("d");
    ferry_outcome_done(1234);
    ferry_context_enter(b);
    ferry_outcome_commit();
    ferry_context_enter(c);
    ferry_outcome_end();
    end(a);
    end(b);
    end(c);
    end(d);
    ferry_outcome_leave("e");
    ferry_outcome_leave("f");
    assert_told(15,
                " - main: ended by signal 15 (Terminated); the target of a is unchanged; it came "
                "in the middle of the commit of b: whether its table holds the old or the new rows "
                "is unknown; running again is safe; the new rows are in place: d (1,234 rows); not "
                "begun: e, f\n");
}

int main(void)
{
#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_LOG(test_nothing_to_say),
        WITH_LOG(test_one_run),
        WITH_LOG(test_next_attempt),
        WITH_LOG(test_several_runs),
    };
    return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
