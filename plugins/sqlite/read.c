/* The source half: one SELECT, described by its declared types and read in one snapshot. */

#include "sqlite_driver.h"

#include <stdlib.h>
#include <string.h>

#define READ_INT64_END 9223372036854775808.0 /* the first double that no int64_t can hold */

struct sqlite_cursor {
    struct sqlite_conn *conn;
    sqlite3_stmt *stmt;
    const struct ferry_schema *schema;
    int column_count;
    bool done;
};

static const char *const read_storage_names[] = {
    [SQLITE_INTEGER] = "an INTEGER", [SQLITE_FLOAT] = "a REAL", [SQLITE_TEXT] = "a TEXT",
    [SQLITE_BLOB] = "a BLOB",        [SQLITE_NULL] = "NULL",
};

/* Why a statement does not compile, in the contract's classes. */
static ferry_status read_fail_prepare(struct sqlite_conn *conn, const struct ferry_read *read,
                                      int rc, struct ferry_error *err)
{
    int64_t found = 0;
    const char *text = sqlite3_errmsg(conn->db);
    if (rc != SQLITE_ERROR) {
        return sqlite_fail(conn, conn->db, rc, err, "reading '%s'", read->text);
    }
    if (read->kind == FERRY_READ_QUERY) {
        bool missing = strncmp(text, "no such table", 13) == 0;
        return ferry_fail(err, missing ? FERRY_ERR_NOT_FOUND : FERRY_ERR_CONFIG,
                          "'%s': the query does not compile: %s", conn->path, text);
    }
    char *why = strdup(text);
    rc = sqlite_query_int(conn->db, &found,
                          "SELECT count(*) FROM main.sqlite_schema WHERE type IN ('table', 'view') "
                          "AND name = %Q COLLATE NOCASE",
                          read->text);
    ferry_status status =
        rc != SQLITE_OK ? sqlite_fail(conn, conn->db, rc, err, "looking for '%s'", read->text)
        : found == 0
            ? ferry_fail(err, FERRY_ERR_NOT_FOUND,
                         "'%s' has no table or view '%s'; see '.tables' of the sqlite3 shell",
                         conn->path, read->text)
            : ferry_fail(err, FERRY_ERR_SCHEMA, "'%s': '%s' cannot be read: %s", conn->path,
                         read->text, why != NULL ? why : "out of memory");
    free(why);
    return status;
}

/* 1 if nothing but white space, comments and semicolons follows a statement. */
static bool read_tail_empty(sqlite3 *db, const char *tail)
{
    sqlite3_stmt *next = NULL;
    while (*tail != '\0') {
        const char *after = tail;
        int rc = sqlite3_prepare_v2(db, tail, -1, &next, &after);
        sqlite3_finalize(next);
        if (rc != SQLITE_OK || next != NULL) {
            return false;
        }
        if (after == tail) {
            return true;
        }
        tail = after;
    }
    return true;
}

static ferry_status read_prepare(struct sqlite_conn *conn, const struct ferry_read *read,
                                 sqlite3_stmt **ret_stmt, struct ferry_error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = "";
    int rc;
    sqlite_wait_begin(conn, conn->busy_ms, SQLITE_HOLDER_ANY);
    if (read->kind == FERRY_READ_QUERY) {
        rc = sqlite3_prepare_v2(conn->db, read->text, -1, &stmt, &tail);
    } else {
        rc = sqlite_prepare(conn->db, &stmt, "SELECT * FROM main.\"%w\"", read->text);
    }
    if (rc != SQLITE_OK) {
        return read_fail_prepare(conn, read, rc, err);
    }
    const char *why = stmt == NULL                              ? "it is empty"
                      : !read_tail_empty(conn->db, tail)        ? "it is more than one statement"
                      : !sqlite3_stmt_readonly(stmt)            ? "it would change the database"
                      : sqlite3_column_count(stmt) == 0         ? "it gives no columns"
                      : sqlite3_bind_parameter_count(stmt) != 0 ? "it has parameters"
                                                                : NULL;
    if (why != NULL) {
        sqlite3_finalize(stmt);
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "'%s': the query cannot be used: %s; give one SELECT statement",
                          conn->path, why);
    }
    *ret_stmt = stmt;
    return FERRY_OK;
}

/* Column `i` of a statement.  The strings live as long as the statement. */
static ferry_status read_describe_column(sqlite3_stmt *stmt, int i, struct ferry_column *column,
                                         struct ferry_error *err)
{
    *column = (struct ferry_column){.name = sqlite3_column_name(stmt, i)};
    if (column->name == NULL) {
        return sqlite_fail_memory(err);
    }
    sqlite_type_describe(sqlite3_column_decltype(stmt, i), column);
    return FERRY_OK;
}

/* A table says more than a result does: NOT NULL and the primary key.  A column of a view may be
 * NULL although its origin may not (outer joins), so only tables are asked. */
static void read_describe_keys(const struct sqlite_table *table, int i, struct ferry_column *column)
{
    if (table->obstacle == NULL && (size_t)i < table->column_count &&
        strcmp(table->columns[i].name, column->name) == 0) {
        column->key_position = (uint32_t)table->columns[i].key;
        column->flags |= table->columns[i].not_null ? FERRY_COLUMN_NOT_NULL : 0;
    }
}

