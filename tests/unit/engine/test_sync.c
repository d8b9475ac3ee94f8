/* Tests of sync.c: what a run that ends at its commit may say about the target. */

#include "fake.h"

#include "base/log.h"
#include "engine/record.h"
#include "engine/sync.h"
#include "engine/watch.h"

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

static enum ferry_verify level;
static bool insisted;

static ferry_status run_job(struct ferry_sync_result *result, struct ferry_error *error)
{
    static const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    struct ferry_task task = {
        .read = {.text = "v", .kind = FERRY_READ_VIEW},
        .table = "t",
        .guards = {.max_shrink_percent = -1},
        .verify = level,
        .verify_insisted = insisted,
    };
    const struct ferry_job job = {
        .name = "job",
        .route.source = fake_config,
        .route.target = fake_config,
        .tasks = &task,
        .task_count = 1,
    };
    assert_true(ferry_config_add_options(fake_config, limits, COUNT(limits)));
    assert_int_equal(ferry_config_finish(fake_config, &origin, error), FERRY_OK);
    fake.rows = 3;
    return ferry_sync_run(&job, NULL, result, error);
}

static ferry_status commit_of_unknown_outcome(void *change,
                                              const struct ferry_record *const *records,
                                              size_t record_count, uint32_t *outcome,
                                              struct ferry_error *err)
{
    (void)change;
    (void)records;
    (void)record_count;
    assert_int_equal(*outcome, FERRY_OUTCOME_UNKNOWN); /* unless the driver knows */
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
    fake_handle.target.change_commit = commit_of_unknown_outcome;
    (void)run_job(&result, &error);
    assert_error(&error, FERRY_ERR_BUSY, "nobody knows");
    assert_int_equal(result.outcome, FERRY_OUTCOME_UNKNOWN);
}

/* What the fake's place holds after a commit that nobody answered for. */
static bool record_is_ours, record_by_mark;
static char committed[64];

static ferry_status lose_the_answer(void *change, const struct ferry_record *const *records,
                                    size_t record_count, uint32_t *outcome, struct ferry_error *err)
{
    (void)change, (void)outcome;
    assert_int_equal(record_count, 1);
    fake.commits++;
    (void)snprintf(committed, sizeof committed, "%s",
                   ferry_record_value(records[0], FERRY_RECORD_RUN_ID));
    return ferry_fail(err, FERRY_ERR_BUSY, "nobody knows");
}

static ferry_status find_record(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err)
{
    (void)conn;
    assert_string_equal(table, "t");
    const char *run_id = record_is_ours ? committed : "an earlier one";
    if (!record_by_mark)
        return ferry_record_set(record, FERRY_RECORD_RUN_ID, run_id, err);
    (void)ferry_record_set(record, FERRY_RECORD_RUN_ID, "an earlier one", err);
    return ferry_record_set_mark(record, run_id, err);
}

static void unknown_outcome(bool is_ours, bool by_mark)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    fake_handle.target.change_commit = lose_the_answer;
    fake_handle.driver.record_read = find_record;
    record_is_ours = is_ours;
    record_by_mark = by_mark;
    assert_int_equal(run_job(&result, &error), is_ours ? FERRY_OK : FERRY_ERR_BUSY);
    assert_int_equal(result.outcome, is_ours ? FERRY_OUTCOME_NEW : FERRY_OUTCOME_UNKNOWN);
    assert_int_equal(result.rows, is_ours ? 3 : 0);
}

static void test_own_record_proves_the_new_rows(void **state)
{
    (void)state;
    unknown_outcome(true, false);
}

static void test_own_mark_proves_the_new_rows(void **state)
{
    (void)state;
    unknown_outcome(true, true);
}

static void test_another_record_proves_nothing(void **state)
{
    (void)state;
    unknown_outcome(false, false);
}

static void test_another_mark_proves_nothing(void **state)
{
    (void)state;
    unknown_outcome(false, true);
}

/* A commit that was only stopped has changed nothing: then the limit is the reason. */
static void test_stopped_commit_names_the_limit(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    fake.at = "change_commit";
    fake.stall = true;
    (void)run_job(&result, &error);
    assert_error(&error, FERRY_ERR_STREAM, "run_timeout");
    assert_int_equal(result.outcome, FERRY_OUTCOME_OLD);
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
    assert_int_equal(result.outcome, FERRY_OUTCOME_OLD);
}

/* What the fake has stored: rows 1 to `stored`, the last of which may be another one. */
static uint64_t stored, stored_next;
static bool stored_otherwise;
static char recorded[FERRY_DIGEST_TEXT];

