/* Tests of what happens when memory runs out while a table is brought up to date: each allocation
 * of a merge, an upsert, a question to the source and a comparison fails in turn. */

#include "engine/both_sides.h"
#include "memory.h"

#include "engine/differences.h"
#include "engine/lag.h"
#include "engine/unchanged.h"

/* The cursor is a text that is copied. */
static const struct ferry_column moment_columns[] = {
    {.name = "id",
     .native = "int",
     .type = FERRY_TYPE_INT,
     .bits = 64,
     .flags = FERRY_COLUMN_ORDERED,
     .key_position = 1},
    {.name = "name", .native = "text", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_ORDERED},
    {.name = "at",
     .native = "datetime",
     .type = FERRY_TYPE_DATETIME,
     .flags = FERRY_COLUMN_ORDERED},
};

#define AT(hour) TEXT("2026-11-29 " hour ":00:00")

static ferry_status fingerprint(void *conn, const struct ferry_read *read,
                                struct ferry_fingerprint *ret_fingerprint, struct ferry_error *err)
{
    (void)conn, (void)read;
    return ferry_fingerprint_set(ret_fingerprint, "as it was", err);
}

static int moments_setup(void **state)
{
    static const char *key[] = {"id", "name"};
    side_columns = moment_columns;
    side_width = COUNT(moment_columns);
    (void)sides_setup(state);
    fake_handle.source.fingerprint = fingerprint;
    SOURCE_HAS(INT(1), TEXT("a"), AT("10"), INT(2), TEXT("b"), AT("11"), INT(5), TEXT("c"),
               AT("12"));
    TARGET_HAS(INT(1), TEXT("a"), AT("10"), INT(3), TEXT("a"), AT("11"), INT(5), TEXT("c"), NONE);
    LEFT_BEHIND({FERRY_RECORD_CURSOR_COLUMN, "at"}, {FERRY_RECORD_CURSOR, "2026-11-29 10:00:00"},
                {FERRY_RECORD_JOB, "job"}, {FERRY_RECORD_KEY, "id,name"},
                {FERRY_RECORD_FULL, "2026-11-29T10:00:00.000Z"}, {FERRY_RECORD_RUN_ID, "1e"});
    task.changes = (struct ferry_change_rules){
        .strategy = FERRY_STRATEGY_MERGE,
        .key = key,
        .key_count = COUNT(key),
        .cursor = "at",
        .lag = {.text = "10m", .is_time = true, .ms = 600000},
        .skip_unchanged = true,
    };
    counted = (struct ferry_load_totals){.before = 3, .inserted = 1, .after = 3};
    return 0;
}

static int moments_teardown(void **state)
{
    side_columns = NULL;
    side_width = 0;
    return sides_teardown(state);
}

#define WITH_MOMENTS(test) cmocka_unit_test_setup_teardown(test, moments_setup, moments_teardown)

static void forget(void)
{
    abort_change();
    ferry_transfer_done(&transfer);
    ferry_plan_done(&plan);
    transfer = (struct ferry_transfer){.session = &session, .task = &task, .plan = &plan};
    changes[0] = '\0';
}

static const char *to_be_done; /* where it is done by the job's strategy */

/* A run but for its commit. */
static ferry_status work_on_changes(struct ferry_error *error)
{
    ferry_status status = begin_load(&transfer, error);
    if (status == FERRY_OK)
        status = ferry_unchanged_ask(&transfer, error);
    if (status == FERRY_OK)
        status = plan.strategy->move(&transfer, error);
    if (status == FERRY_OK)
        status = ferry_transfer_finish(&transfer, error);
    if (status == FERRY_OK)
        status = ferry_record_begin(&transfer.record, "t", "1f", error);
    if (status == FERRY_OK)
        status = ferry_transfer_fill_record(&transfer, error);
    if (status == FERRY_OK && strcmp(plan.strategy->name, "replace") != 0)
        assert_string_equal(changes, to_be_done);
    if (status == FERRY_OK) {
        assert_string_equal(ferry_record_value(&transfer.record, FERRY_RECORD_KEY), "id,name");
        assert_string_equal(ferry_record_value(&transfer.record, FERRY_RECORD_FINGERPRINT),
                            "as it was");
        if (plan.cursor.column != NULL)
            assert_string_equal(ferry_record_value(&transfer.record, FERRY_RECORD_CURSOR),
                                "2026-11-29 12:00:00");
    }
    forget();
    return status;
}

