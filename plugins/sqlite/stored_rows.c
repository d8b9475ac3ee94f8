/* What is stored, row by row, as cells of the source's schema. */

#include "sqlite_driver.h"

#include <stdlib.h>

struct rows_column {
    struct sqlite_stored stored;
    int simple; /* the storage class that is a cell as it is, or 0 */
    bool pointer;
};

struct rows_cursor {
    struct sqlite_conn *conn;
    const struct ferry_layout *layout;
    sqlite3_stmt *stmt;
    bool done;
    size_t column_count;
    char room[SQLITE_STORED_ROOM]; /* of the cell at hand */
    struct rows_column columns[];
};

/* The storage class whose values need no look: if they are not what was stored, the digest tells.
 * Nor may they be looked at too closely: MariaDB gives decimals of more digits than it declares.
 * Where a decimal may be a text of another kind, both sides ask the same function. */
static int rows_simple(const struct sqlite_stored *stored)
{
    switch (stored->convert) {
    case SQLITE_CONVERT_INT:
        return SQLITE_INTEGER;
    case SQLITE_CONVERT_FLOAT:
        return SQLITE_FLOAT;
    case SQLITE_CONVERT_TEXT:
        return stored->loose && stored->column->type == FERRY_TYPE_DECIMAL ? 0 : SQLITE_TEXT;
    case SQLITE_CONVERT_BYTES:
        return SQLITE_BLOB;
    default:
        return 0;
    }
}

static ferry_status rows_prepare_columns(struct rows_cursor *cursor, struct ferry_error *err)
{
    const struct ferry_layout *layout = cursor->layout;
    for (size_t i = 0; i < cursor->column_count; i++) {
        const struct ferry_column *column = ferry_schema_column(layout->schema, i);
        const struct ferry_wish wish = {.type = layout->natives[i]};
        struct rows_column *of = &cursor->columns[i];
        if (!sqlite_stored_prepare(column, &wish, &of->stored)) {
            return ferry_fail(err, FERRY_ERR_SCHEMA, "column '%s': SQLite has no type for it",
                              column->name);
        }
        of->simple = rows_simple(&of->stored);
        of->pointer = sqlite_type_is_pointer(column->type);
    }
    return FERRY_OK;
}

/* The table itself and no index of it: what readers will see is in the one or the other. */
static char *rows_sql(const struct ferry_layout *layout, const char *schema)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, "SELECT ");
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++) {
        /* With the table's name before it, a column that is not there is no text. */
        sqlite3_str_appendf(out, "%st.\"%w\"", i > 0 ? ", " : "",
                            ferry_schema_column(layout->schema, i)->name);
    }
    sqlite3_str_appendf(out, " FROM \"%w\".\"%w\" AS t NOT INDEXED", schema, layout->table);
    return sqlite3_str_finish(out);
}

static ferry_status rows_prepare(struct rows_cursor *cursor, const char *schema,
                                 struct ferry_error *err)
{
    struct sqlite_conn *conn = cursor->conn;
    char *sql = rows_sql(cursor->layout, schema);
    int rc =
        sql == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(conn->db, sql, -1, &cursor->stmt, NULL);
    sqlite3_free(sql);
    return rc == SQLITE_OK ? FERRY_OK
                           : sqlite_fail(conn, conn->db, rc, err, "reading table '%s' back",
                                         cursor->layout->table);
}

static ferry_status rows_find(struct sqlite_conn *conn, const char *name, struct ferry_error *err)
{
    struct sqlite_table table = {0};
    int rc = conn->db == NULL ? SQLITE_OK : sqlite_table_load(conn->db, name, &table);
    bool exists = table.exists;
    sqlite_table_clear(&table);
    return rc != SQLITE_OK ? sqlite_fail(conn, conn->db, rc, err, "looking at table '%s'", name)
           : exists
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_NOT_FOUND, "'%s' has no table '%s'", conn->path, name);
}

void sqlite_stored_rows_end(void *argument)
{
    struct rows_cursor *cursor = argument;
    sqlite3_finalize(cursor->stmt);
    free(cursor);
}

