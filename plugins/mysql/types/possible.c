/* What no column of a type can hold, whatever the server says.
 *
 * The codec of a value bounds most of them; the others are looked at here, once each, where they
 * are decoded, so that what a server sends can never break the promise of its own description.
 */

#include "read/read.h"

#include <math.h>
#include <string.h>

#define POSSIBLE_GEOMETRY_LEAST 9 /* SRID, byte order, type */
#define POSSIBLE_INET4_MOST 15
/* MariaDB computes with nine words of nine digits, and sends them all where it declares 65. */
#define POSSIBLE_DECIMAL_DECLARED 65
#define POSSIBLE_DECIMAL_MOST 81
#define POSSIBLE_INET6_MOST 45

/* MEDIUMINT comes in four bytes. */
static bool possible_signed(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    int64_t end = INT64_C(1) << (format->most - 1);
    return cell->v.i >= -end && cell->v.i < end;
}

/* The bits of an expression come as a number. */
static bool possible_unsigned(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    return cell->v.u >> format->most == 0;
}

static bool possible_year(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    (void)format;
    return cell->v.u == 0 || (cell->v.u >= 1901 && cell->v.u <= 2155);
}

static bool possible_float(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    (void)format;
    return isfinite(cell->v.f);
}

/* A sign, digits, and exactly as many behind the point as the column has. */
static bool possible_decimal(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    const char *text = cell->v.p;
    size_t sign = cell->len > 0 && text[0] == '-' ? 1 : 0;
    size_t behind = format->scale > 0 ? format->scale + 1U : 0;
    if (cell->len <= sign + behind || cell->len - sign - behind > format->most)
        return false;
    size_t point = cell->len - behind;
    unsigned wrong = behind > 0 && text[point] != '.';
    for (size_t i = sign; i < cell->len; i++)
        wrong |= (unsigned char)(text[i] - '0') > 9 && i != point;
    return wrong == 0;
}

static bool possible_uuid(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    static const char form[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    (void)format;
    if (cell->len != sizeof form - 1)
        return false;
    for (size_t i = 0; i < cell->len; i++) {
        char c = cell->v.p[i];
        if (form[i] == 'h' ? !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) : c != form[i])
            return false;
    }
    return true;
}

/* Of the letters of an address alone. */
static bool possible_inet(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    bool four = format->most == POSSIBLE_INET4_MOST;
    if (cell->len == 0 || cell->len > format->most)
        return false;
    for (size_t i = 0; i < cell->len; i++)
        if (cell->v.p[i] == '\0' ||
            strchr(four ? "0123456789." : "0123456789abcdef:.", cell->v.p[i]) == NULL)
            return false;
    return true;
}

static bool possible_geometry(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    (void)format;
    return cell->len >= POSSIBLE_GEOMETRY_LEAST;
}

/* Of finite numbers, in as many bytes as the dimensions need. */
static bool possible_vector(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    if (cell->len == 0 || cell->len % sizeof(float) != 0 || cell->len > format->most)
        return false;
    for (size_t i = 0; i < cell->len; i += sizeof(float)) {
        const unsigned char *at = (const unsigned char *)cell->v.p + i;
        if ((at[3] & 0x7f) == 0x7f && (at[2] & 0x80) != 0)
            return false;
    }
    return true;
}

/* What is NULL by nature has no value. */
static bool possible_nothing(const struct mydrv_cell_format *format, const struct ferry_cell *cell)
{
    (void)format;
    (void)cell;
    return false;
}

static const struct {
    uint32_t type;
    mydrv_possible possible;
    uint64_t most; /* 0: by the column */
} possible_types[] = {
    {FERRY_TYPE_ANY, possible_nothing, 0},
    {FERRY_TYPE_YEAR, possible_year, 0},
    {FERRY_TYPE_FLOAT, possible_float, 0},
    {FERRY_TYPE_DECIMAL, possible_decimal, 0},
    {FERRY_TYPE_UUID, possible_uuid, 0},
    {FERRY_TYPE_INET4, possible_inet, POSSIBLE_INET4_MOST},
    {FERRY_TYPE_INET6, possible_inet, POSSIBLE_INET6_MOST},
    {FERRY_TYPE_GEOMETRY, possible_geometry, 0},
    {FERRY_TYPE_VECTOR, possible_vector, 0},
};

/* Of the integers only those whose codec is wider than their column. */
static mydrv_possible possible_integer(const struct ferry_column *column, enum mydrv_codec codec)
{
    bool is_unsigned =
        column->type == FERRY_TYPE_BIT || (column->flags & FERRY_COLUMN_UNSIGNED) != 0;
    if (codec >= MYDRV_CODEC_FLOAT || column->bits >= 64)
        return NULL;
    if (column->type == FERRY_TYPE_INT && column->bits != 24)
        return NULL;
    return is_unsigned ? possible_unsigned : possible_signed;
}

static uint64_t possible_most(const struct ferry_column *column)
{
    switch (column->type) {
    case FERRY_TYPE_INT:
    case FERRY_TYPE_BIT:
        return column->bits;
    case FERRY_TYPE_DECIMAL: { /* .5 is 0.5 */
        uint64_t digits = column->precision < POSSIBLE_DECIMAL_DECLARED ? column->precision
                                                                        : POSSIBLE_DECIMAL_MOST;
        return digits > column->scale ? digits - column->scale : 1;
    }
    default:
        return column->length == 0 ? UINT32_MAX : column->length * sizeof(float);
    }
}

void mydrv_possible_choose(const struct ferry_column *column, struct mydrv_cell_format *format)
{
    format->most = possible_most(column);
    if (column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_BIT)
        format->possible = possible_integer(column, format->codec);
    for (size_t i = 0; i < sizeof possible_types / sizeof *possible_types; i++) {
        if (possible_types[i].type != column->type)
            continue;
        format->possible = possible_types[i].possible;
        if (possible_types[i].most > 0)
            format->most = possible_types[i].most;
    }
}
