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
static void rows_add_type(const char *native, struct part_text *type)
{
    const char *open = strchr(native, '('), *close = open == NULL ? NULL : strchr(open, ')');
    if (close == NULL) {
        part_text_add(type, native);
        return;
    }
    part_text_append(type, native, (size_t)(open - native));
    part_text_add(type, close + 1);
}

ferry_status odrv_rows_prepare(struct odrv_load *load, struct ferry_error *err)
{
    const struct ferry_layout *layout = load->spec->layout;
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_TEXT struct part_text marks = {0};
    part_text_add(&sql, "INSERT INTO ");
    ferry_status status = odrv_table_add_path(load->conn, load->into, &sql, err);
    part_text_add(&sql, " (");
    for (size_t i = 0; status == FERRY_OK && i < load->count; i++) {
        PART_AUTO_TEXT struct part_text type = {0};
        rows_add_type(layout->natives[i], &type);
        part_text_add(&sql, i > 0 ? ", " : "");
        part_text_add(&marks, i > 0 ? ", " : "");
        status = odrv_query_add_name(load->conn, ferry_schema_column(layout->schema, i)->name, &sql,
                                     err);
        part_text_add_template(&marks, load->rules[i]->mark, type.failed ? "" : type.data);
        marks.failed = marks.failed || type.failed;
    }
    part_text_addf(&sql, ") VALUES (%s)", marks.failed ? "" : marks.data);
    if (status == FERRY_OK && (sql.failed || marks.failed))
        status = odrv_fail_memory(err);
    load->values = calloc(load->count + 1, sizeof *load->values);
    load->widths = calloc(load->count + 1, sizeof *load->widths);
    if (status == FERRY_OK && (load->values == NULL || load->widths == NULL))
        status = odrv_fail_memory(err);
    if (status == FERRY_OK)
        status = odrv_run(load->conn, load->conn->dialect->writing->save_point, ODRV_LOADING,
                          rows_doing, err);
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
        part_text_clear(&load->values[i]);
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

/* An upper bound of the size of a value; of doubles, which lie side by side, their size. */
static size_t rows_size(const struct odrv_rule *rule, const struct ferry_cell *cell)
{
    switch (rule->put) {
    case ODRV_PUT_DOUBLE:
    case ODRV_PUT_FINITE:
        return sizeof cell->v.f;
    case ODRV_PUT_INT:
    case ODRV_PUT_UINT:
    case ODRV_PUT_UINT_63:
    case ODRV_PUT_FLOAT:
        return 32;
    case ODRV_PUT_HEX:
        return cell->null != 0 ? 1 : 2 * (size_t)cell->len + 1;
    default:
        return cell->null != 0 ? 1 : (size_t)cell->len + 1;
    }
}

/* How many rows from `first` on fit into one execution; their widths in `load->widths`. */
static size_t rows_fit(struct odrv_load *load, const struct ferry_batch *batch, size_t first)
{
    size_t rows = 0, count = ferry_batch_count(batch) - first;
    size_t most = load->conn->dialect->writing->rows_most;
    most = most > 0 ? most : ROWS_MOST;
    memset(load->widths, 0, load->count * sizeof *load->widths);
    for (; rows < count && rows < most; rows++) {
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
    part_text_reset(&load->values[i]);
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
            if (load->filled[i])
                return ferry_fail_cell(err, FERRY_ERR_DATA, batch, first + row, i,
                                       "a NULL in a column that is NOT NULL there");
            continue;
        }
        ferry_status status = rows_put(load, batch, first + row, i, err);
        if (status != FERRY_OK)
            return status;
        if (load->values[i].length > column->width)
            return ferry_fail(err, FERRY_ERR_INTERNAL, "a value is longer than its room");
        if (load->values[i].length > 0)
            memcpy(column->data + row * column->width, load->values[i].data,
                   load->values[i].length);
        column->lengths[row] = (SQLLEN)load->values[i].length;
    }
    return FERRY_OK;
}

