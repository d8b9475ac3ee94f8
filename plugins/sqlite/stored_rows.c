/* What is stored, batch by batch, as cells of the source's schema.
 *
 * An SQL function in the WHERE takes the columns of each row, and is true where the batch is full:
 * so no row leaves SQLite's virtual machine, and the statement pauses once a batch.  A step and a
 * call per column instead take 0.2 s more for two million rows of twelve columns; they are for
 * tables of more columns than a function takes.
 *
 * SQLite asks a WHERE before it sorts, and its terms in an order of its own.  So where more is
 * asked for than all rows, they come from a SELECT of their own, which a LIMIT keeps apart. */

#include "changes.h"
#include "scan.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

#define STORED_ROWS_FUNCTION "_dbferry_take"

struct stored_rows_column {
    struct sqldrv_stored stored;
    int simple; /* the storage class that is a cell as it is, or 0 */
    bool pointer;
};

struct stored_rows_cursor {
    struct sqldrv_conn *conn;
    const struct ferry_layout *layout;
    const struct ferry_scan *scan;     /* NULL: all columns of all rows */
    struct sqldrv_scan_column *scans;  /* one per column of the layout; NULL without a scan */
    const struct sqldrv_load *touched; /* whose rows alone are wanted, or NULL */
    sqlite3_stmt *stmt;
    bool by_function;
    bool apart; /* the rows come from a SELECT of their own */
    bool done;
    /* of the batch that is being filled: */
    struct ferry_batch *batch;
    struct ferry_error *err;
    ferry_status failed;
    size_t column_count;           /* of the batches */
    char room[SQLDRV_STORED_ROOM]; /* of the cell at hand */
    struct stored_rows_column columns[];
};

/* The storage class whose values need no look: if they are not what was stored, the digest tells.
 * Nor may they be looked at too closely: MariaDB gives decimals of more digits than it declares. */
static int stored_rows_simple(const struct sqldrv_stored *stored)
{
    switch (stored->convert) {
    case SQLDRV_CONVERT_INT:
        return SQLITE_INTEGER;
    case SQLDRV_CONVERT_FLOAT:
        return SQLITE_FLOAT;
    case SQLDRV_CONVERT_TEXT:
        return SQLITE_TEXT;
    case SQLDRV_CONVERT_BYTES:
        return SQLITE_BLOB;
    default:
        return 0;
    }
}

static ferry_status stored_rows_prepare_column(const struct ferry_layout *layout, size_t i,
                                               struct sqldrv_stored *stored,
                                               struct ferry_error *err)
{
    const struct ferry_column *column = ferry_schema_column(layout->schema, i);
    const struct ferry_wish wish = {.type = layout->natives[i]};
    if (!sqldrv_stored_prepare(column, &wish, stored)) {
        return ferry_fail(err, FERRY_ERR_SCHEMA, "column '%s': SQLite has no type for it",
                          column->name);
    }
    /* Somebody else may have written a value of any class, whatever a load would store. */
    stored->loose = (column->flags & FERRY_COLUMN_LOOSE) != 0;
    return FERRY_OK;
}

static ferry_status stored_rows_prepare_columns(struct stored_rows_cursor *cursor,
                                                struct ferry_error *err)
{
    const struct ferry_layout *layout = cursor->layout;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < cursor->column_count; i++) {
        size_t at = sqldrv_scan_column_at(cursor->scan, i);
        struct stored_rows_column *of = &cursor->columns[i];
        status = stored_rows_prepare_column(layout, at, &of->stored, err);
        of->simple = stored_rows_simple(&of->stored);
        of->pointer = sqldrv_type_is_pointer(ferry_schema_column(layout->schema, at)->type);
    }
    return status;
}

/* Also of columns that are not read, but sorted or limited. */
static ferry_status stored_rows_prepare_scan(struct stored_rows_cursor *cursor,
                                             struct ferry_error *err)
{
    const struct ferry_layout *layout = cursor->layout;
    size_t all = ferry_schema_count(layout->schema);
    ferry_status status = FERRY_OK;
    cursor->scans = calloc(all + 1, sizeof *cursor->scans);
    if (cursor->scans == NULL) {
        return sqldrv_fail_memory(err);
    }
    for (size_t i = 0; status == FERRY_OK && i < all; i++) {
        struct sqldrv_stored stored = {0};
        status = stored_rows_prepare_column(layout, i, &stored, err);
        cursor->scans[i] = (struct sqldrv_scan_column){
            .convert = stored.convert,
            .scale = ferry_schema_column(layout->schema, i)->scale,
            .ties = sqldrv_order_has_ties(stored.convert, stored.loose,
                                          sqldrv_affinity_of(layout->natives[i])),
        };
    }
    return status;
}

