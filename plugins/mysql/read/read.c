/* Rows, unbuffered, in the binary protocol: the server's packets become cells as they arrive. */

#include "read/read.h"
#include "types/codes.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

static bool read_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The flags that the result itself tells.  (NOT_NULL may be gone from the schema, where the core
 * makes NULL of zero dates; a NULL that is not allowed is found when it comes.) */
#define READ_FLAGS (FERRY_COLUMN_UNSIGNED | FERRY_COLUMN_UTC | FERRY_COLUMN_ZEROFILL)

static bool read_same_column(const struct ferry_column *a, const struct ferry_column *b)
{
    return read_same_text(a->name, b->name) && a->type == b->type &&
           (a->flags & READ_FLAGS) == (b->flags & READ_FLAGS) && a->bits == b->bits &&
           a->precision == b->precision && a->scale == b->scale &&
           (a->length == b->length || a->type == FERRY_TYPE_INT);
}

/* Only the catalog tells that these bytes are MariaDB's VECTOR. */
static bool read_is_vector(const struct ferry_column *now, const struct ferry_column *expected)
{
    return expected->type == FERRY_TYPE_VECTOR && now->type == FERRY_TYPE_BYTES &&
           now->length == expected->length * sizeof(float) &&
           read_same_text(now->name, expected->name);
}

/* MySQL describes a UNION of NULLs otherwise once it is executed. */
static bool read_is_null(const struct ferry_column *now, const struct ferry_column *expected)
{
    return (expected->flags & FERRY_COLUMN_ONLY_NULL) != 0 &&
           read_same_text(now->name, expected->name);
}

/* A text that the job wants as bytes: only that it is one is left to compare. */
static bool read_is_bytes_of_text(const struct mydrv_column *now,
                                  const struct ferry_column *expected)
{
    return (expected->flags & FERRY_COLUMN_RAW) != 0 && expected->type == FERRY_TYPE_BYTES &&
           (now->set != NULL || now->column.type == FERRY_TYPE_JSON) &&
           read_same_text(now->column.name, expected->name);
}

/* Whether the result has what the CAST around a column makes of it. */
static bool read_is_recast(const struct mydrv_column *planned, const struct mydrv_column *now)
{
    if (planned->recast == NULL)
        return false;
    if (planned->column.type == FERRY_TYPE_BIT) /* MariaDB: an INT for up to 10 bits */
        return now->column.type == FERRY_TYPE_INT &&
               (now->column.flags & FERRY_COLUMN_UNSIGNED) != 0;
    return now->codec == MYDRV_CODEC_STRING;
}

/* Behind a derived table, a text may have room for more or fewer letters. */
static bool read_is_derived(const struct mydrv_cursor *cursor, const struct ferry_column *now,
                            const struct ferry_column *expected)
{
    struct ferry_column resized = *now;
    bool varies = now->type == FERRY_TYPE_TEXT || now->type == FERRY_TYPE_BYTES;
    resized.length = expected->length;
    return cursor->derived && varies && read_same_column(&resized, expected);
}

/* Describe a column of the result that is on its way.  One with a CAST around it stands for what it
 * was when the statement was prepared. */
static ferry_status read_check_column(const struct mydrv_cursor *cursor, const MYSQL_FIELD *field,
                                      const struct ferry_column *expected, size_t position,
                                      struct mydrv_column *ret, struct ferry_error *err)
{
    const struct mydrv_conn *conn = cursor->conn;
    const struct mydrv_column *planned = &cursor->statement.columns[position - 1];
    ferry_status status = mydrv_column_describe(field, position, conn->utc, ret, err);
    if (status != FERRY_OK)
        return status;
    if (read_same_column(read_is_recast(planned, ret) ? &planned->column : &ret->column,
                         expected) ||
        read_is_vector(&ret->column, expected) || read_is_null(&ret->column, expected) ||
        read_is_bytes_of_text(ret, expected) || read_is_derived(cursor, &ret->column, expected))
        return FERRY_OK;
    status = ferry_fail(err, FERRY_ERR_BUSY,
                        "%s: column '%s' of %s changed a moment ago (now %s); run again",
                        conn->label, ret->name, cursor->statement.what, ret->native);
    ferry_error_may_pass(err);
    mydrv_column_clear(ret);
    return status;
}

static ferry_status read_fail_count(const struct mydrv_cursor *cursor, size_t count,
                                    size_t expected, struct ferry_error *err)
{
    ferry_status status = ferry_fail(
        err, FERRY_ERR_BUSY, "%s: %s now has %zu columns and had %zu a moment ago; run again",
        cursor->conn->label, cursor->statement.what, count, expected);
    ferry_error_may_pass(err);
    return status;
}

