/* Values, as they came through the ODBC driver, become cells; each is held to the form that its
 * type has, since nobody else has looked at it. */

#include "read/read.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "read/decode.h"

const char odrv_decode_no_memory[] = "out of memory";

#define FLAW_INT "the value is no integer, or one that its type does not hold"
#define FLAW_FLOAT "the value is no number"
#define FLAW_BOOL "the value is neither true nor false"
#define FLAW_UUID "the value is no UUID"
#define FLAW_DIGITS "the value has more digits than its column tells of, or is none (NaN, infinity)"
#define FLAW_LONG "the value has 4 GiB or more"
#define FLAW_NULL "there is a value in a column that is NULL by its nature"
#define FLAW_NUL "a text with a NUL, in a file that is not stored as UTF-8; write it as a blob"
#define FLAW_TAG "the database gives a value of no kind"

/* ---- Numbers ---- */

static bool decode_digits(const char *at, const char *end)
{
    if (at == end)
        return false;
    for (; at < end; at++)
        if (*at < '0' || *at > '9')
            return false;
    return true;
}

/* An integer of up to 64 bits, as digits alone. */
static const char *decode_int(const char *data, size_t size, bool is_unsigned,
                              struct ferry_cell *cell)
{
    bool negative = size > 0 && data[0] == '-';
    const char *end = data + size;
    char *stop = NULL;
    if (!decode_digits(data + negative, end) || (negative && is_unsigned))
        return FLAW_INT;
    errno = 0;
    if (is_unsigned)
        cell->v.u = strtoull(data, &stop, 10);
    else
        cell->v.i = strtoll(data, &stop, 10);
    return errno != 0 || stop != end ? FLAW_INT : NULL;
}

/* What a column of so many bits does not hold is refused here: the driver has described it. */
static const char *decode_sized_int(const struct ferry_column *column, const char *data,
                                    size_t size, struct ferry_cell *cell)
{
    bool is_unsigned =
        column->type == FERRY_TYPE_BIT || (column->flags & FERRY_COLUMN_UNSIGNED) != 0;
    const char *flaw = decode_int(data, size, is_unsigned, cell);
    if (flaw != NULL)
        return flaw;
    if (column->type == FERRY_TYPE_YEAR)
        return cell->v.i == 0 || (cell->v.i >= 1901 && cell->v.i <= 2155) ? NULL : FLAW_INT;
    if (column->bits == 0 || column->bits >= 64)
        return NULL;
    if (is_unsigned)
        return cell->v.u >> column->bits == 0 ? NULL : FLAW_INT;
    int64_t most = (INT64_C(1) << (column->bits - 1)) - 1;
    return cell->v.i <= most && cell->v.i >= -most - 1 ? NULL : FLAW_INT;
}

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

/* The program never sets a locale, so a point is a point. */
static const char *decode_floating(const char *data, size_t size, uint32_t bits,
                                   struct ferry_cell *cell)
{
    char *stop = NULL;
    /* strtod() knows numbers with an x as well, which no database prints. */
    if (size == 0 || data[0] == ' ' || memchr(data, 'x', size) != NULL ||
        memchr(data, 'X', size) != NULL)
        return FLAW_FLOAT;
    cell->v.f = bits == 32 ? (double)strtof(data, &stop) : strtod(data, &stop);
    return stop == data + size ? NULL : FLAW_FLOAT;
}

static const char *decode_double(const char *data, size_t size, struct ferry_cell *cell)
{
    if (size != sizeof cell->v.f)
        return FLAW_FLOAT;
    memcpy(&cell->v.f, data, sizeof cell->v.f);
    return NULL;
}

/* [-]digits[.digits] with `scale` digits behind the point, whatever the driver has left out or put
 * before; a zero has no sign. */
static const char *decode_decimal(const struct odrv_column *column, const char *data, size_t size,
                                  struct ferry_batch *batch, struct ferry_cell *cell)
{
    const char *end = data + size;
    bool negative = size > 0 && *data == '-';
    const char *whole = data + (size > 0 && (*data == '-' || *data == '+'));
    const char *point = memchr(whole, '.', (size_t)(end - whole));
    const char *whole_end = point == NULL ? end : point;
    const char *fraction = point == NULL ? end : point + 1;
    size_t scale = column->column.scale;
    while (whole < whole_end && *whole == '0')
        whole++;
    while (end > fraction && (size_t)(end - fraction) > scale && end[-1] == '0')
        end--;
    size_t digits = (size_t)(whole_end - whole), behind = (size_t)(end - fraction);
    bool some = whole_end > data + (data[0] == '-' || data[0] == '+') || behind > 0;
    if (!some || (digits > 0 && !decode_digits(whole, whole_end)) ||
        (behind > 0 && !decode_digits(fraction, end)) || behind > scale ||
        digits > column->column.precision - scale)
        return FLAW_DIGITS;
    char *text = ferry_batch_bytes(batch, digits + scale + 3);
    if (text == NULL)
        return odrv_decode_no_memory;
    size_t zeros = digits == 0 ? strspn(fraction, "0") : 0;
    bool zero = digits == 0 && zeros >= behind;
    char *at = text;
    if (negative && !zero)
        *at++ = '-';
    if (digits == 0)
        *at++ = '0';
    at = mempcpy(at, whole, digits);
    if (scale > 0) {
        *at++ = '.';
        at = mempcpy(at, fraction, behind);
        memset(at, '0', scale - behind);
        at += scale - behind;
    }
    cell->v.p = text;
    cell->len = (uint32_t)(at - text);
    return NULL;
}

