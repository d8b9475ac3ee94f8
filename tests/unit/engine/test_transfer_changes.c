/* Tests of transfer.c with strategies that change single rows: which of the stored rows are
 * verified, what is counted, and what the record says for the next run. */

#include "both_sides.h"

static void wish(enum ferry_strategy_id strategy)
{
    task.changes.strategy = strategy;
    task.changes.cursor = strategy == FERRY_STRATEGY_MERGE ? NULL : "seq";
    LEFT_BEHIND({FERRY_RECORD_CURSOR_COLUMN, "seq"}, {FERRY_RECORD_CURSOR, "5"},
                {FERRY_RECORD_FULL, "2026-01-31T12:00:00.000Z"}, {FERRY_RECORD_RUN_ID, "1e"});
}

static ferry_status finish(struct ferry_transfer *of, struct ferry_error *error)
{
    ferry_status status = move(of, error);
    return status == FERRY_OK ? ferry_transfer_finish(of, error) : status;
}

static ferry_status count_up(void *load, struct ferry_load_totals *totals, struct ferry_error *err)
{
    assert_ptr_equal(load, &fake);
    *totals = counted;
    return fake_act("load_end", err);
}

static int changes_setup(void **state)
{
    (void)sides_setup(state);
    fake_handle.target.load_end = count_up;
    return 0;
}

#define WITH_CHANGES(test) cmocka_unit_test_setup_teardown(test, changes_setup, sides_teardown)

/* A table without a key. */
static struct ferry_column no_key[COUNT(three_columns)];

static int no_key_setup(void **state)
{
    memcpy(no_key, three_columns, sizeof no_key);
    no_key[0].key_position = 0;
    side_columns = no_key;
    return changes_setup(state);
}

static int no_key_teardown(void **state)
{
    side_columns = NULL;
    return sides_teardown(state);
}

#define WITHOUT_KEY(test) cmocka_unit_test_setup_teardown(test, no_key_setup, no_key_teardown)

/* ---- Which rows are verified ---- */

static void test_all_rows_of_a_merge(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_MERGE);
    transfer.verify = FERRY_VERIFY_CONTENT;
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "b", 1));
    TARGET_HAS(ROW(1, "a", 1), ROW(2, "b", 1));
    counted = (struct ferry_load_totals){.before = 2, .after = 2};
    passes(finish);
    assert_int_equal(stored_side.begins, 2); /* for the merge, and afterwards */
    assert_string_equal(stored_side.scan, "");
    assert_ptr_equal(stored_of, &fake);
    assert_int_equal(transfer.unchanged, 2);
}

static void test_touched_rows_of_an_upsert(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT);
    transfer.verify = FERRY_VERIFY_CONTENT;
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "b", 5), ROW(3, "c", 6));
    TARGET_HAS(ROW(2, "b", 5), ROW(3, "c", 6)); /* what came in with this load */
    counted = (struct ferry_load_totals){.before = 2, .inserted = 1, .after = 3};
    passes(finish);
    assert_string_equal(stored_side.scan, "touched");
    assert_int_equal(transfer.unchanged, 1);
    abort_change();
    ferry_plan_done(&plan);
    TARGET_HAS(ROW(2, "b", 5), ROW(3, "C", 6));
    ferry_transfer_done(&transfer);
    fails(finish, FERRY_ERR_DATA, "; what the target gives back is not what it was given:");
}

static void test_rows_behind_the_cursor_without_a_key(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_APPEND);
    transfer.verify = FERRY_VERIFY_CONTENT;
    SOURCE_HAS(ROW(1, "a", 5), ROW(2, "b", 6));
    TARGET_HAS(ROW(1, "a", 5), ROW(2, "b", 6));
    counted = (struct ferry_load_totals){.before = 1, .inserted = 1, .after = 2};
    passes(finish);
    assert_string_equal(stored_side.scan, "2 > 5 or null");
}

/* ---- What is counted ---- */

static void test_counts_that_do_not_add_up(void **state)
{
    (void)state;
    transfer.verify = FERRY_VERIFY_COUNT;
    wish(FERRY_STRATEGY_UPSERT);
    SOURCE_HAS(ROW(2, "b", 5), ROW(3, "c", 6));
    counted = (struct ferry_load_totals){.before = 1, .inserted = 2, .updated = 1, .after = 3};
    fails(finish, FERRY_ERR_DATA, "2 rows were read from the source, and the target, of 1 rows");
    abort_change();
    ferry_plan_done(&plan);
    transfer.pump = (struct ferry_pump){.zero_dates = NULL};
    wish(FERRY_STRATEGY_MERGE);
    counted = (struct ferry_load_totals){.before = 1, .inserted = 2, .after = 3};
    fails(finish, FERRY_ERR_DATA, "2 rows were read from the source, and the target, of 1 rows");
    assert_phase("guard");
}

