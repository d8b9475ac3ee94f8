/* Reading: rows into batches, and the snapshot around them. */

#include "read/read.h"

#include <string.h>

#include "parts/printed.h"

struct dbidrv_cursor {
    struct dbidrv_conn *conn;
    struct dbidrv_columns described;
    const struct dbidrv_column **columns; /* those that are read, in their order */
    size_t count;
    char *what;
    char *doing;
    struct dbidrv_rows rows;
    bool proves, ended;
};

static ferry_status read_fail_changed(const struct dbidrv_cursor *cursor, struct ferry_error *err)
{
    ferry_status status =
        ferry_fail(err, FERRY_ERR_BUSY, "%s: %s has other columns by now; run again",
                   cursor->conn->label, cursor->what);
    ferry_error_may_pass(err);
    return status;
}

/* Whether they are still those of the plan. */
static ferry_status read_check_columns(const struct dbidrv_cursor *cursor,
                                       const struct ferry_schema *schema, struct ferry_error *err)
{
    if (ferry_schema_count(schema) != cursor->described.count)
        return read_fail_changed(cursor, err);
    for (size_t i = 0; i < cursor->described.count; i++) {
        const struct ferry_column *old = ferry_schema_column(schema, i);
        const struct ferry_column *now = &cursor->described.list[i].column;
        if (strcmp(old->name, now->name) != 0 || strcmp(old->native, now->native) != 0 ||
            old->type != now->type || old->precision != now->precision ||
            old->scale != now->scale || old->length != now->length ||
            ((old->flags ^ now->flags) & FERRY_COLUMN_NOT_NULL) != 0)
            return read_fail_changed(cursor, err);
    }
    return FERRY_OK;
}

static ferry_status read_choose(struct dbidrv_cursor *cursor, const struct ferry_scan *scan,
                                struct ferry_error *err)
{
    cursor->count = dbidrv_scan_width(scan, cursor->described.count);
    cursor->columns = calloc(cursor->count, sizeof *cursor->columns);
    if (cursor->columns == NULL)
        return dbidrv_fail_memory(err);
    for (size_t i = 0; i < cursor->count; i++)
        cursor->columns[i] = &cursor->described.list[dbidrv_scan_column(scan, i)];
    return FERRY_OK;
}

static uint64_t read_widest(const struct dbidrv_cursor *cursor)
{
    uint64_t widest = 0;
    for (size_t i = 0; i < cursor->count; i++) {
        uint64_t width = dbidrv_query_width(cursor->columns[i]);
        if (width == 0)
            return 0;
        widest += width;
    }
    return widest;
}

/* `what` is taken over. */
static struct dbidrv_cursor *read_new(struct dbidrv_conn *conn, char *what)
{
    struct dbidrv_cursor *cursor = what == NULL ? NULL : calloc(1, sizeof *cursor);
    if (cursor == NULL) {
        free(what);
        return NULL;
    }
    cursor->conn = conn;
    cursor->what = what;
    if (asprintf(&cursor->doing, "read %s", what) >= 0)
        return cursor;
    cursor->doing = NULL;
    dbidrv_read_end(cursor);
    return NULL;
}

/* `from` is the same for the rows and for their sizes. */
static ferry_status read_open_rows(struct dbidrv_cursor *cursor, const struct part_text *from,
                                   bool measures, struct ferry_error *err)
{
    struct dbidrv_conn *conn = cursor->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_TEXT struct part_text sizes = {0};
    ferry_status status = from->failed
                              ? dbidrv_fail_memory(err)
                              : dbidrv_query_values(conn->dialect, cursor->columns, cursor->count,
                                                    DBIDRV_ALIAS, &sql, err);
    if (status == FERRY_OK && measures)
        status = dbidrv_query_sizes(conn->dialect, cursor->columns, cursor->count, DBIDRV_ALIAS,
                                    &sizes, err);
    if (status != FERRY_OK)
        return status;
    part_text_addf(&sql, " FROM %s", from->data);
    if (sizes.length > 0)
        part_text_addf(&sizes, " FROM %s", from->data);
    const struct dbidrv_asked asked = {.select = sql.data,
                                       .columns = (unsigned)cursor->count,
                                       .widest = read_widest(cursor),
                                       .sizes = sizes.data};
    return sql.failed || sizes.failed
               ? dbidrv_fail_memory(err)
               : dbidrv_rows_open(&cursor->rows, conn, &asked, cursor->doing, err);
}

static ferry_status read_open(struct dbidrv_cursor *cursor, const struct ferry_read *read,
                              const struct ferry_schema *schema, const struct ferry_scan *scan,
                              struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text from = {0};
    ferry_status status = dbidrv_columns_describe(cursor->conn, read, &cursor->described, err);
    if (status == FERRY_OK)
        status = read_check_columns(cursor, schema, err);
    if (status == FERRY_OK)
        status = read_choose(cursor, scan, err);
    dbidrv_query_add_from(cursor->conn, read, &from);
    if (status == FERRY_OK)
        status = dbidrv_scan_add(cursor->conn, scan, &cursor->described, &from, err);
    /* A view or query may take long, and would be run twice. */
    return status == FERRY_OK ? read_open_rows(cursor, &from, read->kind == FERRY_READ_TABLE, err)
                              : status;
}

