/* Tests of the sqlite driver's stored.c: what stands in a file as cells of the source's column. */

#include "unit.h"

/* What stored.c is built upon; each has tests of its own. */
#include "../../../plugins/sqlite/affinity.c"
#include "../../../plugins/sqlite/clauses.c"
#include "../../../plugins/sqlite/decimal.c"
#include "../../../plugins/sqlite/hold.c"
#include "../../../plugins/sqlite/stored.c"
#include "../../../plugins/sqlite/types.c"

#define DECIMAL(p, s)                                                                              \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_DECIMAL, .precision = (p), .scale = (s)                    \
    }
#define OF(t)                                                                                      \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_##t                                                        \
    }
#define INT(b)                                                                                     \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_INT, .bits = (b)                                           \
    }
#define UINT(b)                                                                                    \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_INT, .bits = (b), .flags = FERRY_COLUMN_UNSIGNED           \
    }
#define SCALED(t, s)                                                                               \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_##t, .scale = (s)                                          \
    }
#define LOOSE(t, b)                                                                                \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_##t, .bits = (b), .flags = FERRY_COLUMN_LOOSE              \
    }

/* `cell` is what a cell holds, as `describe_cell` prints it, or why it is refused. */
struct stored_case {
    struct ferry_column column;
    const char *wish;
    const char *sql; /* of the value */
    const char *cell;
};

static void describe_cell(const struct ferry_column *column, const struct ferry_cell *cell,
                          char *text, size_t size)
{
    bool integer = column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_BOOL ||
                   column->type == FERRY_TYPE_YEAR;
    static const char *const kinds[] = {"", "int ", "float ", "text ", "bytes "};
    const char *kind = kinds[cell->kind];
    if (cell->null)
        (void)snprintf(text, size, "null");
    else if (cell->kind == FERRY_KIND_INT || (cell->kind == FERRY_KIND_TYPED && integer &&
                                              (column->flags & FERRY_COLUMN_UNSIGNED) == 0))
        (void)snprintf(text, size, "%s%lld", kind, (long long)cell->v.i);
    else if (cell->kind == FERRY_KIND_TYPED && (integer || column->type == FERRY_TYPE_BIT))
        (void)snprintf(text, size, "%llu", (unsigned long long)cell->v.u);
    else if (cell->kind == FERRY_KIND_FLOAT ||
             (cell->kind == FERRY_KIND_TYPED && column->type == FERRY_TYPE_FLOAT))
        (void)snprintf(text, size, "%s%.17g", kind, cell->v.f);
    else
        (void)snprintf(text, size, "%s%.*s", kind, (int)cell->len, cell->v.p);
}

static void run_case(sqlite3 *db, const struct stored_case *test)
{
    const struct ferry_wish wish = {.type = test->wish};
    struct sqlite_stored stored;
    struct ferry_cell cell = {0};
    char room[SQLITE_STORED_ROOM];
    char found[512];
    char sql[256];
    const char *why = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_true(sqlite_stored_prepare(&test->column, &wish, &stored));
    (void)snprintf(sql, sizeof sql, "SELECT %s", test->sql);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int rc = sqlite_stored_cell(&stored, sqlite3_column_value(stmt, 0), room, &cell, &why);
    if (rc == SQLITE_OK)
        describe_cell(&test->column, &cell, found, sizeof found);
    else
        (void)snprintf(found, sizeof found, "refused: %s", why);
    if (strncmp(found, test->cell, strlen(test->cell)) != 0 ||
        (rc == SQLITE_OK && strlen(found) != strlen(test->cell)))
        fail_msg("%s of type %u became '%s', not '%s'", test->sql, test->column.type, found,
                 test->cell);
    sqlite3_finalize(stmt);
}