/* ---- Texts and bytes ---- */

static const char *decode_copy(const char *data, size_t size, struct ferry_batch *batch,
                               struct ferry_cell *cell)
{
    if (size > UINT32_MAX)
        return FLAW_LONG;
    return ferry_batch_text(batch, cell, data, size) ? NULL : odrv_decode_no_memory;
}

static const char *decode_text(SQLSMALLINT text_type, const struct odrv_value *value,
                               struct ferry_batch *batch, struct ferry_cell *cell)
{
    if (text_type != SQL_C_WCHAR)
        return decode_copy(value->data, value->size, batch, cell);
    size_t size = 0;
    const char *flaw = odrv_utf16_measure(value->data, value->size, &size);
    if (flaw != NULL)
        return flaw;
    if (size > UINT32_MAX)
        return FLAW_LONG;
    char *text = ferry_batch_bytes(batch, size == 0 ? 1 : size);
    if (text == NULL)
        return odrv_decode_no_memory;
    odrv_utf16_convert(value->data, value->size, text);
    cell->v.p = text;
    cell->len = (uint32_t)size;
    return NULL;
}

static const char *decode_uuid(const char *data, size_t size, struct ferry_batch *batch,
                               struct ferry_cell *cell)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (size != sizeof form - 1 || !ferry_batch_text(batch, cell, data, size))
        return size != sizeof form - 1 ? FLAW_UUID : odrv_decode_no_memory;
    char *text = (char *)(uintptr_t)cell->v.p; /* its own copy */
    for (size_t i = 0; i < size; i++) {
        bool upper = text[i] >= 'A' && text[i] <= 'F';
        text[i] = (char)(upper ? text[i] - 'A' + 'a' : text[i]);
        bool digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (form[i] == '-' ? text[i] != '-' : !digit)
            return FLAW_UUID;
    }
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
        return odrv_decode_no_memory;
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

/* The kind that a column's type promises. */
static uint16_t decode_promised(uint32_t type)
{
    return type == FERRY_TYPE_INT     ? FERRY_KIND_INT
           : type == FERRY_TYPE_FLOAT ? FERRY_KIND_FLOAT
           : type == FERRY_TYPE_TEXT  ? FERRY_KIND_TEXT
           : type == FERRY_TYPE_BYTES ? FERRY_KIND_BYTES
                                      : FERRY_KIND_TYPED;
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
        flaw = decode_int(data + 1, size - 1, false, cell);
        break;
    case 'r':
        kind = FERRY_KIND_FLOAT;
        flaw = decode_floating(data + 1, size - 1, 64, cell);
        break;
    case 't':
        kind = FERRY_KIND_TEXT;
        flaw = decode_copy(data + 1, size - 1, batch, cell);
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
        return decode_sized_int(&column->column, value->data, value->size, cell);
    case ODRV_CODEC_BOOL:
        return decode_bool(value->data, value->size, cell);
    case ODRV_CODEC_DOUBLE:
        return decode_double(value->data, value->size, cell);
    case ODRV_CODEC_FLOATING:
        return decode_floating(value->data, value->size, column->column.bits, cell);
    case ODRV_CODEC_DECIMAL:
        return decode_decimal(column, value->data, value->size, batch, cell);
    case ODRV_CODEC_TEXT:
        return decode_text(text_type, value, batch, cell);
    case ODRV_CODEC_BYTES:
        return decode_copy(value->data, value->size, batch, cell);
    case ODRV_CODEC_DATE:
    case ODRV_CODEC_TIME:
    case ODRV_CODEC_DATETIME:
        return odrv_decode_moment(column->type->codec, column->column.scale, value, batch, cell);
    case ODRV_CODEC_UUID:
        return decode_uuid(value->data, value->size, batch, cell);
    case ODRV_CODEC_TAGGED:
        return decode_tagged(column, value->data, value->size, batch, cell);
    case ODRV_CODEC_NULL:
        break;
    }
    return FLAW_NULL;
}
