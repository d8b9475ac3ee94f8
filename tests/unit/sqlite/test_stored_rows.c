/* Tests of the sqlite driver's stored_rows.c: what is stored, read back in batches.
 *
 * A cell is written as its kind and its value: "int 5" says its kind itself, "i 5" is of the
 * column's type.  Linked with --wrap for the calls that fail here when they are told to. */

#include "blocks.h"
#include "unit.h"

#include <malloc.h>

#include "driver/batch.h"

#include "../../../plugins/sqlite/target.h"

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
                                      void (*last)(sqlite3_context *), void (*end)(void *));
int __wrap_sqlite3_create_function_v2(sqlite3 *db, const char *name, int count, int flags,
                                      void *data,
                                      void (*call)(sqlite3_context *, int, sqlite3_value **),
                                      void (*step)(sqlite3_context *, int, sqlite3_value **),
                                      void (*last)(sqlite3_context *), void (*end)(void *));
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
                                      void (*last)(sqlite3_context *), void (*end)(void *))
{
    return fails(FUNCTION) ? SQLITE_BUSY
                           : __real_sqlite3_create_function_v2(db, name, count, flags, data, call,
                                                               step, last, end);
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

/* ---- A table, read back ---- */

/* By a function in the WHERE, or a step per row: for tables of more columns than a function takes.
 */
enum way { BY_FUNCTION, BY_STEPS };

struct table {
    struct sqldrv_conn conn;
    struct ferry_schema schema;
    const char *natives[4];
    struct ferry_layout layout;
    void *cursor;
    struct ferry_batch *batch;
    struct ferry_error error;
};

static void make_table(struct table *table, const char *name, enum way way, const char *sql)
{
    memset(table, 0, sizeof *table);
    assert_int_equal(sqlite3_open(":memory:", &table->conn.db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(table->conn.db, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_limit(table->conn.db, SQLITE_LIMIT_FUNCTION_ARG, way == BY_FUNCTION ? 2 : 0);
    table->conn.path = (char *)"x.db";
    table->conn.role = FERRY_ROLE_TARGET;
    table->conn.busy_ms = 70;
    table->layout =
        (struct ferry_layout){.table = name, .schema = &table->schema, .natives = table->natives};
    failing = NONE;
}

static void add_column(struct table *table, const struct ferry_column *column, const char *native)
{
    table->natives[table->schema.count] = native;
    assert_int_equal(ferry_schema_add(&table->schema, column, sizeof *column, &table->error),
                     FERRY_OK);
}

static ferry_status begin(struct table *table)
{
    static const struct ferry_batch_limits limits = {.rows = 100, .bytes = 1 << 20};
    static const struct ferry_scan all = {._size = sizeof all};
    if (table->batch == NULL)
        table->batch = ferry_batch_new(&table->schema, &limits);
    assert_non_null(table->batch);
    ferry_batch_reset(table->batch, 1);
    ferry_status status = sqldrv_stored_rows_begin(&table->conn, NULL, &table->layout, &all,
                                                   &table->cursor, &table->error);
    assert_int_equal(status, table->error.status);
    assert_int_equal(status == FERRY_OK, table->cursor != NULL);
    return status;
}

static ferry_status read_batch(struct table *table)
{
    ferry_status status = sqldrv_stored_rows_batch(table->cursor, table->batch, &table->error);
    assert_int_equal(status, table->error.status);
    return status;
}

/* Whether SQL knows the function by which this many columns are read. */
static int prepare_function(struct table *table, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(table->conn.db, sql, -1, &stmt, NULL);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return rc;
}

static void end(struct table *table)
{
    if (table->cursor != NULL)
        sqldrv_stored_rows_end(table->cursor);
    table->cursor = NULL;
    assert_null(sqlite3_next_stmt(table->conn.db, NULL));
    assert_int_equal(prepare_function(table, "SELECT _dbferry_take(1)"), SQLITE_ERROR);
    assert_int_equal(prepare_function(table, "SELECT _dbferry_take(1, 2)"), SQLITE_ERROR);
}

/* Nothing of SQLite's is left, so nothing of a batch may lie in it. */
static void close_file(struct table *table)
{
    end(table);
    assert_int_equal(sqlite3_close(table->conn.db), SQLITE_OK);
    assert_int_equal(sqlite3_memory_used(), 0);
    table->conn.db = NULL;
}

static void end_table(struct table *table)
{
    if (table->conn.db != NULL)
        close_file(table);
    ferry_batch_free(table->batch);
    ferry_schema_done(&table->schema);
    ferry_error_clear(&table->error);
}

/* ---- One value ---- */

static void show(const struct ferry_cell *cell, const struct ferry_column *column, char *text,
                 size_t size)
{
    static const char *const kinds[] = {"", "int ", "float ", "text ", "bytes "};
    if (cell->null != 0)
        (void)snprintf(text, size, "NULL");
    else if (cell->kind == FERRY_KIND_INT ||
             (cell->kind == FERRY_KIND_TYPED && column->type == FERRY_TYPE_INT))
        (void)snprintf(text, size, "%s%lld", kinds[cell->kind], (long long)cell->v.i);
    else if (cell->kind == FERRY_KIND_FLOAT ||
             (cell->kind == FERRY_KIND_TYPED && column->type == FERRY_TYPE_FLOAT))
        (void)snprintf(text, size, "%s%.17g", kinds[cell->kind], cell->v.f);
    else
        (void)snprintf(text, size, "%s(%u)%.*s", kinds[cell->kind], cell->len, (int)cell->len,
                       cell->v.p != NULL ? cell->v.p : "no address");
}

static const struct {
    struct ferry_column column;
    const char *native;
    const char *sql;
    const char *cell; /* or, behind '!', why it is none */
} values[] = {
    {{.type = FERRY_TYPE_INT, .bits = 64}, "INTEGER", "-5", "-5"},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "INTEGER", "NULL", "NULL"},
    {{.type = FERRY_TYPE_INT, .bits = 64}, "TEXT", "'-12'", "-12"},
    {{.type = FERRY_TYPE_INT, .bits = 64},
     "INTEGER",
     "'x'",
     "!it is stored as TEXT, not as INTEGER ('x.db', table 't')"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_NOT_NULL},
     "INTEGER",
     "NULL",
     "!NULL in a column that has none ('x.db', table 't')"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED},
     "INTEGER",
     "-1",
     "!the number is negative"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "INTEGER",
     "'x'",
     "text (1)x"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "INTEGER",
     "x''",
     "bytes (0)"},
    {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "INTEGER",
     "1.5",
     "float 1.5"},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "REAL", "0.5", "0.5"},
    {{.type = FERRY_TYPE_FLOAT, .bits = 64}, "REAL", "7", "7"}, /* an integer that a double holds */
    {{.type = FERRY_TYPE_FLOAT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
     "REAL",
     "'x'",
     "text (1)x"},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 9, .scale = 2}, "REAL", "0.3", "(4)0.30"},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 9, .scale = 2}, "TEXT", "'0.30'", "(4)0.30"},
    {{.type = FERRY_TYPE_TEXT}, "TEXT", "'it''s'", "(4)it's"},
    {{.type = FERRY_TYPE_TEXT}, "TEXT", "''", "(0)"},
    {{.type = FERRY_TYPE_TEXT}, "TEXT", "NULL", "NULL"},
    {{.type = FERRY_TYPE_BYTES}, "BLOB", "x'6162'", "(2)ab"},
    {{.type = FERRY_TYPE_BYTES}, "BLOB", "x''", "(0)"},
    {{.type = FERRY_TYPE_BYTES}, "BLOB", "zeroblob(0)", "(0)"},
    {{.type = FERRY_TYPE_BYTES}, "BLOB", "'ab'", "!it is stored as TEXT, not as BLOB"},
    {{.type = FERRY_TYPE_UUID}, "TEXT", "5", "!it is stored as INTEGER, not as TEXT"},
    {{.type = FERRY_TYPE_ANY}, "", "5", "int 5"},
    {{.type = FERRY_TYPE_ANY}, "", "5.0", "float 5"},
    {{.type = FERRY_TYPE_ANY}, "", "'5'", "text (1)5"},
    {{.type = FERRY_TYPE_ANY}, "", "x'35'", "bytes (1)5"},
    {{.type = FERRY_TYPE_ANY}, "", "NULL", "NULL"},
    /* What has the right class is not looked at: if it is another than was stored, the digest
       tells. */
    {{.type = FERRY_TYPE_INT, .bits = 8}, "INTEGER", "300", "300"},
    {{.type = FERRY_TYPE_FLOAT, .bits = 32}, "REAL", "0.1", "0.10000000000000001"},
    {{.type = FERRY_TYPE_DECIMAL, .precision = 40, .scale = 2}, "TEXT", "'1.234'", "(5)1.234"},
    {{.type = FERRY_TYPE_DATE}, "TEXT", "'yesterday'", "(9)yesterday"},
    {{.type = FERRY_TYPE_VECTOR, .length = 1}, "BLOB", "x'6162'", "(2)ab"},
    {{.type = FERRY_TYPE_DATE, .flags = FERRY_COLUMN_LOOSE}, "TEXT", "'today'", "(5)today"},
};

