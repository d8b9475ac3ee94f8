/* Fields of COPY, in its text form, -> cells of the source's columns. */

#include "write/target.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DECODE_ROOM 512 /* a number, not a numeric: the largest double has 309 digits */

struct decode {
    const struct pgdrv_form *form;
    const char *data;
    size_t size;
    struct ferry_batch *batch;
    struct ferry_cell *cell;
    bool *memory; /* false: there was none */
};

static bool decode_set(const struct decode *decode, const char *data, size_t size)
{
    if (size > UINT32_MAX)
        return false;
    *decode->memory = ferry_batch_text(decode->batch, decode->cell, data, size) != 0;
    return *decode->memory;
}

static bool decode_as_it_is(const struct decode *decode)
{
    size_t size = decode->size;
    while (decode->form->type.kind == PGDRV_KIND_CHAR && size > 0 && decode->data[size - 1] == ' ')
        size--;
    return decode_set(decode, decode->data, size);
}

/* A copy that ends in a NUL. */
static bool decode_copy(const struct decode *decode, char room[DECODE_ROOM])
{
    if (decode->size == 0 || decode->size >= DECODE_ROOM ||
        memchr(decode->data, '\0', decode->size) != NULL)
        return false;
    memcpy(room, decode->data, decode->size);
    room[decode->size] = '\0';
    return true;
}

/* ---- Numbers ---- */

static bool decode_bits(const struct decode *decode)
{
    uint64_t value = 0;
    for (size_t i = 0; i < decode->size; i++) {
        if ((decode->data[i] != '0' && decode->data[i] != '1') || value >> 63 != 0)
            return false;
        value = value << 1 | (uint64_t)(decode->data[i] - '0');
    }
    decode->cell->v.u = value;
    return true;
}

static bool decode_is_unsigned(const struct ferry_column *column)
{
    return column->type == FERRY_TYPE_BIT ||
           (column->type == FERRY_TYPE_INT && (column->flags & FERRY_COLUMN_UNSIGNED) != 0);
}

/* "5", "-5", and "5.00" of a numeric. */
static bool decode_digits(const struct decode *decode, char *text)
{
    char *end = NULL;
    char *point = strchr(text, '.');
    if (point != NULL && strspn(point + 1, "0") == strlen(point + 1))
        *point = '\0';
    errno = 0;
    if (decode_is_unsigned(decode->form->column)) {
        if (*text == '-')
            return false;
        decode->cell->v.u = strtoumax(text, &end, 10);
    } else {
        decode->cell->v.i = strtoimax(text, &end, 10);
    }
    return errno == 0 && end != text && *end == '\0';
}

/* As it was written: "05" and "+5" are texts of somebody else. */
static bool decode_is_written(const char *text)
{
    const char *digits = *text == '-' ? text + 1 : text;
    return *digits == '0' ? digits == text && digits[1] == '\0'
                          : digits[strspn(digits, "0123456789")] == '\0';
}

/* With so many digits behind the point.  False: it is another number then. */
static bool decode_print(double value, bool is_single, uint32_t scale, char *room, size_t size)
{
    int made = scale > DECODE_ROOM ? -1 : snprintf(room, size, "%.*f", (int)scale, value);
    double back = made < 0 ? 0 : is_single ? (double)strtof(room, NULL) : strtod(room, NULL);
    return made > 0 && (size_t)made < size && !(back < value) && !(back > value);
}

static bool decode_int(const struct decode *decode)
{
    char text[DECODE_ROOM];
    enum pgdrv_kind kind = decode->form->type.kind;
    if (kind == PGDRV_KIND_BIT || kind == PGDRV_KIND_VARBIT)
        return decode_bits(decode);
    if (!decode_copy(decode, text))
        return false;
    if (kind == PGDRV_KIND_BOOL) {
        decode->cell->v.i = *text == 't';
        return true;
    }
    if (kind == PGDRV_KIND_FLOAT4 || kind == PGDRV_KIND_FLOAT8) {
        char whole[DECODE_ROOM];
        return decode_print(strtod(text, NULL), false, 0, whole, sizeof whole) &&
               decode_digits(decode, whole);
    }
    if ((kind == PGDRV_KIND_TEXT || kind == PGDRV_KIND_VARCHAR) && !decode_is_written(text))
        return false;
    return decode_digits(decode, text);
}

