/* The source half: one SELECT, described by its declared types and read in one snapshot. */

#include "scan.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

struct read_column {
    struct sqldrv_stored stored; /* how its values are turned back */
    sqldrv_possible possible;    /* what its definition allows of them */
    bool pointer;                /* those that have the column's type are bytes elsewhere */
};

struct sqldrv_cursor {
    struct sqldrv_conn *conn;
    sqlite3_stmt *stmt;
    int column_count; /* of the batches */
    bool done;
    enum sqldrv_order order;          /* of the file's UTF-16 */
    struct sqldrv_scan_column *scans; /* one per column of the schema */
    char room[SQLDRV_STORED_ROOM];    /* of one cell: its text is copied into the batch at once */
    struct read_column columns[];     /* of the schema; once the reading begins, of the batches */
};

static ferry_status read_note(const struct sqldrv_describe *describe, struct ferry_schema *schema,
                              struct ferry_error *err)
{
    bool unsound = false;
    for (size_t i = 0; i < describe->origin_count; i++) {
        unsound = unsound || describe->origins[i].metadata.unsound;
    }
    ferry_status status = FERRY_OK;
    if (unsound) {
        status = ferry_schema_note(schema, err,
                                   "_dbferry_columns or _dbferry_indexes say something that this "
                                   "version does not understand: that is left out");
    }
    return status == FERRY_OK && describe->declared_only
               ? ferry_schema_note(schema, err,
                                   "without definitions of a source: declared types, and values of "
                                   "any kind")
               : status;
}

/* How the values of a column are compared, as far as its definition tells. */
static struct sqldrv_scan_column read_scan_column(const struct sqldrv_describe *describe,
                                                  const struct sqldrv_stored *stored)
{
    /* A part of a UNION may have stored what the affinity of the first would have converted. */
    enum sqldrv_affinity affinity = describe->of_table && describe->found != NULL
                                        ? sqldrv_affinity_of(describe->found->type)
                                        : SQLDRV_AFFINITY_NONE;
    return (struct sqldrv_scan_column){
        .convert = stored->convert,
        .scale = stored->column->scale,
        .ties = sqldrv_order_has_ties(stored->convert, stored->loose, affinity),
        .raw = stored->raw,
    };
}

static void read_describe_order(const struct sqldrv_describe *describe, const char *declared,
                                struct ferry_column *column)
{
    const struct ferry_wish wish = {.type = declared};
    struct sqldrv_stored stored = {0};
    if (!sqldrv_stored_prepare(column, &wish, &stored) ||
        !sqldrv_order_is_ours(column, stored.convert, stored.loose, describe->conn->utf16)) {
        return;
    }
    bool binary =
        describe->found != NULL && (sqlite3_stricmp(describe->found->collation, "BINARY") == 0 ||
                                    !sqldrv_order_has_texts(stored.convert, stored.loose));
    column->flags |= FERRY_COLUMN_ORDERED;
    column->flags |=
        binary && !read_scan_column(describe, &stored).ties ? FERRY_COLUMN_INDEX_ORDERED : 0;
}

static ferry_status read_describe_all(struct sqldrv_describe *describe, struct ferry_schema *schema,
                                      struct ferry_error *err)
{
    ferry_status status = sqldrv_describe_begin(describe, err);
    for (int i = 0; status == FERRY_OK && i < sqlite3_column_count(describe->stmt); i++) {
        struct ferry_column column;
        const char *declared;
        status = sqldrv_describe_column(describe, i, &column, &declared, err);
        if (status == FERRY_OK) {
            read_describe_order(describe, declared, &column);
            status = ferry_schema_add(schema, &column, sizeof column, err);
        }
    }
    if (status == FERRY_OK) {
        status = sqldrv_describe_keys(describe, schema, err);
    }
    return status == FERRY_OK ? read_note(describe, schema, err) : status;
}

static ferry_status read_describe(void *argument, const struct ferry_read *read,
                                  struct ferry_schema *schema, struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    struct sqldrv_describe describe = {.conn = conn, .read = read};
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status == FERRY_OK) {
        status = sqldrv_read_prepare(conn, read, &describe.stmt, err);
    }
    if (status == FERRY_OK) {
        status = read_describe_all(&describe, schema, err);
    }
    sqldrv_describe_end(&describe);
    sqlite3_finalize(describe.stmt);
    return status;
}