static void run_cases(const struct stored_case *tests, size_t count)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (size_t i = 0; i < count; i++)
        run_case(db, &tests[i]);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct stored_case cases[] = {
        {OF(BOOL), NULL, "1", "1"},
        {OF(BOOL), NULL, "2", "refused: the number is out of the range"},
        {INT(8), NULL, "-128", "-128"},
        {INT(8), NULL, "128", "refused: the number is out of the range"},
        {INT(64), NULL, "-9223372036854775808", "-9223372036854775808"},
        {INT(64), NULL, "1.0", "refused: it is stored as REAL, not as INTEGER"},
        {INT(64), NULL, "'1'", "refused: it is stored as TEXT, not as INTEGER"},
        {INT(64), "TEXT", "'-9223372036854775808'", "-9223372036854775808"},
        {INT(64), "TEXT", "'9223372036854775808'", "refused: the text is no whole number"},
        {INT(64), "TEXT", "'-9223372036854775809'", "refused: the text is no whole number"},
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
        {UINT(64), NULL, "-1", "refused: the number is negative"},
        {UINT(8), NULL, "255", "255"},
        {UINT(8), NULL, "256", "refused: the number is out of the range"},
        {UINT(64), "TEXT", "'18446744073709551615'", "18446744073709551615"},
        {UINT(64), "TEXT", "'18446744073709551616'", "refused: the text is no number"},
        {UINT(64), "TEXT", "'-1'", "refused: the text is no number"},
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

static void test_texts_and_bytes(void **state)
{
    (void)state;
    static const struct stored_case cases[] = {
        {OF(TEXT), NULL, "'abc'", "abc"},
        {OF(TEXT), NULL, "''", ""},
        {OF(TEXT), NULL, "NULL", "null"},
        {OF(TEXT), NULL, "x'61'", "refused: it is stored as BLOB, not as TEXT"},
        {OF(TEXT), "BLOB", "x'616263'", "abc"},
        {OF(TEXT), "BLOB", "'abc'", "refused: it is stored as TEXT, not as BLOB"},
        {OF(BYTES), NULL, "x''", ""},
        {OF(BYTES), "TEXT", "'abc'", "abc"},
        {OF(DATE), NULL, "'2026-00-00'", "2026-00-00"},
        {OF(DATE), NULL, "'2026-1-1'", "refused: the text is no YYYY-MM-DD"},
        {OF(DATE), NULL, "'2026-01-01 '", "refused: the text is no YYYY-MM-DD"},
        {OF(TIME), NULL, "'-838:59:59'", "-838:59:59"},
        {OF(TIME), NULL, "'00:00:00'", "00:00:00"},
        {OF(TIME), NULL, "'00:00'", "refused: the text is no HH:MM:SS"},
        {OF(TIME), NULL, "''", "refused: the text is no HH:MM:SS"},
        {OF(TIME), NULL, "'-'", "refused: the text is no HH:MM:SS"},
        {SCALED(TIME, 3), NULL, "'12:00:00.123'", "12:00:00.123"},
        {SCALED(TIME, 3), NULL, "'12:00:00'", "refused: the text is no HH:MM:SS"},
        {SCALED(TIME, 3), NULL, "'.123'", "refused: the text is no HH:MM:SS"},
        {SCALED(DATETIME, 6), NULL, "'0000-00-00 00:00:00.000001'", "0000-00-00 00:00:00.000001"},
        {SCALED(DATETIME, 6), NULL, "'0000-00-00 00:00:00.00000x'", "refused: the text is no YYYY"},
        {SCALED(DATETIME, 6), NULL, "'.0'", "refused: the text is no YYYY"},
        {OF(DATETIME), NULL, "'2026-01-01T00:00:00'", "refused: the text is no YYYY"},
        {OF(UUID), NULL, "'123e4567-e89b-12d3-a456-426655440000'",
         "123e4567-e89b-12d3-a456-426655440000"},
        {OF(UUID), NULL, "'123E4567-e89b-12d3-a456-426655440000'", "refused: the text is no UUID"},
        {OF(GEOMETRY), NULL, "x'616263646566676869'", "abcdefghi"},
        {OF(GEOMETRY), NULL, "x'6162636465666768'", "refused: the bytes are no geometry"},
        {{.name = "c", .type = FERRY_TYPE_VECTOR, .length = 1}, NULL, "x'61626364'", "abcd"},
        {{.name = "c", .type = FERRY_TYPE_VECTOR, .length = 2}, NULL, "x'61626364'", "abcd"},
        {{.name = "c", .type = FERRY_TYPE_VECTOR, .length = 2},
         NULL,
         "x'616263646566676861626364'",
         "refused: the bytes are no vector"},
        {{.name = "c", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_NOT_NULL},
         NULL,
         "NULL",
         "refused: NULL in a column that has none"},
    };
    run_cases(cases, COUNT(cases));
}

/* Each byte at each place of a date and time, as the form says: '9' is a digit, all else itself. */
static void check_places(uint32_t type, const char *sound, const char *form)
{
    const struct ferry_column column = {.name = "c", .type = type};
    char text[32];
    assert_null(stored_text_flaw(&column, sound, strlen(form)));
    for (size_t at = 0; at < strlen(form); at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(text, sound, strlen(form));
            text[at] = (char)byte;
            bool right =
                form[at] == '9' ? byte >= '0' && byte <= '9' : byte == (unsigned char)form[at];
            if ((stored_text_flaw(&column, text, strlen(form)) == NULL) != right)
                fail_msg("byte %u at place %zu of '%s'", byte, at, form);
        }
        assert_non_null(stored_text_flaw(&column, sound, at));
    }
}

static void test_each_place_of_a_moment(void **state)
{
    (void)state;
    check_places(FERRY_TYPE_DATE, "2026-12-31", "9999-99-99");
    check_places(FERRY_TYPE_TIME, "23:59:58", "99:99:99");
    check_places(FERRY_TYPE_DATETIME, "2026-12-31 23:59:58", "9999-99-99 99:99:99");
}

static void test_each_place_of_hundreds_of_hours(void **state)
{
    const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_TIME};
    (void)state;
    assert_null(stored_text_flaw(&column, "-838:59:59", 10));
    assert_null(stored_text_flaw(&column, "101:02:03", 9));
    assert_non_null(stored_text_flaw(&column, "1a1:02:03", 9));
    assert_non_null(stored_text_flaw(&column, "101:02:0a", 9));
    assert_non_null(stored_text_flaw(&column, "a01:02:03", 9));
    assert_non_null(stored_text_flaw(&column, "101:02:033", 10));
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
        {OF(ANY), "INTEGER", "'x'", "text x"},
        {LOOSE(INT, 64), "TEXT", "5", "refused: it is stored as INTEGER, not as TEXT"},
        {LOOSE(TEXT, 0), "BLOB", "'x'", "refused: it is stored as TEXT, not as BLOB"},
        {LOOSE(DATE, 0), NULL, "5", "refused: it is stored as INTEGER, not as TEXT"},
    };
    run_cases(cases, COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts_and_bytes),
        cmocka_unit_test(test_each_place_of_a_moment),
        cmocka_unit_test(test_each_place_of_hundreds_of_hours),
        cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