/* What a double holds is not rounded to a single of the source: another number shows as such. */
static bool decode_float(const struct decode *decode)
{
    bool is_single =
        decode->form->column->bits == 32 && decode->form->type.kind != PGDRV_KIND_FLOAT8;
    char text[DECODE_ROOM];
    char *end = NULL;
    if (!decode_copy(decode, text))
        return false;
    decode->cell->v.f = is_single ? (double)strtof(text, &end) : strtod(text, &end);
    return *end == '\0';
}

/* With as many digits behind the point as the column has. */
static bool decode_fraction(const struct decode *decode, const char *data, size_t size)
{
    uint32_t scale = decode->form->column->scale;
    const char *point = memchr(data, '.', size);
    size_t whole = point == NULL ? size : (size_t)(point - data);
    size_t has = point == NULL ? 0 : size - whole - 1;
    size_t made = scale == 0 ? whole : whole + 1 + scale;
    for (size_t i = scale; i < has; i++)
        if (point[1 + i] != '0')
            return false;
    char *room = made > UINT32_MAX ? NULL : ferry_batch_bytes(decode->batch, made + 1);
    *decode->memory = room != NULL;
    if (room == NULL)
        return false;
    memset(room, '0', made);
    memcpy(room, data, whole);
    if (scale > 0)
        room[whole] = '.';
    if (scale > 0 && has > 0)
        memcpy(room + whole + 1, point + 1, has < scale ? has : scale);
    decode->cell->v.p = room;
    decode->cell->len = (uint32_t)made;
    return true;
}

/* Not NaN, nor Infinity. */
static bool decode_is_number(const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((data[i] < '0' || data[i] > '9') && data[i] != '.' && (data[i] != '-' || i > 0))
            return false;
    return size > 0;
}

static bool decode_scale(const struct decode *decode, const char *data, size_t size)
{
    return decode_is_number(data, size) && decode_fraction(decode, data, size);
}

static bool decode_decimal(const struct decode *decode)
{
    char text[DECODE_ROOM], number[DECODE_ROOM * 2];
    enum pgdrv_kind kind = decode->form->type.kind;
    if (kind == PGDRV_KIND_TEXT || kind == PGDRV_KIND_VARCHAR)
        return decode_as_it_is(decode);
    if (kind != PGDRV_KIND_FLOAT4 && kind != PGDRV_KIND_FLOAT8)
        return decode_scale(decode, decode->data, decode->size);
    if (!decode_copy(decode, text))
        return false;
    bool is_single = kind == PGDRV_KIND_FLOAT4;
    /* A single is the shortest digits that name it, not those of the double that it is. */
    if (is_single && strchr(text, 'e') == NULL)
        return decode_scale(decode, text, strlen(text));
    double value = is_single ? (double)strtof(text, NULL) : strtod(text, NULL);
    return decode_print(value, is_single, decode->form->column->scale, number, sizeof number) &&
           decode_scale(decode, number, strlen(number));
}

/* ---- Bytes ---- */

static int decode_nibble(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                          : -1;
}

static bool decode_bytes(const struct decode *decode)
{
    size_t count = decode->size / 2 - 1;
    if (decode->size < 2 || decode->size % 2 != 0 || memcmp(decode->data, "\\x", 2) != 0 ||
        count > UINT32_MAX)
        return false;
    char *room = ferry_batch_bytes(decode->batch, count + 1);
    *decode->memory = room != NULL;
    if (room == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        int high = decode_nibble(decode->data[2 + 2 * i]);
        int low = decode_nibble(decode->data[3 + 2 * i]);
        if (high < 0 || low < 0)
            return false;
        room[i] = (char)(unsigned char)(high << 4 | low);
    }
    decode->cell->v.p = room;
    decode->cell->len = (uint32_t)count;
    return true;
}

/* ---- Dates and times ---- */

