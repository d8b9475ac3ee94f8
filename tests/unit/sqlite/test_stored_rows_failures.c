/* Tests of the sqlite driver's stored_rows.c: what cannot be begun, memory that is not there, and
 * what is left of it.
 *
 * Linked with --wrap for the calls that fail here when they are told to. */

#include "blocks.h"
#include "stored_rows.h"

/* ---- Calls that fail ---- */

enum failing { NONE, CALLOC, STR_FINISH, FUNCTION, VALUE_TEXT, VALUE_BLOB, BATCH_ROW, BATCH_TEXT };

static enum failing failing;

static bool fails(enum failing call)
{
    bool now = call == failing;
    failing = now ? NONE : failing;
    return now;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __real_sqlite3_create_function_v2(sqlite3 *db, const char *name, int count, int flags,
                                      void *data,
                                      void (*call)(sqlite3_context *, int, sqlite3_value **),
                                      void (*step)(sqlite3_context *, int, sqlite3_value **),
                                      void (*last)(sqlite3_context *), void (*done)(void *));
int __wrap_sqlite3_create_function_v2(sqlite3 *db, const char *name, int count, int flags,
                                      void *data,
                                      void (*call)(sqlite3_context *, int, sqlite3_value **),
                                      void (*step)(sqlite3_context *, int, sqlite3_value **),
                                      void (*last)(sqlite3_context *), void (*done)(void *));
const unsigned char *__real_sqlite3_value_text(sqlite3_value *value);
const unsigned char *__wrap_sqlite3_value_text(sqlite3_value *value);
const void *__real_sqlite3_value_blob(sqlite3_value *value);
const void *__wrap_sqlite3_value_blob(sqlite3_value *value);
char *__real_sqlite3_str_finish(sqlite3_str *text);
char *__wrap_sqlite3_str_finish(sqlite3_str *text);
struct ferry_cell *__real_ferry_batch_row(struct ferry_batch *batch);
struct ferry_cell *__wrap_ferry_batch_row(struct ferry_batch *batch);
int __real_ferry_batch_text(struct ferry_batch *batch, struct ferry_cell *cell, const char *data,
                            size_t size);
int __wrap_ferry_batch_text(struct ferry_batch *batch, struct ferry_cell *cell, const char *data,
                            size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(CALLOC) ? NULL : __real_calloc(count, size);
}

int __wrap_sqlite3_create_function_v2(sqlite3 *db, const char *name, int count, int flags,
                                      void *data,
                                      void (*call)(sqlite3_context *, int, sqlite3_value **),
                                      void (*step)(sqlite3_context *, int, sqlite3_value **),
                                      void (*last)(sqlite3_context *), void (*done)(void *))
{
    return fails(FUNCTION) ? SQLITE_BUSY
                           : __real_sqlite3_create_function_v2(db, name, count, flags, data, call,
                                                               step, last, done);
}

const unsigned char *__wrap_sqlite3_value_text(sqlite3_value *value)
{
    return fails(VALUE_TEXT) ? NULL : __real_sqlite3_value_text(value);
}

const void *__wrap_sqlite3_value_blob(sqlite3_value *value)
{
    return fails(VALUE_BLOB) ? NULL : __real_sqlite3_value_blob(value);
}

char *__wrap_sqlite3_str_finish(sqlite3_str *text)
{
    char *made = __real_sqlite3_str_finish(text);
    if (!fails(STR_FINISH))
        return made;
    sqlite3_free(made);
    return NULL;
}

struct ferry_cell *__wrap_ferry_batch_row(struct ferry_batch *batch)
{
    return fails(BATCH_ROW) ? NULL : __real_ferry_batch_row(batch);
}

int __wrap_ferry_batch_text(struct ferry_batch *batch, struct ferry_cell *cell, const char *data,
                            size_t size)
{
    return fails(BATCH_TEXT) ? 0 : __real_ferry_batch_text(batch, cell, data, size);
}

/* ---- While it is read ---- */

static void test_no_memory(void **state)
{
    (void)state;
    static const enum failing later[] = {BATCH_ROW, BATCH_TEXT, VALUE_TEXT, VALUE_BLOB};
    for (enum way way = BY_FUNCTION; way <= BY_STEPS; way++)
        for (size_t i = 0; i < COUNT(later); i++) {
            struct table table;
            make_table(&table, "t", way,
                       "CREATE TABLE t(s TEXT, b BLOB); INSERT INTO t VALUES('', x'6162')");
            add_column(&table, &letters_and_bytes[0], "TEXT");
            add_column(&table, &letters_and_bytes[1], "BLOB");
            assert_int_equal(begin(&table), FERRY_OK);
            failing = later[i];
            assert_int_equal(read_batch(&table), FERRY_ERR_SYSTEM);
            assert_int_equal(failing, NONE);
            assert_error(&table.error, FERRY_ERR_SYSTEM, "out of memory");
            end_table(&table);
        }
}

static void test_memory(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        long before = blocks_in_use;
        struct table table;
        make_two(&table, BY_FUNCTION);
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(read_batch(&table), FERRY_OK);
        end(&table);
        assert_int_equal(sqlite3_exec(table.conn.db, "DROP TABLE \"a \"\"table\"\"\"", 0, 0, 0),
                         SQLITE_OK);
        assert_int_equal(
            sqlite3_exec(table.conn.db, "CREATE TABLE \"a \"\"table\"\"\"(x)", 0, 0, 0), SQLITE_OK);
        assert_int_equal(begin(&table), FERRY_ERR_SCHEMA); /* its columns are gone */
        end_table(&table);
        if (round > 0)
            assert_int_equal(blocks_in_use, before);
    }
}

