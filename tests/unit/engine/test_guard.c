/* Tests of guard.c: each rule at, below and above its limit, and with counts of any size. */

#include "unit.h"

#include "engine/guard.h"

static const struct ferry_guard_rules off = {.max_shrink_percent = -1};

static ferry_status check(const struct ferry_guard_rules *rules, uint64_t rows, uint64_t before,
                          const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_load_totals totals = {.after = rows, .before = before};
    ferry_status status = ferry_guard_check(rules, &totals, true, &error);
    assert_int_equal(status, error.status);
    if (status != FERRY_OK)
        assert_error(&error, FERRY_ERR_DATA, message);
    return status;
}

static void passes(const struct ferry_guard_rules *rules, uint64_t rows, uint64_t before)
{
    assert_int_equal(check(rules, rows, before, ""), FERRY_OK);
}

static void refuses(const struct ferry_guard_rules *rules, uint64_t rows, uint64_t before,
                    const char *message)
{
    assert_int_equal(check(rules, rows, before, message), FERRY_ERR_DATA);
}

static void test_empty(void **state)
{
    (void)state;
    const struct ferry_guard_rules allowed = {.allow_empty = true, .max_shrink_percent = -1};
    passes(&off, 0, 0);
    refuses(&off, 0, 1, "allow_empty");
    passes(&allowed, 0, 1);
    passes(&off, 1, 1000);
    refuses(&off, 0, 1, "if that is right, set allow_empty = true");
    const struct ferry_guard_rules typed = {.is_typed = true, .max_shrink_percent = -1};
    refuses(&typed, 0, 1, "if that is right, set -o job.allow_empty=true");
}

static void test_min_rows(void **state)
{
    (void)state;
    const struct ferry_guard_rules one = {.min_rows = 1, .max_shrink_percent = -1};
    const struct ferry_guard_rules rules = {.min_rows = 100, .max_shrink_percent = -1};
    const struct ferry_guard_rules most = {.min_rows = INT64_MAX, .max_shrink_percent = -1};
    refuses(&one, 0, 0, "min_rows = 1;");
    passes(&one, 1, 0);
    refuses(&rules, 99, 0, "min_rows = 100");
    refuses(&rules, 0, 0, "min_rows");
    passes(&rules, 100, 0);
    passes(&most, INT64_MAX, 0);
    passes(&most, UINT64_MAX, 0);
    refuses(&most, (uint64_t)INT64_MAX - 1, 0, "min_rows");
}

static void test_shrinking(void **state)
{
    (void)state;
    const struct ferry_guard_rules ten = {.max_shrink_percent = 10};
    const struct ferry_guard_rules none = {.max_shrink_percent = 0};
    const struct ferry_guard_rules all = {.max_shrink_percent = 100, .allow_empty = true};
    passes(&ten, 90, 100);
    refuses(&ten, 89, 100, "max_shrink_percent = 10");
    passes(&ten, 200, 100);
    passes(&ten, 9, 10);
    refuses(&ten, 8, 9, "from 9 to 8");
    passes(&none, 100, 100);
    refuses(&none, 99, 100, "max_shrink_percent");
    refuses(&none, UINT64_MAX - 1, UINT64_MAX, "max_shrink_percent");
    passes(&all, 0, UINT64_MAX);
    passes(&ten, UINT64_MAX - UINT64_MAX / 10, UINT64_MAX);
    refuses(&ten, UINT64_MAX - UINT64_MAX / 10 - 2, UINT64_MAX, "max_shrink_percent");
    passes(&ten, 0, 0);
}

/* Of a table whose earlier rows stay, it is the table that would have too few. */
static void test_rows_that_stay(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_guard_rules rules = {.min_rows = 5, .max_shrink_percent = -1};
    const struct ferry_load_totals totals = {.before = 3, .inserted = 1, .after = 4};
    (void)ferry_guard_check(&rules, &totals, false, &error);
    assert_error(&error, FERRY_ERR_DATA, "the table would have 4 rows, fewer than min_rows = 5;");
    (void)ferry_guard_check(&rules, &totals, true, &error);
    assert_error(&error, FERRY_ERR_DATA, "the source has 4 rows, fewer than min_rows = 5;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_min_rows),
        cmocka_unit_test(test_shrinking),
        cmocka_unit_test(test_rows_that_stay),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