/* With the table's name before it, a column that is not there is no text. */
static void stored_rows_add_columns(sqlite3_str *out, const struct ferry_layout *layout)
{
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++) {
        sqlite3_str_appendf(out, "%st.\"%w\"", i > 0 ? ", " : "",
                            ferry_schema_column(layout->schema, i)->name);
    }
}

/* The table itself and no index of it: what readers will see is in the one or the other. */
static void stored_rows_add_whole(sqlite3_str *out, const struct stored_rows_cursor *cursor,
                                  const char *schema)
{
    const struct ferry_layout *layout = cursor->layout;
    sqlite3_str_appendall(out, "SELECT ");
    if (cursor->by_function) {
        sqlite3_str_appendall(out, "1");
    } else {
        stored_rows_add_columns(out, layout);
    }
    sqlite3_str_appendf(out, " FROM \"%w\".\"%w\" AS t NOT INDEXED", schema, layout->table);
    if (cursor->by_function) {
        sqlite3_str_appendall(out, " WHERE " STORED_ROWS_FUNCTION "(");
        stored_rows_add_columns(out, layout);
        sqlite3_str_appendall(out, ")");
    }
}

static void stored_rows_add_select(sqlite3_str *out, const struct stored_rows_cursor *cursor)
{
    sqlite3_str_appendall(out, "SELECT ");
    sqldrv_scan_add_columns(out, cursor->scan, ferry_schema_count(cursor->layout->schema));
    sqlite3_str_appendall(out, " FROM _dbferry_scan");
    sqldrv_scan_add_bounds(out, cursor->scan, " WHERE ");
    sqldrv_scan_add_order(out, cursor->scan, cursor->scans);
}

static void stored_rows_add_call(sqlite3_str *out, const struct stored_rows_cursor *cursor)
{
    sqlite3_str_appendall(out, STORED_ROWS_FUNCTION "(");
    sqldrv_scan_add_columns(out, cursor->scan, ferry_schema_count(cursor->layout->schema));
    sqlite3_str_appendall(out, ")");
}

static void stored_rows_add_scan(sqlite3_str *out, const struct stored_rows_cursor *cursor,
                                 const char *schema)
{
    const struct ferry_layout *layout = cursor->layout;
    size_t all = ferry_schema_count(layout->schema);
    sqlite3_str_appendall(out, "WITH _dbferry_scan");
    sqldrv_scan_add_names(out, all);
    sqlite3_str_appendall(out, " AS (SELECT ");
    stored_rows_add_columns(out, layout);
    if (cursor->touched != NULL) {
        sqldrv_changes_add_touched(out, cursor->touched);
    } else {
        sqlite3_str_appendf(out, " FROM \"%w\".\"%w\" AS t", schema, layout->table);
    }
    sqlite3_str_appendall(out, ") ");
    if (!cursor->by_function) {
        stored_rows_add_select(out, cursor);
    } else if (cursor->apart) {
        sqlite3_str_appendall(out, "SELECT 1 FROM (");
        stored_rows_add_select(out, cursor);
        sqlite3_str_appendall(out, " LIMIT -1) WHERE ");
        stored_rows_add_call(out, cursor);
    } else {
        sqlite3_str_appendall(out, "SELECT 1 FROM _dbferry_scan WHERE ");
        stored_rows_add_call(out, cursor);
        sqldrv_scan_add_order(out, cursor->scan, cursor->scans);
    }
}

static char *stored_rows_sql(const struct stored_rows_cursor *cursor, const char *schema)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    if (cursor->scan != NULL) {
        stored_rows_add_scan(out, cursor, schema);
    } else {
        stored_rows_add_whole(out, cursor, schema);
    }
    return sqlite3_str_finish(out);
}

static void stored_rows_step(sqlite3_context *context, int argc, sqlite3_value **values);

