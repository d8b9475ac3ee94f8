/* Tests of the sqlite driver's rows.c: what cannot be begun, what fails on the way, and that
 * nothing is left behind. */

#include "blocks.h"
#include "rows.h"

/* ---- What cannot be begun ---- */

static void test_no_type_no_table(void **state)
{
    (void)state;
    static const struct ferry_column bytes = {.name = "c", .native = "", .type = FERRY_TYPE_BYTES};
    struct table table;
    make_table(&table, "t", "UTF-8", "CREATE TABLE t(c)");
    add_column(&table, &bytes, "NUMERIC");
    assert_int_equal(open_rows(&table), FERRY_ERR_SCHEMA);
    assert_error(&table.error, FERRY_ERR_SCHEMA, "column 'c': SQLite has no type for it");
    end_table(&table);
    make_table(&table, "u", "UTF-8", "CREATE TABLE t(c)");
    add_column(&table, &number, "INTEGER");
    assert_int_equal(open_rows(&table), FERRY_ERR_SCHEMA);
    assert_error(&table.error, FERRY_ERR_SCHEMA,
                 "'x.db': preparing to fill table 'u': no such table: main.u");
    char *text = NULL; /* nor is a batch left behind that is no longer there */
    assert_int_equal(sqldrv_query_text(table.db, &text, "SELECT count(*) FROM _dbferry_batch"),
                     SQLITE_ERROR);
    assert_int_equal(strncmp(sqlite3_errmsg(table.db), "no such table", 13), 0);
    end_table(&table);
}

static int refuse_pragmas(void *data, int action, const char *a, const char *b, const char *c,
                          const char *d)
{
    (void)data;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return action == SQLITE_PRAGMA ? SQLITE_DENY : SQLITE_OK;
}

/* How the file stores text cannot be asked. */
static void test_no_encoding(void **state)
{
    (void)state;
    struct table table;
    make_table(&table, "t", "UTF-8", "CREATE TABLE t(c INTEGER)");
    add_column(&table, &number, "INTEGER");
    assert_int_equal(sqlite3_set_authorizer(table.db, refuse_pragmas, NULL), SQLITE_OK);
    assert_int_equal(open_rows(&table), FERRY_ERR_TARGET_OPEN);
    assert_error(&table.error, FERRY_ERR_TARGET_OPEN,
                 "'x.db': preparing to fill table 't': not authorized");
    end_table(&table);
}

/* ---- No memory ---- */

static sqlite3_mem_methods sqlite_memory; /* as SQLite has it by itself */
static long until_failure = -1; /* allocations of SQLite before the one that fails; -1: none */

static bool allocation_fails(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

static void *try_sqlite_malloc(int size)
{
    return allocation_fails() ? NULL : sqlite_memory.xMalloc(size);
}

static void *try_sqlite_realloc(void *old, int size)
{
    return allocation_fails() ? NULL : sqlite_memory.xRealloc(old, size);
}

/* Before SQLite is used at all.  Without lookaside each piece is allocated by itself. */
static void take_over_memory(void)
{
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory), SQLITE_OK);
    sqlite3_mem_methods methods = sqlite_memory;
    methods.xMalloc = try_sqlite_malloc;
    methods.xRealloc = try_sqlite_realloc;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
}

/* Each allocation fails once, one after the other: it is the memory that is said to be short. */
static void test_no_memory_to_open(void **state)
{
    (void)state;
    bool failed = true;
    for (long i = 0; failed; i++) {
        struct table table;
        make_table(&table, "t", "UTF-8", "CREATE TABLE t(c INTEGER)");
        add_column(&table, &number, "INTEGER");
        until_failure = i;
        ferry_status status = open_rows(&table);
        failed = until_failure < 0;
        until_failure = -1;
        if (status != FERRY_OK)
            assert_error(&table.error, FERRY_ERR_SYSTEM, "out of memory");
        assert_true(failed || i > 10);
        end_table(&table);
    }
    struct table table;
    make_table(&table, "t", "UTF-8", "CREATE TABLE t(c INTEGER)");
    add_column(&table, &number, "INTEGER");
    allocations_left = 0;
    assert_int_equal(open_rows(&table), FERRY_ERR_SYSTEM);
    allocations_left = -1;
    assert_error(&table.error, FERRY_ERR_SYSTEM, "out of memory");
    end_table(&table);
}

