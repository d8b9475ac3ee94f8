/* A table in memory, and the batches in which the sqlite driver's stored_rows.c reads it back. */

#ifndef FERRY_UNIT_SQLITE_STORED_ROWS_H
#define FERRY_UNIT_SQLITE_STORED_ROWS_H

#include "unit.h"

#include "driver/batch.h"

#include "../../../plugins/sqlite/target.h"

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

static inline void make_table(struct table *table, const char *name, enum way way, const char *sql)
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
}

static inline void add_column(struct table *table, const struct ferry_column *column,
                              const char *native)
{
    table->natives[table->schema.count] = native;
    assert_int_equal(ferry_schema_add(&table->schema, column, sizeof *column, &table->error),
                     FERRY_OK);
}

static inline ferry_status begin(struct table *table)
{
    static const struct ferry_batch_limits limits = {.rows = 100, .bytes = 1 << 20};
    static const struct ferry_scan all = {0};
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

static inline ferry_status read_batch(struct table *table)
{
    ferry_status status = sqldrv_stored_rows_batch(table->cursor, table->batch, &table->error);
    assert_int_equal(status, table->error.status);
    return status;
}

/* Whether SQL knows the function by which this many columns are read. */
static inline int prepare_function(struct table *table, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(table->conn.db, sql, -1, &stmt, NULL);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return rc;
}

static inline void end(struct table *table)
{
    if (table->cursor != NULL)
        sqldrv_stored_rows_end(table->cursor);
    table->cursor = NULL;
    assert_null(sqlite3_next_stmt(table->conn.db, NULL));
    assert_int_equal(prepare_function(table, "SELECT _dbferry_take(1)"), SQLITE_ERROR);
    assert_int_equal(prepare_function(table, "SELECT _dbferry_take(1, 2)"), SQLITE_ERROR);
}

/* Nothing of SQLite's is left, so nothing of a batch may lie in it. */
static inline void close_file(struct table *table)
{
    end(table);
    assert_int_equal(sqlite3_close(table->conn.db), SQLITE_OK);
    assert_int_equal(sqlite3_memory_used(), 0);
    table->conn.db = NULL;
}

static inline void end_table(struct table *table)
{
    if (table->conn.db != NULL)
        close_file(table);
    ferry_batch_free(table->batch);
    ferry_schema_done(&table->schema);
    ferry_error_clear(&table->error);
}

/* ---- Tables of some columns ---- */

static const struct ferry_column number = {
    .name = "n", .native = "", .type = FERRY_TYPE_INT, .bits = 64};
static const struct ferry_column letters = {
    .name = "a \"text\"", .native = "", .type = FERRY_TYPE_TEXT};
static const struct ferry_column letters_and_bytes[] = {
    {.name = "s", .native = "", .type = FERRY_TYPE_TEXT},
    {.name = "b", .native = "", .type = FERRY_TYPE_BYTES}};

#define TWO_COLUMNS                                                                                \
    "CREATE TABLE \"a \"\"table\"\"\"(\"a \"\"text\"\"\" TEXT, n INTEGER); WITH RECURSIVE i(i) "   \
    "AS "                                                                                          \
    "(SELECT 1 UNION ALL SELECT i+1 FROM i WHERE i<250) INSERT INTO \"a \"\"table\"\"\" SELECT "   \
    "'x' || i, i FROM i"

static inline void make_two(struct table *table, enum way way)
{
    make_table(table, "a \"table\"", way, TWO_COLUMNS);
    add_column(table, &number, "INTEGER");
    add_column(table, &letters, "TEXT");
}

static inline void assert_two(const struct table *table, size_t count, int64_t first)
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

#endif
