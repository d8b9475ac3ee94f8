/* Tests of the mysql driver's form.c: what is made of a column's type in the target, and given
 * back. */

#include "blocks.h"
#include "unit.h"

#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/types/spelling.c"
#include "../../../plugins/parts/text.c"

static int allocations_left = -1; /* that form.c itself may make; -1: all */

static bool allocation_fails(void)
{
    return allocations_left >= 0 && allocations_left-- == 0;
}

static char *try_strdup(const char *text)
{
    return allocation_fails() ? NULL : strdup(text);
}

static size_t room; /* members that the last list has room for */

static void *try_reallocarray(void *old, size_t count, size_t size)
{
    room = count;
    return allocation_fails() ? NULL : reallocarray(old, count, size);
}

#undef strdup
#define strdup try_strdup
#define reallocarray try_reallocarray
#include "../../../plugins/mysql/write/form.c"
#undef strdup
#undef reallocarray

static const struct ferry_column column = {.name = "c", .native = "", .type = FERRY_TYPE_TEXT};

static void test_members(void **state)
{
    (void)state;
    static const struct {
        const char *native;
        const char *members; /* in their order, each behind a bar */
    } cases[] = {
        {"enum('c','a','b')", "|a|b|c"}, /* they are looked for */
        {"set('c','a','b')", "|c|a|b"},  /* each is a bit */
        {"enum('it''s','a,b','')", "||a,b|it's"},
        {"set('back\\\\slash','two\\nlines')", "|back\\slash|two\nlines"},
        {"varchar(9)", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_error error = {0};
        struct mydrv_form form;
        char found[64] = "";
        long before = blocks_in_use;
        room = 0;
        assert_int_equal(mydrv_form_make(&form, &column, cases[i].native, &error), FERRY_OK);
        assert_no_error(&error);
        assert_true(form.member_count <= room);
        for (size_t k = 0; k < form.member_count; k++)
            strcat(strcat(found, "|"), form.members[k]);
        assert_string_equal(found, cases[i].members);
        assert_string_equal(form.native, cases[i].native);
        assert_ptr_not_equal(form.native, cases[i].native);
        mydrv_form_clear(&form);
        assert_int_equal(blocks_in_use, before);
    }
}

static void test_not_null(void **state)
{
    (void)state;
    for (uint32_t set = 0; set < 2; set++) {
        struct ferry_column source = column;
        struct ferry_error error = {0};
        struct mydrv_form form;
        source.flags = set ? FERRY_COLUMN_NOT_NULL : (uint32_t) ~(uint32_t)FERRY_COLUMN_NOT_NULL;
        assert_int_equal(mydrv_form_make(&form, &source, "int", &error), FERRY_OK);
        assert_int_equal(form.not_null, set);
        assert_ptr_equal(form.source, &source);
        assert_false(form.auto_number);
        assert_false(form.foreign_charset);
        assert_false(form.raw);
        assert_null(form.codes);
        mydrv_form_clear(&form);
    }
}

static void test_a_type_that_is_not_known(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    struct mydrv_form form;
    assert_int_equal(mydrv_form_make(&form, &column, "dozens(12)", &error), FERRY_ERR_SCHEMA);
    assert_error(&error, FERRY_ERR_SCHEMA,
                 "column 'c' has type dozens(12) in the target, which dbferry does not know; drop "
                 "the column or the table");
    mydrv_form_clear(&form);
}

/* What encode.c has left in it goes with it; nothing is pointed at any more. */
static void test_clearing(void **state)
{
    (void)state;
    static const struct mydrv_form empty;
    struct ferry_error error = {0};
    struct mydrv_form form;
    long before = blocks_in_use;
    assert_int_equal(mydrv_form_make(&form, &column, "set('a')", &error), FERRY_OK);
    form.encoded = calloc(1, sizeof *form.encoded);
    assert_non_null(form.encoded);
    part_text_add(form.encoded, "a text");
    mydrv_form_clear(&form);
    assert_int_equal(blocks_in_use, before);
    assert_memory_equal(&form, &empty, sizeof form);
    mydrv_form_clear(&form);
}

/* The type's text, and each of two members: a longer list, and the member itself. */
static void test_no_memory(void **state)
{
    (void)state;
    long before = blocks_in_use;
    for (int allocations = 0; allocations <= 5; allocations++) {
        struct ferry_error error = {0};
        struct mydrv_form form;
        allocations_left = allocations;
        ferry_status status = mydrv_form_make(&form, &column, "enum('a','b')", &error);
        allocations_left = -1;
        assert_int_equal(status, allocations < 5 ? FERRY_ERR_SYSTEM : FERRY_OK);
        if (allocations < 5)
            assert_error(&error, FERRY_ERR_SYSTEM, "out of memory");
        mydrv_form_clear(&form);
        ferry_error_clear(&error);
        assert_int_equal(blocks_in_use, before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_not_null),
        cmocka_unit_test(test_a_type_that_is_not_known),
        cmocka_unit_test(test_clearing),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests_name("mysql form", tests, NULL, NULL);
}
