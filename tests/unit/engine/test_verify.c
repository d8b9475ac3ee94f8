/* Tests of verify.c: what the target counts must be what was read. */

#include "unit.h"

#include "engine/verify.h"

static void check(uint64_t read, uint64_t inserted, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_load_totals totals = {
        .inserted = inserted, .before = 7, .deleted = 8, .updated = 9, .after = 10};
    ferry_status status = ferry_verify_count(read, &totals, &error);
    assert_int_equal(status, error.status);
    if (message == NULL)
        assert_no_error(&error);
    else
        assert_error(&error, FERRY_ERR_DATA, message);
}

static void test_counts_must_agree(void **state)
{
    (void)state;
    check(0, 0, NULL);
    check(5, 5, NULL);
    check(UINT64_MAX, UINT64_MAX, NULL);
    check(5, 4, "5 rows were read from the source but the target counts 4;");
    check(4, 5, "4 rows were read from the source but the target counts 5;");
    check(UINT64_MAX, 0, "18446744073709551615 rows were read");
    check(0, UINT64_MAX, "counts 18446744073709551615;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_must_agree),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