/* Twice in the table: the first is not overwritten by the second. */
static void test_value(size_t i, enum way way)
{
    struct table table;
    struct ferry_column column = values[i].column;
    char sql[256];
    char shown[64];
    column.name = "c";
    column.native = "";
    (void)snprintf(sql, sizeof sql, "CREATE TABLE t(c); INSERT INTO t VALUES(%s), (%s)",
                   values[i].sql, values[i].sql);
    make_table(&table, "t", way, sql);
    add_column(&table, &column, values[i].native);
    assert_int_equal(begin(&table), FERRY_OK);
    assert_int_equal(prepare_function(&table, "SELECT _dbferry_take(1)"),
                     way == BY_FUNCTION ? SQLITE_OK : SQLITE_ERROR);
    ferry_status status = read_batch(&table);
    close_file(&table);
    if (values[i].cell[0] == '!') {
        assert_int_equal(status, FERRY_ERR_DATA);
        assert_string_equal(strtok(table.error.message, ":"), "row 1, column 'c'");
        if (strncmp(strtok(NULL, "") + 1, values[i].cell + 1, strlen(values[i].cell + 1)) != 0)
            fail_msg("value %zu", i);
    } else {
        assert_no_error(&table.error);
        assert_int_equal(ferry_batch_count(table.batch), 2);
        for (size_t row = 0; row < 2; row++) {
            show(ferry_batch_cells(table.batch, row), &column, shown, sizeof shown);
            assert_string_equal(shown, values[i].cell);
        }
    }
    end_table(&table);
}

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        test_value(i, BY_FUNCTION);
        test_value(i, BY_STEPS);
    }
}

