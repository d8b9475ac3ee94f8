/* Tests of keys.c: which indexes a target gets, and which column alone is the primary key. */

#include "unit.h"

#include "engine/keys.h"

#define INDEX(...)                                                                                 \
    {                                                                                              \
        .columns = (const char *const[]){__VA_ARGS__},                                             \
        .column_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)          \
    }
#define UNIQUE(...)                                                                                \
    {                                                                                              \
        .columns = (const char *const[]){__VA_ARGS__},                                             \
        .column_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *),         \
        .unique = 1                                                                                \
    }
#define PRIMARY(...)                                                                               \
    {                                                                                              \
        .columns = (const char *const[]){__VA_ARGS__},                                             \
        .column_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *),         \
        .unique = 1, .primary = 1                                                                  \
    }

/* A plan for the columns a, b, c, of which the first `keys` are the primary key. */
static void make_plan(struct ferry_plan *plan, uint32_t keys, const struct ferry_index *indexes,
                      size_t count)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    static const char *const names[] = {"a", "b", "c"};
    *plan = (struct ferry_plan){0};
    for (uint32_t i = 0; i < COUNT(names); i++) {
        const struct ferry_column column = {
            .name = names[i], .type = FERRY_TYPE_TEXT, .key_position = i < keys ? i + 1 : 0};
        (void)ferry_schema_add(&plan->described, &column, sizeof column, &error);
    }
    for (size_t i = 0; i < count; i++)
        (void)ferry_schema_add_index(&plan->described, &indexes[i], sizeof indexes[i], &error);
    (void)ferry_plan_take_columns(plan, &error);
    assert_no_error(&error);
}

static void plan_keys(struct ferry_plan *plan, const struct ferry_index *wanted, size_t count,
                      bool leave_out)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_key_rules rules = {
        .leave_out = leave_out, .wanted = wanted, .wanted_count = count};
    (void)ferry_keys_plan(plan, &rules, &error);
    assert_no_error(&error);
}

/* "PRIMARY(a) UNIQUE(b,c) x:INDEX(a)" */
static void assert_indexes(const struct ferry_plan *plan, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    for (size_t i = 0; i < plan->index_count; i++) {
        const struct ferry_index *index = &plan->indexes[i];
        assert_in_range(index->unique, index->primary, 1);
        ferry_strbuf_addf(&text, "%s%s%s%s(", i > 0 ? " " : "",
                          index->name == NULL ? "" : index->name, index->name == NULL ? "" : ":",
                          index->primary != 0  ? "PRIMARY"
                          : index->unique != 0 ? "UNIQUE"
                                               : "INDEX");
        for (size_t k = 0; k < index->column_count; k++)
            ferry_strbuf_addf(&text, "%s%s", k > 0 ? "," : "", index->columns[k]);
        ferry_strbuf_add(&text, ")");
    }
    assert_string_equal(ferry_strbuf_text(&text), expected);
}

static void test_both_are_made(void **state)
{
    (void)state;
    const struct ferry_index source[] = {PRIMARY("a"), UNIQUE("b"), INDEX("b", "c")};
    const struct ferry_index wanted[] = {INDEX("c", "b")};
    struct ferry_plan plan;
    make_plan(&plan, 1, source, COUNT(source));
    plan_keys(&plan, wanted, COUNT(wanted), false);
    assert_indexes(&plan, "INDEX(c,b) PRIMARY(a) UNIQUE(b) INDEX(b,c)");
    for (size_t i = 0; i < plan.index_count; i++) /* a name in the first one is meant */
        assert_int_equal(plan.indexes[i].copied, i > 0);
    ferry_plan_done(&plan);
}

/* The job's goes before the source's, but the primary key stays what it is. */
static void test_one_of_two(void **state)
{
    (void)state;
    const struct ferry_index source[] = {PRIMARY("a"), UNIQUE("b"), INDEX("b", "c")};
    struct ferry_index wanted[] = {INDEX("A"), INDEX("b"), UNIQUE("B", "c")};
    wanted[0].name = "mine";
    struct ferry_plan plan;
    make_plan(&plan, 1, source, COUNT(source));
    plan_keys(&plan, wanted, COUNT(wanted), false);
    assert_indexes(&plan, "mine:PRIMARY(A) INDEX(b) UNIQUE(B,c)");
    for (size_t i = 0; i < plan.index_count; i++)
        assert_int_equal(plan.indexes[i].copied, 0);
    ferry_plan_done(&plan);
}

