/* Tests of merging.c and stored_order.c: both sides are read in the order of the key, and what
 * differs is handed to the load. */

#include "both_sides.h"

static void wish_merge(void)
{
    task.changes.strategy = FERRY_STRATEGY_MERGE;
}

static void test_what_differs_is_written(void **state)
{
    (void)state;
    wish_merge();
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "b", 1), ROW(4, "d", 1), ROW(5, "e", 1));
    TARGET_HAS(ROW(1, "a", 1), ROW(2, "B", 1), ROW(3, "c", 1), ROW(5, "e", 2));
    passes(move);
    assert_string_equal(plan.strategy->name, "merge");
    assert_string_equal(changes, "-3 =2 =5 +4");
    assert_int_equal(transfer.unchanged, 1);
    assert_string_equal(source_side.scan, "by 0");
    assert_string_equal(stored_side.scan, "by 0");
    assert_ptr_equal(stored_of, &fake); /* as it was when the load began */
    assert_int_equal(begun.kind, FERRY_LOAD_CHANGES);
    assert_int_equal(begun.key_count, 1);
    assert_int_equal(begun.key[0], 0);
}

static void test_nothing_differs(void **state)
{
    (void)state;
    wish_merge();
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "b", 1), ROW(3, "c", 1));
    TARGET_HAS(ROW(1, "a", 1), ROW(2, "b", 1), ROW(3, "c", 1));
    passes(move);
    assert_string_equal(changes, "");
    assert_int_equal(transfer.unchanged, 3);
}

static void test_a_key_of_two_columns(void **state)
{
    (void)state;
    static const char *key[] = {"seq", "id"};
    wish_merge();
    task.changes.key = key;
    task.changes.key_count = 2;
    SOURCE_HAS(ROW(9, "a", 1), ROW(1, "b", 2), ROW(2, "b", 2));
    TARGET_HAS(ROW(8, "a", 1), ROW(9, "a", 1), ROW(2, "b", 2));
    passes(move);
    assert_string_equal(source_side.scan, "by 2,0");
    assert_string_equal(stored_side.scan, "by 2,0");
    assert_string_equal(changes, "-1 +1"); /* of the key (1, 8) the first column is told here */
    assert_int_equal(begun.key_count, 2);
}

/* The first column is compared as each other is. */
static void test_a_key_that_is_not_the_first_column(void **state)
{
    (void)state;
    static const char *key[] = {"name"};
    wish_merge();
    task.changes.key = key;
    task.changes.key_count = 1;
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "b", 1));
    TARGET_HAS(ROW(1, "a", 1), ROW(3, "b", 1));
    passes(move);
    assert_string_equal(source_side.scan, "by 1");
    assert_string_equal(changes, "=2");
    assert_int_equal(transfer.unchanged, 1);
}

/* Somebody else has written what no source of such columns can have given. */
static void test_anything_may_be_stored(void **state)
{
    (void)state;
    wish_merge();
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "b", 5), ROW(3, "c", 5));
    TARGET_HAS(INT(1), KIND_BYTES("a"), INT(1), INT(2), TEXT("b"), KIND_TEXT("5"), INT(3),
               TEXT("\xff"), INT(5));
    passes(move);
    assert_string_equal(changes, "=1 =2 =3");
    assert_int_equal(stored_flags &
                         (FERRY_COLUMN_LOOSE | FERRY_COLUMN_NOT_NULL | FERRY_COLUMN_ORDERED),
                     FERRY_COLUMN_LOOSE | FERRY_COLUMN_ORDERED);
    assert_true((plan.schema.columns[0].flags & FERRY_COLUMN_NOT_NULL) != 0); /* as it was */
    assert_true((plan.schema.columns[0].flags & FERRY_COLUMN_LOOSE) == 0);
}

/* A key of another kind is another key. */
static void test_keys_of_another_kind(void **state)
{
    (void)state;
    wish_merge();
    SOURCE_HAS(ROW(1, "a", 1));
    TARGET_HAS(KIND_REAL(0.5), TEXT("a"), INT(1), KIND_TEXT("1"), TEXT("a"), INT(1));
    passes(move);
    assert_int_equal(transfer.unchanged, 0);
    assert_non_null(strstr(changes, "+1"));
    assert_int_equal(strncmp(changes, "-", 1), 0);
}

