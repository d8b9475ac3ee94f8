/* Tests of negotiate.c: what becomes of a table, and what the target is asked and told. */

#include "unit.h"

#include "fake.h"

#include "engine/policy.h"

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
        if (i == 0)
            assert_string_equal(plan.schema.notes[0].text,
                                "the table keeps the definition that it has: the fallback's says "
                                "nothing of the source's");
        if (i > 3)
            assert_int_equal(plan.keeps, FERRY_KEEPS_NOTHING); /* there is none */
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
        assert_string_equal(ferry_strbuf_text(&plan.difference),
                            round == 0 ? "column 'id' was untyped and becomes NOT NULL" : "");
        assert_string_equal(plan.clauses[0], "NOT NULL");
        ferry_plan_done(&plan);
        ferry_connection_close(target);
    }
}

/* All columns are where they were but for two that changed places; other names say so themselves.
 */
static void test_order(void **state)
{
    (void)state;
    const struct ferry_column table[] = {T("b"), T("a"), T("c")};
    const struct ferry_column columns[] = {T("a"), T("b"), T("c"), T("d")};
    fake.exists = 1;
    fake.existing = table;
    fake.existing_count = 3;
    for (size_t count = 3; count <= 4; count++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
        struct ferry_plan plan = {0};
        for (size_t i = 0; i < count; i++)
            (void)ferry_schema_add(&plan.schema, &columns[i], sizeof columns[i], &error);
        (void)ferry_plan_negotiate(&plan, target, "t", NULL, &error);
        assert_no_error(&error);
        assert_string_equal(ferry_strbuf_text(&plan.difference),
                            count == 3 ? "the columns stand in another order"
                                       : "column 'd' is new");
        ferry_plan_done(&plan);
        ferry_connection_close(target);
    }
}

/* What a source cannot give whole in UTF-8 is noted, also of a column that is new. */
static void test_texts_that_utf8_cannot_bring_back(void **state)
{
    (void)state;
    const struct ferry_column partial = {.name = "p",
                                         .native = "char(3)",
                                         .type = FERRY_TYPE_TEXT,
                                         .charset = "cp1251",
                                         .flags = FERRY_COLUMN_PARTIAL_TEXT};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    struct ferry_plan plan = {0};
    (void)ferry_schema_add(&plan.schema, &partial, sizeof partial, &error);
    (void)ferry_plan_negotiate(&plan, target, "t", NULL, &error);
    assert_no_error(&error);
    assert_int_equal(plan.mappings[0].fit, FERRY_FIT_CHECKED);
    assert_string_equal(plan.mappings[0].note,
                        "a text in cp1251 that UTF-8 cannot bring back ends the load");
    ferry_plan_done(&plan);
    ferry_connection_close(target);
}

static void test_words_of_differences(void **state)
{
    (void)state;
    struct ferry_plan plan = {0};
    ferry_plan_note_difference(&plan, "a", NULL, "INT");
    ferry_plan_note_difference(&plan, "b", "INT", NULL);
    ferry_plan_note_difference(&plan, "c", "", "INT");
    ferry_plan_note_difference(&plan, "d", "INT", "");
    ferry_plan_note_difference(&plan, "e", "INT", "REAL");
    assert_string_equal(ferry_strbuf_text(&plan.difference),
                        "column 'a' is new, column 'b' is gone, "
                        "column 'c' was untyped and becomes INT, "
                        "column 'd' was INT and becomes untyped, "
                        "column 'e' was INT and becomes REAL");
    ferry_plan_done(&plan);
}

static void test_columns_are_taken_alone(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan = {0};
    for (size_t i = 0; i < COUNT(source_columns); i++)
        (void)ferry_schema_add(&plan.described, &source_columns[i], sizeof source_columns[i],
                               &error);
    (void)ferry_schema_note(&plan.described, &error, "a note");
    assert_int_equal(ferry_plan_take_columns(&plan, &error), FERRY_OK);
    assert_no_error(&error);
    assert_int_equal(plan.schema.count, 2);
    assert_string_equal(plan.schema.columns[0].name, "id");
    assert_string_equal(plan.schema.columns[1].native, "varchar(40)");
    assert_int_equal(plan.schema.note_count, 0);
    ferry_plan_done(&plan);
    assert_int_equal(plan.schema.count, 0);
}