/* Of the source's own, the one that says most stays. */
static void test_the_source_has_two(void **state)
{
    (void)state;
    const struct ferry_index source[] = {PRIMARY("a"), INDEX("a"), INDEX("b"), UNIQUE("b"),
                                         INDEX("b")};
    struct ferry_plan plan;
    make_plan(&plan, 1, source, COUNT(source));
    plan_keys(&plan, NULL, 0, false);
    assert_indexes(&plan, "PRIMARY(a) UNIQUE(b)");
    for (size_t i = 0; i < plan.index_count; i++)
        assert_int_equal(plan.indexes[i].copied, 1);
    ferry_plan_done(&plan);
    struct ferry_index named[] = {INDEX("a"), UNIQUE("a"), UNIQUE("a"), INDEX("a", "b"),
                                  INDEX("a", "c")};
    named[1].name = "first";
    named[2].name = "second"; /* says no more */
    make_plan(&plan, 0, named, COUNT(named));
    plan_keys(&plan, NULL, 0, false);
    assert_indexes(&plan, "first:UNIQUE(a) INDEX(a,b) INDEX(a,c)");
    ferry_plan_done(&plan);
}

/* The order in which a source tells of them does not matter. */
static void test_the_key_comes_last(void **state)
{
    (void)state;
    const struct ferry_index source[] = {UNIQUE("a"), PRIMARY("a")};
    struct ferry_plan plan;
    make_plan(&plan, 0, source, COUNT(source));
    plan_keys(&plan, NULL, 0, false);
    assert_indexes(&plan, "PRIMARY(a)");
    ferry_plan_done(&plan);
}

/* The key that an index of the source tells of is taken from there, wherever it stands. */
static void test_the_key_of_an_index(void **state)
{
    (void)state;
    struct ferry_index source[] = {PRIMARY("a")};
    const struct ferry_index wanted[] = {INDEX("c", "b")};
    struct ferry_plan plan;
    source[0].name = "key";
    make_plan(&plan, 1, source, COUNT(source));
    plan_keys(&plan, wanted, COUNT(wanted), false);
    assert_indexes(&plan, "INDEX(c,b) key:PRIMARY(a)");
    assert_null(plan.key_columns);
    ferry_plan_done(&plan);
}

static void test_nothing_is_copied(void **state)
{
    (void)state;
    const struct ferry_index source[] = {PRIMARY("a"), UNIQUE("b")};
    const struct ferry_index wanted[] = {INDEX("a")};
    struct ferry_plan plan;
    make_plan(&plan, 3, source, COUNT(source));
    plan_keys(&plan, wanted, COUNT(wanted), true);
    assert_indexes(&plan, "INDEX(a)");
    for (size_t i = 0; i < plan.schema.count; i++)
        assert_int_equal(plan.schema.columns[i].key_position, 0);
    assert_int_equal(plan.schema.columns[0].flags & FERRY_COLUMN_SOLE_KEY, 0);
    assert_int_equal(plan.described.columns[0].key_position, 1); /* what the source said stays */
    ferry_plan_done(&plan);
}

/* A source that tells of its key by the columns alone. */
static void test_key_of_the_columns(void **state)
{
    (void)state;
    const struct ferry_index source[] = {INDEX("c"), UNIQUE("c", "a"), UNIQUE("a", "c")};
    const struct ferry_index wanted[] = {INDEX("b"), INDEX("C", "A")};
    struct ferry_plan plan;
    make_plan(&plan, 0, source, COUNT(source));
    plan.schema.columns[0].key_position = 2;
    plan.schema.columns[2].key_position = 1;
    plan_keys(&plan, wanted, 1, false);
    assert_indexes(&plan, "INDEX(b) PRIMARY(c,a) INDEX(c) UNIQUE(a,c)");
    for (size_t i = 0; i < plan.index_count; i++)
        assert_int_equal(plan.indexes[i].copied, i > 0);
    ferry_plan_done(&plan);
    make_plan(&plan, 1, NULL, 0);
    plan_keys(&plan, wanted, COUNT(wanted), false);
    assert_indexes(&plan, "INDEX(b) INDEX(C,A) PRIMARY(a)");
    ferry_plan_done(&plan);
    make_plan(&plan, 2, NULL, 0);
    const struct ferry_index mine[] = {INDEX("A", "B")};
    plan_keys(&plan, mine, 1, false);
    assert_indexes(&plan, "INDEX(A,B) PRIMARY(a,b)"); /* both, as nobody said that they are one */
    ferry_plan_done(&plan);
}

