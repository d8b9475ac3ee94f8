/* Literals of T-SQL that come to the server as they are, whatever character set lies between. */

#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "write/target.h"

#define FLAW_UTF8 "the text is not of UTF-8"
#define FLAW_FLOAT "NaN, infinity and numbers that are nearly 0 (subnormal) cannot be stored there"

/* The letter at `*at`, which is moved behind it; UINT32_MAX: it is none. */
static uint32_t transact_letter(const unsigned char **at, const unsigned char *end)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned lead = **at;
    int more = lead < 0x80 ? 0 : lead < 0xc0 ? 4 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (more == 4 || lead >= 0xf8 || end - *at <= more)
        return UINT32_MAX;
    uint32_t letter = more == 0 ? lead : lead & (0x3fu >> more);
    for (int i = 1; i <= more; i++) {
        if (((*at)[i] & 0xc0) != 0x80)
            return UINT32_MAX;
        letter = letter << 6 | ((*at)[i] & 0x3f);
    }
    *at += more + 1;
    return letter < least[more] || letter > 0x10ffff || (letter >= 0xd800 && letter < 0xe000)
               ? UINT32_MAX
               : letter;
}

uint64_t dbidrv_transact_units(const char *text, size_t size)
{
    uint64_t units = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        units += (byte & 0xc0) != 0x80;
        units += byte >= 0xf0; /* two for one letter */
    }
    return units;
}

static void transact_add_unit(uint32_t unit, struct part_text *sql)
{
    part_text_addf(sql, "%02X%02X", unit & 0xff, unit >> 8);
}

/* Other control letters aside, a backslash before a line's end would go with it: "Backslash (Line
 * Continuation)" of the reference. */
static bool transact_is_plain(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return true;
}

/* Bytes become nvarchar unchanged, as UTF-16 with low bytes first: "nchar and nvarchar" of the
 * reference. */
const char *dbidrv_transact_text(const char *text, size_t size, struct part_text *sql)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    if (transact_is_plain(text, size)) {
        part_text_add(sql, "N'");
        for (size_t i = 0; i < size; i++)
            part_text_append(sql, text[i] == '\'' ? "''" : text + i, text[i] == '\'' ? 2 : 1);
        part_text_add(sql, "'");
        return NULL;
    }
    part_text_add(sql, "CAST(0x");
    while (at < end) {
        uint32_t letter = transact_letter(&at, end);
        if (letter == UINT32_MAX)
            return FLAW_UTF8;
        if (letter >= 0x10000) {
            transact_add_unit(0xd800 + ((letter - 0x10000) >> 10), sql);
            letter = 0xdc00 + ((letter - 0x10000) & 0x3ff);
        }
        transact_add_unit(letter, sql);
    }
    part_text_add(sql, " AS nvarchar(max))");
    return NULL;
}

#define MANTISSA_BITS 53
#define STEP_BITS 52

static void transact_add_whole(int64_t whole, struct part_text *sql)
{
    part_text_addf(sql, "CAST(CAST(%" PRId64 " AS bigint) AS float)", whole);
}

/* Nobody says that the server reads a number of 17 digits as the nearest one; integers below 2^53
 * it has exactly, and what is multiplied with powers of two loses nothing.  Its range is that of
 * normal numbers: "float and real" of the reference. */
const char *dbidrv_transact_float(double value, bool is_real, struct part_text *sql)
{
    int exponent = 0;
    double fraction = frexp(value, &exponent);
    if (!isfinite(value) || (value != 0 && fabs(value) < (is_real ? (double)FLT_MIN : DBL_MIN)))
        return FLAW_FLOAT;
    part_text_add(sql, "(");
    transact_add_whole((int64_t)ldexp(fraction, MANTISSA_BITS), sql);
    exponent = value == 0 ? 0 : exponent - MANTISSA_BITS;
    while (exponent != 0) {
        int step = exponent > STEP_BITS ? STEP_BITS : exponent < -STEP_BITS ? -STEP_BITS : exponent;
        part_text_add(sql, step > 0 ? "*" : "/");
        transact_add_whole(INT64_C(1) << (step > 0 ? step : -step), sql);
        exponent -= step;
    }
    part_text_add(sql, ")");
    return NULL;
}
