/* Tests of the sqlite driver's types.c: declared types as SQLite reads them, and what it declares.
 */

#include "unit.h"

/* What types.c is built upon. */
#include "../../../plugins/sqlite/affinity.c"
#include "../../../plugins/sqlite/clauses.c"
#include "../../../plugins/sqlite/decimal.c"
#include "../../../plugins/sqlite/order.c"
#include "../../../plugins/sqlite/types.c"

#include "engine/negotiate.h"

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
        sqldrv_type_describe(cases[i].declared, &column);
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
        {{.type = FERRY_TYPE_BIT, .bits = 1}, "INTEGER", FERRY_FIT_WIDER},
        {{.type = FERRY_TYPE_BIT, .bits = 63}, "INTEGER", FERRY_FIT_WIDER},
        {{.type = FERRY_TYPE_BIT, .bits = 64}, "INTEGER", FERRY_FIT_CHECKED},
        {{.type = FERRY_TYPE_JSON}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_ENUM}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_SET}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_UUID}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_INET4}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_INET6}, "TEXT", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_GEOMETRY}, "BLOB", FERRY_FIT_EXACT},
        {{.type = FERRY_TYPE_VECTOR, .length = 3}, "BLOB", FERRY_FIT_EXACT},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct sqldrv_type_rule *rule = sqldrv_type_rule(&cases[i].column, NULL);
        if (rule == NULL)
            fail_msg("case %zu has no rule", i);
        assert_string_equal(rule->native, cases[i].native);
        assert_int_equal(rule->fit, cases[i].fit);
    }
    const struct ferry_column unknown = {.type = 9999};
    assert_null(sqldrv_type_rule(&unknown, NULL));
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
        sqldrv_type_describe(cases[i].native, &column);
        assert_int_equal(column.type, cases[i].type);
        const struct sqldrv_type_rule *rule = sqldrv_type_rule(&column, NULL);
        assert_non_null(rule);
        assert_string_equal(rule->native, cases[i].native);
        assert_int_equal(rule->fit, FERRY_FIT_EXACT);
    }
}

/* Each wish, and what it makes of a column. */
static void test_wishes(void **state)
{
    (void)state;
    const struct ferry_wish real = {.decimal = FERRY_DECIMAL_REAL};
    const struct ferry_wish text = {.decimal = FERRY_DECIMAL_TEXT,
                                    .big_unsigned = FERRY_BIG_UNSIGNED_TEXT};
    const struct ferry_wish as_integer = {.type = "integer"};
    const struct ferry_wish as_real = {.type = "REAL"};
    const struct ferry_wish as_text = {.type = "Text"};
    const struct ferry_wish as_blob = {.type = "BLOB"};
    const struct ferry_wish as_varchar = {.type = "VARCHAR(10)"};
    const struct ferry_column small = {.type = FERRY_TYPE_DECIMAL, .precision = 15, .scale = 2};
    const struct ferry_column large = {.type = FERRY_TYPE_DECIMAL, .precision = 16, .scale = 2};
    const struct ferry_column huge = {.type = FERRY_TYPE_DECIMAL, .precision = 1000};
    const struct ferry_column i8 = {.type = FERRY_TYPE_INT, .bits = 8};
    const struct ferry_column i64 = {.type = FERRY_TYPE_INT, .bits = 64};
    const struct ferry_column u32 = {
        .type = FERRY_TYPE_INT, .bits = 32, .flags = FERRY_COLUMN_UNSIGNED};
    const struct ferry_column u64 = {
        .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED};
    const struct ferry_column bits = {.type = FERRY_TYPE_BIT, .bits = 64};
    const struct ferry_column words = {.type = FERRY_TYPE_TEXT};
    const struct ferry_column bytes = {.type = FERRY_TYPE_BYTES};
    const struct ferry_column date = {.type = FERRY_TYPE_DATE};
    const struct ferry_column any = {.type = FERRY_TYPE_ANY};
    const struct {
        const struct ferry_column *column;
        const struct ferry_wish *wish;
        const char *native; /* NULL: impossible */
        uint32_t fit;
        enum sqldrv_convert convert;
    } cases[] = {
        {&small, &real, "REAL", FERRY_FIT_EXACT, SQLDRV_CONVERT_DECIMAL},
        {&small, &text, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT},
        {&large, &real, "REAL", FERRY_FIT_CHECKED, SQLDRV_CONVERT_DECIMAL_CHECKED},
        {&large, &text, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT},
        {&huge, &real, NULL, 0, 0},
        {&huge, &text, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT},
        {&small, &as_integer, NULL, 0, 0},
        {&u64, &text, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_UNSIGNED_TEXT},
        {&bits, &text, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_UNSIGNED_TEXT},
        {&u32, &text, "INTEGER", FERRY_FIT_WIDER, SQLDRV_CONVERT_UNSIGNED},
        {&i64, &text, "INTEGER", FERRY_FIT_EXACT, SQLDRV_CONVERT_INT},
        {&u32, &as_text, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_UNSIGNED_TEXT},
        {&i8, &as_text, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_INT_TEXT},
        {&i8, &as_real, "REAL", FERRY_FIT_WIDER, SQLDRV_CONVERT_INT_REAL},
        {&i64, &as_real, "REAL", FERRY_FIT_CHECKED, SQLDRV_CONVERT_INT_REAL},
        {&u64, &as_real, "REAL", FERRY_FIT_CHECKED, SQLDRV_CONVERT_UNSIGNED_REAL},
        {&i64, &as_blob, NULL, 0, 0},
        {&words, &text, "TEXT", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT},
        {&words, &as_blob, "BLOB", FERRY_FIT_EXACT, SQLDRV_CONVERT_TEXT_BLOB},
        {&words, &as_integer, NULL, 0, 0},
        {&words, &as_varchar, NULL, 0, 0},
        {&bytes, &as_text, "TEXT", FERRY_FIT_CHECKED, SQLDRV_CONVERT_BYTES_TEXT},
        {&date, &as_real, NULL, 0, 0},
        {&any, &as_text, "TEXT", FERRY_FIT_CHECKED, SQLDRV_CONVERT_ANY},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct sqldrv_type_rule *rule = sqldrv_type_rule(cases[i].column, cases[i].wish);
        if ((rule == NULL) != (cases[i].native == NULL))
            fail_msg("case %zu is %s", i, rule == NULL ? "impossible" : rule->native);
        if (rule == NULL)
            continue;
        assert_string_equal(rule->native, cases[i].native);
        assert_int_equal(rule->fit, cases[i].fit);
        assert_int_equal(rule->convert, cases[i].convert);
        /* The metadata keeps the declared type alone: it must lead back to the same rule. */
        const struct ferry_wish again = {.type = rule->native};
        assert_ptr_equal(sqldrv_type_rule(cases[i].column, &again), rule);
    }
}

