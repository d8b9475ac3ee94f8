/* Tests of scans of the sqlite driver's source: which columns have an order, and rows by it. */

#include "changes.h"

#include "../../../plugins/sqlite/source.h"

static char *folder;
static char *path;
static struct sqldrv_conn *conn;
static struct ferry_schema schema;

static const char *const rows_sql =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, nick TEXT COLLATE NOCASE, any BLOB, real "
    "REAL, date DATE, n INT NOT NULL); CREATE UNIQUE INDEX by_name ON t(name); CREATE INDEX by_n "
    "ON t(n, id); CREATE VIEW v AS SELECT n, name, upper(nick) AS loud FROM t WHERE id > 1; INSERT "
    "INTO t VALUES(1, 'b', 'x', x'62', 1.5, '2026-01-02', 30), (2, 'B', 'Y', 5.0, 2, 7, 20), (3, "
    "'a ', 'y', '5', NULL, 7.5, 10), (4, 'a', NULL, 5, -1, 'x', 20)";

static void open_source(const char *sql)
{
    folder = make_folder();
    path = make_database(folder, "s.db", sql);
    conn = connect_to(path, FERRY_ROLE_SOURCE);
}

static void describe(const struct ferry_read *read)
{
    struct ferry_error error = {0};
    ferry_schema_done(&schema);
    assert_int_equal(sqldrv_source.describe(conn, read, &schema, &error), FERRY_OK);
}

static void close_source(void)
{
    ferry_schema_done(&schema);
    sqldrv_disconnect(conn);
    free(path);
    remove_folder(folder);
}

static void assert_rows(const struct ferry_read *read, const struct ferry_scan *scan,
                        const char *expected)
{
    static const struct ferry_batch_limits limits = {.rows = 3, .bytes = 1 << 20};
    struct ferry_error error = {0};
    struct ferry_schema some = {0};
    void *cursor = NULL;
    char text[512] = "";
    for (size_t i = 0; i < scan->column_count; i++)
        add_to(&some, &schema.columns[scan->columns[i]]);
    struct ferry_batch *batch = ferry_batch_new(scan->column_count > 0 ? &some : &schema, &limits);
    ferry_status status = sqldrv_source.read_begin(conn, read, &schema, scan, &cursor, &error);
    assert_no_error(&error);
    assert_int_equal(status, FERRY_OK);
    do {
        ferry_batch_reset(batch, 1);
        assert_int_equal(sqldrv_source.read_batch(cursor, batch, &error), FERRY_OK);
        print_rows(batch, scan->column_count > 0 ? &some : &schema, text, sizeof text);
    } while (ferry_batch_count(batch) > 0);
    sqldrv_source.read_end(cursor);
    ferry_batch_free(batch);
    ferry_schema_done(&some);
    assert_string_equal(text, expected);
}

/* "o" is ordered, "i" by an index, too; "-" is not. */
static void assert_orders(const struct ferry_read *read, const char *expected)
{
    char text[16] = "";
    describe(read);
    for (size_t i = 0; i < schema.count; i++) {
        uint32_t flags = schema.columns[i].flags;
        text[i] = (flags & FERRY_COLUMN_INDEX_ORDERED) != 0 ? 'i'
                  : (flags & FERRY_COLUMN_ORDERED) != 0     ? 'o'
                                                            : '-';
    }
    assert_string_equal(text, expected);
}

static const struct ferry_read table = {.text = "t", .kind = FERRY_READ_TABLE};
static const struct ferry_read view = {.text = "v", .kind = FERRY_READ_VIEW};
static const struct ferry_read query = {
    .text = "WITH w AS (SELECT * FROM t) SELECT name || '!', n, n AS n2, name FROM w -- all\n ; ",
    .kind = FERRY_READ_QUERY};

static void test_orders(void **state)
{
    (void)state;
    open_source(rows_sql);
    assert_orders(&table, "iioo-ii");
    assert_orders(&view, "ooo"); /* a UNION would look the same */
    assert_orders(&query, "oooo");
    close_source();
    char utf16[1024]; /* where texts may be, they sort otherwise */
    (void)snprintf(utf16, sizeof utf16, "PRAGMA encoding='UTF-16le'; %s", rows_sql);
    open_source(utf16);
    assert_orders(&table, "i------");
    close_source();
}

static void test_table(void **state)
{
    (void)state;
    static const size_t id[] = {0};
    static const size_t name[] = {1};
    static const size_t nick[] = {2};
    static const size_t any[] = {3};
    static const size_t n_id[] = {6, 0};
    static const struct {
        const size_t *order;
        size_t order_count;
        const size_t *columns;
        size_t column_count;
        const char *rows;
    } cases[] = {
        {id, 1, n_id, 2, "30|1;20|2;10|3;20|4"}, {n_id, 2, id, 1, "3;2;4;1"},
        {name, 1, name, 1, "B;a;a ;b"},          {nick, 1, nick, 1, "NULL;Y;x;y"},
        {any, 1, any, 1, "i:5;f:5;t:5;b"},
    };
    open_source(rows_sql);
    describe(&table);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_scan scan = {.order = cases[i].order,
                                        .order_count = cases[i].order_count,
                                        .columns = cases[i].columns,
                                        .column_count = cases[i].column_count};
        assert_rows(&table, &scan, cases[i].rows);
    }
    close_source();
}

static void test_view_and_query(void **state)
{
    (void)state;
    static const size_t order[] = {0, 1};
    static const size_t order_of_query[] = {1, 0};
    static const struct ferry_cell ten = {.v.i = 10};
    static const struct ferry_bound above = {0, &ten, FERRY_BOUND_ABOVE, 0};
    static const struct ferry_bound above_of_query = {1, &ten, FERRY_BOUND_ABOVE, 1};
    static const struct ferry_bound *const bounds[] = {&above};
    static const struct ferry_bound *const bounds_of_query[] = {&above_of_query};
    struct ferry_scan scan = {.order = order, .order_count = 2, .bounds = bounds, .bound_count = 1};
    open_source(rows_sql);
    describe(&view);
    assert_rows(&view, &scan, "20|B|t:Y;20|a|NULL");
    describe(&query);
    scan.order = order_of_query;
    scan.bounds = bounds_of_query;
    scan.columns = order_of_query;
    scan.column_count = 2;
    assert_rows(&query, &scan, "20|t:B!;20|t:a!;30|t:b!");
    close_source();
}

/* A column that the job has made one of bytes: texts and bytes are alike. */
static void test_raw(void **state)
{
    (void)state;
    static const size_t x[] = {0};
    static const struct ferry_scan scan = {.order = x, .order_count = 1};
    open_source("CREATE TABLE t(x TEXT); INSERT INTO t VALUES(x'62'), ('c'), ('a'), (x'63ff')");
    describe(&table);
    schema.columns[0].type = FERRY_TYPE_BYTES;
    schema.columns[0].flags |= FERRY_COLUMN_RAW;
    assert_rows(&table, &scan, "a;b;c;c\377");
    close_source();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_orders, forget_guards),
        cmocka_unit_test_teardown(test_table, forget_guards),
        cmocka_unit_test_teardown(test_view_and_query, forget_guards),
        cmocka_unit_test_teardown(test_raw, forget_guards),
    };
    return cmocka_run_group_tests_name("sqlite read scan", tests, NULL, NULL);
}
