/* Values, as they came through the ODBC driver, become cells; each is held to the form that its
 * type has, since nobody else has looked at it. */

#include "read/read.h"

#include <inttypes.h>
#include <string.h>

#include "parts/printed.h"
#include "read/decode.h"

#define FLAW_FLOAT "the value is no number"
#define FLAW_BOOL "the value is neither true nor false"
#define FLAW_LONG "the value has 4 GiB or more"
#define FLAW_NULL "there is a value in a column that is NULL by its nature"
#define FLAW_NUL "a text with a NUL, in a file that is not stored as UTF-8; write it as a blob"
#define FLAW_TAG "the database gives a value of no kind"

static const char *decode_bool(const char *data, size_t size, struct ferry_cell *cell)
{
    static const struct {
        const char *word;
        int64_t value;
    } words[] = {{"1", 1}, {"0", 0}, {"t", 1},    {"f", 0},    {"-1", 1},
                 {"Y", 1}, {"N", 0}, {"true", 1}, {"false", 0}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == size && strncasecmp(words[i].word, data, size) == 0) {
            cell->v.i = words[i].value;
            return NULL;
        }
    return FLAW_BOOL;
}

static const char *decode_double(const char *data, size_t size, struct ferry_cell *cell)
{
    if (size != sizeof cell->v.f)
        return FLAW_FLOAT;
    memcpy(&cell->v.f, data, sizeof cell->v.f);
    return NULL;
}

/* ---- Texts and bytes ---- */

static const char *decode_text(SQLSMALLINT text_type, const struct odrv_value *value,
                               struct ferry_batch *batch, struct ferry_cell *cell)
{
    if (text_type != SQL_C_WCHAR)
        return part_printed_copy(value->data, value->size, batch, cell);
    size_t size = 0;
    const char *flaw = odrv_utf16_measure(value->data, value->size, &size);
    if (flaw != NULL)
        return flaw;
    if (size > UINT32_MAX)
        return FLAW_LONG;
    char *text = ferry_batch_bytes(batch, size == 0 ? 1 : size);
    if (text == NULL)
        return part_no_memory;
    odrv_utf16_convert(value->data, value->size, text);
    cell->v.p = text;
    cell->len = (uint32_t)size;
    return NULL;
}

static int decode_nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *decode_hex(const char *data, size_t size, struct ferry_batch *batch,
                              struct ferry_cell *cell)
{
    if (size % 2 != 0 || size / 2 > UINT32_MAX)
        return FLAW_LONG;
    char *bytes = ferry_batch_bytes(batch, size == 0 ? 1 : size / 2);
    if (bytes == NULL)
        return part_no_memory;
    for (size_t i = 0; i < size; i += 2) {
        int high = decode_nibble(data[i]), low = decode_nibble(data[i + 1]);
        if (high < 0 || low < 0)
            return FLAW_TAG;
        bytes[i / 2] = (char)(high * 16 + low);
    }
    cell->v.p = bytes;
    cell->len = (uint32_t)(size / 2);
    return NULL;
}

/* ---- A value that says its own kind ---- */

/* The kind that a column's type promises; what a target has stored may be of any type. */
static uint16_t decode_promised(uint32_t type)
{
    switch (type) {
    case FERRY_TYPE_INT:
        return FERRY_KIND_INT;
    case FERRY_TYPE_FLOAT:
        return FERRY_KIND_FLOAT;
    case FERRY_TYPE_TEXT:
    case FERRY_TYPE_JSON:
    case FERRY_TYPE_ENUM:
    case FERRY_TYPE_SET:
        return FERRY_KIND_TEXT;
    case FERRY_TYPE_BYTES:
    case FERRY_TYPE_GEOMETRY:
    case FERRY_TYPE_VECTOR:
        return FERRY_KIND_BYTES;
    default:
        return FERRY_KIND_TYPED;
    }
}

static const char *decode_tagged(const struct odrv_column *column, const char *data, size_t size,
                                 struct ferry_batch *batch, struct ferry_cell *cell)
{
    const char *flaw = FLAW_TAG;
    uint16_t kind = FERRY_KIND_TYPED;
    if (size == 0)
        return FLAW_TAG;
    switch (data[0]) {
    case 'i':
        kind = FERRY_KIND_INT;
        flaw = part_printed_int(data + 1, size - 1, false, cell);
        break;
    case 'r':
        kind = FERRY_KIND_FLOAT;
        flaw = part_printed_floating(data + 1, size - 1, 64, cell);
        break;
    case 't':
        kind = FERRY_KIND_TEXT;
        flaw = part_printed_copy(data + 1, size - 1, batch, cell);
        break;
    case 'x':
        kind = FERRY_KIND_TEXT;
        flaw = decode_hex(data + 1, size - 1, batch, cell);
        break;
    case 'b':
        kind = FERRY_KIND_BYTES;
        flaw = decode_hex(data + 1, size - 1, batch, cell);
        break;
    case 'n':
        flaw = FLAW_NUL;
        break;
    default:
        break;
    }
    cell->kind = kind == decode_promised(column->column.type) ? FERRY_KIND_TYPED : kind;
    return flaw;
}

const char *odrv_decode(const struct odrv_column *column, SQLSMALLINT text_type,
                        const struct odrv_value *value, struct ferry_batch *batch,
                        struct ferry_cell *cell)
{
    if (value->null) {
        cell->null = 1;
        return NULL;
    }
    switch (column->type->codec) {
    case ODRV_CODEC_INT:
    case ODRV_CODEC_UINT:
        return part_printed_int_of(&column->column, value->data, value->size, cell);
    case ODRV_CODEC_BOOL:
        return decode_bool(value->data, value->size, cell);
    case ODRV_CODEC_DOUBLE:
        return decode_double(value->data, value->size, cell);
    case ODRV_CODEC_FLOATING:
        return part_printed_floating(value->data, value->size, column->column.bits, cell);
    case ODRV_CODEC_DECIMAL:
        return part_printed_decimal(&column->column, value->data, value->size, batch, cell);
    case ODRV_CODEC_TEXT:
        return decode_text(text_type, value, batch, cell);
    case ODRV_CODEC_BYTES:
        return part_printed_copy(value->data, value->size, batch, cell);
    case ODRV_CODEC_DATE:
        return part_printed_moment(PART_DATE, column->column.scale, value->data, value->size, batch,
                                   cell);
    case ODRV_CODEC_TIME:
        return part_printed_moment(PART_TIME, column->column.scale, value->data, value->size, batch,
                                   cell);
    case ODRV_CODEC_DATETIME:
        return part_printed_moment(PART_DATETIME, column->column.scale, value->data, value->size,
                                   batch, cell);
    case ODRV_CODEC_UUID:
        return part_printed_uuid(value->data, value->size, batch, cell);
    case ODRV_CODEC_TAGGED:
        return decode_tagged(column, value->data, value->size, batch, cell);
    case ODRV_CODEC_NULL:
        break;
    }
    return FLAW_NULL;
}