static bool decode_is_plain(const char *data, size_t size, const char *form)
{
    if (size < strlen(form))
        return false;
    for (size_t i = 0; form[i] != '\0'; i++)
        if (form[i] == '0' ? data[i] < '0' || data[i] > '9' : data[i] != form[i])
            return false;
    return true;
}

/* Not "infinity", nor a year before our era or of five digits. */
static bool decode_date(const struct decode *decode)
{
    if (decode->form->type.kind == PGDRV_KIND_DATE &&
        (decode->size != 10 || !decode_is_plain(decode->data, decode->size, "0000-00-00")))
        return false;
    return decode_as_it_is(decode);
}

/* The session has UTC, and the server prints no zeros at the end of a fraction. */
static bool decode_datetime(const struct decode *decode)
{
    enum pgdrv_kind kind = decode->form->type.kind;
    size_t size = decode->size;
    if (kind != PGDRV_KIND_TIMESTAMP && kind != PGDRV_KIND_TIMESTAMPTZ)
        return decode_as_it_is(decode);
    if (kind == PGDRV_KIND_TIMESTAMPTZ) {
        if (size < 3 || memcmp(decode->data + size - 3, "+00", 3) != 0)
            return false;
        size -= 3;
    }
    return size <= 26 && decode_is_plain(decode->data, size, "0000-00-00 00:00:00") &&
           (size == 19 || decode->data[19] == '.') && decode_fraction(decode, decode->data, size);
}

/* "12:34:56.7", "-838:59:59"; an interval of days or months is none. */
static bool decode_time(const struct decode *decode)
{
    enum pgdrv_kind kind = decode->form->type.kind;
    size_t sign = decode->size > 0 && *decode->data == '-';
    size_t hours = sign;
    if (kind != PGDRV_KIND_TIME && kind != PGDRV_KIND_INTERVAL)
        return decode_as_it_is(decode);
    while (hours < decode->size && decode->data[hours] >= '0' && decode->data[hours] <= '9')
        hours++;
    return hours > sign && decode_is_plain(decode->data + hours, decode->size - hours, ":00:00") &&
           (decode->size == hours + 6 || decode->data[hours + 6] == '.') &&
           decode_fraction(decode, decode->data, decode->size);
}

/* ---- The table ---- */

static bool decode_nothing(const struct decode *decode)
{
    (void)decode;
    return false;
}

typedef bool decode_function(const struct decode *decode);

static decode_function *const decode_functions[] = {
    [FERRY_TYPE_BOOL] = decode_int,          [FERRY_TYPE_INT] = decode_int,
    [FERRY_TYPE_FLOAT] = decode_float,       [FERRY_TYPE_DECIMAL] = decode_decimal,
    [FERRY_TYPE_TEXT] = decode_as_it_is,     [FERRY_TYPE_BYTES] = decode_bytes,
    [FERRY_TYPE_DATE] = decode_date,         [FERRY_TYPE_TIME] = decode_time,
    [FERRY_TYPE_DATETIME] = decode_datetime, [FERRY_TYPE_YEAR] = decode_int,
    [FERRY_TYPE_ANY] = decode_nothing,       [FERRY_TYPE_BIT] = decode_int,
    [FERRY_TYPE_JSON] = decode_as_it_is,     [FERRY_TYPE_ENUM] = decode_as_it_is,
    [FERRY_TYPE_SET] = decode_as_it_is,      [FERRY_TYPE_UUID] = decode_as_it_is,
    [FERRY_TYPE_INET4] = decode_as_it_is,    [FERRY_TYPE_INET6] = decode_as_it_is,
    [FERRY_TYPE_GEOMETRY] = decode_bytes,    [FERRY_TYPE_VECTOR] = decode_bytes,
};

bool pgdrv_stored_decode(const struct pgdrv_form *form, const char *data, size_t size,
                         struct ferry_batch *batch, struct ferry_cell *cell, bool *ret_memory)
{
    const struct decode decode = {form, data, size, batch, cell, ret_memory};
    *ret_memory = true;
    return decode_functions[form->column->type](&decode);
}
