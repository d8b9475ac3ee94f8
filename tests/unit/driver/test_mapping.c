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

/* An order belongs to one answer, as the clauses do. */
static void test_an_order_is_said_of_a_column_that_has_an_answer(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_mapping mapping = {0};
    assert_int_equal(ferry_mapping_set_ordered(&mapping, &error), FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "an order of a mapping that was not set");
    assert_false(mapping.ordered);
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_EXACT, "A", NULL, &error), FERRY_OK);
    assert_false(mapping.ordered); /* not calling it means that it has none */
    assert_int_equal(ferry_mapping_set_ordered(&mapping, &error), FERRY_OK);
    assert_int_equal(ferry_mapping_set_clauses(&mapping, "NOT NULL", &error), FERRY_OK);
    assert_true(mapping.ordered);
    assert_string_equal(mapping.native, "A");
    assert_string_equal(mapping.clauses, "NOT NULL");
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_EXACT, "B", NULL, &error), FERRY_OK);
    assert_false(mapping.ordered);
    assert_int_equal(ferry_mapping_set_ordered(&mapping, &error), FERRY_OK);
    ferry_mapping_done(&mapping);
    assert_false(mapping.ordered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mappings),
        cmocka_unit_test(test_an_order_is_said_of_a_column_that_has_an_answer),
    };
    return cmocka_run_group_tests_name("mapping", tests, NULL, NULL);
}