/* ---- What cannot be begun ---- */

static void test_no_memory_to_begin(void **state)
{
    (void)state;
    static const struct {
        enum failing call;
        ferry_status status;
        const char *text;
    } first[] = {
        {CALLOC, FERRY_ERR_SYSTEM, "out of memory"},
        {STR_FINISH, FERRY_ERR_SYSTEM, "reading table 'a \"table\"' back: out of memory"},
        {FUNCTION, FERRY_ERR_BUSY, "reading table 'a \"table\"' back: database is locked"},
    };
    for (size_t i = 0; i < COUNT(first); i++) {
        struct table table;
        make_two(&table, BY_FUNCTION);
        struct sqldrv_unit unit = {.conn = &table.conn};
        struct sqldrv_load load = {.unit = &unit,
                                   .conn = &table.conn}; /* the table is not looked up */
        failing = first[i].call;
        assert_int_equal(sqldrv_stored_rows_begin(&table.conn, &load, &table.layout, NULL,
                                                  &table.cursor, &table.error),
                         first[i].status);
        assert_error(&table.error, first[i].status, first[i].text);
        end_table(&table);
    }
    bool done = false;
    for (sqlite3_int64 room = 0; !done; room += 64) {
        struct table table;
        make_two(&table, BY_FUNCTION);
        assert_int_equal(sqlite3_exec(table.conn.db, "SELECT * FROM sqlite_schema", 0, 0, 0),
                         SQLITE_OK);
        struct sqldrv_unit unit = {.conn = &table.conn};
        struct sqldrv_load load = {.unit = &unit, .conn = &table.conn};
        (void)sqlite3_hard_heap_limit64(sqlite3_memory_used() + room);
        ferry_status status = sqldrv_stored_rows_begin(&table.conn, &load, &table.layout, NULL,
                                                       &table.cursor, &table.error);
        (void)sqlite3_hard_heap_limit64(0);
        done = status == FERRY_OK;
        if (!done)
            assert_error(&table.error, FERRY_ERR_SYSTEM, "out of memory");
        end_table(&table);
    }
}

static int deny(void *data, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)data;
    (void)action;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return SQLITE_DENY;
}

static void test_no_table(void **state)
{
    (void)state;
    struct table table;
    make_table(&table, "u", BY_FUNCTION, "CREATE TABLE t(n INTEGER)");
    add_column(&table, &number, "INTEGER");
    assert_int_equal(begin(&table), FERRY_ERR_NOT_FOUND);
    assert_error(&table.error, FERRY_ERR_NOT_FOUND, "'x.db' has no table 'u'");
    assert_int_equal(table.conn.wait.budget.limit_ms, 70);
    assert_string_equal(table.conn.wait.holder, SQLDRV_HOLDER_ANY);

    sqlite3 *db = table.conn.db; /* nor is there a file yet */
    table.layout.table = "t";
    table.conn.db = NULL;
    assert_int_equal(begin(&table), FERRY_ERR_NOT_FOUND);
    assert_error(&table.error, FERRY_ERR_NOT_FOUND, "'x.db' has no table 't'");
    table.conn.db = db;

    assert_int_equal(sqlite3_set_authorizer(db, deny, NULL), SQLITE_OK);
    assert_int_equal(begin(&table), FERRY_ERR_TARGET_OPEN);
    assert_error(&table.error, FERRY_ERR_TARGET_OPEN,
                 "'x.db': looking at table 't': not authorized");
    assert_int_equal(sqlite3_set_authorizer(db, NULL, NULL), SQLITE_OK);
    assert_int_equal(begin(&table), FERRY_OK);
    end_table(&table);
}

/* A name in quotes that is no column would be a text. */
static void test_no_column(void **state)
{
    (void)state;
    for (enum way way = BY_FUNCTION; way <= BY_STEPS; way++) {
        struct table table;
        make_table(&table, "t", way, "CREATE TABLE t(a INTEGER)");
        add_column(&table, &number, "INTEGER");
        assert_int_equal(begin(&table), FERRY_ERR_SCHEMA);
        assert_error(&table.error, FERRY_ERR_SCHEMA,
                     "'x.db': reading table 't' back: no such column: t.n");
        end_table(&table);
    }
}

static void test_no_type(void **state)
{
    (void)state;
    static const struct ferry_column bytes = {.name = "c", .native = "", .type = FERRY_TYPE_BYTES};
    struct table table;
    make_table(&table, "t", BY_FUNCTION, "CREATE TABLE t(n INTEGER, c NUMERIC)");
    add_column(&table, &number, "INTEGER");
    add_column(&table, &bytes, "NUMERIC");
    assert_int_equal(begin(&table), FERRY_ERR_SCHEMA);
    assert_error(&table.error, FERRY_ERR_SCHEMA, "column 'c': SQLite has no type for it");
    end_table(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_memory),          cmocka_unit_test(test_memory),
        cmocka_unit_test(test_no_memory_to_begin), cmocka_unit_test(test_no_table),
        cmocka_unit_test(test_no_column),          cmocka_unit_test(test_no_type),
    };
    return cmocka_run_group_tests_name("sqlite stored rows, failures", tests, NULL, NULL);
}
