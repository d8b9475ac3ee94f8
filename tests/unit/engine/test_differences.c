/* Tests of differences.c: rows that are missing, extra or changed, each told in a line. */

#include "both_sides.h"

#include "engine/differences.h"

/* A column of each kind of value. */
static const struct ferry_column all_columns[] = {
    {.name = "id",
     .native = "int",
     .type = FERRY_TYPE_INT,
     .bits = 64,
     .flags = FERRY_COLUMN_ORDERED,
     .key_position = 1},
    {.name = "big",
     .native = "int",
     .type = FERRY_TYPE_INT,
     .bits = 64,
     .flags = FERRY_COLUMN_UNSIGNED},
    {.name = "real", .native = "double", .type = FERRY_TYPE_FLOAT, .bits = 64},
    {.name = "price", .native = "decimal", .type = FERRY_TYPE_DECIMAL, .precision = 10, .scale = 2},
    {.name = "te\nxt", .native = "text", .type = FERRY_TYPE_TEXT},
    {.name = "bytes", .native = "blob", .type = FERRY_TYPE_BYTES},
    {.name = "any", .native = "", .type = FERRY_TYPE_ANY},
};
#define WIDTH COUNT(all_columns)
#define REAL(value) CELL(.v.f = (value))
#define SAME UINT(1), REAL(0.5), TEXT("1.50"), TEXT("x"), TEXT("\x01"), KIND_INT(1)

static char told[4000]; /* one line each */

static ferry_status tell(const char *of, const struct ferry_difference *difference,
                         struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    (void)error;
    assert_string_equal(of, "job");
    ferry_difference_add_line(&line, difference);
    size_t length = strlen(told);
    (void)snprintf(told + length, sizeof told - length, "%s\n", ferry_strbuf_text(&line));
    return FERRY_OK;
}

static struct ferry_differences report;

static int differences_setup(void **state)
{
    (void)sides_setup(state);
    report = (struct ferry_differences){.most = 100, .tell = tell};
    job.differences = &report;
    told[0] = '\0';
    return 0;
}

static int wide_setup(void **state)
{
    side_columns = all_columns;
    side_width = WIDTH;
    return differences_setup(state);
}

static int wide_teardown(void **state)
{
    side_columns = NULL;
    side_width = 0;
    return sides_teardown(state);
}

#define WITH_THREE(test) cmocka_unit_test_setup_teardown(test, differences_setup, sides_teardown)
#define WITH_ALL(test) cmocka_unit_test_setup_teardown(test, wide_setup, wide_teardown)

static ferry_status find(struct ferry_transfer *of, struct ferry_error *error)
{
    ferry_status status = describe_and_negotiate(of, error);
    return status == FERRY_OK ? ferry_differences_find(of, error) : status;
}

/* ---- Rows ---- */

static void test_no_difference(void **state)
{
    (void)state;
    transfer.verify = FERRY_VERIFY_CONTENT;
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "b", 1));
    TARGET_HAS(ROW(1, "a", 1), ROW(2, "b", 1));
    passes(find);
    assert_string_equal(told, "");
    assert_true(is_logged(": verified: 2 rows, each by its key\n"));
    assert_int_equal(transfer.totals.after, 2);
    assert_null(transfer.digest);
    assert_null(stored_of); /* the table as it stands */
    assert_string_equal(source_side.scan, "by 0");
    assert_string_equal(stored_side.scan, "by 0");
    assert_int_equal(fake.changes, 0);
}

static void test_each_difference(void **state)
{
    (void)state;
    SOURCE_HAS(ROW(1, "a", 1), ROW(3, "c", 3), ROW(4, "d", 4), ROW(5, "e", 5));
    TARGET_HAS(ROW(0, "z", 1), ROW(1, "a", 1), ROW(2, "b", 1), ROW(3, "C", 3), ROW(4, "D", 44),
               ROW(6, "f", 1));
    fails(find, FERRY_ERR_DATA,
          "table 't' does not hold what the source gives: 1 rows are missing, 3 extra, 2 changed; "
          "run the job to bring it up to date");
    assert_string_equal(told, "extra: id = 0\n"
                              "extra: id = 2\n"
                              "changed: id = 3: name\n"
                              "changed: id = 4: name, seq\n"
                              "missing: id = 5\n"
                              "extra: id = 6\n");
    assert_string_equal(changes, "");
    assert_int_equal(transfer.totals.after, 4);
}

