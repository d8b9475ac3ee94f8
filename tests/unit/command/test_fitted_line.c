/* Tests of fitted_line.c: what a narrow terminal leaves out. */

#include "unit.h"

#include "command/fitted_line.h"

static void make(struct ferry_fitted_line *line)
{
    static const struct {
        const char *text;
        unsigned worth;
    } parts[] = {{"cars", 9}, {"1,234 rows", 5}, {"", 8}, {"45 %", 7}, {"3.4 MiB", 0}, {"3 s", 4}};
    for (size_t i = 0; i < COUNT(parts); i++)
        ferry_strbuf_add(ferry_fitted_line_part(line, parts[i].worth), parts[i].text);
}

/* The parts stand in their order, those of the least worth go first, and no room is left unused
 * that the next part would fit into. */
static void test_parts_by_worth(void **state)
{
    (void)state;
    static const struct {
        size_t columns;
        const char *text;
    } cases[] = {
        {SIZE_MAX, "cars  1,234 rows  45 %  3.4 MiB  3 s"},
        {36, "cars  1,234 rows  45 %  3.4 MiB  3 s"},
        {35, "cars  1,234 rows  45 %  3 s"},
        {27, "cars  1,234 rows  45 %  3 s"},
        {26, "cars  1,234 rows  45 %"},
        {22, "cars  1,234 rows  45 %"},
        {21, "cars  45 %"},
        {10, "cars  45 %"},
        {9, "cars"},
        {4, "cars"},
        {1, "cars"}, /* whoever draws it cuts it */
        {0, "cars"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_FITTED_LINE struct ferry_fitted_line line = {0};
        FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
        make(&line);
        ferry_fitted_line_write(&line, cases[i].columns, &text);
        assert_string_equal(ferry_strbuf_text(&text), cases[i].text);
    }
}

/* Wide letters count twice. */
static void test_wide_letters(void **state)
{
    (void)state;
    FERRY_AUTO_FITTED_LINE struct ferry_fitted_line line = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf wide = {0}, narrow = {0};
    ferry_strbuf_add(ferry_fitted_line_part(&line, 1), "\xE6\xBC\xA2\xE5\xAD\x97");
    ferry_strbuf_add(ferry_fitted_line_part(&line, 0), "1 s");
    ferry_fitted_line_write(&line, 9, &wide);
    ferry_fitted_line_write(&line, 8, &narrow);
    assert_string_equal(ferry_strbuf_text(&wide), "\xE6\xBC\xA2\xE5\xAD\x97  1 s");
    assert_string_equal(ferry_strbuf_text(&narrow), "\xE6\xBC\xA2\xE5\xAD\x97");
}

static void test_nothing(void **state)
{
    (void)state;
    FERRY_AUTO_FITTED_LINE struct ferry_fitted_line line = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_fitted_line_write(&line, 80, &text);
    assert_int_equal(text.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_by_worth),
        cmocka_unit_test(test_wide_letters),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests_name("fitted_line", tests, NULL, NULL);
}
