/* The binary form of numeric -> digits.
 *
 * Four numbers of 16 bits: how many digits to the base of 10000 follow, the power of the first of
 * them, the sign, and how many decimal digits stand behind the point.
 */

#include "types/types.h"

#include <string.h>

#define NUMERIC_HEAD 8
#define NUMERIC_GROUP 4 /* decimal digits of one to the base of 10000 */
#define NUMERIC_NEGATIVE 0x4000
#define NUMERIC_NAN 0xc000
#define NUMERIC_INFINITY 0xd000
#define NUMERIC_MINUS_INFINITY 0xf000

static unsigned numeric_u16(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

const char *pgdrv_numeric_flaw(const unsigned char *wire)
{
    switch (numeric_u16(wire + 4)) {
    case NUMERIC_NAN:
        return "NaN";
    case NUMERIC_INFINITY:
        return "Infinity";
    case NUMERIC_MINUS_INFINITY:
        return "-Infinity";
    default:
        return NULL;
    }
}

struct numeric {
    const unsigned char *digits;
    int count, weight;
    bool negative;
};

static bool numeric_open(const unsigned char *wire, size_t size, struct numeric *ret)
{
    if (size < NUMERIC_HEAD)
        return false;
    unsigned sign = numeric_u16(wire + 4);
    ret->count = (int)numeric_u16(wire);
    ret->weight = (int16_t)numeric_u16(wire + 2);
    ret->negative = sign == NUMERIC_NEGATIVE;
    ret->digits = wire + NUMERIC_HEAD;
    return (sign == 0 || sign == NUMERIC_NEGATIVE) && size - NUMERIC_HEAD == 2 * (size_t)ret->count;
}

/* Those that are not there are zeros. */
static unsigned numeric_group(const struct numeric *number, int power)
{
    int place = number->weight - power;
    return place < 0 || place >= number->count ? 0
                                               : numeric_u16(number->digits + 2 * (size_t)place);
}

size_t pgdrv_numeric_room(const unsigned char *wire, size_t size, unsigned scale)
{
    struct numeric number;
    if (!numeric_open(wire, size, &number))
        return 0;
    size_t groups = number.weight < 0 ? 1 : (size_t)number.weight + 1;
    return groups * NUMERIC_GROUP + scale + NUMERIC_GROUP + 2;
}

static void numeric_write_group(unsigned group, char *out)
{
    for (int i = NUMERIC_GROUP; i > 0; i--) {
        out[i - 1] = (char)('0' + group % 10);
        group /= 10;
    }
}

/* The digits before the point, at least one. */
static char *numeric_write_whole(const struct numeric *number, char *out)
{
    char *first = out;
    for (int power = number->weight; power >= 0; power--) {
        numeric_write_group(numeric_group(number, power), out);
        out += NUMERIC_GROUP;
    }
    char *digit = first;
    while (digit < out && *digit == '0')
        digit++;
    if (digit == out) {
        *first = '0';
        return first + 1;
    }
    memmove(first, digit, (size_t)(out - digit));
    return first + (out - digit);
}

/* Whether a digit that is not zero stands behind the last that is shown. */
static bool numeric_has_more(const struct numeric *number, unsigned scale)
{
    for (int place = 0; place < number->count; place++) {
        int power = number->weight - place;
        unsigned group = numeric_u16(number->digits + 2 * (size_t)place);
        if (power >= 0)
            continue;
        int64_t first = (int64_t)(-power - 1) * NUMERIC_GROUP; /* digit behind the point */
        for (int i = NUMERIC_GROUP - 1; i >= 0; i--) {
            if (group % 10 != 0 && first + i >= (int64_t)scale)
                return true;
            group /= 10;
        }
    }
    return false;
}

static bool numeric_is_sound(const struct numeric *number)
{
    for (int i = 0; i < number->count; i++)
        if (numeric_u16(number->digits + 2 * (size_t)i) > 9999)
            return false;
    return true;
}

size_t pgdrv_numeric_format(const unsigned char *wire, size_t size, unsigned scale, char *room)
{
    struct numeric number;
    char *out = room;
    if (!numeric_open(wire, size, &number) || !numeric_is_sound(&number) ||
        numeric_has_more(&number, scale))
        return 0;
    if (number.negative)
        *out++ = '-';
    out = numeric_write_whole(&number, out);
    if (scale == 0)
        return (size_t)(out - room);
    *out++ = '.';
    char *end = out + scale;
    for (int power = -1; out < end; power--) {
        numeric_write_group(numeric_group(&number, power), out);
        out += NUMERIC_GROUP;
    }
    return (size_t)(end - room);
}
