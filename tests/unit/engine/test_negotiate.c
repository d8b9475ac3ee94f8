/* Tests of negotiate.c: what becomes of a table, and what the policy refuses. */

#include "unit.h"

#include "fake.h"

#include "engine/negotiate.h"

static const struct ferry_column source_columns[] = {
    {.name = "id", .native = "bigint", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "name", .native = "varchar(40)", .type = FERRY_TYPE_TEXT, .length = 40},
};

static void make_plan(struct ferry_plan *plan, struct ferry_error *error)
{
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    *plan = (struct ferry_plan){0};
    for (size_t i = 0; i < COUNT(source_columns); i++)
        (void)ferry_schema_add(&plan->schema, &source_columns[i], sizeof source_columns[i], error);
    (void)ferry_plan_negotiate(plan, target, "t", NULL, error);
    ferry_connection_close(target);
}

/* What the table has before, and what is then done with it. */
static void plans(const struct ferry_column *existing, size_t count, uint32_t action,
                  const char *difference)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan;
    fake.exists = count > 0;
    fake.existing = existing;
    fake.existing_count = count;
    make_plan(&plan, &error);
    assert_no_error(&error);
    assert_int_equal(plan.action, action);
    if (strstr(ferry_strbuf_text(&plan.difference), difference) == NULL)
        fail_msg("'%s' is not in '%s'", difference, ferry_strbuf_text(&plan.difference));
    assert_string_equal(plan.natives[1], "T");
    ferry_plan_done(&plan);
}

#define T(column)                                                                                  \
    {                                                                                              \
        .name = (column), .native = "T", .type = FERRY_TYPE_TEXT                                   \
    }

static void test_actions(void **state)
{
    (void)state;
    const struct ferry_column same[] = {T("id"), T("name")};
    const struct ferry_column fewer[] = {T("id")};
    const struct ferry_column more[] = {T("id"), T("name"), T("extra")};
    const struct ferry_column swapped[] = {T("name"), T("id")};
    const struct ferry_column other[] = {
        T("id"), {.name = "name", .native = "REAL", .type = FERRY_TYPE_TEXT}};
    const struct ferry_column untyped[] = {T("id"), {.name = "name", .type = FERRY_TYPE_TEXT}};
    const struct ferry_column cased[] = {T("ID"), T("name")};
    plans(NULL, 0, FERRY_TABLE_CREATE, "");
    plans(same, 2, FERRY_TABLE_KEEP, "");
    plans(fewer, 1, FERRY_TABLE_REBUILD, "'name' is new");
    plans(more, 3, FERRY_TABLE_REBUILD, "'extra' is gone");
    plans(swapped, 2, FERRY_TABLE_REBUILD, "another order");
    plans(other, 2, FERRY_TABLE_REBUILD, "'name' was REAL and becomes T");
    plans(untyped, 2, FERRY_TABLE_REBUILD, "untyped");
    plans(cased, 2, FERRY_TABLE_REBUILD, "'ID' is gone");
}

/* Clauses count where the table is the driver's own, and only there. */
static void test_clauses(void **state)
{
    (void)state;
    const struct ferry_column bare[] = {T("id"), T("name")};
    const struct ferry_column whole[] = {
        {.name = "id", .native = "T", .type = FERRY_TYPE_TEXT, .clauses = "NOT NULL"},
        {.name = "name", .native = "T", .type = FERRY_TYPE_TEXT, .clauses = "NOT NULL"}};
    fake.own = 1;
    plans(bare, 2, FERRY_TABLE_KEEP, "");
    plans(whole, 2, FERRY_TABLE_REBUILD, "'id' was T NOT NULL and becomes T, ");
    fake.clauses = "NOT NULL";
    plans(whole, 2, FERRY_TABLE_KEEP, "");
    plans(bare, 2, FERRY_TABLE_REBUILD, "'name' was T and becomes T NOT NULL");
    fake.own = 0;
    plans(bare, 2, FERRY_TABLE_KEEP, "");
    plans(whole, 2, FERRY_TABLE_KEEP, "");
}

