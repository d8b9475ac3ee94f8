/* Reading back what is stored, into a digest.
 *
 * An SQL function takes the columns of each row, so that no row leaves SQLite's virtual machine:
 * that is a third faster than a step and a call per column.  The cells point into SQLite's own
 * values.
 */

#include "sqlite_driver.h"

#include <stdlib.h>

#define READBACK_FUNCTION "_dbferry_digest"

struct readback {
    struct ferry_digest *digest;
    size_t columns;
    unsigned long long row; /* that is being read, from 1 */
    size_t bad_column;
    const char *bad; /* why its value cannot be turned back, or NULL */
    struct sqlite_stored *stored;
    struct ferry_cell *cells;
    char *room;  /* SQLITE_STORED_ROOM bytes for each cell */
    int *simple; /* per column the storage class that is a cell as it is, or 0 */
};

static void readback_free(struct readback *back)
{
    free(back->stored);
    free(back->cells);
    free(back->room);
    free(back->simple);
}

/* The storage class whose values need no look: if they are not what was stored, the digest tells.
 * Nor may they be looked at too closely: MariaDB gives decimals of more digits than it declares.
 * Where a decimal may be a text of another kind, both sides ask the same function. */
static int readback_simple(const struct sqlite_stored *stored)
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

static ferry_status readback_make(struct readback *back, const struct ferry_layout *layout,
                                  struct ferry_error *err)
{
    size_t columns = ferry_schema_count(layout->schema);
    back->columns = columns;
    back->stored = calloc(columns + 1, sizeof *back->stored);
    back->cells = calloc(columns + 1, sizeof *back->cells);
    back->room = calloc(columns + 1, SQLITE_STORED_ROOM);
    back->simple = calloc(columns + 1, sizeof *back->simple);
    if (back->stored == NULL || back->cells == NULL || back->room == NULL || back->simple == NULL) {
        return sqlite_fail_memory(err);
    }
    for (size_t i = 0; i < columns; i++) {
        const struct ferry_column *column = ferry_schema_column(layout->schema, i);
        const struct ferry_wish stored = {.type = layout->natives[i]};
        if (!sqlite_stored_prepare(column, &stored, &back->stored[i])) {
            return ferry_fail(err, FERRY_ERR_SCHEMA, "column '%s': SQLite has no type for it",
                              column->name);
        }
        back->simple[i] = readback_simple(&back->stored[i]);
    }
    return FERRY_OK;
}

/* ---- A row ---- */

/* Text or bytes as they lie in the value; false if out of memory. */
static bool readback_point(sqlite3_value *value, int storage, struct ferry_cell *cell)
{
    cell->v.p = storage == SQLITE_TEXT ? (const char *)sqlite3_value_text(value)
                                       : sqlite3_value_blob(value);
    cell->len = (uint32_t)sqlite3_value_bytes(value);
    if (cell->v.p == NULL && storage == SQLITE_BLOB && cell->len == 0) {
        cell->v.p = "";
    }
    return cell->v.p != NULL;
}

static int readback_cell(struct readback *back, size_t i, sqlite3_value *value)
{
    struct ferry_cell *cell = &back->cells[i];
    *cell = (struct ferry_cell){0};
    int simple = back->simple[i];
    if (simple == 0 || sqlite3_value_type(value) != simple) {
        return sqlite_stored_cell(&back->stored[i], value, back->room + i * SQLITE_STORED_ROOM,
                                  cell, &back->bad);
    }
    switch (simple) {
    case SQLITE_INTEGER:
        cell->v.i = sqlite3_value_int64(value);
        return SQLITE_OK;
    case SQLITE_FLOAT:
        cell->v.f = sqlite3_value_double(value);
        return SQLITE_OK;
    default:
        return readback_point(value, simple, cell) ? SQLITE_OK : SQLITE_NOMEM;
    }
}

static int readback_row(struct readback *back, sqlite3_value **values)
{
    back->row++;
    for (size_t i = 0; i < back->columns; i++) {
        int rc = readback_cell(back, i, values[i]);
        if (rc != SQLITE_OK) {
            back->bad_column = i;
            return rc;
        }
    }
    ferry_digest_add(back->digest, back->cells);
    return SQLITE_OK;
}