static void test_what_cannot_be_looked_at(void **state)
{
    (void)state;
    wish_merge();
    SOURCE_HAS(ROW(1, "a", 1));
    TARGET_HAS(INT(1), TEXT("a"), CELL(.v.i = 1, .kind = 77));
    fails(move, FERRY_ERR_DATA, "the table holds a value without an address or kind");
    abort_change();
    ferry_plan_done(&plan);
    TARGET_HAS(ROW(1, "a", 1), ROW(2, "a", 1), ROW(3, "a", 1), INT(4), TEXT("a"), CELL(.null = 2));
    fails(move, FERRY_ERR_DATA, "row 4");
}

static void test_a_key_that_is_null(void **state)
{
    (void)state;
    wish_merge();
    SOURCE_HAS(ROW(1, "a", 1));
    TARGET_HAS(NONE, TEXT("a"), INT(1));
    fails(move, FERRY_ERR_DATA, "row 1 of the target, in the order of the key, is NULL");
    assert_string_equal(changes, "");
}

static void test_rows_in_another_order(void **state)
{
    (void)state;
    wish_merge();
    SOURCE_HAS(ROW(1, "a", 1), ROW(3, "a", 1), ROW(2, "a", 1));
    TARGET_HAS(ROW(1, "a", 1));
    fails(move, FERRY_ERR_DATA, "the source gives row 2 before rows that it belongs behind");
    assert_int_equal(transfer.unchanged, 0);
    abort_change();
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "a", 1));
    TARGET_HAS(ROW(1, "a", 1), ROW(1, "a", 1));
    ferry_plan_done(&plan);
    fails(move, FERRY_ERR_DATA, "rows 1 and 2 of the target, in the order of the key (id), have");
}

/* What was tried before it failed stays with the load, which nobody commits. */
static void test_what_fails(void **state)
{
    (void)state;
    static const char *const callbacks[] = {"stored_begin", "stored_batch", "read_begin",
                                            "read_batch", "load_batch"};
    char text[40];
    wish_merge();
    SOURCE_HAS(ROW(1, "a", 1));
    TARGET_HAS(ROW(2, "b", 1));
    for (size_t i = 0; i < COUNT(callbacks); i++) {
        ferry_plan_done(&plan);
        break_at(callbacks[i]);
        (void)snprintf(text, sizeof text, "%s failed", callbacks[i]);
        fails(move, FERRY_ERR_REFUSED, text);
        abort_change();
        fake.at = NULL;
    }
    ferry_plan_done(&plan);
    changes[0] = '\0';
    passes(move); /* nothing of it is left */
    assert_string_equal(changes, "-2 +1");
}

/* All rows of an upsert: its cursor goes with them. */
static void test_the_cursor_goes_with_all_rows(void **state)
{
    (void)state;
    task.changes = (struct ferry_change_rules){
        .strategy = FERRY_STRATEGY_UPSERT, .cursor = "seq", .full = true};
    LEFT_BEHIND({FERRY_RECORD_CURSOR_COLUMN, "seq"}, {FERRY_RECORD_CURSOR, "9"});
    SOURCE_HAS(ROW(1, "a", 7), ROW(2, "b", 3));
    TARGET_HAS(ROW(1, "a", 9));
    passes(move);
    assert_string_equal(plan.strategy->name, "merge");
    assert_string_equal(changes, "=1 +2");
    assert_true(plan.cursor.highest.known);
    assert_int_equal(plan.cursor.highest.cell.v.i, 7); /* it goes back with them */
    assert_string_equal(source_side.scan, "by 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SIDES(test_what_differs_is_written),
        WITH_SIDES(test_nothing_differs),
        WITH_SIDES(test_a_key_of_two_columns),
        WITH_SIDES(test_a_key_that_is_not_the_first_column),
        WITH_SIDES(test_anything_may_be_stored),
        WITH_SIDES(test_keys_of_another_kind),
        WITH_SIDES(test_what_cannot_be_looked_at),
        WITH_SIDES(test_a_key_that_is_null),
        WITH_SIDES(test_rows_in_another_order),
        WITH_SIDES(test_what_fails),
        WITH_SIDES(test_the_cursor_goes_with_all_rows),
    };
    return cmocka_run_group_tests_name("merging", tests, NULL, NULL);
}
