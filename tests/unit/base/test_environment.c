/* Tests of environment.c: what is taken out of the environment, and who can still read it. */

#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"

extern char **environ;

static bool is_listed(char **list, const char *variable)
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (strcmp(list[i], variable) == 0)
            return true;
    return false;
}

/* Each test has an environment of its own, and the process its own one in the end. */
static char **before;

static int keep(void **state)
{
    (void)state;
    before = environ;
    return 0;
}

static int restore(void **state)
{
    (void)state;
    environ = before;
    return 0;
}

#define ENVIRONMENT(...)                                                                           \
    static const char *list[] = {__VA_ARGS__, NULL};                                               \
    environ = (char **)(uintptr_t)list

static void test_a_name_is_taken(void **state)
{
    (void)state;
    ENVIRONMENT("ACME=1", "ACME_HOST=there", "NACME=2");
    assert_true(ferry_environment_take("ACME"));
    assert_null(getenv("ACME"));
    assert_string_equal(getenv("ACME_HOST"), "there");
    assert_string_equal(getenv("NACME"), "2");
    assert_string_equal(ferry_environment_value("ACME"), "1");
    assert_string_equal(ferry_environment_value("NACME"), "2");
    assert_null(ferry_environment_value("ACM"));
}

static void test_all_that_begin_so_are_taken(void **state)
{
    (void)state;
    ENVIRONMENT("PGHOST=a", "PATH=/bin", "PG=b", "pgx=c", "PGHOST=twice", "P=d", "PGEMPTY=");
    assert_true(ferry_environment_take("PG*"));
    assert_string_equal(environ[0], "PATH=/bin");
    assert_string_equal(environ[1], "pgx=c");
    assert_string_equal(environ[2], "P=d");
    assert_null(environ[3]);
    assert_string_equal(ferry_environment_value("PGHOST"), "a"); /* as getenv() chose */
    assert_string_equal(ferry_environment_value("PG"), "b");
    assert_string_equal(ferry_environment_value("PGEMPTY"), "");
}

static void test_programs_see_none(void **state)
{
    (void)state;
    ENVIRONMENT("TDSDUMP=/tmp/x", "HOME=/root");
    assert_true(ferry_environment_take("TDS*"));
    char **programs = ferry_environment_for_programs();
    assert_non_null(programs);
    assert_false(is_listed(programs, "TDSDUMP=/tmp/x"));
    assert_true(is_listed(programs, "HOME=/root"));
    free(programs);
}

static void test_without_an_environment(void **state)
{
    (void)state;
    environ = NULL;
    assert_true(ferry_environment_take("NOTHING*"));
    assert_null(ferry_environment_value("NOTHING"));
}

static void test_which_patterns_are_valid(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        bool valid;
    } cases[] = {
        {"PG*", true},   {"TNS_ADMIN", true}, {"http_proxy", true}, {"X", true},
        {"P*", false},   {"*", false},        {"", false},          {"PG*X", false},
        {"PG**", false}, {"A=B", false},      {"PG?", false},       {"P G", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (ferry_environment_pattern_is_valid(cases[i].pattern) != cases[i].valid)
            fail_msg("'%s'", cases[i].pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_name_is_taken, keep, restore),
        cmocka_unit_test_setup_teardown(test_all_that_begin_so_are_taken, keep, restore),
        cmocka_unit_test_setup_teardown(test_programs_see_none, keep, restore),
        cmocka_unit_test_setup_teardown(test_without_an_environment, keep, restore),
        cmocka_unit_test_setup_teardown(test_which_patterns_are_valid, keep, restore),
    };
    return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
