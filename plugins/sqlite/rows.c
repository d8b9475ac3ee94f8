/* A batch as a virtual table, so that one prepared INSERT ... SELECT stores all of its rows.
 *
 * Values are handed over as pointers into the batch (SQLITE_STATIC): SQLite copies them into the
 * record that it writes, and has forgotten them when the statement ends.
 */

#include "target.h"
#include "values.h"

#include <stdlib.h>

struct sqldrv_rows {
    const struct ferry_cell *cells; /* of the batch, row after row */
    size_t count;
    size_t columns;    /* of the batches */
    size_t row;        /* where the cursor stands; read after a failure */
    size_t bad_column; /* of a refused value */
    const char *bad;   /* why it is refused, or NULL */
    struct sqldrv_rows_into into;
    sqlite3_stmt *insert;
    struct sqldrv_give rules[];
};

struct rows_table {
    sqlite3_vtab base;
    struct sqldrv_rows *rows;
};

struct rows_cursor {
    sqlite3_vtab_cursor base;
    struct sqldrv_rows *rows;
};

static int rows_connect(sqlite3 *db, void *argument, int argc, const char *const *argv,
                        sqlite3_vtab **ret_table, char **ret_error)
{
    struct sqldrv_rows *rows = argument;
    (void)argc;
    (void)argv;
    (void)ret_error;
    sqlite3_str *out = sqlite3_str_new(NULL);
    for (size_t i = 0; i < rows->columns; i++) {
        sqlite3_str_appendf(out, "%sc%llu", i == 0 ? "CREATE TABLE x(" : ",",
                            (unsigned long long)i);
    }
    sqlite3_str_appendall(out, ")");
    char *sql = sqlite3_str_finish(out);
    if (sql == NULL) {
        return SQLITE_NOMEM;
    }
    int rc = sqlite3_declare_vtab(db, sql);
    sqlite3_free(sql);
    if (rc != SQLITE_OK) {
        return rc;
    }
    /* No trigger or view of the file may read it. */
    (void)sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
    struct rows_table *table = sqlite3_malloc64(sizeof *table);
    if (table == NULL) {
        return SQLITE_NOMEM;
    }
    *table = (struct rows_table){.rows = rows};
    *ret_table = &table->base;
    return SQLITE_OK;
}

static int rows_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int rows_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = 1000;
    info->estimatedRows = 1000;
    return SQLITE_OK;
}

static int rows_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
    struct rows_cursor *cursor = sqlite3_malloc64(sizeof *cursor);
    if (cursor == NULL) {
        return SQLITE_NOMEM;
    }
    *cursor = (struct rows_cursor){.rows = ((struct rows_table *)(void *)table)->rows};
    *ret_cursor = &cursor->base;
    return SQLITE_OK;
}

static int rows_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static struct sqldrv_rows *rows_of(sqlite3_vtab_cursor *cursor)
{
    return ((struct rows_cursor *)(void *)cursor)->rows;
}

static int rows_filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc,
                       sqlite3_value **argv)
{
    (void)number;
    (void)text;
    (void)argc;
    (void)argv;
    rows_of(cursor)->row = 0;
    return SQLITE_OK;
}

static int rows_next(sqlite3_vtab_cursor *cursor)
{
    rows_of(cursor)->row++;
    return SQLITE_OK;
}

static int rows_eof(sqlite3_vtab_cursor *cursor)
{
    const struct sqldrv_rows *rows = rows_of(cursor);
    return rows->row >= rows->count;
}

static int rows_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *ret_rowid)
{
    *ret_rowid = (sqlite3_int64)rows_of(cursor)->row;
    return SQLITE_OK;
}

/* A value that the column cannot hold exactly ends the load. */
static int rows_refuse(struct sqldrv_rows *rows, size_t column, const char *why)
{
    rows->bad = why;
    rows->bad_column = column;
    return SQLITE_CONSTRAINT;
}