static void test_the_first_are_told(void **state)
{
    (void)state;
    report.most = 2;
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "b", 1), ROW(3, "c", 1));
    fails(find, FERRY_ERR_DATA,
          ": 3 rows are missing, 0 extra, 0 changed (the first are shown); run the job");
    assert_string_equal(told, "missing: id = 1\nmissing: id = 2\n");
    told[0] = '\0';
    report.most = 3;
    ferry_plan_done(&plan);
    fails(find, FERRY_ERR_DATA, ": 3 rows are missing, 0 extra, 0 changed; run the job");
    report.most = 0;
    told[0] = '\0';
    ferry_plan_done(&plan);
    fails(find, FERRY_ERR_DATA, ": 3 rows are missing, 0 extra, 0 changed (the first are shown)");
    assert_string_equal(told, "");
}

static void test_a_key_of_two_columns(void **state)
{
    (void)state;
    static const char *key[] = {"name", "id"};
    task.changes.key = key;
    task.changes.key_count = 2;
    SOURCE_HAS(ROW(1, "a", 1), ROW(2, "a\n'", 1));
    fails(find, FERRY_ERR_DATA, "2 rows are missing");
    assert_string_equal(source_side.scan, "by 1,0");
    assert_string_equal(told, "missing: name = 'a', id = 1\nmissing: name = 'a\\n'', id = 2\n");
}

/* ---- Values ---- */

#define WIDE_SOURCE(...) SET_ROWS(source_side, WIDTH, __VA_ARGS__)
#define WIDE_TARGET(...) SET_ROWS(stored_side, WIDTH, __VA_ARGS__)

/* What is the same by the canonical form is. */
static void test_values_that_are_the_same(void **state)
{
    (void)state;
    WIDE_SOURCE(INT(1), UINT(1), REAL(-0.0), TEXT("1.5"), NONE, NONE, NONE);
    WIDE_TARGET(INT(1), UINT(1), REAL(0.0), TEXT("1.50"), NONE, NONE, NONE);
    passes(find);
}

static void test_values_are_told(void **state)
{
    (void)state;
    report.values = true;
    WIDE_SOURCE(INT(-1), UINT(UINT64_MAX), REAL(0.1), TEXT("1.50"), TEXT("it's\n"),
                TEXT("\x00\xff"), KIND_INT(-5), INT(2), SAME, INT(3), SAME);
    WIDE_TARGET(INT(-1), UINT(0), REAL(1e300), TEXT("-0.01"), NONE, TEXT(""), KIND_TEXT("5"),
                INT(2), UINT(1), REAL(0.5), TEXT("1.50"), KIND_BYTES("x"), TEXT("\x01"), NONE,
                INT(4), SAME);
    fails(find, FERRY_ERR_DATA, "1 rows are missing, 1 extra, 2 changed");
    assert_string_equal(
        told, "changed: id = -1: big 0 is 18446744073709551615 at the source, "
              "real 1.0000000000000001e+300 is 0.10000000000000001 at the source, "
              "price -0.01 is 1.50 at the source, te\\nxt NULL is 'it's\\n' at the source, "
              "bytes x'' is x'00ff' at the source, any '5' is -5 at the source\n"
              "changed: id = 2: te\\nxt x'78' is 'x' at the source, any NULL is 1 at the source\n"
              "missing: id = 3\n"
              "extra: id = 4\n");
}

/* Floats and bytes among kinds, too. */
static void test_kinds_are_told(void **state)
{
    (void)state;
    report.values = true;
    WIDE_SOURCE(INT(1), UINT(1), REAL(0.5), NONE, NONE, NONE, KIND_REAL(1.0), INT(2), SAME);
    WIDE_TARGET(INT(1), UINT(1), REAL(0.5), NONE, NONE, NONE, KIND_BYTES("\x31"), INT(2),
                KIND_TEXT("1"), KIND_INT(-1), TEXT("1.50"), TEXT("x"), TEXT("\x01"), KIND_INT(1));
    fails(find, FERRY_ERR_DATA, "2 changed");
    assert_string_equal(told, "changed: id = 1: any x'31' is 1 at the source\n"
                              "changed: id = 2: big '1' is 1 at the source, "
                              "real -1 is 0.5 at the source\n");
}

/* Of 60 bytes of a text, and 30 of others, the beginning. */
static void test_long_values_are_cut(void **state)
{
    (void)state;
    report.values = true;
    WIDE_SOURCE(INT(1), UINT(1), REAL(0.5), NONE,
                TEXT("0123456789012345678901234567890123456789012345678901234567890"),
                TEXT("0123456789012345678901234567890"), NONE, INT(2), UINT(1), REAL(0.5), NONE,
                NONE, TEXT("012345678901234567890123456789"), NONE);
    WIDE_TARGET(INT(1), UINT(1), REAL(0.5), NONE, NONE, NONE, NONE, INT(2), UINT(1), REAL(0.5),
                NONE, NONE, NONE, NONE);
    fails(find, FERRY_ERR_DATA, "2 changed");
    assert_null(strstr(told, "78901234567890'"));
    assert_non_null(strstr(told, "'01234567890123456789012345678901234567890123456789"));
    assert_non_null(strstr(told, "bytes NULL is "
                                 "x'303132333435363738393031323334353637383930313233343536373839"
                                 "...' at the source\n"));
    assert_non_null(strstr(told, "bytes NULL is "
                                 "x'303132333435363738393031323334353637383930313233343536373839'"
                                 " at the source\n"));
}