/* Whether the statement gathers rows before it gives the first. */
static int stored_rows_find_sort(sqlite3 *db, const char *sql, bool *ret_sorts)
{
    sqlite3_stmt *stmt = NULL;
    bool sorts = false;
    int rc = sqldrv_prepare(db, &stmt, "EXPLAIN %s", sql);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *opcode = (const char *)sqlite3_column_text(stmt, 1);
        rc = opcode == NULL ? SQLITE_NOMEM : SQLITE_OK;
        sorts = sorts || (opcode != NULL && (strcmp(opcode, "SorterOpen") == 0 ||
                                             strcmp(opcode, "OpenEphemeral") == 0));
    }
    sqlite3_finalize(stmt);
    *ret_sorts = sorts;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int stored_rows_compile(struct stored_rows_cursor *cursor, const char *schema)
{
    sqlite3 *db = cursor->conn->db;
    cursor->apart =
        cursor->scan != NULL && (cursor->touched != NULL || cursor->scan->bound_count > 0);
    char *sql = stored_rows_sql(cursor, schema);
    int rc = sql == NULL ? SQLITE_NOMEM : SQLITE_OK;
    if (rc == SQLITE_OK && cursor->by_function && cursor->scan != NULL && !cursor->apart) {
        rc = stored_rows_find_sort(db, sql, &cursor->apart);
        sqlite3_free(sql);
        sql = stored_rows_sql(cursor, schema);
        rc = rc == SQLITE_OK && sql == NULL ? SQLITE_NOMEM : rc;
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v2(db, sql, -1, &cursor->stmt, NULL);
    }
    sqlite3_free(sql);
    return rc;
}

static ferry_status stored_rows_prepare(struct stored_rows_cursor *cursor, const char *schema,
                                        struct ferry_error *err)
{
    struct sqldrv_conn *conn = cursor->conn;
    int most = sqlite3_limit(conn->db, SQLITE_LIMIT_FUNCTION_ARG, -1);
    int rc = SQLITE_OK;
    cursor->by_function = cursor->column_count <= (size_t)most;
    if (cursor->by_function) {
        rc = sqlite3_create_function_v2(conn->db, STORED_ROWS_FUNCTION, (int)cursor->column_count,
                                        SQLITE_UTF8 | SQLITE_DIRECTONLY, cursor, stored_rows_step,
                                        NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = stored_rows_compile(cursor, schema);
    }
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "reading table '%s' back",
                           cursor->layout->table);
    }
    return cursor->scan == NULL ? FERRY_OK
                                : sqldrv_scan_bind(conn, cursor->stmt, cursor->scan,
                                                   cursor->layout->schema, cursor->scans, err);
}

static ferry_status stored_rows_find(struct sqldrv_conn *conn, const char *name,
                                     struct ferry_error *err)
{
    struct sqldrv_table table = {0};
    int rc = conn->db == NULL ? SQLITE_OK : sqldrv_table_load(conn->db, name, &table);
    bool exists = table.exists;
    sqldrv_table_clear(&table);
    return rc != SQLITE_OK ? sqldrv_fail(conn, conn->db, rc, err, "looking at table '%s'", name)
           : exists
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_NOT_FOUND, "'%s' has no table '%s'", conn->path, name);
}

void sqldrv_stored_rows_end(void *argument)
{
    struct stored_rows_cursor *cursor = argument;
    sqlite3_finalize(cursor->stmt);
    if (cursor->by_function) {
        (void)sqlite3_create_function_v2(cursor->conn->db, STORED_ROWS_FUNCTION,
                                         (int)cursor->column_count, SQLITE_UTF8, NULL, NULL, NULL,
                                         NULL, NULL);
    }
    free(cursor->scans);
    free(cursor);
}