static const struct ferry_column letters_and_bytes[] = {
    {.name = "s", .native = "", .type = FERRY_TYPE_TEXT},
    {.name = "b", .native = "", .type = FERRY_TYPE_BYTES}};

/* A file that stores texts as UTF-16 stores bytes as they are. */
static void test_utf16(void **state)
{
    (void)state;
    for (enum way way = BY_FUNCTION; way <= BY_STEPS; way++) {
        struct table table;
        make_table(&table, "t", way,
                   "PRAGMA encoding='UTF-16le'; CREATE TABLE t(s TEXT, b BLOB); "
                   "INSERT INTO t VALUES('ab', x'61623031')");
        add_column(&table, &letters_and_bytes[0], "TEXT");
        add_column(&table, &letters_and_bytes[1], "BLOB");
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(read_batch(&table), FERRY_OK);
        close_file(&table);
        const struct ferry_cell *cells = ferry_batch_cells(table.batch, 0);
        assert_int_equal(cells[0].len, 2);
        assert_memory_equal(cells[0].v.p, "ab", 2);
        assert_int_equal(cells[1].len, 4);
        assert_memory_equal(cells[1].v.p, "ab01", 4);
        end_table(&table);
    }
}

/* ---- Rows and batches ---- */

static const struct ferry_column number = {
    .name = "n", .native = "", .type = FERRY_TYPE_INT, .bits = 64};
