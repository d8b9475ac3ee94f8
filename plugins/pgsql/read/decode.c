/* One value of the stream into its cell. */

#include "read/read.h"

#include <string.h>

static uint32_t decode_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t decode_u64(const unsigned char *at)
{
    return (uint64_t)decode_u32(at) << 32 | decode_u32(at + 4);
}

/* What is being decoded, for the functions below. */
struct decode {
    const struct pgdrv_format *format;
    const unsigned char *wire;
    uint32_t size;
    struct ferry_batch *batch;
    size_t column;
    struct ferry_cell *cell;
    struct ferry_error *err;
};

static ferry_status decode_fail(const struct decode *d)
{
    return ferry_fail_cell(d->err, FERRY_ERR_STREAM, d->batch, ferry_batch_count(d->batch) - 1,
                           d->column,
                           "the server sent %u bytes that are no value of the column's type; "
                           "something on the way may have changed them: run again",
                           (unsigned)d->size);
}

/* A value of the database's type for which no cell has a form. */
static ferry_status decode_refuse(const struct decode *d, const char *flaw)
{
    return ferry_fail_cell(d->err, FERRY_ERR_DATA, d->batch, ferry_batch_count(d->batch) - 1,
                           d->column,
                           "the value is %s, which other databases do not have; correct it in the "
                           "source, or read the column as text by a query (CAST(... AS text))",
                           flaw);
}

static ferry_status decode_text(const struct decode *d, const void *text, size_t size)
{
    return ferry_batch_text(d->batch, d->cell, text, size) != 0 ? FERRY_OK
                                                                : pgdrv_fail_memory(d->err);
}

/* Bits of a number, the rest of it being zero; what they mean is the caller's. */
static ferry_status decode_float(const struct decode *d)
{
    if (d->size == 4) {
        uint32_t bits = decode_u32(d->wire);
        float value;
        memcpy(&value, &bits, sizeof value);
        d->cell->v.f = (double)value;
    } else {
        uint64_t bits = decode_u64(d->wire);
        memcpy(&d->cell->v.f, &bits, sizeof bits);
    }
    return FERRY_OK;
}

static ferry_status decode_numeric(const struct decode *d)
{
    const char *flaw = d->size < 8 ? NULL : pgdrv_numeric_flaw(d->wire);
    if (flaw != NULL)
        return decode_refuse(d, flaw);
    size_t room = pgdrv_numeric_room(d->wire, d->size, d->format->scale);
    char *digits = room == 0 ? NULL : ferry_batch_bytes(d->batch, room);
    if (room == 0)
        return decode_fail(d);
    if (digits == NULL)
        return pgdrv_fail_memory(d->err);
    size_t length = pgdrv_numeric_format(d->wire, d->size, d->format->scale, digits);
    if (length == 0)
        return decode_fail(d);
    d->cell->v.p = digits;
    d->cell->len = (uint32_t)length;
    return FERRY_OK;
}

static ferry_status decode_moment(const struct decode *d)
{
    char room[PGDRV_DATETIME_ROOM];
    size_t length;
    if (d->format->codec == PGDRV_CODEC_DATE) {
        int32_t days = (int32_t)decode_u32(d->wire);
        const char *flaw = pgdrv_date_flaw(days);
        if (flaw != NULL)
            return decode_refuse(d, flaw);
        pgdrv_date_format(days, room);
        return decode_text(d, room, PGDRV_DATE_ROOM);
    }
    int64_t microseconds = (int64_t)decode_u64(d->wire);
    if (d->format->codec == PGDRV_CODEC_TIME) {
        length = pgdrv_time_format(microseconds, d->format->scale, room);
    } else {
        const char *flaw = pgdrv_datetime_flaw(microseconds);
        if (flaw != NULL)
            return decode_refuse(d, flaw);
        length = pgdrv_datetime_format(microseconds, d->format->scale, room);
    }
    return length == 0 ? decode_fail(d) : decode_text(d, room, length);
}