/* The values of the column from row `first` on are the parameter's. */
static bool rows_bind(struct odrv_load *load, size_t i, struct rows_column *column, size_t first)
{
    SQLSMALLINT c_type = SQL_C_CHAR, sql_type = SQL_LONGVARCHAR;
    enum odrv_put put = load->rules[i]->put;
    if (put == ODRV_PUT_BYTES) {
        c_type = SQL_C_BINARY;
        sql_type = SQL_LONGVARBINARY;
    } else if (put == ODRV_PUT_DOUBLE || put == ODRV_PUT_FINITE) {
        c_type = SQL_C_DOUBLE;
        sql_type = SQL_DOUBLE;
    }
    return odrv_succeeded(SQLBindParameter(
        load->stmt, (SQLUSMALLINT)(i + 1), SQL_PARAM_INPUT, c_type, sql_type, column->width, 0,
        column->data + first * column->width, (SQLLEN)column->width, column->lengths + first));
}

/* ---- The rows ---- */

static bool rows_set(SQLHSTMT stmt, SQLINTEGER attribute, SQLPOINTER value)
{
    return odrv_succeeded(SQLSetStmtAttr(stmt, attribute, value, 0));
}

/* How many rows the database says that it has stored, statement by statement: a trigger may keep
 * one out and add another.  -1: it does not say. */
static SQLLEN rows_stored(SQLHSTMT stmt)
{
    SQLLEN sum = 0;
    SQLRETURN more = SQL_SUCCESS;
    while (odrv_succeeded(more)) {
        SQLLEN stored = -1;
        if (!odrv_succeeded(SQLRowCount(stmt, &stored)) || stored < 0)
            return -1;
        sum += stored;
        more = SQLMoreResults(stmt);
    }
    return more == SQL_NO_DATA ? sum : -1;
}

/* Some drivers do not tell of a row that comes alone. */
static bool rows_is_alone(const struct odrv_load *load)
{
    return load->conn->dialect->writing->rows_most == 1;
}

/* From row `first` of the array on, `rows` of them.  What the driver says of each row counts, since
 * its answer to the whole may be a success with one that was refused. */
static bool rows_send(struct odrv_load *load, struct rows_column *columns, size_t first,
                      size_t rows, SQLUSMALLINT *states, struct odrv_diagnosis *diagnosis)
{
    SQLULEN processed = 0;
    bool done = true;
    for (size_t i = 0; done && i < load->count; i++)
        done = rows_bind(load, i, &columns[i], first);
    for (size_t row = 0; row < rows; row++)
        states[row] = SQL_PARAM_UNUSED;
    done = done &&
           rows_set(load->stmt, SQL_ATTR_PARAM_BIND_TYPE, (SQLPOINTER)SQL_PARAM_BIND_BY_COLUMN) &&
           rows_set(load->stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &processed) &&
           rows_set(load->stmt, SQL_ATTR_PARAM_STATUS_PTR, states) &&
           rows_set(load->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)(uintptr_t)rows);
    if (!done) {
        odrv_diagnosis_take(SQL_HANDLE_STMT, load->stmt, diagnosis);
        return false;
    }
    odrv_watch_begin(&load->conn->watch, load->stmt, true);
    SQLRETURN result = SQLExecute(load->stmt);
    odrv_watch_end(&load->conn->watch);
    if (result != SQL_SUCCESS) /* before anything else is asked of the statement */
        odrv_diagnosis_take(SQL_HANDLE_STMT, load->stmt, diagnosis);
    (void)rows_set(load->stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, NULL);
    (void)rows_set(load->stmt, SQL_ATTR_PARAM_STATUS_PTR, NULL);
    for (size_t row = 0; !rows_is_alone(load) && row < rows; row++)
        done = done &&
               (states[row] == SQL_PARAM_SUCCESS || states[row] == SQL_PARAM_SUCCESS_WITH_INFO);
    return done && odrv_succeeded(result) && processed == rows;
}

