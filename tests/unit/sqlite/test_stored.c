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
    struct sqldrv_stored stored;
    struct ferry_cell cell = {0};
    char room[SQLDRV_STORED_ROOM];
    char found[512];
    char sql[256];
    const char *why = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_true(sqldrv_stored_prepare(&test->column, &wish, &stored));
    (void)snprintf(sql, sizeof sql, "SELECT %s", test->sql);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int rc = sqldrv_stored_cell(&stored, sqlite3_column_value(stmt, 0), room, &cell, &why);
    if (rc == SQLITE_OK) {
        assert_true(cell.null <= 1);
        assert_true(cell.kind != FERRY_KIND_INT || cell.len == 0);
        if (cell.null == 0 &&
            (test->column.type == FERRY_TYPE_BYTES || cell.kind == FERRY_KIND_BYTES))
            assert_non_null(cell.v.p); /* of no bytes, too */
        describe_cell(&test->column, &cell, found, sizeof found);
    } else
        (void)snprintf(found, sizeof found, "refused: %s", why);
    if (strncmp(found, test->cell, strlen(test->cell)) != 0 ||
        (rc == SQLITE_OK) != (strncmp(test->cell, "refused: ", 9) != 0) ||
        (rc == SQLITE_OK && strlen(found) != strlen(test->cell)))
        fail_msg("%s of type %u became '%s', not '%s'", test->sql, test->column.type, found,
                 test->cell);
    sqlite3_finalize(stmt);
}