static void test_no_memory_to_insert(void **state)
{
    (void)state;
    bool failed = true;
    for (long i = 0; failed; i++) {
        struct table table;
        make_numbers(&table, "CREATE TABLE t(c INTEGER)");
        until_failure = i;
        ferry_status status = insert_numbers(&table, 1, 3);
        failed = until_failure < 0;
        until_failure = -1;
        if (status != FERRY_OK) {
            assert_error(&table.error, FERRY_ERR_SYSTEM, "out of memory");
            assert_int_equal(table.load.rows_loaded, 0);
        }
        assert_true(failed || i > 1);
        end_table(&table);
    }
}

/* ---- What is left ---- */

static int stop_at_once(void *data)
{
    (void)data;
    return 1;
}

/* One that ends before its first row is not told by the row of the batch before it. */
static void test_a_batch_that_does_not_begin(void **state)
{
    (void)state;
    struct table table;
    make_numbers(&table, "CREATE TABLE t(c INTEGER)");
    assert_int_equal(insert_numbers(&table, 1, 20), FERRY_OK);
    sqlite3_progress_handler(table.db, 1, stop_at_once, NULL);
    assert_int_equal(insert_numbers(&table, 21, 20), FERRY_ERR_CANCELLED);
    assert_error(&table.error, FERRY_ERR_CANCELLED, "'x.db': table 't', row 21: stopped");
    sqlite3_progress_handler(table.db, 0, NULL, NULL);
    assert_int_equal(table.load.rows_loaded, 20);
    assert_int_equal(insert_numbers(&table, 21, 20), FERRY_OK);
    end_table(&table);
}

/* A cursor that is asked again begins with the first row, and knows where it stands. */
static void test_a_cursor(void **state)
{
    (void)state;
    struct table table;
    sqlite3_vtab_cursor *cursor = NULL;
    sqlite3_int64 rowid = -1;
    make_numbers(&table, "CREATE TABLE t(c INTEGER)");
    struct rows_table base = {.rows = table.rows};
    assert_int_equal(rows_module.xOpen(&base.base, &cursor), SQLITE_OK);
    table.rows->row = 7;
    assert_int_equal(rows_module.xRowid(cursor, &rowid), SQLITE_OK);
    assert_int_equal(rowid, 7);
    assert_int_equal(rows_module.xFilter(cursor, 0, NULL, 0, NULL), SQLITE_OK);
    assert_int_equal(rows_module.xRowid(cursor, &rowid), SQLITE_OK);
    assert_int_equal(rowid, 0);
    assert_int_equal(rows_module.xClose(cursor), SQLITE_OK);
    end_table(&table);
}

static void test_memory(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        long before = blocks_in_use;
        struct table table;
        make_numbers(&table, "CREATE TABLE t(c INTEGER)");
        assert_int_equal(insert_numbers(&table, 1, 3), FERRY_OK);
        end_table(&table);
        if (round > 0)
            assert_int_equal(blocks_in_use, before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_type_no_table),
        cmocka_unit_test(test_no_encoding),
        cmocka_unit_test(test_no_memory_to_open),
        cmocka_unit_test(test_no_memory_to_insert),
        cmocka_unit_test(test_a_batch_that_does_not_begin),
        cmocka_unit_test(test_a_cursor),
        cmocka_unit_test(test_memory),
    };
    take_over_memory();
    return cmocka_run_group_tests_name("sqlite rows failures", tests, NULL, NULL);
}
