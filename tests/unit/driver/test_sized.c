/* Tests of sized.c: structs of which driver and core know different members. */

#include "unit.h"

#include <stddef.h>
#include <string.h>

#include "dbferry/driver.h"
#include "driver/sized.h"

struct known {
    uint64_t first;
    uint64_t last; /* of the first header */
    uint64_t later;
};
#define FIRST (offsetof(struct known, last) + sizeof(uint64_t))

static void test_what_both_know_is_copied(void **state)
{
    (void)state;
    const uint64_t theirs[] = {1, 2, 3, 4};
    static const struct {
        size_t size;
        bool taken;
        struct known copy;
    } cases[] = {
        {0, false, {9, 9, 9}},
        {FIRST - 1, false, {9, 9, 9}},
        {FIRST, true, {1, 2, 0}},
        {sizeof(struct known), true, {1, 2, 3}},
        {sizeof theirs, true, {1, 2, 3}}, /* what we do not know is left out */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct known copy = {9, 9, 9};
        bool taken = ferry_sized_copy(&copy, sizeof copy, FIRST, theirs, cases[i].size);
        if (taken != cases[i].taken || memcmp(&copy, &cases[i].copy, sizeof copy) != 0)
            fail_msg("%zu bytes", cases[i].size);
    }
}

static void test_a_driver_asks_what_the_core_knows(void **state)
{
    (void)state;
    assert_int_equal(ferry_struct_size("ferry_column"), sizeof(struct ferry_column));
    assert_int_equal(ferry_struct_size("ferry_scan"), sizeof(struct ferry_scan));
    assert_int_equal(ferry_struct_size("ferry_of_tomorrow"), 0);
    assert_int_equal(ferry_struct_size(""), 0);
    assert_true(FERRY_HAS(ferry_scan, touched));
    assert_true(FERRY_HAS(ferry_driver, libraries));
}

/* By a driver whose header is longer, or shorter, than ours. */
static void test_a_whole_struct_is_copied(void **state)
{
    (void)state;
    const size_t order = 1;
    const struct ferry_scan scan = {.order = &order, .order_count = 1, .touched = 1};
    struct {
        struct ferry_scan known;
        uint64_t more;
    } longer;
    memset(&longer, 0xFF, sizeof longer);
    ferry_struct_copy("ferry_scan", &longer, sizeof longer, &scan);
    assert_ptr_equal(longer.known.order, &order);
    assert_int_equal(longer.known.touched, 1);
    assert_int_equal(longer.more, 0);
    struct ferry_scan shorter = {.touched = 7};
    ferry_struct_copy("ferry_scan", &shorter, offsetof(struct ferry_scan, touched), &scan);
    assert_int_equal(shorter.order_count, 1);
    assert_int_equal(shorter.touched, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_both_know_is_copied),
        cmocka_unit_test(test_a_driver_asks_what_the_core_knows),
        cmocka_unit_test(test_a_whole_struct_is_copied),
    };
    return cmocka_run_group_tests_name("sized", tests, NULL, NULL);
}