/* What `dbferry plan` says of columns that somebody has wishes for. */
static void test_notes(void **state)
{
    (void)state;
    const struct ferry_wish as_integer = {.type = "INTEGER"};
    const struct ferry_wish as_text = {.type = "TEXT"};
    const struct ferry_column date = {.name = "d", .type = FERRY_TYPE_DATE};
    const struct ferry_column loose = {
        .name = "l", .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE};
    const struct ferry_column loose_date = {
        .name = "d", .type = FERRY_TYPE_DATE, .flags = FERRY_COLUMN_LOOSE};
    const struct {
        const struct ferry_column *column;
        const struct ferry_wish *wish;
        uint32_t fit;
        const char *note;
    } cases[] = {
        {&date, &as_integer, FERRY_FIT_NONE, "it cannot be stored as 'INTEGER', only as TEXT"},
        {&date, NULL, FERRY_FIT_EXACT, NULL},
        {&loose, NULL, FERRY_FIT_EXACT, NULL},
        {&loose, &as_text, FERRY_FIT_CHECKED, "other kinds are refused"},
        {&loose_date, NULL, FERRY_FIT_CHECKED, "other kinds are refused"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_mapping mapping = {0};
        struct ferry_error error = {0};
        assert_int_equal(sqldrv_map_column(NULL, cases[i].column, cases[i].wish, &mapping, &error),
                         FERRY_OK);
        assert_int_equal(mapping.fit, cases[i].fit);
        if (cases[i].note == NULL)
            assert_null(mapping.note);
        else if (mapping.note == NULL || strstr(mapping.note, cases[i].note) == NULL)
            fail_msg("case %zu: the note is '%s'", i, mapping.note == NULL ? "" : mapping.note);
        ferry_mapping_done(&mapping);
    }
}

#define KEY (FERRY_COLUMN_SOLE_KEY | FERRY_COLUMN_NOT_NULL)
#define COLUMN(t, ...)                                                                             \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_##t, __VA_ARGS__                                           \
    }

