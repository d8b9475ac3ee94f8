/* Tests of the sqlite driver's stored.c: which columns it takes, and what stands in a file as cells
 * of numbers, and of kinds. */

#include "stored.h"

/* ---- How a column is stored ---- */

static void test_classes(void **state)
{
    (void)state;
    static const struct {
        enum sqldrv_convert convert;
        int class;
    } cases[] = {
        {SQLDRV_CONVERT_INT, SQLITE_INTEGER},
        {SQLDRV_CONVERT_INT_TEXT, SQLITE_TEXT},
        {SQLDRV_CONVERT_INT_REAL, SQLITE_FLOAT},
        {SQLDRV_CONVERT_UNSIGNED, SQLITE_INTEGER},
        {SQLDRV_CONVERT_UNSIGNED_TEXT, SQLITE_TEXT},
        {SQLDRV_CONVERT_UNSIGNED_REAL, SQLITE_FLOAT},
        {SQLDRV_CONVERT_FLOAT, SQLITE_FLOAT},
        {SQLDRV_CONVERT_DECIMAL, SQLITE_FLOAT},
        {SQLDRV_CONVERT_DECIMAL_CHECKED, SQLITE_FLOAT},
        {SQLDRV_CONVERT_DECIMAL_NUMBER, SQLITE_FLOAT},
        {SQLDRV_CONVERT_TEXT, SQLITE_TEXT},
        {SQLDRV_CONVERT_TEXT_BLOB, SQLITE_BLOB},
        {SQLDRV_CONVERT_TEXT_NO_NUMBER, SQLITE_TEXT},
        {SQLDRV_CONVERT_BYTES, SQLITE_BLOB},
        {SQLDRV_CONVERT_BYTES_TEXT, SQLITE_TEXT},
        {SQLDRV_CONVERT_ANY, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(sqldrv_stored_class(cases[i].convert), cases[i].class);
}

static void test_columns_that_are_not_stored(void **state)
{
    (void)state;
    const struct ferry_column number = INT(64), bytes = OF(BYTES), none = {.name = "c"};
    const struct ferry_wish numeric = {.type = "NUMERIC"}, any = {0};
    struct sqldrv_stored stored = {.column = &none};
    assert_false(sqldrv_stored_prepare(&bytes, &numeric, &stored));
    assert_false(sqldrv_stored_prepare(&none, &any, &stored));
    assert_false(sqldrv_stored_prepare(&none, NULL, &stored));
    assert_ptr_equal(stored.column, &none);
    assert_true(sqldrv_stored_prepare(&number, NULL, &stored));
    assert_ptr_equal(stored.column, &number);
    assert_int_equal(stored.convert, SQLDRV_CONVERT_INT);
    assert_true(sqldrv_stored_prepare(&number, &any, &stored));
    assert_int_equal(stored.convert, SQLDRV_CONVERT_INT);
    assert_false(stored.loose || stored.raw);
}

/* ---- Values ---- */

static void test_numbers(void **state)
{
    (void)state;
    static const struct stored_case cases[] = {
        {OF(BOOL), NULL, "1", "1"},
        {OF(BOOL), NULL, "0", "0"},
        {OF(BOOL), NULL, "-1", "refused: the number is out of the range"},
        {OF(BOOL), NULL, "2", "refused: the number is out of the range"},
        {INT(8), NULL, "-128", "-128"},
        {INT(8), NULL, "127", "127"},
        {INT(8), NULL, "128", "refused: the number is out of the range"},
        {INT(8), NULL, "-129", "refused: the number is out of the range"},
        {INT(63), NULL, "4611686018427387903", "4611686018427387903"},
        {INT(63), NULL, "4611686018427387904", "refused: the number is out of the range"},
        {INT(64), NULL, "-9223372036854775808", "-9223372036854775808"},
        {INT(64), NULL, "1.0", "refused: it is stored as REAL, not as INTEGER"},
        {INT(64), NULL, "'1'", "refused: it is stored as TEXT, not as INTEGER"},
        {INT(64), "TEXT", "'-9223372036854775808'", "-9223372036854775808"},
        {INT(64), "TEXT", "'9223372036854775808'", "refused: the text is no whole number"},
        {INT(64), "TEXT", "'-9223372036854775809'", "refused: the text is no whole number"},
        {INT(64), "VARCHAR(20)", "'9223372036854775807'", "9223372036854775807"},
        {INT(64), "TEXT", "'0'", "0"},
        {INT(64), "TEXT", "'-5'", "-5"},
        {INT(64), "TEXT", "'-'", "refused: the text is no whole number"},
        {INT(64), "TEXT", "'00'", "refused: the text is no whole number"},
        {INT(64), "TEXT", "'1/'", "refused: the text is no whole number"},
        {INT(64), "TEXT", "'1:'", "refused: the text is no whole number"},
        {INT(64), "TEXT", "'1a'", "refused: the text is no whole number"},
        {INT(64), "TEXT", "'007'", "refused: the text is no whole number"},
        {INT(64), "TEXT", "'-0'", "refused: the text is no whole number"},
        {INT(64), "TEXT", "''", "refused: the text is no whole number"},
        {INT(64), "TEXT", "'1 '", "refused: the text is no whole number"},
        {INT(8), "TEXT", "'200'", "refused: the number is out of the range"},
        {INT(64), "REAL", "-9007199254740992.0", "-9007199254740992"},
        {INT(64), "REAL", "-9223372036854775808.0", "-9223372036854775808"},
        {INT(64), "REAL", "9223372036854775808.0", "refused: the number is not a whole one"},
        {INT(64), "REAL", "0.5", "refused: the number is not a whole one"},
        {INT(64), "REAL", "9e999", "refused: the number is not a whole one"},
        {UINT(64), NULL, "9223372036854775807", "9223372036854775807"},
        {UINT(64), NULL, "0", "0"},
        {UINT(64), NULL, "-1", "refused: the number is negative"},
        {UINT(8), NULL, "255", "255"},
        {UINT(8), NULL, "256", "refused: the number is out of the range"},
        {UINT(64), "TEXT", "'18446744073709551615'", "18446744073709551615"},
        {UINT(64), "TEXT", "'18446744073709551616'", "refused: the text is no number"},
        {UINT(64), "TEXT", "'-1'", "refused: the text is no number"},
        {UINT(64), "TEXT", "'-0'", "refused: the text is no number"},
        {UINT(64), "TEXT", "'/'", "refused: the text is no number"},
        {UINT(64), "TEXT", "'184467440737095516150'", "refused: the text is no number"},
        {UINT(64), "REAL", "0.0", "0"},
        {UINT(64), "REAL", "0.5", "refused: the number is not a whole one"},
        {UINT(64), "REAL", "9223372036854775808.0", "9223372036854775808"},
        {UINT(64), "REAL", "18446744073709551616.0", "refused: the number is not a whole one"},
        {UINT(64), "REAL", "-1.0", "refused: the number is not a whole one"},
        {{.name = "c", .type = FERRY_TYPE_BIT, .bits = 3}, NULL, "7", "7"},
        {{.name = "c", .type = FERRY_TYPE_BIT, .bits = 3}, NULL, "8", "refused: the number is out"},
        {{.name = "c", .type = FERRY_TYPE_BIT, .bits = 64},
         "TEXT",
         "'18446744073709551615'",
         "18446744073709551615"},
        {OF(YEAR), NULL, "0", "0"},
        {OF(YEAR), NULL, "2155", "2155"},
        {OF(YEAR), NULL, "1901", "1901"},
        {OF(YEAR), NULL, "2156", "refused: the number is out of the range"},
        {OF(YEAR), NULL, "1900", "refused: the number is out of the range"},
        {{.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 64}, NULL, "0.1", "0.10000000000000001"},
        {{.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 64}, NULL, "7", "7"},
        {{.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 64},
         NULL,
         "9007199254740993",
         "refused: it is stored as INTEGER, not as REAL"},
        {{.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 32}, NULL, "0.5", "0.5"},
        {{.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 32},
         NULL,
         "0.1",
         "refused: the number is not one of single precision"},
        {{.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 32}, NULL, "-9e999", "-inf"},
        {{.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 32}, NULL, "16777216", "16777216"},
        {{.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 32},
         NULL,
         "16777217",
         "refused: it is stored as INTEGER, not as REAL"},
        {{.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 64}, NULL, "16777217", "16777217"},
        {{.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 64},
         NULL,
         "9223372036854775807",
         "refused: it is stored as INTEGER, not as REAL"},
        {DECIMAL(10, 2), "NUMERIC", "0.3", "0.30"},
        {DECIMAL(10, 2), "NUMERIC", "-3", "-3.00"},
        {DECIMAL(10, 0), "NUMERIC", "5", "5"},
        {DECIMAL(10, 2), "NUMERIC", "0.001", "refused: the number has other digits"},
        {DECIMAL(10, 2), "NUMERIC", "'x'", "refused: it is stored as TEXT, not as REAL"},
        {DECIMAL(10, 2), NULL, "0.3", "0.30"},
        {DECIMAL(10, 2), NULL, "0.1 + 0.2", "refused: the number has other digits"},
        {DECIMAL(10, 2), NULL, "-0.0", "0.00"},
        {DECIMAL(15, 0), NULL, "-123456789012345.0", "-123456789012345"},
        {DECIMAL(10, 2), NULL, "1", "refused: it is stored as INTEGER, not as REAL"},
        {DECIMAL(10, 2), "TEXT", "'12.30'", "12.30"},
        {DECIMAL(10, 2), "TEXT", "'12.3'", "refused: the text is no number of the column's"},
        {DECIMAL(65, 30), NULL, "'1.000000000000000000000000000001'",
         "1.000000000000000000000000000001"},
        {DECIMAL(20, 2), "REAL", "1234567890123456.75", "1234567890123456.75"},
        {DECIMAL(20, 2), "REAL", "0.001", "refused: the number has other digits"},
    };
    run_cases(cases, COUNT(cases));
}

/* Where the type is no promise, every value comes back, and says what it is. */
static void test_kinds(void **state)
{
    (void)state;
    static const struct stored_case cases[] = {
        {LOOSE(INT, 64), NULL, "5", "5"},
        {LOOSE(INT, 64), NULL, "2.5", "float 2.5"},
        {LOOSE(INT, 64), NULL, "'x'", "text x"},
        {LOOSE(INT, 64), NULL, "x'78'", "bytes x"},
        {LOOSE(INT, 64), NULL, "NULL", "null"},
        {LOOSE(INT, 8), NULL, "1000", "int 1000"},
        {LOOSE(FLOAT, 64), NULL, "2.5", "2.5"},
        {LOOSE(FLOAT, 64), NULL, "2", "2"},
        {LOOSE(FLOAT, 64), NULL, "9007199254740993", "int 9007199254740993"},
        {LOOSE(FLOAT, 64), NULL, "'x'", "text x"},
        {LOOSE(TEXT, 0), NULL, "'x'", "x"},
        {LOOSE(TEXT, 0), NULL, "x'78'", "bytes x"},
        {LOOSE(TEXT, 0), NULL, "1", "int 1"},
        {LOOSE(BYTES, 0), NULL, "x'78'", "x"},
        {LOOSE(BYTES, 0), NULL, "'x'", "text x"},
        {OF(ANY), NULL, "'x'", "text x"},
        {OF(ANY), NULL, "5", "int 5"},
        {OF(ANY), NULL, "2.5", "float 2.5"},
        {OF(ANY), NULL, "x''", "bytes "},
        {{.name = "c", .type = FERRY_TYPE_ANY, .flags = FERRY_COLUMN_ONLY_NULL},
         NULL,
         "NULL",
         "null"},
        {{.name = "c", .type = FERRY_TYPE_ANY, .flags = FERRY_COLUMN_ONLY_NULL},
         NULL,
         "5",
         "refused: a value where the source's column is NULL by its nature"},
        {OF(ANY), "INTEGER", "'x'", "text x"},
        {LOOSE(INT, 64), "TEXT", "5", "refused: it is stored as INTEGER, not as TEXT"},
        {LOOSE(TEXT, 0), "BLOB", "'x'", "refused: it is stored as TEXT, not as BLOB"},
        {LOOSE(DATE, 0), NULL, "5", "refused: it is stored as INTEGER, not as TEXT"},
    };
    run_cases(cases, COUNT(cases));
}

/* ---- Without memory ---- */

/* What comes of a value that SQLite would need memory to hand out. */
static int read_without_memory(const char *sql)
{
    const struct ferry_column any = OF(ANY);
    struct sqldrv_stored stored;
    struct ferry_cell cell = {0};
    char room[SQLDRV_STORED_ROOM];
    const char *why = NULL;
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_true(sqldrv_stored_prepare(&any, NULL, &stored));
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA encoding = 'UTF-16le'", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    sqlite3_value *value = sqlite3_column_value(stmt, 0);
    (void)sqlite3_hard_heap_limit64(sqlite3_memory_used());
    int rc = sqldrv_stored_cell(&stored, value, room, &cell, &why);
    (void)sqlite3_hard_heap_limit64(0);
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return rc;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(read_without_memory("SELECT 'abc'"), SQLITE_NOMEM); /* UTF-8 of it */
    assert_int_equal(read_without_memory("SELECT ''"), SQLITE_NOMEM);
    assert_int_equal(read_without_memory("SELECT x''"), SQLITE_OK);
    assert_int_equal(read_without_memory("SELECT 5"), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),   cmocka_unit_test(test_columns_that_are_not_stored),
        cmocka_unit_test(test_numbers),   cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
