/* Cells become literals, which the database turns into its own types; what it would bend is refused
 * here. */

#include "write/target.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "parts/given.h"

#define FLAW_NUL "a text with a NUL cannot be stored there"
#define FLAW_LONG "the text has more letters than its column tells of"
#define FLAW_DATE                                                                                  \
    "it is no date of the calendar (a zero or partial date?), which cannot be stored there"
#define FLAW_TIME "a time below 0 or above 24 hours cannot be stored there"
#define FLAW_DAY "a time of 24 hours cannot be stored there"
#define FLAW_FRACTION "the value has more digits than its column tells of"
#define FLAW_SINGLE "the number has more digits than a single"
#define FLAW_NAN "NaN cannot be stored there"
#define FLAW_BIG "an integer above 9223372036854775807 cannot be stored there"
#define FLAW_KIND "the value has another kind than its column's, which cannot be stored there"

static uint64_t value_letters(enum dbidrv_style style, const struct ferry_cell *cell)
{
    return style == DBIDRV_STYLE_TSQL ? dbidrv_transact_units(cell->v.p, cell->len)
                                      : part_given_letters(cell->v.p, cell->len);
}

/* ---- Literals ---- */

static void value_add_quoted(const char *text, size_t size, const char *end, struct part_text *sql)
{
    part_text_add(sql, "'");
    while (size > 0) {
        const char *quote = memchr(text, '\'', size);
        size_t part = quote == NULL ? size : (size_t)(quote - text) + 1;
        part_text_append(sql, text, part);
        if (quote != NULL)
            part_text_add(sql, "'");
        text += part;
        size -= part;
    }
    part_text_add(sql, end);
    part_text_add(sql, "'");
}

static const char *value_add_text(enum dbidrv_style style, const struct ferry_cell *cell,
                                  struct part_text *sql)
{
    if (style == DBIDRV_STYLE_TSQL)
        return dbidrv_transact_text(cell->v.p, cell->len, sql);
    bool nul = cell->len > 0 && memchr(cell->v.p, '\0', cell->len) != NULL;
    if (nul && style != DBIDRV_STYLE_SQLITE)
        return FLAW_NUL;
    if (!nul) {
        value_add_quoted(cell->v.p, cell->len, "", sql);
        return NULL;
    }
    part_text_add(sql, "CAST(x'");
    part_text_add_hex(sql, cell->v.p, cell->len);
    part_text_add(sql, "' AS TEXT)");
    return NULL;
}

static void value_add_bytes(enum dbidrv_style style, const struct ferry_cell *cell,
                            struct part_text *sql)
{
    static const struct {
        const char *before, *after;
    } marks[] = {[DBIDRV_STYLE_QUOTED] = {"'\\x", "'"},
                 [DBIDRV_STYLE_SQLITE] = {"x'", "'"},
                 [DBIDRV_STYLE_TSQL] = {"0x", ""}};
    part_text_add(sql, marks[style].before);
    part_text_add_hex(sql, cell->v.p, cell->len);
    part_text_add(sql, marks[style].after);
}

#define MANTISSA_BITS 53
#define STEP_BITS 52
#define STEP "4503599627370496.0" /* 2 to the 52nd, of few enough digits to be read exactly */

/* SQLite reads a number of 17 digits a little off at times, and integers exactly; what is
 * multiplied with powers of two loses nothing. */
static void value_add_sqlite_float(double value, struct part_text *sql)
{
    int exponent = 0;
    double fraction = frexp(value, &exponent);
    if (isinf(value)) {
        part_text_add(sql, value > 0 ? "9e999" : "-9e999");
        return;
    }
    part_text_addf(sql, "(%" PRId64 ".0", (int64_t)ldexp(fraction, MANTISSA_BITS));
    exponent -= MANTISSA_BITS;
    for (; value != 0 && exponent >= STEP_BITS; exponent -= STEP_BITS)
        part_text_add(sql, "*" STEP);
    for (; value != 0 && exponent <= -STEP_BITS; exponent += STEP_BITS)
        part_text_add(sql, "/" STEP);
    if (value != 0 && exponent != 0)
        part_text_addf(sql, "%c%" PRId64 ".0", exponent > 0 ? '*' : '/',
                       INT64_C(1) << (exponent > 0 ? exponent : -exponent));
    part_text_add(sql, ")");
}

static const char *value_add_float(enum dbidrv_style style, double value, struct part_text *sql)
{
    if (style == DBIDRV_STYLE_SQLITE) {
        if (isnan(value))
            return FLAW_NAN;
        value_add_sqlite_float(value, sql);
    } else if (isnan(value))
        part_text_add(sql, "'NaN'");
    else if (isinf(value))
        part_text_add(sql, value > 0 ? "'Infinity'" : "'-Infinity'");
    else
        part_text_addf(sql, "'%.17g'", value);
    return NULL;
}

