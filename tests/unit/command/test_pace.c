/* Tests of pace.c: what is told of the time left, and that it does not jump. */

#include "unit.h"

#include "command/pace.h"
#include "dbferry/driver.h"

#define TICK_MS 200

/* `ms` go by, in which `rows_per_tick` come with each look. */
static void go_on(struct ferry_pace *pace, int64_t ms, uint64_t rows_per_tick)
{
    for (int64_t passed = 0; passed < ms; passed += TICK_MS)
        ferry_pace_take(pace, pace->at_ms + TICK_MS, pace->rows + rows_per_tick);
}

static struct ferry_pace begin(void)
{
    struct ferry_pace pace = {0};
    ferry_pace_take(&pace, 5000, 0);
    return pace;
}

static void test_an_even_pace(void **state)
{
    (void)state;
    struct ferry_pace pace = begin();
    go_on(&pace, 5000, 100); /* 500 rows a second */
    struct ferry_forecast forecast = ferry_pace_forecast(&pace, 10000);
    assert_true(forecast.has_percent && forecast.has_left);
    assert_int_equal(forecast.percent, 25);
    assert_in_range(forecast.left_ms, 14990, 15010);
}

static void test_nothing_in_the_first_seconds(void **state)
{
    (void)state;
    struct ferry_pace pace = begin();
    go_on(&pace, 1800, 100);
    assert_false(ferry_pace_forecast(&pace, 10000).has_percent);
    assert_false(ferry_pace_forecast(&pace, 10000).has_left);
    go_on(&pace, 200, 100);
    assert_true(ferry_pace_forecast(&pace, 10000).has_percent);
    assert_true(ferry_pace_forecast(&pace, 10000).has_left);
}

static void test_nothing_of_what_nobody_knows(void **state)
{
    (void)state;
    struct ferry_pace pace = begin();
    go_on(&pace, 5000, 100);
    assert_false(ferry_pace_forecast(&pace, FERRY_ROWS_UNKNOWN).has_percent);
    assert_false(ferry_pace_forecast(&pace, FERRY_ROWS_UNKNOWN).has_left);
    assert_false(ferry_pace_forecast(&pace, 0).has_percent);
}

/* While rows come they are never all there, and more than were expected make both go. */
static void test_the_end(void **state)
{
    (void)state;
    struct ferry_pace pace = begin();
    go_on(&pace, 4000, 100); /* 2,000 rows */
    static const struct {
        uint64_t expected;
        bool percent, left;
        unsigned number;
    } cases[] = {
        {2001, true, false, 99}, /* less than a second */
        {2000, true, false, 99}, {1999, false, false, 0},
        {1, false, false, 0},    {4000, true, true, 50},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_forecast forecast = ferry_pace_forecast(&pace, cases[i].expected);
        assert_int_equal(forecast.has_percent, cases[i].percent);
        assert_int_equal(forecast.has_left, cases[i].left);
        assert_int_equal(forecast.percent, cases[i].number);
    }
}

static void test_no_row_yet(void **state)
{
    (void)state;
    struct ferry_pace pace = begin();
    go_on(&pace, 60000, 0);
    struct ferry_forecast forecast = ferry_pace_forecast(&pace, 100);
    assert_true(forecast.has_percent);
    assert_int_equal(forecast.percent, 0);
    assert_false(forecast.has_left);
}

/* Rows of a batch come at once: from look to look the time left changes by little. */
static void test_batches(void **state)
{
    (void)state;
    struct ferry_pace pace = begin();
    int64_t before = 0;
    for (int i = 0; i < 100; i++) { /* 2,048 rows every second */
        go_on(&pace, 800, 0);
        go_on(&pace, 200, 2048);
        struct ferry_forecast forecast = ferry_pace_forecast(&pace, UINT64_C(2048) * 400);
        if (i < 10)
            continue;
        assert_true(forecast.has_left);
        assert_in_range(forecast.left_ms, (399 - i) * 900, (399 - i) * 1100);
        if (before > 0)
            assert_in_range(forecast.left_ms, before - 6000, before + 6000);
        before = forecast.left_ms;
    }
}

/* A source that gets slower: within a minute the time left is that of its new pace. */
static void test_another_pace(void **state)
{
    (void)state;
    struct ferry_pace pace = begin();
    go_on(&pace, 60000, 1000);
    go_on(&pace, 60000, 100); /* 500 a second: 330,000 are there */
    struct ferry_forecast forecast = ferry_pace_forecast(&pace, 380000);
    assert_true(forecast.has_left);
    assert_in_range(forecast.left_ms, 60000, 100000); /* 100 s, once the old one is forgotten */
}

/* A clock that stands still, and looks that come too often, divide nothing by zero. */
static void test_the_same_moment(void **state)
{
    (void)state;
    struct ferry_pace pace = begin();
    ferry_pace_take(&pace, 5000, 100);
    ferry_pace_take(&pace, 4000, 200);
    go_on(&pace, 4000, 100);
    assert_int_equal(pace.rows, 2000);
    assert_in_range(ferry_pace_forecast(&pace, 4000).left_ms, 3990, 4010);
}

static void test_no_forecast_of_years(void **state)
{
    (void)state;
    struct ferry_pace pace = begin();
    go_on(&pace, 4000, 1);
    struct ferry_forecast forecast = ferry_pace_forecast(&pace, UINT64_MAX - 1);
    assert_true(forecast.has_percent);
    assert_int_equal(forecast.percent, 0);
    assert_false(forecast.has_left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_even_pace),
        cmocka_unit_test(test_nothing_in_the_first_seconds),
        cmocka_unit_test(test_nothing_of_what_nobody_knows),
        cmocka_unit_test(test_the_end),
        cmocka_unit_test(test_no_row_yet),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_another_pace),
        cmocka_unit_test(test_the_same_moment),
        cmocka_unit_test(test_no_forecast_of_years),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
