/* Tests of the sqlite driver's order.c and scan.c: which columns sort as the core does, and what
 * may be held against them. */

#include "connect.h"

#include "driver/batch.h"
#include "driver/cell.h"
#include "driver/mapping.h"

#include "../../../plugins/sqlite/scan.h"
#include "../../../plugins/sqlite/table.h"

#define DECIMAL(p, s)                                                                              \
    {                                                                                              \
        .name = "c", .native = "", .type = FERRY_TYPE_DECIMAL, .precision = (p), .scale = (s)      \
    }
#define UNSIGNED64                                                                                 \
    {                                                                                              \
        .name = "c", .native = "", .type = FERRY_TYPE_INT, .bits = 64,                             \
        .flags = FERRY_COLUMN_UNSIGNED                                                             \
    }
#define OF(t, b)                                                                                   \
    {                                                                                              \
        .name = "c", .native = "", .type = FERRY_TYPE_##t, .bits = (b)                             \
    }
#define LOOSE(t, b)                                                                                \
    {                                                                                              \
        .name = "c", .native = "", .type = FERRY_TYPE_##t, .bits = (b),                            \
        .flags = FERRY_COLUMN_LOOSE                                                                \
    }

/* How a column is mapped: '+' ordered, '-' not, 'x' not stored so. */
static char map(struct sqldrv_conn *conn, const struct ferry_column *column, const char *type)
{
    const struct ferry_wish wish = {.type = type};
    struct ferry_mapping mapping = {0};
    struct ferry_error error = {0};
    assert_int_equal(sqldrv_map_column(conn, column, &wish, &mapping, &error), FERRY_OK);
    char answer = mapping.fit == FERRY_FIT_NONE ? 'x' : mapping.ordered ? '+' : '-';
    ferry_mapping_done(&mapping);
    return answer;
}

static char hold(struct sqldrv_conn *conn, const struct ferry_column *column, const char *declared)
{
    const struct ferry_column existing = {.name = "c", .native = declared};
    const struct ferry_wish wish = {0};
    struct ferry_mapping mapping = {0};
    struct ferry_error error = {0};
    assert_int_equal(sqldrv_hold_column(conn, &existing, column, &wish, &mapping, &error),
                     FERRY_OK);
    char answer = !mapping.set ? 'x' : mapping.ordered ? '+' : '-';
    ferry_mapping_done(&mapping);
    return answer;
}

/* In a file of UTF-8, and of UTF-16: by itself, and on a wish; in a table of somebody's own. */
static const struct {
    struct ferry_column column;
    const char *wished; /* REAL, TEXT, BLOB */
    const char *own;    /* INT, DATE, BLOB, no type */
    char itself;
    char utf16;
} columns[] = {
    {OF(BOOL, 0), "+-x", "++x+", '+', '+'},     {OF(INT, 32), "+-x", "++x+", '+', '+'},
    {OF(INT, 64), "+-x", "++x+", '+', '+'},     {LOOSE(INT, 64), "+-x", "++x+", '+', '-'},
    {UNSIGNED64, "--x", "++x+", '+', '+'},      {OF(BIT, 64), "x-x", "++x+", '+', '+'},
    {OF(YEAR, 0), "x-x", "++x+", '+', '+'},     {OF(FLOAT, 64), "-xx", "x-x-", '-', '-'},
    {DECIMAL(10, 2), "+-x", "x+++", '+', '+'},  {DECIMAL(20, 2), "+-x", "x++-", '-', '-'},
    {DECIMAL(20, 0), "+-x", "+++-", '-', '-'},  {OF(TEXT, 0), "x++", "x+x+", '+', '-'},
    {LOOSE(TEXT, 0), "x++", "x+x+", '+', '-'},  {OF(JSON, 0), "x--", "x-x-", '-', '-'},
    {OF(DATE, 0), "x+x", "x+x+", '+', '+'},     {OF(TIME, 0), "x-x", "x-x-", '-', '-'},
    {OF(DATETIME, 0), "x+x", "x+x+", '+', '+'}, {OF(UUID, 0), "x+x", "x+x+", '+', '+'},
    {OF(INET4, 0), "x+x", "x+x+", '+', '-'},    {OF(INET6, 0), "x+x", "x+x+", '+', '-'},
    {OF(BYTES, 0), "x++", "xx++", '+', '+'},    {LOOSE(BYTES, 0), "x++", "xx++", '+', '-'},
    {OF(GEOMETRY, 0), "xx-", "xx--", '-', '-'}, {OF(VECTOR, 0), "xx-", "xx--", '-', '-'},
    {OF(ANY, 0), "+++", "++++", '+', '-'},
};

