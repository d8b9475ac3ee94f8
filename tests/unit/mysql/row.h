/* Rows of one column that go through mydrv_decode_cell as the client library would hand them over;
 * for tests that include decode.c. */

#ifndef FERRY_UNIT_MYSQL_ROW_H
#define FERRY_UNIT_MYSQL_ROW_H

#include "driver/batch.h"

struct row {
    struct mydrv_conn conn;
    MYSQL native;
    struct ferry_schema schema;
    struct mydrv_cursor cursor;
    struct mydrv_cell_format format;
    struct ferry_error error;
    struct ferry_batch *batch;
};

static inline void row_begin(struct row *row, const struct ferry_column *column,
                             enum mydrv_codec codec)
{
    memset(row, 0, sizeof *row);
    assert_int_equal(ferry_schema_add(&row->schema, column, sizeof *column, &row->error), FERRY_OK);
    row->batch = ferry_batch_new(&row->schema, &ferry_batch_default_limits);
    row->format.codec = codec;
    row->format.scale = column->scale;
    row->conn.native = &row->native;
    row->cursor = (struct mydrv_cursor){.conn = &row->conn,
                                        .formats = &row->format,
                                        .column_count = 1,
                                        .batch = row->batch,
                                        .err = &row->error};
}

/* How many bytes were taken. */
static inline size_t row_decode(struct row *row, unsigned char *wire, size_t size)
{
    unsigned char *at = wire;
    row->native.net.buff_end = wire + size;
    row->cursor.failed = FERRY_OK;
    mydrv_decode_cell(&row->cursor, 0, &at);
    return (size_t)(at - wire);
}

static inline void row_end(struct row *row)
{
    ferry_batch_free(row->batch);
    ferry_schema_done(&row->schema);
    ferry_error_clear(&row->error);
}

#endif
