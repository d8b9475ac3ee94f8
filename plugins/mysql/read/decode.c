/* One value from the network buffer into its cell, with one copy and no conversion.
 *
 * Connector/C 3.3.20 checks each length against the packet before it calls us; older ones do not,
 * and none tells where the packet ends.  So every value is also held against the end of the
 * network buffer: a server that lies cannot make us read outside of it.  The library puts a NUL
 * behind each packet: a row that does not end there is malformed.
 */

#include "read/read.h"
#include "types/codes.h"

#include <endian.h>
#include <string.h>

/* The protocol is little-endian and aligns nothing. */
static uint16_t decode_u16(const unsigned char *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return le16toh(value);
}

static uint32_t decode_u32(const unsigned char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

static uint64_t decode_u64(const unsigned char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

const unsigned char *mydrv_decode_length(const unsigned char *at, const unsigned char *end,
                                         uint64_t *ret_length)
{
    if (at >= end)
        return NULL;
    unsigned first = *at++;
    size_t room = (size_t)(end - at);
    uint64_t length = first;
    if (first == 252 && room >= 2) {
        length = decode_u16(at);
        at += 2;
    } else if (first == 253 && room >= 3) {
        length = (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16;
        at += 3;
    } else if (first == 254 && room >= 8) {
        length = decode_u64(at);
        at += 8;
    } else if (first > 250) {
        return NULL;
    }
    if (length > (uint64_t)(end - at))
        return NULL;
    *ret_length = length;
    return at;
}

/* Bytes of a value that has no length before it; 0 for the others. */
static const unsigned char decode_fixed_size[] = {
    [MYDRV_CODEC_INT8] = 1,     [MYDRV_CODEC_UINT8] = 1, [MYDRV_CODEC_INT16] = 2,
    [MYDRV_CODEC_UINT16] = 2,   [MYDRV_CODEC_INT32] = 4, [MYDRV_CODEC_UINT32] = 4,
    [MYDRV_CODEC_INT64] = 8,    [MYDRV_CODEC_FLOAT] = 4, [MYDRV_CODEC_DOUBLE] = 8,
    [MYDRV_CODEC_STRING] = 0,   [MYDRV_CODEC_DATE] = 0,  [MYDRV_CODEC_TIME] = 0,
    [MYDRV_CODEC_DATETIME] = 0, [MYDRV_CODEC_BIT] = 0,   [MYDRV_CODEC_NULL] = 0,
};

static void decode_float(const unsigned char *at, struct ferry_cell *cell)
{
    uint32_t bits = decode_u32(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    cell->v.f = (double)value;
}

static void decode_double(const unsigned char *at, struct ferry_cell *cell)
{
    uint64_t bits = decode_u64(at);
    memcpy(&cell->v.f, &bits, sizeof bits);
}

static void decode_fixed(enum mydrv_codec codec, const unsigned char *at, struct ferry_cell *cell)
{
    switch (codec) {
    case MYDRV_CODEC_INT8:
        cell->v.i = *at < 128 ? *at : *at - 256;
        break;
    case MYDRV_CODEC_UINT8:
        cell->v.u = *at;
        break;
    case MYDRV_CODEC_INT16:
        cell->v.i = (int16_t)decode_u16(at);
        break;
    case MYDRV_CODEC_UINT16:
        cell->v.u = decode_u16(at);
        break;
    case MYDRV_CODEC_INT32:
        cell->v.i = (int32_t)decode_u32(at);
        break;
    case MYDRV_CODEC_UINT32:
        cell->v.u = decode_u32(at);
        break;
    case MYDRV_CODEC_INT64: /* signed or not: the same bits */
        cell->v.u = decode_u64(at);
        break;
    case MYDRV_CODEC_FLOAT:
        decode_float(at, cell);
        break;
    case MYDRV_CODEC_DOUBLE:
        decode_double(at, cell);
        break;
    case MYDRV_CODEC_STRING:
    case MYDRV_CODEC_DATE:
    case MYDRV_CODEC_TIME:
    case MYDRV_CODEC_DATETIME:
    case MYDRV_CODEC_BIT:
    case MYDRV_CODEC_NULL:
        break; /* these have a length before them */
    }
}

const unsigned char *mydrv_decode_number(enum mydrv_codec codec, const unsigned char *at,
                                         const unsigned char *end, struct ferry_cell *cell)
{
    size_t size = decode_fixed_size[codec];
    if (at > end || (size_t)(end - at) < size)
        return NULL;
    decode_fixed(codec, at, cell);
    return at + size;
}

static ferry_status decode_fail(struct mydrv_cursor *cursor, unsigned column, ferry_status status,
                                const char *what)
{
    return ferry_fail_cell(cursor->err, status, cursor->batch, ferry_batch_count(cursor->batch) - 1,
                           column, "%s", what);
}

static ferry_status decode_too_big(struct mydrv_cursor *cursor, unsigned column)
{
    return decode_fail(cursor, column, FERRY_ERR_SYSTEM, "out of memory for this value");
}

/* Dates and times: at most 26 characters, printed straight into the batch. */
static ferry_status decode_moment(struct mydrv_cursor *cursor, unsigned column,
                                  const unsigned char *at, size_t size, struct ferry_cell *cell)
{
    const struct mydrv_cell_format *format = &cursor->formats[column];
    char text[MYDRV_DATETIME_ROOM];
    size_t length;
    if (format->codec == MYDRV_CODEC_DATE)
        length = mydrv_format_date(at, size, text);
    else if (format->codec == MYDRV_CODEC_DATETIME)
        length = mydrv_format_datetime(at, size, format->scale, text);
    else
        length = mydrv_format_time(at, size, format->scale, text);
    if (length == 0)
        return decode_fail(cursor, column, FERRY_ERR_STREAM,
                           "the server sent a date or time that does not exist; the stream is "
                           "damaged, or something other than a MySQL server answers");
    if (!ferry_batch_text(cursor->batch, cell, text, length))
        return decode_too_big(cursor, column);
    return FERRY_OK;
}

/* BIT(n): the bytes that n bits need, the highest first. */
static ferry_status decode_bit(struct mydrv_cursor *cursor, unsigned column,
                               const unsigned char *at, size_t size, struct ferry_cell *cell)
{
    unsigned bits = cursor->formats[column].scale;
    uint64_t value = 0;
    for (size_t i = 0; i < size && i < sizeof value; i++)
        value = value << 8 | at[i];
    if (size > sizeof value || (bits < 64 && value >> bits != 0))
        return decode_fail(cursor, column, FERRY_ERR_STREAM,
                           "the server sent more bits than the column has; the stream is damaged, "
                           "or something other than a MySQL server answers");
    cell->v.u = value;
    return FERRY_OK;
}

static const char decode_malformed[] = "the server sent a malformed row; the stream is damaged, or "
                                       "something other than a MySQL server "
                                       "answers";

static const char decode_null[] =
    "the server sent NULL for a column that is NOT NULL in its table; "
    "the stream is damaged, or something other than a MySQL server "
    "answers";

/* A text of another character set than UTF-8. */
static ferry_status decode_text(struct mydrv_cursor *cursor, unsigned column,
                                const unsigned char *text, size_t size, struct ferry_cell *cell)
{
    const struct mydrv_cell_format *format = &cursor->formats[column];
    size_t length = 0;
    if (size > UINT32_MAX || MYDRV_TRANSLATE_ROOM(size) > cursor->room_size) {
        size_t room_size = 2 * MYDRV_TRANSLATE_ROOM(size);
        char *room = size > UINT32_MAX ? NULL : realloc(cursor->room, room_size);
        if (room == NULL)
            return decode_too_big(cursor, column);
        cursor->room = room;
        cursor->room_size = room_size;
    }
    if (!mydrv_translate(format->set, format->codes, text, size, cursor->room, &length))
        return ferry_fail_cell(cursor->err, FERRY_ERR_DATA, cursor->batch,
                               ferry_batch_count(cursor->batch) - 1, column,
                               "from its byte %zu on the text has no form in UTF-8 from which %s "
                               "would come back as it was; mend it at the source, or carry the "
                               "bytes: columns = ( { name = \"%s\"; text = \"bytes\"; } ), "
                               "with copy -o job.columns.%s.text=bytes",
                               length + 1, format->set->name,
                               cursor->statement.columns[column].name,
                               cursor->statement.columns[column].name);
    return ferry_batch_text(cursor->batch, cell, cursor->room, length)
               ? FERRY_OK
               : decode_too_big(cursor, column);
}

/* ASCII is UTF-8 already, in most character sets. */
static bool decode_is_utf8(const struct mydrv_cell_format *format, const unsigned char *text,
                           size_t size)
{
    if (format->set == NULL)
        return true;
    return format->set->least == 1 && (format->codes == NULL || format->codes->ascii) &&
           mydrv_translate_is_ascii(text, size);
}

static ferry_status decode_value(struct mydrv_cursor *cursor, unsigned column, unsigned char **row)
{
    const struct mydrv_cell_format *format = &cursor->formats[column];
    struct ferry_cell *cell = &cursor->cells[column];
    const unsigned char *at = *row;
    const unsigned char *end = cursor->conn->native->net.buff_end;
    size_t fixed = decode_fixed_size[format->codec];
    if (fixed > 0) {
        if (at > end || (size_t)(end - at) < fixed)
            return decode_fail(cursor, column, FERRY_ERR_STREAM, decode_malformed);
        decode_fixed(format->codec, at, cell);
        *row += fixed;
        return FERRY_OK;
    }
    uint64_t length = 0;
    const unsigned char *value = mydrv_decode_length(at, end, &length);
    if (value == NULL)
        return decode_fail(cursor, column, FERRY_ERR_STREAM, decode_malformed);
    *row += (size_t)(value - at) + length;
    if (format->codec == MYDRV_CODEC_STRING && !decode_is_utf8(format, value, length))
        return decode_text(cursor, column, value, length, cell);
    if (format->codec == MYDRV_CODEC_STRING)
        return ferry_batch_text(cursor->batch, cell, (const char *)value, length)
                   ? FERRY_OK
                   : decode_too_big(cursor, column);
    if (format->codec == MYDRV_CODEC_BIT)
        return decode_bit(cursor, column, value, length, cell);
    return decode_moment(cursor, column, value, length, cell);
}

/* A compressed connection has the next packets behind this one, and tells where they begin. */
static bool decode_ran_over(const NET *net, const unsigned char *row_end)
{
    return net->compress && net->remain_in_buf <= net->buf_length &&
           row_end > net->buff + (net->buf_length - net->remain_in_buf);
}

bool mydrv_decode_is_whole(const struct mydrv_conn *conn, const unsigned char *row_end)
{
    return row_end == NULL || (*row_end == '\0' && !decode_ran_over(&conn->native->net, row_end));
}

ferry_status mydrv_decode_end(struct mydrv_cursor *cursor)
{
    if (mydrv_decode_is_whole(cursor->conn, cursor->row_end))
        return FERRY_OK;
    return decode_fail(cursor, (unsigned)cursor->column_count - 1, FERRY_ERR_STREAM,
                       decode_malformed);
}

static const char decode_impossible[] =
    "the server sent a value that no column of this type can hold; the stream is damaged, or "
    "something other than a MySQL server answers";

void mydrv_decode_cell(void *data, unsigned column, unsigned char **row)
{
    struct mydrv_cursor *cursor = data;
    if (cursor->failed != FERRY_OK || column >= cursor->column_count)
        return;
    /* The first value of a row is the proof that there is a row to add. */
    if (column == 0)
        cursor->cells = ferry_batch_row(cursor->batch);
    if (row == NULL) {
        cursor->cells[column].null = 1;
        if (cursor->formats[column].not_null)
            cursor->failed = decode_fail(cursor, column, FERRY_ERR_STREAM, decode_null);
        return;
    }
    cursor->failed = decode_value(cursor, column, row);
    cursor->row_end = *row;
    const struct mydrv_cell_format *format = &cursor->formats[column];
    if (format->possible != NULL && cursor->failed == FERRY_OK &&
        !format->possible(format, &cursor->cells[column]))
        cursor->failed = decode_fail(cursor, column, FERRY_ERR_STREAM, decode_impossible);
}