/* What a source does not know weakens nothing: a table that is there keeps its clauses and indexes,
 * and columns that would change are refused.  One that is not there is made of what is known. */
static void test_a_definition_that_is_kept(void **state)
{
    (void)state;
    static const struct ferry_column strong[] = {
        {.name = "id", .native = "T", .type = FERRY_TYPE_TEXT, .clauses = "NOT NULL UNIQUE"},
        {.name = "name", .native = "T", .type = FERRY_TYPE_TEXT, .clauses = "NOT NULL"}};
    static const char *const on_id[] = {"id"};
    const struct ferry_plan_policy policy = {.allow_lossy = true};
    for (size_t i = 0; i < 6; i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
        struct ferry_plan plan = {.keeps = i % 2 == 0 ? FERRY_KEEPS_PRIMARY : FERRY_KEEPS_UNKNOWN};
        fake.existing = strong;
        fake.existing_count = i < 2 ? 2 : 1;
        fake.exists = i < 4;
        fake.own = 1;
        for (size_t k = 0; k < 2; k++)
            (void)ferry_schema_add(&plan.schema, &source_columns[k], sizeof source_columns[k],
                                   &error);
        plan.indexes = calloc(2, sizeof *plan.indexes);
        assert_non_null(plan.indexes);
        plan.indexes[0] = (struct ferry_index){.columns = on_id, .column_count = 1, .copied = 1};
        plan.indexes[1] = (struct ferry_index){.columns = on_id, .column_count = 1};
        plan.index_count = 2;
        assert_int_equal(ferry_plan_negotiate(&plan, target, "t", &policy, &error), FERRY_OK);
        assert_int_equal(plan.action, i < 2   ? FERRY_TABLE_KEEP
                                      : i < 4 ? FERRY_TABLE_REBUILD
                                              : FERRY_TABLE_CREATE);
        assert_int_equal(plan.index_count, i < 2 ? 1 : 2);
        assert_int_equal(plan.schema.note_count, i < 2);
        assert_int_equal(ferry_plan_check(&plan, &policy, "t", &error),
                         i == 2 || i == 3 ? FERRY_ERR_SCHEMA : FERRY_OK);
        if (i == 2 || i == 3)
            assert_error(&error, FERRY_ERR_SCHEMA, i == 2 ? "a fallback's" : "see the warnings");
        ferry_plan_done(&plan);
        ferry_connection_close(target);
    }
}

/* Where the target has no type for it, the definition is the clauses alone. */
static void test_clauses_without_a_type(void **state)
{
    (void)state;
    const struct ferry_column untyped[] = {{.name = "id", .native = "", .type = FERRY_TYPE_TEXT}};
    const struct ferry_column whole[] = {
        {.name = "id", .native = "", .type = FERRY_TYPE_TEXT, .clauses = "NOT NULL"}};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    fake.native = "";
    fake.clauses = "NOT NULL";
    fake.own = fake.exists = 1;
    fake.existing_count = 1;
    for (int round = 0; round < 2; round++) {
        struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
        struct ferry_plan plan = {0};
        fake.existing = round == 0 ? untyped : whole;
        (void)ferry_schema_add(&plan.schema, &source_columns[0], sizeof source_columns[0], &error);
        (void)ferry_plan_negotiate(&plan, target, "t", NULL, &error);
        assert_no_error(&error);
        assert_int_equal(plan.action, round == 0 ? FERRY_TABLE_REBUILD : FERRY_TABLE_KEEP);
        assert_string_equal(plan.clauses[0], "NOT NULL");
        ferry_plan_done(&plan);
        ferry_connection_close(target);
    }
}

static void judges(uint32_t fit, const struct ferry_plan_policy *policy, bool passes,
                   const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan;
    fake.fit = fit;
    fake.note = fit >= FERRY_FIT_LOSSY ? "digits go\nmissing" : NULL;
    make_plan(&plan, &error);
    assert_no_error(&error);
    ferry_status status = ferry_plan_check(&plan, policy, "t", &error);
    assert_int_equal(status, passes ? FERRY_OK : FERRY_ERR_SCHEMA);
    if (!passes)
        assert_error(&error, FERRY_ERR_SCHEMA, message);
    ferry_plan_done(&plan);
}

