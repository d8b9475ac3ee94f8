/* Tests of what reads lists of members (spelling.c, map.c, hold.c): where memory ends, they say so,
 * and never that a type has fewer members than it has. */

#include "unit.h"

#include "types/native.h"
#include "types/types.h"

static int allocations_left = -1; /* -1: all are granted */

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left -= allocations_left > 0;
    return __real_realloc(old, size);
}

/* Longer than what a text has room for at first. */
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG HUNDRED HUNDRED HUNDRED

#define MEMBERS "'a','it''s','back\\\\slash','last'"

/* Either all of it, or a failure. */
static void test_spelled(void **state)
{
    (void)state;
    struct mydrv_type type;
    assert_true(mydrv_type_parse("enum(" MEMBERS ")", &type));
    for (int granted = 0; granted < 10; granted++) {
        struct part_text text = {0};
        allocations_left = granted;
        bool spelled = mydrv_type_spell(&type, true, &text);
        allocations_left = -1;
        assert_int_equal(spelled, !text.failed);
        if (spelled)
            assert_string_equal(text.data, "enum(" MEMBERS ")");
        part_text_clear(&text);
    }
}

static void test_mapped(void **state)
{
    (void)state;
    const struct mydrv_abilities can = {.mariadb = true};
    const struct ferry_wish wish = {0};
    const struct ferry_column column = {
        .name = "e", .native = "enum", .type = FERRY_TYPE_ENUM, .members = "'a','" LONG "'"};
    for (int granted = 0; granted < 10; granted++) {
        struct part_text native = {0};
        const char *note = NULL;
        allocations_left = granted;
        (void)mydrv_map_type(&can, &column, &wish, &native, &note);
        allocations_left = -1;
        if (!native.failed)
            assert_string_equal(native.data, "enum('a','" LONG "')");
        part_text_clear(&native);
    }
}

/* A table holds the source's members, however little memory there is. */
static void test_held(void **state)
{
    (void)state;
    static const struct {
        const char *is, *wanted;
        bool holds;
    } cases[] = {
        {"enum(" MEMBERS ")", "enum(" MEMBERS ")", true},
        {"enum('z'," MEMBERS ",'more')", "enum(" MEMBERS ")", true},
        {"enum('a','it''s')", "enum('a','it''s','last')", false},
        {"enum('last','a')", "enum('a','last')", false},
        {"set('a','b','c')", "set('a','c')", true},
        {"set('ab','c')", "set('a','c')", false},
        {"enum('')", "enum('')", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int granted = 0; granted < 4; granted++) {
            struct mydrv_type is, wanted;
            assert_true(mydrv_type_parse(cases[i].is, &is));
            assert_true(mydrv_type_parse(cases[i].wanted, &wanted));
            allocations_left = granted;
            bool holds = mydrv_type_holds(&is, &wanted);
            allocations_left = -1;
            if (holds != cases[i].holds)
                fail_msg("%s and %s, %d allocations", cases[i].is, cases[i].wanted, granted);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spelled),
        cmocka_unit_test(test_mapped),
        cmocka_unit_test(test_held),
    };
    return cmocka_run_group_tests_name("mysql members", tests, NULL, NULL);
}
