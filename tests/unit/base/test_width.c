/* Tests of width.c: no text is wider on a terminal than it is taken for. */

#include "unit.h"

#include "base/width.h"

static const struct {
    const char *text;
    size_t columns;
} texts[] = {
    {"", 0},
    {"abc", 3},
    {"\xC3\xA4\xC3\xB6", 2},         /* two umlauts */
    {"\xE6\xBC\xA2\xE5\xAD\x97", 4}, /* two ideographs, wide */
    {"\xF0\x9F\x98\x80!", 3},        /* an emoji, wide */
    {"a\xE6\xBC\xA2"
     "b\xC3\xA4",
     5},
};

static void test_width(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(ferry_width_of(texts[i].text), texts[i].columns);
}

/* The longest beginning in whole characters that is not too wide. */
static void test_fit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns, length;
    } cases[] = {
        {"", 0, 0},
        {"abc", 0, 0},
        {"abc", 2, 2},
        {"abc", 3, 3},
        {"abc", SIZE_MAX, 3},
        {"\xC3\xA4\xC3\xB6", 1, 2},
        {"\xE6\xBC\xA2\xE5\xAD\x97", 1, 0},
        {"\xE6\xBC\xA2\xE5\xAD\x97", 2, 3},
        {"\xE6\xBC\xA2\xE5\xAD\x97", 3, 3},
        {"\xE6\xBC\xA2\xE5\xAD\x97", 4, 6},
        {"a\xF0\x9F\x98\x80", 2, 1},
        {"a\xF0\x9F\x98\x80", 3, 5},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(ferry_width_fit(cases[i].text, cases[i].columns), cases[i].length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_width), cmocka_unit_test(test_fit)};
    return cmocka_run_group_tests_name("width", tests, NULL, NULL);
}
