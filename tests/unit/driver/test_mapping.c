/* Tests of mapping.c: the last answer of a target counts, whole. */

#include "unit.h"

#include "driver/mapping.h"

static void test_mappings(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_mapping mapping = {0};
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_NONE + 1, "T", NULL, &error),
                     FERRY_ERR_INTERNAL);
    ferry_error_clear(&error);
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_EXACT, NULL, NULL, &error),
                     FERRY_ERR_INTERNAL);
    ferry_error_clear(&error);
    assert_false(mapping.set);
    (void)ferry_mapping_set_clauses(&mapping, "NOT NULL", &error);
    assert_error(&error, FERRY_ERR_INTERNAL, "was not set");
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_LOSSY, "A", "why", &error), FERRY_OK);
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_WIDER, "B", NULL, &error), FERRY_OK);
    assert_string_equal(mapping.native, "B"); /* the last answer counts */
    assert_null(mapping.note);
    assert_int_equal(mapping.fit, FERRY_FIT_WIDER);
    assert_null(mapping.clauses);
    assert_int_equal(ferry_mapping_set_clauses(&mapping, "NOT NULL", &error), FERRY_OK);
    assert_int_equal(ferry_mapping_set_clauses(&mapping, "UNIQUE", &error), FERRY_OK);
    assert_string_equal(mapping.clauses, "UNIQUE");
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_EXACT, "C", NULL, &error), FERRY_OK);
    assert_null(mapping.clauses); /* another answer, another definition */
    ferry_mapping_done(&mapping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mappings),
    };
    return cmocka_run_group_tests_name("mapping", tests, NULL, NULL);
}