/* There is room behind the last column, and nothing there is one. */
static void test_columns_end(void **state)
{
    (void)state;
    static char name[] = "beyond";
    for (int leave_out = 0; leave_out <= 1; leave_out++) {
        struct ferry_plan plan;
        make_plan(&plan, 0, NULL, 0);
        assert_true(plan.schema.capacity > plan.schema.count);
        struct ferry_column *beyond = &plan.schema.columns[plan.schema.count];
        *beyond = (struct ferry_column){.name = name, .key_position = 1};
        plan_keys(&plan, NULL, 0, leave_out);
        assert_indexes(&plan, "");
        assert_int_equal(beyond->key_position, 1);
        ferry_plan_done(&plan);
    }
}

/* Two columns that claim one place of the key: the first has it. */
static void test_a_key_that_is_not_sound(void **state)
{
    (void)state;
    struct ferry_plan plan;
    make_plan(&plan, 0, NULL, 0);
    plan.schema.columns[0].key_position = plan.schema.columns[1].key_position = 1;
    plan_keys(&plan, NULL, 0, false);
    assert_indexes(&plan, "PRIMARY(a)");
    ferry_plan_done(&plan);
}

/* Of these indexes one is on a column that is not there. */
static void refuses(const struct ferry_index *wanted, size_t count, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column longer = {.name = "customer_id", .type = FERRY_TYPE_TEXT};
    const struct ferry_key_rules rules = {.wanted = wanted, .wanted_count = count};
    struct ferry_plan plan;
    make_plan(&plan, 1, NULL, 0);
    (void)ferry_schema_add(&plan.schema, &longer, sizeof longer, &error);
    assert_int_equal(ferry_keys_plan(&plan, &rules, &error), FERRY_ERR_SCHEMA);
    assert_int_equal(error.status, FERRY_ERR_SCHEMA);
    assert_string_equal(error.message, message);
    assert_int_equal(plan.index_count, 0);
    ferry_plan_done(&plan);
}

static void test_no_such_column(void **state)
{
    (void)state;
    const struct ferry_index last[] = {INDEX("a"), INDEX("b", "elsewhere")};
    const struct ferry_index first[] = {INDEX("elsewhere", "a"), INDEX("b")};
    const struct ferry_index misspelled[] = {INDEX("custmer_id")};
    const char *message = "an index of the job names the column 'elsewhere', which the source does "
                          "not have";
    refuses(last, COUNT(last), message);
    refuses(first, COUNT(first), message);
    refuses(misspelled, COUNT(misspelled),
            "an index of the job names the column 'custmer_id', which the source does not have; "
            "did you mean 'customer_id'?");
}

static void test_sole_key(void **state)
{
    (void)state;
    static const char *const lists[] = {"", "PRIMARY(a)", "PRIMARY(a,b)", "PRIMARY(a,b,c)"};
    for (uint32_t keys = 0; keys <= 3; keys++) {
        struct ferry_plan plan;
        make_plan(&plan, keys, NULL, 0);
        plan_keys(&plan, NULL, 0, false);
        assert_indexes(&plan, lists[keys]);
        for (size_t i = 0; i < 3; i++) {
            bool sole = (plan.schema.columns[i].flags & FERRY_COLUMN_SOLE_KEY) != 0;
            assert_int_equal(sole, keys == 1 && i == 0);
            assert_int_equal(plan.described.columns[i].flags, 0);
        }
        ferry_plan_done(&plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_are_made),      cmocka_unit_test(test_one_of_two),
        cmocka_unit_test(test_the_source_has_two), cmocka_unit_test(test_nothing_is_copied),
        cmocka_unit_test(test_key_of_the_columns), cmocka_unit_test(test_no_such_column),
        cmocka_unit_test(test_sole_key),           cmocka_unit_test(test_the_key_of_an_index),
        cmocka_unit_test(test_the_key_comes_last), cmocka_unit_test(test_a_key_that_is_not_sound),
        cmocka_unit_test(test_columns_end),
    };
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
