/* Rows by COPY, in its binary form: a header, rows of values each with its length, a mark at the
 * end.  The server sends a row at a time, but nothing says that it must: what is not a whole row
 * yet is kept until the rest has come.
 */

#include "read/read.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char read_signature[] = "PGCOPY\n\377\r\n"; /* its NUL is a part of it */
#define READ_HEADER (sizeof read_signature + 8)          /* flags, length of an extension */
#define READ_END 0xffffU                                 /* in the place of a number of columns */

struct pgdrv_cursor {
    struct pgdrv_conn *conn;
    struct pgdrv_result result;
    struct pgdrv_format *formats;
    size_t column_count;
    uint32_t on_warning; /* FERRY_WARNINGS_ */
    bool by_name;        /* a table that was named */
    uint64_t rows;
    bool copying;  /* the server was asked for rows */
    bool headed;   /* the header was read */
    bool finished; /* the mark at the end was read */
    bool ended;    /* the server has confirmed the end */
    /* What came last, and what is left of it: the library's memory, or that of `kept`. */
    char *piece;
    const unsigned char *at;
    size_t left;
    struct part_text kept; /* the beginning of a row whose end has not come */
};

/* ---- Beginning ---- */

static bool read_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool read_same_column(const struct pgdrv_column *now, const struct ferry_column *expected)
{
    if (!read_same_text(now->column.name, expected->name))
        return false;
    if ((expected->flags & FERRY_COLUMN_RAW) != 0 && expected->type == FERRY_TYPE_BYTES)
        return pgdrv_column_is_text(now);
    return now->column.type == expected->type && now->column.bits == expected->bits &&
           now->column.precision == expected->precision && now->column.scale == expected->scale &&
           now->column.length == expected->length &&
           ((now->column.flags ^ expected->flags) & (FERRY_COLUMN_UTC | FERRY_COLUMN_UNSIGNED)) ==
               0;
}

/* In a snapshot the definition is held; without one it may have changed since it was described. */
static ferry_status read_check(const struct pgdrv_cursor *cursor, const struct ferry_schema *schema,
                               struct ferry_error *err)
{
    const struct pgdrv_result *result = &cursor->result;
    bool same = result->count == ferry_schema_count(schema);
    for (size_t i = 0; same && i < result->count; i++)
        same = read_same_column(&result->columns[i], ferry_schema_column(schema, i));
    if (same)
        return FERRY_OK;
    ferry_status status =
        ferry_fail(err, FERRY_ERR_BUSY, "%s: %s has other columns than a moment ago; run again",
                   cursor->conn->label, result->what);
    ferry_error_may_pass(err);
    return status;
}

/* A text as bytes comes as it is; spaces that mean nothing are left out all the same. */
static ferry_status read_choose_formats(struct pgdrv_cursor *cursor,
                                        const struct ferry_schema *schema,
                                        const struct ferry_scan *scan, struct ferry_error *err)
{
    cursor->column_count = pgdrv_scan_width(scan, cursor->result.count);
    cursor->formats = calloc(cursor->column_count + 1, sizeof *cursor->formats);
    if (cursor->formats == NULL)
        return pgdrv_fail_memory(err);
    for (size_t i = 0; i < cursor->column_count; i++) {
        size_t c = pgdrv_scan_column(scan, i);
        const struct pgdrv_column *column = &cursor->result.columns[c];
        bool raw = (ferry_schema_column(schema, c)->flags & FERRY_COLUMN_RAW) != 0;
        cursor->formats[i].codec =
            raw && column->codec == PGDRV_CODEC_JSONB ? PGDRV_CODEC_TEXT : column->codec;
        cursor->formats[i].scale =
            column->codec == PGDRV_CODEC_BIT ? column->column.bits : column->column.scale;
    }
    return FERRY_OK;
}

