/* Values, as they came through libdbi, become cells; each is held to the form that its
 * type has, since nobody else has looked at it. */

#include "read/read.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "read/decode.h"

const char dbidrv_decode_no_memory[] = "out of memory";

#define FLAW_INT "the value is no integer, or one that its type does not hold"
#define FLAW_FLOAT "the value is no number"
#define FLAW_BOOL "the value is neither true nor false"
#define FLAW_UUID "the value is no UUID"
#define FLAW_DIGITS "the value has more digits than its column tells of, or is none (NaN, infinity)"
#define FLAW_LONG "the value has 4 GiB or more"
#define FLAW_HEX "the bytes did not come as hexadecimal digits"
#define FLAW_KIND "the value has another kind than its column's"
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
    if (size != 1 || (*data != '0' && *data != '1'))
        return FLAW_BOOL;
    cell->v.i = *data - '0';
    return NULL;
}

/* The program never sets a locale, so a point is a point. */
static const char *decode_floating(const char *data, size_t size, uint32_t bits,
                                   struct ferry_cell *cell)
{
    char *stop = NULL;
    if (size == 0 || data[0] == ' ')
        return FLAW_FLOAT;
    cell->v.f = bits == 32 ? (double)strtof(data, &stop) : strtod(data, &stop);
    return stop == data + size ? NULL : FLAW_FLOAT;
}

/* [-]digits[.digits] with `scale` digits behind the point, whatever the driver has left out or put
 * before; a zero has no sign. */
static const char *decode_decimal(const struct dbidrv_column *column, const char *data, size_t size,
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
        return dbidrv_decode_no_memory;
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
    return ferry_batch_text(batch, cell, data, size) ? NULL : dbidrv_decode_no_memory;
}

static const char *decode_uuid(const char *data, size_t size, struct ferry_batch *batch,
                               struct ferry_cell *cell)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (size != sizeof form - 1 || !ferry_batch_text(batch, cell, data, size))
        return size != sizeof form - 1 ? FLAW_UUID : dbidrv_decode_no_memory;
    char *text = (char *)(uintptr_t)cell->v.p; /* its own copy */
    for (size_t i = 0; i < size; i++) {
        bool upper = text[i] >= 'A' && text[i] <= 'F';
        text[i] = (char)(upper ? text[i] - 'A' + 'a' : text[i]);
        if (form[i] == '-' ? text[i] != '-'
                           : (text[i] == '\0' || strchr("0123456789abcdef", text[i]) == NULL))
            return FLAW_UUID;
    }
    return NULL;
}

