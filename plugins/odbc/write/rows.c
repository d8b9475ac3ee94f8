/* Rows become arrays of parameters of one prepared INSERT, column by column: as many rows at once
 * as fit a piece of memory. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

#define ROWS_BYTES ((size_t)2 << 20) /* of one execution, unless a single row has more */
#define ROWS_MOST 1000

static const char rows_doing[] = "store rows";

/* `native` without its size, "numeric" of "numeric(9,2)": an explicit cast to a size cuts or rounds
 * what the column itself refuses. */
static void rows_add_type(const char *native, struct odrv_text *type)
{
    const char *open = strchr(native, '('), *close = open == NULL ? NULL : strchr(open, ')');
    if (close == NULL) {
        odrv_text_add(type, native);
        return;
    }
    odrv_text_append(type, native, (size_t)(open - native));
    odrv_text_add(type, close + 1);
}

ferry_status odrv_rows_prepare(struct odrv_load *load, struct ferry_error *err)
{
    const struct ferry_layout *layout = load->spec->layout;
    ODRV_AUTO_TEXT struct odrv_text sql = {0};
    ODRV_AUTO_TEXT struct odrv_text marks = {0};
    odrv_text_add(&sql, "INSERT INTO ");
    ferry_status status = odrv_table_add_path(load->conn, load->into, &sql, err);
    odrv_text_add(&sql, " (");
    for (size_t i = 0; status == FERRY_OK && i < load->count; i++) {
        ODRV_AUTO_TEXT struct odrv_text type = {0};
        rows_add_type(layout->natives[i], &type);
        odrv_text_add(&sql, i > 0 ? ", " : "");
        odrv_text_add(&marks, i > 0 ? ", " : "");
        status = odrv_query_add_name(load->conn, ferry_schema_column(layout->schema, i)->name, &sql,
                                     err);
        odrv_text_add_template(&marks, load->rules[i]->mark, type.failed ? "" : type.data);
        marks.failed = marks.failed || type.failed;
    }
    odrv_text_addf(&sql, ") VALUES (%s)", marks.failed ? "" : marks.data);
    if (status == FERRY_OK && (sql.failed || marks.failed))
        status = odrv_fail_memory(err);
    load->values = calloc(load->count + 1, sizeof *load->values);
    load->widths = calloc(load->count + 1, sizeof *load->widths);
    if (status == FERRY_OK && (load->values == NULL || load->widths == NULL))
        status = odrv_fail_memory(err);
    if (status == FERRY_OK)
        status = odrv_statement_new(load->conn, &load->stmt, err);
    return status == FERRY_OK ? odrv_statement_prepare(load->conn, load->stmt, sql.data,
                                                       ODRV_LOADING, rows_doing, err)
                              : status;
}

void odrv_rows_free(struct odrv_load *load)
{
    odrv_statement_free(&load->stmt);
    for (size_t i = 0; load->values != NULL && i < load->count; i++)
        odrv_text_clear(&load->values[i]);
    free(load->values);
    free(load->widths);
    load->values = NULL;
    load->widths = NULL;
}

/* ---- One column of some rows ---- */

/* The values of a column, side by side in cells of one width. */
struct rows_column {
    char *data;
    SQLLEN *lengths;
    size_t width;
};

static void rows_column_clear(struct rows_column *column)
{
    free(column->data);
    free(column->lengths);
    *column = (struct rows_column){0};
}

/* An upper bound of the text of a value. */
static size_t rows_size(const struct odrv_rule *rule, const struct ferry_cell *cell)
{
    if (cell->null != 0 || rule->put == ODRV_PUT_INT || rule->put == ODRV_PUT_UINT ||
        rule->put == ODRV_PUT_FLOAT)
        return 32;
    return (rule->put == ODRV_PUT_HEX ? 2 : 1) * (size_t)cell->len + 1;
}