/* What the definition says behind the type, and what the plan says about the rest. */
static void test_clauses(void **state)
{
    (void)state;
    static const struct {
        struct ferry_column column;
        const char *type; /* wished for */
        const char *clauses;
        const char *note; /* part of it; NULL: none */
    } cases[] = {
        {COLUMN(INT, .bits = 64), NULL, "", NULL},
        {COLUMN(INT, .bits = 64, .flags = FERRY_COLUMN_NOT_NULL), NULL, "NOT NULL", NULL},
        {COLUMN(INT, .bits = 64, .flags = KEY), NULL, "NOT NULL PRIMARY KEY", NULL},
        {COLUMN(INT, .bits = 8, .flags = KEY | FERRY_COLUMN_UNSIGNED), NULL, "NOT NULL PRIMARY KEY",
         NULL},
        {COLUMN(INT, .bits = 64, .flags = KEY), "TEXT", "NOT NULL", "textual"},
        {COLUMN(INT, .bits = 64, .flags = FERRY_COLUMN_SOLE_KEY), NULL, "", NULL},
        {COLUMN(INT, .bits = 64, .flags = KEY | FERRY_COLUMN_LOOSE), NULL, "NOT NULL", NULL},
        {COLUMN(TEXT, .flags = KEY), NULL, "NOT NULL", NULL},
        {COLUMN(ANY, .flags = KEY), "INTEGER", "NOT NULL", "convert"},
        {COLUMN(INT, .bits = 64, .default_value = "-5"), NULL, "DEFAULT -5", NULL},
        {COLUMN(INT, .bits = 64, .default_value = "-9223372036854775808"), NULL,
         "DEFAULT -9223372036854775808", NULL},
        {COLUMN(INT, .bits = 64, .default_value = "9223372036854775808"), NULL, "",
         "its default '9223372036854775808' is not carried"},
        {COLUMN(INT, .bits = 64, .default_value = "1); DROP"), NULL, "", "is not carried"},
        {COLUMN(INT, .bits = 64, .default_value = ""), NULL, "", "is not carried"},
        {COLUMN(INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED,
                .default_value = "18446744073709551615"),
         "TEXT", "DEFAULT '18446744073709551615'", "textual"},
        {COLUMN(BIT, .bits = 3, .default_value = "5"), NULL, "DEFAULT 5", NULL},
        {COLUMN(BIT, .bits = 3, .default_value = "b'101'"), NULL, "", "is not carried"},
        {COLUMN(DECIMAL, .precision = 10, .scale = 2, .default_value = "0.50"), NULL,
         "DEFAULT 0.50", "REAL"},
        {COLUMN(DECIMAL, .precision = 20, .scale = 2, .default_value = "0.50"), NULL,
         "DEFAULT '0.50'", "TEXT"},
        {COLUMN(DECIMAL, .precision = 20, .scale = 2, .default_value = "0.5"), NULL, "",
         "is not carried"},
        {COLUMN(FLOAT, .bits = 64, .default_value = "1e-5"), NULL, "DEFAULT 1e-5", "-0.0"},
        {COLUMN(FLOAT, .bits = 64, .default_value = "inf"), NULL, "", "is not carried"},
        {COLUMN(TEXT, .default_value = "it's"), NULL, "DEFAULT 'it''s'", NULL},
        {COLUMN(TEXT, .default_value = ""), NULL, "DEFAULT ''", NULL},
        {COLUMN(BYTES, .default_value = "a\xff"), NULL, "DEFAULT x'61ff'", NULL},
        {COLUMN(TEXT, .default_value = "ab"), "BLOB", "DEFAULT x'6162'", "BLOB"},
        {COLUMN(ANY, .default_value = "5"), NULL, "", "its default '5' is not carried"},
        {COLUMN(DATETIME, .flags = FERRY_COLUMN_DEFAULT_NOW), NULL, "DEFAULT CURRENT_TIMESTAMP",
         "in UTC"},
        {COLUMN(DATE, .flags = FERRY_COLUMN_DEFAULT_NOW), NULL, "DEFAULT CURRENT_DATE", "in UTC"},
        {COLUMN(DATETIME, .scale = 3, .flags = FERRY_COLUMN_DEFAULT_NOW), NULL, "",
         "the current moment, is not carried"},
        {COLUMN(TEXT, .flags = FERRY_COLUMN_IGNORES_CASE), NULL, "COLLATE NOCASE",
         "the case of A to Z alone"},
        {COLUMN(TEXT, .collation = "NOCASE", .flags = FERRY_COLUMN_IGNORES_CASE), NULL,
         "COLLATE NOCASE", NULL},
        {COLUMN(SET, .flags = FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS |
                              FERRY_COLUMN_IGNORES_TRAILING_SPACE),
         NULL, "COLLATE NOCASE",
         "A to Z alone; accents and trailing spaces make a difference here"},
        {COLUMN(ENUM, .default_value = "x",
                .flags = FERRY_COLUMN_NOT_NULL | FERRY_COLUMN_IGNORES_CASE),
         NULL, "NOT NULL DEFAULT 'x' COLLATE NOCASE", "A to Z"},
        {COLUMN(TEXT, .flags = FERRY_COLUMN_IGNORES_TRAILING_SPACE), NULL, "", "trailing spaces"},
        {COLUMN(TEXT, .flags = FERRY_COLUMN_IGNORES_CASE), "BLOB", "", "upper and lower case"},
        {COLUMN(TEXT, .flags = FERRY_COLUMN_COMPARES_UNKNOWN), NULL, "", "is not known"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_wish wish = {.type = cases[i].type};
        struct ferry_mapping mapping = {0};
        struct ferry_error error = {0};
        assert_int_equal(sqldrv_map_column(NULL, &cases[i].column, &wish, &mapping, &error),
                         FERRY_OK);
        const char *clauses = mapping.clauses == NULL ? "" : mapping.clauses;
        if (strcmp(clauses, cases[i].clauses) != 0)
            fail_msg("case %zu: the clauses are '%s'", i, clauses);
        if (cases[i].note == NULL
                ? mapping.note != NULL
                : mapping.note == NULL || strstr(mapping.note, cases[i].note) == NULL)
            fail_msg("case %zu: the note is '%s'", i, mapping.note == NULL ? "" : mapping.note);
        ferry_mapping_done(&mapping);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_declared_types_by_affinity),
        cmocka_unit_test(test_target_types),
        cmocka_unit_test(test_declared_types_round_trip),
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_clauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