static void test_a_guard_counts_what_would_be_there(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT);
    task.guards.min_rows = 10;
    SOURCE_HAS(ROW(2, "b", 5));
    counted = (struct ferry_load_totals){.before = 9, .after = 9};
    fails(finish, FERRY_ERR_DATA, "the table would have 9 rows, fewer than min_rows = 10");
    abort_change();
    ferry_plan_done(&plan);
    counted = (struct ferry_load_totals){.before = 9, .inserted = 1, .after = 10};
    passes(finish);
}

/* ---- The record ---- */

static const char *value(const char *name)
{
    return ferry_record_value(&transfer.record, name);
}

static void fill(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_record_done(&transfer.record);
    assert_int_equal(ferry_record_begin(&transfer.record, "t", "1f", &error), FERRY_OK);
    passes(ferry_transfer_fill_record);
}

static void test_the_record_of_an_upsert(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT);
    SOURCE_HAS(ROW(1, "a", 5), ROW(2, "b", 9), ROW(3, "c", 7), ROW(4, "d", 7));
    counted = (struct ferry_load_totals){
        .before = 20, .inserted = 2, .updated = 1, .deleted = 3, .after = 19};
    passes(finish);
    fill();
    assert_string_equal(value(FERRY_RECORD_STRATEGY), "upsert");
    assert_string_equal(value(FERRY_RECORD_KEY), "id");
    assert_string_equal(value(FERRY_RECORD_CURSOR_COLUMN), "seq");
    assert_string_equal(value(FERRY_RECORD_CURSOR), "9");
    assert_string_equal(value(FERRY_RECORD_FULL), "2026-01-31T12:00:00.000Z"); /* as it was */
    assert_string_equal(value(FERRY_RECORD_ROWS), "19");
    assert_string_equal(value(FERRY_RECORD_INSERTED), "2");
    assert_string_equal(value(FERRY_RECORD_UPDATED), "1");
    assert_string_equal(value(FERRY_RECORD_DELETED), "3");
    assert_string_equal(value(FERRY_RECORD_UNCHANGED), "1");
    assert_string_equal(ferry_record_follows(&transfer.record), "1e");
}

/* The last rows are gone: what was read stays read. */
static void test_the_record_of_a_cursor_that_went_back(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_APPEND);
    SOURCE_HAS(ROW(1, "a", 4));
    counted = (struct ferry_load_totals){.before = 2, .after = 2};
    passes(finish);
    fill();
    assert_string_equal(value(FERRY_RECORD_CURSOR), "5");
}

static void test_the_record_of_all_rows(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT);
    task.changes.full = true;
    SOURCE_HAS(ROW(1, "a", 4));
    counted = (struct ferry_load_totals){.before = 1, .inserted = 1, .deleted = 1, .after = 1};
    passes(finish);
    fill();
    assert_string_equal(value(FERRY_RECORD_STRATEGY), "merge");
    assert_string_equal(value(FERRY_RECORD_CURSOR), "4");
    assert_string_equal(value(FERRY_RECORD_FULL), value(FERRY_RECORD_STARTED));
    assert_null(ferry_record_follows(&transfer.record)); /* it goes on from nothing */
    session.fell_back = true;
    fill(); /* an older copy says nothing of how far the rows were read */
    assert_null(value(FERRY_RECORD_CURSOR));
    assert_null(value(FERRY_RECORD_CURSOR_COLUMN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CHANGES(test_all_rows_of_a_merge),
        WITH_CHANGES(test_touched_rows_of_an_upsert),
        WITHOUT_KEY(test_rows_behind_the_cursor_without_a_key),
        WITH_CHANGES(test_counts_that_do_not_add_up),
        WITH_CHANGES(test_a_guard_counts_what_would_be_there),
        WITH_CHANGES(test_the_record_of_an_upsert),
        WITH_CHANGES(test_the_record_of_a_cursor_that_went_back),
        WITH_CHANGES(test_the_record_of_all_rows),
    };
    return cmocka_run_group_tests_name("transfer, changes", tests, NULL, NULL);
}