ferry_status sqlite_stored_rows_begin(void *argument, void *load, const struct ferry_layout *layout,
                                      const struct ferry_scan *scan, void **ret_cursor,
                                      struct ferry_error *err)
{
    struct sqlite_conn *conn = argument;
    const struct sqlite_load *staged = load;
    const char *schema = staged != NULL && staged->unit->staged ? SQLITE_STAGE_SCHEMA : "main";
    size_t columns = ferry_schema_count(layout->schema);
    (void)scan; /* every row, in any order: nothing else is asked for yet */
    ferry_status status = sqlite_check_cancelled(conn, err);
    if (status == FERRY_OK && load == NULL) {
        sqlite_wait_begin(conn, conn->busy_ms, SQLITE_HOLDER_ANY);
        status = rows_find(conn, layout->table, err);
    }
    if (status != FERRY_OK) {
        return status;
    }
    struct rows_cursor *cursor = calloc(1, sizeof *cursor + columns * sizeof cursor->columns[0]);
    if (cursor == NULL) {
        return sqlite_fail_memory(err);
    }
    cursor->conn = conn;
    cursor->layout = layout;
    cursor->column_count = columns;
    status = rows_prepare_columns(cursor, err);
    if (status == FERRY_OK) {
        status = rows_prepare(cursor, schema, err);
    }
    if (status != FERRY_OK) {
        sqlite_stored_rows_end(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

/* ---- A row ---- */

/* Text or bytes as they lie in the value; false if out of memory. */
static bool rows_point(sqlite3_value *value, int storage, struct ferry_cell *cell)
{
    cell->v.p = storage == SQLITE_TEXT ? (const char *)sqlite3_value_text(value)
                                       : sqlite3_value_blob(value);
    cell->len = (uint32_t)sqlite3_value_bytes(value);
    if (cell->v.p == NULL && storage == SQLITE_BLOB && cell->len == 0) {
        cell->v.p = "";
    }
    return cell->v.p != NULL;
}

static int rows_look(struct rows_cursor *cursor, size_t i, sqlite3_value *value,
                     struct ferry_cell *cell, const char **ret_why)
{
    const struct rows_column *of = &cursor->columns[i];
    if (of->simple == 0 || sqlite3_value_type(value) != of->simple) {
        return sqlite_stored_cell(&of->stored, value, cursor->room, cell, ret_why);
    }
    switch (of->simple) {
    case SQLITE_INTEGER:
        cell->v.i = sqlite3_value_int64(value);
        return SQLITE_OK;
    case SQLITE_FLOAT:
        cell->v.f = sqlite3_value_double(value);
        return SQLITE_OK;
    default:
        return rows_point(value, of->simple, cell) ? SQLITE_OK : SQLITE_NOMEM;
    }
}

static ferry_status rows_take(struct rows_cursor *cursor, struct ferry_batch *batch, size_t i,
                              struct ferry_cell *cell, struct ferry_error *err)
{
    const char *why = NULL;
    int rc = rows_look(cursor, i, sqlite3_column_value(cursor->stmt, (int)i), cell, &why);
    if (rc == SQLITE_MISMATCH) {
        return ferry_fail_cell(err, FERRY_ERR_DATA, batch, ferry_batch_count(batch) - 1, i,
                               "%s ('%s', table '%s')", why, cursor->conn->path,
                               cursor->layout->table);
    }
    bool pointer =
        cell->kind == FERRY_KIND_TYPED ? cursor->columns[i].pointer : cell->kind >= FERRY_KIND_TEXT;
    if (rc != SQLITE_OK ||
        (cell->null == 0 && pointer && !ferry_batch_text(batch, cell, cell->v.p, cell->len))) {
        return sqlite_fail_memory(err);
    }
    return FERRY_OK;
}

ferry_status sqlite_stored_rows_batch(void *argument, struct ferry_batch *batch,
                                      struct ferry_error *err)
{
    struct rows_cursor *cursor = argument;
    struct sqlite_conn *conn = cursor->conn;
    ferry_status status = sqlite_check_cancelled(conn, err);
    while (status == FERRY_OK && !cursor->done && !ferry_batch_full(batch)) {
        int rc = sqlite3_step(cursor->stmt);
        cursor->done = rc == SQLITE_DONE; /* a step more would start again */
        if (cursor->done) {
            break;
        }
        struct ferry_cell *cells = rc == SQLITE_ROW ? ferry_batch_row(batch) : NULL;
        if (cells == NULL) {
            return rc == SQLITE_ROW ? sqlite_fail_memory(err)
                                    : sqlite_fail(conn, conn->db, rc, err,
                                                  "reading table '%s' back", cursor->layout->table);
        }
        for (size_t i = 0; status == FERRY_OK && i < cursor->column_count; i++) {
            status = rows_take(cursor, batch, i, &cells[i], err);
        }
    }
    return status;
}
