/* Tests of the sqlite driver's stored.c: texts and bytes, and the forms that a text may have. */

#include "stored.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_and_bytes),
        cmocka_unit_test(test_each_place_of_a_moment),
        cmocka_unit_test(test_each_place_of_a_uuid),
        cmocka_unit_test(test_texts_shorter_than_their_fraction),
        cmocka_unit_test(test_each_place_of_hundreds_of_hours),
        cmocka_unit_test(test_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
