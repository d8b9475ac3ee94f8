/* Tests of bookmark.c: which column may be a cursor, what of its values is kept, and where the next
 * read begins. */

#include "unit.h"

#include "cells.h"
#include "engine/bookmark.h"

/* Made anew for each column that is tried; the second of two. */
static struct ferry_schema schema;
static struct ferry_bookmark bookmark;
static struct ferry_change_rules rules;

#define INT_COLUMN COLUMN(.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_ORDERED)
#define UNSIGNED_COLUMN                                                                            \
    COLUMN(.type = FERRY_TYPE_INT, .bits = 64,                                                     \
           .flags = FERRY_COLUMN_ORDERED | FERRY_COLUMN_UNSIGNED)
#define DECIMAL_COLUMN(digits)                                                                     \
    COLUMN(.type = FERRY_TYPE_DECIMAL, .precision = 40, .scale = (digits),                         \
           .flags = FERRY_COLUMN_ORDERED)
#define DATE_COLUMN COLUMN(.type = FERRY_TYPE_DATE, .flags = FERRY_COLUMN_ORDERED)
#define DATETIME_COLUMN(digits)                                                                    \
    COLUMN(.type = FERRY_TYPE_DATETIME, .scale = (digits), .flags = FERRY_COLUMN_ORDERED)

static int forget(void **state)
{
    (void)state;
    ferry_bookmark_done(&bookmark);
    ferry_schema_done(&schema);
    rules = (struct ferry_change_rules){.strategy = FERRY_STRATEGY_UPSERT, .cursor = "c"};
    return 0;
}

static ferry_status try(const struct ferry_column *column, struct ferry_error *error)
{
    static const struct ferry_column first = {
        .name = "id", .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_ORDERED};
    ferry_bookmark_done(&bookmark);
    ferry_schema_done(&schema);
    (void)ferry_schema_add(&schema, &first, sizeof first, error);
    (void)ferry_schema_add(&schema, column, sizeof *column, error);
    assert_no_error(error);
    return ferry_bookmark_begin(&bookmark, &rules, &schema, error);
}

static void begin(const struct ferry_column *column)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)try(column, &error);
    assert_no_error(&error);
    assert_int_equal(bookmark.at, 1);
    assert_ptr_equal(bookmark.column, &schema.columns[1]);
}

static void refuses(const struct ferry_column *column, ferry_status status, const char *text)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(try(column, &error), status);
    assert_error(&error, status, text);
    assert_null(bookmark.column);
}

/* ---- Which column ---- */

static void test_columns_with_an_order(void **state)
{
    (void)state;
    begin(&INT_COLUMN);
    assert_false(bookmark.read_nulls);
    rules.read_nulls = true;
    begin(&UNSIGNED_COLUMN);
    assert_true(bookmark.read_nulls);
    begin(&DECIMAL_COLUMN(2));
    begin(&DATE_COLUMN);
    begin(&DATETIME_COLUMN(6));
    begin(&COLUMN(.type = FERRY_TYPE_INT, .bits = 64,
                  .flags = FERRY_COLUMN_ORDERED | FERRY_COLUMN_LOOSE));
}

static void test_columns_without_one(void **state)
{
    (void)state;
    static const uint32_t types[] = {FERRY_TYPE_ANY,   FERRY_TYPE_TEXT, FERRY_TYPE_BYTES,
                                     FERRY_TYPE_FLOAT, FERRY_TYPE_TIME, FERRY_TYPE_YEAR,
                                     FERRY_TYPE_BOOL,  FERRY_TYPE_UUID, FERRY_TYPE_JSON};
    for (size_t i = 0; i < COUNT(types); i++)
        refuses(&COLUMN(.type = types[i], .bits = types[i] == FERRY_TYPE_FLOAT ? 64 : 0,
                        .flags = FERRY_COLUMN_ORDERED),
                FERRY_ERR_SCHEMA,
                ") cannot be the cursor: a cursor is an integer, a decimal, a date or a datetime; "
                "choose another column, or strategy = \"merge\"");
    refuses(&COLUMN(.type = FERRY_TYPE_INT, .bits = 64), FERRY_ERR_SCHEMA,
            ": the source cannot compare its values as numbers or moments;");
    refuses(&COLUMN(.type = FERRY_TYPE_DATE), FERRY_ERR_SCHEMA,
            "column 'c' (date) cannot be the cursor: the source cannot compare");
    refuses(&COLUMN(.type = FERRY_TYPE_DATETIME, .flags = FERRY_COLUMN_LOOSE), FERRY_ERR_SCHEMA,
            ": it may hold values of any kind;");
}