/* Prepare to read column `i`, and fail unless it is still what describe saw. */
static ferry_status read_begin_column(struct sqldrv_cursor *cursor,
                                      struct sqldrv_describe *describe, int i,
                                      const struct ferry_column *before, struct ferry_error *err)
{
    struct ferry_column now;
    const char *declared = NULL;
    ferry_status status = sqldrv_describe_column(describe, i, &now, &declared, err);
    const struct ferry_wish wish = {.type = declared};
    if (status != FERRY_OK) {
        return status;
    }
    bool raw = (before->flags & FERRY_COLUMN_RAW) != 0;
    if (strcmp(now.name, before->name) != 0 || (now.type != before->type && !raw) ||
        strcmp(now.native == NULL ? "" : now.native,
               before->native == NULL ? "" : before->native) != 0 ||
        !sqldrv_stored_prepare(before, &wish, &cursor->columns[i].stored)) {
        (void)ferry_fail(err, FERRY_ERR_BUSY,
                         "'%s': column %d is '%s' (%s) now and was '%s' (%s) before: run again",
                         cursor->conn->path, i + 1, now.name, now.native == NULL ? "" : now.native,
                         before->name, before->native == NULL ? "" : before->native);
        ferry_error_may_pass(err);
        return FERRY_ERR_BUSY;
    }
    cursor->columns[i].stored.raw = raw;
    cursor->columns[i].possible = sqldrv_possible_choose(before);
    cursor->columns[i].pointer = sqldrv_type_is_pointer(before->type);
    cursor->scans[i] = read_scan_column(describe, &cursor->columns[i].stored);
    return FERRY_OK;
}

static ferry_status read_begin_columns(struct sqldrv_cursor *cursor, const struct ferry_read *read,
                                       const struct ferry_schema *schema, struct ferry_error *err)
{
    struct sqldrv_describe describe = {.conn = cursor->conn, .read = read, .stmt = cursor->stmt};
    cursor->column_count = sqlite3_column_count(cursor->stmt);
    if ((size_t)cursor->column_count != ferry_schema_count(schema)) {
        (void)ferry_fail(err, FERRY_ERR_BUSY,
                         "'%s': the result has %d columns now and had %zu before: run again",
                         cursor->conn->path, cursor->column_count, ferry_schema_count(schema));
        ferry_error_may_pass(err);
        return FERRY_ERR_BUSY;
    }
    ferry_status status = sqldrv_describe_begin(&describe, err);
    for (int i = 0; status == FERRY_OK && i < cursor->column_count; i++) {
        status =
            read_begin_column(cursor, &describe, i, ferry_schema_column(schema, (size_t)i), err);
    }
    sqldrv_describe_end(&describe);
    return status;
}

static void read_end(void *argument)
{
    struct sqldrv_cursor *cursor = argument;
    if (cursor != NULL) {
        sqlite3_finalize(cursor->stmt);
        free(cursor->scans);
        free(cursor);
    }
}

/* The statement with the order, the bounds and the columns of the scan around it.  SQLite takes
 * such a table of a WITH apart, so that an index of what is read can give the order. */
static char *read_scan_sql(const struct sqldrv_cursor *cursor, const struct ferry_scan *scan)
{
    size_t all = (size_t)cursor->column_count;
    sqlite3_str *out = sqlite3_str_new(NULL);
    char *inner = sqldrv_read_bare_sql(cursor->stmt);
    sqlite3_str_appendall(out, "WITH _dbferry_scan");
    sqldrv_scan_add_names(out, all);
    sqlite3_str_appendf(out, " AS (%s\n) SELECT ", inner == NULL ? "" : inner);
    sqldrv_scan_add_columns(out, scan, all);
    sqlite3_str_appendall(out, " FROM _dbferry_scan");
    sqldrv_scan_add_bounds(out, scan, " WHERE ");
    sqldrv_scan_add_order(out, scan, cursor->scans);
    char *sql = sqlite3_str_finish(out);
    if (inner == NULL) {
        sqlite3_free(sql);
        return NULL;
    }
    free(inner);
    return sql;
}

/* Of the columns of the schema those of the batches, in their order. */
static bool read_choose_columns(struct sqldrv_cursor *cursor, const struct ferry_scan *scan)
{
    size_t all = (size_t)cursor->column_count;
    size_t width = sqldrv_scan_width(scan, all);
    struct read_column *columns = calloc(all + 1, sizeof *columns);
    if (columns == NULL || width > all) {
        free(columns);
        return false;
    }
    memcpy(columns, cursor->columns, all * sizeof *columns);
    for (size_t i = 0; i < width; i++) {
        cursor->columns[i] = columns[sqldrv_scan_column_at(scan, i)];
    }
    cursor->column_count = (int)width;
    free(columns);
    return true;
}