static ferry_status read_start(struct pgdrv_cursor *cursor, const char *select,
                               struct ferry_error *err)
{
    struct pgdrv_conn *conn = cursor->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_STRING char *doing = NULL;
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    part_text_addf(&sql, "COPY (%s) TO STDOUT (FORMAT binary)", select);
    if (asprintf(&doing, "read %s", cursor->result.what) < 0)
        doing = NULL;
    if (sql.failed || doing == NULL)
        return pgdrv_fail_memory(err);
    pgdrv_warnings_forget(conn);
    ferry_status status = pgdrv_send(conn, PGDRV_READING, sql.data, NULL, 0, false, doing, err);
    cursor->copying = status == FERRY_OK;
    if (status == FERRY_OK)
        status = pgdrv_next(conn, PGDRV_READING, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    if (PQresultStatus(result) == PGRES_COPY_OUT)
        return FERRY_OK;
    if (pgdrv_result_is_good(result))
        return pgdrv_fail_shape(conn, PGDRV_READING, doing, err);
    return pgdrv_fail_result(conn, PGDRV_READING, result, doing, err);
}

ferry_status pgdrv_read_begin(void *conn, const struct ferry_read *read,
                              const struct ferry_schema *schema, const struct ferry_scan *scan,
                              void **ret_cursor, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text select = {0};
    struct pgdrv_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return pgdrv_fail_memory(err);
    cursor->conn = conn;
    cursor->on_warning = read->on_warning;
    cursor->by_name = read->kind == FERRY_READ_TABLE;
    ferry_status status = pgdrv_snapshot_let_go(conn, err);
    if (status == FERRY_OK)
        status = pgdrv_result_open(conn, read, &cursor->result, err);
    if (status == FERRY_OK)
        status = read_check(cursor, schema, err);
    if (status == FERRY_OK)
        status = read_choose_formats(cursor, schema, scan, err);
    if (status == FERRY_OK)
        status = pgdrv_select_write(conn, read, schema, &cursor->result, scan, false, &select, err);
    if (status == FERRY_OK)
        status = read_start(cursor, select.data, err);
    if (status != FERRY_OK) {
        pgdrv_read_end(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

/* ---- The stream ---- */

static ferry_status read_fail(struct pgdrv_cursor *cursor, const PGresult *result,
                              struct ferry_error *err)
{
    PART_AUTO_STRING char *doing = NULL;
    if (asprintf(&doing, "read on after %" PRIu64 " rows of %s", cursor->rows,
                 cursor->result.what) < 0) {
        doing = NULL;
        return pgdrv_fail_memory(err);
    }
    return pgdrv_fail_result(cursor->conn, PGDRV_READING, result, doing, err);
}

static ferry_status read_fail_form(const struct pgdrv_cursor *cursor, const char *what,
                                   struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_STREAM,
                      "%s: the stream of %s is not sound after %" PRIu64 " rows: %s; something on "
                      "the way may have changed it: run again",
                      cursor->conn->label, cursor->result.what, cursor->rows, what);
}

static ferry_status read_take_in(struct pgdrv_cursor *cursor, struct ferry_error *err)
{
    PART_AUTO_STRING char *doing = NULL;
    if (asprintf(&doing, "read on after %" PRIu64 " rows of %s", cursor->rows,
                 cursor->result.what) < 0) {
        doing = NULL;
        return pgdrv_fail_memory(err);
    }
    return pgdrv_take_in(cursor->conn, PGDRV_READING, doing, err);
}

/* The next piece of the stream; `*ret_more` false: there is none. */
static ferry_status read_next_piece(struct pgdrv_cursor *cursor, char **ret_piece, size_t *ret_size,
                                    bool *ret_more, struct ferry_error *err)
{
    for (;;) {
        char *piece = NULL;
        int size = PQgetCopyData(cursor->conn->pg, &piece, 1);
        if (size > 0) {
            *ret_piece = piece;
            *ret_size = (size_t)size;
            *ret_more = true;
            return FERRY_OK;
        }
        if (size == -2)
            return read_fail(cursor, NULL, err);
        if (size == -1) {
            *ret_more = false;
            return FERRY_OK;
        }
        ferry_status status = read_take_in(cursor, err);
        if (status != FERRY_OK)
            return status;
    }
}

/* More of the stream, behind what is left. */
static ferry_status read_more(struct pgdrv_cursor *cursor, bool *ret_more, struct ferry_error *err)
{
    char *piece = NULL;
    size_t size = 0;
    ferry_status status = read_next_piece(cursor, &piece, &size, ret_more, err);
    if (status != FERRY_OK || !*ret_more)
        return status;
    if (cursor->left == 0) {
        PQfreemem(cursor->piece);
        cursor->piece = piece;
        cursor->at = (const unsigned char *)piece;
        cursor->left = size;
        return FERRY_OK;
    }
    struct part_text joined = {0};
    part_text_append(&joined, (const char *)cursor->at, cursor->left);
    part_text_append(&joined, piece, size);
    PQfreemem(piece);
    part_text_clear(&cursor->kept);
    cursor->kept = joined;
    cursor->at = (const unsigned char *)joined.data;
    cursor->left = joined.length;
    return joined.failed ? pgdrv_fail_memory(err) : FERRY_OK;
}

static uint32_t read_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* How long the row is that begins here; 0: it has not come whole.  Columns are counted first, so
 * that a row of others is seen at once. */
static size_t read_row_size(const struct pgdrv_cursor *cursor)
{
    size_t size = 2;
    for (size_t i = 0; i < cursor->column_count; i++) {
        if (cursor->left < size + 4)
            return 0;
        uint32_t length = read_u32(cursor->at + size);
        size += 4;
        if (length == UINT32_MAX)
            continue;
        if (length > cursor->left - size)
            return 0;
        size += length;
    }
    return size;
}

static ferry_status read_row(struct pgdrv_cursor *cursor, struct ferry_batch *batch,
                             struct ferry_error *err)
{
    const unsigned char *at = cursor->at + 2;
    struct ferry_cell *cells = ferry_batch_row(batch);
    ferry_status status = FERRY_OK;
    if (cells == NULL)
        return pgdrv_fail_memory(err);
    for (size_t i = 0; i < cursor->column_count && status == FERRY_OK; i++) {
        uint32_t length = read_u32(at);
        at += 4;
        if (length == UINT32_MAX) {
            cells[i].null = 1;
            continue;
        }
        status = pgdrv_decode(&cursor->formats[i], at, length, batch, i, &cells[i], err);
        at += length;
    }
    cursor->left -= (size_t)(at - cursor->at);
    cursor->at = at;
    cursor->rows++;
    return status;
}

/* `*ret_moved`: something was taken of what has come. */
static ferry_status read_step(struct pgdrv_cursor *cursor, struct ferry_batch *batch,
                              bool *ret_moved, struct ferry_error *err)
{
    *ret_moved = false;
    if (!cursor->headed) {
        if (cursor->left < READ_HEADER)
            return FERRY_OK;
        if (memcmp(cursor->at, read_signature, sizeof read_signature) != 0 ||
            read_u32(cursor->at + sizeof read_signature) != 0 ||
            read_u32(cursor->at + sizeof read_signature + 4) != 0)
            return read_fail_form(cursor, "it has another header", err);
        cursor->headed = *ret_moved = true;
        cursor->at += READ_HEADER;
        cursor->left -= READ_HEADER;
        return FERRY_OK;
    }
    if (cursor->left < 2)
        return FERRY_OK;
    unsigned columns = (unsigned)cursor->at[0] << 8 | cursor->at[1];
    if (columns == READ_END) {
        cursor->finished = *ret_moved = true;
        return cursor->left == 2 ? FERRY_OK
                                 : read_fail_form(cursor, "it goes on behind its end", err);
    }
    if (columns != cursor->column_count)
        return read_fail_form(cursor, "a row has another number of columns", err);
    if (read_row_size(cursor) == 0)
        return FERRY_OK;
    *ret_moved = true;
    return read_row(cursor, batch, err);
}

/* ---- The end ---- */

/* The mark at the end of the stream is the server's word for its end, and so is the number of rows
 * in its answer. */
static ferry_status read_confirm_end(struct pgdrv_cursor *cursor, struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    PGDRV_AUTO_RESULT PGresult *none = NULL;
    static const char doing[] = "learn whether all rows have come";
    ferry_status status = pgdrv_next(cursor->conn, PGDRV_READING, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return read_fail(cursor, result, err);
    status = pgdrv_next(cursor->conn, PGDRV_READING, doing, &none, err);
    if (status != FERRY_OK)
        return status;
    if (none != NULL || PQstatus(cursor->conn->pg) == CONNECTION_BAD)
        return read_fail(cursor, none, err);
    if (!cursor->finished)
        return read_fail_form(cursor, "its end is missing", err);
    char *behind = NULL;
    uintmax_t sent = strtoumax(PQcmdTuples((PGresult *)result), &behind, 10);
    if (*PQcmdTuples((PGresult *)result) == '\0' || *behind != '\0' || sent != cursor->rows)
        return read_fail_form(cursor, "the server says that it has sent another number of rows",
                              err);
    cursor->ended = true;
    status = pgdrv_read_prove(cursor->conn, cursor->by_name, cursor->result.what, err);
    return status == FERRY_OK
               ? pgdrv_warnings_judge(cursor->conn, cursor->result.what, cursor->on_warning, err)
               : status;
}

ferry_status pgdrv_read_batch(void *argument, struct ferry_batch *batch, struct ferry_error *err)
{
    struct pgdrv_cursor *cursor = argument;
    if (cursor->ended)
        return FERRY_OK;
    ferry_status status = pgdrv_conn_check(cursor->conn, err);
    while (status == FERRY_OK && !ferry_batch_full(batch)) {
        bool moved = false;
        bool more = true;
        if (!cursor->finished)
            status = read_step(cursor, batch, &moved, err);
        if (status != FERRY_OK || moved)
            continue;
        if (cursor->finished)
            cursor->left = 0;
        status = read_more(cursor, &more, err);
        if (status == FERRY_OK && !more)
            return read_confirm_end(cursor, err);
        if (status == FERRY_OK && cursor->finished)
            return read_fail_form(cursor, "it goes on behind its end", err);
    }
    return status;
}

/* The rows that are left may take hours to come: the connection is given up instead. */
void pgdrv_read_end(void *argument)
{
    struct pgdrv_cursor *cursor = argument;
    if (cursor == NULL)
        return;
    if (cursor->copying && !cursor->ended)
        cursor->conn->broken = true;
    cursor->conn->read_since = true;
    pgdrv_result_clear(&cursor->result);
    part_text_clear(&cursor->kept);
    PQfreemem(cursor->piece);
    free(cursor->formats);
    free(cursor);
}