static void test_merge(void **state)
{
    (void)state;
    to_be_done = "-3 =5 +2";
    torture(work_on_changes);
}

static void test_upsert(void **state)
{
    (void)state;
    task.changes.strategy = FERRY_STRATEGY_UPSERT;
    task.changes.find_deleted = true;
    to_be_done = "^1 ^2 ^5 -3";
    torture(work_on_changes);
    task.changes.full = true;
    to_be_done = "-3 =5 +2";
    torture(work_on_changes);
}

static void test_append(void **state)
{
    (void)state;
    task.changes.strategy = FERRY_STRATEGY_APPEND;
    to_be_done = "&1 &2 &5";
    torture(work_on_changes);
    SOURCE_HAS(INT(5), TEXT("c"), AT("12")); /* no later row makes up for it */
    to_be_done = "&5";
    torture(work_on_changes);
}

/* A run that reads nothing. */
static ferry_status work_on_a_skipped_run(struct ferry_error *error)
{
    ferry_status status = describe_and_negotiate(&transfer, error);
    if (status == FERRY_OK)
        status = ferry_unchanged_ask(&transfer, error);
    if (status == FERRY_OK)
        status = ferry_record_begin(&transfer.record, "t", "1f", error);
    if (status == FERRY_OK)
        status = ferry_unchanged_fill_record(&transfer, error);
    if (status == FERRY_OK)
        assert_string_equal(ferry_record_follows(&transfer.record), "1e");
    forget();
    return status;
}

static void test_a_skipped_run(void **state)
{
    (void)state;
    torture(work_on_a_skipped_run);
    task.changes.change_query = "SELECT"; /* of a table of three rows */
    torture(work_on_a_skipped_run);
    SOURCE_HAS(INT(1), TEXT("a"), AT("10"));
    torture(work_on_a_skipped_run);
}

static ferry_status tell(const char *of, const struct ferry_difference *difference,
                         struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    assert_string_equal(of, "job");
    ferry_difference_add_line(&line, difference);
    if (line.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a line");
    assert_true(line.length > 10);
    return FERRY_OK;
}

static ferry_status work_on_differences(struct ferry_error *error)
{
    ferry_status status = describe_and_negotiate(&transfer, error);
    if (status == FERRY_OK)
        status = ferry_differences_find(&transfer, error);
    if (status == FERRY_ERR_DATA) { /* there are some, and that is the end of it */
        ferry_error_clear(error);
        status = FERRY_OK;
    }
    forget();
    return status;
}

static void test_differences(void **state)
{
    (void)state;
    static const struct ferry_differences report = {.most = 10, .values = true, .tell = tell};
    job.differences = &report;
    torture(work_on_differences);
}

static ferry_status work_on_a_recorded_cursor(struct ferry_error *error)
{
    static const struct ferry_lag lag = {.text = "10m", .is_time = true, .ms = 600000};
    struct ferry_bookmark bookmark = {.column = &moment_columns[2]};
    ferry_status status = FERRY_OK;
    if (!ferry_bookmark_recall(&bookmark, "2026-11-29 10:00:00", &lag))
        status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
    else
        assert_string_equal(ferry_strbuf_text(&bookmark.from.text), "2026-11-29 09:50:00");
    ferry_bookmark_done(&bookmark);
    return status;
}

static void test_a_recorded_cursor(void **state)
{
    (void)state;
    torture(work_on_a_recorded_cursor);
}

static ferry_status work_on_lags(struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_lag_add_moment(&text, "2026-11-29 10:00:00.5", 1000);
    ferry_strbuf_add(&text, " ");
    ferry_lag_add_decimal(&text, "10.5", 11);
    if (text.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
    assert_string_equal(ferry_strbuf_text(&text), "2026-11-29 09:59:59.5 -0.5");
    return FERRY_OK;
}

static void test_lags(void **state)
{
    (void)state;
    torture(work_on_lags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MOMENTS(test_merge),
        WITH_MOMENTS(test_upsert),
        WITH_MOMENTS(test_append),
        WITH_MOMENTS(test_a_skipped_run),
        WITH_MOMENTS(test_differences),
        cmocka_unit_test(test_lags),
        cmocka_unit_test(test_a_recorded_cursor),
    };
    return cmocka_run_group_tests_name("memory, strategies", tests, NULL, NULL);
}