static void test_mappings(void **state)
{
    (void)state;
    static const char *const wishes[] = {"REAL", "TEXT", "BLOB"};
    static const char *const own[] = {"INT", "DATE", "BLOB", ""};
    struct sqldrv_conn utf8 = {.utf16 = false};
    struct sqldrv_conn utf16 = {.utf16 = true};
    for (size_t i = 0; i < COUNT(columns); i++) {
        const struct ferry_column *column = &columns[i].column;
        char wished[4] = "";
        char there[5] = "";
        for (size_t w = 0; w < COUNT(wishes); w++)
            wished[w] = map(&utf8, column, wishes[w]);
        for (size_t w = 0; w < COUNT(own); w++)
            there[w] = hold(&utf8, column, own[w]);
        char text[64];
        char expected[64];
        (void)snprintf(text, sizeof text, "%zu: %c %c %s %s", i, map(&utf8, column, NULL),
                       map(&utf16, column, NULL), wished, there);
        (void)snprintf(expected, sizeof expected, "%zu: %c %c %s %s", i, columns[i].itself,
                       columns[i].utf16, columns[i].wished, columns[i].own);
        assert_string_equal(text, expected);
        if (ferry_cell_no_order(column) != NULL) /* the core asks for no order of these */
            assert_int_equal(columns[i].itself, '-');
    }
}

/* ---- Bounds ---- */

static const struct {
    const char *declared;
    struct ferry_column column;
    const char *bound; /* a decimal or a date; else a number */
    uint64_t number;
    const char *below; /* the values of the file that are below it */
    uint32_t or_null;
} bounds[] = {
    {"INTEGER", UNSIGNED64, NULL, UINT64_C(1) << 63, "-5 9223372036854775807", 0},
    {"INTEGER", UNSIGNED64, NULL, UINT64_MAX, "-5 9223372036854775807", 0},
    {"INTEGER", UNSIGNED64, NULL, INT64_MAX, "-5", 0},
    {"INTEGER", UNSIGNED64, NULL, 0, "-5 NULL", 1},
    {"INTEGER", OF(INT, 64), NULL, (uint64_t)-5, "", 0},
    {"INTEGER", OF(INT, 64), NULL, (uint64_t)-4, "-5", 0},
    {"REAL", DECIMAL(12, 2), "0.30", 0, "-5.0", 0},
    {"REAL", DECIMAL(12, 2), "-5", 0, "", 0},
    {"NUMERIC", DECIMAL(20, 0), "9223372036854775807", 0, "-5", 0},
    {"NUMERIC", DECIMAL(30, 2), "9223372036854775809.25", 0, NULL, 0},
    {"TEXT", OF(DATE, 0), "9000-01-01", 0, "-5", 0},
};

static sqlite3 *make_values(const char *declared)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqldrv_run(db,
                                "CREATE TABLE t(c0 %s); INSERT INTO t VALUES(-5), "
                                "(9223372036854775807), (NULL)",
                                declared),
                     SQLITE_OK);
    return db;
}

static sqlite3_stmt *prepare_values(sqlite3 *db, const struct ferry_scan *scan)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendall(sql, "SELECT coalesce(group_concat(coalesce(c0, 'NULL'), ' '), '') "
                               "FROM t");
    sqldrv_scan_add_bounds(sql, scan, " WHERE ");
    char *query = sqlite3_str_finish(sql);
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL), SQLITE_OK);
    sqlite3_free(query);
    return stmt;
}

/* The values below the bound; NULL where it cannot be one. */
static void assert_below(size_t i, const struct ferry_schema *schema, const char *expected)
{
    struct ferry_error error = {0};
    struct sqldrv_stored stored = {0};
    const struct ferry_wish wish = {.type = bounds[i].declared};
    const struct ferry_cell number = {.v.u = bounds[i].number};
    struct ferry_cell text = {.v.p = bounds[i].bound};
    text.len = bounds[i].bound == NULL ? 0 : (uint32_t)strlen(bounds[i].bound);
    const struct ferry_bound bound = {.cell = bounds[i].bound == NULL ? &number : &text,
                                      .kind = FERRY_BOUND_BELOW,
                                      .or_null = bounds[i].or_null};
    const struct ferry_bound *const list[] = {&bound};
    const struct ferry_scan scan = {.bounds = list, .bound_count = 1};
    assert_true(sqldrv_stored_prepare(&schema->columns[0], &wish, &stored));
    const struct sqldrv_scan_column of = {.convert = stored.convert,
                                          .scale = bounds[i].column.scale};
    struct sqldrv_conn conn = {.db = make_values(bounds[i].declared), .path = (char *)"x.db"};
    sqlite3_stmt *stmt = prepare_values(conn.db, &scan);
    ferry_status status = sqldrv_scan_bind(&conn, stmt, &scan, schema, &of, &error);
    if (expected == NULL) {
        assert_int_equal(status, FERRY_ERR_DATA);
        assert_error(&error, FERRY_ERR_DATA,
                     "'x.db': column 'c' cannot be held against a limit with so many digits; "
                     "choose another cursor");
    } else {
        assert_int_equal(status, FERRY_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(stmt, 0), expected);
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(conn.db), SQLITE_OK);
}

static void test_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bounds); i++) {
        struct ferry_schema schema = {0};
        struct ferry_error error = {0};
        const struct ferry_column *column = &bounds[i].column;
        assert_int_equal(ferry_schema_add(&schema, column, sizeof *column, &error), FERRY_OK);
        assert_below(i, &schema, bounds[i].below);
        ferry_schema_done(&schema);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mappings),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests_name("sqlite order", tests, NULL, NULL);
}