/* ---- What is refused ---- */

static void test_no_key(void **state)
{
    static struct ferry_column no_key[COUNT(three_columns)];
    memcpy(no_key, three_columns, sizeof no_key);
    no_key[0].key_position = 0;
    (void)state;
    side_columns = no_key;
    fails(find, FERRY_ERR_SCHEMA,
          "rows are told apart by a key, and the source tells of none; name columns with key = [ "
          "\"...\" ]");
    ferry_plan_done(&plan);
    task.changes.strategy = FERRY_STRATEGY_APPEND; /* which has looked for one already */
    task.changes.cursor = "seq";
    fails(find, FERRY_ERR_SCHEMA, "rows are told apart by a key, and the source tells of none");
    side_columns = NULL;
}

static void test_a_key_that_will_not_do(void **state)
{
    (void)state;
    static const char *key[] = {"name"};
    static struct ferry_column loose[COUNT(three_columns)];
    memcpy(loose, three_columns, sizeof loose);
    loose[1].flags = 0;
    side_columns = loose;
    task.changes.key = key;
    task.changes.key_count = 1;
    fails(find, FERRY_ERR_SCHEMA, "column 'name' (text) cannot be part of a key");
    side_columns = NULL;
}

static void test_drivers_that_cannot(void **state)
{
    (void)state;
    fake_handle.source.abilities = 0;
    fails(find, FERRY_ERR_UNSUPPORTED,
          "rows can be compared one by one only where both drivers read in order; verify without "
          "--rows compares the whole");
    ferry_plan_done(&plan);
    fake_handle.source.abilities = FERRY_SCANS;
    fake_handle.target.abilities = 0;
    fails(find, FERRY_ERR_UNSUPPORTED, "only where both drivers read in order");
    ferry_plan_done(&plan);
    fake_handle.target.abilities = FERRY_SCANS; /* nothing is changed */
    passes(find);
}

static void test_no_table(void **state)
{
    (void)state;
    fake.exists = 0;
    fake.existing_count = 0;
    fails(find, FERRY_ERR_NOT_FOUND, "target 'main' has no table 't'");
    assert_int_equal(source_side.begins, 0);
}

/* A cursor is not held against the rows: they are those of all runs. */
static void test_rows_without_a_cursor(void **state)
{
    (void)state;
    task.changes.strategy = FERRY_STRATEGY_UPSERT;
    task.changes.cursor = "seq";
    SOURCE_HAS(INT(1), TEXT("a"), NONE);
    TARGET_HAS(INT(1), TEXT("a"), NONE);
    passes(find);
}

static void test_what_fails(void **state)
{
    (void)state;
    static const char *const callbacks[] = {"stored_begin", "stored_batch", "read_begin",
                                            "read_batch"};
    char text[40];
    SOURCE_HAS(ROW(1, "a", 1));
    for (size_t i = 0; i < COUNT(callbacks); i++) {
        ferry_plan_done(&plan);
        break_at(callbacks[i]);
        (void)snprintf(text, sizeof text, "%s failed", callbacks[i]);
        fails(find, FERRY_ERR_REFUSED, text);
    }
    fake.at = NULL;
    ferry_plan_done(&plan);
    SOURCE_HAS(ROW(2, "a", 1), ROW(1, "a", 1));
    fails(find, FERRY_ERR_DATA, "the source gives row 1 before rows that it belongs behind");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_THREE(test_no_difference),
        WITH_THREE(test_each_difference),
        WITH_THREE(test_the_first_are_told),
        WITH_THREE(test_a_key_of_two_columns),
        WITH_ALL(test_values_that_are_the_same),
        WITH_ALL(test_values_are_told),
        WITH_ALL(test_kinds_are_told),
        WITH_ALL(test_long_values_are_cut),
        WITH_THREE(test_no_key),
        WITH_THREE(test_a_key_that_will_not_do),
        WITH_THREE(test_drivers_that_cannot),
        WITH_THREE(test_no_table),
        WITH_THREE(test_rows_without_a_cursor),
        WITH_THREE(test_what_fails),
    };
    return cmocka_run_group_tests_name("differences", tests, NULL, NULL);
}
