/* Tests of wish.c: which rule holds for which column. */

#include "unit.h"

#include "engine/wish.h"

static void make_plan(struct ferry_plan *plan)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    static const char *const names[] = {"id", "Price", "sold"};
    *plan = (struct ferry_plan){0};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct ferry_column column = {.name = names[i], .type = FERRY_TYPE_DATE};
        (void)ferry_schema_add(&plan->schema, &column, sizeof column, &error);
    }
    assert_no_error(&error);
}

static void test_rules(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_column_rule list[] = {
        {.name = "pRICE", .wish = {.type = "TEXT", .decimal = FERRY_DECIMAL_TEXT}},
        {.name = "sold", .zero_date = FERRY_ZERO_DATE_NULL},
    };
    const struct ferry_column_rules rules = {
        .all = {.wish = {.decimal = FERRY_DECIMAL_REAL, .big_unsigned = FERRY_BIG_UNSIGNED_TEXT},
                .zero_date = FERRY_ZERO_DATE_REFUSE},
        .list = list,
        .count = COUNT(list)};
    struct ferry_plan plan;
    make_plan(&plan);
    assert_int_equal(ferry_wish_fill(&plan, &rules, &error), FERRY_OK);
    assert_null(plan.wishes[0].type);
    assert_int_equal(plan.wishes[0].decimal, FERRY_DECIMAL_REAL);
    assert_int_equal(plan.wishes[0].big_unsigned, FERRY_BIG_UNSIGNED_TEXT);
    assert_int_equal(plan.zero_dates[0], FERRY_ZERO_DATE_REFUSE);
    assert_string_equal(plan.wishes[1].type, "TEXT");
    assert_int_equal(plan.wishes[1].decimal, FERRY_DECIMAL_TEXT);
    assert_int_equal(plan.wishes[1].big_unsigned, FERRY_BIG_UNSIGNED_REFUSE);
    assert_int_equal(plan.zero_dates[2], FERRY_ZERO_DATE_NULL);
    ferry_plan_done(&plan);
}

static void test_no_rules(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column_rules none = {0};
    struct ferry_plan plan;
    make_plan(&plan);
    assert_int_equal(ferry_wish_fill(&plan, &none, &error), FERRY_OK);
    for (size_t i = 0; i < plan.schema.count; i++) {
        assert_null(plan.wishes[i].type);
        assert_int_equal(plan.wishes[i].decimal, FERRY_DECIMAL_AUTO);
        assert_int_equal(plan.zero_dates[i], FERRY_ZERO_DATE_KEEP);
    }
    ferry_plan_done(&plan);
}

static void assert_unknown(const char *name, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_column_rule list[] = {
        {.name = name, .origin = {.status = FERRY_ERR_CONFIG, .file = "f.conf", .line = 7}}};
    const struct ferry_column_rules rules = {.list = list, .count = 1};
    struct ferry_plan plan;
    make_plan(&plan);
    (void)ferry_wish_fill(&plan, &rules, &error);
    assert_error(&error, FERRY_ERR_CONFIG, message);
    ferry_plan_done(&plan);
}

static void test_no_such_column(void **state)
{
    (void)state;
    assert_unknown("prise", "f.conf:7: columns: the source has no column 'prise'; did you mean "
                            "'Price'?");
    assert_unknown("something else", "no column 'something else'; \"dbferry plan\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_no_rules),
        cmocka_unit_test(test_no_such_column),
    };
    return cmocka_run_group_tests_name("wish", tests, NULL, NULL);
}