/* Whatever the encoding of the file is, a cell is the same. */
static void run_cases(const struct stored_case *tests, size_t count)
{
    static const char *const encodings[] = {"UTF-8", "UTF-16le", "UTF-16be"};
    for (size_t k = 0; k < COUNT(encodings); k++) {
        sqlite3 *db = NULL;
        char sql[64];
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        (void)snprintf(sql, sizeof sql, "PRAGMA encoding = '%s'", encodings[k]);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        for (size_t i = 0; i < count; i++)
            run_case(db, &tests[i]);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
}

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
        {OF(DATE), "NUMERIC", "'2026-01-31'", "2026-01-31"},
        {OF(DATE), "NUMERIC", "'2026-01-3'", "refused: the text is no YYYY-MM-DD"},
        {OF(TIME), NULL, "'-838:59:59'", "-838:59:59"},
        {OF(TIME), NULL, "'-12:00:00'", "-12:00:00"},
        {OF(TIME), NULL, "'--12:00:00'", "refused: the text is no HH:MM:SS"},
        {OF(TIME), NULL, "'00:00:00'", "00:00:00"},
        {OF(TIME), NULL, "'00:00'", "refused: the text is no HH:MM:SS"},
        {OF(TIME), NULL, "''", "refused: the text is no HH:MM:SS"},
        {OF(TIME), NULL, "'-'", "refused: the text is no HH:MM:SS"},
        {SCALED(TIME, 3), NULL, "'12:00:00.123'", "12:00:00.123"},
        {SCALED(TIME, 1), NULL, "'12:00:00.9'", "12:00:00.9"},
        {SCALED(TIME, 1), NULL, "'12:00:00./'", "refused: the text is no HH:MM:SS"},
        {SCALED(TIME, 1), NULL, "'12:00:00.:'", "refused: the text is no HH:MM:SS"},
        {SCALED(TIME, 3), NULL, "'12:00:00.x23'", "refused: the text is no HH:MM:SS"},
        {SCALED(TIME, 3), NULL, "'12:00:00,123'", "refused: the text is no HH:MM:SS"},
        {SCALED(TIME, 3), NULL, "'12:00:00.1234'", "refused: the text is no HH:MM:SS"},
        {SCALED(TIME, 3), NULL, "'123'", "refused: the text is no HH:MM:SS"},
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
        {OF(VECTOR), NULL, "x'6162636465666768'", "abcdefgh"},
        {OF(VECTOR), NULL, "x'616263646566'", "refused: the bytes are no vector"},
        {{.name = "c", .type = FERRY_TYPE_VECTOR, .length = 1}, NULL, "x'61626364'", "abcd"},
        {{.name = "c", .type = FERRY_TYPE_VECTOR, .length = 1},
         NULL,
         "x'6162636465666768'",
         "refused: the bytes are no vector"},
        {{.name = "c", .type = FERRY_TYPE_VECTOR, .length = 3},
         NULL,
         "x'616263646566676861626364'",
         "abcdefghabcd"},
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

/* Each byte at each place, as the form says: '9' is a digit, 'f' one of sixteen, all else itself.
 */
static void check_places(uint32_t type, const char *sound, const char *form)
{
    const struct ferry_column column = {.name = "c", .type = type};
    char text[64];
    assert_null(stored_text_flaw(&column, sound, strlen(form)));
    for (size_t at = 0; at < strlen(form); at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(text, sound, strlen(form));
            text[at] = (char)byte;
            bool digit = byte >= '0' && byte <= '9';
            bool right = form[at] == '9'   ? digit
                         : form[at] == 'f' ? digit || (byte >= 'a' && byte <= 'f')
                                           : byte == (unsigned char)form[at];
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

static void test_each_place_of_a_uuid(void **state)
{
    const struct ferry_column column = OF(UUID);
    (void)state;
    check_places(FERRY_TYPE_UUID, "123e4567-e89b-12d3-a456-426655440000",
                 "ffffffff-ffff-ffff-ffff-ffffffffffff");
    assert_non_null(stored_text_flaw(&column, "123e4567-e89b-12d3-a456-4266554400001", 37));
}

/* A text that is shorter than its fraction is not read beyond its start: each is a block of its
 * own, which a sanitizer watches. */
static void test_texts_shorter_than_their_fraction(void **state)
{
    (void)state;
    static const uint32_t types[] = {FERRY_TYPE_TIME, FERRY_TYPE_DATETIME};
    for (size_t i = 0; i < COUNT(types); i++)
        for (size_t length = 1; length < 8; length++) {
            const struct ferry_column column = {.name = "c", .type = types[i], .scale = 6};
            char *text = malloc(length);
            assert_non_null(text);
            memset(text, '7', length);
            assert_non_null(stored_text_flaw(&column, text, length));
            free(text);
        }
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

/* ---- Texts as their bytes ---- */

/* What a value becomes whose column is read raw. */
static void assert_raw(sqlite3 *db, const struct ferry_column *column, const char *sql,
                       const char *expected)
{
    struct sqldrv_stored stored;
    struct ferry_cell cell = {.kind = FERRY_KIND_FLOAT};
    char room[SQLDRV_STORED_ROOM], found[64];
    const char *why = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_true(sqldrv_stored_prepare(column, NULL, &stored));
    stored.raw = true;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqldrv_stored_cell(&stored, sqlite3_column_value(stmt, 0), room, &cell, &why),
                     SQLITE_OK);
    describe_cell(column, &cell, found, sizeof found);
    assert_string_equal(found, expected);
    sqlite3_finalize(stmt);
}

static void test_raw(void **state)
{
    (void)state;
    const struct ferry_column text = OF(TEXT), any = OF(ANY);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_raw(db, &text, "SELECT 'abc'", "abc");
    assert_raw(db, &text, "SELECT x'616263'", "abc");
    assert_raw(db, &any, "SELECT 'abc'", "bytes abc");
    assert_raw(db, &any, "SELECT x'616263'", "bytes abc");
    assert_raw(db, &any, "SELECT 5", "int 5");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
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
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_columns_that_are_not_stored),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts_and_bytes),
        cmocka_unit_test(test_each_place_of_a_moment),
        cmocka_unit_test(test_each_place_of_a_uuid),
        cmocka_unit_test(test_texts_shorter_than_their_fraction),
        cmocka_unit_test(test_each_place_of_hundreds_of_hours),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
