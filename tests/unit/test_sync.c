/* Tests of sync.c: what a run that ends at its commit may say about the target. */

#include "fake.h"

#include "log.h"
#include "sync.h"
#include "watch.h"

static const struct ferry_option limits[] = {
    {.name = "run_timeout",
     .type = FERRY_OPTION_DURATION,
     .default_value = "50ms",
     .help = "the whole job"},
    {.name = "stall_timeout",
     .type = FERRY_OPTION_DURATION,
     .default_value = "0s",
     .help = "of the source"},
};

static ferry_status run_job(struct ferry_sync_result *result, struct ferry_error *error)
{
    static const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    const struct ferry_job job = {
        .name = "job",
        .source = fake_config,
        .target = fake_config,
        .read = {.text = "v", .kind = FERRY_READ_VIEW},
        .table = "t",
        .guards = {.max_shrink_percent = -1},
    };
    assert_true(ferry_config_add_options(fake_config, limits, COUNT(limits)));
    assert_int_equal(ferry_config_finish(fake_config, &origin, error), FERRY_OK);
    fake.rows = 3;
    return ferry_sync_run(&job, result, error);
}

static ferry_status commit_of_unknown_outcome(void *load, const struct ferry_run_record *record,
                                              struct ferry_error *err)
{
    (void)load;
    (void)record;
    fake.commits++;
    while (!fake.cancelled)
        fake_pause(1);
    return ferry_fail(err, FERRY_ERR_BUSY, "nobody knows");
}

/* The run's limit passes while the commit works; what the driver then knows is what is told. */
static void test_unknown_outcome_is_told(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    fake_handle.target.load_commit = commit_of_unknown_outcome;
    (void)run_job(&result, &error);
    assert_error(&error, FERRY_ERR_BUSY, "nobody knows");
    assert_true(result.commit_begun);
}

/* A commit that was only stopped has changed nothing: then the limit is the reason. */
static void test_stopped_commit_names_the_limit(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    fake.at = "load_commit";
    fake.stall = true;
    (void)run_job(&result, &error);
    assert_error(&error, FERRY_ERR_STREAM, "run_timeout");
    assert_true(result.commit_begun);
}

static void test_busy_before_the_commit(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    fake.at = "load_end";
    fake.report = fake.status = FERRY_ERR_BUSY;
    (void)run_job(&result, &error);
    assert_error(&error, FERRY_ERR_BUSY, "load_end failed");
    assert_false(result.commit_begun);
}

int main(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_unknown_outcome_is_told),
        WITH_FAKE(test_stopped_commit_names_the_limit),
        WITH_FAKE(test_busy_before_the_commit),
    };
    if (ferry_watch_start(&error) != FERRY_OK)
        return 1;
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    ferry_watch_stop();
    ferry_log_close();
    return failures;
}