/* A typed value.  NULL, or why the column cannot hold it exactly. */
static inline const char *rows_give(sqlite3_context *context, const struct sqldrv_give *rule,
                                    const struct ferry_cell *cell)
{
    double value;
    switch (rule->convert) {
    case SQLDRV_CONVERT_INT:
        sqlite3_result_int64(context, cell->v.i);
        return NULL;
    case SQLDRV_CONVERT_UNSIGNED:
        sqlite3_result_int64(context, (sqlite3_int64)cell->v.u);
        return cell->v.u <= INT64_MAX
                   ? NULL
                   : "the number is above 9223372036854775807, the largest that SQLite holds; "
                     "big_unsigned = \"text\" stores the column as text";
    case SQLDRV_CONVERT_FLOAT:
        return sqldrv_give_float(context, cell->v.f);
    case SQLDRV_CONVERT_DECIMAL:
        if (!sqldrv_decimal_to_double(cell->v.p, cell->len, &value)) {
            return "this is not a decimal number of at most 15 digits";
        }
        sqlite3_result_double(context, value);
        return NULL;
    case SQLDRV_CONVERT_TEXT:
        return sqldrv_give_text(context, rule, cell);
    case SQLDRV_CONVERT_BYTES:
        sqlite3_result_blob64(context, cell->v.p, cell->len, SQLITE_STATIC);
        return NULL;
    default:
        return sqldrv_give_wished(context, rule, cell);
    }
}

static int rows_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int index)
{
    struct sqldrv_rows *rows = rows_of(cursor);
    size_t column = (size_t)index;
    const struct ferry_cell *cell = &rows->cells[rows->row * rows->columns + column];
    const struct sqldrv_give *rule = &rows->rules[column];
    if (cell->null) {
        return index == rows->into.integer_key
                   ? rows_refuse(rows, column,
                                 "NULL in an INTEGER PRIMARY KEY, where SQLite would put a number")
                   : SQLITE_OK; /* no result is NULL */
    }
    const char *why = cell->kind == FERRY_KIND_TYPED ? rows_give(context, rule, cell)
                                                     : sqldrv_give_kind(context, rule, cell);
    return why == NULL ? SQLITE_OK : rows_refuse(rows, column, why);
}

/* No xCreate: the table is there by its module's name alone. */
static const sqlite3_module rows_module = {
    .xConnect = rows_connect,
    .xBestIndex = rows_best_index,
    .xDisconnect = rows_disconnect,
    .xOpen = rows_open,
    .xClose = rows_close,
    .xFilter = rows_filter,
    .xNext = rows_next,
    .xEof = rows_eof,
    .xColumn = rows_column,
    .xRowid = rows_rowid,
};

/* Which column of the schema a column of the batches is. */
static size_t rows_column_at(const struct sqldrv_rows *rows, size_t i)
{
    return rows->into.select == NULL ? i : rows->into.select[i];
}

/* How each column stores its cells. */
static ferry_status rows_choose_rules(struct sqldrv_rows *rows, struct ferry_error *err)
{
    for (size_t i = 0; i < rows->columns; i++) {
        size_t at = rows_column_at(rows, i);
        const struct ferry_column *column = ferry_schema_column(rows->into.columns, at);
        struct sqldrv_hold hold;
        if (!sqldrv_hold_choose(column, rows->into.natives[at], &hold)) {
            return ferry_fail(err, FERRY_ERR_SCHEMA, "column '%s': SQLite has no type for it",
                              column->name);
        }
        rows->rules[i] = (struct sqldrv_give){
            .convert = hold.convert,
            .affinity = hold.affinity,
            .scale = column->scale,
            .kinds = hold.convert == SQLDRV_CONVERT_ANY || hold.loose ||
                     rows->into.operation == FERRY_OP_DELETE, /* a key that is there already */
        };
    }
    return FERRY_OK;
}

static int rows_find_encoding(struct sqldrv_rows *rows)
{
    enum sqldrv_order order = SQLDRV_ORDER_NONE;
    int rc = sqldrv_utf16_order(rows->into.db, &order);
    for (size_t i = 0; i < rows->columns; i++) {
        rows->rules[i].utf16 = order != SQLDRV_ORDER_NONE;
    }
    return rc;
}

/* OR FAIL: a conflict clause of the user's own constraints must not drop rows silently, and no
 * statement journal is needed, since a failed batch ends the load. */