static void rows_close(struct odrv_load *load)
{
    (void)SQLFreeStmt(load->stmt, SQL_CLOSE);
    (void)SQLFreeStmt(load->stmt, SQL_RESET_PARAMS);
}

/* Row `row` of the array is the one. */
static ferry_status rows_fail(struct odrv_load *load, size_t row,
                              const struct odrv_diagnosis *diagnosis, struct ferry_error *err)
{
    PART_AUTO_STRING char *doing = NULL;
    if (asprintf(&doing, "store row %" PRIu64 " in %s", load->rows + row + 1, load->what) < 0) {
        doing = NULL;
        return odrv_fail_memory(err);
    }
    return odrv_fail_as(load->conn, diagnosis, ODRV_LOADING, doing, err);
}

/* Some row of the array was refused, and those after it failed since that one did: they are sent
 * once more, one by one, to see which it is and what there is to say of it.  The rows before them
 * are gone by then, so one that was refused because of those is not found. */
static ferry_status rows_find_bad(struct odrv_load *load, struct rows_column *columns, size_t rows,
                                  const struct odrv_diagnosis *diagnosis, struct ferry_error *err)
{
    SQLUSMALLINT state;
    PART_AUTO_STRING char *doing = NULL;
    rows_close(load);
    ferry_status status = odrv_conn_check(load->conn, err);
    if (status == FERRY_OK && rows_is_alone(load))
        return rows_fail(load, 0, diagnosis, err);
    bool back = status == FERRY_OK && !odrv_state_is_loss(diagnosis->state) &&
                odrv_try(load->conn, load->conn->dialect->writing->go_back);
    for (size_t row = 0; back && row < rows; row++) {
        ODRV_AUTO_DIAGNOSIS struct odrv_diagnosis single = {0};
        bool stored = rows_send(load, columns, row, 1, &state, &single);
        rows_close(load);
        if (!stored)
            return rows_fail(load, row, &single, err);
    }
    if (status != FERRY_OK)
        return status;
    if (asprintf(&doing, "store one of the rows %" PRIu64 " to %" PRIu64 " in %s", load->rows + 1,
                 load->rows + rows, load->what) < 0) {
        doing = NULL;
        return odrv_fail_memory(err);
    }
    return odrv_fail_as(load->conn, diagnosis, ODRV_LOADING, doing, err);
}

static ferry_status rows_fail_stored(const struct odrv_load *load, SQLLEN stored, size_t rows,
                                     struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: %lld of the rows %" PRIu64 " to %" PRIu64
                      " of %s were stored, as if a trigger kept the others out; drop that trigger, "
                      "or choose another target_table",
                      load->conn->label, (long long)stored, load->rows + 1, load->rows + rows,
                      load->what);
}

static ferry_status rows_execute(struct odrv_load *load, struct rows_column *columns, size_t rows,
                                 struct ferry_error *err)
{
    SQLUSMALLINT *states = calloc(rows + 1, sizeof *states);
    if (states == NULL)
        return odrv_fail_memory(err);
    ODRV_AUTO_DIAGNOSIS struct odrv_diagnosis diagnosis = {0};
    ferry_status status = FERRY_OK;
    if (rows_send(load, columns, 0, rows, states, &diagnosis)) {
        SQLLEN stored = rows_stored(load->stmt);
        rows_close(load);
        status = odrv_conn_check(load->conn, err);
        if (status == FERRY_OK && stored != (SQLLEN)rows)
            status = rows_fail_stored(load, stored, rows, err);
    } else {
        status = rows_find_bad(load, columns, rows, &diagnosis, err);
    }
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
            status = rows_execute(l, columns, rows, err);
        for (size_t i = 0; i < l->count; i++)
            rows_column_clear(&columns[i]);
        free(columns);
        first += rows;
    }
    return status;
}