/* How many rows from `first` on fit into one execution; their widths in `load->widths`. */
static size_t rows_fit(struct odrv_load *load, const struct ferry_batch *batch, size_t first)
{
    size_t rows = 0, count = ferry_batch_count(batch) - first;
    memset(load->widths, 0, load->count * sizeof *load->widths);
    for (; rows < count && rows < ROWS_MOST; rows++) {
        const struct ferry_cell *cells = ferry_batch_cells(batch, first + rows);
        size_t sum = 0;
        for (size_t i = 0; i < load->count; i++) {
            size_t size = rows_size(load->rules[i], &cells[i]);
            sum += size > load->widths[i] ? size : load->widths[i];
        }
        if (rows > 0 && sum * (rows + 1) > ROWS_BYTES)
            break;
        for (size_t i = 0; i < load->count; i++) {
            size_t size = rows_size(load->rules[i], &cells[i]);
            load->widths[i] = size > load->widths[i] ? size : load->widths[i];
        }
    }
    return rows;
}

static ferry_status rows_put(struct odrv_load *load, const struct ferry_batch *batch, size_t row,
                             size_t i, struct ferry_error *err)
{
    const struct ferry_cell *cell = &ferry_batch_cells(batch, row)[i];
    odrv_text_reset(&load->values[i]);
    if (cell->kind != FERRY_KIND_TYPED)
        return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, i,
                               "a value of another kind than the column's; mend it at the source");
    const char *flaw =
        odrv_put(load->rules[i]->put, ferry_schema_column(load->schema, i), cell, &load->values[i]);
    if (flaw != NULL)
        return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, i, "%s", flaw);
    return load->values[i].failed ? odrv_fail_memory(err) : FERRY_OK;
}

static ferry_status rows_fill(struct odrv_load *load, const struct ferry_batch *batch, size_t first,
                              size_t rows, size_t i, struct rows_column *column,
                              struct ferry_error *err)
{
    column->width = load->widths[i];
    column->data = calloc(rows + 1, column->width + 1);
    column->lengths = calloc(rows + 1, sizeof *column->lengths);
    if (column->data == NULL || column->lengths == NULL)
        return odrv_fail_memory(err);
    for (size_t row = 0; row < rows; row++) {
        if (ferry_batch_cells(batch, first + row)[i].null != 0) {
            column->lengths[row] = SQL_NULL_DATA;
            continue;
        }
        ferry_status status = rows_put(load, batch, first + row, i, err);
        if (status != FERRY_OK)
            return status;
        if (load->values[i].length >= column->width)
            return ferry_fail(err, FERRY_ERR_INTERNAL, "a value is longer than its room");
        if (load->values[i].length > 0)
            memcpy(column->data + row * column->width, load->values[i].data,
                   load->values[i].length);
        column->lengths[row] = (SQLLEN)load->values[i].length;
    }
    SQLRETURN result = SQLBindParameter(load->stmt, (SQLUSMALLINT)(i + 1), SQL_PARAM_INPUT,
                                        SQL_C_CHAR, SQL_LONGVARCHAR, column->width, 0, column->data,
                                        (SQLLEN)column->width, column->lengths);
    return odrv_succeeded(result) ? FERRY_OK
                                  : odrv_fail(load->conn, SQL_HANDLE_STMT, load->stmt, ODRV_LOADING,
                                              "bind a parameter", err);
}

/* ---- The rows ---- */

static bool rows_set(SQLHSTMT stmt, SQLINTEGER attribute, SQLPOINTER value)
{
    return odrv_succeeded(SQLSetStmtAttr(stmt, attribute, value, 0));
}

/* The record of the diagnosis that is about row `row` of the array, from 1; else the first one. */
static SQLSMALLINT rows_find_record(SQLHSTMT stmt, SQLLEN row)
{
    for (SQLSMALLINT i = 1; i <= ROWS_MOST; i++) {
        SQLLEN about = 0;
        SQLRETURN result = SQLGetDiagField(SQL_HANDLE_STMT, stmt, i, SQL_DIAG_ROW_NUMBER, &about,
                                           SQL_IS_INTEGER, NULL);
        if (result == SQL_NO_DATA || !odrv_succeeded(result))
            break;
        if (about == row)
            return i;
    }
    return 1;
}