static char *rows_insert_sql(const struct sqldrv_rows *rows)
{
    const struct sqldrv_rows_into *into = &rows->into;
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendf(out, "INSERT OR FAIL INTO \"%w\".\"%w\" (%s", into->schema, into->table,
                        into->operation != 0 ? "op, " : "");
    for (size_t i = 0; i < rows->columns; i++) {
        size_t at = rows_column_at(rows, i);
        sqlite3_str_appendall(out, i > 0 ? ", " : "");
        if (into->operation != 0) {
            sqlite3_str_appendf(out, "c%llu", (unsigned long long)at);
        } else {
            sqlite3_str_appendf(out, "\"%w\"", ferry_schema_column(into->columns, at)->name);
        }
    }
    sqlite3_str_appendall(out, ") SELECT ");
    if (into->operation != 0) {
        sqlite3_str_appendf(out, "%u, ", (unsigned)into->operation);
    }
    sqlite3_str_appendf(out, "* FROM \"%w\"", into->batch);
    return sqlite3_str_finish(out);
}

static ferry_status rows_prepare(struct sqldrv_rows *rows, struct ferry_error *err)
{
    const struct sqldrv_rows_into *into = &rows->into;
    ferry_status status = rows_choose_rules(rows, err);
    if (status != FERRY_OK) {
        return status;
    }
    char *sql = rows_insert_sql(rows);
    int rc = sql == NULL ? SQLITE_NOMEM : rows_find_encoding(rows);
    if (rc == SQLITE_OK) {
        rc = sqlite3_create_module_v2(into->db, into->batch, &rows_module, rows, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v3(into->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &rows->insert, NULL);
    }
    sqlite3_free(sql);
    return rc == SQLITE_OK ? FERRY_OK
                           : sqldrv_fail(into->conn, into->db, rc, err,
                                         "preparing to fill table '%s'", into->table);
}

ferry_status sqldrv_rows_open(const struct sqldrv_rows_into *into, struct sqldrv_rows **ret_rows,
                              struct ferry_error *err)
{
    size_t columns = into->select == NULL ? ferry_schema_count(into->columns) : into->select_count;
    struct sqldrv_rows *rows = calloc(1, sizeof *rows + columns * sizeof rows->rules[0]);
    if (rows == NULL) {
        return sqldrv_fail_memory(err);
    }
    rows->into = *into;
    rows->columns = columns;
    ferry_status status = rows_prepare(rows, err);
    if (status != FERRY_OK) {
        sqldrv_rows_close(rows);
        return status;
    }
    *ret_rows = rows;
    return FERRY_OK;
}

ferry_status sqldrv_rows_insert(struct sqldrv_rows *rows, const struct ferry_batch *batch,
                                struct ferry_error *err)
{
    const struct sqldrv_rows_into *into = &rows->into;
    size_t count = ferry_batch_count(batch);
    if (count == 0) {
        return FERRY_OK;
    }
    rows->cells = ferry_batch_cells(batch, 0);
    rows->count = count;
    rows->row = 0;
    rows->bad = NULL;
    int rc = sqlite3_step(rows->insert);
    uint64_t inserted = (uint64_t)sqlite3_changes64(into->db);
    unsigned long long row = *into->count + rows->row + 1;
    ferry_status status = FERRY_OK;
    if (rows->bad != NULL) {
        status = ferry_fail_cell(err, FERRY_ERR_DATA, batch, rows->row, rows->bad_column, "%s",
                                 rows->bad);
    } else if (rc != SQLITE_DONE) {
        status =
            sqldrv_fail(into->conn, into->db, rc, err, "table '%s', row %llu", into->table, row);
    } else if (inserted != count) {
        status =
            ferry_fail(err, FERRY_ERR_INTERNAL, "'%s': table '%s' took %llu rows of a batch of %zu",
                       into->conn->path, into->table, (unsigned long long)inserted, count);
    }
    *into->count += status == FERRY_OK ? inserted : 0;
    (void)sqlite3_reset(rows->insert);
    rows->cells = NULL;
    rows->count = 0;
    return status;
}

void sqldrv_rows_close(struct sqldrv_rows *rows)
{
    if (rows != NULL) {
        sqlite3_finalize(rows->insert);
        (void)sqlite3_create_module_v2(rows->into.db, rows->into.batch, NULL, NULL, NULL);
        free(rows);
    }
}
