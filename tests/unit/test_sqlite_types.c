/* Tests of the sqlite driver's types.c: declared types as SQLite reads them, and what it declares.
 */

#include "unit.h"

#include "../../plugins/sqlite/types.c"

/* The examples of SQLite's own page on datatypes (3.1.1), and the traps known besides. */
static void test_declared_types_by_affinity(void **state)
{
    (void)state;
    static const struct {
        const char *declared;
        uint32_t type;
    } cases[] = {
        {"INT", FERRY_TYPE_INT},
        {"INTEGER", FERRY_TYPE_INT},
        {"tinyint", FERRY_TYPE_INT},
        {"UNSIGNED BIG INT", FERRY_TYPE_INT},
        {"INT8", FERRY_TYPE_INT},
        {"CHARACTER(20)", FERRY_TYPE_TEXT},
        {"varchar(255)", FERRY_TYPE_TEXT},
        {"NATIVE CHARACTER(70)", FERRY_TYPE_TEXT},
        {"CLOB", FERRY_TYPE_TEXT},
        {"TEXT", FERRY_TYPE_TEXT},
        {"BLOB", FERRY_TYPE_BYTES},
        {"REAL", FERRY_TYPE_FLOAT},
        {"DOUBLE PRECISION", FERRY_TYPE_FLOAT},
        {"FLOAT", FERRY_TYPE_FLOAT},
        {"NUMERIC", FERRY_TYPE_ANY},
        {"DECIMAL(10,5)", FERRY_TYPE_ANY},
        {"BOOLEAN", FERRY_TYPE_ANY},
        {"DATETIME", FERRY_TYPE_ANY},
        {"JSON", FERRY_TYPE_ANY},
        {"STRING", FERRY_TYPE_ANY},
        {"FLOATING POINT", FERRY_TYPE_INT}, /* it holds "INT" */
        {"CHARINT", FERRY_TYPE_INT},
        {"BLOBTEXT", FERRY_TYPE_TEXT},
        {"", FERRY_TYPE_ANY},
        {NULL, FERRY_TYPE_ANY},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_column column = {.name = "c"};
        sqlite_type_describe(cases[i].declared, &column);
        if (column.type != cases[i].type)
            fail_msg("'%s' became type %u", cases[i].declared == NULL ? "" : cases[i].declared,
                     column.type);
        assert_int_equal(column.bits,
                         column.type == FERRY_TYPE_INT || column.type == FERRY_TYPE_FLOAT ? 64 : 0);
    }
}

static void test_target_types(void **state)
{
    (void)state;
    static const struct {
        struct ferry_column column;
        const char *native;
        uint32_t fit;
    } cases[] = {
        {{.type = FERRY_TYPE_BOOL}, "INTEGER", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_INT, .bits = 8}, "INTEGER", FERRY_FIT_WIDER},
        {{.type = FERRY_TYPE_INT, .bits = 64}, "INTEGER", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_INT, .bits = 32, .flags = FERRY_COLUMN_UNSIGNED},
         "INTEGER",
         FERRY_FIT_WIDER},
        {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED},
         "INTEGER",
         FERRY_FIT_CHECKED},
        {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_NOT_NULL},
         "INTEGER",
         FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_FLOAT, .bits = 32}, "REAL", FERRY_FIT_WIDER},
        {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "REAL", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_FLOAT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED},
         "REAL",
         FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 15, .scale = 15}, "REAL", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 16, .scale = 2}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 65, .scale = 30}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_TEXT, .length = 7}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_BYTES, .length = 16}, "BLOB", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_DATE}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_TIME, .scale = 6}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_DATETIME, .scale = 3}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_YEAR}, "INTEGER", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_ANY}, "", FERRY_FIT_EXACT},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct sqlite_type_rule *rule = sqlite_type_rule(&cases[i].column);
        if (rule == NULL)
            fail_msg("case %zu has no rule", i);
        assert_string_equal(rule->native, cases[i].native);
        assert_int_equal(rule->fit, cases[i].fit);
    }
    const struct ferry_column unknown = {.type = 9999};
    assert_null(sqlite_type_rule(&unknown));
}

/* What a target declares must come back as the same kind when the file is a source. */
static void test_declared_types_round_trip(void **state)
{
    (void)state;
    static const struct {
        const char *native;
        uint32_t type;
    } cases[] = {
        {"INTEGER", FERRY_TYPE_INT}, {"REAL", FERRY_TYPE_FLOAT}, {"TEXT", FERRY_TYPE_TEXT},
        {"BLOB", FERRY_TYPE_BYTES},  {"", FERRY_TYPE_ANY},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_column column = {.name = "c"};
        sqlite_type_describe(cases[i].native, &column);
        assert_int_equal(column.type, cases[i].type);
        const struct sqlite_type_rule *rule = sqlite_type_rule(&column);
        assert_non_null(rule);
        assert_string_equal(rule->native, cases[i].native);
        assert_int_equal(rule->fit, FERRY_FIT_EXACT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_declared_types_by_affinity),
        cmocka_unit_test(test_target_types),
        cmocka_unit_test(test_declared_types_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
