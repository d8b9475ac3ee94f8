/* Tests of choose_key.c: which columns are the key of a plan, whether they will do, and how they
 * are named. */

#include "unit.h"

#include "engine/choose_key.h"

static struct ferry_plan plan;
static struct ferry_change_rules rules;

/* The source's columns: those of a unique index are c and name, of which name may be NULL. */
static const struct ferry_column columns[] = {
    {.name = "a", .type = FERRY_TYPE_INT, .bits = 64, .native = "bigint"},
    {.name = "b", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_NOT_NULL, .native = "text"},
    {.name = "c", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_NOT_NULL},
    {.name = "name", .type = FERRY_TYPE_TEXT},
    {.name = "A,\\", .type = FERRY_TYPE_TEXT},
};
static struct ferry_mapping mappings[COUNT(columns)];

static int setup(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    rules = (struct ferry_change_rules){.strategy = FERRY_STRATEGY_MERGE};
    plan = (struct ferry_plan){.mappings = mappings};
    for (size_t i = 0; i < COUNT(columns); i++) {
        struct ferry_column column = columns[i];
        column.flags |= FERRY_COLUMN_ORDERED;
        mappings[i] = (struct ferry_mapping){.fit = FERRY_FIT_EXACT, .ordered = true};
        (void)ferry_schema_add(&plan.described, &column, sizeof column, &error);
        (void)ferry_schema_add(&plan.schema, &column, sizeof column, &error);
    }
    assert_no_error(&error);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    plan.mappings = NULL; /* they are static here */
    ferry_plan_done(&plan);
    return 0;
}

static void add_index(struct ferry_index index)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_schema_add_index(&plan.described, &index, sizeof index, &error);
    assert_no_error(&error);
}

#define NAMES(...)                                                                                 \
    .columns = (const char *const[]){__VA_ARGS__},                                                 \
    .column_count = COUNT(((const char *const[]){__VA_ARGS__}))

static void chooses(enum ferry_key_from from, const char *names)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    assert_int_equal(ferry_choose_key(&plan, &rules, &error), FERRY_OK);
    assert_no_error(&error);
    ferry_chosen_key_add(&plan, &text);
    assert_string_equal(ferry_strbuf_text(&text), names);
    if (plan.key.count > 0)
        assert_int_equal(plan.key.from, from);
}

/* ---- The job's ---- */

static void wish(const char **names, size_t count)
{
    rules.key = names;
    rules.key_count = count;
}

static void test_the_jobs_word_comes_first(void **state)
{
    (void)state;
    const char *names[] = {"name", "B", "name", "NAME"};
    add_index((struct ferry_index){NAMES("a"), .unique = 1, .primary = 1});
    wish(names, COUNT(names));
    chooses(FERRY_KEY_OF_JOB, "(name, b)"); /* in its order, each once */
    assert_int_equal(plan.key.columns[0], 3);
    assert_int_equal(plan.key.columns[1], 1);
}

/* As databases take names, where there is no such one. */
static void test_the_very_name_comes_first(void **state)
{
    (void)state;
    static const char *const wanted[] = {"X", "x", "A"};
    static const size_t places[] = {6, 5, 0};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_column more[] = {{.name = "x", .type = FERRY_TYPE_TEXT},
                                        {.name = "X", .type = FERRY_TYPE_TEXT}};
    for (size_t i = 0; i < COUNT(more); i++)
        (void)ferry_schema_add(&plan.schema, &more[i], sizeof more[i], &error);
    assert_no_error(&error);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        const char *names[] = {wanted[i]};
        wish(names, 1);
        assert_int_equal(ferry_choose_key(&plan, &rules, &error), FERRY_OK);
        assert_int_equal(plan.key.columns[0], places[i]);
    }
}

static void test_a_column_that_is_not_there(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const char *names[] = {"a", "nmae"};
    wish(names, COUNT(names));
    assert_int_equal(ferry_choose_key(&plan, &rules, &error), FERRY_ERR_SCHEMA);
    assert_error(&error, FERRY_ERR_SCHEMA,
                 "the job's key names the column 'nmae', which the source does not have; did "
                 "you mean 'name'?");
    names[1] = "nothing like it";
    (void)ferry_choose_key(&plan, &rules, &error);
    assert_string_equal(strrchr(error.message, ' '), " have"); /* and that is all */
    assert_error(&error, FERRY_ERR_SCHEMA, "'nothing like it', which the source does not have");
    assert_int_equal(plan.key.count, 0); /* nor is a part of it */
}

/* ---- The source's ---- */