static void test_names(void **state)
{
    (void)state;
    rules.cursor = "C"; /* as databases take it, where there is no such name */
    begin(&INT_COLUMN);
    const struct ferry_column updated = {.name = "updated", .type = FERRY_TYPE_INT, .bits = 64};
    rules.cursor = "updatde";
    refuses(&updated, FERRY_ERR_SCHEMA,
            "the job's cursor is the column 'updatde', which the source does not have; did you "
            "mean 'updated'?");
    rules.cursor = "something else";
    refuses(&INT_COLUMN, FERRY_ERR_SCHEMA, "'something else', which the source does not have");
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)try(&INT_COLUMN, &error);
    assert_string_equal(strrchr(error.message, ' '), " have"); /* and that is all */
    ferry_error_clear(&error);
    rules.cursor = "ID";
    assert_int_equal(try(&INT_COLUMN, &error), FERRY_OK);
    assert_int_equal(bookmark.at, 0);
}

static void test_the_very_name_comes_first(void **state)
{
    (void)state;
    static const char *const wanted[] = {"c", "C"};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column columns[] = {
        {.name = "C", .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_ORDERED},
        {.name = "c", .type = FERRY_TYPE_DATE, .flags = FERRY_COLUMN_ORDERED}};
    for (size_t i = 0; i < COUNT(columns); i++)
        (void)ferry_schema_add(&schema, &columns[i], sizeof columns[i], &error);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        rules.cursor = wanted[i];
        (void)ferry_bookmark_begin(&bookmark, &rules, &schema, &error);
        assert_no_error(&error);
        assert_string_equal(bookmark.column->name, wanted[i]);
        assert_int_equal(bookmark.at, 1 - i);
    }
}

static void test_lags_of_another_kind(void **state)
{
    (void)state;
    rules.lag = (struct ferry_lag){.text = "1000", .units = 1000};
    begin(&INT_COLUMN);
    begin(&DECIMAL_COLUMN(0));
    refuses(&DATETIME_COLUMN(0), FERRY_ERR_CONFIG,
            "cursor_lag = \"1000\" is a number, and the cursor 'c' is a moment; give a time, such "
            "as \"10m\"");
    refuses(&DATE_COLUMN, FERRY_ERR_CONFIG, "is a number, and the cursor 'c' is a moment");
    rules.lag = (struct ferry_lag){.text = "2h", .is_time = true, .ms = 7200000};
    begin(&DATE_COLUMN);
    begin(&DATETIME_COLUMN(3));
    refuses(&UNSIGNED_COLUMN, FERRY_ERR_CONFIG,
            "cursor_lag = \"2h\" is a time, and the cursor 'c' is a number; give a number of "
            "units, such as \"1000\"");
    refuses(&DECIMAL_COLUMN(2), FERRY_ERR_CONFIG, "is a time, and the cursor 'c' is a number");
}

/* ---- Recorded values ---- */

static void assert_value(const struct ferry_bookmark_value *value, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_bookmark_add_value(&bookmark, value, &text);
    assert_string_equal(ferry_strbuf_text(&text), expected);
}

/* It is read back as it is, and the next read begins at `from`. */
static void recalls(const struct ferry_column *column, const char *text, const char *from)
{
    begin(column);
    assert_true(ferry_bookmark_recall(&bookmark, text, &rules.lag));
    assert_true(bookmark.recorded.known && bookmark.from.known);
    assert_value(&bookmark.recorded, text);
    assert_value(&bookmark.from, from);
}

static void does_not_recall(const struct ferry_column *column, const char *text)
{
    begin(column);
    if (ferry_bookmark_recall(&bookmark, text, &rules.lag))
        fail_msg("'%s' was taken", text);
    assert_false(bookmark.from.known);
}

