/* Tests of commit.c: what a commit leaves of a run, and when its target is asked what became of it.
 */

#include "fake.h"
#include "logged.h"

#include <signal.h>

#include "base/log.h"
#include "base/signals.h"
#include "driver/target.h"
#include "engine/commit.h"
#include "engine/outcome.h"
#include "engine/strategy.h"

static const struct ferry_option limits[] = {
    {.name = "run_timeout", .type = FERRY_OPTION_DURATION, .default_value = "0s", .help = "none"},
    {.name = "stall_timeout", .type = FERRY_OPTION_DURATION, .default_value = "0s", .help = "none"},
};

/* What the commit does, and what the target tells after it. */
static struct {
    ferry_status status;
    uint32_t outcome;
    const char *stranger; /* the table that has another run's record ... */
    const char *silent;   /* ... or cannot be asked */
    bool unreachable;
} will;

static char run_id[FERRY_RUN_ID_SIZE]; /* that was committed */
static uint32_t last_role;             /* for which a connection was opened */
static int questions;

static ferry_status connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                            struct ferry_error *err)
{
    last_role = role;
    if (will.unreachable && (role & FERRY_ROLE_LOOK) != 0)
        return ferry_fail(err, FERRY_ERR_UNREACHABLE, "nobody is there");
    return fake_connect(config, role, ret_conn, err);
}

static ferry_status change_commit(void *change, const struct ferry_record *const *records,
                                  size_t count, uint32_t *outcome, struct ferry_error *err)
{
    static const char *const tables[] = {"a", "b"}, *const rows[] = {"5", "7"};
    assert_ptr_equal(change, &fake);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(ferry_record_table(records[i]), tables[i]);
        assert_string_equal(ferry_record_value(records[i], FERRY_RECORD_ROWS), rows[i]);
    }
    (void)snprintf(run_id, sizeof run_id, "%s",
                   ferry_record_value(records[0], FERRY_RECORD_RUN_ID));
    fake.commits++;
    *outcome = will.outcome;
    return will.status == FERRY_OK ? FERRY_OK : ferry_fail(err, will.status, "no answer");
}

static ferry_status record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err)
{
    assert_ptr_equal(conn, &fake);
    questions++;
    if (will.silent != NULL && strcmp(will.silent, table) == 0)
        return ferry_fail(err, FERRY_ERR_REFUSED, "not you");
    bool own = will.stranger == NULL || strcmp(will.stranger, table) != 0;
    return ferry_record_set(record, FERRY_RECORD_RUN_ID, own ? run_id : "another", err);
}

static struct ferry_task tasks[2];
static struct ferry_job job;

static int setup(void **state)
{
    static const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)fake_setup(state);
    fake_handle.driver.connect = connect;
    fake_handle.driver.record_read = record_read;
    fake_handle.target.change_commit = change_commit;
    assert_true(ferry_config_add_options(fake_config, limits, COUNT(limits)));
    assert_int_equal(ferry_config_finish(fake_config, &origin, &error), FERRY_OK);
    memset(&will, 0, sizeof will);
    questions = 0;
    tasks[0].table = "a";
    tasks[1].table = "b";
    job = (struct ferry_job){.name = "job",
                             .route = {.source = fake_config, .target = fake_config},
                             .tasks = tasks,
                             .task_count = 2};
    log_begin();
    return 0;
}

static int teardown(void **state)
{
    ferry_outcome_clear();
    log_end();
    return fake_teardown(state);
}

static bool is_logged(const char *line)
{
    char *text = read_file(log_path);
    bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}

/* Commits a run of two tables of 5 and 7 rows; returns what the target is said to hold. */
static uint32_t commit(ferry_status expected, struct ferry_error *error)
{
    static const struct ferry_change_spec spec = {.job = "job", .run_id = "1f"};
    static const struct ferry_strategy strategy = {.name = "replace", .is_whole = true};
    struct ferry_run run = {0};
    ferry_outcome_begin("job");
    assert_int_equal(ferry_run_begin(&run, &job, NULL, error), FERRY_OK);
    assert_int_equal(ferry_run_begin_records(&run, error), FERRY_OK);
    run.session.reads_from = fake_config;
    run.plans[0].strategy = run.plans[1].strategy = &strategy;
    run.transfers[0].totals.after = 5;
    run.transfers[1].totals.after = 7;
    assert_int_equal(ferry_session_open_target(&run.session, error), FERRY_OK);
    assert_int_equal(ferry_target_change_begin(run.session.target, &spec, &run.change, error),
                     FERRY_OK);
    ferry_status status = ferry_run_commit(&run, error);
    assert_int_equal(status, expected);
    assert_int_equal(status, error->status);
    assert_int_equal(fake.commits, 1);
    assert_null(run.change);
    assert_true(run.commit_begun);
    assert_string_equal(run_id, run.id);
    ferry_log(FERRY_LOG_INFO, "committed");
    assert_true(is_logged(" commit: committed\n"));
    ferry_outcome_tell(SIGTERM);
    uint32_t outcome = run.outcome;
    ferry_run_end(&run, status, NULL);
    return outcome;
}