static void test_no_key(void **state)
{
    (void)state;
    chooses(FERRY_KEY_PRIMARY, "()");
    add_index((struct ferry_index){NAMES("b")}); /* not unique */
    add_index((struct ferry_index){NAMES("c", "name"), .unique = 1});
    chooses(FERRY_KEY_PRIMARY, "()");
}

static void test_positions(void **state)
{
    (void)state;
    plan.described.columns[3].key_position = 1;
    plan.described.columns[0].key_position = 2;
    add_index((struct ferry_index){NAMES("b"), .unique = 1});
    chooses(FERRY_KEY_PRIMARY, "(name, a)");
}

static void test_a_primary_key(void **state)
{
    (void)state;
    add_index((struct ferry_index){NAMES("b"), .unique = 1});
    add_index((struct ferry_index){NAMES("name", "a"), .unique = 1, .primary = 1});
    chooses(FERRY_KEY_PRIMARY, "(name, a)");
}

static void test_a_unique_index(void **state)
{
    (void)state;
    add_index((struct ferry_index){NAMES("a"), .unique = 1}); /* it may be NULL */
    add_index((struct ferry_index){NAMES("b", "c")});
    add_index((struct ferry_index){NAMES("c", "b"), .unique = 1});
    add_index((struct ferry_index){NAMES("b"), .unique = 1});
    chooses(FERRY_KEY_UNIQUE, "(c, b)");
}

/* Somebody may choose again where there was none. */
static void test_another_choice(void **state)
{
    (void)state;
    const char *names[] = {"a"};
    chooses(FERRY_KEY_PRIMARY, "()");
    wish(names, COUNT(names));
    chooses(FERRY_KEY_OF_JOB, "(a)");
}

/* ---- Whether it will do ---- */

static void checks(const char *flaw)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_status status = ferry_choose_key_check(&plan, &error);
    if (flaw == NULL) {
        assert_no_error(&error);
        return;
    }
    assert_int_equal(status, FERRY_ERR_SCHEMA);
    assert_non_null(strstr(error.message, "; choose other columns with key, or strategy = "
                                          "\"replace\""));
    assert_error(&error, FERRY_ERR_SCHEMA, flaw);
}

static void test_what_no_key_can_be(void **state)
{
    (void)state;
    const char *names[] = {"b", "a"};
    wish(names, COUNT(names));
    chooses(FERRY_KEY_OF_JOB, "(b, a)");
    checks(NULL);
    plan.schema.columns[0].type = FERRY_TYPE_FLOAT;
    checks("column 'a' (bigint) cannot be part of a key: databases disagree on how floating-point "
           "numbers compare;");
    plan.schema.columns[0].type = FERRY_TYPE_INT;
    plan.described.columns[0].flags = 0;
    checks("column 'a' (bigint) cannot be part of a key: the source cannot give rows in its order, "
           "byte by byte and number by number;");
    plan.described.columns[0].flags = FERRY_COLUMN_ORDERED;
    mappings[1].fit = FERRY_FIT_CHECKED;
    checks(NULL);
    mappings[1].fit = FERRY_FIT_LOSSY;
    checks("column 'b' (text) cannot be part of a key: the target would lose something of it;");
    mappings[1].fit = FERRY_FIT_EXACT;
    mappings[1].ordered = false;
    checks("column 'b' (text) cannot be part of a key: the target stores it in a form that has "
           "another order;");
    mappings[1].ordered = true;
    mappings[3] = (struct ferry_mapping){.fit = FERRY_FIT_LOSSY}; /* it is no part of it */
    checks(NULL);
}

/* ---- Its names ---- */

static void test_names_of_the_record(void **state)
{
    (void)state;
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    const char *names[] = {"c", "A,\\", "b"};
    ferry_chosen_key_add_record(&plan, &text);
    assert_int_equal(text.length, 0);
    wish(names, COUNT(names));
    chooses(FERRY_KEY_OF_JOB, "(c, A,\\, b)");
    ferry_chosen_key_add_record(&plan, &text);
    assert_string_equal(ferry_strbuf_text(&text), "c,A\\,\\\\,b");
}

int main(void)
{
#define WITH_PLAN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_PLAN(test_the_jobs_word_comes_first),
        WITH_PLAN(test_the_very_name_comes_first),
        WITH_PLAN(test_a_column_that_is_not_there),
        WITH_PLAN(test_no_key),
        WITH_PLAN(test_positions),
        WITH_PLAN(test_a_primary_key),
        WITH_PLAN(test_a_unique_index),
        WITH_PLAN(test_another_choice),
        WITH_PLAN(test_what_no_key_can_be),
        WITH_PLAN(test_names_of_the_record),
    };
    return cmocka_run_group_tests_name("choose_key", tests, NULL, NULL);
}
