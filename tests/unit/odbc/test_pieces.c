/* Tests of values that come in pieces and of blocks of rows, from ODBC drivers that are honest,
 * that are careful with letters, that do not know how long a value is, and that cut it without a
 * word.
 *
 * The functions of ODBC are those of this file: the value is what `given` says, call by call. */

#include "unit.h"

#include <stdatomic.h>

#include "read/read.h"

/* One answer of SQLGetData. */
struct given {
    const char *data;
    size_t size;
    SQLLEN left; /* before it */
    SQLRETURN result;
    const char *state; /* of the diagnosis; NULL: none */
};
static const struct given *given;
static size_t given_count, given_at;
/* Of SQLFetch. */
static SQLRETURN fetch_result;
static const char *fetch_state;
static const char *state_now;

SQLRETURN SQLGetData(SQLHSTMT stmt, SQLUSMALLINT column, SQLSMALLINT type, SQLPOINTER data,
                     SQLLEN room, SQLLEN *left)
{
    (void)stmt, (void)column;
    size_t end = type == SQL_C_CHAR ? 1 : 0;
    if (given_at >= given_count)
        return SQL_NO_DATA;
    const struct given *now = &given[given_at++];
    if (now->size + end > (size_t)room)
        fail_msg("call %zu: room for %ld alone", given_at, (long)room);
    memcpy(data, now->data, now->size);
    if (end > 0)
        ((char *)data)[now->size] = '\0';
    *left = now->left;
    state_now = now->state;
    return now->result;
}

SQLRETURN SQLFetch(SQLHSTMT stmt)
{
    (void)stmt;
    state_now = fetch_state;
    return fetch_result;
}

SQLRETURN SQLGetDiagRec(SQLSMALLINT kind, SQLHANDLE handle, SQLSMALLINT record, SQLCHAR *state,
                        SQLINTEGER *native, SQLCHAR *text, SQLSMALLINT room, SQLSMALLINT *length)
{
    (void)kind, (void)handle, (void)text, (void)room;
    if (state_now == NULL || record > 1)
        return SQL_NO_DATA;
    memcpy(state, state_now, 6);
    *native = 0;
    *length = 0;
    return SQL_SUCCESS;
}

SQLRETURN SQLSetStmtAttr(SQLHSTMT stmt, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER size)
{
    (void)stmt, (void)attribute, (void)value, (void)size;
    return SQL_ERROR;
}

/* A column of long texts, or of bytes. */
struct reading {
    struct odrv_conn conn;
    struct odrv_dialect dialect;
    struct odrv_type type;
    struct odrv_column column;
    const struct odrv_column *columns[1];
    struct odrv_fetch fetch;
    struct ferry_error error;
};

static void reading_begin(struct reading *reading, enum odrv_codec codec)
{
    *reading = (struct reading){.dialect = {.text_type = SQL_C_CHAR}, .type = {.codec = codec}};
    reading->conn.dialect = &reading->dialect;
    reading->conn.label = (char *)(uintptr_t) "connection 'c'";
    reading->column = (struct odrv_column){.type = &reading->type};
    reading->column.column.type = codec == ODRV_CODEC_BYTES ? FERRY_TYPE_BYTES : FERRY_TYPE_TEXT;
    reading->columns[0] = &reading->column;
    assert_int_equal(odrv_fetch_begin(&reading->fetch, &reading->conn, SQL_NULL_HSTMT, "table 't'",
                                      &reading->error),
                     FERRY_OK);
    assert_int_equal(odrv_fetch_bind(&reading->fetch, reading->columns, 1, &reading->error),
                     FERRY_OK);
}

static void reading_end(struct reading *reading)
{
    odrv_fetch_end(&reading->fetch);
    ferry_error_clear(&reading->error);
}

/* Whether the value comes, and as `expected`; NULL: it is refused. */
static void expect(enum odrv_codec codec, const struct given *pieces, size_t count,
                   const char *expected, size_t size)
{
    struct reading reading;
    struct odrv_value value = {0};
    reading_begin(&reading, codec);
    given = pieces, given_count = count, given_at = 0;
    ferry_status status = odrv_fetch_value(&reading.fetch, 0, &value, &reading.error);
    if (expected == NULL) {
        assert_int_equal(status, FERRY_ERR_STREAM);
    } else {
        assert_int_equal(status, FERRY_OK);
        assert_int_equal(value.size, size);
        assert_memory_equal(value.data, expected, size);
    }
    reading_end(&reading);
}

#define EXPECT(codec, expected, size, ...)                                                         \
    do {                                                                                           \
        const struct given pieces[] = {__VA_ARGS__};                                               \
        expect(codec, pieces, sizeof pieces / sizeof *pieces, expected, size);                     \
    } while (0)

#define LONG 3000
static char text[LONG + 1];
/* The first piece has room for 1022 bytes, with its NUL. */
#define FIRST 1021

