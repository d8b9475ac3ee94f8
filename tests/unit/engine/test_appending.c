/* Tests of appending.c: from where on append and upsert read, and what is done with the rows. */

#include "both_sides.h"

#include "engine/appending.h"

static void wish(enum ferry_strategy_id strategy, const char *cursor)
{
    task.changes.strategy = strategy;
    task.changes.cursor = cursor;
    LEFT_BEHIND({FERRY_RECORD_CURSOR_COLUMN, "seq"}, {FERRY_RECORD_CURSOR, "5"});
}

static void assert_highest(int64_t value)
{
    assert_true(plan.cursor.highest.known);
    assert_int_equal(plan.cursor.highest.cell.v.i, value);
}

/* ---- With a key ---- */

static void test_append_reads_from_the_cursor_on(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_APPEND, "seq");
    SOURCE_HAS(ROW(1, "a", 4), ROW(2, "b", 5), ROW(3, "c", 6), ROW(4, "d", 7));
    passes(move);
    assert_string_equal(plan.strategy->name, "append");
    assert_string_equal(source_side.scan, "by 0; 2 >= 5 or null");
    assert_string_equal(changes, "&2 &3 &4"); /* the last one that was read comes again */
    assert_highest(7);
    assert_int_equal(begun.kind, FERRY_LOAD_CHANGES);
    assert_int_equal(begun.key_count, 1);
    assert_int_equal(stored_side.begins, 0);
}

static void test_upsert_reads_from_the_cursor_on(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT, "seq");
    task.changes.lag = (struct ferry_lag){.text = "2", .units = 2};
    task.changes.read_nulls = true;
    SOURCE_HAS(ROW(1, "a", 2), ROW(2, "b", 3), INT(3), TEXT("c"), NONE, ROW(4, "d", 5));
    passes(move);
    assert_string_equal(source_side.scan, "by 0; 2 >= 3 or null");
    assert_string_equal(changes, "^2 ^3 ^4");
    assert_highest(5);
    assert_int_equal(stored_side.begins, 0); /* find_deleted is not wished for */
}

/* A row that no later run would find is refused, and is asked for, so that it can be. */
static void test_a_row_without_a_cursor(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT, "seq");
    SOURCE_HAS(INT(3), TEXT("c"), NONE);
    fails(move, FERRY_ERR_DATA, "a row without a cursor");
    assert_string_equal(changes, "");
}

static void test_a_cursor_that_is_never_null(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_APPEND, "id");
    LEFT_BEHIND({FERRY_RECORD_CURSOR_COLUMN, "id"}, {FERRY_RECORD_CURSOR, "2"});
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "b", 1), ROW(3, "c", 1));
    passes(move);
    assert_string_equal(source_side.scan, "by 0; 0 >= 2");
    assert_string_equal(changes, "&2 &3");
}

static void test_upsert_without_a_cursor(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT, NULL);
    SOURCE_HAS(ROW(1, "a", 4), ROW(2, "b", 5));
    passes(move);
    assert_string_equal(source_side.scan, "by 0");
    assert_string_equal(changes, "^1 ^2");
    assert_false(plan.cursor.highest.known);
}

static const char *value(const char *name)
{
    return ferry_record_value(&transfer.record, name);
}

/* A later run has lost its record: what stands there is no state, but it is what this run's record
 * takes the place of. */
static void test_a_record_that_is_not_of_the_table(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    wish(FERRY_STRATEGY_UPSERT, NULL);
    LEFT_BEHIND({FERRY_RECORD_RUN_ID, "1e"}, {FERRY_RECORD_KEY, "seq"});
    table_mark = "1f";
    SOURCE_HAS(ROW(1, "a", 4));
    passes(move);
    assert_string_equal(plan.strategy->name, "upsert");
    assert_true(is_logged(": the record of the last run is not of what table 't' holds now\n"));
    (void)ferry_record_begin(&transfer.record, "t", "20", &error);
    passes(ferry_transfer_fill_record);
    assert_string_equal(value(FERRY_RECORD_KEY), "id");
    assert_string_equal(ferry_record_follows(&transfer.record), "1e");
}

/* Whether the record is asked for, by these rules. */
static bool recalls(enum ferry_strategy_id strategy, bool skip_unchanged)
{
    const struct ferry_change_rules rules = {.strategy = strategy,
                                             .skip_unchanged = skip_unchanged};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan asked_plan = {0};
    assert_int_equal(ferry_strategy_recall(&asked_plan, &rules, session.target, "t", &error),
                     FERRY_OK);
    bool recalled = ferry_record_value(&asked_plan.before, FERRY_RECORD_RUN_ID) != NULL;
    ferry_plan_done(&asked_plan);
    return recalled;
}

static void test_when_a_record_is_asked_for(void **state)
{
    (void)state;
    LEFT_BEHIND({FERRY_RECORD_RUN_ID, "1e"});
    assert_false(recalls(FERRY_STRATEGY_REPLACE, false)); /* it needs no state */
    assert_true(recalls(FERRY_STRATEGY_REPLACE, true));
    assert_true(recalls(FERRY_STRATEGY_MERGE, false));
    assert_true(recalls(FERRY_STRATEGY_APPEND, false));
    assert_true(recalls(FERRY_STRATEGY_UPSERT, false));
}