static ferry_status stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                 const struct ferry_scan *scan, void **ret_cursor,
                                 struct ferry_error *err)
{
    assert_ptr_equal(conn, &fake);
    assert_ptr_equal(load, &fake);
    assert_string_equal(layout->table, "t");
    assert_non_null(scan);
    stored_next = 1;
    *ret_cursor = conn;
    return fake_act("stored_begin", err);
}

static ferry_status stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    assert_ptr_equal(cursor, &fake);
    while (stored_next <= stored && !ferry_batch_full(batch)) {
        struct ferry_cell *cells = ferry_batch_row(batch);
        cells[0].v.u = stored_next;
        assert_true(ferry_batch_text(
            batch, &cells[1], stored_otherwise && stored_next == stored ? "Value" : "value", 5));
        stored_next++;
    }
    return fake_act("stored_batch", err);
}

static void stored_end(void *cursor)
{
    assert_ptr_equal(cursor, &fake);
}

static ferry_status keep_record(void *change, const struct ferry_record *const *records,
                                size_t record_count, uint32_t *outcome, struct ferry_error *err)
{
    (void)change;
    (void)err;
    fake.commits++;
    assert_int_equal(record_count, 1);
    (void)snprintf(recorded, sizeof recorded, "%s",
                   ferry_record_value(records[0], FERRY_RECORD_DIGEST) == NULL
                       ? "-"
                       : ferry_record_value(records[0], FERRY_RECORD_DIGEST));
    *outcome = FERRY_OUTCOME_NEW;
    return FERRY_OK;
}

/* Runs the job with three rows, of which so many are stored. */
static ferry_status verify(enum ferry_verify wanted, uint64_t rows, struct ferry_error *error)
{
    struct ferry_sync_result result = {0};
    fake_handle.target.stored_begin = stored_begin;
    fake_handle.target.stored_batch = stored_batch;
    fake_handle.target.stored_end = stored_end;
    fake_handle.target.change_commit = keep_record;
    fake_handle.tells_stored = true;
    level = wanted;
    stored = rows;
    recorded[0] = '\0';
    ferry_status status = run_job(&result, error);
    assert_int_equal(fake.commits, status == FERRY_OK);
    level = FERRY_VERIFY_NONE;
    return status;
}

static void test_content_is_compared(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(verify(FERRY_VERIFY_CONTENT, 3, &error), FERRY_OK);
    assert_int_equal(strlen(recorded), FERRY_DIGEST_TEXT - 1);
}

static void test_lost_row_is_found(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    (void)verify(FERRY_VERIFY_CONTENT, 2, &error);
    assert_error(&error, FERRY_ERR_DATA, "the source gave 3 rows, but table 't' holds 2");
}

static void test_other_row_is_found(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    stored_otherwise = true;
    (void)verify(FERRY_VERIFY_CONTENT, 3, &error);
    stored_otherwise = false;
    assert_error(&error, FERRY_ERR_DATA, "both have 3 rows, but not the same");
}

static void test_failure_of_reading_back(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    fake.at = "stored_batch";
    fake.report = fake.status = FERRY_ERR_TARGET_IO;
    (void)verify(FERRY_VERIFY_CONTENT, 3, &error);
    assert_error(&error, FERRY_ERR_TARGET_IO, "stored_batch failed");
}

static void test_count_reads_nothing_back(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(verify(FERRY_VERIFY_COUNT, 2, &error), FERRY_OK);
    assert_string_equal(recorded, "-");
}

/* A driver without stored rows: the default does what it can, a wish is refused before a row moves.
 */
static void test_driver_without_stored_rows(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    level = FERRY_VERIFY_CONTENT;
    assert_int_equal(run_job(&result, &error), FERRY_OK);
    insisted = true;
    (void)run_job(&result, &error);
    insisted = false;
    level = FERRY_VERIFY_NONE;
    assert_error(&error, FERRY_ERR_UNSUPPORTED, "verify = \"count\"");
    assert_int_equal(fake.loads, 1);
}

int main(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_own_record_proves_the_new_rows),
        WITH_FAKE(test_own_mark_proves_the_new_rows),
        WITH_FAKE(test_another_record_proves_nothing),
        WITH_FAKE(test_another_mark_proves_nothing),
        WITH_FAKE(test_unknown_outcome_is_told),
        WITH_FAKE(test_stopped_commit_names_the_limit),
        WITH_FAKE(test_busy_before_the_commit),
        WITH_FAKE(test_content_is_compared),
        WITH_FAKE(test_lost_row_is_found),
        WITH_FAKE(test_other_row_is_found),
        WITH_FAKE(test_failure_of_reading_back),
        WITH_FAKE(test_count_reads_nothing_back),
        WITH_FAKE(test_driver_without_stored_rows),
    };
    if (ferry_watch_start(&error) != FERRY_OK)
        return 1;
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    ferry_watch_stop();
    ferry_log_close();
    return failures;
}