static void test_honest(void **state)
{
    (void)state;
    EXPECT(ODRV_CODEC_TEXT, "abc", 3, {"abc", 3, 3, SQL_SUCCESS, NULL});
    EXPECT(ODRV_CODEC_TEXT, "", 0, {"", 0, 0, SQL_SUCCESS, NULL});
    EXPECT(ODRV_CODEC_TEXT, text, LONG, {text, FIRST, LONG, SQL_SUCCESS_WITH_INFO, "01004"},
           {text + FIRST, LONG - FIRST, LONG - FIRST, SQL_SUCCESS, NULL});
    EXPECT(ODRV_CODEC_BYTES, text, LONG, {text, FIRST + 1, LONG, SQL_SUCCESS_WITH_INFO, "01004"},
           {text + FIRST + 1, LONG - FIRST - 1, LONG - FIRST - 1, SQL_SUCCESS, NULL});
}

/* A letter of four bytes is not broken in two: three bytes less come. */
static void test_whole_letters(void **state)
{
    (void)state;
    EXPECT(ODRV_CODEC_TEXT, text, LONG, {text, FIRST - 3, LONG, SQL_SUCCESS_WITH_INFO, "01004"},
           {text + FIRST - 3, LONG - FIRST + 3, LONG - FIRST + 3, SQL_SUCCESS, NULL});
    EXPECT(ODRV_CODEC_TEXT, text, LONG,
           {text, FIRST - 3, SQL_NO_TOTAL, SQL_SUCCESS_WITH_INFO, "01004"},
           {text + FIRST - 3, 1000, SQL_NO_TOTAL, SQL_SUCCESS_WITH_INFO, "01004"},
           {text + FIRST + 997, LONG - FIRST - 997, LONG - FIRST - 997, SQL_SUCCESS, NULL});
}

static void test_cut(void **state)
{
    (void)state;
    /* It says how much it gives, and that there was more. */
    EXPECT(ODRV_CODEC_TEXT, NULL, 0, {text, FIRST, FIRST, SQL_SUCCESS_WITH_INFO, "01004"});
    EXPECT(ODRV_CODEC_TEXT, NULL, 0, {"abc", 3, 3, SQL_SUCCESS_WITH_INFO, "01004"});
    /* It ends before it has given all. */
    EXPECT(ODRV_CODEC_TEXT, NULL, 0, {text, FIRST, LONG, SQL_SUCCESS_WITH_INFO, "01004"});
    EXPECT(ODRV_CODEC_TEXT, NULL, 0, {text, FIRST, LONG, SQL_SUCCESS_WITH_INFO, "01004"},
           {text + FIRST, 500, 500, SQL_SUCCESS, NULL});
    /* It gives more than it has said, or the same again. */
    EXPECT(ODRV_CODEC_TEXT, NULL, 0, {text, FIRST, LONG, SQL_SUCCESS_WITH_INFO, "01004"},
           {text, LONG, LONG, SQL_SUCCESS, NULL});
    EXPECT(ODRV_CODEC_TEXT, NULL, 0, {"abc", 3, -7, SQL_SUCCESS, NULL});
}

/* What a row says beside a success. */
static void test_warnings(void **state)
{
    static const struct {
        const char *state;
        ferry_status status;
        unsigned warnings;
        bool lossy;
    } cases[] = {
        {"01000", FERRY_OK, 1, false},         {"01S01", FERRY_OK, 1, true},
        {"01S07", FERRY_OK, 1, true},          {"22003", FERRY_OK, 1, true},
        {"01004", FERRY_ERR_STREAM, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reading reading;
        bool row = false;
        reading_begin(&reading, ODRV_CODEC_TEXT);
        fetch_result = SQL_SUCCESS_WITH_INFO;
        fetch_state = cases[i].state;
        assert_int_equal(odrv_fetch_row(&reading.fetch, &row, &reading.error), cases[i].status);
        assert_int_equal(reading.fetch.warnings, cases[i].warnings);
        assert_int_equal(reading.fetch.lossy, cases[i].lossy);
        reading_end(&reading);
    }
}

/* "No data" after a call that was ended is no end. */
static void test_ended(void **state)
{
    struct reading reading;
    bool row = false;
    (void)state;
    fetch_result = SQL_NO_DATA;
    fetch_state = NULL;
    reading_begin(&reading, ODRV_CODEC_TEXT);
    assert_int_equal(odrv_fetch_row(&reading.fetch, &row, &reading.error), FERRY_OK);
    atomic_store(&reading.conn.watch.timed_out, true);
    assert_int_equal(odrv_fetch_row(&reading.fetch, &row, &reading.error), FERRY_ERR_STREAM);
    reading_end(&reading);
    reading_begin(&reading, ODRV_CODEC_TEXT);
    atomic_store(&reading.conn.watch.cancelled, true);
    assert_int_equal(odrv_fetch_row(&reading.fetch, &row, &reading.error), FERRY_ERR_CANCELLED);
    reading_end(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest), cmocka_unit_test(test_whole_letters),
        cmocka_unit_test(test_cut),    cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_ended),
    };
    for (size_t i = 0; i < LONG; i++)
        text[i] = (char)('a' + i % 26);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
