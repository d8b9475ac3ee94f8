/* Tests of negotiate.c: what becomes of a table, and what the target is asked and told. */

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

/* ---- A type of the table's that the source's values fit ---- */

/* What the target says of a column "id" that is to have the type BIG; without that wish all are T.
 */
static struct {
    const char *native;
    const char *clauses;
    uint32_t fit;
    ferry_status status;
    int asked;
} big;

static ferry_status map_big(void *conn, const struct ferry_column *column,
                            const struct ferry_wish *wish, struct ferry_mapping *mapping,
                            struct ferry_error *err)
{
    (void)conn;
    if (wish->type == NULL)
        return ferry_mapping_set(mapping, FERRY_FIT_EXACT, "T", NULL, err);
    big.asked++;
    assert_string_equal(column->name, "id");
    if (big.status != FERRY_OK)
        return ferry_fail(err, big.status, "no such type");
    ferry_status status = ferry_mapping_set(mapping, big.fit, big.native, NULL, err);
    if (status == FERRY_OK && big.clauses != NULL)
        status = ferry_mapping_set_clauses(mapping, big.clauses, err);
    return status;
}

/* Negotiates for a table whose column "id" is BIG, or as it is told. */
static ferry_status adopt(struct ferry_plan *plan, enum ferry_keeps keeps, const char *type,
                          struct ferry_error *error)
{
    const struct ferry_column table[] = {{.name = "id", .native = type, .type = FERRY_TYPE_TEXT},
                                         T("name")};
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    plan->keeps = keeps;
    fake_handle.target.map_column = map_big;
    fake.exists = fake.own = 1;
    fake.existing = table;
    fake.existing_count = 2;
    big.asked = 0;
    for (size_t i = 0; i < COUNT(source_columns); i++)
        (void)ferry_schema_add(&plan->schema, &source_columns[i], sizeof source_columns[i], error);
    ferry_status status = ferry_plan_negotiate(plan, target, "t", NULL, error);
    ferry_connection_close(target);
    return status;
}

static void test_a_type_is_adopted(void **state)
{
    (void)state;
    for (uint32_t fit = FERRY_FIT_EXACT; fit <= FERRY_FIT_CHECKED; fit++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_plan plan = {0};
        big.native = "BIG";
        big.clauses = fit == FERRY_FIT_EXACT ? NULL : "UNIQUE";
        big.fit = fit;
        assert_int_equal(adopt(&plan, FERRY_KEEPS_UNKNOWN, "BIG", &error), FERRY_OK);
        assert_int_equal(plan.action, FERRY_TABLE_KEEP);
        assert_int_equal(big.asked, 1);
        assert_string_equal(plan.natives[0], "BIG");
        assert_string_equal(plan.wishes[0].type, "BIG");
        assert_string_equal(plan.mappings[0].native, "BIG");
        assert_string_equal(plan.clauses[0], fit == FERRY_FIT_EXACT ? "" : "UNIQUE");
        assert_int_equal(plan.mappings[0].fit, fit);
        assert_string_equal(plan.natives[1], "T");
        assert_int_equal(plan.schema.note_count, 1);
        assert_string_equal(plan.schema.notes[0].text,
                            "the table keeps the definition that it has, since the source's is not "
                            "known");
        ferry_plan_done(&plan);
    }
}

