/* Cells -> the texts that the server stores exactly; a number that it would change is refused here,
 * a text by check.c.
 *
 * Both lanes send the same texts and differ in their escaping only.  BIT goes as bytes, the highest
 * first; geometries and vectors in the form in which they are stored.
 */

#include "write/rows.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- A cell's value, whatever said its kind ---- */

enum encode_value { ENCODE_INT, ENCODE_UNSIGNED, ENCODE_FLOAT, ENCODE_TEXT, ENCODE_BYTES };

static enum encode_value encode_kind(const struct ferry_column *column,
                                     const struct ferry_cell *cell)
{
    static const enum encode_value kinds[] = {
        [FERRY_KIND_INT] = ENCODE_INT,
        [FERRY_KIND_FLOAT] = ENCODE_FLOAT,
        [FERRY_KIND_TEXT] = ENCODE_TEXT,
        [FERRY_KIND_BYTES] = ENCODE_BYTES,
    };
    if (cell->kind != FERRY_KIND_TYPED)
        return kinds[cell->kind];
    switch (column->type) {
    case FERRY_TYPE_BOOL:
    case FERRY_TYPE_YEAR:
        return ENCODE_INT;
    case FERRY_TYPE_INT:
        return (column->flags & FERRY_COLUMN_UNSIGNED) != 0 ? ENCODE_UNSIGNED : ENCODE_INT;
    case FERRY_TYPE_BIT:
        return ENCODE_UNSIGNED;
    case FERRY_TYPE_FLOAT:
        return ENCODE_FLOAT;
    case FERRY_TYPE_BYTES:
    case FERRY_TYPE_GEOMETRY:
    case FERRY_TYPE_VECTOR:
        return ENCODE_BYTES;
    default:
        return ENCODE_TEXT;
    }
}

/* ---- Numbers as text ---- */

/* `digits`, the last `places` of them behind a point.  Far faster than snprintf(), into which half
 * of the time of a row went. */
static size_t encode_decimal(uint64_t digits, size_t places, bool negative, char *room)
{
    char text[MYDRV_VALUE_ROOM];
    size_t at = sizeof text;
    for (size_t i = 0; i < places; i++, digits /= 10)
        text[--at] = (char)('0' + digits % 10);
    if (places > 0)
        text[--at] = '.';
    do
        text[--at] = (char)('0' + digits % 10);
    while ((digits /= 10) > 0);
    if (negative)
        text[--at] = '-';
    memcpy(room, text + at, sizeof text - at);
    return sizeof text - at;
}

static size_t encode_signed(int64_t number, char *room)
{
    uint64_t size = number < 0 ? UINT64_C(0) - (uint64_t)number : (uint64_t)number;
    return encode_decimal(size, 0, number < 0, room);
}

/* A number of at most 15 digits.  Dividing two doubles that are exact gives the double next to
 * their quotient, just as reading what is printed here does.  0: the number has more digits. */
static size_t encode_short_real(double number, char *room)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    static const size_t most = sizeof powers / sizeof *powers - 1;
    double size = fabs(number);
    size_t places = 0;
    if (FLT_EVAL_METHOD != 0 || size >= 1e15)
        return 0;
    while (places < most && size * powers[places + 1] < 1e15)
        places++;
    uint64_t digits = (uint64_t)(size * powers[places] + 0.5);
    if ((double)digits / powers[places] != size)
        return 0;
    for (; places > 0 && digits % 10 == 0; places--)
        digits /= 10;
    return encode_decimal(digits, places, signbit(number) != 0, room);
}

/* In as few digits as can be: the server is slow with 17 of them, and so is snprintf(). */
static size_t encode_real(double number, char *room)
{
    size_t size = encode_short_real(number, room);
    return size > 0 ? size : (size_t)snprintf(room, MYDRV_VALUE_ROOM, "%.17g", number);
}

/* ---- Values ---- */

static const char *encode_int(const struct mydrv_form *form, enum encode_value value,
                              const struct ferry_cell *cell, char *room, size_t *ret_size)
{
    uint32_t bits = form->type.bits;
    bool negative = value == ENCODE_INT && cell->v.i < 0;
    if (value > ENCODE_UNSIGNED)
        return "is no integer";
    uint64_t most = UINT64_MAX >> (64 - bits + (form->type.is_unsigned ? 0 : 1));
    uint64_t size = negative ? ~cell->v.u : cell->v.u; /* of a negative number: one less */
    if ((negative && form->type.is_unsigned) || size > most)
        return "is out of the column's range";
    *ret_size =
        negative ? encode_signed(cell->v.i, room) : encode_decimal(cell->v.u, 0, false, room);
    return NULL;
}