static const struct ferry_column letters = {
    .name = "a \"text\"", .native = "", .type = FERRY_TYPE_TEXT};

#define TWO_COLUMNS                                                                                \
    "CREATE TABLE \"a \"\"table\"\"\"(\"a \"\"text\"\"\" TEXT, n INTEGER); WITH RECURSIVE i(i) "   \
    "AS "                                                                                          \
    "(SELECT 1 UNION ALL SELECT i+1 FROM i WHERE i<250) INSERT INTO \"a \"\"table\"\"\" SELECT "   \
    "'x' || i, i FROM i"

static void make_two(struct table *table, enum way way)
{
    make_table(table, "a \"table\"", way, TWO_COLUMNS);
    add_column(table, &number, "INTEGER");
    add_column(table, &letters, "TEXT");
}

static void assert_two(const struct table *table, size_t count, int64_t first)
{
    assert_int_equal(ferry_batch_count(table->batch), count);
    for (size_t row = 0; row < count; row++) {
        const struct ferry_cell *cells = ferry_batch_cells(table->batch, row);
        char text[16];
        int length = snprintf(text, sizeof text, "x%lld", (long long)(first + (int64_t)row));
        assert_int_equal(cells[0].v.i, first + (int64_t)row);
        assert_int_equal(cells[1].len, length);
        assert_memory_equal(cells[1].v.p, text, (size_t)length);
    }
}

static void test_batches(void **state)
{
    (void)state;
    static const size_t counts[] = {100, 100, 50, 0, 0};
    for (enum way way = BY_FUNCTION; way <= BY_STEPS; way++) {
        struct table table;
        int64_t first = 1;
        make_two(&table, way);
        assert_int_equal(begin(&table), FERRY_OK);
        for (size_t i = 0; i < COUNT(counts); i++) {
            ferry_batch_reset(table.batch, (uint64_t)first);
            assert_int_equal(read_batch(&table), FERRY_OK);
            assert_two(&table, counts[i], first);
            first += (int64_t)counts[i];
            if (i == 0) { /* one that is full takes nothing */
                assert_int_equal(read_batch(&table), FERRY_OK);
                assert_two(&table, 100, 1);
            }
        }
        end_table(&table);
    }
}

/* As many columns as a function takes, and one more. */
static void test_the_most_columns(void **state)
{
    (void)state;
    for (int most = 1; most <= 3; most++) {
        struct table table;
        make_two(&table, BY_FUNCTION);
        (void)sqlite3_limit(table.conn.db, SQLITE_LIMIT_FUNCTION_ARG, most);
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(prepare_function(&table, "SELECT _dbferry_take(1, 2)"),
                         most >= 2 ? SQLITE_OK : SQLITE_ERROR);
        if (most == 2) { /* no view of the file may call it */
            assert_int_equal(
                sqlite3_exec(table.conn.db, "CREATE VIEW v AS SELECT _dbferry_take(1, 2)", 0, 0, 0),
                SQLITE_OK);
            assert_int_equal(prepare_function(&table, "SELECT * FROM v"), SQLITE_ERROR);
            assert_int_equal(
                strncmp(sqlite3_errmsg(table.conn.db), "unsafe use of _dbferry_take", 27), 0);
        }
        assert_int_equal(read_batch(&table), FERRY_OK);
        assert_two(&table, 100, 1);
        end_table(&table);
    }
}

/* The row is named by its place in all that is read; nothing behind it is taken. */
static void test_a_row_that_is_refused(void **state)
{
    (void)state;
    for (enum way way = BY_FUNCTION; way <= BY_STEPS; way++) {
        struct table table;
        make_two(&table, way);
        assert_int_equal(sqlite3_exec(table.conn.db,
                                      "UPDATE \"a \"\"table\"\"\" SET \"a \"\"text\"\"\" = x'00' "
                                      "WHERE rowid = 103",
                                      0, 0, 0),
                         SQLITE_OK);
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(read_batch(&table), FERRY_OK);
        ferry_batch_reset(table.batch, 101);
        assert_int_equal(read_batch(&table), FERRY_ERR_DATA);
        assert_error(&table.error, FERRY_ERR_DATA,
                     "row 103, column 'a \"text\"': it is stored as BLOB, not as TEXT ('x.db', "
                     "table 'a \"table\"')");
        end_table(&table);
    }
}