static void test_a_type_that_is_not_adopted(void **state)
{
    (void)state;
    static const struct {
        const char *native;
        uint32_t fit;
        ferry_status status;
    } cases[] = {
        {"BIG", FERRY_FIT_LOSSY, FERRY_OK},          {"BIGGER", FERRY_FIT_EXACT, FERRY_OK},
        {"BIG", FERRY_FIT_EXACT, FERRY_ERR_CONFIG},  {"BIG", FERRY_FIT_EXACT, FERRY_ERR_SCHEMA},
        {"BIG", FERRY_FIT_EXACT, FERRY_ERR_REFUSED},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_plan plan = {0};
        big.native = cases[i].native;
        big.fit = cases[i].fit;
        big.status = cases[i].status;
        ferry_status status = adopt(&plan, FERRY_KEEPS_PRIMARY, "BIG", &error);
        big.status = FERRY_OK;
        if (cases[i].status == FERRY_ERR_REFUSED) {
            assert_int_equal(status, FERRY_ERR_REFUSED);
            assert_error(&error, FERRY_ERR_REFUSED, "no such type");
        } else {
            assert_int_equal(status, FERRY_OK);
            assert_no_error(&error);
            assert_int_equal(plan.action, FERRY_TABLE_REBUILD);
            assert_string_equal(ferry_strbuf_text(&plan.difference),
                                "column 'id' was BIG and becomes T");
            assert_string_equal(plan.natives[0], "T");
            assert_null(plan.wishes[0].type);
        }
        assert_int_equal(big.asked, 1);
        ferry_plan_done(&plan);
    }
}

/* Only where the definition is kept, the type is another one, and the job wants none. */
static void test_a_type_that_is_not_asked_for(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan = {0};
    big.native = "BIG";
    big.fit = FERRY_FIT_EXACT;
    assert_int_equal(adopt(&plan, FERRY_KEEPS_NOTHING, "BIG", &error), FERRY_OK);
    assert_int_equal(big.asked, 0);
    assert_int_equal(plan.action, FERRY_TABLE_REBUILD);
    ferry_plan_done(&plan);
    assert_int_equal(adopt(&plan, FERRY_KEEPS_UNKNOWN, "T", &error), FERRY_OK);
    assert_int_equal(big.asked, 0);
    assert_int_equal(plan.action, FERRY_TABLE_KEEP);
    ferry_plan_done(&plan);
    plan.wishes = calloc(2, sizeof *plan.wishes);
    plan.wishes[0].type = big.native = "WISH";
    assert_int_equal(adopt(&plan, FERRY_KEEPS_UNKNOWN, "BIG", &error), FERRY_OK);
    assert_int_equal(big.asked, 1); /* as the job's own */
    assert_string_equal(ferry_strbuf_text(&plan.difference),
                        "column 'id' was BIG and becomes WISH");
    ferry_plan_done(&plan);
    big.native = ""; /* the table has no type there */
    assert_int_equal(adopt(&plan, FERRY_KEEPS_UNKNOWN, NULL, &error), FERRY_OK);
    assert_int_equal(big.asked, 1);
    assert_int_equal(plan.action, FERRY_TABLE_KEEP);
    assert_string_equal(plan.natives[0], "");
    ferry_plan_done(&plan);
}

/* ---- Somebody's own table ---- */

static int held;

static ferry_status hold_column(void *conn, const struct ferry_column *existing,
                                const struct ferry_column *column, const struct ferry_wish *wish,
                                struct ferry_mapping *mapping, struct ferry_error *err)
{
    (void)conn;
    (void)column;
    (void)wish;
    held++;
    return ferry_mapping_set(mapping, FERRY_FIT_EXACT, existing->native, NULL, err);
}

/* Columns that hold the source's stay, by name and whatever their types; a table of our own is made
 * as the source is. */
static void test_a_table_that_holds_the_columns(void **state)
{
    (void)state;
    const struct ferry_column table[] = {
        {.name = "name", .native = "CLOB", .type = FERRY_TYPE_TEXT},
        {.name = "id", .native = "BIG", .type = FERRY_TYPE_TEXT}};
    fake_handle.target.hold_column = hold_column;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan;
    held = 0;
    fake.exists = 1;
    fake.existing = table;
    fake.existing_count = 2;
    make_plan(&plan, &error);
    assert_no_error(&error);
    assert_int_equal(plan.action, FERRY_TABLE_KEEP);
    assert_string_equal(plan.natives[0], "BIG");
    assert_string_equal(plan.natives[1], "CLOB");
    assert_int_equal(held, 2);
    ferry_plan_done(&plan);
    fake.own = 1;
    held = 0;
    plans(table, 2, FERRY_TABLE_REBUILD, "'id' was BIG and becomes T");
    assert_int_equal(held, 0);
    big.fit = FERRY_FIT_LOSSY; /* which the table's own column may hold all the same */
    assert_int_equal(adopt(&plan, FERRY_KEEPS_UNKNOWN, "BIG", &error), FERRY_OK);
    assert_int_equal(plan.action, FERRY_TABLE_KEEP);
    assert_int_equal(held, 2);
    ferry_plan_done(&plan);
}