static int decode_nibble(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static const char *decode_hex(const char *data, size_t size, struct ferry_batch *batch,
                              struct ferry_cell *cell)
{
    if (size % 2 != 0)
        return FLAW_HEX;
    if (size / 2 > UINT32_MAX)
        return FLAW_LONG;
    char *bytes = ferry_batch_bytes(batch, size == 0 ? 1 : size / 2);
    if (bytes == NULL)
        return dbidrv_decode_no_memory;
    for (size_t i = 0; i < size; i += 2) {
        int high = decode_nibble(data[i]), low = decode_nibble(data[i + 1]);
        if (high < 0 || low < 0)
            return FLAW_HEX;
        bytes[i / 2] = (char)(high * 16 + low);
    }
    cell->v.p = bytes;
    cell->len = (uint32_t)(size / 2);
    return NULL;
}

/* ---- By the column's type ---- */

static const char *decode_plain(const struct dbidrv_column *column, enum dbidrv_codec codec,
                                const struct dbidrv_value *value, struct ferry_batch *batch,
                                struct ferry_cell *cell)
{
    switch (codec) {
    case DBIDRV_CODEC_INT:
    case DBIDRV_CODEC_UINT:
        return decode_sized_int(&column->column, value->data, value->size, cell);
    case DBIDRV_CODEC_BOOL:
        return decode_bool(value->data, value->size, cell);
    case DBIDRV_CODEC_FLOATING:
        return decode_floating(value->data, value->size, column->column.bits, cell);
    case DBIDRV_CODEC_DECIMAL:
        return decode_decimal(column, value->data, value->size, batch, cell);
    case DBIDRV_CODEC_TEXT:
        return decode_copy(value->data, value->size, batch, cell);
    case DBIDRV_CODEC_HEX:
        return decode_hex(value->data, value->size, batch, cell);
    case DBIDRV_CODEC_DATE:
    case DBIDRV_CODEC_TIME:
    case DBIDRV_CODEC_DATETIME:
        return dbidrv_decode_moment(codec, column->scale, value, batch, cell);
    case DBIDRV_CODEC_UUID:
        break;
    }
    return decode_uuid(value->data, value->size, batch, cell);
}

/* ---- A value that says its own kind by a letter before it ---- */

/* The kind that a column's type promises. */
static uint16_t decode_promised(uint32_t type)
{
    return type == FERRY_TYPE_INT     ? FERRY_KIND_INT
           : type == FERRY_TYPE_FLOAT ? FERRY_KIND_FLOAT
           : type == FERRY_TYPE_TEXT  ? FERRY_KIND_TEXT
           : type == FERRY_TYPE_BYTES ? FERRY_KIND_BYTES
                                      : FERRY_KIND_TYPED;
}

/* In a column that holds cells of any kind. */
static const char *decode_loose(const struct dbidrv_column *column, char tag,
                                const struct dbidrv_value *value, struct ferry_batch *batch,
                                struct ferry_cell *cell)
{
    const char *flaw = FLAW_TAG;
    uint16_t kind = FERRY_KIND_TYPED;
    switch (tag) {
    case 'i':
        kind = FERRY_KIND_INT;
        flaw = decode_int(value->data, value->size, false, cell);
        break;
    case 'r':
        kind = FERRY_KIND_FLOAT;
        flaw = decode_floating(value->data, value->size, 64, cell);
        break;
    case 't':
    case 'x':
        kind = FERRY_KIND_TEXT;
        flaw = tag == 't' ? decode_copy(value->data, value->size, batch, cell)
                          : decode_hex(value->data, value->size, batch, cell);
        break;
    case 'b':
        kind = FERRY_KIND_BYTES;
        flaw = decode_hex(value->data, value->size, batch, cell);
        break;
    default:
        break;
    }
    cell->kind = kind == decode_promised(column->column.type) ? FERRY_KIND_TYPED : kind;
    return flaw;
}

/* In a column of one kind, which a target has stored its own type in. */
static const char *decode_strict(const struct dbidrv_column *column, char tag,
                                 const struct dbidrv_value *value, struct ferry_batch *batch,
                                 struct ferry_cell *cell)
{
    enum dbidrv_codec codec = column->type->codec;
    char wanted = 't';
    if (codec == DBIDRV_CODEC_INT || codec == DBIDRV_CODEC_UINT || codec == DBIDRV_CODEC_BOOL)
        wanted = 'i';
    else if (codec == DBIDRV_CODEC_FLOATING)
        wanted = 'r';
    else if (codec == DBIDRV_CODEC_HEX)
        wanted = 'b';
    /* A number that was wanted as a text, and a text with a NUL. */
    if (codec == DBIDRV_CODEC_UINT && tag == 't')
        wanted = 't';
    if (codec == DBIDRV_CODEC_TEXT && tag == 'x')
        return decode_hex(value->data, value->size, batch, cell);
    return tag == wanted ? decode_plain(column, codec, value, batch, cell) : FLAW_KIND;
}

const char *dbidrv_decode(const struct dbidrv_column *column, const struct dbidrv_value *value,
                          struct ferry_batch *batch, struct ferry_cell *cell)
{
    bool tagged = strcmp(column->type->ask, DBIDRV_TAGGED) == 0;
    bool loose =
        column->column.type == FERRY_TYPE_ANY || (column->column.flags & FERRY_COLUMN_LOOSE) != 0;
    if (value->null) {
        cell->null = 1;
        return NULL;
    }
    if (!tagged)
        return decode_plain(column, column->type->codec, value, batch, cell);
    if (value->size == 0)
        return FLAW_TAG;
    const struct dbidrv_value rest = {.data = value->data + 1, .size = value->size - 1};
    return loose ? decode_loose(column, value->data[0], &rest, batch, cell)
                 : decode_strict(column, value->data[0], &rest, batch, cell);
}
