/* Tests of fold.c: which names differ in nothing but their case. */

#include "unit.h"

#include <stdbool.h>

#include "dbferry/driver.h"

static void test_which_names_are_one(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        bool same;
    } cases[] = {
        {"orders", "orders", true},
        {"Orders", "oRDERS", true},
        {"orders", "order", false},
        {"", "", true},
        {"", "a", false},
        {"[", "{", false},                              /* no letters */
        {"\xC3\x84pfel", "\xC3\xA4PFEL", true},         /* Ä, ä */
        {"\xCE\xA9", "\xCF\x89", true},                 /* omega */
        {"\xD0\x96", "\xD0\xB6", true},                 /* zhe */
        {"\xC3\x84", "A", false},                       /* Ä, A */
        {"\xE8\xA1\xA8", "\xE8\xA1\xA9", false},        /* no alphabet with case */
        {"\xF0\x90\x90\x80", "\xF0\x90\x90\xA8", true}, /* Deseret, beyond 16 bits */
        {"\xC3", "\xC3", true},                         /* not UTF-8 */
        {"\xC3", "\xE3", false},                        /* no letters either */
        {"\xC3\x84\xFF", "\xC3\xA4\xFF", true},
        {"a\xF0\x90", "A\xF0\x90", true}, /* cut off */
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if ((ferry_fold_compare(cases[i].one, cases[i].other) == 0) != cases[i].same)
            fail_msg("case %zu: '%s', '%s'", i, cases[i].one, cases[i].other);
}

static void test_their_order(void **state)
{
    (void)state;
    assert_true(ferry_fold_compare("a", "B") < 0);
    assert_true(ferry_fold_compare("b", "A") > 0);
    assert_true(ferry_fold_compare("a", "AB") < 0);
    assert_true(ferry_fold_compare("z", "\xC3\x84") < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_names_are_one),
        cmocka_unit_test(test_their_order),
    };
    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