/* A key that comes twice, within a batch and across two of them. */
static void test_keys_that_come_twice(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT, "seq");
    SOURCE_HAS(ROW(1, "a", 5), ROW(2, "b", 5), ROW(2, "c", 5));
    for (size_t size = 1; size <= 3; size++) {
        source_side.in_a_batch = size;
        ferry_plan_done(&plan);
        fails(move, FERRY_ERR_DATA,
              "rows 2 and 3 of the source, in the order of the key (id), have the same key");
        abort_change();
    }
    wish(FERRY_STRATEGY_APPEND, "seq");
    SOURCE_HAS(ROW(2, "a", 5), ROW(1, "b", 5));
    ferry_plan_done(&plan);
    fails(move, FERRY_ERR_DATA, "the source gives row 1 before rows that it belongs behind");
}

static void test_what_fails(void **state)
{
    (void)state;
    static const char *const callbacks[] = {"read_begin", "read_batch", "load_batch"};
    char text[40];
    wish(FERRY_STRATEGY_APPEND, "seq");
    SOURCE_HAS(ROW(9, "a", 1), ROW(10, "b", 5));
    for (size_t i = 0; i < COUNT(callbacks); i++) {
        ferry_plan_done(&plan);
        break_at(callbacks[i]);
        (void)snprintf(text, sizeof text, "%s failed", callbacks[i]);
        fails(move, FERRY_ERR_REFUSED, text);
        assert_false(is_logged("has gone back"));
        abort_change();
    }
}

/* ---- Without a key ---- */

/* The one that is read comes behind the last: it cannot be known again. */
static void test_append_without_a_key(void **state)
{
    static struct ferry_column no_key[COUNT(three_columns)];
    memcpy(no_key, three_columns, sizeof no_key);
    no_key[0].key_position = 0;
    (void)state;
    side_columns = no_key;
    wish(FERRY_STRATEGY_APPEND, "seq");
    SOURCE_HAS(ROW(8, "a", 5), ROW(7, "b", 6), ROW(7, "b", 6), ROW(1, "c", 7));
    passes(move);
    side_columns = NULL;
    assert_string_equal(source_side.scan, "2 > 5 or null");
    assert_string_equal(changes, "+7 +7 +1"); /* in any order, and alike */
    assert_highest(7);
    assert_int_equal(begun.key_count, 0);
    assert_false(is_logged("has gone back"));
    abort_change();
    ferry_plan_done(&plan);
    side_columns = no_key;
    SOURCE_HAS(ROW(8, "a", 4)); /* nothing is new, and that is no going back */
    passes(move);
    side_columns = NULL;
    assert_false(plan.cursor.highest.known);
    assert_false(is_logged("has gone back"));
}

/* ---- A cursor that goes back ---- */

static void test_a_cursor_that_goes_back(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT, "seq");
    task.changes.lag = (struct ferry_lag){.text = "2", .units = 2};
    SOURCE_HAS(ROW(1, "a", 3), ROW(2, "b", 4));
    passes(move);
    assert_true(is_logged(
        " warning - load: the cursor 'seq' has gone back: the last run came to 5, and the source "
        "ends at 4 now; were its last rows deleted, or is it an older copy? Rows below the cursor "
        "are not read; run --full takes all into account\n"));
}

static void test_a_cursor_without_a_row(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_APPEND, "seq");
    SOURCE_HAS(ROW(1, "a", 3));
    passes(move);
    assert_string_equal(changes, "");
    assert_true(is_logged(": the cursor 'seq' has gone back: the last run came to 5, and the "
                          "source ends at no row now;"));
}

static void test_a_cursor_that_stays(void **state)
{
    (void)state;
    wish(FERRY_STRATEGY_UPSERT, "seq");
    SOURCE_HAS(ROW(1, "a", 5));
    passes(move);
    assert_false(is_logged("has gone back"));
}

/* ---- Where a read begins ---- */

static void test_where_it_begins(void **state)
{
    (void)state;
    struct ferry_bound bound;
    assert_false(ferry_append_bound(&plan, &bound)); /* there is no cursor */
    wish(FERRY_STRATEGY_UPSERT, "seq");
    passes(describe_and_negotiate);
    assert_true(ferry_append_bound(&plan, &bound));
    assert_int_equal(bound.column, 2);
    assert_int_equal(bound.kind, FERRY_BOUND_AT_LEAST);
    assert_int_equal(bound.cell->v.i, 5);
    recorded_count = 0;
    ferry_plan_done(&plan);
    passes(describe_and_negotiate);
    assert_false(ferry_append_bound(&plan, &bound)); /* it has not been anywhere yet */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SIDES(test_append_reads_from_the_cursor_on),
        WITH_SIDES(test_upsert_reads_from_the_cursor_on),
        WITH_SIDES(test_a_row_without_a_cursor),
        WITH_SIDES(test_a_cursor_that_is_never_null),
        WITH_SIDES(test_upsert_without_a_cursor),
        WITH_SIDES(test_a_record_that_is_not_of_the_table),
        WITH_SIDES(test_when_a_record_is_asked_for),
        WITH_SIDES(test_keys_that_come_twice),
        WITH_SIDES(test_what_fails),
        WITH_SIDES(test_append_without_a_key),
        WITH_SIDES(test_a_cursor_that_goes_back),
        WITH_SIDES(test_a_cursor_without_a_row),
        WITH_SIDES(test_a_cursor_that_stays),
        WITH_SIDES(test_where_it_begins),
    };
    return cmocka_run_group_tests_name("appending", tests, NULL, NULL);
}