/* ---- What the target is told ---- */

static struct {
    uint64_t definition;
    size_t indexes; /* that it was asked about */
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
    ferry_status status = ferry_note(losses, err, "a loss");
    return status == FERRY_OK ? ferry_note(stale, err, "a copy") : status;
}

/* So many indexes; the table is there and is as it would be, or is not there. */
static void tells(size_t indexes, bool exists, enum ferry_keeps keeps,
                  const struct ferry_plan_policy *policy)
{
    const struct ferry_column same[] = {T("id"), T("name")};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_plan plan = {.keeps = keeps, .index_count = indexes};
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    told.plan = &plan;
    told.indexes = 0;
    told.foreseen = 0;
    fake.exists = exists;
    fake.existing = same;
    fake.existing_count = exists ? 2 : 0;
    plan.indexes = calloc(indexes + 1, sizeof *plan.indexes);
    for (size_t i = 0; i < COUNT(source_columns); i++)
        (void)ferry_schema_add(&plan.schema, &source_columns[i], sizeof source_columns[i], &error);
    (void)ferry_plan_negotiate(&plan, target, "t", policy, &error);
    assert_no_error(&error);
    assert_int_equal(told.foreseen, 1);
    assert_int_equal(told.indexes, indexes);
    assert_int_equal(plan.schema.note_count,
                     (indexes > 0) + (exists && keeps != FERRY_KEEPS_NOTHING));
    assert_int_equal(plan.losses.count, 1);
    assert_string_equal(plan.losses.list[0], "a loss");
    assert_string_equal(plan.stale.list[0], "a copy");
    assert_int_equal(plan.definition, told.definition);
    assert_int_equal(plan.rows_known, exists);
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
    tells(0, true, FERRY_KEEPS_NOTHING, NULL);
    assert_int_equal(told.on_stale, FERRY_STALE_WARN);
    assert_int_equal(told.keep_definition, 0);
    tells(1, false, FERRY_KEEPS_UNKNOWN, &rebuild);
    assert_int_equal(told.on_stale, FERRY_STALE_REBUILD);
    assert_int_equal(told.keep_definition, 0); /* there is none */
    tells(3, true, FERRY_KEEPS_UNKNOWN, &rebuild);
    assert_int_equal(told.keep_definition, 1);
}

static void test_failures_pass_through(void **state)
{
    (void)state;
    static const char *const callbacks[] = {"map_column", "inspect"};
    fake_handle.target.foresee = foresee;
    told.foreseen = 0;
    for (size_t i = 0; i < COUNT(callbacks); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_plan plan;
        fake.at = callbacks[i];
        fake.status = fake.report = FERRY_ERR_REFUSED;
        make_plan(&plan, &error);
        assert_error(&error, FERRY_ERR_REFUSED, callbacks[i]);
        ferry_plan_done(&plan);
    }
    assert_int_equal(told.foreseen, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_actions),
        WITH_FAKE(test_clauses),
        WITH_FAKE(test_a_definition_that_is_kept),
        WITH_FAKE(test_clauses_without_a_type),
        cmocka_unit_test(test_words_of_differences),
        WITH_FAKE(test_columns_are_taken_alone),
        WITH_FAKE(test_a_type_is_adopted),
        WITH_FAKE(test_a_type_that_is_not_adopted),
        WITH_FAKE(test_a_type_that_is_not_asked_for),
        WITH_FAKE(test_a_table_that_holds_the_columns),
        WITH_FAKE(test_what_the_target_is_told),
        WITH_FAKE(test_failures_pass_through),
    };
    return cmocka_run_group_tests_name("negotiate", tests, NULL, NULL);
}