static void test_values_without_a_lag(void **state)
{
    (void)state;
    static const char *const signed_ones[] = {"0", "-1", "9223372036854775807",
                                              "-9223372036854775808"};
    for (size_t i = 0; i < COUNT(signed_ones); i++)
        recalls(&INT_COLUMN, signed_ones[i], signed_ones[i]);
    recalls(&UNSIGNED_COLUMN, "0", "0");
    recalls(&UNSIGNED_COLUMN, "9223372036854775808", "9223372036854775808");
    recalls(&UNSIGNED_COLUMN, "18446744073709551615", "18446744073709551615");
    assert_true(bookmark.from.cell.v.u == UINT64_MAX);
    recalls(&DECIMAL_COLUMN(2), "-12345678901234567890.05", "-12345678901234567890.05");
    recalls(&DECIMAL_COLUMN(0), "17", "17");
    recalls(&DATE_COLUMN, "2026-11-29", "2026-11-29");
    recalls(&DATE_COLUMN, "0000-00-00", "0000-00-00");
    recalls(&DATE_COLUMN, "2026-02-30", "2026-02-30"); /* some databases have it */
    recalls(&DATETIME_COLUMN(0), "2026-11-29 19:13:07", "2026-11-29 19:13:07");
    recalls(&DATETIME_COLUMN(1), "2026-11-29 19:13:07.5", "2026-11-29 19:13:07.5");
    recalls(&DATETIME_COLUMN(6), "2026-11-29 19:13:07.123456", "2026-11-29 19:13:07.123456");
    assert_int_equal(bookmark.from.cell.len, 26);
}

static void test_values_less_some_units(void **state)
{
    (void)state;
    rules.lag = (struct ferry_lag){.text = "1000", .units = 1000};
    recalls(&INT_COLUMN, "1500", "500");
    recalls(&INT_COLUMN, "10", "-990");
    recalls(&INT_COLUMN, "-9223372036854774809", "-9223372036854775808");
    recalls(&INT_COLUMN, "-9223372036854774808", "-9223372036854775808");
    recalls(&INT_COLUMN, "-9223372036854774807", "-9223372036854775807");
    recalls(&INT_COLUMN, "9223372036854775807", "9223372036854774807");
    recalls(&UNSIGNED_COLUMN, "1001", "1");
    recalls(&UNSIGNED_COLUMN, "1000", "0");
    recalls(&UNSIGNED_COLUMN, "999", "0");
    recalls(&UNSIGNED_COLUMN, "18446744073709551615", "18446744073709550615");
    recalls(&DECIMAL_COLUMN(2), "1000.25", "0.25");
    recalls(&DECIMAL_COLUMN(2), "-0.25", "-1000.25");
    rules.lag.units = INT64_MAX;
    recalls(&INT_COLUMN, "9223372036854775807", "0");
    recalls(&INT_COLUMN, "-2", "-9223372036854775808");
}

static void test_values_less_some_time(void **state)
{
    (void)state;
    rules.lag = (struct ferry_lag){.text = "10m", .is_time = true, .ms = 600000};
    recalls(&DATETIME_COLUMN(0), "2024-03-01 00:05:00", "2024-02-29 23:55:00");
    recalls(&DATETIME_COLUMN(3), "2026-01-01 00:00:00.250", "2025-12-31 23:50:00.250");
    recalls(&DATE_COLUMN, "2026-03-01", "2026-02-28");
    recalls(&DATE_COLUMN, "0000-00-00", "0000-00-00");
}