/* How many bits, then those, from the left. */
static ferry_status decode_bits(const struct decode *d)
{
    unsigned bits = d->format->scale;
    uint32_t bytes = (bits + 7) / 8;
    uint64_t value = 0;
    if (d->size != 4 + bytes || decode_u32(d->wire) != bits)
        return decode_fail(d);
    for (uint32_t i = 0; i < bytes; i++)
        value = value << 8 | d->wire[4 + i];
    d->cell->v.u = value >> (bytes * 8 - bits);
    return FERRY_OK;
}

static ferry_status decode_uuid(const struct decode *d)
{
    static const char digits[] = "0123456789abcdef";
    char room[36];
    char *out = room;
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[d->wire[i] >> 4];
        *out++ = digits[d->wire[i] & 15];
    }
    return decode_text(d, room, sizeof room);
}

static ferry_status decode_letters(const struct decode *d)
{
    uint32_t size = d->size;
    if (d->format->codec == PGDRV_CODEC_JSONB)
        return size > 0 && *d->wire == 1 ? decode_text(d, d->wire + 1, size - 1) : decode_fail(d);
    while (d->format->codec == PGDRV_CODEC_PADDED && size > 0 && d->wire[size - 1] == ' ')
        size--;
    return decode_text(d, d->wire, size);
}

static ferry_status decode_value(const struct decode *d)
{
    switch (d->format->codec) {
    case PGDRV_CODEC_TEXT:
    case PGDRV_CODEC_PADDED:
    case PGDRV_CODEC_JSONB:
        return decode_letters(d);
    case PGDRV_CODEC_BOOL:
        d->cell->v.i = *d->wire;
        return *d->wire <= 1 ? FERRY_OK : decode_fail(d);
    case PGDRV_CODEC_INT2:
        d->cell->v.i = (int16_t)((unsigned)d->wire[0] << 8 | d->wire[1]);
        return FERRY_OK;
    case PGDRV_CODEC_INT4:
        d->cell->v.i = (int32_t)decode_u32(d->wire);
        return FERRY_OK;
    case PGDRV_CODEC_UINT4:
        d->cell->v.u = decode_u32(d->wire);
        return FERRY_OK;
    case PGDRV_CODEC_INT8:
    case PGDRV_CODEC_UINT8:
        d->cell->v.u = decode_u64(d->wire);
        return FERRY_OK;
    case PGDRV_CODEC_FLOAT4:
    case PGDRV_CODEC_FLOAT8:
        return decode_float(d);
    case PGDRV_CODEC_NUMERIC:
        return decode_numeric(d);
    case PGDRV_CODEC_DATE:
    case PGDRV_CODEC_TIME:
    case PGDRV_CODEC_TIMESTAMP:
        return decode_moment(d);
    case PGDRV_CODEC_BIT:
        return decode_bits(d);
    case PGDRV_CODEC_UUID:
        return decode_uuid(d);
    }
    return decode_fail(d);
}

/* Bytes that values of a codec have; 0: it differs from value to value. */
static uint32_t decode_size(enum pgdrv_codec codec)
{
    static const unsigned char sizes[] = {
        [PGDRV_CODEC_BOOL] = 1,   [PGDRV_CODEC_INT2] = 2,      [PGDRV_CODEC_INT4] = 4,
        [PGDRV_CODEC_INT8] = 8,   [PGDRV_CODEC_UINT4] = 4,     [PGDRV_CODEC_UINT8] = 8,
        [PGDRV_CODEC_FLOAT4] = 4, [PGDRV_CODEC_FLOAT8] = 8,    [PGDRV_CODEC_DATE] = 4,
        [PGDRV_CODEC_TIME] = 8,   [PGDRV_CODEC_TIMESTAMP] = 8, [PGDRV_CODEC_UUID] = 16,
    };
    return codec < sizeof sizes ? sizes[codec] : 0;
}

ferry_status pgdrv_decode(const struct pgdrv_format *format, const unsigned char *wire,
                          uint32_t size, struct ferry_batch *batch, size_t column,
                          struct ferry_cell *cell, struct ferry_error *err)
{
    const struct decode d = {format, wire, size, batch, column, cell, err};
    uint32_t exact = decode_size(format->codec);
    return exact != 0 && size != exact ? decode_fail(&d) : decode_value(&d);
}
