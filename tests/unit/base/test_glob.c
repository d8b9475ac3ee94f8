/* Tests of glob.c: which names fit a pattern. */

#include "unit.h"

#include <locale.h>
#include <stdbool.h>

#include "base/glob.h"

static void test_which_names_fit(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool fits;
    } cases[] = {
        {"*", "orders", true},
        {"*", "", true},
        {"*", "a/b.c", true}, /* neither ends a pattern's part */
        {"*", ".hidden", true},
        {"order*", "orders", true},
        {"order*", "order", true},
        {"order*", "reorder", false},
        {"orders", "orders", true},
        {"orders", "Orders", false},
        {"tmp_?", "tmp_1", true},
        {"tmp_?", "tmp_12", false},
        {"tmp_?", "tmp_\xc3\xa4", true},         /* ä */
        {"tmp_?", "tmp_\xf0\x9f\x90\xab", true}, /* a camel */
        {"t[ab]", "ta", true},
        {"t[ab]", "tc", false},
        {"t[!ab]", "tc", true},
        {"a\\*", "a*", true},
        {"a\\*", "ab", false},
        {"a\nb*", "a\nbc", true},
        {"", "a", false},
        {"?", "\xff", true}, /* not UTF-8: a byte is a character */
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (ferry_glob_fits(cases[i].pattern, cases[i].name) != cases[i].fits)
            fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].name);
}

/* Whatever the program's own locale is, and it stays that. */
static void test_the_locale_stays(void **state)
{
    (void)state;
    locale_t before = uselocale((locale_t)0);
    assert_true(ferry_glob_fits("?", "\xc3\xa4"));
    assert_ptr_equal(uselocale((locale_t)0), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_names_fit),
        cmocka_unit_test(test_the_locale_stays),
    };
    return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