static const char *encode_float(const struct mydrv_form *form, enum encode_value value,
                                const struct ferry_cell *cell, char *room, size_t *ret_size)
{
    static const int64_t most = INT64_C(1) << DBL_MANT_DIG;
    bool is_float = form->type.kind == MYDRV_KIND_FLOAT;
    double number = cell->v.f;
    if (value == ENCODE_INT && cell->v.i >= -most && cell->v.i <= most)
        number = (double)cell->v.i;
    else if (value != ENCODE_FLOAT)
        return "is no floating-point number";
    if (!isfinite(number))
        return "is infinite or no number, which the server cannot hold";
    if (is_float && (fabs(number) > (double)FLT_MAX || (double)(float)number != number))
        return "has more digits than a FLOAT keeps";
    if (form->type.is_unsigned && signbit(number) != 0)
        return "is out of the column's range";
    /* Also of a FLOAT: fewer digits may name a number above the largest. */
    *ret_size = is_float ? (size_t)snprintf(room, MYDRV_VALUE_ROOM, "%.17g", number)
                         : encode_real(number, room);
    return NULL;
}

static const char *encode_bit(const struct mydrv_form *form, enum encode_value value,
                              const struct ferry_cell *cell, char *room, size_t *ret_size)
{
    uint64_t bits = form->type.count == 0 ? 1 : form->type.numbers[0];
    if (value > ENCODE_UNSIGNED || (value == ENCODE_INT && cell->v.i < 0))
        return "is no positive integer";
    if (bits < 64 && cell->v.u >> bits != 0)
        return "has more bits than the column";
    size_t size = (size_t)(bits + 7) / 8;
    for (size_t i = 0; i < size; i++)
        room[i] = (char)(cell->v.u >> (8 * (size - 1 - i)) & 0xff);
    *ret_size = size;
    return NULL;
}

static const char *encode_year(enum encode_value value, const struct ferry_cell *cell, char *room,
                               size_t *ret_size)
{
    if (value > ENCODE_UNSIGNED || (cell->v.i != 0 && (cell->v.i < 1901 || cell->v.i > 2155)))
        return "is no year that the server can hold";
    *ret_size = (size_t)snprintf(room, MYDRV_VALUE_ROOM, "%04" PRId64, cell->v.i);
    return NULL;
}

/* Numbers in a column of texts, where the job wishes it so. */
static const char *encode_as_text(enum encode_value value, const struct ferry_cell *cell,
                                  char *room, size_t *ret_size)
{
    if (cell->kind != FERRY_KIND_TYPED || value == ENCODE_BYTES)
        return "is of another kind than the column";
    *ret_size = value == ENCODE_INT ? encode_signed(cell->v.i, room)
                : value == ENCODE_UNSIGNED
                    ? encode_decimal(cell->v.u, 0, false, room)
                    : (size_t)snprintf(room, MYDRV_VALUE_ROOM, "%.17g", cell->v.f);
    return NULL;
}

/* The text as bytes of the column's character set: servers change some letters as they convert. */
static const char *encode_in_set(const struct mydrv_form *form, const char **data, size_t *size)
{
    size_t length = 0;
    form->encoded->length = 0;
    if (*size > SIZE_MAX / 8 || !part_text_reserve(form->encoded, 2 * *size))
        return "is too long to be converted";
    if (!mydrv_translate_back(form->codes, *data, *size, form->encoded->data, &length))
        return "has a letter that the column's character set has not";
    *data = form->encoded->data;
    *size = length;
    return NULL;
}

const char *mydrv_encode(const struct mydrv_form *form, const struct ferry_cell *cell,
                         char room[MYDRV_VALUE_ROOM], const char **ret_data, size_t *ret_size)
{
    enum encode_value value = encode_kind(form->source, cell);
    *ret_data = room;
    switch (form->type.kind) {
    case MYDRV_KIND_INT:
        return encode_int(form, value, cell, room, ret_size);
    case MYDRV_KIND_BIT:
        return encode_bit(form, value, cell, room, ret_size);
    case MYDRV_KIND_YEAR:
        return encode_year(value, cell, room, ret_size);
    case MYDRV_KIND_FLOAT:
        return encode_float(form, value, cell, room, ret_size);
    case MYDRV_KIND_DOUBLE:
        if (value != ENCODE_TEXT || form->source->type != FERRY_TYPE_DECIMAL)
            return encode_float(form, value, cell, room, ret_size);
        break;
    case MYDRV_KIND_CHAR:
    case MYDRV_KIND_TEXT:
        if (value != ENCODE_TEXT)
            return encode_as_text(value, cell, room, ret_size);
        break;
    case MYDRV_KIND_DECIMAL:
        if (value <= ENCODE_UNSIGNED)
            return encode_as_text(value, cell, room, ret_size);
        break;
    default:
        break;
    }
    if (value < ENCODE_TEXT)
        return "is a number where the column holds another kind";
    *ret_data = cell->v.p;
    *ret_size = cell->len;
    if (value != ENCODE_TEXT)
        return mydrv_check_bytes(form, cell->len);
    if (form->codes == NULL)
        return mydrv_check_text(form, cell->v.p, cell->len);
    const char *flaw = mydrv_check_text(form, cell->v.p, cell->len);
    return flaw == NULL ? encode_in_set(form, ret_data, ret_size) : flaw;
}