/* Prepare the decoding of each column, and see that the result still is what was described. */
static ferry_status read_bind_columns(struct mydrv_cursor *cursor,
                                      const struct ferry_schema *schema, MYSQL_RES *metadata,
                                      struct ferry_error *err)
{
    unsigned count = mysql_num_fields(metadata);
    const MYSQL_FIELD *fields = mysql_fetch_fields(metadata);
    size_t width = mydrv_scan_width(cursor->scan, ferry_schema_count(schema));
    if (count != width || count != cursor->statement.column_count)
        return read_fail_count(cursor, count, width, err);
    cursor->formats = calloc(count, sizeof *cursor->formats);
    if (cursor->formats == NULL)
        return mydrv_fail_memory(err);
    cursor->column_count = count;
    for (unsigned i = 0; i < count; i++) {
        struct mydrv_column column = {0};
        const struct ferry_column *expected =
            ferry_schema_column(schema, mydrv_scan_column(cursor->scan, i));
        ferry_status status = read_check_column(cursor, &fields[i], expected, i + 1, &column, err);
        if (status != FERRY_OK)
            return status;
        cursor->formats[i].codec = column.codec;
        cursor->formats[i].not_null = (expected->flags & FERRY_COLUMN_NOT_NULL) != 0;
        cursor->formats[i].scale =
            column.codec == MYDRV_CODEC_BIT ? column.column.bits : column.column.scale;
        mydrv_possible_choose(expected, &cursor->formats[i]);
        /* Texts of utf8mb4 and utf8mb3 are UTF-8 already: the core looks at each. */
        if (column.set != NULL && column.set->kind != MYDRV_CHARSET_UTF8 &&
            (expected->flags & FERRY_COLUMN_RAW) == 0)
            cursor->formats[i].set = column.set;
        mydrv_column_clear(&column);
    }
    return FERRY_OK;
}

/* The library's table of attributes takes functions as data pointers. */
static bool read_set_callback(MYSQL_STMT *stmt, struct mydrv_cursor *cursor)
{
    ps_result_callback function = mydrv_decode_cell;
    const void *address;
    _Static_assert(sizeof address == sizeof function, "functions fit data pointers");
    memcpy(&address, &function, sizeof address);
    return mysql_stmt_attr_set(stmt, STMT_ATTR_CB_USER_DATA, cursor) == 0 &&
           mysql_stmt_attr_set(stmt, STMT_ATTR_CB_RESULT, address) == 0;
}

/* What the translation of texts needs, for as long as nothing is on its way. */
static ferry_status read_learn_codes(struct mydrv_cursor *cursor, const struct ferry_schema *schema,
                                     struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < cursor->statement.column_count && status == FERRY_OK; i++) {
        const struct mydrv_charset *set = cursor->statement.columns[i].set;
        const struct mydrv_codes *codes;
        size_t column = mydrv_scan_column(cursor->scan, i);
        bool raw = column < ferry_schema_count(schema) &&
                   (ferry_schema_column(schema, column)->flags & FERRY_COLUMN_RAW) != 0;
        if (set != NULL && set->kind == MYDRV_CHARSET_CODES && !raw)
            status = mydrv_codes_get(cursor->conn, set, &codes, err);
    }
    return status;
}

static ferry_status read_fail_set(const struct mydrv_cursor *cursor, const char *column,
                                  struct ferry_error *err)
{
    ferry_status status =
        ferry_fail(err, FERRY_ERR_BUSY,
                   "%s: the character set of column '%s' of %s changed a moment ago; run again",
                   cursor->conn->label, column, cursor->statement.what);
    ferry_error_may_pass(err);
    return status;
}

/* The table is there already, unless the column was altered between the two descriptions. */
static ferry_status read_find_codes(struct mydrv_cursor *cursor, struct ferry_error *err)
{
    for (size_t i = 0; i < cursor->column_count; i++) {
        struct mydrv_cell_format *format = &cursor->formats[i];
        if (format->set == NULL || format->set->kind != MYDRV_CHARSET_CODES)
            continue;
        if (format->set != cursor->statement.columns[i].set)
            return read_fail_set(cursor, cursor->statement.columns[i].name, err);
        ferry_status status = mydrv_codes_get(cursor->conn, format->set, &format->codes, err);
        if (status != FERRY_OK)
            return status;
    }
    return FERRY_OK;
}

static ferry_status read_start(struct mydrv_cursor *cursor, const struct ferry_schema *schema,
                               struct ferry_error *err)
{
    PART_AUTO_STRING char *doing = NULL;
    if (asprintf(&doing, "read %s", cursor->statement.what) < 0) {
        doing = NULL;
        return mydrv_fail_memory(err);
    }
    if (!read_set_callback(cursor->statement.stmt, cursor))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "the MySQL client library is too old to hand out rows (Connector/C 3.1 "
                          "or later is needed)");
    if (mysql_stmt_execute(cursor->statement.stmt) != 0)
        return mydrv_fail_stmt(cursor->conn, cursor->statement.stmt, MYDRV_READING, doing, err);
    cursor->executed = true;
    MYSQL_RES *metadata = mysql_stmt_result_metadata(cursor->statement.stmt);
    if (metadata == NULL)
        return mydrv_fail_memory(err);
    ferry_status status = read_bind_columns(cursor, schema, metadata, err);
    mysql_free_result(metadata);
    return status == FERRY_OK ? read_find_codes(cursor, err) : status;
}