/* What somebody else has written there is not taken for a value. */
static void test_what_is_no_value(void **state)
{
    (void)state;
    static const char *const no_integers[] = {"",
                                              "-",
                                              "1.5",
                                              "1 ",
                                              " 1",
                                              "+1",
                                              "0x10",
                                              "--1",
                                              "9223372036854775808",
                                              "-9223372036854775809",
                                              "1a"};
    static const char *const no_dates[] = {
        "",           "2026-11-2",          "2026-11-29 ", "2026/11/29",
        "2026-11-2x", "20261-11-29",        "x026-11-29",  "2026-11-2/",
        "2026-11-2:", "2026-11-29 00:00:00"};
    static const char *const no_moments[] = {"",
                                             "2026-11-29",
                                             "2026-11-29 19:13:07",
                                             "2026-11-29 19:13:07.",
                                             "2026-11-29 19:13:07.12",
                                             "2026-11-29 19:13:07.1234",
                                             "2026-11-29 19:13:07.12x",
                                             "2026-11-29 19:13:07,123",
                                             "2026-11-29T19:13:07.123",
                                             "2026-11-29 19:13:07.123Z",
                                             "2026-11-29 19:1::07.123"};
    for (size_t i = 0; i < COUNT(no_integers); i++)
        does_not_recall(&INT_COLUMN, no_integers[i]);
    does_not_recall(&UNSIGNED_COLUMN, "-1");
    does_not_recall(&UNSIGNED_COLUMN, "-0");
    does_not_recall(&UNSIGNED_COLUMN, "18446744073709551616");
    for (size_t i = 0; i < COUNT(no_dates); i++)
        does_not_recall(&DATE_COLUMN, no_dates[i]);
    for (size_t i = 0; i < COUNT(no_moments); i++)
        does_not_recall(&DATETIME_COLUMN(3), no_moments[i]);
    does_not_recall(&DATETIME_COLUMN(0), "2026-11-29 19:13:07.5");
    does_not_recall(&DATETIME_COLUMN(1), "2026-11-29 19:13:07");
    does_not_recall(&DATETIME_COLUMN(0), "2026-11-29 19:13:07.");
    does_not_recall(&DECIMAL_COLUMN(2), "1.5");
    does_not_recall(&DECIMAL_COLUMN(2), "1.500");
    does_not_recall(&DECIMAL_COLUMN(2), "one");
}

/* ---- What has passed ---- */

static ferry_status take(const struct ferry_cell *cells, size_t count, struct ferry_error *error)
{
    struct ferry_batch *batch = ferry_batch_new(&schema, &ferry_batch_default_limits);
    assert_non_null(batch);
    ferry_batch_reset(batch, 1);
    for (size_t i = 0; i < count; i++) {
        struct ferry_cell *row = ferry_batch_row(batch);
        row[1] = cells[i];
        if (bookmark.column->type != FERRY_TYPE_INT && cells[i].null == 0 && cells[i].kind == 0)
            assert_true(ferry_batch_text(batch, &row[1], cells[i].v.p, cells[i].len));
    }
    ferry_status status = ferry_bookmark_take(&bookmark, batch, error);
    ferry_batch_free(batch); /* what is kept is a copy */
    return status;
}

static void takes(const struct ferry_cell *cells, size_t count, const char *highest)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(take(cells, count, &error), FERRY_OK);
    assert_no_error(&error);
    assert_value(&bookmark.highest, highest);
}

static void test_the_highest(void **state)
{
    (void)state;
    begin(&INT_COLUMN);
    takes(NULL, 0, "");
    takes(CELLS(INT(-5)), "-5");
    takes(CELLS(INT(-7), INT(9), INT(3)), "9");
    takes(CELLS(INT(8), INT(-1)), "9");
    takes(NULL, 0, "9");
    begin(&UNSIGNED_COLUMN);
    takes(CELLS(UINT(1), UINT(UINT64_C(9223372036854775808)), UINT(7)), "9223372036854775808");
    begin(&DECIMAL_COLUMN(2));
    takes(CELLS(TEXT("9.00"), TEXT("10.00"), TEXT("-11.00")), "10.00");
    takes(CELLS(TEXT("9.99")), "10.00");
    begin(&DATETIME_COLUMN(0));
    takes(CELLS(TEXT("2026-01-31 00:00:00"), TEXT("2025-12-31 23:59:59")), "2026-01-31 00:00:00");
    takes(CELLS(TEXT("2026-01-31 00:00:01")), "2026-01-31 00:00:01");
}

static void test_rows_without_a_cursor(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    begin(&INT_COLUMN);
    assert_int_equal(take(CELLS(INT(1), NONE), &error), FERRY_ERR_DATA);
    assert_non_null(strstr(error.message, "row 2"));
    assert_error(&error, FERRY_ERR_DATA,
                 "a row without a cursor, which a later run would not find; give it a value, or "
                 "set cursor_nulls = \"read\"");
    rules.read_nulls = true;
    begin(&INT_COLUMN);
    takes(CELLS(NONE), "");
    assert_false(bookmark.highest.known);
    takes(CELLS(INT(1), NONE, INT(2), NONE), "2");
}