static void value_add_integer(enum dbidrv_style style, bool is_unsigned,
                              const struct ferry_cell *cell, struct part_text *sql)
{
    const char *quote = style == DBIDRV_STYLE_SQLITE ? "" : "'";
    if (is_unsigned)
        part_text_addf(sql, "%s%" PRIu64 "%s", quote, cell->v.u, quote);
    else
        part_text_addf(sql, "%s%" PRId64 "%s", quote, cell->v.i, quote);
}

static const char *value_add_any(enum dbidrv_style style, const struct ferry_cell *cell,
                                 struct part_text *sql)
{
    switch (cell->kind) {
    case FERRY_KIND_INT:
        value_add_integer(style, false, cell, sql);
        return NULL;
    case FERRY_KIND_FLOAT:
        return value_add_float(style, cell->v.f, sql);
    case FERRY_KIND_TEXT:
        return value_add_text(style, cell, sql);
    case FERRY_KIND_BYTES:
        value_add_bytes(style, cell, sql);
        return NULL;
    default:
        return FLAW_KIND;
    }
}

static const char *value_put_moment(enum dbidrv_style style, enum dbidrv_put put,
                                    const struct ferry_cell *cell, struct part_text *sql)
{
    const char *utc = style == DBIDRV_STYLE_TSQL ? " +00:00" : "+00";
    if (put == DBIDRV_PUT_TIME && !part_given_is_time_of_day(cell->v.p, cell->len))
        return FLAW_TIME;
    if (put != DBIDRV_PUT_TIME && !part_given_is_date(cell->v.p, cell->len))
        return FLAW_DATE;
    if (put == DBIDRV_PUT_TIME && style == DBIDRV_STYLE_TSQL && cell->v.p[0] == '2' &&
        cell->v.p[1] == '4')
        return FLAW_DAY;
    value_add_quoted(cell->v.p, cell->len, put == DBIDRV_PUT_INSTANT ? utc : "", sql);
    return NULL;
}

const char *dbidrv_put(enum dbidrv_style style, enum dbidrv_put put, uint64_t most_letters,
                       const struct ferry_cell *cell, struct part_text *sql)
{
    if (put != DBIDRV_PUT_ANY && cell->kind != FERRY_KIND_TYPED)
        return FLAW_KIND;
    switch (put) {
    case DBIDRV_PUT_INT:
    case DBIDRV_PUT_UINT:
        value_add_integer(style, put == DBIDRV_PUT_UINT, cell, sql);
        return NULL;
    case DBIDRV_PUT_UINT_AS_INT:
        if (cell->v.u > INT64_MAX)
            return FLAW_BIG;
        value_add_integer(style, true, cell, sql);
        return NULL;
    case DBIDRV_PUT_UINT_AS_TEXT:
        value_add_integer(DBIDRV_STYLE_QUOTED, true, cell, sql);
        return NULL;
    case DBIDRV_PUT_FLOAT:
    case DBIDRV_PUT_REAL:
        return style == DBIDRV_STYLE_TSQL
                   ? dbidrv_transact_float(cell->v.f, put == DBIDRV_PUT_REAL, sql)
                   : value_add_float(style, cell->v.f, sql);
    case DBIDRV_PUT_TEXT:
        return most_letters > 0 && value_letters(style, cell) > most_letters
                   ? FLAW_LONG
                   : value_add_text(style, cell, sql);
    case DBIDRV_PUT_BYTES:
        value_add_bytes(style, cell, sql);
        return NULL;
    case DBIDRV_PUT_ANY:
        return value_add_any(style, cell, sql);
    default:
        return value_put_moment(style, put, cell, sql);
    }
}

/* Behind the point, without zeros at the end. */
static size_t value_digits(const struct ferry_cell *cell)
{
    const char *point = cell->len == 0 ? NULL : memchr(cell->v.p, '.', cell->len);
    size_t digits = point == NULL ? 0 : (size_t)(cell->v.p + cell->len - point) - 1;
    while (digits > 0 && point[digits] == '0')
        digits--;
    return digits;
}

const char *dbidrv_put_check(enum dbidrv_style style, const struct ferry_column *column,
                             const struct ferry_cell *cell)
{
    if (style == DBIDRV_STYLE_SQLITE || cell->kind != FERRY_KIND_TYPED)
        return NULL; /* it keeps them as they are */
    switch (column->type) {
    case FERRY_TYPE_FLOAT:
        return part_given_fits_bits(column->bits, cell->v.f) ? NULL : FLAW_SINGLE;
    case FERRY_TYPE_DECIMAL:
    case FERRY_TYPE_TIME:
    case FERRY_TYPE_DATETIME:
        return value_digits(cell) > column->scale ? FLAW_FRACTION : NULL;
    default:
        return NULL;
    }
}

const char *dbidrv_put_string(enum dbidrv_style style, const char *string, struct part_text *sql)
{
    size_t size = strlen(string);
    if (style == DBIDRV_STYLE_TSQL)
        return dbidrv_transact_text(string, size, sql);
    value_add_quoted(string, size, "", sql);
    return NULL;
}
