/* Tests of gone.c: what the source has no longer goes, and nothing but keys is read for that. */

#include "both_sides.h"

#include "engine/gone.h"

static int gone_setup(void **state)
{
    (void)sides_setup(state);
    task.changes = (struct ferry_change_rules){
        .strategy = FERRY_STRATEGY_UPSERT, .cursor = "seq", .find_deleted = true};
    LEFT_BEHIND({FERRY_RECORD_CURSOR_COLUMN, "seq"}, {FERRY_RECORD_CURSOR, "5"});
    return 0;
}

#define WITH_GONE(test) cmocka_unit_test_setup_teardown(test, gone_setup, sides_teardown)

static void test_what_is_gone(void **state)
{
    (void)state;
    SOURCE_HAS(ROW(2, "b", 1), ROW(4, "d", 5), ROW(5, "new", 6));
    TARGET_HAS(ROW(1, "a", 1), ROW(2, "other", 9), ROW(3, "c", 2), ROW(4, "d", 5), ROW(6, "f", 5));
    passes(move);
    assert_string_equal(changes, "^4 ^5 -1 -3 -6");
    assert_int_equal(source_side.begins, 2);
    assert_string_equal(source_side.scan, "by 0; only 0");
    assert_string_equal(stored_side.scan, "by 0; only 0");
    assert_ptr_equal(stored_of, &fake);   /* as it was when the load began */
    assert_int_equal(transfer.absent, 1); /* 5, which has just come */
    assert_int_equal(transfer.unchanged, 0);
    assert_phase("keys");
}

static void test_nothing_is_gone(void **state)
{
    (void)state;
    SOURCE_HAS(ROW(1, "a", 5), ROW(2, "b", 1));
    TARGET_HAS(ROW(1, "a", 5), ROW(2, "other", 1));
    passes(move);
    assert_string_equal(changes, "^1");
    assert_int_equal(transfer.absent, 0);
}

static void test_all_is_gone(void **state)
{
    (void)state;
    TARGET_HAS(ROW(1, "a", 5), ROW(2, "b", 1));
    passes(move);
    assert_string_equal(changes, "-1 -2");
    assert_int_equal(transfer.absent, 0);
}

/* The key need not lead the columns, and what is read of it comes in the key's order. */
static void test_a_key_of_two_columns(void **state)
{
    (void)state;
    static const char *key[] = {"seq", "id"};
    task.changes.key = key;
    task.changes.key_count = 2;
    SOURCE_HAS(ROW(9, "a", 5), ROW(1, "b", 6));
    TARGET_HAS(ROW(9, "a", 5), ROW(2, "b", 6));
    passes(move);
    assert_string_equal(source_side.scan, "by 2,0; only 2,0");
    assert_string_equal(stored_side.scan, "by 2,0; only 2,0");
    assert_string_equal(changes, "^9 ^1 -6"); /* of the key (6, 2) */
    assert_int_equal(transfer.absent, 1);
}

static void test_the_rows_come_first(void **state)
{
    (void)state;
    SOURCE_HAS(ROW(2, "b", 5), ROW(1, "a", 5));
    fails(move, FERRY_ERR_DATA, "the source gives row 1 before rows that it belongs behind");
    assert_int_equal(stored_side.begins, 0);
}

/* Of rows below the cursor, whose order is seen here for the first time. */
static void test_keys_that_do_not_ascend(void **state)
{
    (void)state;
    SOURCE_HAS(ROW(2, "b", 1), ROW(1, "a", 1));
    TARGET_HAS(ROW(1, "a", 1), ROW(2, "a", 1));
    fails(move, FERRY_ERR_DATA, "the source gives row 1 before rows that it belongs behind");
    assert_int_equal(transfer.absent, 0);
    abort_change();
    ferry_plan_done(&plan);
    changes[0] = '\0';
    SOURCE_HAS(ROW(1, "b", 1), ROW(2, "a", 1));
    TARGET_HAS(ROW(2, "a", 1), ROW(2, "a", 1));
    fails(move, FERRY_ERR_DATA, "rows 1 and 2 of the target, in the order of the key (id), have");
}

static void test_what_fails(void **state)
{
    (void)state;
    static const char *const callbacks[] = {"stored_begin", "stored_batch", "load_batch"};
    char text[40];
    SOURCE_HAS(ROW(2, "b", 1)); /* below the cursor: no row is upserted */
    TARGET_HAS(ROW(1, "a", 1));
    for (size_t i = 0; i < COUNT(callbacks); i++) {
        ferry_plan_done(&plan);
        break_at(callbacks[i]);
        (void)snprintf(text, sizeof text, "%s failed", callbacks[i]);
        fails(move, FERRY_ERR_REFUSED, text);
        assert_int_equal(transfer.absent, 0);
        abort_change();
    }
}

/* ---- What the run says of it at its end ---- */

static ferry_status finish(struct ferry_transfer *of, struct ferry_error *error)
{
    ferry_status status = move(of, error);
    return status == FERRY_OK ? ferry_transfer_finish(of, error) : status;
}

/* Rows of the source that did not come with this run and are not stored lie below the cursor. */
static void test_rows_below_the_cursor(void **state)
{
    (void)state;
    SOURCE_HAS(ROW(1, "late", 1), ROW(2, "b", 5), ROW(3, "late", 2), ROW(4, "new", 6));
    TARGET_HAS(ROW(2, "b", 5));
    counted = (struct ferry_load_totals){.before = 1, .inserted = 1, .after = 2};
    passes(finish);
    assert_int_equal(transfer.absent, 3);
    assert_int_equal(transfer.unchanged, 1); /* of two that were read */
    assert_true(is_logged(" warning - guard: 2 rows of the source are not in table 't' and lie "
                          "below the cursor: they came with an older one; cursor_lag steps back "
                          "for such rows, and --full takes all into account\n"));
}

static void test_no_rows_below_the_cursor(void **state)
{
    (void)state;
    SOURCE_HAS(ROW(2, "b", 5), ROW(3, "new", 6));
    TARGET_HAS(ROW(2, "b", 5));
    counted = (struct ferry_load_totals){.before = 1, .inserted = 1, .after = 2};
    passes(finish);
    assert_int_equal(transfer.absent, 1);
    assert_false(is_logged("below the cursor: they came"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_GONE(test_what_is_gone),
        WITH_GONE(test_nothing_is_gone),
        WITH_GONE(test_all_is_gone),
        WITH_GONE(test_a_key_of_two_columns),
        WITH_GONE(test_the_rows_come_first),
        WITH_GONE(test_keys_that_do_not_ascend),
        WITH_GONE(test_what_fails),
        WITH_GONE(test_rows_below_the_cursor),
        WITH_GONE(test_no_rows_below_the_cursor),
    };
    return cmocka_run_group_tests_name("gone", tests, NULL, NULL);
}