static ferry_status read_describe(void *argument, const struct ferry_read *read,
                                  struct ferry_schema *schema, struct ferry_error *err)
{
    struct sqlite_conn *conn = argument;
    sqlite3_stmt *stmt = NULL;
    struct sqlite_table table = {0};
    ferry_status status = sqlite_check_cancelled(conn, err);
    if (status != FERRY_OK || (status = read_prepare(conn, read, &stmt, err)) != FERRY_OK) {
        return status;
    }
    if (read->kind != FERRY_READ_QUERY) {
        int rc = sqlite_table_load(conn->db, read->text, &table);
        status = rc == SQLITE_OK
                     ? FERRY_OK
                     : sqlite_fail(conn, conn->db, rc, err, "describing '%s'", read->text);
    }
    for (int i = 0; status == FERRY_OK && i < sqlite3_column_count(stmt); i++) {
        struct ferry_column column;
        status = read_describe_column(stmt, i, &column, err);
        if (status == FERRY_OK) {
            read_describe_keys(&table, i, &column);
            status = ferry_schema_add(schema, &column, sizeof column, err);
        }
    }
    sqlite_table_clear(&table);
    sqlite3_finalize(stmt);
    return status;
}

/* Fail unless the statement still has the columns that describe saw. */
static ferry_status read_compare(struct sqlite_conn *conn, sqlite3_stmt *stmt,
                                 const struct ferry_schema *schema, struct ferry_error *err)
{
    int count = sqlite3_column_count(stmt);
    if ((size_t)count != ferry_schema_count(schema)) {
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "'%s': the result has %d columns now and had %zu before: run again",
                          conn->path, count, ferry_schema_count(schema));
    }
    for (int i = 0; i < count; i++) {
        struct ferry_column now;
        const struct ferry_column *before = ferry_schema_column(schema, (size_t)i);
        ferry_status status = read_describe_column(stmt, i, &now, err);
        if (status != FERRY_OK) {
            return status;
        }
        if (strcmp(now.name, before->name) != 0 || now.type != before->type ||
            strcmp(now.native, before->native) != 0) {
            return ferry_fail(
                err, FERRY_ERR_SCHEMA,
                "'%s': column %d is '%s' (%s) now and was '%s' (%s) before: run again", conn->path,
                i + 1, now.name, now.native, before->name, before->native);
        }
    }
    return FERRY_OK;
}

static void read_end(void *argument)
{
    struct sqlite_cursor *cursor = argument;
    if (cursor != NULL) {
        sqlite3_finalize(cursor->stmt);
        free(cursor);
    }
}

static ferry_status read_begin(void *argument, const struct ferry_read *read,
                               const struct ferry_schema *schema, void **ret_cursor,
                               struct ferry_error *err)
{
    struct sqlite_conn *conn = argument;
    struct sqlite_cursor *cursor = NULL;
    ferry_status status = sqlite_check_cancelled(conn, err);
    if (status != FERRY_OK) {
        return status;
    }
    cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL) {
        return sqlite_fail_memory(err);
    }
    cursor->conn = conn;
    cursor->schema = schema;
    status = read_prepare(conn, read, &cursor->stmt, err);
    if (status == FERRY_OK) {
        status = read_compare(conn, cursor->stmt, schema, err);
    }
    if (status != FERRY_OK) {
        read_end(cursor);
        return status;
    }
    cursor->column_count = sqlite3_column_count(cursor->stmt);
    *ret_cursor = cursor;
    return FERRY_OK;
}

/* Copy a TEXT or BLOB value into the batch. */
static ferry_status read_bytes(struct sqlite_cursor *cursor, struct ferry_batch *batch,
                               sqlite3_value *value, int storage, struct ferry_cell *cell,
                               struct ferry_error *err)
{
    const void *data = storage == SQLITE_TEXT ? (const void *)sqlite3_value_text(value)
                                              : sqlite3_value_blob(value);
    size_t size = (size_t)sqlite3_value_bytes(value);
    /* NULL is a BLOB of no bytes, or a failed conversion. */
    if (data == NULL && (storage == SQLITE_TEXT || size > 0 ||
                         (sqlite3_errcode(cursor->conn->db) & 0xff) == SQLITE_NOMEM)) {
        return sqlite_fail_memory(err);
    }
    if (!ferry_batch_text(batch, cell, data == NULL ? "" : data, size)) {
        return sqlite_fail_memory(err);
    }
    return FERRY_OK;
}

/* A value of another kind than the column's declared type promises. */
static ferry_status read_fail_kind(const struct sqlite_cursor *cursor,
                                   const struct ferry_batch *batch, int i, int storage,
                                   struct ferry_error *err)
{
    return ferry_fail_cell(err, FERRY_ERR_DATA, batch, ferry_batch_count(batch) - 1, (size_t)i,
                           "%s value in a column declared '%s'; mend the value, or read a query "
                           "that says CAST(... AS ...)",
                           read_storage_names[storage],
                           ferry_schema_column(cursor->schema, (size_t)i)->native);
}