ferry_status dbidrv_read_begin(void *conn, const struct ferry_read *read,
                               const struct ferry_schema *schema, const struct ferry_scan *scan,
                               void **ret_cursor, struct ferry_error *err)
{
    struct dbidrv_cursor *cursor = read_new(conn, dbidrv_query_what(read));
    if (cursor == NULL)
        return dbidrv_fail_memory(err);
    cursor->proves = cursor->conn->dialect->ask_proof != NULL && cursor->conn->transaction;
    ferry_status status = read_open(cursor, read, schema, scan, err);
    if (status != FERRY_OK) {
        dbidrv_read_end(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

ferry_status dbidrv_cursor_begin(struct dbidrv_conn *conn, const char *what,
                                 struct dbidrv_columns *columns, const struct part_text *from,
                                 void **ret_cursor, struct ferry_error *err)
{
    const struct ferry_scan everything = {0};
    struct dbidrv_cursor *cursor = read_new(conn, strdup(what));
    if (cursor == NULL)
        return dbidrv_fail_memory(err);
    cursor->described = *columns;
    *columns = (struct dbidrv_columns){0};
    ferry_status status = read_choose(cursor, &everything, err);
    if (status == FERRY_OK)
        status = read_open_rows(cursor, from, true, err);
    if (status != FERRY_OK) {
        dbidrv_read_end(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

void dbidrv_read_end(void *cursor)
{
    struct dbidrv_cursor *c = cursor;
    if (c == NULL)
        return;
    dbidrv_rows_close(&c->rows);
    free((void *)c->columns);
    dbidrv_columns_clear(&c->described);
    free(c->what);
    free(c->doing);
    free(c);
}

/* ---- Rows ---- */

static ferry_status read_row(struct dbidrv_cursor *cursor, struct ferry_batch *batch,
                             struct ferry_error *err)
{
    struct ferry_cell *cells = ferry_batch_row(batch);
    if (cells == NULL)
        return dbidrv_fail_memory(err);
    for (size_t i = 0; i < cursor->count; i++) {
        struct dbidrv_value value = {0};
        const struct dbidrv_column *column = cursor->columns[i];
        ferry_status status = dbidrv_answer_value(&cursor->rows.answer, (unsigned)i, &value, err);
        if (status != FERRY_OK)
            return status;
        const char *flaw = dbidrv_decode(column, &value, batch, &cells[i]);
        if (flaw == part_no_memory)
            return dbidrv_fail_memory(err);
        if (flaw != NULL)
            return ferry_fail_cell(err, FERRY_ERR_DATA, batch, ferry_batch_count(batch) - 1, i,
                                   "%s; mend it at the source, or cast the column to a text in a "
                                   "view or query",
                                   flaw);
        if (cells[i].null != 0 && (column->column.flags & FERRY_COLUMN_NOT_NULL) != 0)
            return ferry_fail_cell(err, FERRY_ERR_DATA, batch, ferry_batch_count(batch) - 1, i,
                                   "NULL in a column that the database describes as NOT NULL");
    }
    return FERRY_OK;
}

/* Whether what was read is what the snapshot knows. */
static ferry_status read_prove(const struct dbidrv_cursor *cursor, struct ferry_error *err)
{
    PART_AUTO_STRING char *name = NULL;
    if (!cursor->proves)
        return FERRY_OK;
    ferry_status status =
        dbidrv_ask(cursor->conn, cursor->conn->dialect->ask_proof, DBIDRV_ASKING,
                   "ask whether what was read is what the snapshot knows", &name, err);
    if (status != FERRY_OK || name == NULL)
        return status;
    status = ferry_fail(err, FERRY_ERR_BUSY,
                        "%s: %s: somebody has emptied, rewritten or replaced %s, or changed what "
                        "belongs to it, after the snapshot was taken, so rows may be missing; run "
                        "again",
                        cursor->conn->label, cursor->what, name);
    ferry_error_may_pass(err);
    return status;
}

ferry_status dbidrv_read_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    struct dbidrv_cursor *c = cursor;
    bool row = true;
    ferry_status status = dbidrv_conn_check(c->conn, err);
    while (status == FERRY_OK && !c->ended && !ferry_batch_full(batch)) {
        status = dbidrv_rows_next(&c->rows, c->doing, &row, err);
        if (status == FERRY_OK && !row) {
            status = read_prove(c, err);
            c->ended = status == FERRY_OK;
            break;
        }
        if (status == FERRY_OK)
            status = read_row(c, batch, err);
        if (status == FERRY_OK)
            status = dbidrv_conn_check(c->conn, err);
    }
    return status;
}

/* ---- One view of the data ---- */

ferry_status dbidrv_snapshot_begin(void *conn, struct ferry_error *err)
{
    struct dbidrv_conn *c = conn;
    ferry_status status = dbidrv_conn_check(c, err);
    if (status != FERRY_OK || c->dialect->snapshot == NULL)
        return status;
    return dbidrv_conn_begin(c, c->dialect->snapshot, "begin a snapshot", err);
}

void dbidrv_snapshot_end(void *conn)
{
    dbidrv_conn_rollback(conn);
}