/* ---- What the target is told ---- */

static struct {
    uint64_t definition;
    bool rows_unknown;
    ferry_status status; /* of looking ahead */
    size_t indexes;      /* that it was asked about */
    int foreseen;
    const struct ferry_plan *plan;
    uint32_t on_stale, keep_definition;
} told;

static ferry_status inspect(void *conn, const char *table, struct ferry_inspection *inspection,
                            struct ferry_error *err)
{
    ferry_status status = fake_inspect(conn, table, inspection, err);
    assert_string_equal(table, "t");
    inspection->definition = told.definition;
    inspection->rows_known = !told.rows_unknown;
    return status;
}

static ferry_status note_indexes(void *conn, struct ferry_schema *schema,
                                 const char *const *natives,
                                 const struct ferry_index *const *indexes, size_t index_count,
                                 struct ferry_error *err)
{
    (void)conn;
    assert_ptr_equal(schema, &told.plan->schema);
    assert_string_equal(natives[1], "T");
    for (size_t i = 0; i < index_count; i++)
        assert_ptr_equal(indexes[i], &told.plan->indexes[i]);
    told.indexes = index_count;
    return ferry_schema_note(schema, err, "an index is not made");
}

static ferry_status foresee(void *conn, const struct ferry_load_spec *spec,
                            struct ferry_notes *losses, struct ferry_notes *stale,
                            struct ferry_error *err)
{
    (void)conn;
    assert_string_equal(spec->layout->table, "t");
    assert_ptr_equal(spec->layout->schema, &told.plan->schema);
    assert_string_equal(spec->layout->natives[0], "T");
    assert_string_equal(spec->layout->clauses[0], "");
    assert_ptr_equal(spec->layout->wishes[0], &told.plan->wishes[0]);
    assert_ptr_equal(spec->layout->wishes[1], &told.plan->wishes[1]);
    assert_int_equal(spec->kind, FERRY_LOAD_REPLACE);
    assert_int_equal(spec->action, told.plan->action);
    assert_int_equal(spec->definition, told.definition);
    assert_int_equal(spec->index_count, told.plan->index_count);
    for (size_t i = 0; i < spec->index_count; i++)
        assert_ptr_equal(spec->indexes[i], &told.plan->indexes[i]);
    told.foreseen++;
    told.on_stale = spec->on_stale;
    told.keep_definition = spec->keep_definition;
    if (told.status != FERRY_OK)
        return ferry_fail(err, told.status, "nothing is to be seen");
    ferry_status status = ferry_note(losses, err, "a loss");
    return status == FERRY_OK ? ferry_note(stale, err, "a copy") : status;
}

/* So many indexes, for a table of so many columns: all that it would have, or it is not there. */
static void tells(size_t indexes, size_t columns, enum ferry_keeps keeps,
                  const struct ferry_plan_policy *policy)
{
    const struct ferry_column same[] = {T("id"), T("name")};
    bool exists = columns > 0;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan = {.keeps = keeps, .index_count = indexes};
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    told.plan = &plan;
    told.indexes = 0;
    told.foreseen = 0;
    fake.exists = exists;
    fake.existing = same;
    fake.existing_count = columns;
    plan.indexes = calloc(indexes + 1, sizeof *plan.indexes);
    for (size_t i = 0; i < COUNT(source_columns); i++)
        (void)ferry_schema_add(&plan.schema, &source_columns[i], sizeof source_columns[i], &error);
    (void)ferry_plan_negotiate(&plan, target, "t", policy, &error);
    assert_no_error(&error);
    assert_int_equal(told.foreseen, 1);
    assert_int_equal(told.indexes, indexes);
    assert_int_equal(plan.schema.note_count,
                     (indexes > 0) + (columns == 2 && keeps != FERRY_KEEPS_NOTHING));
    assert_int_equal(plan.losses.count, 1);
    assert_string_equal(plan.losses.list[0], "a loss");
    assert_string_equal(plan.stale.list[0], "a copy");
    assert_int_equal(plan.definition, told.definition);
    assert_int_equal(plan.rows_known, exists && !told.rows_unknown);
    assert_int_equal(plan.rows_before, 7);
    ferry_connection_close(target);
    ferry_plan_done(&plan);
}