/* Row `first_bad` of the array was refused; those after it fail since that one did. */
static ferry_status rows_fail(struct odrv_load *load, size_t first_bad, struct ferry_error *err)
{
    ODRV_AUTO_STRING char *doing = NULL;
    ODRV_AUTO_DIAGNOSIS struct odrv_diagnosis diagnosis;
    odrv_diagnosis_take_from(SQL_HANDLE_STMT, load->stmt,
                             rows_find_record(load->stmt, (SQLLEN)first_bad + 1), &diagnosis);
    if (asprintf(&doing, "store row %" PRIu64 " in %s", load->rows + first_bad + 1, load->what) <
        0) {
        doing = NULL;
        return odrv_fail_memory(err);
    }
    return odrv_fail_as(load->conn, &diagnosis, ODRV_LOADING, doing, err);
}

/* What the driver says of each row, since its answer to the whole may be a success with one that
 * was refused.  `states` were set to SQL_PARAM_UNUSED. */
static ferry_status rows_judge(struct odrv_load *load, SQLRETURN result, const SQLUSMALLINT *states,
                               size_t rows, SQLULEN processed, struct ferry_error *err)
{
    for (size_t row = 0; row < rows; row++)
        if (states[row] == SQL_PARAM_ERROR)
            return rows_fail(load, row, err);
    if (!odrv_succeeded(result))
        return rows_fail(load, processed > 0 && processed <= rows ? (size_t)processed - 1 : 0, err);
    for (size_t row = 0; row < rows; row++)
        if (states[row] != SQL_PARAM_SUCCESS && states[row] != SQL_PARAM_SUCCESS_WITH_INFO)
            processed = row;
    return processed == rows
               ? odrv_conn_check(load->conn, err)
               : ferry_fail(err, FERRY_ERR_TARGET_IO,
                            "%s: cannot store row %" PRIu64 " in %s: the ODBC driver has not "
                            "taken it, and does not say why",
                            load->conn->label, load->rows + processed + 1, load->what);
}

static ferry_status rows_execute(struct odrv_load *load, size_t rows, struct ferry_error *err)
{
    SQLULEN processed = 0;
    SQLUSMALLINT *states = calloc(rows, sizeof *states);
    if (states == NULL)
        return odrv_fail_memory(err);
    for (size_t row = 0; row < rows; row++)
        states[row] = SQL_PARAM_UNUSED;
    bool set =
        rows_set(load->stmt, SQL_ATTR_PARAM_BIND_TYPE, (SQLPOINTER)SQL_PARAM_BIND_BY_COLUMN) &&
        rows_set(load->stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &processed) &&
        rows_set(load->stmt, SQL_ATTR_PARAM_STATUS_PTR, states) &&
        rows_set(load->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)(uintptr_t)rows);
    ferry_status status = FERRY_OK;
    if (set) {
        odrv_watch_begin(&load->conn->watch, load->stmt, true);
        SQLRETURN result = SQLExecute(load->stmt);
        odrv_watch_end(&load->conn->watch);
        status = rows_judge(load, result, states, rows, processed, err);
    } else {
        status = odrv_fail(load->conn, SQL_HANDLE_STMT, load->stmt, ODRV_LOADING,
                           "take many rows at once", err);
    }
    (void)rows_set(load->stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, NULL);
    (void)rows_set(load->stmt, SQL_ATTR_PARAM_STATUS_PTR, NULL);
    (void)SQLFreeStmt(load->stmt, SQL_CLOSE);
    (void)SQLFreeStmt(load->stmt, SQL_RESET_PARAMS);
    free(states);
    load->rows += status == FERRY_OK ? rows : 0;
    return status;
}

ferry_status odrv_load_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                             struct ferry_error *err)
{
    struct odrv_load *l = load;
    (void)operation; /* FERRY_OP_INSERT: a load that replaces has no other */
    ferry_status status = odrv_conn_check(l->conn, err);
    for (size_t first = 0; status == FERRY_OK && first < ferry_batch_count(batch);) {
        size_t rows = rows_fit(l, batch, first);
        struct rows_column *columns = calloc(l->count + 1, sizeof *columns);
        if (columns == NULL)
            return odrv_fail_memory(err);
        for (size_t i = 0; status == FERRY_OK && i < l->count; i++)
            status = rows_fill(l, batch, first, rows, i, &columns[i], err);
        if (status == FERRY_OK)
            status = rows_execute(l, rows, err);
        for (size_t i = 0; i < l->count; i++)
            rows_column_clear(&columns[i]);
        free(columns);
        first += rows;
    }
    return status;
}