static ferry_status read_cell(struct sqlite_cursor *cursor, struct ferry_batch *batch, int i,
                              struct ferry_cell *cell, struct ferry_error *err)
{
    /* What a column of each type accepts; ANY accepts all, and its cells say which. */
    static const uint16_t kinds[] = {
        [SQLITE_INTEGER] = FERRY_KIND_INT,
        [SQLITE_FLOAT] = FERRY_KIND_FLOAT,
        [SQLITE_TEXT] = FERRY_KIND_TEXT,
        [SQLITE_BLOB] = FERRY_KIND_BYTES,
    };
    static const int promised[] = {
        [FERRY_TYPE_INT] = SQLITE_INTEGER,
        [FERRY_TYPE_FLOAT] = SQLITE_FLOAT,
        [FERRY_TYPE_TEXT] = SQLITE_TEXT,
        [FERRY_TYPE_BYTES] = SQLITE_BLOB,
    };
    /* Once for all that is asked of it: each sqlite3_column_ call looks it up again.  Nobody else
     * uses this connection, so that it needs no lock either. */
    sqlite3_value *value = sqlite3_column_value(cursor->stmt, i);
    int storage = sqlite3_value_type(value);
    uint32_t type = ferry_schema_column(cursor->schema, (size_t)i)->type;
    if (storage == SQLITE_NULL) {
        cell->null = 1;
        return FERRY_OK;
    }
    if (type == FERRY_TYPE_ANY) {
        cell->kind = kinds[storage];
    } else if (promised[type] != storage) {
        int64_t integer = sqlite3_value_int64(value);
        double same = (double)integer;
        if (type == FERRY_TYPE_FLOAT && storage == SQLITE_INTEGER && same < READ_INT64_END &&
            (int64_t)same == integer) {
            cell->v.f = same;
            return FERRY_OK;
        }
        return read_fail_kind(cursor, batch, i, storage, err);
    }
    if (storage == SQLITE_INTEGER) {
        cell->v.i = sqlite3_value_int64(value);
        return FERRY_OK;
    }
    if (storage == SQLITE_FLOAT) {
        cell->v.f = sqlite3_value_double(value);
        return FERRY_OK;
    }
    return read_bytes(cursor, batch, value, storage, cell, err);
}

static ferry_status read_batch(void *argument, struct ferry_batch *batch, struct ferry_error *err)
{
    struct sqlite_cursor *cursor = argument;
    struct sqlite_conn *conn = cursor->conn;
    ferry_status status = sqlite_check_cancelled(conn, err);
    sqlite_wait_begin(conn, conn->busy_ms, SQLITE_HOLDER_ANY);
    while (status == FERRY_OK && !cursor->done && !ferry_batch_full(batch)) {
        int rc = sqlite3_step(cursor->stmt);
        if (rc == SQLITE_DONE) {
            cursor->done = true; /* a step more would start again */
            break;
        }
        if (rc != SQLITE_ROW) {
            return rc == SQLITE_ERROR ? ferry_fail(err, FERRY_ERR_STREAM, "'%s': reading: %s",
                                                   conn->path, sqlite3_errmsg(conn->db))
                                      : sqlite_fail(conn, conn->db, rc, err, "reading");
        }
        if (atomic_load(&conn->cancelled)) { /* short scans may never reach the progress handler */
            return sqlite_check_cancelled(conn, err);
        }
        struct ferry_cell *cells = ferry_batch_row(batch);
        if (cells == NULL) {
            return sqlite_fail_memory(err);
        }
        for (int i = 0; status == FERRY_OK && i < cursor->column_count; i++) {
            status = read_cell(cursor, batch, i, &cells[i], err);
        }
    }
    return status;
}

static ferry_status read_snapshot_begin(void *argument, struct ferry_error *err)
{
    struct sqlite_conn *conn = argument;
    int64_t objects = 0;
    ferry_status status = sqlite_check_cancelled(conn, err);
    if (status != FERRY_OK) {
        return status;
    }
    sqlite_wait_begin(conn, conn->busy_ms, SQLITE_HOLDER_ANY);
    int rc = sqlite_run(conn->db, "BEGIN");
    if (rc == SQLITE_OK) { /* BEGIN alone holds nothing: the first read does */
        rc = sqlite_query_int(conn->db, &objects, "SELECT count(*) FROM main.sqlite_schema");
    }
    if (rc != SQLITE_OK) {
        status = sqlite_fail(conn, conn->db, rc, err, "taking a snapshot");
        sqlite_rollback(conn->db);
    }
    return status;
}

static void read_snapshot_end(void *argument)
{
    struct sqlite_conn *conn = argument;
    sqlite_rollback(conn->db);
    sqlite_wait_install(conn, conn->db);
}

const struct ferry_source sqlite_source = {
    .describe = read_describe,
    .read_begin = read_begin,
    .read_batch = read_batch,
    .read_end = read_end,
    .snapshot_begin = read_snapshot_begin,
    .snapshot_end = read_snapshot_end,
};
