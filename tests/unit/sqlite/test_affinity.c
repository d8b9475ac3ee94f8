/* Tests of the sqlite driver's affinity.c against what SQLite itself does. */

#include "unit.h"

#include "../../../plugins/sqlite/affinity.c"

static const char *const natives[] = {"INTEGER", "REAL", "TEXT", "BLOB", "", "NUMERIC"};

/* A table with one column of each declared type, and a statement that stores one value in all. */
struct judge {
    sqlite3 *db;
    sqlite3_stmt *insert;
    sqlite3_stmt *look;
};

static void open_judge(struct judge *judge)
{
    assert_int_equal(sqlite3_open(":memory:", &judge->db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(judge->db, "CREATE TABLE t (a INTEGER, b REAL, c TEXT, d BLOB, e, f NUMERIC)",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(judge->db,
                                        "INSERT OR REPLACE INTO t (rowid, a, b, c, d, e, f) "
                                        "VALUES (1, ?1, ?1, ?1, ?1, ?1, ?1)",
                                        -1, &judge->insert, NULL),
                     SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(judge->db, "SELECT a, b, c, d, e, f FROM t", -1, &judge->look, NULL),
        SQLITE_OK);
}

static void close_judge(struct judge *judge)
{
    sqlite3_finalize(judge->insert);
    sqlite3_finalize(judge->look);
    assert_int_equal(sqlite3_close(judge->db), SQLITE_OK);
}

/* Stores the cell in each column: a value that is said to be kept must be kept, and a number or
 * text that is said to be converted must be converted. */
static void compare(struct judge *judge, const struct ferry_cell *cell, const char *what)
{
    static const int classes[] = {
        [FERRY_KIND_INT] = SQLITE_INTEGER,
        [FERRY_KIND_FLOAT] = SQLITE_FLOAT,
        [FERRY_KIND_TEXT] = SQLITE_TEXT,
        [FERRY_KIND_BYTES] = SQLITE_BLOB,
    };
    if (cell->kind == FERRY_KIND_INT)
        sqlite3_bind_int64(judge->insert, 1, cell->v.i);
    else if (cell->kind == FERRY_KIND_FLOAT)
        sqlite3_bind_double(judge->insert, 1, cell->v.f);
    else if (cell->kind == FERRY_KIND_TEXT)
        sqlite3_bind_text(judge->insert, 1, cell->v.p, (int)cell->len, SQLITE_STATIC);
    else
        sqlite3_bind_blob(judge->insert, 1, cell->v.p, (int)cell->len, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(judge->insert), SQLITE_DONE);
    sqlite3_reset(judge->insert);
    assert_int_equal(sqlite3_step(judge->look), SQLITE_ROW);
    for (int i = 0; i < (int)COUNT(natives); i++) {
        bool kept = sqlite3_column_type(judge->look, i) == classes[cell->kind];
        if (kept && cell->kind == FERRY_KIND_FLOAT)
            assert_true(sqlite3_column_double(judge->look, i) == cell->v.f);
        if (kept && cell->kind == FERRY_KIND_INT)
            assert_true(sqlite3_column_int64(judge->look, i) == cell->v.i);
        if (kept && cell->kind >= FERRY_KIND_TEXT)
            assert_int_equal(sqlite3_column_bytes(judge->look, i), cell->len);
        if (kept != sqldrv_affinity_keeps(sqldrv_affinity_of(natives[i]), cell))
            fail_msg("'%s' in a column of type '%s' is %s", what, natives[i],
                     kept ? "kept" : "converted");
    }
    sqlite3_reset(judge->look);
}

static void compare_text(struct judge *judge, const char *text, size_t length)
{
    const struct ferry_cell cell = {.v.p = text, .len = (uint32_t)length, .kind = FERRY_KIND_TEXT};
    compare(judge, &cell, text);
}

static void test_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "x",
        "12",
        " 12",
        "12 ",
        "\t12\r\n",
        "\v1",
        "1 2",
        "+5",
        "-5",
        "- 5",
        "+-5",
        "5.",
        ".5",
        ".",
        "-.5e3",
        "1e5",
        "1E+05",
        "1e",
        "1e+",
        "1e5x",
        "0x10",
        "inf",
        "nan",
        "1.5.5",
        "--1",
        "1_000",
        "1,5",
        "2026-11-21",
        "12:30",
        "00",
        "007",
        "1e999",
        "-0",
        "-0.0",
        "9223372036854775807",
        "9223372036854775808",
        "12345678901234567890123456789",
        "\302\24012", /* behind a no-break space */
        "\xef\xbc\x91",
        "e5",
        "1e 5",
        "+",
        "-",
        " ",
        "1e-400",
        ".e5",
    };
    struct judge judge;
    open_judge(&judge);
    for (size_t i = 0; i < COUNT(texts); i++)
        compare_text(&judge, texts[i], strlen(texts[i]));
    compare_text(&judge, "12\0", 3);
    compare_text(&judge,
                 "\0"
                 "12",
                 3);
    uint64_t random = 88172645463325252;
    for (int i = 0; i < 100000; i++) { /* texts of what numbers are made of */
        static const char letters[] = "0123456789++--..eE  \tx";
        char text[8];
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        size_t length = random % sizeof text;
        for (size_t at = 0; at < length; at++)
            text[at] = letters[(random >> (8 + 7 * at)) % (sizeof letters - 1)];
        text[length < sizeof text ? length : sizeof text - 1] = '\0';
        compare_text(&judge, text, length);
    }
    close_judge(&judge);
}

static void test_numbers(void **state)
{
    (void)state;
    static const double floats[] = {
        0.0,
        2.0,
        -2.0,
        2.5,
        1e15,
        1e18,
        9223372036854774784.0,
        9223372036854775808.0,
        -9223372036854775808.0,
        -9223372036854774784.0,
        1e300,
        5e-324,
        1.0 / 3,
    };
    static const int64_t integers[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT64_C(1) << 53};
    struct judge judge;
    open_judge(&judge);
    for (size_t i = 0; i < COUNT(floats); i++) {
        const struct ferry_cell cell = {.v.f = floats[i], .kind = FERRY_KIND_FLOAT};
        compare(&judge, &cell, "a float");
    }
    for (size_t i = 0; i < COUNT(integers); i++) {
        const struct ferry_cell cell = {.v.i = integers[i], .kind = FERRY_KIND_INT};
        compare(&judge, &cell, "an integer");
    }
    const struct ferry_cell cell = {.v.p = "12", .len = 2, .kind = FERRY_KIND_BYTES};
    compare(&judge, &cell, "bytes");
    close_judge(&judge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