/* In place of all rows in any order. */
static ferry_status read_begin_scan(struct sqldrv_cursor *cursor, const struct ferry_read *read,
                                    const struct ferry_schema *schema,
                                    const struct ferry_scan *scan, struct ferry_error *err)
{
    struct sqldrv_conn *conn = cursor->conn;
    char *sql = read_scan_sql(cursor, scan);
    sqlite3_finalize(cursor->stmt);
    cursor->stmt = NULL;
    int rc =
        sql == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(conn->db, sql, -1, &cursor->stmt, NULL);
    sqlite3_free(sql);
    if (rc != SQLITE_OK) {
        return sqldrv_fail(conn, conn->db, rc, err, "reading '%s' in order", read->text);
    }
    ferry_status status = sqldrv_scan_bind(conn, cursor->stmt, scan, schema, cursor->scans, err);
    return status != FERRY_OK || read_choose_columns(cursor, scan) ? status
                                                                   : sqldrv_fail_memory(err);
}

static ferry_status read_begin(void *argument, const struct ferry_read *read,
                               const struct ferry_schema *schema, const struct ferry_scan *scan,
                               void **ret_cursor, struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    struct sqldrv_cursor *cursor = NULL;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status != FERRY_OK) {
        return status;
    }
    cursor = calloc(1, sizeof *cursor + ferry_schema_count(schema) * sizeof cursor->columns[0]);
    if (cursor == NULL) {
        return sqldrv_fail_memory(err);
    }
    cursor->conn = conn;
    cursor->scans = calloc(ferry_schema_count(schema) + 1, sizeof *cursor->scans);
    status = cursor->scans == NULL ? sqldrv_fail_memory(err)
                                   : sqldrv_read_prepare(conn, read, &cursor->stmt, err);
    if (status == FERRY_OK) {
        int rc = sqldrv_utf16_order(conn->db, &cursor->order);
        status = rc == SQLITE_OK ? FERRY_OK : sqldrv_fail(conn, conn->db, rc, err, "reading");
    }
    if (status == FERRY_OK) {
        status = read_begin_columns(cursor, read, schema, err);
    }
    if (status == FERRY_OK && sqldrv_scan_is_special(scan)) {
        status = read_begin_scan(cursor, read, schema, scan, err);
    }
    if (status != FERRY_OK) {
        read_end(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

/* A value that is none of its column: only a definition in the file promises so much. */
static ferry_status read_fail_cell(const struct ferry_batch *batch, int i, const char *why,
                                   struct ferry_error *err)
{
    return ferry_fail_cell(err, FERRY_ERR_DATA, batch, ferry_batch_count(batch) - 1, (size_t)i,
                           "%s; mend the value, or drop the table _dbferry_columns, so that the "
                           "column is read as SQLite declares it",
                           why);
}

#define READ_GOES_ON (-1)

/* A TEXT of a file of UTF-16: looked at, or given as it is stored.  READ_GOES_ON where the cell is
 * still to be filled, else a status.  A call of its own, since few files are of UTF-16 and the
 * registers are needed for all others. */
static __attribute__((noinline)) int read_utf16(struct sqldrv_cursor *cursor,
                                                struct ferry_batch *batch, int i,
                                                sqlite3_value *value, struct ferry_cell *cell,
                                                struct ferry_error *err)
{
    const struct sqldrv_stored *stored = &cursor->columns[i].stored;
    size_t size = 0;
    if (sqlite3_value_type(value) != SQLITE_TEXT) {
        return READ_GOES_ON;
    }
    const unsigned char *text = sqldrv_utf16_bytes(value, &size);
    if (stored->raw) {
        if (stored->column->type == FERRY_TYPE_ANY) {
            cell->kind = FERRY_KIND_BYTES;
        }
        return ferry_batch_text(batch, cell, text == NULL ? "" : (const char *)text, size)
                   ? FERRY_OK
                   : (int)sqldrv_fail_memory(err);
    }
    if (sqldrv_utf16_is_whole(text, size, cursor->order)) {
        return READ_GOES_ON;
    }
    return (int)ferry_fail_cell(err, FERRY_ERR_DATA, batch, ferry_batch_count(batch) - 1, (size_t)i,
                                "the text is not valid UTF-16; mend it at the source, or carry the "
                                "bytes: columns = ( { name = \"%s\"; text = \"bytes\"; } )",
                                stored->column->name);
}

static ferry_status read_cell(struct sqldrv_cursor *cursor, struct ferry_batch *batch, int i,
                              struct ferry_cell *cell, struct ferry_error *err)
{
    const struct sqldrv_stored *stored = &cursor->columns[i].stored;
    sqldrv_possible possible = cursor->columns[i].possible;
    const char *why = NULL;
    /* Once for all that is asked of it: each sqlite3_column_ call looks it up again.  Nobody else
     * uses this connection, so that it needs no lock either. */
    sqlite3_value *value = sqlite3_column_value(cursor->stmt, i);
    if (cursor->order != SQLDRV_ORDER_NONE) {
        int status = read_utf16(cursor, batch, i, value, cell, err);
        if (status != READ_GOES_ON) {
            return (ferry_status)status;
        }
    }
    int rc = sqldrv_stored_cell(stored, value, cursor->room, cell, &why);
    if (rc == SQLITE_OK && cell->null != 0) {
        return FERRY_OK;
    }
    if (rc == SQLITE_OK && possible != NULL && (why = possible(stored->column, cell)) != NULL) {
        rc = SQLITE_MISMATCH;
    }
    if (rc == SQLITE_MISMATCH) {
        return read_fail_cell(batch, i, why, err);
    }
    bool pointer =
        cell->kind == FERRY_KIND_TYPED ? cursor->columns[i].pointer : cell->kind >= FERRY_KIND_TEXT;
    if (rc != SQLITE_OK || (pointer && !ferry_batch_text(batch, cell, cell->v.p, cell->len))) {
        return sqldrv_fail_memory(err);
    }
    return FERRY_OK;
}

static ferry_status read_batch(void *argument, struct ferry_batch *batch, struct ferry_error *err)
{
    struct sqldrv_cursor *cursor = argument;
    struct sqldrv_conn *conn = cursor->conn;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    while (status == FERRY_OK && !cursor->done && !ferry_batch_full(batch)) {
        int rc = sqlite3_step(cursor->stmt);
        if (rc == SQLITE_DONE) {
            cursor->done = true; /* a step more would start again */
            break;
        }
        if (rc != SQLITE_ROW) {
            return rc == SQLITE_ERROR ? ferry_fail(err, FERRY_ERR_STREAM, "'%s': reading: %s",
                                                   conn->path, sqlite3_errmsg(conn->db))
                                      : sqldrv_fail(conn, conn->db, rc, err, "reading");
        }
        if (atomic_load(&conn->cancelled)) { /* short scans may never reach the progress handler */
            return sqldrv_check_cancelled(conn, err);
        }
        struct ferry_cell *cells = ferry_batch_row(batch);
        if (cells == NULL) {
            return sqldrv_fail_memory(err);
        }
        for (int i = 0; status == FERRY_OK && i < cursor->column_count; i++) {
            status = read_cell(cursor, batch, i, &cells[i], err);
        }
    }
    return status;
}

static ferry_status read_snapshot_begin(void *argument, struct ferry_error *err)
{
    struct sqldrv_conn *conn = argument;
    int64_t objects = 0;
    int calls = 0;
    ferry_status status = sqldrv_check_cancelled(conn, err);
    if (status != FERRY_OK) {
        return status;
    }
    sqldrv_wait_begin(conn, conn->busy_ms, SQLDRV_HOLDER_ANY);
    int rc = sqldrv_run(conn->db, "BEGIN");
    if (rc == SQLITE_OK) { /* BEGIN alone holds nothing: the first read does */
        do {
            rc = sqldrv_query_int(conn->db, &objects, "SELECT count(*) FROM main.sqlite_schema");
        } while (sqldrv_wait_for_index(conn, rc, &calls));
    }
    if (rc != SQLITE_OK) {
        status = sqldrv_fail(conn, conn->db, rc, err, "taking a snapshot");
        sqldrv_rollback(conn->db);
    }
    return status;
}

static void read_snapshot_end(void *argument)
{
    struct sqldrv_conn *conn = argument;
    sqldrv_rollback(conn->db);
    sqldrv_wait_install(conn, conn->db);
}

const struct ferry_source sqldrv_source = {
    .describe = read_describe,
    .read_begin = read_begin,
    .read_batch = read_batch,
    .read_end = read_end,
    .snapshot_begin = read_snapshot_begin,
    .snapshot_end = read_snapshot_end,
    .origins = sqldrv_origins,
    .fingerprint = sqldrv_fingerprint,
    .abilities = FERRY_SCANS,
    .list = sqldrv_list,
    .estimate = sqldrv_estimate,
};
