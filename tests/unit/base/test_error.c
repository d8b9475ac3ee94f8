/* Tests of error.c: classes, exit codes, one report per failure, hostile text. */

#include "unit.h"

static void test_first_failure_stays(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_fail(&error, FERRY_ERR_BUSY, "table '%s' is locked", "t"),
                     FERRY_ERR_BUSY);
    assert_int_equal(ferry_fail(&error, FERRY_ERR_DATA, "second"), FERRY_ERR_BUSY);
    assert_string_equal(error.message, "table 't' is locked");
}

static void test_ok_is_no_failure(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_fail(&error, FERRY_OK, "said ok"), FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "said ok");
}

static void test_clear_makes_usable_again(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    ferry_error_clear(&error);
    (void)ferry_fail(&error, FERRY_ERR_DATA, "one");
    ferry_error_clear(&error);
    assert_null(error.message);
    assert_int_equal(error.status, FERRY_OK);
    assert_int_equal(ferry_fail(&error, FERRY_ERR_STREAM, "two"), FERRY_ERR_STREAM);
    assert_string_equal(error.message, "two");
    ferry_error_clear(&error);
}

static void test_message_is_one_harmless_line(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_fail(&error, FERRY_ERR_STREAM, "%s", "a\nb\033[31mc\xFF");
    assert_string_equal(error.message, "a\\nb\\x1B[31mc\\xFF");
}

static void test_message_has_a_limit(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char *huge = malloc(100001);
    assert_non_null(huge);
    memset(huge, 'x', 100000);
    huge[100000] = '\0';
    (void)ferry_fail(&error, FERRY_ERR_STREAM, "%s", huge);
    free(huge);
    size_t length = strlen(error.message);
    assert_in_range(length, 1000, 5000);
    assert_string_equal(error.message + length - 3, "...");
}

static void test_prefix_goes_in_front(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_error_prefix(&error, "nothing to prefix: ");
    assert_null(error.message);
    (void)ferry_fail(&error, FERRY_ERR_CONFIG, "bad");
    ferry_error_prefix(&error, "connection '%s': ", "a\nb");
    assert_string_equal(error.message, "connection 'a\\nb': bad");
    assert_int_equal(error.status, FERRY_ERR_CONFIG);
}

/* The exit codes are an interface: this table is a copy of the manual's, on purpose. */
static void test_exit_codes(void **state)
{
    (void)state;
    static const struct {
        ferry_status status;
        int exit_code;
    } expected[] = {
        {FERRY_ERR_INTERNAL, 70},    {FERRY_ERR_SYSTEM, 71},      {FERRY_ERR_CONFIG, 78},
        {FERRY_ERR_USAGE, 64},       {FERRY_ERR_REFUSED, 77},     {FERRY_ERR_SCHEMA, 65},
        {FERRY_ERR_DATA, 65},        {FERRY_ERR_NOT_FOUND, 66},   {FERRY_ERR_TARGET_IO, 74},
        {FERRY_ERR_TARGET_OPEN, 73}, {FERRY_ERR_STREAM, 76},      {FERRY_ERR_BUSY, 75},
        {FERRY_ERR_UNREACHABLE, 69}, {FERRY_ERR_UNSUPPORTED, 78}, {FERRY_DONE_FROM_FALLBACK, 3},
    };
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(ferry_error_class_of(expected[i].status)->exit_code,
                         expected[i].exit_code);
}

static void test_classes_are_complete(void **state)
{
    (void)state;
    size_t count = 0;
    const struct ferry_error_class *classes = ferry_error_classes(&count);
    assert_int_equal(count, FERRY_DONE_FROM_FALLBACK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(classes[i].status, i + 1);
        assert_ptr_equal(ferry_error_class_of((ferry_status)i + 1), &classes[i]);
        assert_true(strlen(classes[i].name) > 0 && strlen(classes[i].meaning) > 0);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(classes[i].name, classes[k].name);
    }
}

static void test_unknown_numbers_are_internal(void **state)
{
    (void)state;
    static const ferry_status unknown[] = {-1, 17, 99, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        assert_false(ferry_error_status_is_known(unknown[i]));
        assert_int_equal(ferry_error_class_of(unknown[i])->status, FERRY_ERR_INTERNAL);
    }
    assert_true(ferry_error_status_is_known(FERRY_OK));
    assert_false(ferry_error_status_is_known(FERRY_DONE_FROM_FALLBACK)); /* no driver's */
}