ferry_status sqldrv_stored_rows_begin(void *argument, void *load, const struct ferry_layout *layout,
                                      const struct ferry_scan *scan, void **ret_cursor,
                                      struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    const struct sqldrv_load *staged = load;
    const char *schema = staged != NULL && staged->unit->staged ? SQLDRV_STAGE_SCHEMA : "main";
    size_t columns = sqldrv_scan_width(scan, ferry_schema_count(layout->schema));
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status == FERRY_OK && load == NULL) {
        sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
        status = stored_rows_find(conn, layout->table, err);
    }
    if (status != FERRY_OK) {
        return status;
    }
    struct stored_rows_cursor *cursor =
        calloc(1, sizeof *cursor + columns * sizeof cursor->columns[0]);
    if (cursor == NULL) {
        return sqldrv_fail_memory(err);
    }
    cursor->conn = conn;
    cursor->layout = layout;
    cursor->column_count = columns;
    cursor->scan = sqldrv_scan_is_special(scan) ? scan : NULL;
    cursor->touched = cursor->scan != NULL && scan->touched != 0 ? staged : NULL;
    status = stored_rows_prepare_columns(cursor, err);
    if (status == FERRY_OK && cursor->scan != NULL) {
        status = stored_rows_prepare_scan(cursor, err);
    }
    if (status == FERRY_OK) {
        status = stored_rows_prepare(cursor, schema, err);
    }
    if (status != FERRY_OK) {
        sqldrv_stored_rows_end(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

/* ---- A row ---- */

/* Text or bytes as they lie in the value; false if out of memory. */
static bool stored_rows_point(sqlite3_value *value, int storage, struct ferry_cell *cell)
{
    cell->v.p = storage == SQLITE_TEXT ? (const char *)sqlite3_value_text(value)
                                       : sqlite3_value_blob(value);
    cell->len = (uint32_t)sqlite3_value_bytes(value);
    if (cell->v.p == NULL && storage == SQLITE_BLOB && cell->len == 0) {
        cell->v.p = "";
    }
    return cell->v.p != NULL;
}

static int stored_rows_look(struct stored_rows_cursor *cursor, size_t i, sqlite3_value *value,
                            struct ferry_cell *cell, const char **ret_why)
{
    const struct stored_rows_column *of = &cursor->columns[i];
    if (of->simple == 0 || sqlite3_value_type(value) != of->simple) {
        return sqldrv_stored_cell(&of->stored, value, cursor->room, cell, ret_why);
    }
    switch (of->simple) {
    case SQLITE_INTEGER:
        cell->v.i = sqlite3_value_int64(value);
        return SQLITE_OK;
    case SQLITE_FLOAT:
        cell->v.f = sqlite3_value_double(value);
        return SQLITE_OK;
    default:
        return stored_rows_point(value, of->simple, cell) ? SQLITE_OK : SQLITE_NOMEM;
    }
}

static ferry_status stored_rows_take_cell(struct stored_rows_cursor *cursor, size_t i,
                                          sqlite3_value *value, struct ferry_cell *cell)
{
    struct ferry_batch *batch = cursor->batch;
    const char *why = NULL;
    int rc = stored_rows_look(cursor, i, value, cell, &why);
    if (rc == SQLITE_MISMATCH) {
        return ferry_fail_cell(cursor->err, FERRY_ERR_DATA, batch, ferry_batch_count(batch) - 1, i,
                               "%s ('%s', table '%s')", why, cursor->conn->path,
                               cursor->layout->table);
    }
    bool pointer =
        cell->kind == FERRY_KIND_TYPED ? cursor->columns[i].pointer : cell->kind >= FERRY_KIND_TEXT;
    if (rc != SQLITE_OK ||
        (cell->null == 0 && pointer && !ferry_batch_text(batch, cell, cell->v.p, cell->len))) {
        return sqldrv_fail_memory(cursor->err);
    }
    return FERRY_OK;
}

/* A row of `values`, or of the statement (NULL). */
static ferry_status stored_rows_take(struct stored_rows_cursor *cursor, sqlite3_value **values)
{
    struct ferry_cell *cells = ferry_batch_row(cursor->batch);
    ferry_status status = cells == NULL ? sqldrv_fail_memory(cursor->err) : FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < cursor->column_count; i++) {
        sqlite3_value *value =
            values != NULL ? values[i] : sqlite3_column_value(cursor->stmt, (int)i);
        status = stored_rows_take_cell(cursor, i, value, &cells[i]);
    }
    return status;
}

static void stored_rows_step(sqlite3_context *context, int argc, sqlite3_value **values)
{
    struct stored_rows_cursor *cursor = sqlite3_user_data(context);
    (void)argc;
    cursor->failed = stored_rows_take(cursor, values);
    if (cursor->failed != FERRY_OK) {
        sqlite3_result_error_code(context, SQLITE_ABORT); /* ends the statement */
    } else {
        sqlite3_result_int(context, ferry_batch_full(cursor->batch));
    }
}

ferry_status sqldrv_stored_rows_batch(void *argument, struct ferry_batch *batch,
                                      struct ferry_error *err)
{
    struct stored_rows_cursor *cursor = argument;
    struct sqldrv_conn *conn = cursor->conn;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    cursor->batch = batch;
    cursor->err = err;
    while (status == FERRY_OK && !cursor->done && !ferry_batch_full(batch)) {
        int rc = sqlite3_step(cursor->stmt);
        cursor->done = rc == SQLITE_DONE; /* a step more would start again */
        if (cursor->failed != FERRY_OK) {
            return cursor->failed;
        }
        if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
            return sqldrv_fail(conn, conn->db, rc, err, "reading table '%s' back",
                               cursor->layout->table);
        }
        if (rc == SQLITE_ROW && !cursor->by_function) {
            status = stored_rows_take(cursor, NULL);
        }
    }
    return status;
}
