/* Tests of axis.c: a value's place on its axis and back, over the edges of each type. */

#include "unit.h"

#include "../../../plugins/mysql/read/axis.c"

static void assert_round(const struct ferry_column *column, const char *text)
{
    char room[MYDRV_AXIS_ROOM];
    struct ferry_cell cell;
    mydrv_axis at = 0;
    assert_true(mydrv_axis_read(column, text, &at));
    mydrv_axis_write(column, at, room, &cell);
    assert_int_equal(cell.len, strlen(text));
    assert_memory_equal(cell.v.p, text, cell.len);
}

/* What comes next to it. */
static void assert_next(const struct ferry_column *column, const char *text, const char *next)
{
    char room[MYDRV_AXIS_ROOM];
    struct ferry_cell cell;
    mydrv_axis at = 0;
    assert_true(mydrv_axis_read(column, text, &at));
    mydrv_axis_write(column, at + 1, room, &cell);
    assert_int_equal(cell.len, strlen(next));
    assert_memory_equal(cell.v.p, next, cell.len);
}

static void refuses(const struct ferry_column *column, const char *text)
{
    mydrv_axis at = 0;
    assert_false(mydrv_axis_read(column, text, &at));
}

static void test_integers(void **state)
{
    (void)state;
    const struct ferry_column is_signed = {.type = FERRY_TYPE_INT, .bits = 64};
    const struct ferry_column is_unsigned = {
        .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED};
    char room[MYDRV_AXIS_ROOM];
    struct ferry_cell cell;
    mydrv_axis at = 0;
    assert_true(mydrv_axis_read(&is_signed, "-9223372036854775808", &at));
    mydrv_axis_write(&is_signed, at, room, &cell);
    assert_true(cell.v.i == INT64_MIN);
    assert_true(mydrv_axis_read(&is_unsigned, "18446744073709551615", &at));
    mydrv_axis_write(&is_unsigned, at, room, &cell);
    assert_true(cell.v.u == UINT64_MAX);
    assert_true(mydrv_axis_read(&is_unsigned, "0000042", &at)); /* ZEROFILL */
    assert_true(at == 42);
    static const char *const wrong[] = {"",   "-", "1.5",
                                        "1 ", "x", "1234567890123456789012345678901234567890"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        refuses(&is_signed, wrong[i]);
}

static void test_decimals(void **state)
{
    (void)state;
    const struct ferry_column wide = {.type = FERRY_TYPE_DECIMAL, .precision = 36, .scale = 6};
    const struct ferry_column whole = {.type = FERRY_TYPE_DECIMAL, .precision = 5};
    const struct ferry_column wider = {.type = FERRY_TYPE_DECIMAL, .precision = 37};
    assert_true(mydrv_axis_has(&wide) && mydrv_axis_has(&whole) && !mydrv_axis_has(&wider));
    assert_round(&wide, "-999999999999999999999999999999.999999");
    assert_round(&wide, "0.000001");
    assert_round(&wide, "-0.500000");
    assert_next(&wide, "-0.000001", "0.000000");
    assert_next(&wide, "9.999999", "10.000000");
    assert_round(&whole, "-12345");
    refuses(&whole, "1.5");
    const struct ferry_column fine = {.type = FERRY_TYPE_DECIMAL, .precision = 36, .scale = 30};
    refuses(&fine, "1234567890123456789012345678901234567"); /* no server should send that */
}

static void test_days(void **state)
{
    (void)state;
    const struct ferry_column date = {.type = FERRY_TYPE_DATE};
    static const char *const days[][2] = {
        {"0001-01-01", "0001-01-02"}, {"1999-12-31", "2000-01-01"}, {"2000-02-28", "2000-02-29"},
        {"2000-02-29", "2000-03-01"}, {"1900-02-28", "1900-03-01"}, {"2024-02-29", "2024-03-01"},
        {"2023-02-28", "2023-03-01"}, {"9999-12-30", "9999-12-31"}, {"0004-02-29", "0004-03-01"},
    };
    for (size_t i = 0; i < COUNT(days); i++) {
        assert_round(&date, days[i][0]);
        assert_next(&date, days[i][0], days[i][1]);
    }
    static const char *const wrong[] = {"0000-00-00", "2024-02-00", "2024-00-10",  "2023-02-29",
                                        "2024-13-01", "2024-1-1",   "2024-01-01 ", "yesterday"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        refuses(&date, wrong[i]);
}

static void test_moments(void **state)
{
    (void)state;
    const struct ferry_column seconds = {.type = FERRY_TYPE_DATETIME};
    const struct ferry_column micro = {.type = FERRY_TYPE_DATETIME, .scale = 6};
    assert_round(&seconds, "0001-01-01 00:00:00");
    assert_next(&seconds, "2023-12-31 23:59:59", "2024-01-01 00:00:00");
    assert_round(&micro, "9999-12-31 23:59:59.999999");
    assert_next(&micro, "2024-02-28 23:59:59.999999", "2024-02-29 00:00:00.000000");
    refuses(&seconds, "2024-01-01");
    refuses(&seconds, "2024-01-01 00:00:00.0");
    refuses(&micro, "2024-01-01 00:00:00");
    refuses(&micro, "2024-01-01 00:00:00.12345");
    refuses(&micro, "0000-00-00 00:00:00.000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