/* The statement, which has the columns that were described, as the scan asks for it. */
static ferry_status read_scan(struct mydrv_cursor *cursor, const struct ferry_read *read,
                              const struct ferry_schema *schema, struct ferry_error *err)
{
    if (mydrv_scan_is_plain(cursor->scan))
        return FERRY_OK;
    cursor->derived = read->kind == FERRY_READ_QUERY;
    size_t count = cursor->statement.column_count;
    return count == ferry_schema_count(schema)
               ? mydrv_statement_scan(cursor->conn, read, schema, cursor->scan, &cursor->statement,
                                      err)
               : read_fail_count(cursor, count, ferry_schema_count(schema), err);
}

ferry_status mydrv_read_begin(void *conn, const struct ferry_read *read,
                              const struct ferry_schema *schema, const struct ferry_scan *scan,
                              void **ret_cursor, struct ferry_error *err)
{
    struct mydrv_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return mydrv_fail_memory(err);
    cursor->conn = conn;
    cursor->scan = scan;
    cursor->on_warning = read->on_warning;
    ferry_status status = mydrv_list_let_go(conn, err);
    if (status == FERRY_OK)
        status = mydrv_statement_open(conn, read, schema, &cursor->statement, err);
    if (status == FERRY_OK)
        status = read_scan(cursor, read, schema, err);
    if (status == FERRY_OK)
        status = read_learn_codes(cursor, schema, err);
    if (status == FERRY_OK)
        status = read_start(cursor, schema, err);
    if (status != FERRY_OK) {
        mydrv_read_end(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

static ferry_status read_fail(struct mydrv_cursor *cursor, struct ferry_error *err)
{
    PART_AUTO_STRING char *doing = NULL;
    if (asprintf(&doing, "read on after %" PRIu64 " rows of %s", cursor->rows,
                 cursor->statement.what) < 0) {
        doing = NULL;
        return mydrv_fail_memory(err);
    }
    if (mysql_stmt_errno(cursor->statement.stmt) == 0 && mysql_errno(cursor->conn->native) == 0 &&
        !atomic_load(&cursor->conn->cancelled))
        return ferry_fail(err, FERRY_ERR_STREAM,
                          "%s: cannot %s: the client library gives no reason; run again",
                          cursor->conn->label, doing);
    return mydrv_fail_stmt(cursor->conn, cursor->statement.stmt, MYDRV_READING, doing, err);
}

/* "No data" alone is no proof: a lost server must not look like the end.  It is the end if neither
 * the statement nor the connection has an error and the server still answers, which the question
 * for warnings shows. */
static ferry_status read_confirm_end(struct mydrv_cursor *cursor, struct ferry_error *err)
{
    if (mysql_stmt_errno(cursor->statement.stmt) != 0 || mysql_errno(cursor->conn->native) != 0 ||
        atomic_load(&cursor->conn->cancelled))
        return read_fail(cursor, err);
    ferry_status status =
        mydrv_warnings_judge(cursor->conn, cursor->statement.what, cursor->on_warning, err);
    cursor->ended = status == FERRY_OK || status == FERRY_ERR_DATA;
    return status;
}

ferry_status mydrv_read_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    struct mydrv_cursor *c = cursor;
    if (c->ended)
        return FERRY_OK;
    ferry_status status = mydrv_conn_check(c->conn, err);
    if (status != FERRY_OK)
        return status;
    c->batch = batch;
    c->err = err;
    c->failed = FERRY_OK;
    while (!ferry_batch_full(batch)) {
        c->row_end = NULL;
        int fetched = mysql_stmt_fetch(c->statement.stmt);
        if (c->failed == FERRY_OK && fetched == 0)
            c->failed = mydrv_decode_end(c);
        if (c->failed != FERRY_OK)
            return c->failed;
        if (fetched == MYSQL_NO_DATA)
            return read_confirm_end(c, err);
        if (fetched != 0)
            return read_fail(c, err);
        c->rows++;
    }
    return FERRY_OK;
}

/* Closing a statement in mid-stream makes the library read all the rows that are left, which may
 * take hours: the connection is cut off instead. */
void mydrv_read_end(void *cursor)
{
    struct mydrv_cursor *c = cursor;
    if (c == NULL)
        return;
    if (c->executed && !c->ended) {
        c->conn->broken = true;
        shutdown(c->conn->wake_fd, SHUT_RDWR);
    }
    c->conn->read_since = true;
    mydrv_statement_close(&c->statement);
    free(c->formats);
    free(c->room);
    free(c);
}