static void test_stopping(void **state)
{
    (void)state;
    for (enum way way = BY_FUNCTION; way <= BY_STEPS; way++) {
        struct table table;
        make_two(&table, way);
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(read_batch(&table), FERRY_OK);
        sqlite3_interrupt(table.conn.db);
        ferry_batch_reset(table.batch, 101);
        assert_int_equal(read_batch(&table), FERRY_ERR_CANCELLED);
        assert_error(&table.error, FERRY_ERR_CANCELLED, "'x.db': reading table '");
        end(&table);
        assert_int_equal(begin(&table), FERRY_OK);
        atomic_store(&table.conn.cancelled, true);
        assert_int_equal(read_batch(&table), FERRY_ERR_CANCELLED);
        assert_error(&table.error, FERRY_ERR_CANCELLED, "'x.db': stopped");
        assert_int_equal(ferry_batch_count(table.batch), 0);
        end(&table);
        assert_int_equal(begin(&table), FERRY_ERR_CANCELLED);
        assert_error(&table.error, FERRY_ERR_CANCELLED, "'x.db': stopped");
        end_table(&table);
    }
}

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

/* ---- A load that is under way ---- */

static void test_a_load(void **state)
{
    (void)state;
    for (int staged = 0; staged < 2; staged++) {
        struct table table;
        make_table(&table, "t", BY_FUNCTION,
                   "CREATE TABLE t(n INTEGER); INSERT INTO t VALUES(1); ATTACH ':memory:' AS "
                   "_dbferry_stage; CREATE TABLE _dbferry_stage.t(n INTEGER); INSERT INTO "
                   "_dbferry_stage.t VALUES(2)");
        add_column(&table, &number, "INTEGER");
        assert_int_equal(begin(&table), FERRY_OK);
        assert_int_equal(read_batch(&table), FERRY_OK); /* without a load, what others see */
        assert_int_equal(ferry_batch_cells(table.batch, 0)->v.i, 1);
        end(&table);
        struct sqldrv_unit unit = {.conn = &table.conn, .staged = staged != 0};
        struct sqldrv_load load = {.unit = &unit, .conn = &table.conn};
        ferry_batch_reset(table.batch, 1);
        table.conn.wait.holder = NULL;
        assert_int_equal(sqldrv_stored_rows_begin(&table.conn, &load, &table.layout, NULL,
                                                  &table.cursor, &table.error),
                         FERRY_OK);
        assert_null(table.conn.wait.holder); /* the load's own time goes on */
        assert_int_equal(read_batch(&table), FERRY_OK);
        assert_int_equal(ferry_batch_count(table.batch), 1);
        assert_int_equal(ferry_batch_cells(table.batch, 0)->v.i, staged ? 2 : 1);
        end(&table);
        table.layout.table = "gone";
        assert_int_equal(sqldrv_stored_rows_begin(&table.conn, &load, &table.layout, NULL,
                                                  &table.cursor, &table.error),
                         FERRY_ERR_SCHEMA);
        assert_error(&table.error, FERRY_ERR_SCHEMA, "reading table 'gone' back: no such table");
        end_table(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_the_most_columns),
        cmocka_unit_test(test_a_row_that_is_refused),
        cmocka_unit_test(test_stopping),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_no_memory_to_begin),
        cmocka_unit_test(test_no_table),
        cmocka_unit_test(test_no_column),
        cmocka_unit_test(test_no_type),
        cmocka_unit_test(test_a_load),
    };
#ifdef M_PERTURB
    (void)mallopt(M_PERTURB, 0xa5); /* what is given back does not stay as it was */
#endif
    return cmocka_run_group_tests_name("sqlite stored rows", tests, NULL, NULL);
}