static void test_an_answer(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    will.outcome = FERRY_OUTCOME_NEW;
    assert_int_equal(commit(FERRY_OK, &error), FERRY_OUTCOME_NEW);
    assert_int_equal(questions, 0);
    assert_false(is_logged("did not answer"));
    assert_true(is_logged("the new rows are in place: job (12 rows)"));
}

/* Where the driver knows, nobody is asked: the old rows, or the new ones, but not all is well. */
static void test_a_failure_of_known_outcome(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    will.outcome = FERRY_OUTCOME_OLD;
    will.status = FERRY_ERR_TARGET_IO;
    assert_int_equal(commit(FERRY_ERR_TARGET_IO, &error), FERRY_OUTCOME_OLD);
    assert_int_equal(questions, 0);
    assert_int_equal(last_role, FERRY_ROLE_TARGET);
    assert_false(is_logged("in place"));
    assert_true(is_logged("in the middle of the commit of job"));
}

static void test_the_records_tell(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    will.outcome = FERRY_OUTCOME_UNKNOWN;
    will.status = FERRY_ERR_BUSY;
    assert_int_equal(commit(FERRY_OK, &error), FERRY_OUTCOME_NEW);
    assert_no_error(&error);
    assert_int_equal(questions, 2);
    assert_int_equal(last_role, FERRY_ROLE_TARGET | FERRY_ROLE_LOOK);
    assert_true(is_logged(" commit: target 'main' did not answer to the commit; the "
                          "record of the run says that the new rows are in table 'a'; the next "
                          "run clears up what this one could not\n"));
    assert_true(is_logged("new rows are in table 'b';"));
    assert_true(is_logged("the new rows are in place: job (12 rows)"));
}

/* Nothing is proved: what the driver said stays. */
static void proves_nothing(int expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    will.outcome = FERRY_OUTCOME_UNKNOWN;
    will.status = will.status == FERRY_OK ? FERRY_ERR_BUSY : will.status;
    assert_int_equal(commit(will.status, &error), FERRY_OUTCOME_UNKNOWN);
    assert_error(&error, will.status, "no answer");
    assert_int_equal(questions, expected);
    assert_false(is_logged("did not answer"));
}

static void test_a_record_of_another_run(void **state)
{
    (void)state;
    will.stranger = "b"; /* one of two is not enough */
    proves_nothing(2);
}

static void test_a_first_record_of_another_run(void **state)
{
    (void)state;
    will.stranger = "a";
    proves_nothing(1);
}

static void test_a_record_that_cannot_be_read(void **state)
{
    (void)state;
    will.silent = "b";
    proves_nothing(2);
}

static void test_a_target_that_is_gone(void **state)
{
    (void)state;
    will.unreachable = true;
    proves_nothing(0);
}

/* Of a driver that broke the contract nothing more is believed. */
static void test_a_driver_that_is_not_sound(void **state)
{
    (void)state;
    will.status = FERRY_ERR_INTERNAL;
    proves_nothing(0);
}

/* Who was told to stop does not begin a connection. */
static void test_a_run_that_was_stopped(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    will.outcome = FERRY_OUTCOME_UNKNOWN;
    will.status = FERRY_ERR_BUSY;
    ferry_signal_note(SIGTERM);
    uint32_t outcome = commit(FERRY_ERR_BUSY, &error);
    ferry_signal_note(0);
    assert_int_equal(outcome, FERRY_OUTCOME_UNKNOWN);
    assert_int_equal(questions, 0);
    assert_int_equal(last_role, FERRY_ROLE_TARGET);
}

#define WITH_RUN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RUN(test_an_answer),
        WITH_RUN(test_a_failure_of_known_outcome),
        WITH_RUN(test_the_records_tell),
        WITH_RUN(test_a_record_of_another_run),
        WITH_RUN(test_a_first_record_of_another_run),
        WITH_RUN(test_a_record_that_cannot_be_read),
        WITH_RUN(test_a_target_that_is_gone),
        WITH_RUN(test_a_driver_that_is_not_sound),
        WITH_RUN(test_a_run_that_was_stopped),
    };
    return cmocka_run_group_tests_name("commit", tests, NULL, NULL);
}