static void test_values_of_another_kind(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    begin(&COLUMN(.type = FERRY_TYPE_INT, .bits = 64,
                  .flags = FERRY_COLUMN_ORDERED | FERRY_COLUMN_LOOSE));
    assert_int_equal(take(CELLS(INT(1), INT(2), KIND_TEXT("9")), &error), FERRY_ERR_DATA);
    assert_non_null(strstr(error.message, "row 3"));
    assert_error(&error, FERRY_ERR_DATA,
                 "the cursor has a value of another kind than its column's; mend it, or choose "
                 "another cursor");
}

/* ---- The next run ---- */

static void goes_on(bool is_whole, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_bookmark_add_next(&bookmark, is_whole, &text);
    assert_string_equal(ferry_strbuf_text(&text), expected);
}

static void test_where_the_next_run_begins(void **state)
{
    (void)state;
    begin(&INT_COLUMN);
    assert_false(ferry_bookmark_went_back(&bookmark)); /* nobody knows from where */
    goes_on(false, "");
    goes_on(true, "");
    takes(CELLS(INT(5)), "5");
    assert_false(ferry_bookmark_went_back(&bookmark));
    goes_on(false, "5");
    recalls(&INT_COLUMN, "-5", "-5");
    assert_true(ferry_bookmark_went_back(&bookmark));
    recalls(&INT_COLUMN, "10", "10");
    assert_true(ferry_bookmark_went_back(&bookmark)); /* the last row is gone */
    goes_on(false, "10");
    goes_on(true, "");
    takes(CELLS(INT(9)), "9");
    assert_true(ferry_bookmark_went_back(&bookmark));
    goes_on(false, "10");
    goes_on(true, "9");
    takes(CELLS(INT(10)), "10");
    assert_false(ferry_bookmark_went_back(&bookmark));
    goes_on(false, "10");
    takes(CELLS(INT(11)), "11");
    assert_false(ferry_bookmark_went_back(&bookmark));
    goes_on(false, "11");
    goes_on(true, "11");
}

/* What went back is held against the value that was recorded, and not against that less the lag. */
static void test_going_back_within_the_lag(void **state)
{
    (void)state;
    rules.lag = (struct ferry_lag){.text = "1000", .units = 1000};
    recalls(&INT_COLUMN, "1500", "500");
    takes(CELLS(INT(600), INT(1499)), "1499");
    assert_true(ferry_bookmark_went_back(&bookmark));
    goes_on(false, "1500");
}

static void test_nothing_is_left(void **state)
{
    (void)state;
    recalls(&DATETIME_COLUMN(0), "2026-11-29 19:13:07", "2026-11-29 19:13:07");
    takes(CELLS(TEXT("2026-12-01 00:00:00")), "2026-12-01 00:00:00");
    ferry_bookmark_done(&bookmark);
    ferry_bookmark_done(&bookmark);
    assert_null(bookmark.column);
    assert_false(bookmark.recorded.known || bookmark.from.known || bookmark.highest.known);
}

int main(void)
{
#define WITH_RULES(test) cmocka_unit_test_setup_teardown(test, forget, forget)
    const struct CMUnitTest tests[] = {
        WITH_RULES(test_columns_with_an_order),
        WITH_RULES(test_columns_without_one),
        WITH_RULES(test_names),
        WITH_RULES(test_the_very_name_comes_first),
        WITH_RULES(test_lags_of_another_kind),
        WITH_RULES(test_values_without_a_lag),
        WITH_RULES(test_values_less_some_units),
        WITH_RULES(test_values_less_some_time),
        WITH_RULES(test_what_is_no_value),
        WITH_RULES(test_the_highest),
        WITH_RULES(test_rows_without_a_cursor),
        WITH_RULES(test_values_of_another_kind),
        WITH_RULES(test_where_the_next_run_begins),
        WITH_RULES(test_going_back_within_the_lag),
        WITH_RULES(test_nothing_is_left),
    };
    return cmocka_run_group_tests_name("bookmark", tests, NULL, NULL);
}
