/* Tests of negotiate.c: a table that is there keeps its types where these hold the source's values.
 */

#include "unit.h"

#include "fake.h"

#include "engine/negotiate.h"

static const struct ferry_column source_columns[] = {
    {.name = "id", .native = "bigint", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "name", .native = "varchar(40)", .type = FERRY_TYPE_TEXT, .length = 40},
};

static int fake_own = 1; /* the table is the driver's own */
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

/* What the target says of a column that is to have the type BIG; without that wish all are T. */
static struct {
    const char *native;
    const char *clauses;
    const char *second; /* the type of the table's column "name"; NULL: T */
    uint32_t fit;
    ferry_status status;
    int asked;
} big;

static ferry_status map_big(void *conn, const struct ferry_column *column,
                            const struct ferry_wish *wish, struct ferry_mapping *mapping,
                            struct ferry_error *err)
{
    (void)conn;
    (void)column;
    if (wish->type == NULL)
        return ferry_mapping_set(mapping, FERRY_FIT_EXACT, "T", NULL, err);
    big.asked++;
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
    const struct ferry_column table[] = {
        {.name = "id", .native = type, .type = FERRY_TYPE_TEXT},
        {.name = "name", .native = big.second == NULL ? "T" : big.second, .type = FERRY_TYPE_TEXT}};
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    plan->keeps = keeps;
    fake_handle.target.map_column = map_big;
    fake.exists = 1;
    fake.own = (uint32_t)fake_own;
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

/* Each column is asked about, up to the first that fails. */
static void test_two_types(void **state)
{
    (void)state;
    for (int fails = 0; fails <= 1; fails++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_plan plan = {0};
        big.native = big.second = "BIG";
        big.fit = FERRY_FIT_EXACT;
        big.status = fails ? FERRY_ERR_REFUSED : FERRY_OK;
        fake_handle.target.hold_column = fails ? hold_column : NULL;
        held = 0;
        ferry_status status = adopt(&plan, FERRY_KEEPS_UNKNOWN, "BIG", &error);
        big.status = FERRY_OK;
        big.second = NULL;
        assert_int_equal(status, fails ? FERRY_ERR_REFUSED : FERRY_OK);
        assert_int_equal(error.status, status);
        assert_int_equal(big.asked, fails ? 1 : 2);
        assert_int_equal(held, 0);
        assert_string_equal(plan.natives[1], fails ? "T" : "BIG");
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

/* Columns that hold the source's stay, by name and whatever their types; a table of our own is made
 * as the source is. */
static void test_a_table_that_holds_the_columns(void **state)
{
    (void)state;
    fake_handle.target.hold_column = hold_column;
    big.second = "CLOB";
    big.fit = FERRY_FIT_LOSSY; /* which the table's own column may hold all the same */
    big.native = "BIG";
    for (int own = 0; own <= 1; own++)
        for (int keeps = 0; keeps <= 1; keeps++) {
            FERRY_AUTO_ERROR struct ferry_error error = {0};
            struct ferry_plan plan = {0};
            held = 0;
            fake_own = own;
            assert_int_equal(
                adopt(&plan, keeps ? FERRY_KEEPS_UNKNOWN : FERRY_KEEPS_NOTHING, "BIG", &error),
                FERRY_OK);
            if (own && !keeps) {
                assert_int_equal(plan.action, FERRY_TABLE_REBUILD);
                assert_int_equal(held, 0);
            } else {
                assert_int_equal(plan.action, FERRY_TABLE_KEEP);
                assert_int_equal(held, 2);
                assert_string_equal(plan.natives[0], "BIG");
                assert_string_equal(plan.natives[1], "CLOB");
            }
            ferry_plan_done(&plan);
        }
    fake_own = 1;
    big.second = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_a_type_is_adopted),
        WITH_FAKE(test_a_type_that_is_not_adopted),
        WITH_FAKE(test_two_types),
        WITH_FAKE(test_a_type_that_is_not_asked_for),
        WITH_FAKE(test_a_table_that_holds_the_columns),
    };
    return cmocka_run_group_tests_name("adopt", tests, NULL, NULL);
}
