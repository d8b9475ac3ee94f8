/* A table in memory, and a load into it, for the tests of the sqlite driver's rows.c, which is a
 * part of them. */

#ifndef FERRY_UNIT_SQLITE_ROWS_H
#define FERRY_UNIT_SQLITE_ROWS_H

#include "unit.h"

#include "driver/batch.h"

static int allocations_left = -1; /* that rows.c itself may make; -1: all */

/* Behind the last block that rows.c was given; what it writes there shows. */
static const unsigned char fence[] = "nothing of yours";
static unsigned char *fence_of_last;

static inline void *try_calloc(size_t count, size_t size)
{
    size_t length = count * size;
    char *block = allocations_left == 0 ? NULL : calloc(length + sizeof fence, 1);
    if (block != NULL) {
        fence_of_last = (unsigned char *)block + length;
        memcpy(fence_of_last, fence, sizeof fence);
    }
    return block;
}

#define calloc try_calloc
#include "../../../plugins/sqlite/rows.c"
#undef calloc

/* What rows.c is built upon. */
#include "../../../plugins/sqlite/affinity.c"
#include "../../../plugins/sqlite/clauses.c"
#include "../../../plugins/sqlite/decimal.c"
#include "../../../plugins/sqlite/errors.c"
#include "../../../plugins/sqlite/give.c"
#include "../../../plugins/sqlite/hold.c"
#include "../../../plugins/sqlite/order.c"
#include "../../../plugins/sqlite/rowid.c"
#include "../../../plugins/sqlite/statement.c"
#include "../../../plugins/sqlite/stored.c"
#include "../../../plugins/sqlite/types.c"
#include "../../../plugins/sqlite/utf16.c"

/* Of guard.c, which nothing here has. */
bool sqldrv_guard_refusal(struct sqldrv_guard *guard, ferry_status *ret_status, char *ret_text,
                          size_t size)
{
    (void)guard;
    (void)ret_status;
    (void)ret_text;
    (void)size;
    return false;
}

/* ---- A table, and a load into it ---- */

struct table {
    sqlite3 *db;
    struct sqldrv_conn conn;
    struct ferry_schema schema;
    const char *natives[4];
    const struct ferry_wish *wishes[4];
    struct ferry_layout layout;
    struct ferry_load_spec spec;
    struct sqldrv_load load;
    struct sqldrv_rows *rows;
    struct ferry_batch *batch;
    struct ferry_error error;
};

static const struct ferry_wish no_wish;

static inline void add_column(struct table *table, const struct ferry_column *column,
                              const char *native)
{
    size_t i = table->schema.count;
    table->natives[i] = native;
    table->wishes[i] = &no_wish;
    assert_int_equal(ferry_schema_add(&table->schema, column, sizeof *column, &table->error),
                     FERRY_OK);
}

static inline void make_table(struct table *table, const char *name, const char *encoding,
                              const char *sql)
{
    memset(table, 0, sizeof *table);
    assert_int_equal(sqlite3_open(":memory:", &table->db), SQLITE_OK);
    assert_int_equal(sqldrv_run(table->db, "PRAGMA encoding=%Q; %s", encoding, sql), SQLITE_OK);
    table->conn = (struct sqldrv_conn){.path = (char *)"x.db", .role = FERRY_ROLE_TARGET};
    table->layout = (struct ferry_layout){.table = name,
                                          .schema = &table->schema,
                                          .natives = table->natives,
                                          .wishes = table->wishes};
    table->spec = (struct ferry_load_spec){.layout = &table->layout, .action = FERRY_TABLE_CREATE};
    table->load =
        (struct sqldrv_load){.conn = &table->conn, .spec = &table->spec, .layout = &table->layout};
}

static inline struct sqldrv_rows_into into_main(struct table *table)
{
    return (struct sqldrv_rows_into){.conn = &table->conn,
                                     .db = table->db,
                                     .schema = "main",
                                     .table = table->layout.table,
                                     .batch = SQLDRV_ROWS_BATCH,
                                     .columns = &table->schema,
                                     .natives = table->natives,
                                     .integer_key = sqldrv_rowid_find(&table->load),
                                     .count = &table->load.rows_loaded};
}

static inline ferry_status open_rows(struct table *table)
{
    const struct sqldrv_rows_into into = into_main(table);
    return sqldrv_rows_open(&into, &table->rows, &table->error);
}

static inline void open_load(struct table *table)
{
    static const struct ferry_batch_limits limits = {.rows = 100, .bytes = 1 << 20};
    assert_int_equal(open_rows(table), FERRY_OK);
    assert_no_error(&table->error);
    table->batch = ferry_batch_new(&table->schema, &limits);
    assert_non_null(table->batch);
}

static inline ferry_status insert(struct table *table)
{
    return sqldrv_rows_insert(table->rows, table->batch, &table->error);
}

static inline void close_rows(struct table *table)
{
    if (table->rows != NULL && fence_of_last != NULL)
        assert_memory_equal(fence_of_last, fence, sizeof fence);
    fence_of_last = NULL; /* of two, the last goes first */
    sqldrv_rows_close(table->rows);
    table->rows = NULL;
}

static inline void end_table(struct table *table)
{
    close_rows(table);
    ferry_batch_free(table->batch);
    assert_int_equal(sqlite3_close(table->db), SQLITE_OK); /* nothing of it is in use */
    assert_int_equal(sqlite3_memory_used(), 0);
    ferry_schema_done(&table->schema);
    ferry_error_clear(&table->error);
}

static inline void assert_query(struct table *table, const char *sql, const char *expected)
{
    char *found = NULL;
    assert_int_equal(sqldrv_query_text(table->db, &found, "%s", sql), SQLITE_OK);
    assert_string_equal(found, expected);
    free(found);
}

/* ---- A table of numbers ---- */

static const struct ferry_column number = {
    .name = "c", .native = "", .type = FERRY_TYPE_INT, .bits = 64};

/* A batch of so many numbers, from `first` on. */
static inline ferry_status insert_numbers(struct table *table, int64_t first, size_t count)
{
    ferry_batch_reset(table->batch, (uint64_t)first);
    for (size_t i = 0; i < count; i++)
        ferry_batch_row(table->batch)->v.i = first + (int64_t)i;
    return insert(table);
}

static inline void make_numbers(struct table *table, const char *sql)
{
    make_table(table, "t", "UTF-8", sql);
    add_column(table, &number, "INTEGER");
    open_load(table);
}

#endif