static void readback_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    int rc = readback_row(sqlite3_user_data(context), argv);
    if (rc != SQLITE_OK) { /* ends the statement */
        sqlite3_result_error_code(context, rc);
    }
}

static void readback_final(sqlite3_context *context)
{
    (void)context; /* NULL is result enough */
}

/* ---- The table ---- */

/* The table itself and no index of it: what readers will see is in the one or the other. */
static char *readback_sql(const struct ferry_layout *layout, const char *schema, bool by_function)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, by_function ? "SELECT " READBACK_FUNCTION "(" : "SELECT ");
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++) {
        /* With the table's name before it, a column that is not there is no text. */
        sqlite3_str_appendf(out, "%st.\"%w\"", i > 0 ? ", " : "",
                            ferry_schema_column(layout->schema, i)->name);
    }
    sqlite3_str_appendf(out, "%s FROM \"%w\".\"%w\" AS t NOT INDEXED", by_function ? ")" : "",
                        schema, layout->table);
    return sqlite3_str_finish(out);
}

/* More columns than a function takes. */
static int readback_by_steps(struct readback *back, sqlite3_stmt *stmt)
{
    sqlite3_value **values = calloc(back->columns, sizeof *values);
    int rc = values == NULL ? SQLITE_NOMEM : SQLITE_ROW;
    while (rc == SQLITE_ROW && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (size_t i = 0; i < back->columns; i++) {
            values[i] = sqlite3_column_value(stmt, (int)i);
        }
        int row = readback_row(back, values);
        rc = row == SQLITE_OK ? SQLITE_ROW : row;
    }
    free(values);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int readback_all(struct readback *back, sqlite3 *db, const struct ferry_layout *layout,
                        const char *schema)
{
    sqlite3_stmt *stmt = NULL;
    bool by_function = back->columns <= (size_t)sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, -1);
    char *sql = readback_sql(layout, schema, by_function);
    int rc = sql == NULL ? SQLITE_NOMEM : SQLITE_OK;
    if (rc == SQLITE_OK && by_function) {
        rc = sqlite3_create_function_v2(db, READBACK_FUNCTION, (int)back->columns,
                                        SQLITE_UTF8 | SQLITE_DIRECTONLY, back, NULL, readback_step,
                                        readback_final, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    }
    if (rc == SQLITE_OK && by_function) {
        rc = sqlite3_step(stmt);
        rc = rc == SQLITE_ROW ? SQLITE_OK : rc;
    } else if (rc == SQLITE_OK) {
        rc = readback_by_steps(back, stmt);
    }
    sqlite3_free(sql);
    sqlite3_finalize(stmt);
    if (by_function) {
        (void)sqlite3_create_function_v2(db, READBACK_FUNCTION, (int)back->columns, SQLITE_UTF8,
                                         NULL, NULL, NULL, NULL, NULL);
    }
    return rc;
}

static ferry_status readback_find(struct sqlite_conn *conn, const char *name,
                                  struct ferry_error *err)
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

ferry_status sqlite_read_back(void *argument, void *load, const struct ferry_layout *layout,
                              struct ferry_digest *digest, struct ferry_error *err)
{
    struct sqlite_conn *conn = argument;
    const struct sqlite_load *staged = load;
    const char *schema = staged != NULL && staged->unit->staged ? SQLITE_STAGE_SCHEMA : "main";
    struct readback back = {.digest = digest};
    ferry_status status = sqlite_check_cancelled(conn, err);
    if (status == FERRY_OK && load == NULL) {
        sqlite_wait_begin(conn, conn->busy_ms, SQLITE_HOLDER_ANY);
        status = readback_find(conn, layout->table, err);
    }
    if (status == FERRY_OK) {
        status = readback_make(&back, layout, err);
    }
    if (status == FERRY_OK) {
        int rc = readback_all(&back, conn->db, layout, schema);
        if (back.bad != NULL) {
            status =
                ferry_fail(err, FERRY_ERR_DATA, "'%s', table '%s', row %llu, column '%s': %s",
                           conn->path, layout->table, back.row,
                           ferry_schema_column(layout->schema, back.bad_column)->name, back.bad);
        } else if (rc != SQLITE_OK) {
            status = sqlite_fail(conn, conn->db, rc, err, "reading table '%s' back", layout->table);
        }
    }
    readback_free(&back);
    return status;
}
