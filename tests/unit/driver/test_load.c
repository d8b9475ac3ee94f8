/* Tests of load.c: who lacks a driver is told which package has it. */

#define FERRY_DRIVER_DIR "/nonexistent/dbferry"
#define FERRY_DRIVER_PACKAGES "ferry-NAME-driver"

#include "unit.h"

#include "driver/load.c"

static void assert_missing(const char *text)
{
    struct ferry_driver_handle *driver = NULL;
    struct ferry_error error = {0};
    assert_int_equal(ferry_driver_get("lacking", &driver, &error), FERRY_ERR_CONFIG);
    assert_null(driver);
    assert_error(&error, FERRY_ERR_CONFIG, text);
}

static void test_package_of_a_missing_driver(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("DBFERRY_DRIVER_DIR"), 0);
    assert_missing("driver 'lacking' is not installed (no /nonexistent/dbferry/lacking.so); its "
                   "package is ferry-lacking-driver, where there is one; \"dbferry drivers\"");
}

static void test_no_package_of_a_folder_of_one_s_own(void **state)
{
    (void)state;
    assert_int_equal(setenv("DBFERRY_DRIVER_DIR", "/nonexistent/own", 1), 0);
    assert_missing("(no /nonexistent/own/lacking.so); \"dbferry drivers\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_package_of_a_missing_driver),
        cmocka_unit_test(test_no_package_of_a_folder_of_one_s_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
