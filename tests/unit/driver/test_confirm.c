/* Tests of confirm.c: each way in which a table can be another than the one that was planned for.
 */

#include "unit.h"

#include "dbferry/driver.h"

#define PLANNED UINT64_C(0xfedcba9876543210)

static const struct ferry_layout layout = {.table = "orders"};

static void check(uint32_t action, uint64_t planned, int exists, uint64_t now, bool is_same)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_load_spec spec = {
        .layout = &layout, .action = action, .definition = planned};
    ferry_status status = ferry_load_confirm(&spec, "the place", exists, now, &error);
    if (is_same)
        assert_int_equal(status, FERRY_OK);
    else {
        assert_int_equal(status, FERRY_ERR_BUSY);
        assert_true(error.may_pass);
        assert_error(&error, FERRY_ERR_BUSY,
                     "the place: table 'orders' was changed by another connection meanwhile");
    }
}

static void test_each_change_is_seen(void **state)
{
    (void)state;
    const uint32_t there[] = {FERRY_TABLE_KEEP, FERRY_TABLE_REBUILD};
    check(FERRY_TABLE_CREATE, 0, 0, 0, true);
    check(FERRY_TABLE_CREATE, 0, 0, PLANNED, true); /* nobody looks at what is not there */
    check(FERRY_TABLE_CREATE, 0, 1, PLANNED, false);
    check(FERRY_TABLE_CREATE, 0, 1, 0, false); /* of a target that tells no definition */
    for (size_t i = 0; i < 2; i++) {
        check(there[i], PLANNED, 1, PLANNED, true);
        check(there[i], PLANNED, 1, PLANNED ^ 1, false);
        check(there[i], PLANNED, 1, PLANNED ^ (UINT64_C(1) << 63), false);
        check(there[i], PLANNED, 0, 0, false);
        check(there[i], 0, 1, 0, true);
        check(there[i], 0, 0, 0, false);
    }
}

static void test_what_a_driver_sees_itself(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_load_spec spec = {.layout = &layout};
    assert_int_equal(ferry_load_fail_changed(&spec, "elsewhere", &error), FERRY_ERR_BUSY);
    assert_true(error.may_pass);
    assert_error(&error, FERRY_ERR_BUSY, "elsewhere: table 'orders' was changed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_change_is_seen),
        cmocka_unit_test(test_what_a_driver_sees_itself),
    };
    return cmocka_run_group_tests_name("confirm", tests, NULL, NULL);
}