static void test_policy_of_fits(void **state)
{
    (void)state;
    const struct ferry_plan_policy strict = {0}, lax = {.allow_lossy = true};
    judges(FERRY_FIT_EXACT, &strict, true, "");
    judges(FERRY_FIT_WIDER, &strict, true, "");
    judges(FERRY_FIT_CHECKED, &strict, true, "");
    judges(FERRY_FIT_LOSSY, &strict, false, "'id' (bigint: digits go\\nmissing), 'name'");
    judges(FERRY_FIT_LOSSY, &lax, true, "");
    judges(FERRY_FIT_NONE, &lax, false, "cannot store column 'id'");
}

static void test_policy_of_changes(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_plan_policy refuse = {.refuse_schema_change = true};
    const struct ferry_column fewer[] = {T("id")};
    struct ferry_plan plan;
    make_plan(&plan, &error);
    assert_int_equal(ferry_plan_check(&plan, &refuse, "t", &error), FERRY_OK); /* it is new */
    ferry_plan_done(&plan);
    fake.exists = 1;
    fake.existing = fewer;
    fake.existing_count = 1;
    make_plan(&plan, &error);
    assert_true(plan.rows_known);
    assert_int_equal(plan.rows_before, 7);
    assert_int_equal(ferry_plan_check(&plan, &refuse, "t", &error), FERRY_ERR_SCHEMA);
    assert_error(&error, FERRY_ERR_SCHEMA, "'name' is new");
    ferry_plan_done(&plan);
}

static void test_failures_pass_through(void **state)
{
    (void)state;
    static const char *const callbacks[] = {"map_column", "inspect"};
    for (size_t i = 0; i < COUNT(callbacks); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_plan plan;
        fake.at = callbacks[i];
        fake.status = fake.report = FERRY_ERR_REFUSED;
        make_plan(&plan, &error);
        assert_error(&error, FERRY_ERR_REFUSED, callbacks[i]);
        ferry_plan_done(&plan);
    }
}

static void test_mappings(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_mapping mapping = {0};
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_NONE + 1, "T", NULL, &error),
                     FERRY_ERR_INTERNAL);
    ferry_error_clear(&error);
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_EXACT, NULL, NULL, &error),
                     FERRY_ERR_INTERNAL);
    ferry_error_clear(&error);
    assert_false(mapping.set);
    (void)ferry_mapping_set_clauses(&mapping, "NOT NULL", &error);
    assert_error(&error, FERRY_ERR_INTERNAL, "was not set");
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_LOSSY, "A", "why", &error), FERRY_OK);
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_WIDER, "B", NULL, &error), FERRY_OK);
    assert_string_equal(mapping.native, "B"); /* the last answer counts */
    assert_null(mapping.note);
    assert_int_equal(mapping.fit, FERRY_FIT_WIDER);
    assert_null(mapping.clauses);
    assert_int_equal(ferry_mapping_set_clauses(&mapping, "NOT NULL", &error), FERRY_OK);
    assert_int_equal(ferry_mapping_set_clauses(&mapping, "UNIQUE", &error), FERRY_OK);
    assert_string_equal(mapping.clauses, "UNIQUE");
    assert_int_equal(ferry_mapping_set(&mapping, FERRY_FIT_EXACT, "C", NULL, &error), FERRY_OK);
    assert_null(mapping.clauses); /* another answer, another definition */
    ferry_mapping_done(&mapping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_actions),
        WITH_FAKE(test_clauses),
        WITH_FAKE(test_a_definition_that_is_kept),
        WITH_FAKE(test_clauses_without_a_type),
        WITH_FAKE(test_policy_of_fits),
        WITH_FAKE(test_policy_of_changes),
        WITH_FAKE(test_failures_pass_through),
        WITH_FAKE(test_mappings),
    };
    return cmocka_run_group_tests_name("negotiate", tests, NULL, NULL);
}
