/* Cells become parameters: texts, which the server turns into its own types, or what it takes as it
 * is; what it would bend is refused here. */

#include "write/target.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "parts/given.h"

#define FLAW_NUL "a text with a NUL cannot be stored there"
#define FLAW_DATE                                                                                  \
    "it is no date of the calendar (a zero or partial date?), which cannot be stored there"
#define FLAW_LONG "the text has more letters than its column"
#define FLAW_FRACTION "the value has more digits than its column"
#define FLAW_SINGLE "the number has more digits than a single"
#define FLAW_NAN "NaN cannot be stored there"
#define FLAW_FINITE "what is infinite, or NaN, cannot be stored there"
#define FLAW_BIG "the number is above 9223372036854775807"
#define FLAW_TIME "a time below 0 or above 24 hours cannot be stored there"

static void value_add_float(double value, struct part_text *text)
{
    if (isnan(value))
        part_text_add(text, "NaN");
    else if (isinf(value))
        part_text_add(text, value > 0 ? "Infinity" : "-Infinity");
    else
        part_text_addf(text, "%.17g", value);
}

/* Whether it has no more digits behind the point than its column. */
static bool value_has_scale(const struct ferry_column *column, const struct ferry_cell *cell)
{
    const char *point = cell->len == 0 ? NULL : memchr(cell->v.p, '.', cell->len);
    return point == NULL || (size_t)(cell->v.p + cell->len - point) - 1 <= column->scale;
}

/* Texts of any kind, decimals among them. */
static const char *value_check_text(enum odrv_put put, const struct ferry_column *column,
                                    const struct ferry_cell *cell)
{
    if (put == ODRV_PUT_TEXT && cell->len > 0 && memchr(cell->v.p, '\0', cell->len) != NULL)
        return FLAW_NUL;
    if (column->type == FERRY_TYPE_DECIMAL)
        return value_has_scale(column, cell) ? NULL : FLAW_FRACTION;
    bool limited = column->type == FERRY_TYPE_TEXT && column->length > 0;
    return limited && part_given_letters(cell->v.p, cell->len) > column->length ? FLAW_LONG : NULL;
}

/* A single is held to what it promises, whatever the database could hold. */
static const char *value_check_float(enum odrv_put put, const struct ferry_column *column,
                                     double value)
{
    if (put == ODRV_PUT_DOUBLE && isnan(value))
        return FLAW_NAN;
    if (put == ODRV_PUT_FINITE && !isfinite(value))
        return FLAW_FINITE;
    return part_given_fits_bits(column->bits, value) ? NULL : FLAW_SINGLE;
}

static const char *value_check(enum odrv_put put, const struct ferry_column *column,
                               const struct ferry_cell *cell)
{
    switch (put) {
    case ODRV_PUT_TEXT:
    case ODRV_PUT_WHOLE:
        return value_check_text(put, column, cell);
    case ODRV_PUT_UINT_63:
        return cell->v.u > INT64_MAX ? FLAW_BIG : NULL;
    case ODRV_PUT_FLOAT:
    case ODRV_PUT_DOUBLE:
    case ODRV_PUT_FINITE:
        return value_check_float(put, column, cell->v.f);
    case ODRV_PUT_MOMENT:
        return value_has_scale(column, cell) ? NULL : FLAW_FRACTION;
    case ODRV_PUT_DATE:
        return part_given_is_date(cell->v.p, cell->len) ? NULL : FLAW_DATE;
    case ODRV_PUT_DATETIME:
        return !part_given_is_date(cell->v.p, cell->len) ? FLAW_DATE
               : value_has_scale(column, cell)           ? NULL
                                                         : FLAW_FRACTION;
    case ODRV_PUT_TIME:
        return !part_given_is_time_of_day(cell->v.p, cell->len) ? FLAW_TIME
               : value_has_scale(column, cell)                  ? NULL
                                                                : FLAW_FRACTION;
    default:
        return NULL;
    }
}

const char *odrv_put(enum odrv_put put, const struct ferry_column *column,
                     const struct ferry_cell *cell, struct part_text *text)
{
    const char *flaw = value_check(put, column, cell);
    if (flaw != NULL)
        return flaw;
    switch (put) {
    case ODRV_PUT_INT:
        part_text_addf(text, "%" PRId64, cell->v.i);
        break;
    case ODRV_PUT_UINT:
    case ODRV_PUT_UINT_63:
        part_text_addf(text, "%" PRIu64, cell->v.u);
        break;
    case ODRV_PUT_DOUBLE:
    case ODRV_PUT_FINITE:
        part_text_append(text, (const char *)&cell->v.f, sizeof cell->v.f);
        break;
    case ODRV_PUT_FLOAT:
        value_add_float(cell->v.f, text);
        break;
    case ODRV_PUT_HEX:
        part_text_add_hex(text, cell->v.p, cell->len);
        break;
    default:
        part_text_append(text, cell->v.p, cell->len);
        break;
    }
    return NULL;
}