/* "signal, 70, 71, 78, 64, 77, 65, 66, 74, 73, 76, 75, 69, 3, 0" */
static void test_graver_follows_the_manual(void **state)
{
    (void)state;
    static const ferry_status order[] = {
        FERRY_ERR_INTERNAL,       FERRY_ERR_SYSTEM, FERRY_ERR_CONFIG,    FERRY_ERR_USAGE,
        FERRY_ERR_REFUSED,        FERRY_ERR_SCHEMA, FERRY_ERR_NOT_FOUND, FERRY_ERR_TARGET_IO,
        FERRY_ERR_TARGET_OPEN,    FERRY_ERR_STREAM, FERRY_ERR_BUSY,      FERRY_ERR_UNREACHABLE,
        FERRY_DONE_FROM_FALLBACK, FERRY_OK,
    };
    for (size_t i = 0; i < COUNT(order); i++)
        for (size_t k = i; k < COUNT(order); k++) {
            assert_int_equal(ferry_error_graver(order[i], order[k]), order[i]);
            assert_int_equal(ferry_error_graver(order[k], order[i]), order[i]);
        }
    assert_int_equal(ferry_error_graver(FERRY_ERR_UNSUPPORTED, FERRY_ERR_USAGE),
                     FERRY_ERR_UNSUPPORTED);
    assert_int_equal(ferry_error_graver(FERRY_ERR_SYSTEM, FERRY_ERR_UNSUPPORTED), FERRY_ERR_SYSTEM);
}

/* The classes that may be gone at the next attempt, by themselves or where the driver says so. */
static void test_what_may_pass(void **state)
{
    (void)state;
    static const struct {
        ferry_status status;
        bool alone, said;
    } cases[] = {
        {FERRY_ERR_INTERNAL, false, false},    {FERRY_ERR_SYSTEM, false, false},
        {FERRY_ERR_CONFIG, false, false},      {FERRY_ERR_USAGE, false, false},
        {FERRY_ERR_REFUSED, false, false},     {FERRY_ERR_SCHEMA, false, false},
        {FERRY_ERR_DATA, false, false},        {FERRY_ERR_NOT_FOUND, false, false},
        {FERRY_ERR_TARGET_IO, false, true},    {FERRY_ERR_TARGET_OPEN, false, true},
        {FERRY_ERR_STREAM, true, true},        {FERRY_ERR_BUSY, false, true},
        {FERRY_ERR_UNREACHABLE, true, true},   {FERRY_ERR_CANCELLED, false, false},
        {FERRY_ERR_UNSUPPORTED, false, false}, {999, false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        ferry_error_may_pass(&error); /* too early: nothing has failed */
        assert_false(ferry_error_is_passing(&error));
        (void)ferry_fail(&error, cases[i].status, "x");
        assert_int_equal(ferry_error_is_passing(&error), cases[i].alone);
        ferry_error_may_pass(&error);
        assert_int_equal(ferry_error_is_passing(&error), cases[i].said);
        ferry_error_clear(&error);
        assert_false(error.may_pass);
    }
}

/* Of another run is what the driver calls so, of one class. */
static void test_of_other_run(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0}, moved = {0};
    ferry_error_held_by_run(&error); /* too early: nothing has failed */
    assert_false(ferry_error_is_of_other_run(&error));
    (void)ferry_fail(&error, FERRY_ERR_BUSY, "locked");
    assert_false(ferry_error_is_of_other_run(&error));
    ferry_error_held_by_run(&error);
    assert_true(ferry_error_is_of_other_run(&error));
    assert_false(ferry_error_is_passing(&error));
    ferry_error_prefix(&error, "after 2 attempts: ");
    ferry_error_move(&moved, &error);
    assert_true(ferry_error_is_of_other_run(&moved));
    ferry_error_clear(&moved);
    assert_false(ferry_error_is_of_other_run(&moved));
    (void)ferry_fail(&error, FERRY_ERR_TARGET_IO, "the disk is full");
    ferry_error_held_by_run(&error);
    assert_false(ferry_error_is_of_other_run(&error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_failure_stays),
        cmocka_unit_test(test_ok_is_no_failure),
        cmocka_unit_test(test_clear_makes_usable_again),
        cmocka_unit_test(test_message_is_one_harmless_line),
        cmocka_unit_test(test_message_has_a_limit),
        cmocka_unit_test(test_prefix_goes_in_front),
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_classes_are_complete),
        cmocka_unit_test(test_unknown_numbers_are_internal),
        cmocka_unit_test(test_graver_follows_the_manual),
        cmocka_unit_test(test_what_may_pass),
        cmocka_unit_test(test_of_other_run),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