static void test_what_the_target_is_told(void **state)
{
    (void)state;
    const struct ferry_plan_policy rebuild = {.on_stale = FERRY_STALE_REBUILD};
    fake_handle.target.inspect = inspect;
    fake_handle.target.note_indexes = note_indexes;
    fake_handle.target.foresee = foresee;
    told.definition = UINT64_C(0x123456789abcdef0);
    tells(0, 2, FERRY_KEEPS_NOTHING, NULL);
    assert_int_equal(told.on_stale, FERRY_STALE_WARN);
    assert_int_equal(told.keep_definition, 0);
    tells(1, 0, FERRY_KEEPS_UNKNOWN, &rebuild);
    assert_int_equal(told.on_stale, FERRY_STALE_REBUILD);
    assert_int_equal(told.keep_definition, 0); /* there is none */
    tells(1, 1, FERRY_KEEPS_UNKNOWN, &rebuild);
    assert_int_equal(told.keep_definition, 0); /* it is made anew */
    told.rows_unknown = true;
    tells(3, 2, FERRY_KEEPS_UNKNOWN, &rebuild);
    told.rows_unknown = false;
    assert_int_equal(told.keep_definition, 1);
}

/* What fails ends it: nothing more is asked. */
static void test_failures_pass_through(void **state)
{
    (void)state;
    static const char *const callbacks[] = {"map_column", "inspect", "foresee"};
    fake_handle.target.note_indexes = note_indexes;
    fake_handle.target.foresee = foresee;
    told.definition = 0;
    for (size_t i = 0; i < COUNT(callbacks); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
        struct ferry_plan plan = {.index_count = 1};
        plan.indexes = calloc(1, sizeof *plan.indexes);
        told.plan = &plan;
        told.indexes = 0;
        told.foreseen = 0;
        told.status = i < 2 ? FERRY_OK : FERRY_ERR_REFUSED;
        for (size_t k = 0; k < COUNT(source_columns); k++)
            (void)ferry_schema_add(&plan.schema, &source_columns[k], sizeof source_columns[k],
                                   &error);
        fake.at = callbacks[i];
        fake.status = fake.report = FERRY_ERR_REFUSED;
        assert_int_equal(ferry_plan_negotiate(&plan, target, "t", NULL, &error), FERRY_ERR_REFUSED);
        fake.at = NULL;
        told.status = FERRY_OK;
        assert_error(&error, FERRY_ERR_REFUSED, i < 2 ? callbacks[i] : "nothing is to be seen");
        assert_int_equal(told.indexes, i == 2);
        assert_int_equal(told.foreseen, i == 2);
        ferry_plan_done(&plan);
        ferry_connection_close(target);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_actions),
        WITH_FAKE(test_clauses),
        WITH_FAKE(test_a_definition_that_is_kept),
        WITH_FAKE(test_clauses_without_a_type),
        WITH_FAKE(test_order),
        WITH_FAKE(test_texts_that_utf8_cannot_bring_back),
        cmocka_unit_test(test_words_of_differences),
        WITH_FAKE(test_columns_are_taken_alone),
        WITH_FAKE(test_what_the_target_is_told),
        WITH_FAKE(test_failures_pass_through),
    };
    return cmocka_run_group_tests_name("negotiate", tests, NULL, NULL);
}
