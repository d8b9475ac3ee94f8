/* Tests of nearest.c: typing errors are understood, other words are not. */

#include "unit.h"

#include <stdbool.h>

#include "base/nearest.h"

static const char *nearest(const char *wanted)
{
    static const char *const known[] = {
        "host", "port", "password", "path", "default_target", "target_argument_enabled", "x"};
    struct ferry_nearest search = {.wanted = wanted};
    for (size_t i = 0; i < COUNT(known); i++)
        ferry_nearest_offer(&search, known[i]);
    return search.best;
}

static void test_typing_errors(void **state)
{
    (void)state;
    assert_string_equal(nearest("hots"), "host");
    assert_string_equal(nearest("prot"), "port");
    assert_string_equal(nearest("pasword"), "password");
    assert_string_equal(nearest("passwort"), "password");
    assert_string_equal(nearest("PASSWORD"), "password");
    assert_string_equal(nearest("defualt_target"), "default_target");
    assert_string_equal(nearest("default-target"), "default_target");
    assert_string_equal(nearest("target_argument_enable"), "target_argument_enabled");
}

static void test_other_words(void **state)
{
    (void)state;
    assert_null(nearest("zebra"));
    assert_null(nearest(""));
    assert_null(nearest("quite_another_thing"));
    assert_null(nearest("q")); /* replacing all of a name is no likeness */
}

static void test_long_words_cost_nothing(void **state)
{
    (void)state;
    char word[5001];
    memset(word, 'p', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_null(nearest(word));
    word[64] = '\0'; /* the longest that is looked at */
    assert_null(nearest(word));
    struct ferry_nearest search = {.wanted = "path"};
    word[64] = 'p';
    ferry_nearest_offer(&search, word);
    assert_null(search.best);
}

/* Two edits in a short word, one for three letters in a longer one, and not one more. */
static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *wanted, *name;
        bool near;
    } cases[] = {
        {"abcde", "abxyz", false},
        {"abcde", "abcxy", true},
        {"abcdef", "abcxyz", false},
        {"abcdef", "abcdxy", true},
        {"abcdefghi", "abcdewxyz", false},
        {"abcdefghi", "abcdefxyz", true},
        {"ab", "xy", false},
        {"abc", "axy", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_nearest search = {.wanted = cases[i].wanted};
        ferry_nearest_offer(&search, cases[i].name);
        if ((search.best != NULL) != cases[i].near)
            fail_msg("'%s' and '%s'", cases[i].wanted, cases[i].name);
    }
}

static void test_best_of_several(void **state)
{
    (void)state;
    struct ferry_nearest search = {.wanted = "port"};
    ferry_nearest_offer(&search, "post");
    ferry_nearest_offer(&search, "port");
    ferry_nearest_offer(&search, "sort");
    assert_string_equal(search.best, "port");
    assert_int_equal(search.distance, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_typing_errors),           cmocka_unit_test(test_other_words),
        cmocka_unit_test(test_long_words_cost_nothing), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_best_of_several),
    };
    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
